"""Near copies, found in hand-made pictures and checked against NumPy's correlation and scikit-image's means."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean

from fer_lightning.data.duplicates import (
    NEAR,
    ClosestMatches,
    copy_groups,
    count_copies,
    find_closest,
    has_copy,
    has_copy_within,
    has_near_copy,
    thumbnail,
    thumbnails,
)


def pictures(count: int, side: int = 48, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, side, side), dtype=np.uint8)


def thumbs_of(count: int, seed: int = 0) -> np.ndarray:
    return thumbnails(pictures(count, 24, seed))


def by_numpy(queries: np.ndarray, others: np.ndarray, same: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Highest correlation and its index by numpy.corrcoef, from pictures (N, 24, 24)."""
    count = len(queries)
    flat = queries.reshape(count, -1)
    views = (others.reshape(len(others), -1), others[:, :, ::-1].reshape(len(others), -1))
    best = np.maximum(*(np.corrcoef(flat, view)[:count, count:] for view in views))
    if same:
        np.fill_diagonal(best, -2)
    return best.max(axis=1), best.argmax(axis=1)


@pytest.mark.parametrize("side", [24, 48, 96])
def test_a_thumbnail_is_the_means_of_squares_less_their_mean_of_unit_length(side):
    picture = pictures(1, side)[0]
    means = downscale_local_mean(picture.astype(float), (side // 24, side // 24)).ravel()
    centred = means - means.mean()
    assert thumbnail(picture) == pytest.approx(centred / np.linalg.norm(centred), abs=1e-6)
    assert thumbnail(picture).dtype == np.float32


def test_colour_weighs_green_most():
    halves = np.zeros((24, 24, 3), dtype=np.uint8)
    halves[:12, :, 0] = 100  # red: 29.9 by OpenCV's weights
    halves[12:, :, 1] = 100  # green: 58.7
    small = thumbnail(halves).reshape(24, 24)
    assert small[:12] == pytest.approx(-1 / 24, abs=1e-6)
    assert small[12:] == pytest.approx(1 / 24, abs=1e-6)


def test_pictures_of_any_size_come_one_by_one():
    class Lazy:
        def __init__(self):
            ramp = np.arange(12, dtype=np.uint8)[None] * 20
            self.pictures = [np.repeat(np.repeat(ramp, 12, 0), times, 1).repeat(times, 0) for times in (1, 2, 8)]

        def __len__(self):
            return len(self.pictures)

        def __getitem__(self, number):
            return self.pictures[number]  # IndexError ends a loop over it

    small = thumbnails(Lazy())
    assert small.shape == (3, 576)
    # the same picture at 12, 24 and 96 pixels; bilinear enlarging blurs the steps of the first
    assert small[1] @ small[2] == pytest.approx(1, abs=1e-5)
    assert small[0] @ small[1] > 0.99


@pytest.mark.parametrize("shape", [(48, 48), (24, 24), (50, 37), (10, 10), (100, 101, 3)])
def test_a_blank_picture_is_all_zeros(shape):
    for value in (0, 77, 255):
        assert not thumbnail(np.full(shape, value, dtype=np.uint8)).any()


def test_one_grey_level_in_one_pixel_of_48_is_no_blank():
    picture = np.full((48, 48), 100, dtype=np.uint8)
    picture[5, 6] = 101
    assert np.linalg.norm(thumbnail(picture)) == pytest.approx(1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda picture: picture[:, ::-1], id="mirrored"),
        pytest.param(lambda picture: picture * 2 + 13, id="brighter, more contrast"),
        pytest.param(lambda picture: picture[:, ::-1] * 2 + 13, id="both"),
    ],
)
def test_light_and_mirroring_do_not_hide_a_copy(change):
    picture = pictures(1)[0] // 3
    others = np.concatenate([pictures(3, seed=1), change(picture)[None]])
    found = find_closest(thumbnails(picture[None]), thumbnails(others))
    assert found.other.tolist() == [3]
    assert found.correlation[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("change", [np.flipud, np.transpose, np.rot90, np.invert])
def test_other_turns_and_negatives_are_no_copies(change):
    picture = pictures(1)[0]
    assert find_closest(thumbnails(picture[None]), thumbnails(change(picture)[None])).correlation[0] < 0.3


def test_correlations_are_those_of_numpy():
    queries, others = pictures(9, 24), pictures(20, 24, seed=1)
    found = find_closest(thumbnails(queries), thumbnails(others), block=7)
    correlation, index = by_numpy(queries, others)
    assert found.correlation == pytest.approx(correlation, abs=1e-5)
    assert found.other.tolist() == index.tolist()
    assert (found.correlation.dtype, found.other.dtype) == (np.float32, np.int64)


@pytest.mark.parametrize("block", [1, 2, 5, 19, 20, 100])
def test_among_the_same_pictures_none_meets_itself(block):
    same = pictures(20, 24)
    same[17] = same[3][:, ::-1]
    found = find_closest(thumbnails(same), thumbnails(same), same=True, block=block)
    correlation, index = by_numpy(same, same, same=True)
    assert found.correlation == pytest.approx(correlation, abs=1e-5)
    assert found.other.tolist() == index.tolist()
    assert (found.other[3], found.other[17]) == (17, 3)


def test_a_symmetric_picture_alone_has_no_copy():
    half = pictures(1, 24)[0][:, :12]
    face = np.concatenate([half, half[:, ::-1]], axis=1)
    thumbs = thumbnails(np.stack([face, pictures(1, 24, seed=1)[0]]))
    assert find_closest(thumbs, thumbs, same=True).correlation.max() < 0.3


@settings(deadline=None, max_examples=20)
@given(queries=st.integers(0, 12), others=st.integers(0, 12), block=st.integers(1, 13), seed=st.integers(0, 99))
def test_the_size_of_the_blocks_changes_nothing(queries, others, block, seed):
    first, second = thumbs_of(queries, seed), thumbs_of(others, seed + 100)
    for arguments in ((first, second, False), (first, first, True)):
        one, small = find_closest(*arguments), find_closest(*arguments, block=block)
        assert small.correlation == pytest.approx(one.correlation, abs=1e-6)
        assert small.other.tolist() == one.other.tolist()


def test_nothing_to_compare_with_is_minus_infinity():
    none, some = thumbs_of(0), thumbs_of(2)
    for found in (find_closest(some, none), find_closest(some[:1], some[:1], same=True)):
        assert np.isneginf(found.correlation).all()
        assert (found.other == -1).all()
    assert find_closest(none, some).correlation.shape == find_closest(none, some).other.shape == (0,)
    assert find_closest(none, none, same=True).correlation.shape == (0,)


def test_correlations_never_pass_one():
    thumbs = np.repeat(thumbs_of(40), 2, axis=0)
    assert find_closest(thumbs, thumbs, same=True).correlation.max() == 1


def at(correlation: float) -> np.ndarray:
    """Two thumbnails (2, 576) so correlated, that of their mirror images being 0."""
    pair = np.zeros((2, 24, 24), dtype=np.float32)
    pair[:, 0, 0] = 1, correlation
    pair[1, 12, 0] = np.sqrt(1 - correlation**2)
    return pair.reshape(2, 576)


@pytest.mark.parametrize(("correlation", "near"), [(0.8999, False), (0.9001, True), (-0.95, False)])
def test_near_begins_at_ninety_hundredths(correlation, near):
    thumbs = at(correlation)
    found = find_closest(thumbs[:1], thumbs[1:])
    assert found.correlation[0] == pytest.approx(max(correlation, 0), abs=1e-6)
    assert has_near_copy(found, np.array([False])).tolist() == [near]


def test_ninety_hundredths_are_near_and_the_number_before_is_not():
    ninety = np.float32(0.90)
    found = ClosestMatches(np.array([ninety, np.nextafter(ninety, np.float32(0))]), np.array([0, 0]))
    assert has_near_copy(found, np.array([False, False])).tolist() == [True, False]
    assert NEAR == 0.90


def test_exact_copies_are_near_copies_though_blank_ones_correlate_with_nothing():
    black, grey = np.zeros((24, 24), dtype=np.uint8), np.full((24, 24), 50, dtype=np.uint8)
    found = find_closest(thumbnails(np.stack([black, grey])), thumbnails(np.stack([black, *pictures(2, 24)])))
    assert found.correlation.tolist() == [0, 0]
    assert has_near_copy(found, has_copy(np.array([0, 1]), np.array([0, 2, 3]))).tolist() == [True, False]


def test_copies_within_are_all_members_of_a_group_of_two_or_more():
    assert has_copy_within(np.array([0, 1, 0, 2, 1, 0])).tolist() == [True, True, True, False, True, True]
    found = ClosestMatches(np.array([0, 0.95, 0], dtype=np.float32), np.array([1, 0, 0]))
    assert has_near_copy(found, has_copy_within(np.array([4, 5, 4]))).tolist() == [True, True, True]
    assert has_copy_within(np.array([], dtype=np.int64)).shape == (0,)


@pytest.fixture
def of_pixels(make_faces):
    """A function that makes unlabelled faces of these pixels."""
    return lambda pixels, **columns: make_faces([-1] * len(pixels), **{"pixels": np.array(pixels), **columns})


def images(*values: int) -> np.ndarray:
    """One 2x2 image of each value."""
    return np.array([[[value] * 2] * 2 for value in values], dtype=np.uint8)


def test_the_same_pixels_share_a_number(of_pixels):
    groups = copy_groups(of_pixels(images(7, 8, 7, 9, 8, 7)))
    assert groups.tolist() == [0, 1, 0, 2, 1, 0]
    assert groups.dtype == np.int64


def test_one_changed_pixel_is_no_copy(of_pixels):
    pixels = images(7, 7)
    pixels[1, 1, 1] = 8
    assert copy_groups(of_pixels(pixels)).tolist() == [0, 1]


def test_a_mirrored_image_is_no_copy(of_pixels):
    pixels = np.array([[[1, 2], [3, 4]], [[2, 1], [4, 3]]], dtype=np.uint8)
    assert copy_groups(of_pixels(pixels)).tolist() == [0, 1]


def test_colour_and_strided_images_are_compared_by_content(make_faces):
    colour = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    colour[2] = colour[0]
    forwards, backwards = (make_faces([0] * 3).with_pixels(seen, "") for seen in (colour, colour[:, ::-1, ::-1]))
    assert copy_groups(forwards).tolist() == copy_groups(backwards).tolist() == [0, 1, 0]


def test_pictures_of_other_sizes_are_no_copies_whatever_their_bytes(make_faces):
    shapes = [(2, 8), (4, 4), (2, 8), (4, 4, 1)]
    pictures = [np.full(shape, 7, dtype=np.uint8) for shape in shapes]
    assert copy_groups(make_faces([0] * 4).with_pixels(pictures, "sizes")).tolist() == [0, 1, 0, 2]


def test_a_digest_decides_and_no_pixel_is_asked(make_faces):
    class Undecodable(list):
        def __iter__(self):
            raise AssertionError("a picture was decoded")

    faces = make_faces([0] * 5, extras={"digest": np.array([-5, 9, 2**62, 9, -5])})
    assert copy_groups(faces.with_pixels(Undecodable([None] * 5), "files")).tolist() == [0, 1, 2, 1, 0]


def test_rows_are_numbered_anew_from_the_first(of_pixels):
    faces = of_pixels(images(7, 8, 7, 9, 8, 7)).take(np.array([3, 5, 4, 2]), "some")
    assert copy_groups(faces).tolist() == [0, 1, 2, 1]


def test_with_copy_counts_images_of_the_second_side():
    groups = np.array([0, 1, 0, 2, 1, 0])
    # rows 2 and 5 show image 0, row 4 shows image 1; row 3 is alone
    assert count_copies(groups, np.array([0]), np.array([2, 3, 5])) == 2
    assert count_copies(groups, np.array([0, 1]), np.array([2, 3, 4, 5])) == 3
    assert count_copies(groups, np.array([2, 3, 4, 5]), np.array([0])) == 1
    assert count_copies(groups, np.array([3]), np.array([0, 1])) == 0
