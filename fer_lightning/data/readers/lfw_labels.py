"""Labels for LFW, which has no expression labels: from a CSV file, from a trained net, or from pasted faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import content_hash
from fer_lightning.data.expressions import expression, relabel
from fer_lightning.data.faces import FaceSet, Images, Integers, Pixels
from fer_lightning.data.image_digests import combine_digests
from fer_lightning.data.images import resize
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.text_tables import read_csv_rows
from fer_lightning.errors import FerError, choices

Labeller = Callable[[FaceSet], tuple[Integers, npt.NDArray[np.float32], Sequence[str]]]
VERSION = 2  # part of the fingerprint: increase it when the same settings give other pixels


class LabelSource(Protocol):
    """A source of expression labels for images of LFW."""

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The images that may be drawn, labelled in `class_names` if labels are known before the draw.

        Raises:
            FerError: there are fewer than `needed`.
        """
        ...

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The drawn images, all labelled, as the mix holds them.

        Args:
            pictures: the drawn images, with the column `split` and the extra `digest`.
            pool: all of FER2013, with the same columns and the extra `used`: whether an image is in the mix.
            seed: seed of random choices.
        """
        ...


@dataclass(frozen=True)
class FromCsv:
    """Labels from a CSV file with the columns `path` and `label`.

    Attributes:
        path: path of the file (also .gz .xz .zip). A row names an image by its file name, such as
            Aaron_Eckhart_0001.jpg, or by a path that ends with it, and an expression in any spelling.
    """

    path: str | None

    def __post_init__(self) -> None:
        if self.path is None or not Path(self.path).is_file():
            given = "null" if self.path is None else self.path
            raise FerError(f"data.faces.labels.path={given}: name a CSV file with the columns path,label")

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The images that the file labels.

        Raises:
            FerError: a malformed row (with its line), or too few rows.
        """
        assert self.path is not None
        place = {str(name).rsplit("/", 1)[-1]: row for row, name in enumerate(lfw.ids)}
        label = np.full(len(lfw), -1, dtype=np.int64)
        with open_text(Path(self.path), Path(self.path).stem) as lines:
            for where, (name, word) in read_csv_rows(lines, self.path, ("path", "label")):
                row = place.get(name.replace("\\", "/").rsplit("/", 1)[-1])
                if row is None:
                    raise FerError(f"{where}: LFW has no picture '{name[:100]}'; names are like {lfw.ids[0]}")
                if label[row] >= 0:
                    raise FerError(f"{where}: {name[:100]} has a label already; keep one of its rows")
                label[row] = _class_number(word, class_names, where)
        return _keep_labelled(
            *(lfw, label, class_names, needed),
            f"{self.path} labels {{}} pictures, and data.faces.lfw_images={needed}: label more, or draw fewer; "
            "data=lfw_mixed and data=lfw_mixed_pseudo need no labels",
        )

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The images unchanged."""
        return pictures


@dataclass(frozen=True)
class Pseudo:
    """Pseudo-labels: predictions of a trained net above a confidence threshold.

    Attributes:
        labeller: returns for N faces the labels (N,), their confidences (N,) in 0..1, and the class names.
        threshold: least confidence; 0.9 is our choice, paper C does not say how LFW is labelled.
    """

    labeller: Labeller
    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise FerError(f"data.faces.labels.threshold={self.threshold}: choose a confidence from 0 to 1")

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The images that the net assigns to one of `class_names` with enough confidence.

        Raises:
            FerError: there are fewer than `needed`.
        """
        answers, confidence, names = self.labeller(lfw)
        known = relabel(np.asarray(answers, dtype=np.int64), names, class_names)
        return _keep_labelled(
            *(lfw, np.where(confidence >= self.threshold, known, -1), class_names, needed),
            f"the net is sure (data.faces.labels.threshold={self.threshold}) of {{}} pictures of LFW, and "
            f"data.faces.lfw_images={needed}; lower one of them, or take a better checkpoint",
        )

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The images unchanged."""
        return pictures


def _class_number(word: str, class_names: tuple[str, ...], where: str) -> int:
    try:
        name = expression(word)
    except FerError as fault:
        raise FerError(f"{where}: {fault}") from fault
    if name not in class_names:
        raise FerError(
            f"{where}: '{name}' is no class of the mix; choose among {choices(class_names)}, or leave it out"
        )
    return class_names.index(name)


def _keep_labelled(lfw: FaceSet, label: Integers, class_names: tuple[str, ...], needed: int, too_few: str) -> FaceSet:
    rows = np.flatnonzero(label >= 0)
    if len(rows) < needed:
        raise FerError(too_few.format(len(rows)))
    return replace(lfw, label=label, class_names=class_names).take(rows, lfw.fingerprint)


@dataclass(frozen=True)
class Background:
    """Images of LFW as backgrounds, each with a face of FER2013 pasted over its own; the label is the pasted face's.

    Background and face are of the same split. No face is pasted twice; faces that the mix does not hold otherwise are
    used first, and the classes are as balanced as the faces allow. The subject of a result is its face, and the column
    `scene` is the person in the background.

    Attributes:
        size: side of the square that the face fills, as a share of the image's shorter side. LFW's own faces take
            about 110 of 250 pixels.
        x: centre of the square, as a share of the image's width. LFW's images are centred on the face.
        y: centre of the square, as a share of the image's height.
        softness: share of the ellipse's radius over which the face fades into the background.
    """

    size: float = 0.45
    x: float = 0.5
    y: float = 0.5
    softness: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.size <= 1:
            raise FerError(f"data.faces.labels.size={self.size}: choose a share of the picture, above 0 and up to 1")
        if not 0 < self.softness <= 1:
            raise FerError(f"data.faces.labels.softness={self.softness}: choose a share, above 0 and up to 1")
        for name, place in (("x", self.x), ("y", self.y)):
            if not 0 <= place <= 1:
                raise FerError(f"data.faces.labels.{name}={place}: choose a share of the picture, from 0 to 1")

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """Every image of LFW: a background needs no label."""
        return lfw

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """Pastes a face of the pool into each image, which takes the face's label and subject.

        Raises:
            FerError: a split has fewer faces than images.
        """
        assert pictures.split is not None
        assert pool.subject is not None
        assert pictures.subject is not None
        random = np.random.RandomState(seed)
        face = np.empty(len(pictures), dtype=np.int64)
        _, person, pictures_of = np.unique(pictures.subject, return_inverse=True, return_counts=True)
        crowd = pictures_of[person]
        for side in ("train", "test"):
            places = random.permutation(np.flatnonzero(pictures.split == side))
            chosen = random.permutation(_draw_faces(pool, side, len(places), random))
            # a face that the mix holds as well links its copies to all images of the person in the background; on
            # people with many images most of disgust would be one group, and validate or not as a whole
            first = np.argsort(~pool.extras["used"][chosen], kind="stable")
            face[places[np.argsort(crowd[places], kind="stable")]] = chosen[first]
        ids = np.char.add(np.char.add(pictures.ids, "+"), pool.ids[face])
        return FaceSet(
            pixels=_PastedImages(pictures.pixels, pool.pixels, face, self),
            label=pool.label[face],
            class_names=pool.class_names,
            ids=ids,
            fingerprint=content_hash("pasted", VERSION, asdict(self), pictures.fingerprint, pool.fingerprint),
            subject=pool.subject[face],
            split=pictures.split,
            extras={
                "digest": combine_digests(pictures.extras["digest"], pool.extras["digest"][face]),
                "scene": np.char.add("lfw/", pictures.subject),
            },
        )

    def paste(self, scene: Pixels, face: Pixels) -> Pixels:
        """(H, W) uint8: the grey scene (H, W) or (H, W, 3) with the face (h, w) pasted in a soft ellipse."""
        picture = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY) if scene.ndim == 3 else scene.copy()
        height, width = picture.shape
        side = max(1, round(self.size * min(height, width)))
        # a square that would reach beyond the edge is moved inside
        top = min(max(0, round(self.y * height - side / 2)), height - side)
        left = min(max(0, round(self.x * width - side / 2)), width - side)
        under = picture[top : top + side, left : left + side]
        mask = self._mask(side)
        under[:] = np.round(mask * resize(face, side) + (1 - mask) * under)
        return np.asarray(picture, dtype=np.uint8)

    def _mask(self, side: int) -> npt.NDArray[np.float64]:
        """(side, side) opacity of the face: 1 in the middle, 0 in the corners."""
        across = (np.arange(side) + 0.5) / side * 2 - 1
        radius = np.hypot(across[:, None], across)
        return np.asarray(np.clip((1 - radius) / self.softness, 0, 1))


def _draw_faces(pool: FaceSet, side: str, count: int, random: np.random.RandomState) -> Integers:
    """`count` different rows of the pool in this split: classes as balanced as possible, unused images first."""
    own = random.permutation(np.flatnonzero(pool.split == side))
    own = own[np.argsort(pool.extras["used"][own], kind="stable")]
    if len(own) < count:
        raise FerError(
            f"data.faces: {count} pictures of LFW {side}, and only {len(own)} faces of FER2013 do; "
            "choose fewer data.faces.lfw_images"
        )
    label = pool.label[own]
    shares = share_evenly(np.bincount(label, minlength=len(pool.class_names)), count)
    return np.concatenate([own[label == number][:share] for number, share in enumerate(shares)])


def share_evenly(limits: Integers, total: int) -> Integers:
    """Divides `total` into (K,) shares, as equal as the limits (K,) allow; larger limits take the remainder."""
    shares = np.zeros(len(limits), dtype=np.int64)
    left = total
    for place, number in enumerate(np.argsort(limits, kind="stable")):
        shares[number] = min(int(limits[number]), left // (len(limits) - place))
        left -= int(shares[number])
    return shares


class _PastedImages(Sequence[Pixels]):
    """Images that are composed on access: a whole set would not fit into memory."""

    def __init__(self, scenes: Images, faces: Images, rows: Integers, how: Background) -> None:
        self.scenes = scenes
        self.faces = faces
        self.rows = rows
        self.how = how

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return self.how.paste(self.scenes[number], self.faces[int(self.rows[number])])
