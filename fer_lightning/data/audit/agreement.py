"""How often two labellings of the same images say the same."""

from __future__ import annotations

from collections.abc import Sequence

from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import Integers

ALL = "all"


def agreement(
    labels_a: Integers, names_a: Sequence[str], labels_b: Integers, names_b: Sequence[str]
) -> dict[str, tuple[int, int]]:
    """(images whose two class names are the same, images labelled twice), over `all` and for each class of the first.

    Args:
        labels_a: (N,) numbers into `names_a`; -1 where there is no label.
        names_a: class names of the first labelling.
        labels_b: (N,) numbers into `names_b`, of the same images in the same order; -1 where there is no label.
        names_b: class names of the second labelling; those that the first lacks agree with nothing.
    """
    twice = (labels_a >= 0) & (labels_b >= 0)
    same = twice & (relabel(labels_b, names_b, names_a) == labels_a)
    shares = {ALL: (int(same.sum()), int(twice.sum()))}
    for number, name in enumerate(names_a):
        of_class = labels_a == number
        shares[name] = (int((same & of_class).sum()), int((twice & of_class).sum()))
    return shares
