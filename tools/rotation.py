"""Table and curve of accuracy over `data.rotate`: `python -m tools.rotation SWEEP_DIR`."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError
from fer_lightning.results.escaping import csv_cell
from fer_lightning.results.figures.layout import save
from fer_lightning.results.printing import write_plain
from fer_lightning.results.result import FILE_NAME, Result, read
from fer_lightning.results.summary import percent, span
from tools.rotation_curve import Line, Point, draw_rotation_curve

METRIC = "test/accuracy"
HINT = "fer-eval -m ckpt=PATH data=NAME data.rotate=0,15,30"
BOTH_SIDES = "turned, an image stands in the test once to either side; intervals take all as independent"


class Tested(NamedTuple):
    """One test of one model at one angle."""

    model: str
    data: str
    ckpt: str
    images: int
    point: Point
    file: Path


def collect(folders: Sequence[Path]) -> list[Tested]:
    """The tests below the folders, by model and angle; models that share a name have what tells their paths apart.

    Raises:
        FerError: a folder without results; a result that is no test of a checkpoint, has no angle or no accuracy;
            several data sets; one model twice at one angle.
    """
    tests: list[Tested] = []
    for folder in folders:
        files = sorted(folder.rglob(FILE_NAME))
        if not files:
            raise FerError(f"{folder}: no {FILE_NAME} in it or below; fill it with {HINT}")
        tests += [_test(read(file), file) for file in files]
    for test in tests:
        if test.data != tests[0].data:
            raise FerError(
                f"{tests[0].file} tests on data={tests[0].data}, {test.file} on data={test.data}: name the folders of "
                "one data set"
            )
    seen: dict[tuple[str, float], Path] = {}
    for test in tests:
        other = seen.setdefault((test.ckpt, test.point.angle), test.file)
        if other != test.file:
            raise FerError(
                f"{other} and {test.file} both test {test.ckpt} at data.rotate={test.point.angle:g}: name one of them"
            )
    names = _named({test.ckpt: test.model for test in tests})
    named = [test._replace(model=names[test.ckpt]) for test in tests]
    return sorted(named, key=lambda test: (test.model, test.point.angle))


def lines_of(tests: Sequence[Tested]) -> list[Line]:
    """The tests as lines of a figure, a model each."""
    models = dict.fromkeys(test.model for test in tests)
    return [Line(model, [test.point for test in tests if test.model == model]) for model in models]


def write_csv(tests: Sequence[Tested], path: Path) -> None:
    """A row a test; accuracy and interval are fractions."""
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["model", "data", "angle", "images", "accuracy", "low", "high", "ckpt", "result"])
        for model, data, ckpt, images, point, file in tests:
            cells = [model, data, f"{point.angle:g}", images, *point[1:], ckpt, str(file)]
            writer.writerow(map(csv_cell, cells))


def table(tests: Sequence[Tested]) -> list[str]:
    """Plain lines of aligned columns under a header."""
    rows = [("model", "angle", "images", "accuracy", "95 % interval")]
    for test in tests:
        angle, accuracy, low, high = test.point
        rows.append((test.model, f"{angle:g}", f"{test.images:,}", percent(accuracy), span((low, high))))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return ["  ".join([f"{row[0]:<{widths[0]}}", *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def main() -> None:
    """Reads sys.argv; prints the table, writes the picture and a CSV of the same name; a mistake ends it with 1."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.rotation",
        description="Table and curve of the test accuracy over data.rotate.",
        epilog=f"A folder comes from {HINT}",
    )
    parser.add_argument("folders", metavar="SWEEP_DIR", nargs="+", type=Path, help="every result.json below is read")
    parser.add_argument("--out", type=Path, help="the picture; SWEEP_DIR/rotation.png of the first folder by default")
    asked = parser.parse_args()
    picture = asked.out or asked.folders[0] / "rotation.png"
    try:
        if picture.suffix.lower() not in (".png", ".pdf", ".svg"):
            raise FerError(f"--out {picture}: choose a name that ends with .png, .pdf or .svg")
        tests = collect(asked.folders)
    except FerError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(1)
    picture.parent.mkdir(parents=True, exist_ok=True)
    figures = picture.with_suffix(".csv")
    write_csv(tests, figures)
    save(draw_rotation_curve(lines_of(tests), f"tested on {tests[0].data}", BOTH_SIDES), picture)
    write_plain([*table(tests), f"figures  {figures}", f"curve    {picture}"], sys.stdout)


def _test(result: Result, file: Path) -> Tested:
    ckpt, data = result.config.get("ckpt"), result.config.get("data") or {}
    if not ckpt:
        raise FerError(f"{file} is the result of a training, not of a test of a checkpoint: name folders of {HINT}")
    if data.get("rotate") is None:
        raise FerError(f"{file} has no data.rotate: name folders of {HINT}")
    accuracy, ends = result.metrics.get(METRIC), result.intervals.get(METRIC)
    if accuracy is None or ends is None:
        raise FerError(f"{file} has no {METRIC} with an interval: run that test again")
    point = Point(float(data["rotate"]), accuracy, *ends)
    images = sum(map(sum, result.confusion_matrix))
    return Tested(str(result.choices.get("model")), str(result.choices.get("data")), str(ckpt), images, point, file)


def _named(models: dict[str, str]) -> dict[str, str]:
    """Checkpoint to a name of its own: its model, and where others share that, the part of its path that differs."""
    names = {}
    for ckpt, model in models.items():
        sharing = [Path(other).parts for other in models if models[other] == model]
        parts = Path(ckpt).parts
        same = [len(set(place)) == 1 for place in zip(*sharing, strict=False)]
        first = next((n for n, one in enumerate(same) if not one), len(same))
        same = [len(set(place)) == 1 for place in zip(*(other[first:][::-1] for other in sharing), strict=False)]
        last = len(parts) - next((n for n, one in enumerate(same) if not one), len(same))
        names[ckpt] = " ".join([model, *["/".join(parts[first:last])] * (len(sharing) > 1)]).strip()
    return names


if __name__ == "__main__":
    main()
