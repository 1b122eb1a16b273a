"""Checks that fer-eval has all required keys, before torch is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_lightning.errors import FerError, choices
from fer_lightning.run.checkpoint.trusted_packages import parse_trusted
from fer_lightning.run.config.compose import list_options
from fer_lightning.run.config.paper_results import check_paper


def check_required_keys(config: Mapping[str, Any]) -> None:
    """Checks `ckpt`, `data`, `paper` and `trust`.

    Raises:
        FerError: `ckpt` or `data` is not set, `paper` has an invalid entry, or `trust` is no package.
    """
    if not config.get("ckpt"):
        raise FerError("ckpt is not set: name a checkpoint, as in ckpt=logs/runs/<time>/checkpoints/best.ckpt")
    if not config.get("data"):
        raise FerError(
            f"data is not set: name a data set, as in data=fer2013; choose among {choices(list_options('data'))}"
        )
    check_paper(config.get("paper"))
    parse_trusted(config.get("trust"))
