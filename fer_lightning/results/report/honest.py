"""What a reader must know before believing a mean: runs left out, runs that differ in more, other test images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fer_lightning.config_keys import Effect, row_of
from fer_lightning.results.one_class import only_answer
from fer_lightning.results.report.keys import value
from fer_lightning.results.report.model import FOLD, SEED, Row, Run
from fer_lightning.results.report.settings import leaves
from fer_lightning.results.result import config_hash

SHOWN = 4  # names that a sentence lists
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
    mixed = {row.name: further for row in rows if (further := _differing(row.runs))}
    if mixed:
        told = [f"{name} in {_listed(further)}" for name, further in mixed.items()]
        wanted = ",".join(next(iter(mixed.values()))[:1])
        yield (
            f"Averaged although they differ in more than fold and seed: {_listed(told, '; ')}; "
            f"a longer by=[...], such as one with {wanted}, keeps them apart."
        )


def test_sets(rows: Iterable[Row]) -> Iterator[str]:
    """Of rows whose figures cannot be compared, for they are of different test images."""
    images: dict[TestSet, dict[Any, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        for run in row.runs:
            images[_test_set(run)][run.fold].add(_tested(run))
    if len(images) > 1:
        sets = [f"{data} ({protocol}, {len(names)} classes)" for data, protocol, names in images]
        yield f"Tested on different sets, so that their figures cannot be compared: {_listed(sorted(sets), '; ')}."
    for (data, protocol, _), folds in images.items():
        if differing := {fold: counts for fold, counts in folds.items() if len(counts) > 1}:
            fold, counts = next(iter(differing.items()))
            where = f"{data} ({protocol}){'' if len(folds) == 1 else f' fold {fold}'}"
            numbers = _listed([f"{count:,}" for count in sorted(counts)])
            yield f"Runs on {where} tested {numbers} images: their figures are not of the same images."


def losses_apart(rows: Sequence[Row], metric: str) -> Iterator[str]:
    """Of losses that are different functions, so that the smaller one is not the better one."""
    functions = {str(run.result.choices.get("loss")) for row in rows for run in row.runs}
    if metric.endswith("/loss") and len(functions) > 1:
        yield f"Losses are those that trained, {_listed(sorted(functions))}: other functions, not to be compared."


def one_answer(rows: Iterable[Row]) -> Iterator[str]:
    """Of runs whose model gives every test image the same answer."""
    found: dict[str, list[str]] = {}
    for row in rows:
        given = [(run.result.class_names, only_answer(run.result.confusion_matrix)) for run in row.runs]
        if names := [classes[answer] for classes, answer in given if answer is not None]:
            found[row.name] = names
    if found:
        told = [f"{name} ({len(names)} run{'s' * (len(names) > 1)}: {_listed(names)})" for name, names in found.items()]
        yield f"Answers one class, so that the accuracy is no more than that class's share: {_listed(told, '; ')}."


def undefined(rows: Iterable[Row], metric: str) -> Iterator[str]:
    """Of runs that have not the metric, and so are not in the mean."""
    lacking = {row.name: len(row.runs) - row.score.n for row in rows}
    if told := [f"{count} of {name}" for name, count in lacking.items() if count]:
        yield f"Not averaged, for their {metric} is undefined or was not taken: {_listed(told, '; ')}."


def _differing(runs: Sequence[Run]) -> list[str]:
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


def _tested(run: Run) -> int:
    return sum(map(sum, run.result.confusion_matrix)) or run.result.counts.get("test", 0)


def _listed(words: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return between.join(words[:SHOWN]) + more
