"""`init_from=CKPT`: initialises a net with the weights of another run, whose classes may differ."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.run.checkpoint.restore import read_checkpoint
from fer_lightning.run.checkpoint.training_images import merge_trained_images, read_trained_images
from fer_lightning.training.learner import Learner

log = logging.getLogger(__name__)

NET = "net."  # normalisation and class weights depend on the training images of this run


def load_initial_weights(module: Learner, path: Path) -> list[str]:
    """Loads every tensor of the net that matches, and logs which were loaded and which are new.

    Tensors are matched by name and shape. Rows of the logits layer are matched by class name, so that a class keeps its
    weights if its index changes; rows of unknown classes stay new. If the saved net is a submodule of this net, such
    as the EDSR in paper B's systems, that submodule gets the weights. The images that trained the saved net count as
    training images of this one.

    Returns:
        The names of the loaded tensors.

    Raises:
        FerError: no checkpoint of this package, or none of its tensors matches.
    """
    saved = read_checkpoint(path, key="init_from")
    weights = {name.removeprefix(NET): value for name, value in saved["state_dict"].items() if name.startswith(NET)}
    part = _find_submodule(saved["fer_config"]["model"].get("net") or {}, module.net)
    theirs = {f"{part}.{name}" if part else name: value for name, value in weights.items()}
    ours = module.net.state_dict()
    parameters = {name for name, _ in module.net.named_parameters()}  # buffers such as counters match in any net
    old = list(saved["fer_config"]["class_names"])
    other_classes = bool(module.predicted_classes) and old != list(module.class_names) and not part
    head = _find_head(module) if other_classes else ""
    loaded, new = [], []
    for name, value in ours.items():
        other = theirs.get(name)
        rows = other is not None and other.shape == (len(old), *value.shape[1:])  # one row per class of the checkpoint
        if other is not None and rows and head and name.rpartition(".")[0] == head:
            known, strange = _copy_rows(value, other, module.class_names, old)
            loaded += [f"{name} ({choices(known)})"] if known else []
            new += [f"{name} ({choices(strange)})"] if strange else []
        elif other is not None and other.shape == value.shape:
            value.copy_(other)
            loaded.append(name)
        else:
            new.append(name if other is None else f"{name} ({_format_shape(value)}, not {_format_shape(other)})")
    if not any(name.partition(" ")[0] in parameters for name in loaded):
        raise FerError(
            f"init_from={path}: none of its {len(theirs)} weights fits this net: it has {choices(list(theirs)[:3])}, "
            f"the net has {choices(list(ours)[:3])}; choose a checkpoint of the same model"
        )
    module.trained_images = merge_trained_images(module.trained_images, read_trained_images(saved, path))
    log.info("init_from=%s: %d tensors loaded: %s", path, len(loaded), choices(loaded))
    log.info("init_from: %d new, as the model starts them: %s", len(new), choices(new))
    return loaded


def _find_submodule(saved: Mapping[str, Any], net: nn.Module) -> str:
    """Returns the name of the submodule of the saved net's class; empty for `net` itself or if there is none."""
    made = str(saved.get("_target_"))
    alike = (name for name, part in net.named_modules() if f"{type(part).__module__}.{type(part).__qualname__}" == made)
    return next(alike, "")


def _copy_rows(
    ours: Tensor, theirs: Tensor, names: Sequence[str], their_names: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Copies the rows of the shared classes; returns shared and other classes."""
    known = [name for name in names if name in their_names]
    for name in known:
        ours[list(names).index(name)] = theirs[their_names.index(name)]
    return known, [name for name in names if name not in their_names]


def _find_head(module: Learner) -> str:
    """Returns the name of the layer that computes the logits: the last one with weights in a forward pass."""
    passed: list[str] = []
    hooks = [
        part.register_forward_hook(lambda *_, name=name: passed.append(name))
        for name, part in module.net.named_modules()
        if any(True for _ in part.parameters(recurse=False))
    ]
    spec, training = module.input, module.training
    with torch.no_grad():
        module.eval()(torch.zeros(1, spec.channels, spec.size, spec.size))
    module.train(training)
    for hook in hooks:
        hook.remove()
    return passed[-1]


def _format_shape(value: Tensor) -> str:
    return "x".join(map(str, value.shape)) or "single"
