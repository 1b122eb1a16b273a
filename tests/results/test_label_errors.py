"""Confident learning by hand: thresholds, the images counted in another class, and their order."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.results.label_errors import find_label_errors, write_label_errors

# labels 0, 0, 0, 1, 1; the thresholds are the means over own labels: (0.9 + 0.7 + 0.2) / 3 = 0.6, (0.8 + 0.4) / 2 = 0.6
LABELS = np.array([0, 0, 0, 1, 1])
SHARES = np.array([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8], [0.2, 0.8], [0.6, 0.4]])


def test_an_image_that_reaches_the_threshold_of_another_class_is_probably_mislabelled():
    found = find_label_errors(LABELS, SHARES)
    assert found.rows.tolist() == [2, 4]  # 0.8 - 0.2 is surer than 0.6 - 0.4
    assert found.suggested.tolist() == [1, 0]
    assert found.margin == pytest.approx([-0.6, -0.2])
    assert found.images == 5


def test_an_image_below_every_threshold_is_not_counted():
    shares = SHARES.copy()
    shares[4] = [0.55, 0.45]  # the likelier class, and below its 0.6
    assert find_label_errors(LABELS, shares).rows.tolist() == [2]


def test_of_two_classes_within_reach_the_likelier_one_counts():
    # a class whose own images are doubtful has a low threshold, 0.3
    labels = np.array([0, 0, 1])
    shares = np.array([[0.6, 0.4], [0.6, 0.4], [0.7, 0.3]])
    assert find_label_errors(labels, shares).rows.tolist() == [2]
    assert find_label_errors(labels[:2], shares[:2]).rows.tolist() == []


def test_images_without_label_or_shares_are_passed_over_and_rows_stay_those_of_the_whole():
    labels = np.array([-1, *LABELS, 0])
    shares = np.vstack([[0.0, 1.0], SHARES, [0.0, 0.0]])
    found = find_label_errors(labels, shares)
    assert found.rows.tolist() == [3, 5]
    assert found.images == 5
    assert len(find_label_errors(labels[:1], shares[:1]).rows) == 0


def test_the_list_names_label_and_suggestion(tmp_path):
    found = find_label_errors(LABELS, SHARES)
    write_label_errors(found, np.array(list("abcde")), LABELS, SHARES, ["sad", "fear"], tmp_path / "e.csv")
    assert (tmp_path / "e.csv").read_text().splitlines() == [
        "image,label,suggested,p_label,p_suggested",
        "c,sad,fear,0.2000,0.8000",
        "e,fear,sad,0.4000,0.6000",
    ]
