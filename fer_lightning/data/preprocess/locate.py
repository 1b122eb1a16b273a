"""Detects the face in each image of a data set and crops it, before any model sees it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import Columns, cache_columns, content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.images import Images, Pixels
from fer_lightning.data.preprocess.crop import crop_face
from fer_lightning.data.preprocess.detectors import DETECTORS, Face, face_from_landmarks
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

VERSION = 1  # part of the cache key: increase it when the same settings find other faces
LANDMARKS = "landmarks"  # the landmarks of the data set in place of a detector
ON_NONE = ("whole", "drop", "error")
KEPT, MISSED = -2, -1  # in the column `detector`: already a face crop; no face found
FACE_CHOICES = ("best", "largest", "central", "error")


@dataclass(frozen=True)
class Locate:
    """Face detection and cropping, a property of the data set: FER2013's images are face crops, JAFFE's are not.

    Attributes:
        detectors: tried in this order, each on the images in which those before it found no face: the cascade of paper
            E (2.1.1), whose JDA, DCNN and MoT are in no package; mtcnn, hog and haar replace them.
        crop: crop to the face; false keeps the image's size.
        align: rotate the image so that the line between the eyes is level, if eyes are known. Paper A, section 5.1.
        margin: share of the face's box that is added on each side.
        on_none: for an image without a face: `whole` keeps it as it is, `drop` leaves it out, `error`.
        on_several: which of several faces: `best` score, `largest`, `central`, or `error`.
        keep_up_to: images up to this side in pixels are already face crops and are not changed.
    """

    detectors: Sequence[str] = ()
    crop: bool = True
    align: bool = False
    margin: float = 0.0
    on_none: str = "whole"
    on_several: str = "best"
    keep_up_to: int = 0

    def __post_init__(self) -> None:
        known = (*DETECTORS, LANDMARKS)
        for name in self.detectors:
            if name not in known:
                raise FerError(f"data.locate.detectors={list(self.detectors)}: choose among {choices(known, name)}")
        if len(set(self.detectors)) < len(self.detectors):
            raise FerError(f"data.locate.detectors={list(self.detectors)}: name each once")
        if self.on_none not in ON_NONE:
            raise FerError(f"data.locate.on_none={self.on_none}: choose among {choices(ON_NONE, self.on_none)}")
        if self.on_several not in FACE_CHOICES:
            raise FerError(f"data.locate.on_several={self.on_several}: choose among {choices(FACE_CHOICES)}")
        if self.margin < 0:
            raise FerError(f"data.locate.margin={self.margin}: choose 0 or more, a share of the face's box")
        if self.keep_up_to < 0:
            raise FerError(f"data.locate.keep_up_to={self.keep_up_to}: choose 0 (no image) or a side in pixels")
        if self.align and not self.detectors:
            raise FerError("data.locate.align=true needs eyes: name a detector, as in data.locate.detectors=[mtcnn]")

    def faces(self, faces: FaceSet, cache_dir: Path) -> FaceSet:
        """The same faces, cropped on access; a dropped image loses its label and is in no split.

        Raises:
            FerError: an image without a face, or with several, if that is an error; or no face in any image.
        """
        if not self.detectors:
            return faces
        found = self.find_faces(faces, cache_dir)
        for line in self.describe_search(found):
            log.info("%s", line)
        missed = np.flatnonzero(found["detector"] == MISSED)
        if len(missed) and len(missed) == (found["detector"] != KEPT).sum():
            raise FerError(
                f"data.locate.detectors={list(self.detectors)}: no face found in any of {len(missed)} images; choose "
                f"others of {choices((*DETECTORS, LANDMARKS))}, or [] where the images are faces"
            )
        if len(missed) and self.on_none == "error":
            raise FerError(
                f"{faces.ids[missed[0]]}: no face found, and in {len(missed)} of {len(faces)} images; "
                "data.locate.on_none=whole keeps them as they are"
            )
        key = content_hash("located", asdict(self), self._key(faces))
        label = faces.label.copy()
        if self.on_none == "drop":
            label[missed] = -1
        return replace(faces, pixels=_CroppedImages(faces.pixels, found, self), label=label, fingerprint=key)

    def find_faces(self, faces: FaceSet, cache_dir: Path) -> Columns:
        """Detects the face in each image; the result is cached.

        Returns:
            `detector` (N,) index into `detectors`, KEPT or MISSED; `faces` (N,) number of detected faces; `box` (N, 4)
            left, top, width, height; `eyes` (N, 2, 2), NaN if unknown.
        """
        return cache_columns(cache_dir, "located", self._key(faces), lambda: self._search(faces))

    def count_detections(self, found: Columns) -> dict[str, dict[str, int]]:
        """Detector -> number of images `tried`, and of those in which it `found` a face."""
        detector = found["detector"]
        rates, left = {}, int((detector != KEPT).sum())
        for number, name in enumerate(self.detectors):
            hits = int((detector == number).sum())
            rates[name] = {"tried": left, "found": hits}
            left -= hits
        return rates

    def describe_search(self, found: Columns) -> list[str]:
        """A summary of the detection, as lines for the log."""
        lines = [
            f"{name}: a face in {rate['found']:,} of {rate['tried']:,} images ({rate['found'] / rate['tried']:.1%})"
            for name, rate in self.count_detections(found).items()
            if rate["tried"]
        ]
        missed, several = int((found["detector"] == MISSED).sum()), int((found["faces"] > 1).sum())
        fate = {"whole": "kept whole", "drop": "left out", "error": "an error"}[self.on_none]
        chosen = f" ({self.on_several} taken)" if several else ""
        lines.append(f"no face in {missed:,} image{'s' * (missed != 1)} ({fate}); several in {several:,}{chosen}")
        if self.align:
            seen = found["detector"] >= 0
            known = int((~np.isnan(found["eyes"][:, 0, 0]) & seen).sum())
            lines.append(f"eyes known in {known:,} of {int(seen.sum()):,} faces; the others are not turned")
        return lines

    def _key(self, faces: FaceSet) -> str:
        """The cache key of the detection; the fingerprint covers the pixels, not the landmarks."""
        marks = faces.extras.get(LANDMARKS) if LANDMARKS in self.detectors else None
        points = "" if marks is None else blake2b(marks.tobytes(), digest_size=16).hexdigest()
        settings = (list(self.detectors), self.on_several, self.keep_up_to)
        return content_hash("locate", VERSION, *settings, points, faces.fingerprint)

    def _search(self, faces: FaceSet) -> Columns:
        marks = faces.extras.get(LANDMARKS)
        detectors = {name: DETECTORS[name]() for name in self.detectors if name != LANDMARKS}
        count = len(faces)
        detector, seen = np.full(count, MISSED, dtype=np.int64), np.zeros(count, dtype=np.int64)
        box, eyes = np.zeros((count, 4)), np.full((count, 2, 2), np.nan)
        for row, image in enumerate(faces.pixels):
            if max(image.shape[:2]) <= self.keep_up_to:
                detector[row] = KEPT
                continue
            for number, name in enumerate(self.detectors):
                if name == LANDMARKS:
                    own = marks is not None and bool(np.isfinite(marks[row]).all())
                    hits = [face_from_landmarks(marks[row])] if marks is not None and own else []
                else:
                    hits = detectors[name](image)
                if hits:
                    face = choose_face(hits, self.on_several, image.shape, str(faces.ids[row]))
                    detector[row], seen[row], box[row] = number, len(hits), face.box
                    if face.eyes is not None:
                        eyes[row] = face.eyes
                    break
        return {"detector": detector, "faces": seen, "box": box, "eyes": eyes}


class _CroppedImages(Sequence[Pixels]):
    """The faces of other images, cropped on access."""

    def __init__(self, images: Images, found: Columns, how: Locate) -> None:
        self.images = images
        self.found = found
        self.how = how

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, row: int) -> Pixels:  # type: ignore[override]
        how = self.how
        return crop_face(self.images[row], self._face(row), crop=how.crop, align=how.align, margin=how.margin)

    def _face(self, row: int) -> Face | None:
        if self.found["detector"][row] < 0:
            return None
        left, top, width, height = self.found["box"][row].tolist()
        eyes: npt.NDArray[np.float64] = self.found["eyes"][row]
        return Face((left, top, width, height), 1.0, None if np.isnan(eyes).any() else eyes)


def choose_face(faces: Sequence[Face], how: str, shape: Sequence[int], name: str) -> Face:
    """Chooses one of several faces in an image.

    Args:
        faces: at least one.
        how: `best` by the detector's score, `largest` by area, `central` by distance from the image's centre; the first
            of equal ones. `error` allows only one.
        shape: height and width of the image, in pixels.
        name: name of the image, for the message.

    Raises:
        FerError: there are several faces, and `how` is `error`.
    """
    if how == "error" and len(faces) > 1:
        raise FerError(f"{name}: {len(faces)} faces found; data.locate.on_several=largest takes the largest")
    height, width = shape[:2]

    def area(face: Face) -> float:
        return face.box[2] * face.box[3]

    def nearness(face: Face) -> float:
        left, top, wide, high = face.box
        return -((left + wide / 2 - width / 2) ** 2 + (top + high / 2 - height / 2) ** 2)

    value: dict[str, Callable[[Face], float]] = {"largest": area, "central": nearness}
    return max(faces, key=value.get(how, lambda face: face.score))
