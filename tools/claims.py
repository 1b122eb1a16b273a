"""Reads the claims of the papers from a YAML file such as docs/claims.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_type_hints

import yaml  # type: ignore[import-untyped]

from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.keys import canonical
from fer_lightning.results.schema import fault

BETTER, NOT_WORSE, MATCHES = "better", "not_worse", "matches"
STATEMENTS = (BETTER, NOT_WORSE, MATCHES)


@dataclass(frozen=True)
class Selection:
    """One of the two rows that a claim compares.

    Attributes:
        row: its name in the table.
        where: config group or dotted key -> the value by which its runs are selected; also `paper.row` and the like.
    """

    row: str
    where: dict[str, Any]

    @property
    def wanted(self) -> dict[str, str]:
        """The selection as reports write values."""
        return {key: canonical(value) for key, value in self.where.items()}


@dataclass(frozen=True)
class Claim:
    """What a paper says of two rows.

    Attributes:
        paper: its letter.
        place: the section, table or figure that says it.
        claim: in a short sentence.
        says: of the first row: `better` than the second, `not_worse` by more than the margin, or `matches` within it.
        results: folders of docs/results that hold the runs; one that is not there yet is allowed.
        first: the row that the claim speaks for.
        second: the row that it is compared with.
        metric: of the result.
        margin: in the metric's own unit, a fraction for an accuracy; above 0 unless `says` is `better`.
    """

    paper: str
    place: str
    claim: str
    says: str
    results: list[str]
    first: Selection
    second: Selection
    metric: str = "test/accuracy"
    margin: float = 0.0


@dataclass(frozen=True)
class Claims:
    """The content of the file.

    Attributes:
        claims: in the order of the file.
        older: folder of docs/results -> its runs that started before this day are of settings that have changed since.
    """

    claims: list[Claim]
    older: dict[str, date] = field(default_factory=dict)


def read_claims(path: Path) -> Claims:
    """The claims of the file.

    Raises:
        FerError: no YAML, or an entry that lacks a field, has an unknown one, or one of the wrong type or value.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as broken:
        raise FerError(f"{path} cannot be read as YAML: {' '.join(str(broken).split())}") from broken
    said = _checked(content, Claims, str(path), nested=("claims", "older"))
    older = said.get("older", {})
    if not isinstance(older, Mapping):
        raise FerError(f"{path}: older: {older!r} is no mapping of folders of docs/results to days")
    for name, day in older.items():
        if isinstance(day, datetime) or not isinstance(day, date):
            raise FerError(f"{path}: older.{name}: {day} is no day; write one such as 2026-11-28")
    if not isinstance(said["claims"], list):
        raise FerError(f"{path}: 'claims' is no list: write an entry with `- paper: A` and so on for each claim")
    claims = [_claim(entry, f"{path}: claim {k}") for k, entry in enumerate(said["claims"], 1)]
    used = dict.fromkeys(name for claim in claims for name in claim.results)
    for name in older:
        if name not in used:
            raise FerError(f"{path}: older.{name}: no claim uses these results; choose among {choices(used, name)}")
    return Claims(claims, dict(older))


def _claim(entry: Any, place: str) -> Claim:
    said = _checked(entry, Claim, place, nested=("first", "second"))
    rows = {side: Selection(**_checked(said[side], Selection, f"{place}, {side}")) for side in ("first", "second")}
    claim = Claim(**{**said, **rows})
    if claim.says not in STATEMENTS:
        raise FerError(f"{place}: says={claim.says}; choose among {choices(STATEMENTS, claim.says)}")
    if claim.margin < 0 or (claim.says == BETTER) != (claim.margin == 0):
        wanted = "needs no margin" if claim.says == BETTER else "needs a margin above 0, such as 0.01 for one point"
        raise FerError(f"{place}: says={claim.says} {wanted}")
    return claim


def _checked(entry: Any, kind: type, place: str, nested: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of an entry, each known and of its type; those of `nested` are left to the caller."""
    known = {each.name: each.default is MISSING and each.default_factory is MISSING for each in fields(kind)}
    if not isinstance(entry, Mapping):
        raise FerError(f"{place}: a {type(entry).__name__} where fields are expected: {choices(known)}")
    for name in entry:
        if name not in known:
            raise FerError(f"{place}: unknown field '{name}'; choose among {choices(known, name)}")
    if lacking := [name for name, needed in known.items() if needed and name not in entry]:
        raise FerError(f"{place}: without {', '.join(lacking)}")
    hints = get_type_hints(kind)
    for name in entry.keys() - set(nested):
        if wrong := fault(entry[name], hints[name], str(name)):
            raise FerError(f"{place}: {wrong} has the wrong type: {entry[name]!r}")
    return dict(entry)
