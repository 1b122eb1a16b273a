"""LFW in its three variants: people, no labels, one warning of counts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.protocols import PROTOCOLS, Request, apply_protocol
from fer_lightning.data.readers import lfw
from fer_lightning.errors import FerError
from tests.layouts.lfw import VARIANTS, write_lfw

NAMES = ["Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee/Ann_Lee_0002.jpg", "Bo_Le_Roi_Jr/Bo_Le_Roi_Jr_0001.jpg"]


def draw(folder, names=NAMES):
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.full((250, 250, 3), 7 * number, dtype=np.uint8))
    return folder


@pytest.fixture
def refused(tmp_path):
    """A function that gives the one message with which a folder is refused; nothing may stay in the cache."""

    def refuse(folder):
        with pytest.raises(FerError) as caught:
            lfw.read(folder, tmp_path / "cache")
        cache = tmp_path / "cache"
        assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
        return str(caught.value)

    return refuse


@pytest.mark.parametrize("place", ["", *VARIANTS, *(f"{name}/{name}" for name in VARIANTS)])
def test_every_place_in_which_archives_put_it(tmp_path, place):
    draw(tmp_path / "data" / place)
    faces = lfw.read(tmp_path / "data", tmp_path / "cache")
    assert faces.ids.tolist() == NAMES
    assert faces.subject.tolist() == ["Ann_Lee", "Ann_Lee", "Bo_Le_Roi_Jr"]
    assert faces.label.tolist() == [-1, -1, -1]
    assert faces.class_names == EXPRESSIONS
    assert [int(image[0, 0, 0]) for image in faces.pixels] == [0, 7, 14]
    assert lfw.official_counts(faces) is None


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_drawn_layout_is_read(tmp_path, tiny_faces, variant):
    folder = write_lfw(tiny_faces, tmp_path / "data", variant)
    for place in (folder, folder.parent):
        faces = lfw.read(place, tmp_path / "cache")
        assert len(faces) == 96
        assert sorted(faces.subject) == sorted(f"Drawn_{name}" for name in tiny_faces.subject)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_no_protocol_takes_images_without_labels(tmp_path, protocol):
    faces = lfw.read(draw(tmp_path / "lfw"), tmp_path / "cache")
    with pytest.raises(FerError, match="none of the 3 images has a label"):
        apply_protocol(faces, protocol, Request())


def test_other_counts_than_the_published_are_one_warning(tmp_path, caplog, monkeypatch):
    draw(tmp_path / "lfw")
    lfw.read(tmp_path, tmp_path / "cache")
    assert caplog.messages == ["LFW: 3 images of 2 people (published 13,233 of 5,749)"]
    caplog.clear()
    monkeypatch.setattr(lfw, "IMAGES", 3)
    monkeypatch.setattr(lfw, "PEOPLE", 2)
    lfw.read(tmp_path, tmp_path / "cache")
    assert caplog.messages == []


def test_an_absent_folder_is_told_the_layouts(tmp_path, refused):
    for place in (tmp_path / "nowhere", tmp_path):
        message = refused(place)
        for word in [str(place), "no LFW here", *VARIANTS, "<Name>/<Name>_0001.jpg", "data.faces.dir=DIR"]:
            assert word in message


def test_two_variants_are_not_mixed(tmp_path, refused):
    draw(tmp_path / "data" / "lfw")
    draw(tmp_path / "data" / "lfw_funneled")
    message = refused(tmp_path / "data")
    assert "choose one as data.faces.dir" in message
    assert str(tmp_path / "data" / "lfw_funneled") in message


@pytest.mark.parametrize(
    "stranger", ["Ann_Lee/Bo_0001.jpg", "Ann_Lee/Ann_Lee_1.jpg", "x.jpg", "Ann_Lee/in/in_0001.jpg"]
)
def test_an_image_of_another_name_is_named(tmp_path, refused, stranger):
    folder = draw(tmp_path / "lfw", [*NAMES, stranger])
    message = refused(folder)
    assert message.startswith(f"{folder / stranger}: LFW's images are")
    assert "(1 others here)" in message


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0"])
def test_a_broken_image_is_named(tmp_path, refused, content):
    folder = draw(tmp_path / "lfw")
    (folder / NAMES[1]).write_bytes(content)
    assert refused(folder).startswith(f"{folder / NAMES[1]}: this is no image")


def test_a_photograph_that_is_cut_off_is_named(tmp_path, refused):
    folder = draw(tmp_path / "lfw")
    noise = np.random.default_rng(0).integers(0, 256, (250, 250, 3), dtype=np.uint8)
    content = cv2.imencode(".jpg", noise)[1].tobytes()
    (folder / NAMES[0]).write_bytes(content[: len(content) // 2])
    assert refused(folder).startswith(f"{folder / NAMES[0]}: this is no image that can be read, or it is cut off")


def test_a_link_that_leads_up_is_named(tmp_path, refused):
    folder = draw(tmp_path / "lfw")
    (folder / "Ann_Lee" / "loop").symlink_to(folder)
    assert str(folder / "Ann_Lee" / "loop") in refused(folder)
