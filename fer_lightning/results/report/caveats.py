"""The notes below a report's table: how to read its metrics, the significance tests, and caveats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fer_lightning.config_keys import Effect, row_of
from fer_lightning.results.confusion_scores import only_answer
from fer_lightning.results.metric_names import format_difference, is_fraction, label, points
from fer_lightning.results.report.frame import STAGES, batch_sizes, seconds_per_batch
from fer_lightning.results.report.keys import leaves, source, value
from fer_lightning.results.report.model import COLUMN, FOLD, LEVEL, ROW, SEED, Comparison, Report, Row, Run
from fer_lightning.results.result import config_hash

SHOWN = 8  # tests that are spelled out, from the highest p down: what keeps the best from being bold comes first
NAMED = 3  # rows without a test that are named


def footnotes(report: Report) -> list[str]:
    """One sentence or two each; the notes of the report last."""
    return [*cells_and_figures(report), *_tests(report), *report.notes]


def cells_and_figures(report: Report) -> list[str]:
    """What the rows are, where they are cells of a paper's table, and how to read their figures."""
    return [*_cells(report), *_figures(report), *_timing(report)]


def _cells(report: Report) -> Iterator[str]:
    named = [key.removeprefix("paper.") for key in (ROW, COLUMN) if key in report.keys]
    if named and (paper := source(run for row in report.rows for run in row.runs)):
        verb = "are those" if len(named) > 1 else "is that"
        yield f"{' and '.join(named).capitalize()} {verb} of the paper: {paper}."


def _figures(report: Report) -> Iterator[str]:
    several = any(row.score.sd is not None for row in report.rows)
    percent = ", in percent" if is_fraction(report.metric) else ""
    averaged = " and ".join(key for key in (FOLD, SEED) if key not in report.keys)
    if several:
        yield (
            f"{label(report.metric)}: mean ± standard deviation (number of runs){percent}; "
            f"{f'runs that differ in {averaged} alone are' if averaged else 'all runs of a row are'} averaged."
        )
        yield (
            "95 % interval: Student's t over the runs of a row. Runs share training images, so it may be too narrow; "
            "of a single run it is Wilson's over its test images."
        )
    else:
        yield f"{label(report.metric)}: of a single run each{percent}."
        if any(row.score.interval for row in report.rows):
            yield "95 % interval: Wilson's over the test images."


def _timing(report: Report) -> Iterator[str]:
    if report.timing and any(seconds_per_batch(row, stage) is not None for row in report.rows for stage in STAGES):
        sizes = batch_sizes(report.rows)
        batch = f"{sizes[0]:,} images" if len(sizes) == 1 else "as many images as its row says"
        yield (
            f"A batch is {batch}; its seconds are those of training (forward, backward, step) and of the test, "
            "on the machine of each run, waiting for the images included."
        )


def _tests(report: Report) -> Iterator[str]:
    if not report.comparisons:
        return
    best = report.rows[report.comparisons[0].best].name
    if report.best_is_supported:
        yield f"In bold: {best}, better than every other row at p < {LEVEL} in all paired tests (Holm-corrected)."
    elif any(comparison.runs is None for comparison in report.comparisons):
        yield f"No row is bold: {best} and every other row would have to share at least two seeds or folds."
    elif any(comparison.p is None and comparison.needs_images for comparison in report.comparisons):
        yield f"No row is bold: {best} could not be tested against every other row."
    else:
        yield f"No row is bold: paired tests do not show that {best} is better than every other row at p < {LEVEL}."
    yield from _untested(report, best)
    tested = sorted((c for c in report.comparisons if c.p is not None or c.runs), key=lambda c: -_highest(c))
    for comparison in tested[:SHOWN]:
        yield f"{best} against {report.rows[comparison.other].name}: {_describe(comparison, report.metric)}."
    if further := tested[SHOWN:]:
        yield f"{best} against {len(further)} further rows: {_p(_highest(further[0])).replace('=', '<=')}."


def _highest(comparison: Comparison) -> float:
    return max(comparison.p or 0.0, comparison.runs.p if comparison.runs else 0.0)


def _untested(report: Report, best: str) -> Iterator[str]:
    """Rows that the best was not tested against, those of one reason together."""
    names: dict[str, list[str]] = defaultdict(list)
    for comparison in report.comparisons:
        if comparison.p is None:
            names[comparison.reason].append(report.rows[comparison.other].name)
    for reason, others in names.items():
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        yield f"{best} against {'; '.join(others[:NAMED])}{more}: no test, {reason}."


def _describe(comparison: Comparison, metric: str) -> str:
    said = []
    if comparison.p is not None:
        said.append(
            f"{100 * (comparison.difference or 0):+.1f} points on {comparison.images:,} images, "
            f"{comparison.test}, {_p(comparison.p)}{_skip_note(comparison.lacking)}"
        )
    if (test := comparison.runs) is not None:
        low, gain, high = (
            format_difference(value, metric) for value in (test.interval[0], test.difference, test.interval[1])
        )
        gain += points(metric).replace(",", "")
        said.append(f"{gain} ({low} to {high}) over {test.pairs} pairs of runs, paired t, {_p(test.p)}")
    return "; ".join(said)


def _skip_note(runs: int) -> str:
    return f"; without {runs} run{'s' if runs > 1 else ''} that kept no predictions" if runs else ""


def _p(value: float) -> str:
    return "p < 0.001" if value < 0.001 else f"p = {value:.3f}"


LISTED = 4  # names that a sentence lists
TestSet = tuple[str, str, tuple[str, ...]]


def without_repeats(runs: Sequence[Run], keys: Sequence[str]) -> tuple[list[Run], int]:
    """The runs, of those of one config the newest alone; and how many were left out.

    Args:
        runs: of one row.
        keys: what else tells runs apart: `config_hash` knows fold and seed, but not the folder of the images.
    """
    newest: dict[tuple[str, ...], Run] = {}
    for run in sorted(runs, key=lambda run: run.result.finished):
        newest[run.result.config_hash, *(value(run, key) for key in keys)] = run
    return list(newest.values()), len(runs) - len(newest)


def mixtures(rows: Iterable[Row]) -> Iterator[str]:
    """Of rows that average runs which differ in more than fold and seed."""
    mixed = {row.name: further for row in rows if (further := _differing_keys(row.runs))}
    if mixed:
        told = [f"{name} in {_list(further)}" for name, further in mixed.items()]
        wanted = ",".join(next(iter(mixed.values()))[:1])
        yield (
            f"Averaged although they differ in more than fold and seed: {_list(told, '; ')}; "
            f"a longer by=[...], such as one with {wanted}, keeps them apart."
        )


def test_sets(rows: Iterable[Row]) -> Iterator[str]:
    """Of rows whose figures cannot be compared, for they are of different test images."""
    images: dict[TestSet, dict[Any, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        for run in row.runs:
            images[_test_set(run)][run.fold].add(_test_images(run))
    if len(images) > 1:
        sets = [f"{data} ({protocol}, {len(names)} classes)" for data, protocol, names in images]
        yield f"Tested on different sets, so that their figures cannot be compared: {_list(sorted(sets), '; ')}."
    for (data, protocol, _), folds in images.items():
        if differing := {fold: counts for fold, counts in folds.items() if len(counts) > 1}:
            fold, counts = next(iter(differing.items()))
            where = f"{data} ({protocol}){'' if len(folds) == 1 else f' fold {fold}'}"
            numbers = _list([f"{count:,}" for count in sorted(counts)])
            yield f"Runs on {where} tested {numbers} images: their figures are not of the same images."


def losses_apart(rows: Sequence[Row], metric: str) -> Iterator[str]:
    """Of losses that are different functions, so that the smaller one is not the better one."""
    functions = {str(run.result.choices.get("loss")) for row in rows for run in row.runs}
    if metric.endswith("/loss") and len(functions) > 1:
        yield f"Losses are those that trained, {_list(sorted(functions))}: other functions, not to be compared."


def one_answer(rows: Iterable[Row]) -> Iterator[str]:
    """Of runs whose model gives every test image the same answer."""
    found: dict[str, list[str]] = {}
    for row in rows:
        given = [(run.result.class_names, only_answer(run.result.confusion_matrix)) for run in row.runs]
        if names := [classes[answer] for classes, answer in given if answer is not None]:
            found[row.name] = names
    if found:
        told = [f"{name} ({len(names)} run{'s' * (len(names) > 1)}: {_list(names)})" for name, names in found.items()]
        yield f"Answers one class, so that the accuracy is no more than that class's share: {_list(told, '; ')}."


def undefined(rows: Iterable[Row], metric: str) -> Iterator[str]:
    """Of runs that have not the metric, and so are not in the mean."""
    lacking = {row.name: len(row.runs) - row.score.n for row in rows}
    if told := [f"{count} of {name}" for name, count in lacking.items() if count]:
        yield f"Not averaged, for their {metric} is undefined or was not taken: {_list(told, '; ')}."


def _differing_keys(runs: Sequence[Run]) -> list[str]:
    """Keys of the config that can change a figure and have several values among the runs."""
    if len({_hash_of_the_rest(run) for run in runs}) < 2:
        return []
    configs = [leaves(run.result.config) for run in runs]
    keys = dict.fromkeys(key for config in configs for key in config)
    counted = [key for key in keys if key not in (FOLD, SEED) and row_of(key).effect is Effect.RESULT]
    return [key for key in counted if len({config.get(key) for config in configs}) > 1]


def _hash_of_the_rest(run: Run) -> str:
    config = run.result.config
    data = config.get("data")
    return config_hash({**config, "seed": None, "data": {**data, "fold": None} if isinstance(data, dict) else data})


def _test_set(run: Run) -> TestSet:
    result = run.result
    return str(result.choices.get("data") or "data"), result.protocol, tuple(sorted(result.class_names))


def _test_images(run: Run) -> int:
    return sum(map(sum, run.result.confusion_matrix)) or run.result.counts.get("test", 0)


def _list(words: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(words) - LISTED} more" if len(words) > LISTED else ""
    return between.join(words[:LISTED]) + more
