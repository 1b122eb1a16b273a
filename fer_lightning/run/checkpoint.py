"""Rebuilds a module from its checkpoint alone, and from nothing that the checkpoint should not name."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from fer_lightning.config_keys import IN_CHECKPOINT
from fer_lightning.errors import FerError, choices
from fer_lightning.run.build import build_module
from fer_lightning.run.targets import located, nodes
from fer_lightning.training.learner import Learner

# A checkpoint comes from anywhere. These make nets, losses and transforms, and run nothing of the sender's choice.
OURS = ("fer_lightning.nets", "fer_lightning.training", "fer_lightning.data.preprocess")
CLASSES = (*OURS, "torch.nn", "torch.optim", "torchvision.models", "albumentations")
# Functions of other places read and write files: these only build
FUNCTIONS = ("fer_lightning.training.schedules", "torchvision.models")
ALONE = ("timm.create_model",)


class Restored(NamedTuple):
    """A module with its weights, and its `fer_config`: `config_keys.IN_CHECKPOINT`, `choices` and `class_names`."""

    module: Learner
    config: dict[str, Any]


def restore(path: Path, key: str = "ckpt") -> Restored:
    """The module saved in `path`, on the CPU, in eval mode; `key` is the override that named it.

    Raises:
        FerError: no such file, not a checkpoint of this package, or a config that names what it may not.
    """
    saved = read_checkpoint(path, key)
    config = saved["fer_config"]
    for where, node in nodes(config):
        _refuse_unless_allowed(str(node["_target_"]), f"{path}: {where}._target_")
    _without_download(config)
    module = build_module(config, config["class_names"])
    try:
        module.load_state_dict(saved["state_dict"])
    except RuntimeError as mismatch:
        raise FerError(f"{path}: its weights do not fit the net that it describes: {mismatch}") from mismatch
    return Restored(module.eval(), config)


def read_checkpoint(path: Path, key: str = "ckpt") -> dict[str, Any]:
    """What `fer-train` saved in `path`, on the CPU; nothing is built from it.

    Args:
        path: the file.
        key: the override that named it, for messages.

    Raises:
        FerError: no such file, cut off, or not a checkpoint of this package.
        OSError: it may not be read.
    """
    if not path.is_file():
        raise FerError(f"{key}={path}: no such file; a run keeps its best one in checkpoints/best.ckpt")
    with path.open("rb"):  # a file that may not be read is not a damaged one
        pass
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as damage:
        # torch's advice, to load such a file all the same, would run what it holds
        raise FerError(f"{key}={path}: cut off, or no checkpoint that holds plain data only") from damage
    missing = {"fer_config", "state_dict"} - set(saved if isinstance(saved, Mapping) else ())
    if missing or {*IN_CHECKPOINT, "choices", "class_names"} - set(saved["fer_config"]):
        raise FerError(f"{key}={path}: not written by fer-train, for it does not say how to rebuild its net")
    return dict(saved)


def _refuse_unless_allowed(target: str, where: str) -> None:
    # the name decides before anything is imported, and then where the object was defined: a module's own imports
    # would otherwise be reachable through it, as in fer_lightning.run.compose.os.system
    if target in ALONE:
        return
    if _inside(target, CLASSES):
        found = located(target, where)
        home = str(getattr(found, "__module__", ""))
        function = inspect.isfunction(found) and _inside(target, FUNCTIONS)
        if (inspect.isclass(found) or function) and home.split(".")[0] in {place.split(".")[0] for place in CLASSES}:
            return
    raise FerError(f"{where}={target}: a checkpoint may name only what builds, of {choices([*CLASSES, *ALONE])}")


def _inside(target: str, places: Sequence[str]) -> bool:
    return any(target.startswith(f"{place}.") for place in places)


def _without_download(config: dict[str, Any]) -> None:
    # the weights follow from the checkpoint, so those of the net's makers need not be fetched again
    net = config["model"].get("net", {})
    if net.get("pretrained"):
        net["pretrained"] = False
