"""Reads any folder of images: by a manifest, by folder names, or by a pattern of their paths."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.names import path_text
from fer_lightning.data.readers.checks import check_not_file, describe_location, warn_unless_official
from fer_lightning.data.readers.frames import FRAMES, choose_frames
from fer_lightning.data.readers.image_files import ImageTable, build_face_set, check_unique, list_images
from fer_lightning.data.readers.label_mapping import (
    SPLIT_SPELLINGS,
    map_label,
    map_splits,
    order_classes,
    standardise_name,
)
from fer_lightning.data.readers.manifest import EXTRAS, OPTIONAL, REQUIRED, ImageEntry, read_manifest
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

MANIFEST = "manifest.csv"
DIGITS = 18  # of a frame's number, which must fit into 64 bits
IGNORE = "ignore"
IMAGE = "image"
GROUPS = ("label", "split", "subject", "sequence", "frame", "pose", "illumination", IMAGE, IGNORE)
CLASS_ONLY = 2
LAYOUTS = {CLASS_ONLY: "<class>/<file>", 3: "<split>/<class>/<file>"}  # by the parts of the path


@dataclass(frozen=True)
class FolderReader:
    """Reader of a folder of images; a data set with a layout of its own is a YAML file that describes the layout.

    Labels and other columns come from `manifest`, else from the file manifest.csv in `dir`, else from `pattern`, else
    from the layouts <split>/<class>/<file> and <class>/<file>. Class names are those of the vocabulary in its order,
    then the others sorted. The label "" stands for an image without a label. If no image has a label, the class names
    are the whole vocabulary.

    Attributes:
        dir: the folder.
        manifest: path of a manifest, relative to `dir`; the paths of images in it are relative to the manifest.
        pattern: regular expression of an image's whole path below `dir`, with /. Its named groups are label
            (required), split, subject, sequence, frame, pose, illumination; an image for which the group `ignore`
            matches is skipped.
        labels: the data set's words -> class names. With it any other word is an error; without it an expression in
            any spelling is that of the vocabulary, and any other word is the name of a class.
        splits: the data set's words -> train, val or test, in addition to the usual spellings.
        frames: selection of frames, as in `frames.choose_frames`; a selected first frame is labelled neutral.
        about: where the images can be obtained and in which layout they are read, for the message if they are missing.
        counts: split or `all` -> class -> published images; one warning says which counts differ.
    """

    dir: str | Path
    manifest: str | None = None
    pattern: str | None = None
    labels: Mapping[str, str] | None = None
    splits: Mapping[str, str] | None = None
    frames: str = "all"
    about: str | None = None
    counts: Mapping[str, Mapping[str, int]] | None = None

    def __call__(self, cache_dir: Path, frames: str | None = None) -> FaceSet:
        """Reads the images with their labels, and `subject`, `sequence`, `frame` and `split` as far as they are known.

        Extras: pose, illumination and mesh as text, where known; and those of `build_face_set`.

        Args:
            cache_dir: folder of the cache.
            frames: selection of frames in place of the reader's own.

        Raises:
            FerError: no images, a malformed manifest (with its line) or pattern, an unknown word, fewer than two
                classes, a file that is not an image, or a selection of frames without known sequences.
        """
        root, entries = self._entries()
        labels = [map_label(entry.says["label"], self.labels, entry.where) for entry in entries]
        rows, neutral = _choose_rows(entries, self.frames if frames is None else frames)
        for row in neutral:
            labels[row] = "neutral"
        table = self._table([entries[row] for row in rows], [labels[row] for row in rows], root)
        faces = build_face_set("folder", table, root, cache_dir)
        if official := self.official_counts(faces):
            warn_unless_official(faces, {split: list(of.values()) for split, of in official.items()})
        return faces

    def official_counts(self, faces: FaceSet) -> dict[str, dict[str, int]] | None:
        """Split or `all` -> class of `faces` -> published images; None without `counts`."""
        if self.counts is None:
            return None
        own = {
            split: {standardise_name(name): images for name, images in of.items()} for split, of in self.counts.items()
        }
        return {split: {name: of.get(name, 0) for name in faces.class_names} for split, of in own.items()}

    def _entries(self) -> tuple[Path, list[ImageEntry]]:
        """The root folder of the images, and what is known about each."""
        root = Path(self.dir)
        check_not_file(root)
        manifest = root / (self.manifest or MANIFEST)
        if self.manifest is not None or manifest.exists():
            return manifest.parent, read_manifest(manifest)
        files = list_images(root) if root.is_dir() else []
        entries = (
            entries_by_depth(files, root)
            if self.pattern is None
            else entries_by_pattern(files, root, self.pattern, self.about)
        )
        if not entries:
            layout = "Put them in at <split>/<class>/<file> or <class>/<file>"
            if self.pattern is not None:
                layout = self.about or f"Put them in as {format_pattern(self.pattern)} has it"
            raise FerError(
                f"{root}: no images here. {layout}, or with a {MANIFEST} beside them that has the "
                f"columns {', '.join(REQUIRED)} and, as you like, {', '.join(OPTIONAL)}. "
                f"{describe_location('<name of the data set>')}"
            )
        return root, entries

    def _table(self, entries: Sequence[ImageEntry], labels: list[str], root: Path) -> ImageTable:
        found = order_classes(labels)
        if len(found) == 1:
            raise FerError(f"{root}: every label here is {found[0]}; a data set has two classes or more")
        declared = [*(self.labels or {}).values(), *(name for of in (self.counts or {}).values() for name in of)]
        words = [entry.says.get("split", "") for entry in entries]
        splits = map_splits(words, self.splits, [entry.where for entry in entries])
        return ImageTable(
            paths=[entry.path for entry in entries],
            labels=labels,
            class_names=order_classes([*found, *map(standardise_name, declared)]) or EXPRESSIONS,
            subjects=_column(entries, "subject"),
            sequences=_sequence_names(entries),
            frames=_frame_numbers(entries),
            splits=splits if any(splits) else [],
            extras={name: np.array(column) for name in EXTRAS if (column := _column(entries, name))},
        )


def _choose_rows(entries: Sequence[ImageEntry], how: str) -> tuple[list[int], list[int]]:
    """The rows of the selected frames, and those among them to be labelled neutral."""
    sequences, frames = [""] * len(entries), [0] * len(entries)
    if how in FRAMES and how != "all":
        for entry in entries:
            if not (entry.says.get("sequence") and entry.says.get("frame")):
                raise FerError(
                    f"{entry.where}: data.frames={how} needs the sequence and frame of every image, and this one does "
                    "not say them; choose data.frames=all"
                )
        sequences, frames = _sequence_names(entries), _frame_numbers(entries)
        seen = set()
        for entry, *place in zip(entries, sequences, frames, strict=True):
            if tuple(place) in seen:
                raise FerError(f"{entry.where}: sequence {place[0]} has frame {place[1]} twice; which one comes first?")
            seen.add(tuple(place))
    rows, neutral = choose_frames(sequences, frames, how)
    return rows.tolist(), neutral.tolist()


def _sequence_names(entries: Sequence[ImageEntry]) -> list[str]:
    """The sequence of each image, with its subject if known: many data sets number the sequences of each subject."""
    return [
        f"{person}/{name}" if name and (person := entry.says.get("subject")) else name
        for entry, name in zip(entries, _column(entries, "sequence"), strict=False)
    ]


def _frame_numbers(entries: Sequence[ImageEntry]) -> list[int]:
    numbers = _column(entries, "frame")
    for entry, number in zip(entries, numbers, strict=False):
        if not (number.isascii() and number.isdigit() and len(number) <= DIGITS):
            known = "a whole number from 0 up"
            raise FerError(f"{entry.where}: frame is '{number[:20]}', it must be {known}, or empty in every line")
    return [int(number) for number in numbers]


def _column(entries: Sequence[ImageEntry], name: str) -> list[str]:
    """A column of all entries; an empty list if it is empty in every entry."""
    column = [entry.says.get(name, "") for entry in entries]
    return column if any(column) else []


def entries_by_pattern(files: Sequence[Path], root: Path, pattern: str, about: str | None = None) -> list[ImageEntry]:
    """An entry per file, from the named groups of a pattern that matches its whole path below `root`, with /.

    A group that does not match leaves its column empty. An image for which the group `ignore` matches is skipped. The
    group `image` is the data set's name of an image, which must be unique. A pattern that ignores case, `(?i)`, gives
    its words in upper case.

    Args:
        files: the images.
        root: folder of the data set.
        pattern: the regular expression.
        about: description of the layout, for the message if a path does not match.

    Raises:
        FerError: an invalid pattern, one without the group `label` or with an unknown one, or one that does not match
            an image; or two files with the same `image`.
    """
    rule = _compile(pattern)
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
            entries.append(ImageEntry(file, str(file), says))
    check_unique({entry.path: name for entry in entries if (name := entry.says.get(IMAGE))})
    if strangers:
        many = f"({len(strangers)} such images of {len(files)})"
        layout = f"data.faces.pattern {many}. {about}" if about else f"{format_pattern(pattern)} {many}"
        raise FerError(f"{root / strangers[0]}: its path does not match {layout}")
    if ignored:
        log.info("%s: %d of %d images skipped by data.faces.pattern", root, ignored, len(files))
    return entries


def entries_by_depth(files: Sequence[Path], root: Path) -> list[ImageEntry]:
    """An entry per file at `<class>/<file>` or at `<split>/<class>/<file>` below `root`.

    Raises:
        FerError: a file is elsewhere, or both layouts are mixed.
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
        if len(parts) == CLASS_ONLY and parts[0].lower() in SPLIT_SPELLINGS:
            raise FerError(f"{file}: images of a split stand in folders of their classes, {parts[0]}/<class>/<file>")
    return [
        ImageEntry(file, str(file), {"label": parts[-2], "split": parts[0] if len(parts) > CLASS_ONLY else ""})
        for file, parts in zip(files, places, strict=True)
    ]


def format_pattern(pattern: str) -> str:
    """The pattern in one line, for messages."""
    return f"data.faces.pattern={' '.join(pattern.split())}"


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        rule = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as fault:
        raise FerError(f"{format_pattern(pattern)}: this is not a regular expression ({fault})") from fault
    unknown = [name for name in rule.groupindex if name not in GROUPS]
    if unknown:
        raise FerError(f"{format_pattern(pattern)}: choose {unknown[0]} among {choices(GROUPS, unknown[0])}")
    if "label" not in rule.groupindex:
        raise FerError(f"{format_pattern(pattern)}: it needs a group (?P<label>...) for the class")
    return rule
