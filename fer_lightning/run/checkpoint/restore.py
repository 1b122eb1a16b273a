"""Rebuilds a module from its checkpoint alone, using allowed targets only."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from fer_lightning.config_keys import IN_CHECKPOINT
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError
from fer_lightning.moved_paths import update_targets
from fer_lightning.run.build import build_module
from fer_lightning.run.checkpoint.allowed_targets import check_config, find_forbidden
from fer_lightning.run.checkpoint.builder import CONSTRUCTOR_ERRORS, Builder, report_constructor_errors
from fer_lightning.run.checkpoint.plain_data import (
    check_plain,
    check_shape,
    check_tensors,
    is_saved_by_training,
    shorten,
)
from fer_lightning.run.checkpoint.size_limits import check_numbers, limit_size
from fer_lightning.run.checkpoint.training_images import read_trained_images
from fer_lightning.run.checkpoint.trusted_packages import parse_trusted
from fer_lightning.run.checkpoint.zip_integrity import copy_checked_archive
from fer_lightning.training.learner import TRAINED_IMAGES, Learner


class RestoredModel(NamedTuple):
    """A module with its weights, its `fer_config` and its preprocessing.

    `fer_config` holds `config_keys.IN_CHECKPOINT`, `choices` and `class_names`.
    """

    module: Learner
    config: dict[str, Any]
    prepare: Prepare


def restore(path: Path, key: str = "ckpt", trust: Sequence[str] | str = ()) -> RestoredModel:
    """Loads the module saved in `path`, on the CPU, in eval mode.

    Args:
        path: the file, which may be untrusted, or the folder of a run.
        key: the override that named it, for messages.
        trust: packages, modules or classes that its config may name beside the allow list.

    Raises:
        FerError: no such file, a damaged one, not a checkpoint of this package, or a config that names what it may not.
    """
    trusted = parse_trusted(trust)
    path = find_checkpoint_file(path)
    saved = read_checkpoint(path, key)
    config = saved["fer_config"]
    check_config(config, IN_CHECKPOINT, trusted, str(path))
    check_numbers(config, IN_CHECKPOINT, str(path))
    make = Builder(str(path), trusted)
    weights = saved["state_dict"]
    with report_constructor_errors(str(path), "model"), limit_size(weights, str(path)):
        module = build_module(config, config["class_names"], make)
        prepare = cast(Prepare, make("preprocess", config["preprocess"]))
        if not (
            isinstance(module.net, nn.Module) and isinstance(module.loss, nn.Module) and isinstance(prepare, Prepare)
        ):
            raise FerError(f"{path}: its net, loss or preprocess is none; it is not written by fer-train")
    try:
        module.load_state_dict(weights)
    except (RuntimeError, AttributeError, TypeError, ValueError) as mismatch:
        raise FerError(f"{path}: its weights do not fit the net that it describes: {shorten(mismatch)}") from mismatch
    module.trained_images = read_trained_images(saved, path)
    return RestoredModel(module.eval(), config, prepare)


def find_checkpoint_file(path: Path) -> Path:
    """Returns the file itself; for the folder of a run, its best.ckpt."""
    return path / "checkpoints" / "best.ckpt" if path.is_dir() else path


def read_checkpoint(path: Path, key: str = "ckpt") -> dict[str, Any]:
    """Loads the content of a checkpoint of `fer-train` to the CPU, without building the net.

    Args:
        path: the file, or the folder of a run.
        key: the override that named it, for messages.

    Raises:
        FerError: no such file, cut off, damaged, or not a checkpoint of this package.
        OSError: it may not be read.
    """
    path = find_checkpoint_file(path)
    named = f"{key}={path}"
    if not path.is_file():
        raise FerError(f"{named}: no such file; a run keeps its best one in checkpoints/best.ckpt")
    with path.open("rb"):  # raises OSError for a file without read permission
        pass
    archive = copy_checked_archive(path, named)
    try:
        saved = torch.load(archive, map_location="cpu", weights_only=True)
    except (*CONSTRUCTOR_ERRORS, EOFError, pickle.UnpicklingError, struct.error) as damage:
        # torch suggests to load it without weights_only, which would run code from the file
        raise FerError(f"{named}: cut off, or no checkpoint that holds plain data only") from damage
    if not is_saved_by_training(saved) or {*IN_CHECKPOINT, "choices", "class_names"} - set(saved["fer_config"]):
        raise FerError(f"{named}: not written by fer-train, for it does not say how to rebuild its net")
    check_plain(saved["fer_config"], named)
    check_shape(saved["fer_config"], IN_CHECKPOINT, named)
    trained_on = {} if saved.get(TRAINED_IMAGES) is None else {TRAINED_IMAGES: saved[TRAINED_IMAGES]}
    check_tensors({**saved["state_dict"], **trained_on}, named)
    return {**saved, "fer_config": update_targets(saved["fer_config"])}


def describe_restore_needs(config: Mapping[str, Any]) -> str | None:
    """Describes the packages to trust, or why only fer-train can load the checkpoint; None if neither is needed.

    Args:
        config: of a training, plain and resolved, whose targets can be imported.
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
