"""Validates a composed config before objects are built from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fer_lightning.config_keys import TOP_LEVEL, GroupKind, groups
from fer_lightning.errors import FerError, choices
from fer_lightning.run.artifacts.run_figures import FIGURE_FILES
from fer_lightning.run.checkpoint.trusted_packages import parse_trusted
from fer_lightning.run.config.paper_results import check_paper
from fer_lightning.run.config.signature_check import check_targets

MODES = ("min", "max")


def validate_config(config: Mapping[str, Any]) -> None:
    """Checks for invalid values and unknown keys.

    Raises:
        FerError: for the first fault, naming the key, the choices and the way out.
    """
    known = [key.path for key in TOP_LEVEL]
    for key in config:
        if key not in known:
            raise FerError(f"{key}: unknown key; choose among {choices(known, key)}")
    for group in groups(GroupKind.ONE):
        if "_target_" not in (config.get(group) or {}):
            raise FerError(f"{group}: nothing to build; choose one of its options, as in {group}=NAME")
    for group in groups(GroupKind.OPTIONAL):
        if config.get(group) and "_target_" not in config[group]:
            raise FerError(f"{group}: no _target_ says what to build; choose one of its options, as in {group}=none")
    check_named_groups(config)
    _check_values(config)
    check_targets(config)


def check_named_groups(config: Mapping[str, Any]) -> None:
    """Checks groups of named objects: each must be buildable, and no page may replace another figure.

    Raises:
        FerError: for the first fault, naming the key and the way out.
    """
    for group in groups(GroupKind.SEVERAL):
        for name, node in (config.get(group) or {}).items():
            if not isinstance(node, Mapping) or "_target_" not in node:
                raise FerError(f"{group}.{name}: no _target_ says what to build; remove it, or name a class")
            if group == "pages" and f"{name}.png" in FIGURE_FILES.values():
                raise FerError(f"pages.{name}: {name}.png is another picture of every run; give the page another name")


def _check_values(config: Mapping[str, Any]) -> None:
    monitor, seed = str(config.get("monitor")), config.get("seed")
    if not monitor.startswith("val/"):
        raise FerError(f"monitor={monitor}: only validation chooses a checkpoint or ends training; take val/accuracy")
    if config.get("mode") not in MODES:
        raise FerError(f"mode={config.get('mode')}: choose among {choices(MODES)}")
    if monitor == "val/loss" and config.get("mode") == "max":
        raise FerError("monitor=val/loss is better when lower: set mode=min")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise FerError(f"seed={seed}: choose a whole number from 0 to {2**32 - 1}")
    for stage in ("train", "val", "test"):
        if config["trainer"].get(f"limit_{stage}_batches") == 0:
            raise FerError(f"trainer.limit_{stage}_batches=0: a run trains, validates and tests; leave it a batch")
    if not isinstance(config.get("init_from"), str | None):
        raise FerError(f"init_from={config['init_from']}: name a file, such as logs/demo/checkpoints/best.ckpt")
    check_paper(config.get("paper"))
    parse_trusted(config.get("trust"))
    names = list(config["data"].get("class_names") or [])
    if len(names) < 2 or len(set(names)) < len(names):
        raise FerError(f"data.class_names={names}: name at least two classes, each once")
