"""Lists the images of an audit whose label is probably wrong, and draws the most confident ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.images import Rows
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.soft_targets import Shares
from fer_lightning.results.figures.label_errors import LIMIT, Doubt, label_errors_page
from fer_lightning.results.figures.layout import save
from fer_lightning.results.label_errors import LabelErrors, find_label_errors, write_label_errors

FILES = {"label_errors": "label_errors.csv", "label_errors_page": "label_errors.png"}
LIST, PAGE = FILES.values()
SIDE = 96  # maximum size of a face on the page, in pixels


def write_probable_errors(datamodule: FaceDataModule, faces: FaceSet, subtitle: str, folder: Path) -> dict[str, Any]:
    """Compares the labels with `data.targets`, writes the list and, if it is not empty, the page.

    Args:
        datamodule: with targets.
        faces: as located, labelled by their data set.
        subtitle: what was audited, for the page.
        folder: where the files go.

    Returns:
        `images` that have both label and shares, `errors` among them, and `by_class`: label -> the same two.

    Raises:
        FerError: the file does not fit these images or classes.
    """
    soft = datamodule.soft_targets(faces)
    assert soft is not None
    names, shares = datamodule.class_names, soft.for_classes(datamodule.class_names)
    label = relabel(faces.label, faces.class_names, names)
    found = find_label_errors(label, shares)
    write_label_errors(found, faces.ids, label, shares, names, folder / LIST)
    looked_at = np.bincount(label[(label >= 0) & shares.any(axis=1)], minlength=len(names)).tolist()
    wrong = np.bincount(label[found.rows], minlength=len(names)).tolist()
    counts = zip(names, looked_at, wrong, strict=True)
    if len(found.rows):
        share = 100 * len(found.rows) / found.images
        told = f"{len(found.rows):,} of {found.images:,} labels are probably wrong ({share:.2f} %)"
        doubts = _list_doubts(found, faces, label, shares, names)
        shown = f"; the {len(doubts)} surest of them" if len(doubts) < len(found.rows) else ""
        save(label_errors_page(doubts, subtitle, told + shown), folder / PAGE)
    return {
        "images": found.images,
        "errors": len(found.rows),
        "by_class": {name: {"images": images, "errors": errors} for name, images, errors in counts},
    }


def _list_doubts(
    found: LabelErrors, faces: FaceSet, label: Integers, shares: Shares, names: Sequence[str]
) -> list[Doubt]:
    rows, others = found.rows[:LIMIT], found.suggested[:LIMIT].tolist()
    first = faces.pixels[int(rows[0])]
    images = Prepare(size=min(SIDE, max(first.shape[:2])))(Rows(faces.pixels, rows))
    return [
        Doubt(image, str(faces.ids[row]), names[label[row]], names[other], shares[row, label[row]], shares[row, other])
        for image, row, other in zip(images, rows.tolist(), others, strict=True)
    ]
