"""Makes the rows of a report: runs that differ in fold and seed alone are one row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from fer_lightning.errors import FerError, choices
from fer_lightning.results.report import honest
from fer_lightning.results.report.collect import Collected
from fer_lightning.results.report.grid import Occupied, Place, holes, in_order
from fer_lightning.results.report.keys import UNKNOWN, Values, check_keys, telling, varying
from fer_lightning.results.report.metrics import low_is_good
from fer_lightning.results.report.model import FOLD, SEED, Lost, Row, Run
from fer_lightning.results.report.scores import reported, score


def make_rows(
    collected: Collected, metric: str, by: Sequence[str] | None = None
) -> tuple[tuple[str, ...], tuple[Row, ...], tuple[str, ...]]:
    """What the rows differ in, the rows from the best to the worst, and what a reader must know.

    Without `by` the rows differ in the keys that vary among the runs and lost jobs, but for `data.fold`, `seed` and
    keys on which no figure depends (see `keys.is_quiet`); where every run names its cell in a paper's table, they are
    those cells. Of runs of one config the newest counts.

    Args:
        collected: at least one run.
        metric: what is averaged, such as `test/accuracy`.
        by: exactly the keys to tell rows apart by, groups or dotted keys of the config.

    Raises:
        FerError: no run has the metric, or knows a key of `by`.
    """
    _check_metric(metric, collected.runs)
    values = Values(collected)
    apart = varying(collected, values)
    keys = telling(collected, values) if by is None else check_keys(by, collected.runs)
    axes = [axis for axis in (FOLD, SEED) if axis not in keys]
    groups: dict[tuple[str, ...], tuple[list[Run], list[Lost]]] = defaultdict(lambda: ([], []))
    for run in collected.runs:
        groups[tuple(values.of(run, key) for key in keys)][0].append(run)
    for lost in collected.lost:
        groups[tuple(values.of(lost, key) for key in keys)][1].append(lost)

    def place(one: Run | Lost) -> Place:
        return tuple(values.of(one, axis) for axis in axes)

    left_out, whole = 0, []
    for named, (runs, jobs) in groups.items():
        kept, repeats = honest.without_repeats(runs, apart)
        left_out += repeats
        kept.sort(key=lambda run: (in_order((values.of(run, FOLD), values.of(run, SEED))), run.result.finished))
        whole.append((dict(zip(keys, named, strict=True)), tuple(kept), tuple(jobs)))
    covered = [_occupied([*map(place, runs), *map(place, jobs)], runs) for _, runs, jobs in whole]
    lacking = holes(covered, axes)
    rows = in_rank(
        [
            Row(key, runs, jobs, gaps, score(runs, metric), reported(runs, metric))
            for (key, runs, jobs), gaps in zip(whole, lacking, strict=True)
        ],
        metric,
    )
    notes = [*_repeated(left_out), *honest.undefined(rows, metric), *honest.mixtures(rows), *honest.test_sets(rows)]
    notes += [*honest.losses_apart(rows, metric), *honest.one_answer(rows)]
    return keys, rows, tuple(notes)


def in_rank(rows: Sequence[Row], metric: str) -> tuple[Row, ...]:
    """From the best to the worst; rows without a mean last, equal ones by name."""
    sign = 1 if low_is_good(metric) else -1
    return tuple(sorted(rows, key=lambda row: (row.score.mean is None, sign * (row.score.mean or 0), row.name)))


def _occupied(places: Sequence[Place], runs: Sequence[Run]) -> Occupied:
    frame = frozenset((run.result.choices.get("data"), run.result.protocol) for run in runs) or None
    return Occupied(frame, frozenset(place for place in places if UNKNOWN not in place))


def _repeated(count: int) -> list[str]:
    if not count:
        return []
    runs = "1 run was" if count == 1 else f"{count} runs were"
    return [f"{runs} left out: of runs of one config, fold and seed included, the newest counts."]


def _check_metric(metric: str, runs: Sequence[Run]) -> None:
    known = dict.fromkeys(name for run in runs for name in run.result.metrics)
    if metric not in known:
        shown = [name for name in known if "/recall/" not in name]
        recalls = [name for name in known if name.startswith("test/recall/")]
        raise FerError(f"metric={metric}: no run has it; choose among {choices([*shown, *recalls], metric)}")
