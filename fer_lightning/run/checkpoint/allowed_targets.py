"""The allow list of targets and arguments in the config of a checkpoint."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, get_type_hints

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

import fer_lightning.data.augment  # noqa: F401  # before albumentations, which would otherwise look for updates online
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.plain_data import MAX_NAME_LENGTH
from fer_lightning.run.checkpoint.trusted_packages import DOTTED_NAME, IMPORT_ERRORS, find_registered, is_inside
from fer_lightning.run.config.signature_check import check_values, get_known_parameters, iter_nodes
from fer_lightning.training.schedules import Schedule


class AllowedLocation(NamedTuple):
    """A package or module whose classes a checkpoint may name.

    Attributes:
        spelled: prefix of the target's name.
        defined: package in which the object itself must be defined.
        kinds: base classes of which a class must be a subclass.
        functions: whether functions annotated to return one of the kinds are allowed.
        positional: whether a node may have `_args_`; elsewhere they could bypass the checks of keys.
        imports: whether its modules may be imported; a registered package is limited to modules already imported.
    """

    spelled: str
    defined: str
    kinds: tuple[type, ...]
    functions: bool = False
    positional: bool = False
    imports: bool = True


LOCATIONS = (
    AllowedLocation("fer_lightning.nets", "fer_lightning.nets", (nn.Module,)),
    AllowedLocation(
        "fer_lightning.training", "fer_lightning.training", (nn.Module, Optimizer, Schedule), functions=True
    ),
    AllowedLocation("fer_lightning.data.preprocess", "fer_lightning.data.preprocess", (Prepare,)),
    AllowedLocation("torch.nn", "torch.nn.modules", (nn.Module,), positional=True),
    AllowedLocation("torch.optim", "torch.optim", (Optimizer, LRScheduler)),
    AllowedLocation("timm.optim", "timm.optim", (Optimizer,)),
)
USER_KINDS = (nn.Module, Optimizer, LRScheduler, Prepare, Schedule)  # base classes for the user's own packages
LAYER_COPIERS = "torch.nn.modules.transformer"  # its classes copy a layer a given number of times
TIMM = "timm.create_model"
ALLOWED_TEXT = (
    "nets, losses, optimizers, schedules and preprocessing of fer_lightning, layers and losses of torch.nn, optimizers "
    "of torch.optim and timm.optim, transforms of albumentations, timm.create_model and the classification models of "
    "torchvision.models"
)

NODE_KEYS = {"_target_", "_partial_", "_args_", "_convert_", "_recursive_"}
# Arguments by which some nets read a file or download; a checkpoint contains its own weights.
FETCHING_ARGUMENT = re.compile(r"(.*_)?(path|dir|file|filename|url|urls|repo|hub_id|hub_filename)")
PRETRAINED = "pretrained"
WEIGHTS = ("weights", "weights_backbone")  # of torchvision; in a loss it may be a list


class ForbiddenTarget(FerError):
    """A checkpoint names a target or argument that is not allowed.

    Attributes:
        package: the package that the user could trust, or None.
    """

    def __init__(self, text: str, package: str | None = None) -> None:
        super().__init__(text)
        self.package = package


def check_config(config: Mapping[str, Any], groups: Sequence[str], trusted: Sequence[str], source: str = "") -> None:
    """Checks that a config from a checkpoint has allowed targets and valid values.

    Args:
        config: plain data.
        groups: its keys that are built.
        trusted: places beside the closed list.
        source: the file, for messages.

    Raises:
        Refused: the first of `find_forbidden`.
        FerError: a value of the wrong type, or a number that is not finite or out of its range.
    """
    for refused in find_forbidden(config, groups, trusted, source):
        raise refused
    for group in groups:
        for where, node in iter_nodes(config[group], group):
            place = f"{source}: {where}"
            made, _ = find_target(node["_target_"], f"{place}._target_", trusted)
            check_values(place, node, get_known_parameters(made, f"{place}._target_={node['_target_']}"))


def find_forbidden(
    config: Mapping[str, Any], groups: Sequence[str], trusted: Sequence[str], source: str = ""
) -> Iterator[ForbiddenTarget]:
    """Yields every reason not to build these groups of a checkpoint's config; nothing is built.

    Args:
        config: plain data.
        groups: its keys that are built.
        trusted: places beside the closed list.
        source: the file, for messages.
    """
    before = f"{source}: " if source else ""
    for group in groups:
        for where, node in iter_nodes(config[group], group):
            try:
                _, place = find_target(node["_target_"], f"{before}{where}._target_", trusted)
                _check_node(node, place, f"{before}{where}")
            except ForbiddenTarget as refused:
                yield refused
        try:
            _check_arguments(config[group], f"{before}{group}")
        except ForbiddenTarget as refused:
            yield refused


def find_target(target: Any, where: str, trusted: Sequence[str]) -> tuple[Callable[..., Any], AllowedLocation | None]:
    """Returns the class or function that a checkpoint names, and its location; None for a listed builder.

    Only modules in an allowed location are imported, and no attributes of objects are followed: the last part of the
    name must be an attribute of its module, defined in the same location.

    Raises:
        Refused: it is neither on the allow list nor in a trusted or registered location.
    """
    if (
        not isinstance(target, str)
        or len(target) > MAX_NAME_LENGTH
        or not DOTTED_NAME.fullmatch(target)
        or "." not in target
    ):
        raise ForbiddenTarget(f"{where}={str(target)[:80]!r}: it is no dotted name of a class")
    if (builder := _find_builder(target)) is not None:
        return builder, None
    for place in _list_locations(target, trusted):
        found = _import_member(target, place, where)
        if _is_permitted(found, place):
            return found, place
    raise ForbiddenTarget(f"{where}={target}: {_explain_refusal(target, trusted)}", _foreign_package(target))


def _list_locations(target: str, trusted: Sequence[str]) -> list[AllowedLocation]:
    places = [place for place in LOCATIONS if is_inside(target, place.spelled)]
    if is_inside(target, "albumentations"):
        places.append(_albumentations())
    places += [AllowedLocation(name, name, USER_KINDS, True, True) for name in trusted if is_inside(target, name)]
    if not places and (registered := find_registered(target)) is not None:
        places.append(AllowedLocation(registered, registered, USER_KINDS, True, True, imports=False))
    return places


def _import_member(target: str, place: AllowedLocation, where: str) -> Any:
    """Returns the attribute of the module that the target names; None if there is none."""
    module, _, name = target.rpartition(".")
    try:
        holder = importlib.import_module(module) if place.imports else sys.modules.get(module)
    except IMPORT_ERRORS as absent:
        raise ForbiddenTarget(f"{where}={target}: {module} cannot be imported ({absent})") from absent
    return None if holder is None else vars(holder).get(name)


def _is_permitted(found: Any, place: AllowedLocation) -> bool:
    home = f"{getattr(found, '__module__', None)}.{getattr(found, '__qualname__', None)}"
    if not is_inside(home, place.defined) or is_inside(home, LAYER_COPIERS) or home.rpartition(".")[2].startswith("_"):
        return False
    if inspect.isclass(found):
        return issubclass(found, place.kinds)
    if place.functions and inspect.isfunction(found):
        try:
            made = get_type_hints(found).get("return")
        except (NameError, TypeError, AttributeError):  # the annotation cannot be evaluated
            return False
        return inspect.isclass(made) and issubclass(made, place.kinds)
    return False


def _find_builder(target: str) -> Callable[..., Any] | None:
    """Returns the function of timm or torchvision that builds this net."""
    if target == TIMM:
        import timm

        made: Callable[..., Any] = timm.create_model
        return made
    if is_inside(target, "torchvision.models"):
        from torchvision import models

        name = target.rpartition(".")[2]
        if name in models.list_models(module=models):
            builder: Callable[..., Any] = models.get_model_builder(name)
            if target in (f"torchvision.models.{name}", f"{builder.__module__}.{name}"):
                return builder
    return None


def _albumentations() -> AllowedLocation:
    from albumentations.core.transforms_interface import BasicTransform

    return AllowedLocation("albumentations", "albumentations.augmentations", (BasicTransform,))


def _check_node(node: Mapping[str, Any], place: AllowedLocation | None, where: str) -> None:
    if not isinstance(node.get("_partial_", False), bool) or node.get("_recursive_", True) is not True:
        raise ForbiddenTarget(f"{where}: _partial_ is true or false in a checkpoint, and _recursive_ is true")
    if "_args_" in node and not (place and place.positional and isinstance(node["_args_"], list)):
        raise ForbiddenTarget(f"{where}._args_: give the arguments of {node['_target_']} by name")


def _check_arguments(value: Any, where: str) -> None:
    """Rejects arguments at any depth that would load weights, files or URLs."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            _check_arguments(inner, f"{where}[{number}]")
    if isinstance(value, str) and ":" in value:
        raise ForbiddenTarget(
            f"{where}={value[:80]!r}: no text with a colon, by which libraries name a server or a folder"
        )
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if str(key).startswith("_") and key not in NODE_KEYS:
            raise ForbiddenTarget(f"{where}.{key}: no such key; choose among {', '.join(sorted(NODE_KEYS))}")
        fetches = (FETCHING_ARGUMENT.fullmatch(str(key)) and inner) or (
            key in WEIGHTS and isinstance(inner, str | bool) and inner
        )
        if fetches or (str(key).startswith(PRETRAINED) and inner not in (None, False, True)):
            raise ForbiddenTarget(
                f"{where}.{key}: it would fetch weights or files, and a checkpoint brings its weights itself"
            )
        _check_arguments(inner, f"{where}.{key}")


def _foreign_package(target: str) -> str | None:
    package = target.partition(".")[0]
    known = {*sys.stdlib_module_names, *(place.spelled.partition(".")[0] for place in LOCATIONS)}
    return None if package in known else package


def _explain_refusal(target: str, trusted: Sequence[str]) -> str:
    text = f"a checkpoint may name only {ALLOWED_TEXT}"
    package = _foreign_package(target)
    if package is None:
        return text
    if any(is_inside(target, place) for place in trusted):
        return (
            f"{package} is trusted, and holds no net, optimizer or preprocessing of that name, nor a function that is "
            "annotated to return one"
        )
    return (
        f"{text}. Where {package} holds a net of yours, and you know who wrote the checkpoint: trust=[{package}], or "
        f'fer_lightning.load(path, trust=["{package}"])'
    )
