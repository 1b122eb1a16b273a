"""Digests of images and of the sides of a split."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.image_digests import add_digests, combine_digests, compute_digest, split_digests, to_hex
from fer_lightning.data.preprocess.rotate import rotate_both_ways

ALL = np.arange(4)


class Pictures(list):
    """Pictures of several sizes that count how often one is decoded."""

    decoded = 0

    def __iter__(self):
        for picture in super().__iter__():
            self.decoded += 1
            yield picture


@pytest.fixture
def faces(make_faces):
    return make_faces([0, 1, 0, 6], ids=list("abcd"))


def digest(faces, rows=ALL, label=None, names=None):
    label = faces.label if label is None else np.array(label)
    return split_digests(faces, label, faces.class_names if names is None else names, {"train": rows})["train"]


def test_an_image_has_the_same_digest_in_an_array_and_in_a_file(make_faces, tmp_path):
    array = make_faces([0, 1, 0])
    files = array.with_pixels(Pictures(array.pixels), "files")
    known = [add_digests(faces, tmp_path).extras["digest"].tolist() for faces in (array, files)]
    assert known[0] == known[1] == [compute_digest(image) for image in array.pixels]
    assert len(set(known[0])) == 3
    assert compute_digest(np.zeros((2, 8), np.uint8)) != compute_digest(np.zeros((4, 4), np.uint8))


def test_pictures_that_are_decoded_one_by_one_are_decoded_once(make_faces, tmp_path):
    pictures = Pictures(np.full((size, 3), size, np.uint8) for size in (2, 3, 4))
    faces = make_faces([0, 1, 2]).with_pixels(pictures, "their fingerprint")
    first, again = (add_digests(faces, tmp_path).extras["digest"] for _ in range(2))
    assert pictures.decoded == 3
    assert np.array_equal(first, again)


def test_a_side_knows_images_labels_and_their_order_and_no_file_name(faces, make_faces):
    before = digest(faces)
    assert len(before) == 16
    assert int(before, 16) >= 0
    assert digest(make_faces([0, 1, 0, 6], ids=list("wxyz"))) == before
    assert digest(faces, ALL[:3]) != before
    assert digest(faces, ALL[::-1]) != before
    assert digest(faces, label=[0, 1, 0, 5]) != before
    other = faces.pixels.copy()
    other[2, 0, 0] ^= 1
    assert digest(faces.with_pixels(other, "")) != before


def test_labels_count_by_name_and_not_by_number(faces):
    names = (*faces.class_names[::-1],)
    assert digest(faces, label=6 - faces.label, names=names) == digest(faces)


def test_shares_of_votes_count_beside_the_label(make_faces):
    votes = np.eye(7, dtype=np.float32)[[0, 1, 0, 6]]
    other = votes.copy()
    other[0, :2] = 0.75, 0.25
    found = [digest(make_faces([0, 1, 0, 6], extras={"target": target})) for target in (votes, other)]
    assert found[0] != found[1]


def test_a_turned_image_is_known_as_the_picture_that_it_was(faces, tmp_path):
    plain, both = (add_digests(one, tmp_path).extras["digest"] for one in (faces, rotate_both_ways(faces, 20)))
    assert both.tolist() == np.repeat(plain, 2).tolist()


def test_an_image_made_of_two_has_a_digest_of_both():
    one, two = np.array([1, 1, 2, -1]), np.array([1, 2, 1, 1])
    found = combine_digests(one, two)
    assert len(set(found.tolist())) == 4
    assert combine_digests(one[:1], two[:1]) == found[:1]


def test_hex_digits():
    assert to_hex(np.array([0, 1, -1])) == ["0" * 16, "01" + "0" * 14, "f" * 16]
