"""Reads any folder of images: by a manifest, by folder names, or by a pattern of their paths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.absent import belongs, refuse_file
from fer_lightning.data.readers.counts import warn_unless_official
from fer_lightning.data.readers.frames import FRAMES, choose_frames
from fer_lightning.data.readers.image_search import image_files
from fer_lightning.data.readers.manifest import EXTRAS, OPTIONAL, REQUIRED, Entry, read_manifest
from fer_lightning.data.readers.meaning import class_name, in_order, sides, spelled
from fer_lightning.data.readers.patterns import by_depth, by_pattern, named
from fer_lightning.data.readers.photographs import Table, photographs
from fer_lightning.errors import FerError

MANIFEST = "manifest.csv"
DIGITS = 18  # of a frame's number: 64 bits hold no more


@dataclass(frozen=True)
class FolderReader:
    """Reader of a folder of images; a data set with a layout of its own is a YAML file that says how to read it.

    What is known of each image comes from `manifest`, else from the file manifest.csv in `dir`, else from `pattern`,
    else from the layouts <split>/<class>/<file> and <class>/<file>. Class names are the vocabulary's words in its
    order, then the others sorted. An image whose label is "" has none. Where no image has a label, the class names
    are the whole vocabulary.

    Attributes:
        dir: the folder.
        manifest: path of a manifest, relative to `dir`; the images' paths in it are relative to its own folder.
        pattern: regular expression of an image's whole path below `dir`, written with /. Its named groups are label
            (required), split, subject, sequence, frame, pose, illumination; where a group `ignore` takes part, the
            image is passed over.
        labels: the data set's words -> class names. With it any other word is an error; without it a word of the
            vocabulary, in any spelling, is that expression and any other word is a class of its own name.
        splits: the data set's words -> train, val or test, beside the usual spellings of these.
        frames: which frames of sequences, as in `frames.choose_frames`; a chosen first frame is labelled neutral.
        about: for people who lack the images: where they are to be had, and in which layout they belong here.
        counts: published images of each class, by split or under `all`; differing ones are one warning.
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
        """The images with their labels, and `subject`, `sequence`, `frame`, `split` as far as they are known.

        Extras: pose, illumination and mesh as text, where known; and those of `photographs`.

        Args:
            cache_dir: where is kept what was found in the files.
            frames: taken instead of the reader's own.

        Raises:
            FerError: nothing to read, a malformed manifest (with its line) or pattern, a word without a meaning, fewer
                than two classes, a file that is no image, frames chosen of images whose sequence is not known.
        """
        root, entries = self._entries()
        labels = [class_name(entry.says["label"], self.labels, entry.where) for entry in entries]
        rows, neutral = _chosen(entries, self.frames if frames is None else frames)
        for row in neutral:
            labels[row] = "neutral"
        table = self._table([entries[row] for row in rows], [labels[row] for row in rows], root)
        faces = photographs("folder", table, root, cache_dir)
        if official := self.official_counts(faces):
            warn_unless_official(faces, {split: list(of.values()) for split, of in official.items()})
        return faces

    def official_counts(self, faces: FaceSet) -> dict[str, dict[str, int]] | None:
        """Split or `all` -> class of `faces` -> published images; None where `counts` says nothing."""
        if self.counts is None:
            return None
        own = {split: {spelled(name): images for name, images in of.items()} for split, of in self.counts.items()}
        return {split: {name: of.get(name, 0) for name in faces.class_names} for split, of in own.items()}

    def _entries(self) -> tuple[Path, list[Entry]]:
        """The folder below which the images lie, and what is known of each."""
        root = Path(self.dir)
        refuse_file(root)
        manifest = root / (self.manifest or MANIFEST)
        if self.manifest is not None or manifest.exists():
            return manifest.parent, read_manifest(manifest)
        files = image_files(root) if root.is_dir() else []
        entries = by_depth(files, root) if self.pattern is None else by_pattern(files, root, self.pattern, self.about)
        if not entries:
            layout = "Put them in at <split>/<class>/<file> or <class>/<file>"
            if self.pattern is not None:
                layout = self.about or f"Put them in as {named(self.pattern)} has it"
            raise FerError(
                f"{root}: no images here. {layout}, or with a {MANIFEST} beside them that has the "
                f"columns {', '.join(REQUIRED)} and, as you like, {', '.join(OPTIONAL)}. "
                f"{belongs('<name of the data set>')}"
            )
        return root, entries

    def _table(self, entries: Sequence[Entry], labels: list[str], root: Path) -> Table:
        found = in_order(labels)
        if len(found) == 1:
            raise FerError(f"{root}: every label here is {found[0]}; a data set has two classes or more")
        declared = [*(self.labels or {}).values(), *(name for of in (self.counts or {}).values() for name in of)]
        words = [entry.says.get("split", "") for entry in entries]
        splits = sides(words, self.splits, [entry.where for entry in entries])
        return Table(
            paths=[entry.path for entry in entries],
            labels=labels,
            class_names=in_order([*found, *map(spelled, declared)]) or EXPRESSIONS,
            subjects=_column(entries, "subject"),
            sequences=_sequences(entries),
            frames=_frames(entries),
            splits=splits if any(splits) else [],
            extras={name: np.array(column) for name in EXTRAS if (column := _column(entries, name))},
        )


def _chosen(entries: Sequence[Entry], how: str) -> tuple[list[int], list[int]]:
    """Rows of the frames taken, and those among them that are to be neutral."""
    sequences, frames = [""] * len(entries), [0] * len(entries)
    if how in FRAMES and how != "all":
        for entry in entries:
            if not (entry.says.get("sequence") and entry.says.get("frame")):
                raise FerError(
                    f"{entry.where}: data.frames={how} needs the sequence and frame of every image, and this one does "
                    "not say them; choose data.frames=all"
                )
        sequences, frames = _sequences(entries), _frames(entries)
        seen = set()
        for entry, *place in zip(entries, sequences, frames, strict=True):
            if tuple(place) in seen:
                raise FerError(f"{entry.where}: sequence {place[0]} has frame {place[1]} twice; which one comes first?")
            seen.add(tuple(place))
    rows, neutral = choose_frames(sequences, frames, how)
    return rows.tolist(), neutral.tolist()


def _sequences(entries: Sequence[Entry]) -> list[str]:
    """The recording of each image; where the person is known it goes by both, for many sets number each person's."""
    return [
        f"{person}/{name}" if name and (person := entry.says.get("subject")) else name
        for entry, name in zip(entries, _column(entries, "sequence"), strict=False)
    ]


def _frames(entries: Sequence[Entry]) -> list[int]:
    numbers = _column(entries, "frame")
    for entry, number in zip(entries, numbers, strict=False):
        if not (number.isascii() and number.isdigit() and len(number) <= DIGITS):
            known = "a whole number from 0 up"
            raise FerError(f"{entry.where}: frame is '{number[:20]}', it must be {known}, or empty in every line")
    return [int(number) for number in numbers]


def _column(entries: Sequence[Entry], name: str) -> list[str]:
    """What each entry says; an empty list where none says anything."""
    column = [entry.says.get(name, "") for entry in entries]
    return column if any(column) else []
