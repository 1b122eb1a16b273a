"""Says when a training begins what its checkpoint will need to be read again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_lightning.config_keys import IN_CHECKPOINT
from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.allowed_targets import find_forbidden
from fer_lightning.run.checkpoint.plain_data import check_plain
from fer_lightning.run.checkpoint.size_limits import check_numbers


def describe_restore_needs(config: Mapping[str, Any]) -> str | None:
    """One line for the log: the packages to trust, or why nothing but fer-train will read it; None where all is listed.

    `config` is a training's, plain and resolved, of which every target can be imported.
    """
    refused = list(find_forbidden(config, IN_CHECKPOINT, ()))
    packages = sorted({one.package for one in refused if one.package})
    try:
        check_plain({group: config[group] for group in IN_CHECKPOINT}, "this run")
        check_numbers(config, IN_CHECKPOINT, "this run")
    except FerError as odd:
        return f"fer-eval and fer_lightning.load will not read this run's checkpoint: {odd}"
    for remaining in find_forbidden(config, IN_CHECKPOINT, packages):
        return f"fer-eval and fer_lightning.load will not read this run's checkpoint: {remaining}"
    if not packages:
        return None
    return (
        f"this run's checkpoint names {' and '.join(packages)}: fer-eval and fer_lightning.load read it with "
        f"trust=[{','.join(packages)}], or without once the package registers its nets (docs/results.md, Checkpoints)"
    )
