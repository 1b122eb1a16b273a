"""The measurements of one round: fer-train, the bare loop, prediction and start-up, each a process of its own."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import albumentations

from fer_lightning.run.build import make
from fer_lightning.run.config.compose import compose_job
from tools.performance.child_process import Measured, run
from tools.performance.figures import BARE, OURS
from tools.performance.step_times import StepTimes

MANY_FACES = "data.faces._target_=tools.performance.many_faces.read"
TRAIN = ("-m", "fer_lightning.commands.train")
IMPORTS = "import torch, pytorch_lightning, hydra"
MEGABYTE = 1e6
Key = tuple[str, str, str, int | None, str]
Values = dict[Key, float]


@dataclass(frozen=True)
class Settings:
    """How it is measured.

    Attributes:
        sizes: images of the data sets, ascending; the first is also trained on without augmentation.
        rounds: of every measurement.
        steps: counted training steps; one more warms up.
        batch_size: images per step.
        threads: of every process.
        precision: 32-true or bf16-mixed.
        widths: of the ResNet's stages.
        calls: batch size of a prediction -> calls per round.
    """

    sizes: tuple[int, ...]
    rounds: int
    steps: int
    batch_size: int
    threads: int
    precision: str
    widths: tuple[int, ...] = (64, 128, 256)
    calls: tuple[tuple[int, int], ...] = ((1, 100), (64, 10))


class Bench:
    """Measures in a scratch folder, which holds the data sets: 2.3 kB per image.

    Args:
        settings: how.
        scratch: an empty folder.
    """

    def __init__(self, settings: Settings, scratch: Path) -> None:
        self.settings = settings
        self.scratch = scratch
        self.runs = 0

    def prepare(self, images: int) -> None:
        """Makes the data set and a checkpoint, and warms up the caches of the machine."""
        self._train(images, "flip_crop", self._folder(images))
        for augment in ("flip_crop", "none"):
            self._write_settings(images, augment)

    def round(self) -> Values:
        """One value of every figure; ours and bare in turn."""
        values: Values = {}
        for images in self.settings.sizes:
            for augment in ("none", "flip_crop") if images == self.settings.sizes[0] else ("flip_crop",):
                values |= self._training(images, augment)
            values |= self._prediction(images)
        return values | self._start_up()

    def _training(self, images: int, augment: str) -> Values:
        variant = f"augment={augment}"
        values: Values = {}
        for side, measure in ((OURS, self._train), (BARE, self._bare)):
            folder = self._next_folder()
            measured, times = measure(images, augment, folder)
            batch_size = self.settings.batch_size
            found = {
                ("training_images_per_second", "images/s"): times.images_per_second(batch_size),
                ("training_images_per_cpu_second", "images/s"): times.images_per_cpu_second(batch_size),
                ("waiting_share", ""): times.waiting_share,
                ("seconds_to_first_step", "s"): times.first_step - measured.started,
                ("cpu_seconds_to_first_step", "s"): times.cpu_before_first_step,
            }
            values |= {(name, side, unit, images, variant): value for (name, unit), value in found.items()}
            values |= _memory("training", measured, side, images, variant)
        return values

    def _train(self, images: int, augment: str, folder: Path) -> tuple[Measured, StepTimes]:
        folder.mkdir(parents=True, exist_ok=True)
        timer = f"{{_target_: tools.performance.step_timer.StepTimer, path: {folder / 'times.json'}}}"
        words = [*self._overrides(images, augment), f"hydra.run.dir={folder}", f"trainer.profiler={timer}"]
        measured = self._run([*TRAIN, *words], images, folder)
        return measured, StepTimes.read(folder / "times.json")

    def _bare(self, images: int, augment: str, folder: Path) -> tuple[Measured, StepTimes]:
        folder.mkdir(parents=True)
        settings = self.scratch / f"bare-{augment}.json"
        words = [str(self._faces(images)), str(settings), str(folder / "times.json")]
        measured = self._run(["-m", "tools.performance.bare_loop", *words], images, folder)
        return measured, StepTimes.read(folder / "times.json")

    def _prediction(self, images: int) -> Values:
        folder = self._next_folder()
        folder.mkdir(parents=True)
        calls = ",".join(f"{batch}:{count}" for batch, count in self.settings.calls)
        ckpt, pixels = self._folder(images) / "checkpoints" / "best.ckpt", self._faces(images) / "pixels.npy"
        words = [str(ckpt), str(pixels), calls, str(folder / "seconds.json")]
        measured = self._run(["-m", "tools.performance.prediction", *words], images, folder)
        found = json.loads((folder / "seconds.json").read_text(encoding="utf-8"))
        names = {"wall": "prediction_milliseconds", "cpu": "prediction_cpu_milliseconds"}
        values = {
            (name, side, "ms", images, f"batch={batch}"): 1000 * statistics.median(seconds[clock])
            for batch, sides in found.items()
            for side, seconds in sides.items()
            for clock, name in names.items()
        }
        return values | _memory("prediction", measured, OURS, images, "")

    def _start_up(self) -> Values:
        """Whole processes; the imports that every Lightning project with Hydra has, beside them."""
        images = self.settings.sizes[0]
        words = self._overrides(images, "none")
        commands = {
            ("fer-train --help", OURS): [*TRAIN, "--help"],
            ("fer-train --cfg job", OURS): [*TRAIN, *words, "--cfg", "job"],
            ("import of torch, pytorch_lightning and hydra", BARE): ["-c", IMPORTS],
        }
        values: Values = {}
        for (variant, side), command in commands.items():
            folder = self._next_folder()
            folder.mkdir(parents=True)
            measured = self._run(command, images, folder)
            values["process_seconds", side, "s", None, variant] = measured.seconds
            values["process_cpu_seconds", side, "s", None, variant] = measured.cpu_seconds
        return values

    def _overrides(self, images: int, augment: str) -> list[str]:
        chosen = self.settings
        return [
            *("data=synthetic", MANY_FACES, f"data.faces.images={images}", "model=resnet", f"augment={augment}"),
            *("optimizer=sgd", "scheduler=constant", "trainer=cpu", f"trainer.precision={chosen.precision}"),
            *("trainer.max_epochs=1", "trainer.limit_val_batches=1", "trainer.limit_test_batches=1"),
            *("trainer.enable_progress_bar=false", "logger=csv", f"data.batch_size={chosen.batch_size}"),
            f"data.epoch_images={chosen.batch_size * (chosen.steps + 1)}",
            f"model.net.widths=[{','.join(map(str, chosen.widths))}]",
        ]

    def _write_settings(self, images: int, augment: str) -> None:
        """The bare loop's settings, from the config that fer-train composes."""
        config = compose_job(self._overrides(images, augment), self.scratch / "composed").config
        chain = make("augment", config["augment"]).chain
        plain: dict[str, Any] = {
            "net": {name: value for name, value in config["model"]["net"].items() if not name.startswith("_")},
            "optimizer": {name: value for name, value in config["optimizer"].items() if not name.startswith("_")},
            "transforms": albumentations.to_dict(chain) if chain.transforms else None,
            **{"batch_size": self.settings.batch_size, "steps": self.settings.steps + 1},
            "precision": self.settings.precision,
        }
        (self.scratch / f"bare-{augment}.json").write_text(json.dumps(plain), encoding="utf-8")

    def _run(self, command: Sequence[str], images: int, folder: Path) -> Measured:
        threads = str(self.settings.threads)
        variables = {
            **{"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "WANDB_MODE": "offline"},
            **{"FER_CACHE": str(self._cache(images)), "FER_LOGS": str(self.scratch / "logs")},
        }
        return run([sys.executable, *command], variables, folder / "printed.txt")

    def _folder(self, images: int) -> Path:
        return self.scratch / "prepared" / str(images)

    def _cache(self, images: int) -> Path:
        return self.scratch / "cache" / str(images)

    def _faces(self, images: int) -> Path:
        """The cached FaceSet of this size."""
        (pixels,) = self._cache(images).glob("many_faces-*/pixels.npy")
        return pixels.parent

    def _next_folder(self) -> Path:
        self.runs += 1
        return self.scratch / "measured" / str(self.runs)


def _memory(name: str, measured: Measured, side: str, images: int, variant: str) -> Values:
    seen = {"peak": measured.peak, "anonymous": measured.anonymous}
    return {
        (f"{name}_{kind}_memory", side, "MB", images, variant): value / MEGABYTE
        for kind, value in seen.items()
        if value is not None
    }
