"""Reads what the paths of images say of them: by a regular expression, or by how deep they lie."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from fer_lightning.data.names import path_text
from fer_lightning.data.readers.image_search import refuse_repeated
from fer_lightning.data.readers.manifest import Entry
from fer_lightning.data.readers.meaning import SPLITS
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

IGNORE = "ignore"
IMAGE = "image"
GROUPS = ("label", "split", "subject", "sequence", "frame", "pose", "illumination", IMAGE, IGNORE)
CLASS_ONLY = 2
LAYOUTS = {CLASS_ONLY: "<class>/<file>", 3: "<split>/<class>/<file>"}  # by the parts of the path


def by_pattern(files: Sequence[Path], root: Path, pattern: str, about: str | None = None) -> list[Entry]:
    """An entry for each file, from the named groups of a pattern that matches its whole path below `root`, with /.

    `about` is said where a path does not match: a layout in words, which a pattern is not.

    A group that takes no part says nothing of the image. An image whose group `ignore` takes part is passed over. The
    group `image` is the data set's own name of an image, which only one file may have. A pattern that ignores case,
    `(?i)`, gives its words in capitals.

    Raises:
        FerError: the pattern is none, lacks the group `label` or has an unknown one, or does not match an image; two
            files are the same `image`.
    """
    rule = _compiled(pattern)
    entries, ignored = [], 0
    strangers = []
    for file in files:
        place = path_text(file, root)
        match = rule.fullmatch(place)
        if match is None:
            strangers.append(place)
        elif match.groupdict().get(IGNORE) is not None:
            ignored += 1
        else:
            says = match.groupdict(default="")
            if rule.flags & re.IGNORECASE:
                says = {group: word.upper() for group, word in says.items()}
            entries.append(Entry(file, str(file), says))
    refuse_repeated({entry.path: name for entry in entries if (name := entry.says.get(IMAGE))})
    if strangers:
        many = f"({len(strangers)} such images of {len(files)})"
        layout = f"data.faces.pattern {many}. {about}" if about else f"{named(pattern)} {many}"
        raise FerError(f"{root / strangers[0]}: its path does not match {layout}")
    if ignored:
        log.info("%s: %d of %d images passed over, as data.faces.pattern says", root, ignored, len(files))
    return entries


def by_depth(files: Sequence[Path], root: Path) -> list[Entry]:
    """An entry for each file at `<class>/<file>` or at `<split>/<class>/<file>` below `root`.

    Raises:
        FerError: a file lies elsewhere, or both layouts are mixed.
    """
    places = [PurePosixPath(path_text(file, root)).parts for file in files]
    for file, parts in zip(files, places, strict=True):
        if len(parts) not in LAYOUTS:
            raise FerError(
                f"{file}: images are read at {' and '.join(LAYOUTS.values())} below {root}; "
                "data.faces.dir=DIR names another folder, data.faces.pattern another layout"
            )
        if len(parts) != len(places[0]):
            first = f"{'/'.join(places[0])} is {LAYOUTS[len(places[0])]}"
            raise FerError(f"{file}: this is {LAYOUTS[len(parts)]}, and {first}; one data set has one layout")
        if len(parts) == CLASS_ONLY and parts[0].lower() in SPLITS:
            raise FerError(f"{file}: images of a split stand in folders of their classes, {parts[0]}/<class>/<file>")
    return [
        Entry(file, str(file), {"label": parts[-2], "split": parts[0] if len(parts) > CLASS_ONLY else ""})
        for file, parts in zip(files, places, strict=True)
    ]


def named(pattern: str) -> str:
    """The pattern for messages, in one line."""
    return f"data.faces.pattern={' '.join(pattern.split())}"


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        rule = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        raise FerError(f"{named(pattern)}: this is no regular expression ({fault})") from fault
    unknown = [name for name in rule.groupindex if name not in GROUPS]
    if unknown:
        raise FerError(f"{named(pattern)}: choose {unknown[0]} among {choices(GROUPS, unknown[0])}")
    if "label" not in rule.groupindex:
        raise FerError(f"{named(pattern)}: it needs a group (?P<label>...) for the class")
    return rule
