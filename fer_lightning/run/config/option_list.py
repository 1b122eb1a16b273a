"""Lists the groups of a command with their options, as `--help` shows them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence

COLUMNS = 110
INDENT = 15  # where options begin
MANY = 24  # with more options than this, the options of each paper are on a line of their own
PAPER = re.compile(r"paper_[a-z]_")


def format_option_list(groups: Mapping[str, Sequence[str]]) -> str:
    """Formats one wrapped line per group; a group with many options has one line per paper as well."""
    return "\n".join(_format_group(f"  {group}", options) for group, options in groups.items())


def _format_group(group: str, options: Sequence[str]) -> str:
    if len(options) <= MANY:
        return _wrap(group, options)
    papers = sorted({found[0] for option in options if (found := PAPER.match(option))})
    lines = [_wrap(group, [option for option in options if not PAPER.match(option)])]
    for paper in papers:
        rest = [option.removeprefix(paper) for option in options if option.startswith(paper)]
        lines.append(_wrap(f"    {paper}", rest))
    return "\n".join(lines)


def _wrap(label: str, options: Sequence[str]) -> str:
    return textwrap.fill(
        ", ".join(options),
        COLUMNS,
        initial_indent=label.ljust(INDENT),
        subsequent_indent=" " * INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )
