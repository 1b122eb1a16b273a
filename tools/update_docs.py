"""Writes the tables and figures of docs/ from the results in docs/results/: `make tables`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.figures import draw_bars, png
from fer_lightning.results.report.learning_curves import curves_of
from fer_lightning.results.report.model import Report
from tools.claim_verdicts import judge_claims
from tools.claims import read_claims
from tools.claims_table import claims_table
from tools.doc_blocks import CLAIMS, CURVES, NAME, ROTATION, Block, Request, find_blocks
from tools.doc_tables import curves_table, report_tables, rotation_table
from tools.export import export_results
from tools.rotation import BOTH_SIDES, collect, lines_of
from tools.rotation_curve import draw_rotation_curve

DOCS = Path(__file__).parents[1] / "docs"
SHOWS = "Shows"  # the remark in a picture that says what was drawn: its bytes differ between versions of matplotlib


class Table(NamedTuple):
    """What stands between two markers; the picture is drawn of the same results.

    Attributes:
        lines: of Markdown.
        picture: the name of its file.
        alt: what it shows, in words.
        drawn: its bytes; None where there is none.
    """

    lines: list[str]
    picture: str
    alt: str
    drawn: bytes | None


def plan(docs: Path) -> dict[Path, bytes | None]:
    """Every document with markers and every picture as it is to be; None of a picture that is not to be.

    Raises:
        FerError: markers that do not pair, a name without results, or results that cannot be read.
    """
    tables = cache(lambda request: _table(request, _source(request, docs)))
    pictures: dict[Path, bytes | None] = {}
    documents: dict[Path, bytes | None] = {}
    for document in sorted(docs.rglob("*.md")):
        lines = document.read_text(encoding="utf-8").split("\n")
        found = list(find_blocks(lines, document))
        for block in reversed(found):  # from below, so that the numbers of lines above stay
            if not _source(block.request, docs).exists():
                raise FerError(_unknown(document, block, docs))
            table = tables(block.request)
            picture = docs / "images" / table.picture
            pictures[picture] = table.drawn
            link = f"![{table.alt}]({Path(os.path.relpath(picture, document.parent)).as_posix()})"
            lines[block.begin + 1 : block.end] = ["", *table.lines, "", *[link, ""] * (table.drawn is not None)]
        if found:
            documents[document] = "\n".join(lines).encode()
    return pictures | documents


def is_up_to_date(path: Path, content: bytes | None) -> bool:
    """Whether the file says what it is to say: a document to the byte, a picture by what was drawn in it."""
    if content is None or not path.is_file():
        return content is None and not path.exists()
    if path.suffix != ".png":
        return path.read_bytes() == content
    with Image.open(path) as there, Image.open(BytesIO(content)) as wanted:
        return bool(there.info.get(SHOWS) == wanted.info[SHOWS])


def main(arguments: Sequence[str] | None = None, docs: Path = DOCS) -> int:
    """Returns the exit code; a mistake is told and nothing is written."""
    parser = argparse.ArgumentParser(prog="python -m tools.update_docs", description=__doc__)
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--check", action="store_true", help="write nothing; end with 1 where something would change")
    asked.add_argument(
        "--keep", metavar="SWEEP_DIR", nargs="+", type=Path, help="keep its results in docs/results/NAME"
    )
    parser.add_argument("--name", help="of what is kept; that of the folder when left out")
    said = parser.parse_args(arguments)
    try:
        if said.keep:
            print("\n".join(str(place / "result.json") for place in _keep(said.keep, said.name, docs)))
            return 0
        planned = plan(docs)
    except FerError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        return 1
    stale = [path for path, content in planned.items() if not is_up_to_date(path, content)]
    if not said.check:
        for path, content in planned.items():
            _write(path, content)
    for path in stale:
        print(f"{path} {'is not what the results say: make tables' if said.check else 'drawn anew'}")
    return 1 if said.check and stale else 0


def _source(request: Request, docs: Path) -> Path:
    """What a block is made from: a folder of results, or a file of claims."""
    return docs / f"{request.name}.yaml" if request.kind == CLAIMS else docs / "results" / request.name


def _table(request: Request, results: Path) -> Table:
    if request.kind == CLAIMS:
        verdicts = judge_claims(read_claims(results), results.parent / "results")
        return Table(claims_table(verdicts), f"{request.words}.png", "", None)
    if request.kind == ROTATION:
        tests = collect([results])
        lines = rotation_table(tests)
        curves = draw_rotation_curve(lines_of(tests), f"tested on {tests[0].data}", BOTH_SIDES)
        drawn = png(curves, **{SHOWS: "\n".join(lines)})
        return Table(lines, f"{request.words}.png", "the table above as curves", drawn)
    report = make_report([results], curve=request.curve, over=request.over)
    if request.kind == CURVES:
        return _curves(report, request, results)
    bars, shown = draw_bars(report), "\n".join(report_tables(report))
    drawn_bars = None if bars is None else png(bars.figure, **{SHOWS: shown})
    lines = report_tables(replace(report, timing=request.timing))
    return Table(lines, f"{request.name}_bars.png", "the table above as bars", drawn_bars)


def _curves(report: Report, request: Request, results: Path) -> Table:
    curves = curves_of(report)
    if curves is None:
        way_out = "keep the sweep again, python -m tools.update_docs --keep logs/sweeps/NAME"
        raise FerError(f"{results}: no run kept what curves need: {way_out}")
    lines = curves_table(curves)
    points = [(b.name, [(*curve.at(curves.over), *curve.values) for curve in b.curves]) for b in curves.bundles]
    shown = [*lines, blake2b(repr(points).encode(), digest_size=16).hexdigest()]
    return Table(lines, f"{request.words}.png", curves.title, png(curves.draw(), **{SHOWS: "\n".join(shown)}))


def _unknown(document: Path, block: Block, docs: Path) -> str:
    if block.request.kind == CLAIMS:
        return f"{document}:{block.begin + 1}: no file of claims {_source(block.request, docs)}"
    known = sorted(folder.name for folder in (docs / "results").glob("*") if folder.is_dir())
    return (
        f"{document}:{block.begin + 1}: no results in {docs / 'results' / block.request.name}; choose among "
        f"{choices(known, block.request.name)}, or keep some: python -m tools.update_docs --keep logs/sweeps/NAME"
    )


def _keep(folders: Sequence[Path], name: str | None, docs: Path) -> list[Path]:
    if name is None and len(folders) > 1:
        raise FerError("several folders make one table: give it a name with --name")
    name = name or folders[0].resolve().name
    if not NAME.fullmatch(name):
        raise FerError(f"'{name}' is no name for a table: give one of letters, digits, _, . and - with --name")
    return export_results(folders, docs / "results" / name)


def _write(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    elif not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(path) as scratch:
            scratch.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
