"""The facts that paper C states about its network (section III, figure 4), and what is ours in the nets it compares."""

from __future__ import annotations

import copy
import inspect

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lightning.errors import FerError
from fer_lightning.nets.edge_cnn import EdgeCnn
from fer_lightning.nets.frr_cnn import FrrCnn, turned
from fer_lightning.nets.parts.kirsch import kirsch
from fer_lightning.run.config.compose import compose, to_plain


def faces(count: int = 2, channels: int = 1, size: int = 32) -> torch.Tensor:
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(0))


def sides(net: EdgeCnn, x: torch.Tensor) -> dict[str, tuple[int, int]]:
    """Maps and their side behind each named part."""
    seen = {}
    hooks = [
        part.register_forward_hook(lambda _, __, out, name=name: seen.update({name: (out.shape[1], out.shape[-1])}))
        for name, part in net.named_children()
    ]
    with torch.no_grad():
        net(x)
    for hook in hooks:
        hook.remove()
    return seen


def test_maps_and_sizes_are_those_of_figure_4():
    seen = sides(EdgeCnn(7, edges="none"), torch.zeros(1, 1, 96, 96))
    assert list(seen.items())[:-1] == [
        ("c1", (32, 92)),
        ("c2", (64, 88)),
        ("s1", (64, 44)),
        ("c3", (128, 40)),
        ("s2", (128, 20)),
    ]


def test_weights_by_hand_and_no_bias():
    net = EdgeCnn(7)
    assert [(part.in_features, part.out_features) for part in net.classify if isinstance(part, nn.Linear)] == [
        (51200, 300),
        (300, 7),
    ]
    assert not [name for name, _ in net.named_parameters() if "bias" in name]
    by_hand = 25 * (1 * 32 + 32 * 64 + 64 * 128) + 51200 * 300 + 300 * 7
    assert sum(part.numel() for part in net.parameters()) == by_hand == 15_618_900


@pytest.mark.parametrize("edges", ["input", "maps", "none"])
def test_the_ablations_have_the_same_weights(edges):
    torch.manual_seed(0)
    first = EdgeCnn(7, size=32, edges=edges).state_dict()
    torch.manual_seed(0)
    second = EdgeCnn(7, size=32, edges="none", pooling="average").state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("pooling", ["max", "average"])
@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("channels", [1, 3])
def test_edges_of_the_input_lie_on_every_map_at_the_pixel_they_come_from(pooling, before, channels):
    torch.manual_seed(0)
    net = EdgeCnn(7, channels, 32, edges_before_relu=before, pooling=pooling, edge_scale=0.5).eval()
    x = faces(channels=channels)
    pool = F.max_pool2d if pooling == "max" else F.avg_pool2d
    edges = kirsch(x.mean(dim=1, keepdim=True)) / 2

    def layer(part: nn.Module, maps: torch.Tensor, cut: torch.Tensor) -> torch.Tensor:
        made = F.conv2d(maps, part.conv.weight)
        return (made + cut).relu() if before else made.relu() + cut

    # by absolute places: C1 sees the image less 2 pixels a side, C2 less 4, C3 pairs of those less 2 pairs
    first = layer(net.c1, x, edges[..., 2:30, 2:30])
    second = layer(net.c2, first, edges[..., 4:28, 4:28])
    third = layer(net.c3, pool(second, 2), pool(edges[..., 8:24, 8:24], 2))
    torch.testing.assert_close(net(x), net.classify(pool(third, 2)))


def test_edges_of_the_maps_are_each_maps_own():
    torch.manual_seed(0)
    net = EdgeCnn(7, size=32, edges="maps", edge_scale=0.25).eval()
    x = faces()
    maps = F.conv2d(x, net.c1.conv.weight).relu()
    torch.testing.assert_close(net.c1(x, None), maps + kirsch(maps) / 4)
    before = EdgeCnn(7, size=32, edges="maps", edge_scale=0.25, edges_before_relu=True).eval()
    made = F.conv2d(x, before.c1.conv.weight)
    torch.testing.assert_close(before.c1(x, None), (made + kirsch(made) / 4).relu())


def test_maps_and_the_edges_on_them_have_like_size_before_training(tiny_faces):
    torch.manual_seed(0)
    net = EdgeCnn(7).eval()
    x = F.interpolate(torch.tensor(tiny_faces.pixels[:16])[:, None].float(), size=96, mode="bilinear")
    sizes = []
    for layer in (net.c1, net.c2, net.c3):
        layer.register_forward_hook(lambda _, given, maps: sizes.append([rms(maps - given[1]), rms(given[1])]))
    with torch.no_grad():
        net((x - x.mean()) / x.std())
    assert len(sizes) == 3
    assert all(0.5 < edges / own < 2 for own, edges in sizes), sizes


def rms(maps: torch.Tensor) -> float:
    return maps.square().mean().sqrt().item()


def test_the_defaults_of_the_class_are_those_of_its_yaml():
    net = to_plain(compose(["model=edge_cnn", "paths.output_dir=x"]))["model"]["net"]
    defaults = {name: one.default for name, one in inspect.signature(EdgeCnn).parameters.items()}
    assert net.pop("edge_scale") == pytest.approx(defaults["edge_scale"], rel=1e-4)
    del net["_target_"], net["num_classes"]
    assert net == {name: defaults[name] for name in net}


def test_without_edges_it_is_the_traditional_network():
    torch.manual_seed(0)
    net = EdgeCnn(7, size=32, edges="none").eval()
    convolutions = [part.conv.weight for part in (net.c1, net.c2, net.c3)]
    x = faces()
    maps = F.conv2d(F.conv2d(x, convolutions[0]).relu(), convolutions[1]).relu()
    maps = F.conv2d(F.max_pool2d(maps, 2), convolutions[2]).relu()
    torch.testing.assert_close(net(x), net.classify(F.max_pool2d(maps, 2)))


@pytest.mark.parametrize("edges", ["input", "maps", "none"])
@pytest.mark.parametrize("before", [False, True])
def test_every_weight_learns_under_autocast(edges, before):
    torch.manual_seed(0)
    net = EdgeCnn(7, size=32, edges=edges, edges_before_relu=before)
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(faces(4))
    assert logits.dtype == torch.bfloat16
    F.cross_entropy(logits.float(), torch.arange(4)).backward()
    assert all(part.grad.isfinite().all() and part.grad.abs().max() > 0 for part in net.parameters())


@pytest.mark.parametrize("size", [20, 21, 33])
def test_the_smallest_size_is_as_the_message_says(size):
    assert EdgeCnn(7, size=size)(torch.zeros(1, 1, size, size)).shape == (1, 7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"edges": "inptu"}, r"model\.net\.edges=inptu: choose among .*input"),
        ({"pooling": "mean"}, r"model\.net\.pooling=mean: choose among .*average"),
        ({"init": "small"}, r"model\.net\.init=small: choose among"),
        ({"edge_scale": 0.0}, r"model\.net\.edge_scale=0\.0: choose a factor above 0, or model\.net\.edges=none"),
        ({"hidden": 0}, r"model\.net\.hidden=0: choose 1 or more"),
        ({"size": 19}, r"model\.input\.size=19: .* choose 20 or more"),
    ],
)
def test_wrong_settings_of_the_edge_net_are_told(wrong, message):
    with pytest.raises(FerError, match=message):
        EdgeCnn(7, **wrong)


def test_a_turned_face_is_turned_anticlockwise_and_its_border_is_repeated():
    x = faces(2, 3, 8)
    torch.testing.assert_close(turned(x, 90), torch.rot90(x, 1, (-2, -1)), rtol=0, atol=1e-5)
    assert turned(x, 0) is x
    flat = torch.full((1, 1, 9, 9), 3.0)
    torch.testing.assert_close(turned(flat, 30), flat)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(turned(x, 90), torch.rot90(x, 1, (-2, -1)), rtol=0, atol=1e-5)


def small(**settings) -> FrrCnn:
    torch.manual_seed(0)
    return FrrCnn(7, size=32, widths=(2, 3, 4), hidden=5, **settings)


def test_every_channel_has_the_same_weights():
    one, three = small(angles=[0]), small(angles=[-15, 15, 0])
    assert [part.shape for part in one.parameters()] == [part.shape for part in three.parameters()]
    assert sum(part.numel() for part in one.features.parameters()) == 25 * (2 + 6 + 12) + 2 * (2 + 3 + 4)
    side_by_side = small(angles=[-15, 15, 0], combine="concatenate").classify[0]
    assert (one.classify[0].in_features, side_by_side.in_features) == (4 * 4 * 4, 3 * 4 * 4 * 4)


def test_the_largest_of_each_feature_over_the_channels_is_taken():
    net = small(angles=[90, 0]).eval()
    alone, x = small(angles=[0]).eval(), faces()
    vectors = []
    for face in (torch.rot90(x, 1, (-2, -1)), x):
        hook = alone.classify.register_forward_pre_hook(lambda _, inputs: vectors.append(inputs[0]))
        alone(face)
        hook.remove()
    expected = net.classify(torch.maximum(*vectors))
    torch.testing.assert_close(net(x), expected, rtol=1e-4, atol=1e-5)
    wide = small(angles=[90, 0], combine="concatenate").eval()
    torch.testing.assert_close(wide(x), wide.classify(torch.cat(vectors, dim=1)), rtol=1e-4, atol=1e-5)


def test_pooling_over_all_quarter_turns_makes_the_answer_blind_to_them():
    net, x = small(angles=[0, 90, 180, 270]).eval(), faces()
    torch.testing.assert_close(net(torch.rot90(x, 1, (-2, -1))), net(x), rtol=1e-4, atol=1e-5)


def test_the_maps_of_a_training_step_are_kept_and_no_others():
    net = small(angles=[-15, 15, 0])
    net(faces())
    assert [tuple(maps.shape) for maps in net.maps] == [(2, 2, 32, 32), (2, 3, 16, 16), (2, 4, 8, 8)] * 3
    assert all(maps.requires_grad and maps.min() == 0 for maps in net.maps)
    net.eval()(faces())
    assert net.maps == []


def test_a_net_in_training_is_copied_and_saved_without_its_maps(tmp_path):
    net = small()
    net(faces())
    torch.save(net, tmp_path / "net.pt")
    others = copy.deepcopy(net), torch.load(tmp_path / "net.pt", weights_only=False)
    assert len(net.maps) == 9
    assert not [name for name in net.state_dict() if "maps" in name]
    for other in others:
        assert other.maps == []
        torch.testing.assert_close(other.eval()(faces()), net.eval()(faces()))


def test_three_channels_cost_a_quarter_of_the_edge_net():
    net = FrrCnn(7)
    at_96 = 25 * (96**2 * 16 + 48**2 * 16 * 32 + 24**2 * 32 * 64)
    assert net.classify[0].in_features == 64 * 12 * 12
    of_edges = 25 * (92**2 * 32 + 88**2 * 32 * 64 + 40**2 * 64 * 128) + 51200 * 300
    assert 3 * at_96 + 64 * 12 * 12 * 300 == pytest.approx(of_edges / 4, rel=0.05)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"angles": []}, r"model\.net\.angles=\[\]: give the degrees of one channel or more"),
        ({"combine": "mean"}, r"model\.net\.combine=mean: choose among .*max"),
        ({"widths": []}, r"model\.net\.widths=\[\]: give each convolution 2 maps"),
        ({"widths": [4, 1]}, r"model\.net\.widths=\[4, 1\]"),
        ({"kernel": 4}, r"model\.net\.kernel=4: choose an odd side"),
        ({"size": 7}, r"model\.input\.size=7: 3 pools leave nothing of it, choose 8 or more"),
    ],
)
def test_wrong_settings_of_the_frr_net_are_told(wrong, message):
    with pytest.raises(FerError, match=message):
        FrrCnn(7, **wrong)
