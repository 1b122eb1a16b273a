"""Makes the first layers of a timm model keep the resolution, for faces of 48 pixels."""

from __future__ import annotations

from timm.layers.conv2d_same import Conv2dSame
from torch import nn

from fer_lightning.errors import FerError

# where ResNets, pre-activation ResNets and DenseNets pool right behind the first convolution
POOLS = ("maxpool", "stem.pool", "features.pool0")


def keep_resolution(net: nn.Module, name: str, first_conv: str | tuple[str, ...] | None) -> None:
    """Set the first convolution to stride 1 and remove a ResNet's max-pool. Kernels keep their shape and weights.

    A net whose first convolution has stride 1 already (VGG) stays as it is.

    Args:
        net: changed in place.
        name: of the timm model, for messages.
        first_conv: names of the modules that see the image, from the model's own description.

    Raises:
        FerError: the net has no first convolution that could be changed.
    """
    names = (first_conv,) if isinstance(first_conv, str) else tuple(first_conv or ())
    modules = dict(net.named_modules())
    convs = [modules.get(each) for each in names]
    found = [conv for conv in convs if isinstance(conv, nn.Conv2d)]
    if not found or len(found) != len(convs):
        raise FerError(f"{name} has no first convolution to change: set model.net.small_stem=false")
    strided = [conv for conv in found if conv.stride != (1, 1)]
    for conv in strided:
        conv.stride = (1, 1)
        if not isinstance(conv, Conv2dSame):  # this one pads by its stride in forward
            # an even kernel makes the map one pixel larger, which the next halving drops
            conv.padding = (conv.kernel_size[0] // 2, conv.kernel_size[1] // 2)
    if strided:
        for pool in POOLS:
            if pool in modules:
                net.set_submodule(pool, nn.Identity())
