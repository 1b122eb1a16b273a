"""The command-line arguments of one job of a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_lightning.config_keys import row_of
from fer_lightning.run.config.override_grammar import quote

# settings of the sweep that do not concern its jobs
SWEEP_KEYS = (
    *("hydra.mode=", "hydra.run.", "hydra.sweep.", "hydra.sweeper", "hydra/sweeper"),
    *("hydra.launcher", "hydra/launcher"),
)
NAME = "sweep_name="
DOUBLE = '"'  # shells add their own quotes around it: 'hydra.run.dir="..."'


def job_arguments(overrides: Sequence[str], hydra: Any, sweep_name: str, folder: Path, resume: bool) -> list[str]:
    """Returns the arguments of fer-train for the job.

    Args:
        overrides: of the job.
        hydra: the `hydra` part of the sweep's or the job's config.
        sweep_name: the group in W&B.
        folder: the job's.
        resume: resume the run in the folder, with its own config but the given data paths.
    """
    # `--config-dir`, which Hydra keeps among the sources of the config
    given = [source.path for source in hydra.runtime.config_sources if source.provider == "command-line"]
    words = [f"--config-dir={path}" for path in given]
    words += [word for word in hydra.overrides.hydra if not word.lstrip("+~").startswith(SWEEP_KEYS)]
    if resume:
        keys = {word: row_of(word.lstrip("+").partition("=")[0]) for word in overrides}
        places = [word for word, row in keys.items() if row.place and row.on_resume]
        return [*words, *places, f"resume={quote(folder, DOUBLE)}", "hydra.mode=RUN"]
    rest = [word for word in overrides if not word.startswith(NAME)]
    typed = [word.removeprefix(NAME).strip("'\"") for word in overrides if word.startswith(NAME)]
    # quoted, as a name such as 2026 is no number
    name = f"{NAME}{quote(typed[-1] if typed and typed[-1] else sweep_name, DOUBLE)}"
    return [*words, *rest, name, f"hydra.run.dir={quote(folder, DOUBLE)}", "hydra.mode=RUN"]
