"""The table of what every net costs: as plain lines, as Markdown and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from fer_lightning.atomic_write import atomic_write
from fer_lightning.results.escaping import markdown_text
from fer_lightning.results.printing import table_lines, text_table
from fer_lightning.results.report.write_tables import markdown_table

NOTES = (
    "Parameters: weights and biases, each once; not the running statistics of batch normalisation.",
    "Multiply-adds: of one image's forward; convolutions and matrix products (linear layers, attention) alone.",
    "Not among them: a spatial transformer's sampling, normalisation, activations, pooling, a HOG descriptor.",
    "Memory: of a training step of the batch: weights, gradients, the optimizer's state, what the backward needs kept.",
    "Not in it: what an operation needs while it runs. 1 MB is a million bytes; the same on every machine.",
    "Training: forward, loss, backward and the optimizer's step. Testing: forward. On the processor, channels last.",
    "The images are random and in memory already: loading, preparation and augmentation take no time.",
    "A HOG descriptor takes time: it is computed with every batch; a run keeps those of images that stay the same.",
)


class Rate(NamedTuple):
    """Images/s: the median of all rounds, the slowest round and the fastest."""

    median: float
    slowest: float
    fastest: float

    @property
    def spread(self) -> float:
        """From the slowest to the fastest round, as a share of the median."""
        return (self.fastest - self.slowest) / self.median


@dataclass(frozen=True)
class Cost:
    """What one net costs.

    Attributes:
        model: its option of the group `model`.
        input: channels and side in pixels of what the net is given, as in 1x48x48.
        parameters: how many.
        multiply_adds: of one image's forward.
        memory: bytes of a training step of the batch, see `net_benchmark.memory`.
        train, test: images/s.
    """

    model: str
    input: str
    parameters: int
    multiply_adds: int
    memory: int
    train: Rate
    test: Rate


@dataclass(frozen=True)
class Setting:
    """Where and how it was measured.

    Attributes:
        machine: the processor.
        torch: its version.
        threads: that torch uses.
        precision: as `trainer.precision`.
        batch: images a step.
        rounds: of each measurement.
        overrides: what was typed of every model's config, as in `model.net.depth=4`.
    """

    machine: str
    torch: str
    threads: int
    precision: str
    batch: int
    rounds: int
    overrides: tuple[str, ...] = ()

    def described(self) -> str:
        """One line."""
        threads = f"{self.threads} thread{'s' * (self.threads > 1)}"
        how = f"{self.machine}, torch {self.torch}, {threads}, precision {self.precision}, batch {self.batch}"
        return ", ".join([how, *self.overrides])


# a further figure is a further line
COLUMNS: dict[str, Callable[[Cost], str]] = {
    "model": lambda cost: cost.model,
    "input": lambda cost: cost.input,
    "parameters": lambda cost: f"{cost.parameters:,}",
    "multiply-adds": lambda cost: f"{cost.multiply_adds / 1e6:,.1f} M",
    "memory": lambda cost: f"{cost.memory / 1e6:,.1f} MB",
    "train images/s": lambda cost: _rate(cost.train.median),
    "test images/s": lambda cost: _rate(cost.test.median),
}


def table(costs: Sequence[Cost], setting: Setting) -> list[str]:
    """Plain lines: where it was measured, aligned columns under a header, what the figures mean."""
    cells = _cells(costs)
    aligned = [line.plain for line in table_lines(text_table(list(cells), cells.itertuples(index=False)))]
    return [setting.described(), "", *aligned, "", *_notes(costs, setting)]


def write_markdown(costs: Sequence[Cost], setting: Setting, path: Path) -> None:
    """The same as a page of the documents."""
    lines = ["# What every net costs", ""]
    lines += ["A row is an option of `model`; `make cost` measures them and writes this page.", ""]
    lines += [f"{markdown_text(setting.described())}.", "", *markdown_table(_cells(costs), 1), ""]
    lines += [f"- {markdown_text(note)}" for note in _notes(costs, setting)]
    with atomic_write(path) as scratch:
        scratch.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_csv(costs: Sequence[Cost], setting: Setting, path: Path) -> None:
    """A row a net, where it was measured in each; rates unrounded, with their slowest and fastest round."""
    setting_fields = asdict(setting) | {"overrides": " ".join(setting.overrides)}
    lines = [_fields(cost) | setting_fields for cost in costs]
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(lines[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def _cells(costs: Sequence[Cost]) -> pd.DataFrame:
    return pd.DataFrame({name: [cell(cost) for cost in costs] for name, cell in COLUMNS.items()})


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"


def _notes(costs: Sequence[Cost], setting: Setting) -> Iterator[str]:
    yield from NOTES
    spreads = [(rate.spread, f"{stage} {cost.model}") for cost in costs for stage, rate in _rates(cost)]
    spread, where = max(spreads)
    yield (
        f"Images/s: the median of {setting.rounds} rounds after one that is not counted; the slowest and the fastest "
        f"are {100 * spread:.0f} % apart at most ({where})."
    )


def _rates(cost: Cost) -> tuple[tuple[str, Rate], ...]:
    return ("training", cost.train), ("testing", cost.test)


def _fields(cost: Cost) -> dict[str, object]:
    """A cost as columns, a rate as three of them."""
    columns: dict[str, object] = {}
    for name, value in asdict(cost).items():
        if isinstance(value, Rate):
            rate = f"{name}_images_per_second"
            columns |= {rate: value.median, f"{rate}_slowest": value.slowest, f"{rate}_fastest": value.fastest}
        else:
            columns[name] = value
    return columns
