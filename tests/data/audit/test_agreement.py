"""Two labellings of the same images, compared by hand."""

from __future__ import annotations

import json

import numpy as np
from sklearn.metrics import accuracy_score

from fer_lightning.data.audit.audit import count_agreement


def test_names_decide_and_not_numbers():
    shares = count_agreement(
        np.array([0, 1, 1, 2]), ["happy", "sad", "fear"], np.array([2, 1, 0, 0]), ["fear", "sad", "happy"]
    )
    # happy-happy, sad-sad, sad-fear, fear-fear
    assert shares == {"all": (3, 4), "happy": (1, 1), "sad": (1, 2), "fear": (1, 1)}


def test_images_without_either_label_are_left_out():
    shares = count_agreement(
        np.array([0, -1, 0, -1, 1]), ["happy", "sad"], np.array([0, 0, -1, -1, 1]), ["happy", "sad"]
    )
    assert shares == {"all": (2, 2), "happy": (1, 1), "sad": (1, 1)}


def test_a_class_that_the_first_lacks_agrees_with_nothing():
    shares = count_agreement(np.array([0, 1]), ["happy", "sad"], np.array([0, 1]), ["contempt", "sad"])
    assert shares == {"all": (1, 2), "happy": (0, 1), "sad": (1, 1)}


def test_a_class_without_images_is_said():
    assert count_agreement(np.array([0]), ["happy", "sad"], np.array([0]), ["happy"])["sad"] == (0, 0)


def test_scikit_learn_says_the_same_of_random_labels():
    draw = np.random.default_rng(0)
    first, second = draw.integers(0, 3, 200), draw.integers(0, 3, 200)
    shares = count_agreement(first, "abc", second, "abc")
    agreeing, of = shares["all"]
    assert agreeing / of == accuracy_score(first, second)
    assert tuple(sum(shares[name][place] for name in "abc") for place in (0, 1)) == (agreeing, of)
    assert json.dumps(shares)
