"""A contact sheet of drawn faces: `python -m tools.contact_sheet OUT.png` writes one."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.synthetic.read import read

TILE = 98  # pixels of a face and its border: the default faces are shown twice as large


def contact_sheet(
    faces: FaceSet, columns: int = 10, rows: int | None = None, seed: int = 0, names: bool = True
) -> npt.NDArray[np.uint8]:
    """A grey picture of faces picked at random.

    With `names`, each class has a row headed by its name and `rows` is the number of classes shown; without, classes
    are shuffled: a test of whether a person can name them. The answers are `picks` with the same arguments.
    """
    chosen = picks(faces, columns, rows, seed, names)
    heading = TILE if names else 0
    sheet = np.full((chosen.shape[0] * TILE, heading + columns * TILE), 255, dtype=np.uint8)
    for row, line in enumerate(chosen):
        top = row * TILE
        if names:
            name = faces.class_names[int(faces.label[line[0]])]
            cv2.putText(sheet, name, (4, top + TILE // 2 + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.55, 0, 1, cv2.LINE_AA)
        for column, index in enumerate(line):
            face = cv2.resize(np.asarray(faces.pixels[index]), (TILE - 2, TILE - 2), interpolation=cv2.INTER_CUBIC)
            left = heading + column * TILE
            sheet[top + 1 : top + TILE - 1, left + 1 : left + TILE - 1] = face
    return sheet


def picks(
    faces: FaceSet, columns: int, rows: int | None = None, seed: int = 0, names: bool = True
) -> npt.NDArray[np.int64]:
    """Indices (rows, columns) of the faces on a sheet; classes with no image have no row."""
    rng = np.random.default_rng(seed)
    shown = [c for c in range(len(faces.class_names)) if np.any(faces.label == c)]
    if names:
        wanted = shown[:rows]
        # shuffled, then repeated only where a class has fewer images than columns
        lines = [np.resize(rng.permutation(np.flatnonzero(faces.label == c)), columns) for c in wanted]
        return np.stack(lines).astype(np.int64)
    count = (rows or len(shown)) * columns
    mixed = rng.permutation(np.resize(shown, count))
    chosen = np.empty(count, dtype=np.int64)
    for c in shown:
        places = np.flatnonzero(mixed == c)
        chosen[places] = np.resize(rng.permutation(np.flatnonzero(faces.label == c)), len(places))
    return chosen.reshape(-1, columns)


def main() -> None:
    """Draws a set and writes its sheet as PNG; with `--unnamed`, shuffled, and the answers in OUT.txt."""
    parser = argparse.ArgumentParser(description="Write a contact sheet of drawn faces.")
    parser.add_argument("out", type=Path, help="the PNG to write")
    parser.add_argument("--size", type=int, default=48, help="pixels of a drawn face")
    parser.add_argument("--images", type=int, default=960)
    parser.add_argument("--subjects", type=int, default=40)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--unnamed", action="store_true", help="shuffle the classes and hide their names")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        faces = read(Path(folder), chosen.images, chosen.subjects, chosen.size, chosen.seed)
        sheet = contact_sheet(faces, chosen.columns, seed=chosen.seed, names=not chosen.unnamed)
        chosen.out.parent.mkdir(parents=True, exist_ok=True)
        if chosen.unnamed:
            answers = faces.label[picks(faces, chosen.columns, seed=chosen.seed, names=False)]
            lines = [" ".join(faces.class_names[label] for label in row) for row in answers]
            chosen.out.with_suffix(".txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, png = cv2.imencode(".png", sheet, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    chosen.out.write_bytes(png.tobytes())


if __name__ == "__main__":
    main()
