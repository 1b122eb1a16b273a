"""The words by which one job of a sweep runs alone, in a process of its own."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# how the sweep itself runs, which is not its jobs' affair
OWN = (
    *("hydra.mode=", "hydra.run.", "hydra.sweep.", "hydra.sweeper", "hydra/sweeper"),
    *("hydra.launcher", "hydra/launcher"),
)


NAME = "sweep_name="


def job_arguments(overrides: Sequence[str], hydra: Any, sweep_name: str, folder: Path, resume: bool) -> list[str]:
    """The arguments of fer-train for the job.

    Args:
        overrides: of the job.
        hydra: the `hydra` part of the sweep's or the job's config.
        sweep_name: by which W&B groups it.
        folder: the job's.
        resume: go on with the run that lies there; its own config then counts.
    """
    # `--config-dir`, which Hydra keeps among the sources of the config
    given = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
    words = [f"--config-dir={path}" for path in given]
    words += [word for word in hydra.overrides.hydra if not word.lstrip("+~").startswith(OWN)]
    if resume:
        return [*words, f"resume={_quoted(folder)}", "hydra.mode=RUN"]
    rest = [word for word in overrides if not word.startswith(NAME)]
    typed = [word.removeprefix(NAME).strip("'\"") for word in overrides if word.startswith(NAME)]
    # in quotes, for 2026 is a name and no number
    name = f"{NAME}{_quoted(typed[-1] if typed and typed[-1] else sweep_name)}"
    return [*words, *rest, name, f"hydra.run.dir={_quoted(folder)}", "hydra.mode=RUN"]


def _quoted(text: str | os.PathLike[str]) -> str:
    """As Hydra reads it: a comma or an equals sign in a name would be grammar."""
    return '"' + str(text).replace('"', '\\"') + '"'
