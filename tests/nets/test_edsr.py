"""EDSR as paper B, section 2.2, and Lim et al. 2017 describe it."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lightning.errors import FerError
from fer_lightning.nets.edsr import Edsr, ResidualBlock


def of(net: nn.Module, kind: type[nn.Module]) -> list:
    return [part for part in net.modules() if isinstance(part, kind)]


def parameters(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def shapes(net: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in net.state_dict().items()}


def kept_for_backward(net: nn.Module, x: torch.Tensor) -> int:
    """Bytes of the maps, each counted once, that autograd keeps of a forward pass."""
    own = {value.untyped_storage().data_ptr() for value in net.state_dict().values()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        net(x)
    return sum(each.untyped_storage().nbytes() for place, each in kept.items() if place not in own)


def fill(conv: nn.Conv2d, taps: dict[tuple[int, int], float]) -> None:
    """Zeros, but for the middle tap from one map (second number) to another (first)."""
    nn.init.zeros_(conv.weight)
    nn.init.zeros_(conv.bias)
    with torch.no_grad():
        for (to, since), value in taps.items():
            conv.weight[to, since, 1, 1] = value


@pytest.mark.parametrize("factor", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 3])
def test_each_side_becomes_factor_times_larger(channels, factor):
    net = Edsr(channels, factor, blocks=1, features=4)
    assert net(torch.zeros(2, channels, 5, 7)).shape == (2, channels, 5 * factor, 7 * factor)
    assert (net.channels, net.factor) == (channels, factor)


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        # by hand; a convolution has 9 * in * out + out. Head 40, block 2 * 148, behind the blocks 148, tail 37
        ({"factor": 2, "blocks": 1, "features": 4}, 40 + 296 + 148 + (9 * 4 * 16 + 16) + 37),
        ({"factor": 3, "blocks": 1, "features": 4}, 40 + 296 + 148 + (9 * 4 * 36 + 36) + 37),
        ({"factor": 4, "blocks": 2, "features": 4}, 40 + 592 + 148 + 2 * (9 * 4 * 16 + 16) + 37),
        # the paper's: head 3,584, 16 blocks and one more 33 * 147,584, upsampler 590,336, tail 3,459
        ({"channels": 3, "factor": 2, "blocks": 16, "features": 128}, 3_584 + 4_870_272 + 590_336 + 3_459),
    ],
)
def test_parameters_counted_by_hand(arguments, count):
    assert parameters(Edsr(**arguments)) == count


def test_the_papers_net_is_the_default_and_has_no_batch_normalisation():
    net = Edsr()
    blocks = of(net, ResidualBlock)
    assert len(blocks) == 16
    assert [type(layer) for layer in blocks[0].branch] == [nn.Conv2d, nn.ReLU, nn.Conv2d]
    assert {conv.kernel_size for conv in of(net, nn.Conv2d)} == {(3, 3)}
    assert net.head.out_channels == 128
    assert not of(net, nn.BatchNorm2d)


def test_batch_normalisation_comes_back_into_the_blocks_alone():
    net = Edsr(blocks=3, features=4, batch_norm=True)
    order = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU, nn.Conv2d, nn.BatchNorm2d]
    assert all([type(layer) for layer in block.branch] == order for block in of(net, ResidualBlock))
    assert len(of(net, nn.BatchNorm2d)) == 2 * 3
    # of each convolution the scale and the shift come, the bias goes
    assert parameters(net) == parameters(Edsr(blocks=3, features=4)) + 2 * 3 * 4


def test_batch_normalisation_doubles_the_maps_that_a_block_keeps_for_training():
    x = torch.randn(2, 4, 8, 8)
    one_map, statistics = x.numel() * 4, 2 * 2 * 4 * 4  # bytes; mean and deviation of 4 features, twice
    # each convolution keeps what it sees, ReLU's map among it, and BN what it sees
    assert kept_for_backward(ResidualBlock(4), x) == 2 * one_map
    assert kept_for_backward(ResidualBlock(4, batch_norm=True), x) == 4 * one_map + statistics


def test_a_low_factor_gives_a_high_one_all_but_the_second_stage():
    low, high = shapes(Edsr(3, 2, blocks=2, features=4)), shapes(Edsr(3, 4, blocks=2, features=4))
    assert low.items() <= high.items()
    assert high.keys() - low.keys() == {"up.1.0.weight", "up.1.0.bias"}
    assert {name.split(".")[0] for name in low} == {"head", "body", "up", "tail"}
    three = shapes(Edsr(3, 3, blocks=2, features=4))
    assert {name for name, shape in low.items() if three[name] != shape} == {"up.0.0.weight", "up.0.0.bias"}


def test_no_weight_depends_on_the_size_of_the_image():
    net = Edsr(blocks=1, features=4)
    assert [net(torch.zeros(1, 1, side, side)).shape[-1] for side in (1, 7, 48)] == [2, 14, 96]


def test_an_image_worked_out_by_hand():
    net = Edsr(1, 2, blocks=1, features=1, residual_scale=0.5)
    block, behind = net.body
    fill(net.head, {(0, 0): 2.0})
    fill(block.branch[0], {(0, 0): 3.0})
    fill(block.branch[2], {(0, 0): 1.0})
    fill(behind, {(0, 0): 1.0})
    fill(net.up[0][0], {(0, 0): 1.0, (1, 0): 10.0, (2, 0): 100.0, (3, 0): 1000.0})
    fill(net.tail, {(0, 0): 1.0})
    # 1 -> head 2 -> branch relu(6) = 6, block 2 + 0.5 * 6 = 5 -> skip 2 + 5 = 7
    # -1 -> head -2 -> branch relu(-6) = 0, block -2 -> skip -4
    wanted = [[7.0, 70, -4, -40], [700, 7000, -400, -4000]]
    torch.testing.assert_close(net(torch.tensor([[[[1.0, -1.0]]]])), torch.tensor([[wanted]]))


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_without_convolutions_that_mix_pixels_each_becomes_a_square(factor):
    net = Edsr(1, factor, blocks=2, features=1, residual_scale=0.1)
    for conv in of(net.body, nn.Conv2d):
        fill(conv, {})  # what is left is the skip over the blocks
    for conv in (net.head, net.tail):
        fill(conv, {(0, 0): 1.0})
    for stage in net.up:
        fill(stage[0], {(to, 0): 1.0 for to in range(stage[0].out_channels)})
    x = torch.arange(6.0).view(1, 1, 2, 3)
    torch.testing.assert_close(net(x), F.interpolate(x, scale_factor=factor, mode="nearest"))


def test_it_learns_to_enlarge():
    torch.manual_seed(0)
    net = Edsr(1, 2, blocks=1, features=8)
    large = torch.rand(8, 1, 4, 4).repeat_interleave(2, -1).repeat_interleave(2, -2)  # 4 squares of 2 x 2 a side
    small = F.avg_pool2d(large, 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(150):
        loss = F.l1_loss(net(small), large)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_bf16_autocast_runs_both_ways():
    net = Edsr(3, 4, blocks=1, features=4)
    with torch.autocast("cpu", torch.bfloat16):
        larger = net(torch.randn(1, 3, 6, 6))
    larger.float().abs().sum().backward()
    assert larger.shape == (1, 3, 24, 24)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"factor": 5}, r"model\.net\.factor=5: EDSR enlarges by 2, 3, 4"),
        ({"factor": 1}, r"model\.net\.factor=1"),
        ({"blocks": 0}, r"model\.net\.blocks=0: EDSR needs 1 or more"),
        ({"features": 0}, r"model\.net\.features=0"),
    ],
)
def test_errors_name_the_key(arguments, says):
    with pytest.raises(FerError, match=says):
        Edsr(**arguments)
