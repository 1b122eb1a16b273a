"""Rows become tensors of the size and channels that the net asks for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fer_lightning.data.dataset import FaceDataset, to_tensor
from fer_lightning.data.sampling import Draw


def test_the_centre_is_cut_out_by_hand():
    image = np.arange(25, dtype=np.uint8).reshape(1, 5, 5)
    assert to_tensor(image, 3, 1).tolist() == [[[[6, 7, 8], [11, 12, 13], [16, 17, 18]]]]


def test_an_odd_remainder_leaves_the_larger_edge_below_and_right():
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert to_tensor(image, 1, 1).tolist() == [[[[5]]]]


def test_an_oblong_image_is_cut_on_both_sides():
    image = np.arange(18, dtype=np.uint8).reshape(1, 3, 6)
    assert to_tensor(image, 2, 1).tolist() == [[[[2, 3], [8, 9]]]]


def test_grey_fills_three_channels_alike():
    image = np.arange(4, dtype=np.uint8).reshape(1, 2, 2)
    tensor = to_tensor(image, 2, 3)
    assert tensor.shape == (1, 3, 2, 2)
    assert all(tensor[0, channel].tolist() == [[0, 1], [2, 3]] for channel in range(3))


def test_colour_goes_channels_first():
    image = np.array([[[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [10, 11, 12]]]], dtype=np.uint8)
    tensor = to_tensor(image, 2, 3)
    assert tensor[0, 0].tolist() == [[1, 4], [7, 10]]
    assert tensor[0, 2].tolist() == [[3, 6], [9, 12]]
    assert tensor.is_contiguous()


def test_an_item_is_the_batch_that_was_drawn(make_faces):
    faces = make_faces([3, 1, 4, 1, 5], size=4)
    batch = FaceDataset(faces.pixels, faces.label, size=4, channels=1)[Draw(np.array([4, 0, 2]), seed=0)]
    assert batch.image.dtype == torch.uint8
    assert np.array_equal(batch.image[:, 0], faces.pixels[[4, 0, 2]])
    assert batch.label.tolist() == [5, 3, 4]
    assert batch.label.dtype == torch.int64
    assert batch.row.tolist() == [4, 0, 2]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_augmentation_gets_the_images_and_the_seed_of_the_draw(make_faces, seed):
    faces = make_faces([0, 1, 2], size=4)

    def darken(images: np.ndarray, draw: Draw) -> np.ndarray:
        assert draw.rows.tolist() == [1, 2]
        return images // (draw.seed + 1)

    batch = FaceDataset(faces.pixels, faces.label, 4, 1, darken)[Draw(np.array([1, 2]), seed)]
    assert np.array_equal(batch.image[:, 0], faces.pixels[[1, 2]] // (seed + 1))


def test_the_tensor_is_no_view_into_the_faces(make_faces):
    faces = make_faces([0, 1], size=4)
    before = faces.pixels.copy()
    FaceDataset(faces.pixels, faces.label, 4, 1)[Draw(np.array([0, 1]), 0)].image.zero_()
    assert np.array_equal(faces.pixels, before)


def test_the_whole_is_shrunk_by_the_mean_over_areas_where_the_centre_would_be_cut_out():
    image = np.array([[[0, 4, 100, 100], [8, 0, 100, 100], [50, 50, 9, 9], [50, 50, 9, 9]]], dtype=np.uint8)
    assert to_tensor(image, 2, 1, whole=True).tolist() == [[[[3, 100], [50, 9]]]]
    assert to_tensor(image, 2, 1).tolist() == [[[[0, 100], [50, 9]]]]
    assert to_tensor(image, 4, 1, whole=True).tolist() == [image.tolist()]


def test_shares_of_votes_travel_with_their_images_and_are_what_the_loss_compares_with(make_faces):
    faces = make_faces([0, 1, 2], size=4)
    votes = np.array([[0.5, 0.5], [0.2, 0.8], [1, 0]], dtype=np.float32)
    batch = FaceDataset(faces.pixels, faces.label, 4, 1, votes=votes)[Draw(np.array([2, 1]), 0)]
    assert torch.equal(batch.target, torch.tensor([[1.0, 0.0], [0.2, 0.8]]))
    plain = FaceDataset(faces.pixels, faces.label, 4, 1)[Draw(np.array([2, 1]), 0)]
    assert plain.votes is None
    assert plain.target.tolist() == [2, 1]
