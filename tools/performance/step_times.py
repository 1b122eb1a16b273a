"""When each step of a training and each wait for its data began and ended: written by one process, read by another."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

Span = tuple[float, float]


@dataclass
class StepTimes:
    """Spans in seconds: of the machine's monotonic clock, which all processes share, or of this process's own time.

    Attributes:
        steps: forward, loss, backward and optimizer step of each batch.
        waits: until the batch of each step was there.
        cpu: the steps in processor time of all threads since the process began: other programs take none of it.
    """

    steps: list[Span] = field(default_factory=list)
    waits: list[Span] = field(default_factory=list)
    cpu: list[Span] = field(default_factory=list)

    def write(self, path: Path) -> None:
        """Writes a JSON file."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> StepTimes:
        """What `write` wrote."""
        plain = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{name: [(begin, end) for begin, end in spans] for name, spans in plain.items()})

    @property
    def first_step(self) -> float:
        """When the first training step began."""
        return self.steps[0][0]

    @property
    def cpu_before_first_step(self) -> float:
        """Processor time from the start of the process to its first training step."""
        return self.cpu[0][0]

    @property
    def seconds(self) -> float:
        """From the end of the first step, which warms up, to the end of the last."""
        return self.steps[-1][1] - self.steps[0][1]

    def images_per_second(self, batch_size: int) -> float:
        """Images of all steps but the first, over `seconds`."""
        return batch_size * (len(self.steps) - 1) / self.seconds

    def images_per_cpu_second(self, batch_size: int) -> float:
        """The same over the processor time of these steps and the waits between them."""
        return batch_size * (len(self.cpu) - 1) / (self.cpu[-1][1] - self.cpu[0][1])

    @property
    def waiting_share(self) -> float:
        """Share of `seconds` that the loop waited for data, 0..1."""
        return sum(end - begin for begin, end in self.waits[1 : len(self.steps)]) / self.seconds
