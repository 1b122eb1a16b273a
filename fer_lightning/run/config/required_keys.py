"""Finds what fer-eval was not told, before anything heavy is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_lightning.errors import FerError, choices
from fer_lightning.run.checkpoint.trusted_packages import parse_trusted
from fer_lightning.run.config.compose import list_options
from fer_lightning.run.config.paper_results import check_paper


def check_required_keys(config: Mapping[str, Any]) -> None:
    """Looks for the checkpoint, the data set, and what a paper says.

    Raises:
        FerError: one of the first two is not set, the third is not written as reports read it, or `trust` names no
            package.
    """
    if not config.get("ckpt"):
        raise FerError("ckpt is not set: say which checkpoint, as in ckpt=logs/runs/<time>/checkpoints/best.ckpt")
    if not config.get("data"):
        raise FerError(
            f"data is not set: say on which data set, as in data=fer2013; choose among {choices(list_options('data'))}"
        )
    check_paper(config.get("paper"))
    parse_trusted(config.get("trust"))
