"""The table of valid ranges of numbers in a config: numbers are finite, and most are 0 or more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fer_lightning.errors import FerError


class Range(NamedTuple):
    """A range from `low` to `high`, both included by default.

    Attributes:
        low: lower bound.
        high: upper bound; infinity means no limit.
        above: whether `low` is excluded.
        below: whether `high` is excluded.
        meaning: special meaning of the lowest number, such as "no limit".
    """

    low: float
    high: float = math.inf
    above: bool = False
    below: bool = False
    meaning: str = ""

    def holds(self, value: float) -> bool:
        """Whether the number lies in the range."""
        enough = value > self.low if self.above else value >= self.low
        return enough and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        least = f"above {self.low:g}" if self.above else f"{self.low:g}{self.meaning and f' ({self.meaning})'}"
        if math.isinf(self.high):
            return f"{least}{'' if self.above else ' or more'}"
        return f"{least} to {'below ' if self.below else ''}{self.high:g}"


ANY = Range(-math.inf)
AT_LEAST_0, AT_LEAST_1 = Range(0), Range(1)
UNLIMITED = Range(-1, meaning="no limit")
# libraries whose numbers are 0 or more unless listed below; other libraries check their own numbers
COUNTING = ("fer_lightning.", "torch.optim.", "timm.optim.", "pytorch_lightning.")
# (class or function, parameter) to its range, where it differs or the library checks it late or never
RANGES: dict[tuple[str, str], Range] = {
    ("CrossEntropyLoss", "label_smoothing"): Range(0, 1, below=True),
    ("SGD", "momentum"): Range(0, 1, below=True),
    ("EarlyLearningLoss", "momentum"): Range(0, 1, below=True),
    ("Muon", "momentum"): Range(0, 1, below=True),
    ("Trainer", "gradient_clip_val"): AT_LEAST_0,
    ("Trainer", "max_epochs"): UNLIMITED,
    ("Trainer", "max_steps"): UNLIMITED,
    ("Trainer", "devices"): Range(-1, meaning="all"),
    ("Trainer", "num_sanity_val_steps"): Range(-1, meaning="all"),
    ("Trainer", "num_nodes"): AT_LEAST_1,
    ("Trainer", "accumulate_grad_batches"): AT_LEAST_1,
    ("Trainer", "check_val_every_n_epoch"): AT_LEAST_1,
    ("Trainer", "log_every_n_steps"): AT_LEAST_1,
    ("Trainer", "val_check_interval"): Range(0, above=True),
    ("ModelCheckpoint", "save_top_k"): Range(-1, meaning="all"),
    ("ModelSummary", "max_depth"): Range(-1, meaning="all"),
    ("RichModelSummary", "max_depth"): Range(-1, meaning="all"),
    # starting values of weights, factors and angles
    ("Cnn", "bias"): ANY,
    ("StnCnn", "bias"): ANY,
    ("FrrCnn", "angles"): ANY,
    ("NineViews", "degrees"): ANY,
}


def find_range(target: str, parameter: str) -> Range:
    """Returns the range of a parameter of a `_target_`, which also holds for numbers nested in it."""
    if not target.startswith((*COUNTING, "torch.nn.")):
        return ANY
    default = AT_LEAST_0 if target.startswith(COUNTING) else ANY
    return RANGES.get((target.rpartition(".")[2], parameter), default)


def check_numbers(path: str, node: Mapping[str, Any]) -> None:
    """Checks every number of a node with a `_target_`, also in lists and maps, but not in nested nodes.

    Args:
        path: of the node in the config, for the message.
        node: plain data.

    Raises:
        FerError: a number is nan, infinite or out of its range.
    """
    for parameter, value in node.items():
        allowed = find_range(str(node["_target_"]), parameter)
        for place, number in iter_numbers(value, f"{path}.{parameter}"):
            if not math.isfinite(number):
                wanted = "a number" if allowed is ANY else str(allowed)
                raise FerError(f"{place}={number}: it must be finite, choose {wanted}")
            if not allowed.holds(number):
                raise FerError(f"{place}={number}: choose {allowed}")


def iter_numbers(value: Any, path: str) -> Iterator[tuple[str, float]]:
    """Yields every number with its dotted path; booleans are not numbers."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value
    elif isinstance(value, Mapping) and "_target_" not in value:
        for key, inner in value.items():
            yield from iter_numbers(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from iter_numbers(inner, f"{path}.{number}")
