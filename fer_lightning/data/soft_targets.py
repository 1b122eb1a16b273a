"""Reads soft targets, shares of the classes per image, from a table, and blends them with the labels."""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.expressions import EXPRESSIONS, select_columns
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.image_digests import image_digests, to_hex
from fer_lightning.data.protocols import Protocol
from fer_lightning.data.readers import fer2013, fer_votes
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.text_tables import read_csv_rows
from fer_lightning.errors import FerError, choices, first_few

log = logging.getLogger(__name__)

IMAGE, DIGEST, TRAINED, SHARE = "image", "digest", "trained", "p_"  # columns; `p_<class>` is a class's share
WANTED = f"a table with the columns {IMAGE} and {SHARE}<class>, as fer-report save_targets= writes it"

Shares = npt.NDArray[np.float32]


class SoftTargets(NamedTuple):
    """Soft targets of N faces.

    Attributes:
        path: path of the file.
        class_names: the K classes of the file.
        shares: (N, K) float32; a row sums to 1, or is zero if the file has no shares of the image.
        listed: (N,) whether the image is in the file.
        trained: (N,) whether a net that predicted the shares was trained on the image.
    """

    path: Path
    class_names: tuple[str, ...]
    shares: Shares
    listed: npt.NDArray[np.bool_]
    trained: npt.NDArray[np.bool_]

    def for_classes(self, class_names: Sequence[str]) -> Shares:
        """(N, C) shares of these classes, which sum to 1 again; zero rows for images without a share of any.

        Raises:
            FerError: the file lacks one of them.
        """
        if missing := [name for name in class_names if name not in self.class_names]:
            raise FerError(
                f"data.targets={self.path}: it has no share of {choices(missing)}; its classes are "
                f"{choices(self.class_names)}"
            )
        picked = select_columns(self.shares, self.class_names, class_names)
        assert picked is not None
        return picked


def check_soft_targets(targets: str | Path | None, weight: float) -> None:
    """Raises FerError if the file does not exist, or the weight is not above 0 and at most 1."""
    if not 0 < weight <= 1:
        raise FerError(f"data.targets_weight={weight}: choose above 0 to 1; the label has the rest of the weight")
    if targets is not None and not Path(targets).expanduser().is_file():
        raise FerError(f"data.targets={targets}: there is no such file; name {WANTED}, or {fer_votes.TABLE} of FER+")


def blend_targets(
    soft: SoftTargets,
    weight: float,
    label: Integers,
    class_names: Sequence[str],
    protocol: Protocol,
    ids: npt.NDArray[np.str_],
    own: Shares | None = None,
) -> Shares:
    """(N, C) targets of the training images: (1 - weight) x label + weight x soft target.

    An image for which the file has no share of these classes keeps its label. Rows of images that do not train are
    not blended.

    Args:
        soft: soft targets of these faces.
        weight: weight of the soft targets, above 0 and at most 1.
        label: (N,) index into `class_names`; -1 without a label.
        class_names: the C wanted classes.
        protocol: the split.
        ids: (N,) names of the images, for messages.
        own: (N, C) shares that the data set has in place of labels; None if it has labels.

    Raises:
        FerError: a training image is not in the file, the file lacks a class, or a net that predicted the shares was
            trained on an image that validates or tests.
    """
    shares = soft.for_classes(class_names)
    train, held_out = protocol.train, np.union1d(protocol.val, protocol.test)
    if len(missing := train[~soft.listed[train]]):
        raise FerError(
            f"data.targets={soft.path}: {len(missing):,} of {len(train):,} training images are not in it "
            f"({first_few(ids[missing].tolist())}); list each, with empty cells where the label alone is to count"
        )
    if len(trained := held_out[soft.trained[held_out]]):
        raise FerError(
            f"data.targets={soft.path}: {len(trained):,} images that validate or test trained the nets that it is from "
            f"({first_few(ids[trained].tolist())}), and would be learned through them; train these nets under "
            "data.protocol=train_kfold, which leaves the published validation and test sides out"
        )
    blended = np.eye(len(class_names) + 1, len(class_names), dtype=np.float32)[label] if own is None else own.copy()
    known = train[shares[train].any(axis=1)]
    agreeing = (shares[known].argmax(axis=1) == label[known]).mean() if len(known) else 0.0
    blended[known] = np.float32(1 - weight) * blended[known] + np.float32(weight) * shares[known]
    log.info(
        "data.targets: weight %g in the targets of %s of %s training images, of which %.1f %% have their label as the "
        "likeliest class there",
        *(weight, f"{len(known):,}", f"{len(train):,}", 100 * agreeing),
    )
    return blended


def read_soft_targets(path: str | Path, faces: FaceSet) -> SoftTargets:
    """Reads the soft targets of these faces; images are matched by id, and by digest if the file has digests.

    Args:
        path: a table with the columns `image` and `p_<class>` (shares, or counts of votes, which are divided by their
            sum; empty cells keep the label), and optionally `digest`, as in split.csv, and `trained`, the number of
            nets behind the shares that were trained on the image; or FER+'s fer2013new.csv. Also .xz .gz .zip.
        faces: faces before a model's preprocessing, with the labels of their data set.

    Raises:
        FerError: a cell is not a share (with its line), or the file is of another kind or of other images.
    """
    path = Path(path).expanduser()
    with open_text(path, _member(path)) as lines:
        header = _header(lines, path)
    if set(fer_votes.COLUMNS) <= set(header):
        return _from_votes(path, faces)
    names = tuple(name.removeprefix(SHARE) for name in header if name.startswith(SHARE))
    if IMAGE not in header or not names:
        raise FerError(
            f"data.targets={path}: its columns are {choices(header)[:200]}; it must be {WANTED}, or "
            f"{fer_votes.TABLE} of FER+"
        )
    further = tuple(name for name in (DIGEST, TRAINED) if name in header)
    return _from_table(path, names, further, faces)


def _from_table(path: Path, names: tuple[str, ...], further: tuple[str, ...], faces: FaceSet) -> SoftTargets:
    rows = {name: row for row, name in enumerate(faces.ids.tolist())}
    digests = to_hex(image_digests(faces)) if DIGEST in further else []
    shares = np.zeros((len(faces), len(names)), dtype=np.float32)
    listed, trained = np.zeros(len(faces), dtype=np.bool_), np.zeros(len(faces), dtype=np.bool_)
    others: list[str] = []
    with open_text(path, _member(path)) as lines:
        for where, (image, *cells) in read_csv_rows(
            lines, str(path), (IMAGE, *further, *(f"{SHARE}{name}" for name in names))
        ):
            says = dict(zip(further, cells, strict=False))
            if (row := rows.get(image)) is None:
                continue
            if listed[row]:
                raise FerError(f"{where}: {image} occurs twice; keep one")
            if digests and says[DIGEST] != digests[row]:
                others.append(image)
            listed[row] = True
            trained[row] = says.get(TRAINED, "0") not in ("", "0")
            shares[row] = _shares(cells[len(further) :], where)
    if others:
        raise FerError(
            f"data.targets={path}: {len(others):,} of its images are other pictures than those here "
            f"({first_few(others)}); take the data set from which it was made"
        )
    if not listed.any():
        raise FerError(f"data.targets={path}: none of its images is in this data set, where they are called as "
                       f"{first_few(faces.ids.tolist(), 2)}")  # fmt: skip
    return SoftTargets(path, names, shares, listed, trained)


def _from_votes(path: Path, faces: FaceSet) -> SoftTargets:
    """The share of each expression in the votes for expressions; votes for `unknown` and `NF` are ignored."""
    table = fer_votes.read_votes(path, fer2013.USAGES)
    if faces.split is None or len(table.usage) != len(faces):
        raise FerError(
            f"data.targets={path}: votes of FER+ for the {len(table.usage):,} images of FER2013, and this data set "
            f"has {len(faces):,}; they fit data=fer2013 and data=ferplus alone"
        )
    fer_votes.check_rows(faces, table, path, Path("data=fer2013"))
    votes = np.zeros((len(faces), len(EXPRESSIONS)), dtype=np.float32)
    votes[:, fer_votes.CLASS] = table.votes[:, : fer_votes.NAMED]
    total = votes.sum(axis=1, keepdims=True)
    shares = np.divide(votes, total, out=np.zeros_like(votes), where=total > 0)
    everywhere = np.ones(len(faces), dtype=np.bool_)
    return SoftTargets(path, EXPRESSIONS, shares, everywhere, ~everywhere)


def _shares(cells: Sequence[str], where: str) -> Shares:
    """Cells as shares that sum to 1; zeros if every cell is empty."""
    if not any(cells):
        return np.zeros(len(cells), dtype=np.float32)
    numbers = np.array([_number(cell, where) for cell in cells])
    if not (total := numbers.sum()):
        return np.zeros(len(cells), dtype=np.float32)
    shares: Shares = (numbers / total).astype(np.float32)
    return shares


def _number(cell: str, where: str) -> float:
    try:
        number = float(cell)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise FerError(f"{where}: a share is '{cell[:20]}', it must be a number of 0 or more")
    return number


def _header(lines: Iterable[str], path: Path) -> list[str]:
    try:
        return [name.strip() for name in next(csv.reader(lines), [])]
    except csv.Error as fault:
        raise FerError(f"data.targets={path}: this is not a table of comma-separated values: {fault}") from fault


def _member(path: Path) -> str:
    """The name of the table inside a .zip file."""
    return path.name.removesuffix(".zip")
