"""Finds the blocks of a document that `make tables` writes: pairs of HTML comments, and what they request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from fer_lightning.errors import FerError
from fer_lightning.results.figures.curve_bundles import EPOCHS, OVER

TABLE, ROTATION, CURVES, CLAIMS = "table", "rotation", "curves", "claims"
NAME = re.compile(r"[\w.-]+")
BEGIN = re.compile(
    rf"<!-- (?P<kind>{TABLE}|{ROTATION}|{CURVES}|{CLAIMS}): (?P<name>{NAME.pattern})(?: (?P<more>.*?))? -->"
)
END = "<!-- end of table -->"
FENCE = re.compile(r"\s*(```|~~~)")
TIMED = "with timing"
DRAWN = re.compile(rf"(?P<curve>(?!over )\S+)?(?: ?over (?P<over>{'|'.join(OVER)}))?")
FORMS = {
    TABLE: f"<!-- table: NAME --> or <!-- table: NAME {TIMED} -->",
    ROTATION: "<!-- rotation: NAME -->",
    CURVES: "<!-- curves: NAME --> or <!-- curves: NAME train/accuracy over iterations -->",
    CLAIMS: "<!-- claims: NAME -->",
}


class Request(NamedTuple):
    """What the opening marker of a block requests.

    Attributes:
        kind: `table`, `rotation`, `curves` or `claims`.
        name: of the kept results, or of the YAML file of claims.
        timing: of a table, whether it says how long a batch took.
        curve: of curves, the logged metric; None for the validation of the accuracy.
        over: of curves, `epochs` or `iterations`.
    """

    kind: str
    name: str
    timing: bool = False
    curve: str | None = None
    over: str = EPOCHS

    @property
    def words(self) -> str:
        """A name for the picture: `paper_c_curves`, `paper_c_train_accuracy_over_iterations`."""
        curve = (self.curve or self.kind).replace("/", "_")
        return f"{self.name}_{curve}" + (f"_over_{self.over}" if self.over != EPOCHS else "")


class Block(NamedTuple):
    """The lines of an opening and a closing marker, counted from 0, and what is requested between them."""

    begin: int
    end: int
    request: Request


def find_blocks(lines: Sequence[str], document: Path) -> Iterator[Block]:
    """The pairs of markers, but for those inside of fenced code.

    Raises:
        FerError: markers that do not pair, or one that asks for what there is not.
    """
    begun: tuple[int, Request] | None = None
    fenced = False
    for number, line in enumerate(lines):
        fenced ^= FENCE.match(line) is not None
        text, place = line.strip(), f"{document}:{number + 1}"
        if fenced:
            continue
        if found := BEGIN.fullmatch(text):
            if begun:
                raise FerError(f"{place}: the table of line {begun[0] + 1} has not ended: write {END} before this one")
            begun = number, _parse(found["kind"], found["name"], found["more"] or "", place)
        elif text == END:
            if not begun:
                raise FerError(f"{place}: no table begins above: write {', '.join(FORMS.values())}")
            yield Block(begun[0], number, begun[1])
            begun = None
    if begun:
        raise FerError(f"{document}:{begun[0] + 1}: this table does not end: write {END} below it")


def _parse(kind: str, name: str, more: str, place: str) -> Request:
    if not more:
        return Request(kind, name)
    if kind == TABLE and more == TIMED:
        return Request(kind, name, timing=True)
    if kind == CURVES and (found := DRAWN.fullmatch(more)):
        return Request(kind, name, curve=found["curve"], over=found["over"] or EPOCHS)
    raise FerError(f"{place}: '{more}' says nothing of a marker for {kind}: write {FORMS[kind]}")
