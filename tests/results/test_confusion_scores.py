from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, recall_score

from fer_lightning.results.confusion_scores import matrix_scores

NAMES = ("a", "b", "c", "d")


@pytest.mark.parametrize("absent", [(), (3,), (0, 2)])
def test_scores_of_counts_are_those_of_scikit_learn(absent):
    random = np.random.default_rng(len(absent))
    true = random.choice([k for k in range(4) if k not in absent], 300)
    predicted = np.where(random.random(300) < 0.6, true, random.choice([0, 1, 3], 300))
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (true, predicted), 1)
    found = matrix_scores(counts, NAMES)
    assert found["test/accuracy"] == pytest.approx(accuracy_score(true, predicted))
    assert found["test/macro_f1"] == pytest.approx(f1_score(true, predicted, average="macro"))
    present = sorted(set(true.tolist()))
    recalls = recall_score(true, predicted, labels=present, average=None)
    assert found["test/balanced_accuracy"] == pytest.approx(recalls.mean())
    if set(predicted.tolist()) <= set(present):  # scikit-learn warns of others
        assert found["test/balanced_accuracy"] == pytest.approx(balanced_accuracy_score(true, predicted))
    wanted = {f"test/recall/{name}": None for name in NAMES}
    wanted |= {f"test/recall/{NAMES[k]}": pytest.approx(recall) for k, recall in zip(present, recalls, strict=True)}
    assert {name: found[name] for name in wanted} == wanted


def test_without_images_nothing_is_defined():
    assert set(matrix_scores(np.zeros((2, 2)), ("a", "b")).values()) == {None}
