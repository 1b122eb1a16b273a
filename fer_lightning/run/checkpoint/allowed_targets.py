"""The closed list of what the config in a checkpoint may name, and of the arguments that it may give."""

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

import fer_lightning.data.augment  # noqa: F401  # before albumentations, which would ask its server for news
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.plain_data import LONGEST_NAME
from fer_lightning.run.checkpoint.trusted_packages import DOTTED, IMPORT_FAULTS, inside, registered_place
from fer_lightning.run.config.signature_check import check_values, get_known_parameters, iter_nodes
from fer_lightning.training.schedules import Schedule


class Place(NamedTuple):
    """Where a target may lie.

    Attributes:
        spelled: how its name begins.
        defined: where the object itself must be defined.
        kinds: what a class must derive from.
        functions: whether functions are taken that say to return one of the kinds.
        positional: whether a node may have `_args_`; elsewhere they could mean what no key may.
        imports: whether its modules are imported; of a registered one only what is there once it is imported itself.
    """

    spelled: str
    defined: str
    kinds: tuple[type, ...]
    functions: bool = False
    positional: bool = False
    imports: bool = True


OURS = (
    Place("fer_lightning.nets", "fer_lightning.nets", (nn.Module,)),
    Place("fer_lightning.training", "fer_lightning.training", (nn.Module, Optimizer, Schedule), functions=True),
    Place("fer_lightning.data.preprocess", "fer_lightning.data.preprocess", (Prepare,)),
    Place("torch.nn", "torch.nn.modules", (nn.Module,), positional=True),
    Place("torch.optim", "torch.optim", (Optimizer, LRScheduler)),
    Place("timm.optim", "timm.optim", (Optimizer,)),
)
ANYTHING = (nn.Module, Optimizer, LRScheduler, Prepare, Schedule)  # kinds that a package of the user's may bring
COPYING = "torch.nn.modules.transformer"  # its classes copy a layer as often as a number says
TIMM = "timm.create_model"
LISTED = (
    "nets, losses, optimizers, schedules and preprocessing of fer_lightning, layers and losses of torch.nn, optimizers "
    "of torch.optim and timm.optim, transforms of albumentations, timm.create_model and the classification models of "
    "torchvision.models"
)

NODE_KEYS = {"_target_", "_partial_", "_args_", "_convert_", "_recursive_"}
# Names of arguments by which some net reads a file or asks a server. A checkpoint brings its weights itself.
FETCHES = re.compile(r"(.*_)?(path|dir|file|filename|url|urls|repo|hub_id|hub_filename)")
PRETRAINED = "pretrained"
WEIGHTS = ("weights", "weights_backbone")  # of torchvision; a loss may have a list of such a name


class Refused(FerError):
    """A checkpoint names what it may not.

    Attributes:
        package: the package that the user could trust, or None.
    """

    def __init__(self, text: str, package: str | None = None) -> None:
        super().__init__(text)
        self.package = package


def check_config(config: Mapping[str, Any], groups: Sequence[str], trusted: Sequence[str], source: str = "") -> None:
    """Refuses what a checkpoint may not name, and values that no training could have had.

    Args:
        config: plain data.
        groups: its keys that are built.
        trusted: places beside the closed list.
        source: the file, for messages.

    Raises:
        Refused: the first of `refusals`.
        FerError: a value of the wrong type, or a number that is not finite or out of its range.
    """
    for refused in refusals(config, groups, trusted, source):
        raise refused
    for group in groups:
        for where, node in iter_nodes(config[group], group):
            place = f"{source}: {where}"
            made, _ = find(node["_target_"], f"{place}._target_", trusted)
            check_values(place, node, get_known_parameters(made, f"{place}._target_={node['_target_']}"))


def refusals(
    config: Mapping[str, Any], groups: Sequence[str], trusted: Sequence[str], source: str = ""
) -> Iterator[Refused]:
    """What stands in the way of building these groups of a config from a checkpoint; nothing is built.

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
                _, place = find(node["_target_"], f"{before}{where}._target_", trusted)
                _check_node(node, place, f"{before}{where}")
            except Refused as refused:
                yield refused
        try:
            _check_arguments(config[group], f"{before}{group}")
        except Refused as refused:
            yield refused


def find(target: Any, where: str, trusted: Sequence[str]) -> tuple[Callable[..., Any], Place | None]:
    """The class or function that a checkpoint names, and the place that allows it; None for a listed builder.

    Only modules inside an allowed place are imported, and no attribute of an object is followed: the last word of the
    name is what its module holds under that name, and that object must say to be defined in the place, too.

    Raises:
        Refused: it is none of the closed list, nor in a trusted or registered place.
    """
    if not isinstance(target, str) or len(target) > LONGEST_NAME or not DOTTED.fullmatch(target) or "." not in target:
        raise Refused(f"{where}={str(target)[:80]!r}: it is no dotted name of a class")
    if (builder := _listed_builder(target)) is not None:
        return builder, None
    for place in _places(target, trusted):
        found = _held(target, place, where)
        if _permitted(found, place):
            return found, place
    raise Refused(f"{where}={target}: {_why(target, trusted)}", _foreign_package(target))


def _places(target: str, trusted: Sequence[str]) -> list[Place]:
    places = [place for place in OURS if inside(target, place.spelled)]
    if inside(target, "albumentations"):
        places.append(_albumentations())
    places += [Place(name, name, ANYTHING, True, True) for name in trusted if inside(target, name)]
    if not places and (registered := registered_place(target)) is not None:
        places.append(Place(registered, registered, ANYTHING, True, True, imports=False))
    return places


def _held(target: str, place: Place, where: str) -> Any:
    """What the module named by all words but the last holds under the last; None for none."""
    module, _, name = target.rpartition(".")
    try:
        holder = importlib.import_module(module) if place.imports else sys.modules.get(module)
    except IMPORT_FAULTS as absent:
        raise Refused(f"{where}={target}: {module} cannot be imported ({absent})") from absent
    return None if holder is None else vars(holder).get(name)


def _permitted(found: Any, place: Place) -> bool:
    home = f"{getattr(found, '__module__', None)}.{getattr(found, '__qualname__', None)}"
    if not inside(home, place.defined) or inside(home, COPYING) or home.rpartition(".")[2].startswith("_"):
        return False
    if inspect.isclass(found):
        return issubclass(found, place.kinds)
    if place.functions and inspect.isfunction(found):
        try:
            made = get_type_hints(found).get("return")
        except (NameError, TypeError, AttributeError):  # an annotation that cannot be read here
            return False
        return inspect.isclass(made) and issubclass(made, place.kinds)
    return False


def _listed_builder(target: str) -> Callable[..., Any] | None:
    """The functions of other packages that build nets, each by name."""
    if target == TIMM:
        import timm

        made: Callable[..., Any] = timm.create_model
        return made
    if inside(target, "torchvision.models"):
        from torchvision import models

        name = target.rpartition(".")[2]
        if name in models.list_models(module=models):
            builder: Callable[..., Any] = models.get_model_builder(name)
            if target in (f"torchvision.models.{name}", f"{builder.__module__}.{name}"):
                return builder
    return None


def _albumentations() -> Place:
    from albumentations.core.transforms_interface import BasicTransform

    return Place("albumentations", "albumentations.augmentations", (BasicTransform,))


def _check_node(node: Mapping[str, Any], place: Place | None, where: str) -> None:
    if not isinstance(node.get("_partial_", False), bool) or node.get("_recursive_", True) is not True:
        raise Refused(f"{where}: _partial_ is true or false in a checkpoint, and _recursive_ is true")
    if "_args_" in node and not (place and place.positional and isinstance(node["_args_"], list)):
        raise Refused(f"{where}._args_: give the arguments of {node['_target_']} by name")


def _check_arguments(value: Any, where: str) -> None:
    """Refuses, at any depth, what would fetch: another net's weights, files, servers."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            _check_arguments(inner, f"{where}[{number}]")
    if isinstance(value, str) and ":" in value:
        raise Refused(f"{where}={value[:80]!r}: no text with a colon, by which libraries name a server or a folder")
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        if str(key).startswith("_") and key not in NODE_KEYS:
            raise Refused(f"{where}.{key}: no such key; choose among {', '.join(sorted(NODE_KEYS))}")
        fetches = (FETCHES.fullmatch(str(key)) and inner) or (
            key in WEIGHTS and isinstance(inner, str | bool) and inner
        )
        if fetches or (str(key).startswith(PRETRAINED) and inner not in (None, False, True)):
            raise Refused(f"{where}.{key}: it would fetch weights or files, and a checkpoint brings its weights itself")
        _check_arguments(inner, f"{where}.{key}")


def _foreign_package(target: str) -> str | None:
    package = target.partition(".")[0]
    known = {*sys.stdlib_module_names, *(place.spelled.partition(".")[0] for place in OURS)}
    return None if package in known else package


def _why(target: str, trusted: Sequence[str]) -> str:
    text = f"a checkpoint may name only {LISTED}"
    package = _foreign_package(target)
    if package is None:
        return text
    if any(inside(target, place) for place in trusted):
        return (
            f"{package} is trusted, and holds no net, optimizer or preprocessing of that name, nor a function that is "
            "annotated to return one"
        )
    return (
        f"{text}. Where {package} holds a net of yours, and you know who wrote the checkpoint: trust=[{package}], or "
        f'fer_lightning.load(path, trust=["{package}"])'
    )
