"""What a report says: rows of runs that differ in fold and seed alone, what supports the best, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fer_lightning.results.result import Result

if TYPE_CHECKING:  # only those who read predictions need a Parquet reader
    from fer_lightning.results.predictions import Predictions

FOLD, SEED = "data.fold", "seed"  # what rows are averaged over
TITLE, TABLE, ROW, COLUMN = CELL = ("paper.title", "paper.table", "paper.row", "paper.column")  # of a paper's figure
LEVEL = 0.05  # of the tests; intervals hold 1 - LEVEL


@dataclass(frozen=True)
class Run:
    """One finished run.

    Attributes:
        folder: its folder.
        result: what it says about itself.
        settings: group or dotted key -> what was chosen, as text; an override wins over the option of a group.
        command: what made it, ready for a shell.
        sweep: name of the sweep that it was a job of; None for a run by itself.
        predictions: those of an ensemble, which has no file that keeps them.
    """

    folder: Path
    result: Result
    settings: dict[str, str]
    command: str
    sweep: str | None = None
    predictions: Predictions | None = None

    def file(self, name: str) -> Path | None:
        """The file that its result calls `name`; None where it kept none, or it is gone."""
        if name not in self.result.files:
            return None
        path = self.folder / self.result.files[name]
        return path if path.is_file() else None

    @property
    def fold(self) -> Any:
        """Which fold it tested; None under a protocol without folds."""
        data = self.result.config.get("data")
        return data.get("fold") if isinstance(data, Mapping) else None


@dataclass(frozen=True)
class MissingJob:
    """A job of a sweep that has no result.

    Attributes:
        name: the job's name in its sweep.
        folder: where its log is.
        state: `planned`, `running` or `failed`.
        settings: as of a run.
        reason: the last lines of its log; "" where it has not failed.
        command: what runs it again, ready for a shell.
        sweep: name of its sweep; None for a run by itself whose result is broken.
    """

    name: str
    folder: Path
    state: str
    settings: dict[str, str]
    reason: str
    command: str
    sweep: str | None = None


@dataclass(frozen=True)
class Collected:
    """All that was found.

    Attributes:
        runs: with a result.
        missing_jobs: jobs without one, and runs whose result is broken.
        notes: caveats, one sentence each.
    """

    runs: tuple[Run, ...]
    missing_jobs: tuple[MissingJob, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Score:
    """A metric over the runs of a row; fractions in 0..1.

    Attributes:
        mean: of the runs that have the metric; None where none has.
        sd: standard deviation of a sample (n - 1); None of fewer than two.
        n: how many runs have it.
        interval: 95 %: Student's t over the runs where there are two or more, of a single one the interval over its
            test images; None where neither is known.
    """

    mean: float | None
    sd: float | None
    n: int
    interval: tuple[float, float] | None


@dataclass(frozen=True)
class Row:
    """Runs that differ in fold and seed alone.

    Attributes:
        key: what tells this row from the others; "" where a run says nothing of a key.
        runs: at least one, unless every job of the row is missing; by fold and seed.
        missing_jobs: its jobs without a result.
        missing_cells: folds and seeds that other rows have and this one lacks, as in `data.fold=2, seed=1`.
        score: of the report's metric.
        reported: what the paper says, a fraction; None where no config names one, or several name different ones.
        ensemble: whether it is the averaged probabilities of others instead of runs.
    """

    key: dict[str, str]
    runs: tuple[Run, ...]
    missing_jobs: tuple[MissingJob, ...]
    missing_cells: tuple[str, ...]
    score: Score
    reported: float | None = None
    ensemble: bool = False

    @property
    def name(self) -> str:
        """The row in one line, such as `loss=l1, model=cnn` or `STN-CNN, raw data`; of an ensemble, that it is one."""
        said = {key: value for key, value in self.key.items() if value}
        alone = said if self.ensemble else CELL  # the paper's own words need no key
        return ", ".join(value if key in alone else f"{key}={value}" for key, value in said.items()) or "all runs"


@dataclass(frozen=True)
class RunTest:
    """The best row against another one over pairs of runs of the same fold and seed.

    Attributes:
        pairs: how many, at least two.
        difference: mean of the metric of the best minus that of the other.
        interval: its 95 % interval, Student's t over the pairs.
        p: two-sided, Holm-corrected over all such tests of the report.
        favours_best: whether the mean difference is a gain, in the direction in which the metric is good.
    """

    pairs: int
    difference: float
    interval: tuple[float, float]
    p: float
    favours_best: bool


@dataclass(frozen=True)
class Comparison:
    """The best row against another one: on the same test images, and over runs.

    Attributes:
        best: place of the best row in the report.
        other: place of the other.
        test: `McNemar`, `paired bootstrap`, or "" where none could be done, for the reason.
        difference: accuracy of the best minus that of the other, on the images that both tested; None without a test.
        p: two-sided, Holm-corrected over all comparisons of the report; None without a test.
        images: how many different images both tested.
        reason: why there is no test; "" where there is one.
        lacking: runs without kept predictions, which are not in the test.
        runs: the test over runs; None where the rows share fewer than two folds and seeds.
        needs_images: whether the metric has a test on images, which must then support the best as well.
    """

    best: int
    other: int
    test: str
    difference: float | None
    p: float | None
    images: int
    reason: str = ""
    lacking: int = 0
    runs: RunTest | None = None
    needs_images: bool = True

    @property
    def supported(self) -> bool:
        """Whether the best is better than the other by more than chance, over test images and over training runs."""
        on_images = self.p is not None and self.difference is not None and self.p < LEVEL and self.difference > 0
        return (on_images or not self.needs_images) and self.supported_by_runs

    @property
    def supported_by_runs(self) -> bool:
        """Whether it is better over the runs of several folds or seeds."""
        return self.runs is not None and self.runs.favours_best and self.runs.p < LEVEL


@dataclass(frozen=True)
class Report:
    """All of it.

    Attributes:
        metric: such as `test/accuracy`.
        keys: what the rows differ in, or what was asked for.
        rows: by falling mean; without a mean last.
        comparisons: of the first row with each of the others.
        notes: caveats, one sentence each: duplicates left out, runs of different test sets, how to read
            the intervals.
        title: names of the sweeps, or of the folders.
        created: ISO 8601, UTC.
        bars: the keys of the figure of bars: the last one is a bar each, those before it the groups; none without it.
        curve: a logged metric such as `train/accuracy`, whose curves are drawn; None for the validation of `metric`.
        over: what curves go over, `epochs` or `iterations`.
        timing: whether the tables also say how long a batch took.
    """

    metric: str
    keys: tuple[str, ...]
    rows: tuple[Row, ...]
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...]
    title: str
    created: str
    bars: tuple[str, ...] = ()
    curve: str | None = None
    over: str = "epochs"
    timing: bool = False

    @property
    def best_is_supported(self) -> bool:
        """Whether the first row beats every other one in all paired tests: only then it stands in bold."""
        return bool(self.comparisons) and all(comparison.supported for comparison in self.comparisons)
