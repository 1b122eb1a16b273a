"""Audited: everything that an audit of a data set found, as `audit.json`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_type_hints

from fer_lightning.errors import FerError
from fer_lightning.results.schema import fault, plain, write_json

FILE_NAME = "audit.json"

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True)
class Audited:
    """One audit; every value is plain JSON.

    Copies are keyed `train-val`, `train-test`, `val-test` (images of the second side that have a copy in the first)
    and `within` (images of the whole set that have a copy in it). A near copy has a zero-mean correlation of at least
    0.90 at 24x24 pixels, mirrored or not; exact copies are near copies.

    Attributes:
        protocol: the rule that made the sides; None where no image has a label and so nothing can be split.
        fold: which fold tests; None where the protocol is one split.
        counts: `train`, `val`, `test` -> class -> images, of the classes that were asked for.
        official_counts: published side, or `all` -> class -> images; None where nothing is published.
        found_counts: likewise, as found in the files; the sides of `counts` may be others.
        images: of the whole set, blank and unlabelled ones included.
        unlabelled: images without a label.
        in_no_side: images that neither train, validate nor test.
        exact_copies: see above.
        near_copies: see above.
        label_conflicts: groups of exact copies whose labels differ.
        blank: images whose pixels are all equal.
        subjects: people known by name; None where the data set knows none.
        shared_subjects: people who stand on more than one side, sorted.
        sizes: `<width>x<height>` -> images, the most frequent first; `other` for the rest.
        channels: `grey`, `colour` -> images.
        detection: `detectors` (name -> `tried`, `found`), and the images `missed` by all of them, with `several` faces,
            and `kept` as the crops that they are; None where no detector is set.
        agreement: `all` or class -> `agreeing` of `images` that also have a FER+ majority label, and their `share`
            (None of none); None where the data set comes without FER+.
        label_errors: `images` that have a label and, in `data.targets`, shares, `errors` (those of them whose label is
            probably wrong), and `by_class` (label -> the same two); None without `data.targets`.
        choices: config group to the option taken.
        overrides: what the user typed.
        config: the resolved config.
        versions: package to installed version.
        seconds: how long it took.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC.
        files: name to path relative to the audit's folder.
    """

    protocol: str | None
    fold: int | None
    counts: Counts
    official_counts: Counts | None
    found_counts: Counts | None
    images: int
    unlabelled: int
    in_no_side: int
    exact_copies: dict[str, int]
    near_copies: dict[str, int]
    label_conflicts: int
    blank: int
    subjects: int | None
    shared_subjects: list[str]
    sizes: dict[str, int]
    channels: dict[str, int]
    detection: dict[str, Any] | None
    agreement: dict[str, dict[str, Any]] | None
    choices: dict[str, Any]
    overrides: list[str]
    config: dict[str, Any]
    versions: dict[str, str]
    seconds: float
    started: str
    finished: str
    files: dict[str, str]
    label_errors: dict[str, Any] | None = None


def write(audited: Audited, folder: Path) -> None:
    """Writes `audit.json` whole or not at all.

    Raises:
        FerError: a field has the wrong type.
    """
    path, content, hints = folder / FILE_NAME, plain(asdict(audited)), get_type_hints(Audited)
    for f in fields(Audited):
        if (wrong := fault(content[f.name], hints[f.name], f.name)) is not None:
            raise FerError(f"{path}: the field '{wrong}' is not of the type {hints[f.name]}")
    write_json(content, path)
