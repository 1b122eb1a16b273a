"""Pastes faces of FER2013 into pictures of LFW: known expressions before complex backgrounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import content_hash
from fer_lightning.data.faces import FaceSet, Images, Integers, Pixels
from fer_lightning.data.image_digests import digests_of_pairs
from fer_lightning.data.images import resized
from fer_lightning.errors import FerError

VERSION = 2  # part of the fingerprint: raise it when the same settings give other pixels


@dataclass(frozen=True)
class Background:
    """Pictures of LFW as scenes, each with a face of FER2013 over its own; the label is the pasted face's.

    A scene gets a face of its own side of the mix. No face is pasted twice; faces that the mix does not hold by
    themselves come first, and the classes come in numbers as equal as there are faces. A picture's subject is its face,
    and its column `scene` is the person.

    Attributes:
        size: side of the square that the face fills, as a share of the picture's shorter side. LFW's own faces take
            about 110 of 250 pixels.
        x: centre of the square, as a share of the picture's width. LFW's pictures are centred on the face.
        y: the same of its height.
        softness: share of the ellipse's radius over which it fades into the scene.
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
        """Every picture of LFW: a scene needs no label."""
        return lfw

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """Each picture with a face of the pool, under that face's label and subject.

        Raises:
            FerError: a side has fewer faces than pictures.
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
            chosen = random.permutation(_faces(pool, side, len(places), random))
            # a face that the mix holds as well ties its copies to all pictures of the person under it; over people with
            # many pictures most of disgust would hang together, and validate or not as one
            first = np.argsort(~pool.extras["used"][chosen], kind="stable")
            face[places[np.argsort(crowd[places], kind="stable")]] = chosen[first]
        ids = np.char.add(np.char.add(pictures.ids, "+"), pool.ids[face])
        return FaceSet(
            pixels=_Pasted(pictures.pixels, pool.pixels, face, self),
            label=pool.label[face],
            class_names=pool.class_names,
            ids=ids,
            fingerprint=content_hash("pasted", VERSION, asdict(self), pictures.fingerprint, pool.fingerprint),
            subject=pool.subject[face],
            split=pictures.split,
            extras={
                "digest": digests_of_pairs(pictures.extras["digest"], pool.extras["digest"][face]),
                "scene": np.char.add("lfw/", pictures.subject),
            },
        )

    def paste(self, scene: Pixels, face: Pixels) -> Pixels:
        """(H, W) uint8: the scene (H, W) or (H, W, 3) in grey, under the face (h, w) in a soft ellipse."""
        picture = cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY) if scene.ndim == 3 else scene.copy()
        height, width = picture.shape
        side = max(1, round(self.size * min(height, width)))
        # a square that would reach over the edge is moved inside
        top = min(max(0, round(self.y * height - side / 2)), height - side)
        left = min(max(0, round(self.x * width - side / 2)), width - side)
        under = picture[top : top + side, left : left + side]
        mask = self._mask(side)
        under[:] = np.round(mask * resized(face, side) + (1 - mask) * under)
        return np.asarray(picture, dtype=np.uint8)

    def _mask(self, side: int) -> npt.NDArray[np.float64]:
        """(side, side) 1 where the face shows, 0 in the corners."""
        across = (np.arange(side) + 0.5) / side * 2 - 1
        radius = np.hypot(across[:, None], across)
        return np.asarray(np.clip((1 - radius) / self.softness, 0, 1))


def _faces(pool: FaceSet, side: str, count: int, random: np.random.RandomState) -> Integers:
    """`count` different rows of the pool on this side: classes as even as can be, images that are not `used` first."""
    own = random.permutation(np.flatnonzero(pool.split == side))
    own = own[np.argsort(pool.extras["used"][own], kind="stable")]
    if len(own) < count:
        raise FerError(
            f"data.faces: {count} pictures of LFW {side}, and only {len(own)} faces of FER2013 do; "
            "choose fewer data.faces.lfw_images"
        )
    label = pool.label[own]
    shares = even_shares(np.bincount(label, minlength=len(pool.class_names)), count)
    return np.concatenate([own[label == number][:share] for number, share in enumerate(shares)])


def even_shares(limits: Integers, total: int) -> Integers:
    """(K,) parts of `total`, as equal as the limits (K,) allow; larger limits take the remainder."""
    shares = np.zeros(len(limits), dtype=np.int64)
    left = total
    for place, number in enumerate(np.argsort(limits, kind="stable")):
        shares[number] = min(int(limits[number]), left // (len(limits) - place))
        left -= int(shares[number])
    return shares


class _Pasted(Sequence[Pixels]):
    """Pictures that are pasted when they are asked for: a whole set of them would not fit in memory."""

    def __init__(self, scenes: Images, faces: Images, rows: Integers, how: Background) -> None:
        self.scenes = scenes
        self.faces = faces
        self.rows = rows
        self.how = how

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return self.how.paste(self.scenes[number], self.faces[int(self.rows[number])])
