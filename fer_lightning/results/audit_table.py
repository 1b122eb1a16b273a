"""Prints what an audit found, in blocks of aligned lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from rich.cells import cell_len

from fer_lightning.results.audit_result import FILE_NAME, Audited
from fer_lightning.results.printing import pair_line, print_lines, rich_text, table_lines, text_table
from fer_lightning.results.summary import percent

SHOWN = 6  # differences, people or sizes that a line spells out
ALL = "all"

Cells = list[str]


def audit_table(audited: Audited, folder: Path, stream: TextIO | None = None) -> None:
    """Prints what was found, its headers bold in a terminal; plain unwrapped lines elsewhere.

    Args:
        audited: the finished audit.
        folder: its folder; the paths in the last lines start with it as given.
        stream: stdout when None.
    """
    stream = sys.stdout if stream is None else stream
    blocks = [block for block in (_classes(audited), _copies(audited), _agreement(audited)) if block]
    rest = list(_remarks(audited, folder))
    first = max(cell_len(name) for name in [row[0] for block in blocks for row in block] + [name for name, _ in rest])
    lines = [rich_text(_heading(audited), "bold")]
    for head, *body in blocks:
        lines += [*table_lines(text_table(head, body, min_width=first, head_style="bold")), rich_text("")]
    print_lines([*lines, *(pair_line(name, value, first) for name, value in rest)], stream)


def crossing_sizes(audited: Audited) -> dict[str, int]:
    """Copies' key -> images that were looked at: those of the second side, or of the whole set; no empty sides."""
    sizes = {side: sum(of.values()) for side, of in audited.counts.items()}
    pairs = [name.split("-") for name in audited.exact_copies if "-" in name]
    crossed = {f"{one}-{two}": sizes[two] for one, two in pairs if sizes[one] and sizes[two]}
    return {**crossed, "within": audited.images}


def crossing(audited: Audited, name: str) -> str:
    """A sentence of the copies of one key, such as `train-test`."""
    first, _, second = name.partition("-")
    whose, where = (f"{second} images", f"in {first}") if second else ("images", "in the set")
    exact, near = audited.exact_copies[name], audited.near_copies[name]
    total = crossing_sizes(audited)[name]
    return f"{exact:,} of {total:,} {whose} have an exact copy {where}, {near:,} an exact or near one"


def _heading(audited: Audited) -> str:
    rule = audited.protocol or "no label, so no sides"
    fold = "" if audited.fold is None else f", fold {audited.fold}"
    return f"{audited.choices.get('data') or 'data'} ({rule}{fold}): {audited.images:,} images"


def _classes(audited: Audited) -> list[Cells]:
    """Images of each class on each side that has any, and their share of the side."""
    sides = {side: of for side, of in audited.counts.items() if any(of.values())}
    if not sides:
        return []
    totals = {side: sum(of.values()) for side, of in sides.items()}
    block = [["class", *(word for side in sides for word in (side, "share"))]]
    for name in next(iter(sides.values())):
        cells = [(f"{of[name]:,}", percent(of[name] / totals[side])) for side, of in sides.items()]
        block.append([name, *(word for pair in cells for word in pair)])
    block.append([ALL, *(word for total in totals.values() for word in (f"{total:,}", ""))])
    return block


def _copies(audited: Audited) -> list[Cells]:
    block = [["copies", "exact", "share", "with near", "share"]]
    for name, total in crossing_sizes(audited).items():
        counts = (audited.exact_copies[name], audited.near_copies[name])
        first, _, second = name.partition("-")
        title = f"{second} images also in {first}" if second else "images with another in the set"
        block.append([title, *(word for n in counts for word in (f"{n:,}", percent(n / total)))])
    return block


def _agreement(audited: Audited) -> list[Cells]:
    if audited.agreement is None:
        return []
    rows = [[name, percent(of["share"]), f"{of['images']:,}"] for name, of in audited.agreement.items()]
    return [["same label as FER+", "share", "images"], *rows]


def _remarks(audited: Audited, folder: Path) -> Iterator[tuple[str, str]]:
    if audited.official_counts is not None and audited.found_counts is not None:
        for side, published in audited.official_counts.items():
            yield f"published {side}", _beside_published(published, audited.found_counts[side])
    if audited.in_no_side:
        yield "on no side", f"{audited.in_no_side:,} images, {audited.unlabelled:,} without a label"
    yield "label conflicts", f"{audited.label_conflicts:,} groups of exact copies with different labels"
    if audited.label_errors is not None:
        images, errors = audited.label_errors["images"], audited.label_errors["errors"]
        share = percent(errors / images if images else None)
        yield "probable label errors", f"{errors:,} of {images:,} images ({share})"
    yield "blank", f"{audited.blank:,} images"
    yield "people", _people(audited)
    yield "sizes", _list([f"{size} {count:,}" for size, count in audited.sizes.items()])
    yield "channels", ", ".join(f"{name} {count:,}" for name, count in audited.channels.items() if count)
    if audited.detection is not None:
        for name, rate in audited.detection["detectors"].items():
            share = percent(rate["found"] / rate["tried"] if rate["tried"] else None)
            yield f"faces by {name}", f"{rate['found']:,} of {rate['tried']:,} images ({share})"
        counts = ((key, audited.detection[key]) for key in ("missed", "several", "kept"))
        yield "face search", ", ".join(f"{count:,} {key}" for key, count in counts)
    yield "time", f"{audited.seconds:.1f} s"
    for name, relative in audited.files.items():
        kind = "list" if relative.endswith(".csv") else "page"
        yield f"{kind} of {name.removesuffix('_page').replace('_', ' ')}", str(folder / relative)
    yield "audit", str(folder / FILE_NAME)


def _beside_published(published: dict[str, int], found: dict[str, int]) -> str:
    total, counted = sum(published.values()), sum(found.values())
    differing = [f"{name} {found[name]:,} (published {n:,})" for name, n in published.items() if found[name] != n]
    if not differing:
        return f"{total:,} images, every class as published"
    return f"{counted:,} of {total:,} images, differing: {_list(differing)}"


def _people(audited: Audited) -> str:
    if audited.subjects is None:
        return "not known"
    shared = audited.shared_subjects
    where = f"{len(shared):,} on more than one side: {_list(shared)}" if shared else "none on two sides"
    return f"{audited.subjects:,}, {where}"


def _list(words: Sequence[str]) -> str:
    more = f" and {len(words) - SHOWN:,} more" if len(words) > SHOWN else ""
    return ", ".join(words[:SHOWN]) + more
