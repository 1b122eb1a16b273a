"""Times the steps of a training and its waits for data, in Lightning's loop and in a bare one alike."""

from __future__ import annotations

import time
from pathlib import Path

from pytorch_lightning.profilers import Profiler

from tools.performance.step_times import StepTimes

STEP, WAIT = "run_training_batch", "[_TrainingEpochLoop].train_dataloader_next"


class StepTimer(Profiler):
    """Lightning's profiler hook as a stopwatch: `trainer.profiler={_target_: ..., path: FILE}`.

    Args:
        path: the JSON file that is written when the training ends.
    """

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = Path(path)
        self.times = StepTimes()
        self._begun: dict[str, tuple[float, float]] = {}

    def start(self, action_name: str) -> None:
        """Notes the time at which a step or a wait begins."""
        if action_name in (STEP, WAIT):
            self._begun[action_name] = time.monotonic(), time.process_time()

    def stop(self, action_name: str) -> None:
        """Notes a step or a wait that has ended."""
        if action_name in (STEP, WAIT):
            begun, cpu = self._begun[action_name]
            spans = self.times.steps if action_name == STEP else self.times.waits
            spans.append((begun, time.monotonic()))
            if action_name == STEP:
                self.times.cpu.append((cpu, time.process_time()))

    def teardown(self, stage: str | None) -> None:
        """Writes the file at the end of the training; the test that follows is not timed."""
        if stage == "fit":
            self.times.write(self.path)
        super().teardown(stage)
