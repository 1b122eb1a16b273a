"""Writes a report as a LaTeX table with the rules of booktabs, for a paper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from fer_lightning.control_characters import without_controls
from fer_lightning.results.report.metrics import is_fraction, label
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.text import bold, cells, footnotes, header, keys, losses
from fer_lightning.results.summary import NONE
from fer_lightning.whole import whole

SHOWN = 8  # missing runs that are named below the table; report.md names all
LONG = 12  # letters of a column's name that is broken
SPECIAL = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"{\char96}",  # \textasciigrave needs a font that small installations lack
    '"': r"{\char34}",  # babel takes it for an accent in some languages
    "±": r"$\pm$",
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # after the end of a line they would be its arguments
}


def write(report: Report, path: Path) -> None:
    r"""Writes one `table` environment, whole or not at all.

    It compiles in a document with `\usepackage{booktabs}`; names beyond Latin letters need XeLaTeX or LuaLaTeX, and a
    font that has them.
    """
    with whole(path) as scratch:
        scratch.write_text("\n".join(_lines(report)) + "\n", encoding="utf-8")


def escaped(text: str) -> str:
    """The text in one line, with nothing in it that LaTeX would take for a command."""
    line = "".join(SPECIAL.get(sign, sign) for sign in " ".join(without_controls(text).split()))
    return line.replace("--", "-{}-{}")  # two hyphens would become a dash


def _lines(report: Report) -> Iterator[str]:
    fixed, names = keys(report), header(report)
    yield rf"% Made by fer-report, {report.created}. In the preamble: \usepackage{{booktabs}}"
    yield r"\begin{table}"
    yield r"  \centering\footnotesize\setlength{\tabcolsep}{3pt}"
    yield rf"  \caption{{{escaped(_caption(report))}}}"
    yield rf"  \begin{{tabular}}{{@{{}}{'l' * fixed}{'r' * (len(names) - fixed)}@{{}}}}"
    yield r"    \toprule"
    yield rf"    {' & '.join([*map(escaped, names[:fixed]), *map(_stacked, names[fixed:])])} \\"
    yield r"    \midrule"
    for place, row in enumerate(cells(report)):
        texts = [escaped(cell) if k < fixed else _figure(cell) for k, cell in enumerate(row)]
        if bold(report, place):  # what the row is, and the figure that is better
            texts[: fixed + 1] = [rf"\textbf{{{text}}}" if text else "" for text in texts[: fixed + 1]]
        yield rf"    {' & '.join(texts)} \\"
    yield r"    \bottomrule"
    yield r"  \end{tabular}"
    yield r"  \par\medskip"
    yield r"  \begin{minipage}{\linewidth}\footnotesize\raggedright"
    for note in [*footnotes(report), *_missing(report)]:
        yield rf"    {escaped(note)}\par"
    yield r"  \end{minipage}"
    yield r"\end{table}"


def _caption(report: Report) -> str:
    runs = sum(row.score.n for row in report.rows if not row.ensemble)
    percent = " in percent" if is_fraction(report.metric) else ""
    known = [comparison for comparison in report.comparisons if comparison.p is not None]
    tests = ", ".join(dict.fromkeys(comparison.test for comparison in known))
    sizes = sorted({comparison.images for comparison in known})
    images = " to ".join(f"{n:,}" for n in dict.fromkeys((*sizes[:1], *sizes[-1:])))
    tested = f" First row against the others: {tests}, Holm-corrected, on {images} images." if tests else ""
    return f"{report.title}: {label(report.metric)}{percent} of {runs:,} run{'s' * (runs != 1)}.{tested}"


def _stacked(name: str) -> str:
    """The name of a column of figures; a long one in two lines, for the figures are short."""
    first, blank, last = name.rpartition(" ")
    if not blank or len(name) < LONG:
        return escaped(name)
    return rf"\shortstack[r]{{{escaped(first)}\\ {escaped(last)}}}"


def _figure(text: str) -> str:
    """A figure with a true minus and dashes between the ends of an interval."""
    if text == NONE:
        return "--"
    ends = [rf"$-${escaped(end[1:])}" if re.match(r"-\d", end) else escaped(end) for end in text.split(" - ")]
    return "--".join(ends)


def _missing(report: Report) -> Iterator[str]:
    missing = losses(report)
    for name, reason, _ in missing[:SHOWN]:
        yield f"Missing: {name}: {reason}"
    if len(missing) > SHOWN:
        yield f"Missing: {len(missing) - SHOWN:,} more, see report.md"
