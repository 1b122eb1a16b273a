"""One table of what every net costs: `python -m tools.cost`, or `make cost`."""

from __future__ import annotations

import argparse
import math
import os
import platform
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from hydra.errors import HydraException
from omegaconf.errors import OmegaConfBaseException

from fer_lightning.errors import FerError, choices
from fer_lightning.results.printing import write_plain
from fer_lightning.run.build import build_module, check_loss
from fer_lightning.run.config.compose import compose_job, conf_dir, list_options
from fer_lightning.run.config.override_errors import explain
from fer_lightning.run.config.validate_config import validate_config
from fer_lightning.training.learner import Learner
from tools.cost_table import Cost, Setting, table, write_csv, write_markdown
from tools.net_benchmark import PRECISIONS, ROUNDS, measure

CHOSEN = ("data=fer2013", "trainer=cpu")  # seven class names; nothing is read from disk
# what of a config its cost depends on; the precision has an option of its own
READ = ("model", "loss", "optimizer", "data", "trainer.channels_last")
# how composing, building and stepping a net fail; the last two are torch's, for shapes, memory and values
REFUSALS = (FerError, HydraException, OmegaConfBaseException, RuntimeError, ValueError)


def build(model: str, overrides: Sequence[str] = ()) -> Learner:
    """The module of `fer-train model=MODEL`, on the processor, in the memory layout that the trainer gives it.

    Args:
        model: an option of the group.
        overrides: of its config, as on the command line.

    Raises:
        FerError: any mistake in its YAML or its net.
    """
    job = compose_job([f"model={model}", *CHOSEN, *overrides], Path())
    validate_config(job.config)
    torch.manual_seed(job.config["seed"])
    module = build_module(job.config, job.config["data"]["class_names"])
    check_loss(module, job.config, str(job.choices["loss"]))
    return module.to(memory_format=torch.channels_last) if job.config["trainer"]["channels_last"] else module


def costs(
    models: Sequence[str], batch: int, seconds: float, precision: str, overrides: Sequence[str] = ()
) -> list[Cost]:
    """The cost of each model; says on stderr which one it is at.

    Raises:
        FerError: one does not build or train; all are built before the first is measured.
    """
    for model in models:
        with _naming(model, overrides):
            build(model, overrides)
    found = []
    for number, model in enumerate(models, start=1):
        print(f"{number} of {len(models)}: {model}", file=sys.stderr)
        with _naming(model, overrides):
            found.append(measure(build(model, overrides), model, batch, seconds, precision))
    return found


def machine() -> str:
    """The processor, how many of them, and the vector instructions that torch uses: what decides the rates."""
    cpuinfo = Path("/proc/cpuinfo")  # Linux alone has it, and there platform.processor() is often empty
    named = re.search(r"^model name\s*: (.+)$", cpuinfo.read_text(), re.M) if cpuinfo.is_file() else None
    name = named[1].strip() if named else platform.processor() or platform.machine()
    count = os.cpu_count() or 1
    return f"{name}, {count} processor{'s' * (count > 1)}, {torch.backends.cpu.get_cpu_capability()}"


def main() -> None:
    """Reads sys.argv; prints the table and writes what is asked for; a mistake ends it with 1 and writes nothing."""
    asked = _parser().parse_intermixed_args()
    try:
        models = _chosen(asked.models)
        _check(asked)
        torch.set_num_threads(asked.threads)
        measured = costs(models, asked.batch, asked.seconds, asked.precision, tuple(asked.overrides))
    except FerError as mistake:
        print(f"error: {mistake}", file=sys.stderr)
        sys.exit(1)
    how = asked.threads, asked.precision, asked.batch
    setting = Setting(machine(), str(torch.__version__), *how, ROUNDS, tuple(asked.overrides))
    write_plain(table(measured, setting), sys.stdout)
    if asked.out:
        write_markdown(measured, setting, asked.out)
    if asked.csv:
        write_csv(measured, setting, asked.csv)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description="The cost of every net.")
    parser.add_argument(
        "overrides", nargs="*", metavar="KEY=VALUE", help="of every model, as in model.net.batch_norm=true"
    )
    parser.add_argument("--models", metavar="A,B", help="options of the group model; all of them by default")
    parser.add_argument("--batch", type=int, default=16, help="images of a step (16, paper B's)")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="torch's own choice by default")
    parser.add_argument("--precision", choices=PRECISIONS, default=PRECISIONS[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement, two a net (5)")
    parser.add_argument("--out", type=Path, metavar="FILE.md", help="write the table as Markdown, too")
    parser.add_argument("--csv", type=Path, metavar="FILE.csv", help="write the figures as CSV, too")
    return parser


def _chosen(listed: str | None) -> list[str]:
    known = list_options("model")
    models = known if listed is None else list(dict.fromkeys(listed.split(",")))
    for model in models:
        if model not in known:
            place = conf_dir() / "model" / f"{model}.yaml"
            raise FerError(f"--models {listed}: no {place}; choose among {choices(known, model)}")
    return models


def _check(asked: argparse.Namespace) -> None:
    """Raises FerError for what would fail, or measure nothing, at the end of the minutes that measuring takes."""
    for word in asked.overrides:
        key, equals, _ = word.lstrip("+~").partition("=")
        if not equals and not word.startswith("~"):
            raise FerError(f"{word}: give KEY=VALUE, as in model.net.batch_norm=true; models stand behind --models")
        if key == "model":
            raise FerError(f"{word}: models stand behind --models, as in --models {word.partition('=')[2] or 'cnn'}")
        if not any(key == read or key.startswith(f"{read}.") for read in READ):
            raise FerError(f"{word}: the cost depends on no such key; choose among those of {choices(READ, key)}")
    for option in ("batch", "threads"):
        if getattr(asked, option) < 1:
            raise FerError(f"--{option} {getattr(asked, option)}: choose 1 or more")
    if not 0 < asked.seconds < math.inf:
        raise FerError(f"--seconds {asked.seconds:g}: choose more than 0, such as 5")
    for option in ("out", "csv"):
        if path := getattr(asked, option):
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as refusal:
                raise FerError(f"--{option} {path}: {refusal}") from refusal
            if path.is_dir():
                raise FerError(f"--{option} {path} is a folder: name a file in it")


@contextmanager
def _naming(model: str, overrides: Sequence[str] = ()) -> Iterator[None]:
    """Turns what is wrong with a net into one error that names its file and those that may be measured without it.

    Where overrides were typed they are named instead: the file may be right.
    """
    try:
        yield
    except REFUSALS as refusal:
        typed = [f"model={model}", *overrides]
        cause = str(refusal) if isinstance(refusal, FerError) else explain(refusal, "train", typed)
        others = [other for other in list_options("model") if other != model]
        if overrides:
            way_out = "An override is of every model: mend it, or name those that take it behind --models"
            raise FerError(f"{' '.join(typed)}: {cause}\n{way_out}") from refusal
        place = f"{conf_dir() / 'model' / model}.yaml"
        named = cause if cause.startswith(place) else f"{place}: {cause}"
        raise FerError(f"{named}\nMend it, or leave it out: --models {','.join(others)}") from refusal


if __name__ == "__main__":
    main()
