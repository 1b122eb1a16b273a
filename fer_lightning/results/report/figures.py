"""The figures of a report: which rows they show, and what they say to those who cannot see them."""

from __future__ import annotations

from base64 import b64encode
from collections import defaultdict
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError
from fer_lightning.results.figures.bars import MOST, Bar, Group, grouped_bars
from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.figures.score_dots import Scored, score_dots
from fer_lightning.results.metric_names import axis, format_paper_value, format_value, is_fraction, label
from fer_lightning.results.report.formatting import format_score, is_bold
from fer_lightning.results.report.frame import column_name
from fer_lightning.results.report.keys import check_keys, source, value
from fer_lightning.results.report.learning_curves import Curves
from fer_lightning.results.report.model import CELL, COLUMN, ROW, TABLE, Report, Row, Run, Score
from fer_lightning.results.report.paper_table import in_paper_order
from fer_lightning.results.report.rows import Pooled, paper_value, score
from fer_lightning.results.style import styled
from fer_lightning.results.summary import NONE

SCORE_ROWS = 24
CONFUSION_ROWS = 12


def score_picture(report: Report) -> Picture | None:
    """Each row's score with its interval; None where no row has one."""
    known = [(place, row) for place, row in enumerate(report.rows) if row.score.mean is not None]
    if not known:
        return None
    shown = known[:SCORE_ROWS]
    best = next((k for k, (place, _) in enumerate(shown) if is_bold(report, place)), None)
    rows = [row for _, row in shown]
    said = "; ".join(f"{row.name}: {format_score(row.score, report.metric)}" for row in rows)
    drawn = score_dots(
        [score_of(row, report.metric) for row in rows], report.metric, best, _first(len(rows), len(known))
    )
    return picture(drawn, f"{label(report.metric)} of each row with its 95 % interval. {said}")


def score_of(row: Row, metric: str) -> Scored:
    """A row as its dot is drawn."""
    runs = [value for run in row.runs if (value := run.result.metrics.get(metric)) is not None]
    text = format_score(row.score, metric)
    return Scored(row.name, text, row.score.mean, row.score.interval, runs, row.reported)


def bar_picture(report: Report) -> Picture | None:
    """The bars of the report's keys for them; None where it has none."""
    drawn = draw_bars(report)
    return None if drawn is None else picture(drawn.figure, drawn.alt)


def curve_picture(found: Curves | None) -> Picture | None:
    """How the runs of the rows went; None where no run kept its figures."""
    return None if found is None else picture(found.draw(), f"{found.title}. At the end: {found.ends()}")


def confusion_picture(row: Row, counts: Pooled) -> Picture:
    """The pooled counts of a row."""
    runs = f"{counts.runs} runs, their counts summed" if counts.runs > 1 else "1 run"
    drawn = confusion_matrix(counts.counts, counts.class_names, subtitle=f"{row.name}; {runs}")
    said = f"{counts.right:,} of {counts.images:,} images right; the recalls are in the table below"
    return picture(drawn, f"confusion matrix of {row.name}: {said}")


def _first(shown: int, known: int) -> str:
    return "" if shown == known else f"the first {shown} of {known:,} rows"


BARS_FILE = "bars.png"
GROUPS = 12  # that are drawn


class Bars(NamedTuple):
    """The figure, the groups in it, its title, and all that it shows in words."""

    figure: Figure
    groups: list[Group]
    title: str
    alt: str


class Found(NamedTuple):
    """The runs of one bar, their score, and what the paper says."""

    runs: list[Run]
    score: Score
    paper: float | None


def bar_keys(asked: Sequence[str] | None, runs: Sequence[Run]) -> tuple[str, ...]:
    """The keys of the bars: what was asked for, or the cells of the paper's table where every run names its own.

    Of several tables the data sets tell groups apart if each table has its own, as in Figure 7 of paper A.

    Args:
        asked: two keys or more; none for no bars; None to choose.
        runs: all of them.

    Raises:
        FerError: one key alone, or one that no run knows.
    """
    if asked is not None:
        keys = check_keys(asked, runs, "bars")
        if len(keys) == 1:
            raise FerError(f"bars={keys[0]}: give two keys, first that of the groups, as in bars=[data,model]")
        return keys
    cells = {tuple(value(run, key) for key in CELL) for run in runs}
    if len(cells) < 2 or not all(value(run, key) for run in runs for key in (ROW, COLUMN)):
        return ()
    pairs = {(value(run, TABLE), value(run, "data")) for run in runs}
    tables, sets = ({pair[k] for pair in pairs} for k in (0, 1))
    if len(tables) == 1:
        return COLUMN, ROW
    return "data" if len(pairs) == len(tables) == len(sets) else TABLE, COLUMN, ROW


def draw_bars(report: Report) -> Bars | None:
    """The report's metric in bars; None where it has no keys for them, or no run has the metric."""
    found = _found(report) if report.bars else {}
    if not found:
        return None
    orders = [_in_order(found, k) for k in range(len(report.bars))]
    groups = sorted(
        {at[:-1] for at in found}, key=lambda group: [o.index(n) for o, n in zip(orders, group, strict=False)]
    )
    names = orders[-1]
    cut = [
        f"the first {most} of {len(all_)} {what}"
        for all_, most, what in ((groups, GROUPS, "groups"), (names, MOST, "bars"))
        if len(all_) > most
    ]
    groups, names = groups[:GROUPS], names[:MOST]
    drawn = [
        Group(", ".join(group), [_bar(found.get((*group, name)), report.metric) for name in names]) for group in groups
    ]
    title = _title(report, found)
    made = grouped_bars(
        drawn,
        names,
        title,
        "; ".join([*_about(report, found), *cut]),
        axis(report.metric),
        100.0 if is_fraction(report.metric) else None,
    )
    words = [
        f"{', '.join(group)}: "
        + ", ".join(_describe(name, found[*group, name], report.metric) for name in names if (*group, name) in found)
        for group in groups
    ]
    return Bars(made, drawn, title, f"{title}, with 95 % intervals. {'; '.join(words)}")


def write_bars(report: Report, path: Path) -> None:
    """Writes the figure, whole or not at all; a report without bars leaves no such file."""
    if (drawn := draw_bars(report)) is not None:
        with atomic_write(path) as scratch:
            scratch.write_bytes(png(drawn.figure))


def _found(report: Report) -> dict[tuple[str, ...], Found]:
    """The values of the bars' keys -> what is known of such a bar, of bars that have a mean."""
    runs: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in (run for row in report.rows if not row.ensemble for run in row.runs):
        runs[tuple(value(run, key) or NONE for key in report.bars)].append(run)
    found = {at: Found(of, score(of, report.metric), paper_value(of, report.metric)) for at, of in runs.items()}
    return {at: one for at, one in found.items() if one.score.mean is not None}


def _in_order(found: dict[tuple[str, ...], Found], place: int) -> list[str]:
    """The values of one of the keys."""
    names: dict[str, list[tuple[float | None, float | None]]] = defaultdict(list)
    for at, one in found.items():
        names[at[place]].append((one.score.mean, one.paper))
    return in_paper_order(names)


def _title(report: Report, found: dict[tuple[str, ...], Found]) -> str:
    name = label(report.metric)
    *before, last = map(column_name, report.bars)
    beside = any(one.paper is not None for one in found.values())
    return name[:1].upper() + name[1:] + (" beside the paper's" if beside else f" by {', '.join(before)} and {last}")


def _bar(found: Found | None, metric: str) -> Bar | None:
    if found is None or found.score.mean is None:
        return None
    scale = 100 if is_fraction(metric) else 1
    mean, interval, paper = found.score.mean, found.score.interval, found.paper
    return Bar(
        value=scale * mean,
        text=format_value(mean, metric),
        ends=None if interval is None else (scale * interval[0], scale * interval[1]),
        paper=None if paper is None else scale * paper,
    )


def _describe(name: str, found: Found, metric: str) -> str:
    paper = "" if found.paper is None else f" (paper {format_paper_value(found.paper, metric)})"
    return f"{name} {format_score(found.score, metric)}{paper}"


def _about(report: Report, found: dict[tuple[str, ...], Found]) -> list[str]:
    """Whose table it is, and which keys tell rows apart that one bar averages."""
    paper = source(run for one in found.values() for run in one.runs) if set(report.bars) & set(CELL) else ""
    further = [key for key in report.keys if key not in report.bars]
    mixed = [key for key in further if any(len({value(run, key) for run in one.runs}) > 1 for one in found.values())]
    return [*[paper] * bool(paper), *[f"averaged over {', '.join(map(column_name, mixed))}"] * bool(mixed)]


CSS_INCH = 96  # a browser's pixels in an inch
SHARP = 2  # dots a pixel: screens of today
COLOURS = 128  # flat colours and their soft edges; a third of the bytes of full colour
KEPT = Image.Quantize.MAXCOVERAGE  # also the colour of a single small mark


class Picture(NamedTuple):
    """An image of a page; `source` is a data URI, and width and height are in a browser's pixels."""

    source: str
    width: int
    height: int
    alt: str


def picture(figure: Figure, alt: str) -> Picture:
    """The figure as a PNG inside of the page; the same figure gives the same bytes."""
    width, height = figure.get_size_inches() * CSS_INCH
    return Picture(f"data:image/png;base64,{b64encode(png(figure)).decode()}", round(width), round(height), alt)


@styled
def png(figure: Figure, **remarks: str) -> bytes:
    """The figure as a small PNG, with remarks that no one sees; the same figure gives the same bytes."""
    drawn, small, texts = BytesIO(), BytesIO(), PngInfo()
    for name, text in remarks.items():
        texts.add_text(name, text)
    # written for good below; the first time it need not be small
    figure.savefig(drawn, format="png", dpi=CSS_INCH * SHARP, pil_kwargs={"compress_level": 1})
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(COLOURS, KEPT).save(small, "png", optimize=True, pnginfo=texts)
    return small.getvalue()
