"""Mixes FER2013 and LFW as paper C does: expressions before complex backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import content_hash
from fer_lightning.data.copies import copy_groups
from fer_lightning.data.faces import FaceSet, Integers, Strings
from fer_lightning.data.folds import inseparable
from fer_lightning.data.image_digests import image_digests
from fer_lightning.data.images import Images, Pixels
from fer_lightning.data.readers import fer2013, lfw
from fer_lightning.data.readers.lfw_labels import Labels
from fer_lightning.data.readers.mixing import Mix, mix, tied
from fer_lightning.errors import FerError


def read(
    fer_dir: str | Path,
    lfw_dir: str | Path,
    cache_dir: Path,
    labels: Labels,
    per_class: int = 3269,
    lfw_images: int = 13_000,
    test_images: int = 7542,
    seed: int = 0,
) -> FaceSet:
    """FER2013's seven classes in equal numbers, and pictures of LFW. Paper C, section IV.C: 28,341 train, 7,542 test.

    FER2013's own split plays no part. All its images, and all of LFW, are cut into the two sides first, with exact
    copies and people whole; then each side is drawn. FER2013 has 547 images of disgust and paper C takes 3,269: here
    its training images repeat. How the test images spread over the classes and LFW is `mixing.spread`'s.

    Args:
        fer_dir: where FER2013 is.
        lfw_dir: where LFW is.
        cache_dir: where parsed pixels are kept.
        labels: how pictures of LFW, which has no expression labels, get them.
        per_class: images of each of FER2013's classes.
        lfw_images: pictures of LFW.
        test_images: of both together.
        seed: of the cut and the draws.

    Returns:
        First the faces of FER2013, grey and 48x48, then the pictures. The split column is `train` or `test`. Ids begin
        with `fer2013/` or `lfw/`, and a repetition's ends with `@2`, `@3`. The subject is the person for LFW, and for
        FER2013 the first of the image's exact copies.

    Raises:
        FerError: files that cannot be read, too few images, or numbers that cannot be had.
    """
    if min(per_class, lfw_images) < 2:
        raise FerError(f"data.faces: per_class={per_class} and lfw_images={lfw_images}; choose at least 2 of each")
    fer = fer2013.parsed(fer_dir, cache_dir, "data.faces.fer_dir")
    scenes = labels.candidates(lfw.read(lfw_dir, cache_dir, "data.faces.lfw_dir"), fer.class_names, lfw_images)
    if len(scenes) < lfw_images:
        raise FerError(f"{lfw_dir}: {len(scenes):,} pictures, and data.faces.lfw_images={lfw_images}; choose fewer")
    copies, people = copy_groups(fer), inseparable(scenes)
    kinds = np.concatenate([fer.label, np.full(len(scenes), len(fer.class_names))])
    wanted = np.array([per_class] * len(fer.class_names) + [lfw_images])
    groups = np.concatenate([copies, copies.max() + 1 + people])
    drawn = mix(kinds, groups, wanted, [*fer.class_names, "LFW"], test_images, seed)
    pool = _pool(fer, copies, drawn)
    rows = np.concatenate([drawn.train, drawn.test])
    own = np.sort(rows[rows < len(fer)])
    taken = np.sort(rows[rows >= len(fer)]) - len(fer)
    faces = pool.take(own, pool.fingerprint)
    pictures = labels.finished(_pictures(scenes, drawn.test_side[len(fer) :], taken), pool, seed)
    return _joined(replace(faces, ids=_numbered(faces.ids)), pictures)


def official_counts(faces: FaceSet) -> None:
    """None: paper C publishes no counts of the classes on each side."""


def _pool(fer: FaceSet, copies: Integers, drawn: Mix) -> FaceSet:
    """All of FER2013 with the sides of the mix; `used` says which images stand in it by themselves."""
    names = np.char.add("fer2013/", fer.ids)
    used = np.isin(np.arange(len(fer)), np.concatenate([drawn.train, drawn.test]))
    first = np.unique(copies, return_index=True)[1]
    return replace(
        fer,
        ids=names,
        subject=names[first[copies]],
        split=_side(drawn.test_side[: len(fer)]),
        extras={"digest": image_digests(fer), "used": used},
    )


def _pictures(scenes: FaceSet, test_side: npt.NDArray[np.bool_], rows: Integers) -> FaceSet:
    extras = {"digest": image_digests(scenes)}
    sided = replace(scenes, ids=np.char.add("lfw/", scenes.ids), split=_side(test_side), extras=extras)
    return sided.take(rows, scenes.fingerprint)


def _side(test_side: npt.NDArray[np.bool_]) -> Strings:
    return np.where(test_side, "test", "train")


def _numbered(ids: Strings) -> Strings:
    """Sorted-by-row ids, in which equal ones stand together, with @2, @3 after repetitions."""
    place = np.arange(len(ids)) - np.unique(ids, return_index=True)[1][np.unique(ids, return_inverse=True)[1]]
    return np.array([f"{name}@{number + 1}" if number else name for name, number in zip(ids, place, strict=True)])


def _joined(faces: FaceSet, pictures: FaceSet) -> FaceSet:
    assert faces.subject is not None
    assert pictures.subject is not None
    assert faces.split is not None
    assert pictures.split is not None
    label = np.concatenate([faces.label, pictures.label])
    ids = np.concatenate([faces.ids, pictures.ids])
    split = np.concatenate([faces.split, pictures.split])
    columns = (ids.tolist(), label.tolist(), split.tolist())
    subject = np.concatenate([faces.subject, pictures.subject])
    if "scene" in pictures.extras:  # a face from the one set before a person of the other: both must stay on one side
        subject = tied(subject, np.concatenate([faces.subject, pictures.extras["scene"]]))
    return FaceSet(
        pixels=Joined(faces.pixels, pictures.pixels),
        label=label,
        class_names=faces.class_names,
        ids=ids,
        fingerprint=content_hash("lfw_mixed", faces.fingerprint, pictures.fingerprint, columns),
        subject=subject,
        split=split,
        extras={"digest": np.concatenate([faces.extras["digest"], pictures.extras["digest"]])},
    )


class Joined(Sequence[Pixels]):
    """The pictures of two sequences, one after the other; not copied.

    Args:
        first: pictures 0 to N-1.
        second: those from N on.
    """

    def __init__(self, first: Images, second: Images) -> None:
        self.first = first
        self.second = second

    def __len__(self) -> int:
        return len(self.first) + len(self.second)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        place = range(len(self))[number]
        return self.first[place] if place < len(self.first) else self.second[place - len(self.first)]
