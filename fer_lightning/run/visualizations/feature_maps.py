"""The page of feature maps: what chosen layers make of test faces."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.parts.stn import SpatialTransformer
from fer_lightning.results.figures.feature_maps import Layer, feature_maps
from fer_lightning.run.artifacts.preprocessing_trace import to_channels_last
from fer_lightning.run.visualizations.forward_hooks import LayerActivation, capture_activations, iter_batches
from fer_lightning.run.visualizations.sample_selection import Candidates, check_selection, select_faces
from fer_lightning.training.classifier import Classifier

log = logging.getLogger(__name__)

KEY = "pages.features.layers"


class FeatureMaps:
    """Draws the maps of most contrast of some layers, for some faces of each class.

    The contrast of a map is its standard deviation over its positions, averaged over the faces: a map that is the same
    everywhere shows nothing, however high its value.

    Args:
        layers: names among `net.named_modules()`; None takes the first and the last convolution that the net asks. Left
            out are those of a spatial transformer, which look for the face and do not describe it, and those of 1 x 1,
            such as a shortcut's, which only mix maps.
        maps: the most maps of a layer.
        per_class: faces of each class.
        seed: of the choice of faces.

    Raises:
        FerError: no layer is named, or a number is below its lowest value.
    """

    def __init__(self, layers: Sequence[str] | None = None, maps: int = 4, per_class: int = 1, seed: int = 0) -> None:
        if layers is not None and not layers:
            raise FerError(f"{KEY}=[]: name layers of the net, or null for the first and the last convolution")
        if maps < 1:
            raise FerError(f"pages.features.maps={maps}: choose 1 or more maps of each layer")
        check_selection("features", per_class, seed)
        self.layers = None if layers is None else [str(name) for name in layers]
        self.maps = maps
        self.per_class = per_class
        self.seed = seed

    def check(self, module: Classifier) -> None:
        """Tries the layers on blank images.

        Raises:
            FerError: the net has no layer of such a name, does not ask it, or gets no maps from it.
        """
        self._parts(module)

    def draw(self, module: Classifier, tested: Candidates, subtitle: str) -> Figure | None:
        """The page; None, and a line in the log, where the net has no convolution to show.

        Raises:
            FerError: as `check`.
        """
        parts = self._parts(module)
        if not parts:
            log.info("pages.features: left out, for no convolution of the net gives maps; name some in %s", KEY)
            return None
        shown = select_faces(tested, self.per_class, self.seed)
        given = [capture_activations(module, parts, images) for images in iter_batches(shown.images)]
        layers = []
        for name, part in parts.items():
            maps = torch.cat([one[name].output.float().cpu() for one in given])
            layers.append(_select_maps(name, part, maps, self.maps))
        return feature_maps(to_channels_last(shown.images.numpy()), shown.names, layers, subtitle)

    def _parts(self, module: Classifier) -> dict[str, nn.Module]:
        known = dict(module.net.named_modules())
        spec = module.input
        blank = torch.zeros(2, spec.channels, spec.size, spec.size)
        if self.layers is None:
            given = capture_activations(module, _list_convolutions(module.net), blank)
            maps = [name for name, one in given.items() if _is_map(one.output)]
            return {name: known[name] for name in (*maps[:1], *maps[-1:])}
        for name in self.layers:
            if name not in known or not name:
                raise FerError(f"{KEY}: the net has no '{name}'; choose among {_suggest_layers(name, known)}")
        parts = {name: known[name] for name in self.layers}
        given = capture_activations(module, parts, blank)
        for name in parts:
            _check_map(name, given.get(name))
        return parts


def _list_convolutions(net: nn.Module) -> dict[str, nn.Module]:
    looking = {part for stn in net.modules() if isinstance(stn, SpatialTransformer) for part in stn.modules()}
    found = {name: part for name, part in net.named_modules() if isinstance(part, nn.Conv2d) and part not in looking}
    return {name: part for name, part in found.items() if max(part.kernel_size) > 1}


def _is_map(output: object) -> bool:
    """Whether it is (N, C, H, W) of more than one position."""
    return isinstance(output, Tensor) and output.ndim == 4 and output.shape[2:].numel() > 1


def _check_map(name: str, given: LayerActivation | None) -> None:
    if given is None:
        raise FerError(f"{KEY}: '{name}' is not asked when the net answers; name a layer that is")
    if not _is_map(given.output):
        output = given.output
        what = f"values of shape {tuple(output.shape)}" if isinstance(output, Tensor) else f"a {type(output).__name__}"
        raise FerError(f"{KEY}: '{name}' gives {what} for two images, no maps (2, C, H, W); name a convolution")


def _suggest_layers(name: str, known: dict[str, nn.Module]) -> str:
    """The layers inside the part that the name gets right: a deep net has hundreds in all."""
    inside = name
    while inside and inside not in known:
        inside = inside.rpartition(".")[0]
    prefix = f"{inside}." if inside else ""
    return choices([prefix + child for child, _ in known[inside].named_children()], name)


def _select_maps(name: str, part: nn.Module, maps: Tensor, count: int) -> Layer:
    """The `count` maps of most contrast among (F, C, H, W)."""
    contrast = maps.flatten(2).std(dim=2, correction=0).mean(dim=0)
    numbers = contrast.argsort(descending=True, stable=True)[:count]
    return Layer(name, type(part).__name__, maps.shape[1], numbers.tolist(), maps[:, numbers].numpy())
