"""Writes drawn faces as a real data set lies on disk: `python -m tests.layouts NAME DIR`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.synthetic.read import read
from fer_lightning.errors import FerError, choices
from tests.layouts.ckplus import write_ckplus
from tests.layouts.fer2013 import write_fer2013
from tests.layouts.ferplus import write_ferplus
from tests.layouts.folders import write_folders
from tests.layouts.jaffe import write_jaffe
from tests.layouts.lfw import write_lfw
from tests.layouts.mnist import write_mnist

IMAGES, SUBJECTS, SIZE, SEED = 560, 10, 48, 0
PER_SUBJECT = 56  # images of a person from which on sequences are drawn from neutral to the peak


class Layout(NamedTuple):
    """How a data set is written, and read again.

    Attributes:
        write: the faces into a folder.
        data: the option of `data` that reads it.
        fixed: whether its faces are 48x48 and no other size.
        sequences: whether it holds whole sequences.
    """

    write: Callable[[FaceSet, Path], object]
    data: str
    fixed: bool = False
    sequences: bool = False


def _ferplus(faces: FaceSet, folder: Path) -> None:
    write_fer2013(faces, folder, "fer2013.csv")
    write_ferplus(folder)


def _ckplus(layout: str) -> Layout:
    return Layout(lambda faces, folder: write_ckplus(faces, folder, layout), "ckplus", fixed=True, sequences=True)


def _preset(name: str) -> Layout:
    return Layout(lambda faces, folder: write_folders(faces, folder, name), name)


MNIST = "mnist"  # digits, not faces
LAYOUTS = {
    "fer2013": Layout(lambda faces, folder: write_fer2013(faces, folder, "fer2013.csv"), "fer2013", fixed=True),
    "ferplus": Layout(_ferplus, "ferplus", fixed=True),
    "ckplus": _ckplus("official"),
    "ck48": _ckplus("ck48"),
    "ckextended": _ckplus("ckextended.csv"),
    "jaffe": Layout(write_jaffe, "jaffe", fixed=True),
    "lfw": Layout(lambda faces, folder: write_lfw(faces, folder, "lfw"), "lfw"),
    **{name: _preset(name) for name in ("rafdb", "affectnet", "kdef", "sfew", "ferg", "mmi", "oulu_casia")},
    "folder": Layout(lambda faces, folder: write_folders(faces, folder, "splits"), "folder"),
}
NAMES = sorted([*LAYOUTS, MNIST])


def write(
    name: str,
    folder: Path,
    images: int | None = None,
    subjects: int | None = None,
    size: int | None = None,
    seed: int = SEED,
) -> str:
    """Writes drawn images as the data set `name` has them; returns the option of `data` that reads them.

    Args:
        name: one of NAMES.
        folder: made when missing.
        images: 560 when None; of mnist a seventh tests, of the others the layout keeps those of its classes.
        subjects: people; 10 when None.
        size: pixels of a face; 48 when None.
        seed: of the drawing.

    Raises:
        FerError: unknown name, a folder that holds something, or what the layout cannot have.
    """
    if name not in NAMES:
        raise FerError(f"NAME={name}: choose among {choices(NAMES, name)}")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FerError(f"{folder} is there and holds something: name a new folder, or remove it first")
    images = IMAGES if images is None else images
    if name == MNIST:
        if subjects is not None or size is not None:
            raise FerError("mnist has digits of 28x28 pixels and no people: leave out --subjects and --size")
        if images < 7 or seed < 0:
            raise FerError(f"--images {images} --seed {seed}: choose 7 images or more, and a seed of 0 or more")
        _make(folder)
        write_mnist(folder, train=images - images // 7, test=images // 7, seed=seed)
        return MNIST
    layout = LAYOUTS[name]
    subjects, size = SUBJECTS if subjects is None else subjects, SIZE if size is None else size
    if layout.fixed and size != SIZE:
        raise FerError(f"--size {size}: {name} is drawn with faces of {SIZE}x{SIZE} pixels; leave it out")
    if layout.sequences and images < PER_SUBJECT * subjects:
        raise FerError(
            f"--images {images} --subjects {subjects}: {name} needs sequences, {PER_SUBJECT} images a subject; "
            f"choose --images {PER_SUBJECT * subjects} or more, or fewer subjects"
        )
    with tempfile.TemporaryDirectory() as cache:
        faces = read(Path(cache), images, subjects, size, seed)
        _make(folder)
        layout.write(faces, folder)
    return layout.data


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refusal:
        raise FerError(f"{folder}: this folder cannot be made ({refusal.strerror}); name another") from refusal


def main() -> None:
    """Reads sys.argv; a mistake ends it with exit code 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.layouts",
        description="Write drawn faces as a real data set lies on disk, to try its reader without the data.",
    )
    parser.add_argument("name", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("folder", metavar="DIR", type=Path, help="a new or empty folder")
    parser.add_argument("--images", type=int, help=f"default {IMAGES}")
    parser.add_argument("--subjects", type=int, help=f"default {SUBJECTS}")
    parser.add_argument("--size", type=int, help=f"pixels of a drawn face, default {SIZE}")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    asked = parser.parse_args()
    try:
        data = write(asked.name, asked.folder, asked.images, asked.subjects, asked.size, asked.seed)
    except FerError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(1)
    count = sum(path.is_file() for path in asked.folder.rglob("*"))
    print(f"{count:,} files in {asked.folder}; read with data={data} data.faces.dir={asked.folder}")


if __name__ == "__main__":
    main()
