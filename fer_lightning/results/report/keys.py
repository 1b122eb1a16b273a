"""Which config keys distinguish the rows of a report, and the value of a key in a run or a missing job."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fer_lightning.config_keys import COMPARED_BY_KEY, GroupKind, groups, may_differ
from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.model import CELL, COLUMN, FOLD, ROW, SEED, TABLE, TITLE, Collected, MissingJob, Run

UNKNOWN = "?"  # what a missing job was to do where neither its overrides nor its sweep say it

SETTING_OTHERS = ("experiment", "debug")  # groups whose options choose those of others
ORDER = ("experiment", "data", "preprocess", "augment", "mix", "model", "loss", "optimizer", "scheduler", "callbacks")


def is_quiet(key: str) -> bool:
    """Whether no metric depends on the key, or on the option of the group, so that it tells no rows apart.

    The folders of data that were typed count: other folders may hold other images.
    """
    return key in COMPARED_BY_KEY or not may_differ(key)


def value(run: Run, key: str) -> str:
    """The value that was typed or chosen for the run, else that of its resolved config; "" where neither has the key.

    A run from before there was an optional group had `none` of it. Of `CELL` it is what the result says of the paper.
    """
    if key in CELL:
        found = (run.result.paper or {}).get(key.removeprefix("paper."))
        return "" if found is None else str(found)
    said = run.settings.get(key)
    if said is None and key in groups(GroupKind.OPTIONAL):
        return "none"
    return in_config(run.result.config, key) if said is None else said


def source(runs: Iterable[Run]) -> str:
    """The paper and its table that the runs name, as in `Improved STN-CNN, Table 2`; of several, all."""
    tables: dict[str, set[str]] = defaultdict(set)
    for run in runs:
        tables[value(run, TITLE)].add(value(run, TABLE))
    named = {title: " and ".join(sorted(filter(None, of))) for title, of in sorted(tables.items())}
    return "; ".join(filter(None, (", ".join(filter(None, pair)) for pair in named.items())))


class Values:
    """Values of keys in runs and missing jobs; missing jobs also take those on which their sweep's runs agree."""

    def __init__(self, collected: Collected) -> None:
        self._siblings: dict[tuple[str, ...], list[Run]] = defaultdict(list)
        self._jobs = [run for run in collected.runs if run.sweep is not None]
        for run in self._jobs:
            self._siblings[_kind(run)].append(run)
        self._agreed: dict[tuple[tuple[str, ...], str], str] = {}

    def of(self, one: Run | MissingJob, key: str) -> str:
        """The value; "" where a run says nothing, `?` where a missing job's is unknown."""
        if isinstance(one, Run):
            return value(one, key)
        said = one.settings.get(key)
        if said is None and key in CELL:
            return self._of_same(one, key)
        return self._of_siblings(_kind(one), key) if said is None else said

    def _of_same(self, job: MissingJob, key: str) -> str:
        """The value in finished jobs of its sweep that have the same settings, apart from fold and seed."""
        asked = tuple((k, v) for k, v in job.settings.items() if k not in (FOLD, SEED) and not is_quiet(k))
        place = (job.sweep or "", *(f"{k}={v}" for k, v in asked))
        if (place, key) not in self._agreed:
            runs = [run for run in self._jobs if run.sweep == job.sweep and all(value(run, k) == v for k, v in asked)]
            said = {value(run, key) for run in runs}
            self._agreed[place, key] = said.pop() if len(said) == 1 else UNKNOWN
        return self._agreed[place, key]

    def _of_siblings(self, kind: tuple[str, ...], key: str) -> str:
        if (kind, key) not in self._agreed:
            said = {value(run, key) for run in self._siblings.get(kind, [])}
            self._agreed[kind, key] = said.pop() if len(said) == 1 else UNKNOWN
        return self._agreed[kind, key]


def varying(collected: Collected, values: Values) -> tuple[str, ...]:
    """The keys in which runs and missing jobs differ, but for fold, seed and quiet ones; groups before their keys."""
    everything: list[Run | MissingJob] = [*collected.runs, *collected.missing_jobs]
    named = dict.fromkeys(key for one in everything for key in one.settings)
    candidates = [key for key in named if key not in (FOLD, SEED) and not is_quiet(key)]
    differing = [key for key in candidates if len({values.of(one, key) for one in everything} - {UNKNOWN}) > 1]
    return tuple(sorted(differing, key=_place))


def telling(collected: Collected, values: Values) -> tuple[str, ...]:
    """The keys that distinguish rows where `by` is not given.

    Where every run names its row in a paper's table, these are row and column, the table where there are several, and
    what varies within a cell; everywhere else, what varies.
    """
    apart, runs = varying(collected, values), collected.runs
    if not all(value(run, ROW) for run in runs):
        return apart
    cells: dict[tuple[str, ...], list[Run | MissingJob]] = defaultdict(list)
    everything: list[Run | MissingJob] = [*runs, *collected.missing_jobs]
    for one in everything:
        cells[tuple(values.of(one, key) for key in CELL)].append(one)
    known = [ones for cell, ones in cells.items() if UNKNOWN not in cell]
    within = [key for key in apart if any(len({values.of(one, key) for one in ones} - {UNKNOWN}) > 1 for ones in known)]
    tables = [key for key in (TITLE, TABLE) if len({value(run, key) for run in runs}) > 1]
    return (*tables, ROW, *[COLUMN] * any(value(run, COLUMN) for run in runs), *within)


def check_keys(keys: Sequence[str], runs: Sequence[Run], name: str = "by") -> tuple[str, ...]:
    """The keys asked for, each once.

    Args:
        keys: groups or dotted keys.
        runs: all of them.
        name: what asked for the keys.

    Raises:
        FerError: a key that no run has in its settings or config.
    """
    known = {key for run in runs for key in (*run.settings, *leaves(run.result.config))} if keys else set()
    known |= {key for key in CELL if any(value(run, key) for run in runs)}
    for key in keys:
        if key not in known:
            shown = sorted((k for k in known if k in (FOLD, SEED, *CELL) or not is_quiet(k)), key=_place)
            groups = [k for k in shown if "." not in k]
            close = choices(dict.fromkeys([*groups, *shown]), key).partition("(did you mean")
            hint = f" (did you mean{close[2]}" if close[1] else ""
            raise FerError(
                f"{name}={key}: no run knows it; choose among {choices(groups)}, or a key of the config such as "
                f"optimizer.lr{hint}"
            )
    return tuple(dict.fromkeys(keys))


def _kind(one: Run | MissingJob) -> tuple[str, ...]:
    return (one.sweep or "", *(one.settings.get(group, "") for group in SETTING_OTHERS))


def _place(key: str) -> tuple[int, str]:
    group = key.partition(".")[0]
    return (ORDER.index(group) if group in ORDER else len(ORDER), key)


INTEGER = re.compile(r"[-+]?(0|[1-9]\d*)")
REAL = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?")
WORDS = {"true": "true", "false": "false", "null": "null", "~": "null"}


def settings(choices: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, str]:
    """GroupKind or dotted key -> what was chosen; a later word wins, and every word wins over the option of a group.

    Args:
        choices: group -> option; a group without one is left out.
        overrides: as typed: `key=value`, `+key=value`, `++key=value`, `~key`.
    """
    chosen = {group: canonical(option) for group, option in choices.items() if option is not None}
    for word in overrides:
        key, _, value = word.partition("=")
        if word.startswith("~"):
            chosen.pop(key[1:], None)
        else:
            chosen[key.lstrip("+")] = canonical(value)
    return chosen


def canonical(value: Any) -> str:
    """One text for what means the same: `0.001` for `1e-3`, `[a,b]` for `[a, b]` and for a list, `a b` for `'a b'`."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{canonical(v)}' for key, v in value.items())}}}"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if INTEGER.fullmatch(text):
        return str(int(text))
    if REAL.fullmatch(text):
        return repr(float(text))
    if text[:1] in ("[", "{"):
        return re.sub(r"\s*([\[\]{},:])\s*", r"\1", text)
    return WORDS.get(text.lower(), text)


def in_config(config: Mapping[str, Any], key: str) -> str:
    """The value at a dotted key of a resolved config; "" where there is none, or a whole branch."""
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return ""
        node = node[part]
    return "" if isinstance(node, Mapping) else canonical(node)


def leaves(config: Mapping[str, Any], place: str = "") -> dict[str, str]:
    """Every dotted key of a resolved config -> its value."""
    found: dict[str, str] = {}
    for key, value in config.items():
        inner = f"{place}{key}"
        if isinstance(value, Mapping):
            found |= leaves(value, f"{inner}.")
        else:
            found[inner] = canonical(value)
    return found
