"""Measures fer-train and prediction beside bare PyTorch: `python -m tools.performance`, or `make bench`."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError
from tools.cost import machine
from tools.net_benchmark import PRECISIONS
from tools.performance.child_process import ROOT
from tools.performance.figures import BARE, FILE_NAME, OURS, Benchmark, Figure, collect, ratio
from tools.performance.page import markdown
from tools.performance.rounds import Bench, Settings, Values

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SMALLEST = 500  # images of a data set in which every class stands on every side
BYTES = 48 * 48  # of an image
RATIOS = {
    "training_images_per_second": "training_ratio",
    "training_images_per_cpu_second": "training_cpu_ratio",
    "prediction_milliseconds": "prediction_ratio",
    "prediction_cpu_milliseconds": "prediction_cpu_ratio",
}


def main() -> None:
    """Reads sys.argv; a mistake ends it with exit code 1 and writes nothing."""
    given = _parser().parse_args()
    try:
        settings = _settings(given)
        with tempfile.TemporaryDirectory(dir=given.scratch, prefix="bench-") as scratch:
            benchmark = measure(settings, Path(scratch))
    except FerError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(1)
    lines = markdown(benchmark)
    given.out.mkdir(parents=True, exist_ok=True)
    benchmark.write(given.out / FILE_NAME)
    if given.page:
        with atomic_write(given.page) as scratch_page:
            scratch_page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join([*lines, "", f"figures  {given.out / FILE_NAME}"]))


def measure(settings: Settings, scratch: Path) -> Benchmark:
    """The whole benchmark; says on stderr where it is. Ctrl-C ends it after the rounds that are finished.

    Raises:
        FerError: a process fails; its last lines are named.
    """
    started, bench = _now(), Bench(settings, scratch)
    for images in settings.sizes:
        print(f"preparing {images:,} images", file=sys.stderr)
        bench.prepare(images)
    loads: list[float] = []
    found: list[Values] = []
    try:
        for number in range(1, settings.rounds + 1):
            loads.append(os.getloadavg()[0])
            print(f"round {number} of {settings.rounds}, load {loads[-1]:.1f}", file=sys.stderr)
            found.append(bench.round())
        loads.append(os.getloadavg()[0])
    except KeyboardInterrupt:
        if not found:
            raise
        print(f"interrupted: the figures are of {len(found)} finished rounds", file=sys.stderr)
    settings = replace(settings, rounds=len(found))
    figures = collect(found)
    return Benchmark(
        command=_command(settings),
        machine=machine(),
        versions={"Python": platform.python_version(), "torch": str(torch.__version__), "commit": _commit()},
        settings={**asdict(settings), "processors": os.cpu_count() or 1},
        started=started,
        finished=_now(),
        load_average=tuple(loads),
        figures=(*figures, *_ratios(figures)),
    )


def _command(settings: Settings) -> str:
    """What measures the same again; where the files go decides no figure."""
    plain = {name: value for name, value in asdict(settings).items() if name != "calls"}
    options = {"batch" if name == "batch_size" else name: value for name, value in plain.items()}
    words = [f"--{k} {','.join(map(str, v)) if isinstance(v, tuple) else v}" for k, v in options.items()]
    return " ".join(["python -m tools.performance", *words])


def _ratios(figures: Sequence[Figure]) -> list[Figure]:
    bare = {(f.name, f.images, f.variant): f for f in figures if f.side == BARE}
    return [
        ratio(RATIOS[figure.name], figure, bare[figure.name, figure.images, figure.variant])
        for figure in figures
        if figure.name in RATIOS and figure.side == OURS
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.performance", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "logs" / "bench", metavar="DIR", help=f"of {FILE_NAME}")
    parser.add_argument("--page", type=Path, metavar="FILE.md", help="write the page, too")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="images of the data sets")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20, help="counted training steps of each training (20)")
    parser.add_argument("--batch", type=int, default=128, help="images per training step (128)")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="of each process")
    parser.add_argument("--precision", choices=PRECISIONS, default="bf16-mixed")
    parser.add_argument("--widths", default="64,128,256", help="channels of the ResNet's stages")
    parser.add_argument(
        "--scratch", type=Path, metavar="DIR", help="where the data sets lie meanwhile, 2.3 kB per image"
    )
    return parser


def _settings(given: argparse.Namespace) -> Settings:
    """Raises FerError for what would fail after minutes."""
    sizes, widths = _numbers("--sizes", given.sizes, SMALLEST), _numbers("--widths", given.widths, 1)
    for option, least in (("rounds", 1), ("steps", 1), ("batch", 1), ("threads", 1)):
        if getattr(given, option) < least:
            raise FerError(f"--{option} {getattr(given, option)}: choose {least} or more")
    if given.batch > sizes[0] // 2:
        raise FerError(f"--batch {given.batch}: choose {sizes[0] // 2} or less, half of the smallest data set")
    if given.scratch is not None and not given.scratch.is_dir():
        raise FerError(f"--scratch {given.scratch} is no folder: make it, or name another")
    place = given.scratch or Path(tempfile.gettempdir())
    free, needed = _free(place), sum(sizes) * BYTES
    if free < needed:
        raise FerError(
            f"{place} has {free / 1e9:.1f} GB left, the data sets need {needed / 1e9:.1f}: name another folder with "
            "--scratch, or fewer images with --sizes"
        )
    how: dict[str, Any] = {"rounds": given.rounds, "steps": given.steps, "batch_size": given.batch}
    return Settings(sizes=sizes, widths=widths, threads=given.threads, precision=given.precision, **how)


def _numbers(option: str, listed: str, least: int) -> tuple[int, ...]:
    parts = listed.split(",")
    if not all(part.isdecimal() and int(part) >= least for part in parts):
        raise FerError(f"{option} {listed}: give whole numbers of {least} or more with commas between them")
    return tuple(map(int, parts)) if option == "--widths" else tuple(sorted(set(map(int, parts))))


def _free(place: Path) -> int:
    found = os.statvfs(place)
    return found.f_bavail * found.f_frsize


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=10"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or "unknown"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


if __name__ == "__main__":
    main()
