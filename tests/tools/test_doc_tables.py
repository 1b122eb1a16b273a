"""Tables for documents hold the paper's grid and every row's figures, and nothing of clocks, paths or commands."""

from __future__ import annotations

import pytest
from made_results import make_result
from reports import compact

from fer_lightning.errors import FerError
from fer_lightning.results.report.build import make_report
from tools import rotation
from tools.doc_tables import report_tables, rotation_table
from tools.rotation_curve import Point


def compact_lines(lines):
    return compact("\n".join(lines)).split("\n")


def tables_of(folder):
    return compact_lines(report_tables(make_report([folder])))


def leave(folder, row, column=None, value=None, accuracy=0.75, **fields):
    paper = {"title": "Paper A", "table": "Table 2", "row": row, "value": value}
    paper |= {} if column is None else {"column": column}
    return make_result(folder, accuracy=accuracy, choices={"experiment": f"{row}{column}"}, paper=paper, **fields)


def test_the_grid_and_below_it_every_cell_with_the_mean_per_class_rate(tmp_path):
    leave(tmp_path / "a", "STN-CNN", "raw data", 0.9451)
    leave(tmp_path / "b", "CNN", "raw data", 0.8457, confusion_matrix=[[40, 0], [45, 15]], accuracy=0.55)
    lines = tables_of(tmp_path)
    assert lines[:7] == [
        "**Paper A, Table 2: accuracy, %**",
        "",
        "| row | raw data, ours | raw data, paper |",
        "| --- | ---: | ---: |",
        "| CNN | 55.0 (1) | 84.57 |",
        "| STN-CNN | 75.0 (1) | 94.51 |",
        "",
    ]
    head, _, *rows, _, told = lines[7:]
    # recalls of 100 and 25 %, of 75 and 75 %; F1 of 64 and 40 %, of 70.59 and 78.26 %
    assert head == (
        "| row | column | accuracy, % | 95 % interval | mean per-class rate, % | macro-F1, % | paper, % "
        "| minus paper, points | test images |"
    )
    assert rows == [
        "| CNN | raw data | 55.0 (1) | 45.2 - 64.4 | 62.5 | 52.0 | 84.57 | -29.6 | 100 |",
        "| STN-CNN | raw data | 75.0 (1) | 65.7 - 82.5 | 75.0 | 74.4 | 94.51 | -19.5 | 100 |",
    ]
    assert told.startswith("Row and column are those of the paper: Paper A, Table 2. Accuracy: of a single run each")
    assert "Mean per-class rate: the mean of the classes' recalls." in told


def test_folds_are_also_pooled_for_a_fold_of_few_images_weighs_as_much_as_one_of_many(tmp_path):
    leave(tmp_path / "a", "CNN", accuracy=0.5, fold=0, confusion_matrix=[[1, 1], [1, 1]])
    leave(tmp_path / "b", "CNN", accuracy=1.0, fold=1, confusion_matrix=[[8, 0], [0, 4]])
    lines = tables_of(tmp_path)
    # 14 of 16 images; 9 of 10 and 5 of 6 of the classes
    assert "| CNN | 75.0 ± 35.4 (2) | 0.0 - 100.0 | 87.5 | 86.7 |" in lines[2]
    assert "pooled, %" in lines[0]
    assert "are of the test images of all runs of a row together." in lines[-1]


def test_rows_without_columns_are_a_plain_table_by_their_number(tmp_path):
    for depth, accuracy in ((10, 0.7), (2, 0.6), (6, 0.8)):
        leave(tmp_path / str(depth), f"depth {depth}", accuracy=accuracy)
    lines = tables_of(tmp_path)
    assert [line.split(" | ")[0] for line in lines[:5]] == ["| row", "| ---", "| depth 2", "| depth 6", "| depth 10"]
    assert "paper, %" not in lines[0]


def test_results_that_name_no_cells_stand_by_rank_and_holes_and_notes_are_told(tmp_path):
    for loss, fold, accuracy in (("l1", 0, 0.7), ("l1", 1, 0.6), ("l2", 0, 0.8)):
        make_result(tmp_path / f"{loss}{fold}", accuracy=accuracy, fold=fold, choices={"loss": loss})
    make_result(tmp_path / "jaffe", choices={"data": "jaffe", "loss": "l1"}, accuracy=0.1)
    lines = tables_of(tmp_path)
    assert [line.split(" | ")[:2] for line in lines[2:5]] == [["| ckplus", "l2"], ["| ckplus", "l1"], ["| jaffe", "l1"]]
    assert "Missing: data=ckplus, loss=l2: data.fold=1. Tested on different sets" in lines[-1]


def test_the_same_results_give_the_same_lines_wherever_they_lie(tmp_path):
    for place in ("one", "two"):
        leave(tmp_path / place / "a", "CNN", "raw data", 0.8)
        leave(tmp_path / place / "b", "STN", "raw data", 0.9)
    one, two = (report_tables(make_report([tmp_path / place])) for place in ("one", "two"))
    assert one == two
    assert str(tmp_path) not in "\n".join(one)


def test_a_broken_result_is_named_and_nothing_is_published(tmp_path):
    leave(tmp_path / "a", "CNN")
    leave(tmp_path / "b", "STN")
    (tmp_path / "b" / "result.json").write_text("{")
    with pytest.raises(FerError, match=r"no whole result in .*b: keep it again"):
        report_tables(make_report([tmp_path]))


def test_angles_go_down_and_models_across(tmp_path):
    def test(model, angle, images, accuracy):
        point = Point(angle, accuracy, accuracy - 0.05, accuracy + 0.05)
        return rotation.Tested(model, "jaffe", f"{model}.ckpt", images, point, tmp_path)

    lines = compact_lines(
        rotation_table([test("cnn", 0.0, 213, 0.6), test("cnn", 22.5, 426, 0.4), test("stn_cnn", 0.0, 213, 0.7)])
    )
    assert lines[:4] == [
        "| angle | images | cnn | stn_cnn |",
        "| ---: | ---: | ---: | ---: |",
        "| 0° | 213 | 60.0 (55.0 - 65.0) | 70.0 (65.0 - 75.0) |",
        "| 22.5° | 426 | 40.0 (35.0 - 45.0) | - |",
    ]
    assert "tested on jaffe; turned, an image stands in the test once to either side" in lines[-1]
