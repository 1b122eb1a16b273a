"""Kirsch edges against OpenCV's filter, numbers by hand, and numerical gradients."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from fer_lightning.data.readers import fer2013
from fer_lightning.nets.parts import kirsch as part
from fer_lightning.nets.parts.kirsch import kirsch

RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))  # a pixel's neighbours, clockwise


def templates() -> list[np.ndarray]:
    """Equation 13: 5 on three neighbours in a row of the ring, -3 on the other five, 0 in the centre."""
    found = []
    for first in range(8):
        template = np.full((3, 3), -3.0)
        template[1, 1] = 0
        for number in range(3):
            template[RING[(first + number) % 8]] = 5
        found.append(template)
    return found


def by_opencv(image: np.ndarray) -> np.ndarray:
    responses = [cv2.filter2D(image, cv2.CV_64F, one, borderType=cv2.BORDER_REPLICATE) for one in templates()]
    return np.max(responses, axis=0)


def drawn(shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)


def test_the_templates_of_the_test_are_those_that_the_paper_prints():
    north, east = templates()[0], templates()[2]
    assert north.tolist() == [[5, 5, 5], [-3, 0, -3], [-3, -3, -3]]
    assert east.tolist() == [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]]


def test_an_example_by_hand():
    x = torch.tensor([[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]])
    # the brightest three neighbours of the centre are 7, 8 and 9, the other five 1, 2, 3, 4 and 6
    assert kirsch(x)[0, 0, 1, 1].item() == 5 * (7 + 8 + 9) - 3 * (1 + 2 + 3 + 4 + 6)
    # the first pixel sees itself and its neighbours repeated: 1 1 2 / 1 . 2 / 4 4 5
    assert kirsch(x)[0, 0, 0, 0].item() == 5 * (4 + 4 + 5) - 3 * (1 + 1 + 2 + 1 + 2)


def test_a_step_is_fifteen_times_its_height_on_both_of_its_sides():
    x = torch.zeros(1, 1, 5, 6)
    x[..., 3:] = 2.0
    assert kirsch(x)[0, 0, 2].tolist() == [0, 0, 30, 18, 0, 0]  # from the bright side: five neighbours against three


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_each_channel_is_filtered_as_opencv_does(layout):
    x = drawn((3, 4, 17, 12)).to(memory_format=layout)
    expected = np.array([[by_opencv(map_.double().numpy()) for map_ in maps] for maps in x])
    np.testing.assert_allclose(kirsch(x).numpy(), expected, rtol=1e-5, atol=1e-4)
    assert kirsch(x).is_contiguous(memory_format=layout)


@pytest.mark.real_data
def test_a_real_face_is_filtered_as_opencv_does(real_data, session_dir):
    face = np.asarray(fer2013.read(real_data / "fer2013", session_dir / "cache").pixels[7])
    edges = kirsch(torch.from_numpy(face.copy()).float()[None, None])[0, 0].numpy()
    assert np.array_equal(edges, by_opencv(face))
    assert edges.max() > 500  # a face has edges


def test_edges_are_never_negative_and_ignore_brightness():
    x = drawn((2, 2, 9, 9), torch.float64)
    assert kirsch(x).min() > 0
    torch.testing.assert_close(kirsch(x + 100), kirsch(x))
    assert kirsch(torch.full((1, 1, 4, 4), 7.0)).abs().max() == 0


def test_pieces_of_a_batch_are_the_batch(monkeypatch):
    x = drawn((5, 2, 6, 7)).requires_grad_()
    whole, whole_gradient = kirsch(x), torch.autograd.grad(kirsch(x).square().sum(), x)[0]
    monkeypatch.setattr(part, "PIECE", 2 * 2 * 6 * 7)
    assert torch.equal(kirsch(x), whole)
    assert torch.equal(torch.autograd.grad(kirsch(x).square().sum(), x)[0], whole_gradient)


@pytest.mark.parametrize("shape", [(2, 3, 6, 7), (1, 1, 1, 1), (1, 2, 2, 1)])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_its_gradient_is_the_numerical_one(shape, layout):
    x = drawn(shape, torch.float64).to(memory_format=layout).requires_grad_()
    assert shape == (1, 1, 1, 1) or kirsch(x).max() > 0
    assert torch.autograd.gradcheck(kirsch, x)


def test_a_tie_is_shared_so_that_a_flat_map_gets_no_gradient():
    x = torch.full((1, 1, 5, 5), 2.0, requires_grad=True)
    weights = drawn((1, 1, 5, 5))
    gradient = torch.autograd.grad((kirsch(x) * weights).sum(), x)[0]
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), rtol=0, atol=1e-5)


def test_in_bfloat16_only_the_result_is_rounded():
    x = drawn((2, 3, 12, 12), torch.bfloat16)
    assert kirsch(x).dtype == torch.bfloat16
    assert torch.equal(kirsch(x), kirsch(x.float()).bfloat16())
