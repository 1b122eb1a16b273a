"""Mixes FER2013 and LFW as paper C does: expressions in front of complex backgrounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fer_lightning.data.cache import content_hash
from fer_lightning.data.duplicates import copy_groups
from fer_lightning.data.faces import FaceSet, Integers, Strings
from fer_lightning.data.folds import group_inseparable
from fer_lightning.data.image_digests import image_digests
from fer_lightning.data.images import Images, Pixels
from fer_lightning.data.readers import fer2013, lfw
from fer_lightning.data.readers.lfw_labels import LabelSource
from fer_lightning.errors import FerError


def read(
    fer_dir: str | Path,
    lfw_dir: str | Path,
    cache_dir: Path,
    labels: LabelSource,
    per_class: int = 3269,
    lfw_images: int = 13_000,
    test_images: int = 7542,
    seed: int = 0,
) -> FaceSet:
    """Reads FER2013's seven classes in equal numbers, and images of LFW.

    Paper C, section IV.C has 28,341 training and 7,542 test images.

    FER2013's published split is not used. All its images, and all of LFW, are first divided into train and test, with
    exact copies and people kept together; then images are drawn from each split. FER2013 has 547 images of disgust and
    paper C takes 3,269: here its training images repeat. `spread_test_images` divides the test images over the classes
    and LFW.

    Args:
        fer_dir: folder of FER2013.
        lfw_dir: folder of LFW.
        cache_dir: folder of the cache.
        labels: source of expression labels for LFW, which has none.
        per_class: images of each of FER2013's classes.
        lfw_images: images of LFW.
        test_images: test images of both together.
        seed: seed of the division and the draws.

    Returns:
        First the faces of FER2013, grey and 48x48, then the images of LFW. The split column is `train` or `test`. Ids
        begin with `fer2013/` or `lfw/`, and those of repetitions end with `@2`, `@3`. The subject is the person for
        LFW, and for FER2013 the first of the image's exact copies.

    Raises:
        FerError: files that cannot be read, too few images, or numbers that cannot be satisfied.
    """
    if min(per_class, lfw_images) < 2:
        raise FerError(f"data.faces: per_class={per_class} and lfw_images={lfw_images}; choose at least 2 of each")
    fer = fer2013.parse(fer_dir, cache_dir, "data.faces.fer_dir")
    scenes = labels.candidates(lfw.read(lfw_dir, cache_dir, "data.faces.lfw_dir"), fer.class_names, lfw_images)
    if len(scenes) < lfw_images:
        raise FerError(f"{lfw_dir}: {len(scenes):,} pictures, and data.faces.lfw_images={lfw_images}; choose fewer")
    copies, people = copy_groups(fer), group_inseparable(scenes)
    kinds = np.concatenate([fer.label, np.full(len(scenes), len(fer.class_names))])
    wanted = np.array([per_class] * len(fer.class_names) + [lfw_images])
    groups = np.concatenate([copies, copies.max() + 1 + people])
    drawn = draw_mix(kinds, groups, wanted, [*fer.class_names, "LFW"], test_images, seed)
    pool = _build_pool(fer, copies, drawn)
    rows = np.concatenate([drawn.train, drawn.test])
    own = np.sort(rows[rows < len(fer)])
    taken = np.sort(rows[rows >= len(fer)]) - len(fer)
    faces = pool.take(own, pool.fingerprint)
    pictures = labels.finished(_select_pictures(scenes, drawn.test_side[len(fer) :], taken), pool, seed)
    return _concatenate(replace(faces, ids=_number_repeats(faces.ids)), pictures)


def official_counts(faces: FaceSet) -> None:
    """None: paper C publishes no counts of the classes per split."""


def _build_pool(fer: FaceSet, copies: Integers, drawn: MixDraw) -> FaceSet:
    """All of FER2013 with the splits of the mix; `used` says which images the mix holds by themselves."""
    names = np.char.add("fer2013/", fer.ids)
    used = np.isin(np.arange(len(fer)), np.concatenate([drawn.train, drawn.test]))
    first = np.unique(copies, return_index=True)[1]
    return replace(
        fer,
        ids=names,
        subject=names[first[copies]],
        split=_name_splits(drawn.test_side[: len(fer)]),
        extras={"digest": image_digests(fer), "used": used},
    )


def _select_pictures(scenes: FaceSet, test_side: npt.NDArray[np.bool_], rows: Integers) -> FaceSet:
    extras = {"digest": image_digests(scenes)}
    sided = replace(scenes, ids=np.char.add("lfw/", scenes.ids), split=_name_splits(test_side), extras=extras)
    return sided.take(rows, scenes.fingerprint)


def _name_splits(test_side: npt.NDArray[np.bool_]) -> Strings:
    return np.where(test_side, "test", "train")


def _number_repeats(ids: Strings) -> Strings:
    """Ids, in which equal ones are adjacent, with @2, @3 after repetitions."""
    place = np.arange(len(ids)) - np.unique(ids, return_index=True)[1][np.unique(ids, return_inverse=True)[1]]
    return np.array([f"{name}@{number + 1}" if number else name for name, number in zip(ids, place, strict=True)])


def _concatenate(faces: FaceSet, pictures: FaceSet) -> FaceSet:
    assert faces.subject is not None
    assert pictures.subject is not None
    assert faces.split is not None
    assert pictures.split is not None
    label = np.concatenate([faces.label, pictures.label])
    ids = np.concatenate([faces.ids, pictures.ids])
    split = np.concatenate([faces.split, pictures.split])
    columns = (ids.tolist(), label.tolist(), split.tolist())
    subject = np.concatenate([faces.subject, pictures.subject])
    if "scene" in pictures.extras:  # a face of one data set on a person of the other: both must stay in one split
        subject = link_groups(subject, np.concatenate([faces.subject, pictures.extras["scene"]]))
    return FaceSet(
        pixels=ConcatImages(faces.pixels, pictures.pixels),
        label=label,
        class_names=faces.class_names,
        ids=ids,
        fingerprint=content_hash("lfw_mixed", faces.fingerprint, pictures.fingerprint, columns),
        subject=subject,
        split=split,
        extras={"digest": np.concatenate([faces.extras["digest"], pictures.extras["digest"]])},
    )


class ConcatImages(Sequence[Pixels]):
    """The images of two sequences, one after the other, without copying.

    Args:
        first: images 0 to N-1.
        second: images from N on.
    """

    def __init__(self, first: Images, second: Images) -> None:
        self.first = first
        self.second = second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        place = range(len(self))[number]
        return self.first[place] if place < len(self.first) else self.second[place - len(self.first)]


class MixDraw(NamedTuple):
    """Images drawn from a pool of N images.

    Attributes:
        test_side: (N,) whether an image, drawn or not, belongs to the test split.
        train: sorted rows of the pool; those of a kind that is too small repeat.
        test: sorted rows of the pool, each once.
    """

    test_side: npt.NDArray[np.bool_]
    train: Integers
    test: Integers


def draw_mix(
    kinds: Integers, groups: Integers, wanted: Integers, names: Sequence[str], test_images: int, seed: int
) -> MixDraw:
    """Draws `wanted` images of each kind, `test_images` of them for the test split.

    The pool is divided first, with groups kept together, so that the splits share neither a copy nor a person. Then
    each split is drawn without replacement. A kind with fewer images than wanted tests with its share of the available
    images, each once, and trains with all others and as many repetitions, drawn with replacement, as are missing.

    Args:
        kinds: (N,) 0 to K-1.
        groups: (N,) from 0 without gaps; images of one group stay in one split.
        wanted: (K,) images of each kind, in both splits together.
        names: (K,) names of the kinds, for messages.
        test_images: images of the test split, over all kinds.
        seed: seed of the division and the draws.

    Raises:
        FerError: a kind has too few images, or the test split cannot have so many.
    """
    random = np.random.RandomState(seed)
    available = np.bincount(kinds, minlength=len(wanted))
    for name, number in zip(names, available, strict=True):
        if number < 2:
            raise FerError(f"data.faces: {number} images of {name}, and one must train and one must test")
    test = spread_test_images(available, wanted, test_images)
    # each kind's pool is divided in the proportion of what is drawn, so that both splits have enough
    quota = np.where(available < wanted, test, np.round(available * test / wanted)).astype(np.int64)
    test_side = _split_groups(kinds, groups, quota, random)
    rows: dict[bool, list[Integers]] = {True: [], False: []}
    for kind, name in enumerate(names):
        for side, number in ((True, test[kind]), (False, wanted[kind] - test[kind])):
            have = np.flatnonzero((kinds == kind) & (test_side == side))
            repeats = not side and available[kind] < wanted[kind]
            if not len(have) or (len(have) < number and not repeats):
                raise FerError(
                    f"data.faces: copies and people stay whole, and so the {'test' if side else 'training'} split has "
                    f"{len(have)} images of {name}, {number} are wanted; choose another data.faces.seed or test_images"
                )
            rows[side].append(_draw_rows(have, int(number), random))
    return MixDraw(test_side, np.sort(np.concatenate(rows[False])), np.sort(np.concatenate(rows[True])))


def spread_test_images(available: Integers, wanted: Integers, test_images: int) -> Integers:
    """(K,) number of test images of each kind, which paper C does not give.

    A kind with fewer images than wanted tests with the mix's share of the available images, so that no test image is a
    repetition. The other kinds take the rest in proportion to `wanted`, the largest remainders rounded up.

    Raises:
        FerError: no such division leaves every kind an image in each split.
    """
    small = available < wanted
    share = test_images / wanted.sum()
    test = np.zeros(len(wanted), dtype=np.int64)
    test[small] = np.clip(np.round(available[small] * share), 1, available[small] - 1)
    left = test_images - int(test.sum())
    quota = wanted[~small] * (left / max(1, int(wanted[~small].sum())))
    part = np.floor(quota).astype(np.int64)
    part[np.argsort(part - quota, kind="stable")[: left - int(part.sum())]] += 1
    test[~small] = part
    if test.sum() != test_images or (test < 1).any() or (test >= wanted).any():
        raise FerError(
            f"data.faces.test_images={test_images} of {wanted.sum()} images cannot be spread so that every class and "
            "LFW train and test; choose another number, or a smaller data.faces.per_class"
        )
    return test


def _split_groups(
    kinds: Integers, groups: Integers, quota: Integers, random: np.random.RandomState
) -> npt.NDArray[np.bool_]:
    """(N,) whether each image tests: groups in random order, as long as the quota of all their kinds allows."""
    members = np.split(np.argsort(groups, kind="stable"), np.cumsum(np.bincount(groups))[:-1])
    room = quota.tolist()
    test_side = np.zeros(len(kinds), dtype=np.bool_)
    for number in random.permutation(len(members)):
        counts = Counter(kinds[members[number]].tolist())
        if all(count <= room[kind] for kind, count in counts.items()):
            test_side[members[number]] = True
            for kind, count in counts.items():
                room[kind] -= count
    return test_side


def _draw_rows(rows: Integers, number: int, random: np.random.RandomState) -> Integers:
    if number <= len(rows):
        return random.permutation(rows)[:number]
    return np.concatenate([rows, rows[random.randint(len(rows), size=number - len(rows))]])


def link_groups(first: Strings, second: Strings) -> Strings:
    """(N,) one name for all rows that are connected by equal names in `first` (N,) or in `second` (N,)."""
    names, number = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, two = number[: len(first)], number[len(first) :]
    ties = coo_array((np.ones(len(first)), (one, two)), shape=(len(names), len(names)))
    group = connected_components(ties, directed=False)[1]
    leaders = names[np.unique(group, return_index=True)[1]]
    return np.asarray(leaders[group[one]])
