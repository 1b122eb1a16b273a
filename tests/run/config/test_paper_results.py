"""What a config may say of a paper's figure, and for which model it is kept."""

from __future__ import annotations

import logging

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.config.paper_results import check_paper, select_paper_result

WHOLE = {"title": "A", "table": "Table 2", "row": "CNN", "column": "Raw data", "metric": "test/accuracy", "value": 0.8}


@pytest.mark.parametrize("paper", [None, {}, WHOLE, {**WHOLE, "model": "cnn"}, {"value": 1}, {"value": None}])
def test_each_key_may_be_there_or_not(paper):
    check_paper(paper)


@pytest.mark.parametrize(
    ("paper", "message"),
    [
        (5, "paper=5: give a map of title, table, row, column, metric, model, value, or null"),
        ({"colunm": "x"}, "paper.colunm: unknown key; choose among .* [(]did you mean column"),
        ({"row": 8}, "paper.row=8: it must be a text"),
        ({"value": 94.51}, "paper.value=94.51: give the fraction, as in 0.9451"),
        ({"value": -0.1}, "paper.value=-0.1: give the fraction"),
        ({"value": "high"}, "paper.value=high: give the fraction"),
        ({"value": True}, "paper.value=True: give the fraction"),
    ],
)
def test_a_slip_is_named_with_the_way_out(paper, message):
    with pytest.raises(FerError, match=message):
        check_paper(paper)


def test_a_figure_of_one_model_is_left_out_for_others_and_that_is_said(caplog):
    caplog.set_level(logging.INFO)
    paper = {**WHOLE, "model": "stn_cnn"}
    assert select_paper_result(paper, "stn_cnn") == paper
    assert not caplog.messages
    assert select_paper_result(paper, "cnn") is None
    assert caplog.messages == ["the paper's figure is of model=stn_cnn and left out: this is cnn"]


def test_a_figure_that_names_no_model_is_kept():
    assert select_paper_result(WHOLE, "cnn") == WHOLE
    assert select_paper_result(None, "cnn") is None
