"""The result that a paper reports, under `paper` in a config: its format, and the model that it is for."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

TEXTS = ("title", "table", "row", "column", "metric", "model")
KEYS = (*TEXTS, "value")


def check_paper(paper: Any) -> None:
    """Checks keys and values; every key is optional, and so is the whole map.

    Raises:
        FerError: an unknown key, a value of the wrong type, or a result that is no fraction.
    """
    if paper is None:
        return
    if not isinstance(paper, Mapping):
        raise FerError(f"paper={paper}: give a map of {choices(KEYS)}, or null")
    for key, value in paper.items():
        if key not in KEYS:
            raise FerError(f"paper.{key}: unknown key; choose among {choices(KEYS, key)}")
        if key in TEXTS and not isinstance(value, str | None):
            raise FerError(f"paper.{key}={value}: it must be a text; numbers stand in quotes")
    value = paper.get("value")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1):
        raise FerError(f"paper.value={value}: give the fraction, as in 0.9451 for 94.51 %")


def select_paper_result(paper: Mapping[str, Any] | None, model: object) -> dict[str, Any] | None:
    """Returns the paper's result for `model`; None if `paper.model` is another one."""
    if paper is None:
        return None
    if paper.get("model") not in (None, model):
        log.info("the paper's figure is of model=%s and left out: this is %s", paper["model"], model)
        return None
    return dict(paper)
