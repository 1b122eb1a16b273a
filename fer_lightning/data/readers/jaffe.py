"""Reads JAFFE, whose file names hold subject and expression."""

from __future__ import annotations

import re
from pathlib import Path

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.checks import (
    WHOLE,
    check_not_file,
    describe_location,
    name_counts,
    warn_unless_official,
)
from fer_lightning.data.readers.image_files import ImageTable, build_face_set, parse_image_names
from fer_lightning.errors import FerError

CLASS_NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
# Lyons et al. 1998 count 213 images; of each class, in the order of CLASS_NAMES, by the names of the published files
OFFICIAL_COUNTS = {WHOLE: (30, 29, 32, 31, 31, 30, 30)}
CODES = {
    "AN": "angry",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happy",
    "NE": "neutral",
    "SA": "sad",
    "SU": "surprise",
}
# KA.AN1.39; converters leave KA.AN1.39.tiff.png
PATTERN = re.compile(rf"([A-Z]{{2}})\.({'|'.join(CODES)})([0-9])\.([0-9]{{1,3}})(?:\.tiff?)?", re.IGNORECASE)
EXAMPLE = "KA.AN1.39.tiff (person, expression and take, number)"


def read(dir: str | Path, cache_dir: Path) -> FaceSet:
    """Reads JAFFE's photographs of 256x256 pixels: ten women, seven expressions, two to five takes of each.

    Source: Lyons et al. 1998, "Coding facial expressions with Gabor wavelets". Ids are paths below `dir`.

    Args:
        dir: folder of KA.AN1.39.tiff and the others, also in folders below; also as .tif .png .jpg, in any case.
        cache_dir: folder of the cache.

    Raises:
        FerError: there is no image, one whose name is not of JAFFE's form, or one that cannot be read.
    """
    root = Path(dir)
    check_not_file(root)
    found = parse_image_names(root, PATTERN, EXAMPLE) if root.is_dir() else []
    if not found:
        raise FerError(
            f"{root}: no JAFFE here. Put its images in, KA.AN1.39.tiff and so on (also .tif .png .jpg), or the folder "
            "that holds them. Its authors publish it on Zenodo (doi 10.5281/zenodo.3451524) for those who accept their "
            f"terms. {describe_location('jaffe')}"
        )
    table = ImageTable(
        paths=[image.path for image in found],
        labels=[CODES[image.parts[1]] for image in found],
        class_names=CLASS_NAMES,
        subjects=[image.parts[0] for image in found],
    )
    faces = build_face_set("jaffe", table, root, cache_dir)
    warn_unless_official(faces, OFFICIAL_COUNTS)
    return faces


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """`all` -> class -> published images."""
    return name_counts(faces.class_names, OFFICIAL_COUNTS)
