"""The command writes what the data set's own reader reads."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import pytest
from support import call

import tests.layouts
from fer_lightning.data.synthetic.read import draw_set
from fer_lightning.errors import FerError
from fer_lightning.run.build import make
from fer_lightning.run.config.compose import compose_job
from tests.layouts import __main__ as command
from tests.layouts.__main__ import NAMES, main, write

SMALL = {"images": 112, "subjects": 2}

draw_once = cache(draw_set)


@pytest.fixture
def drawn_once(monkeypatch):
    """The command draws the same faces only once, whatever the layout."""
    monkeypatch.setattr(command, "read", lambda cache_dir, *what: draw_once(*what))


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("name", NAMES)
def test_the_reader_of_the_named_data_finds_faces(name, tmp_path):
    folder = tmp_path / "new" / name
    data = write(name, folder, images=70) if name == "mnist" else write(name, folder, **SMALL)
    job = compose_job([f"data={data}", f"data.faces.dir={folder}"], tmp_path)
    faces = make("data.faces", job.config["data"]["faces"])
    frames = {"frames": "last3"} if data == "ckplus" else {}
    faces = faces(cache_dir=tmp_path / "cache", **frames)
    assert len(faces) > 10
    assert name == "lfw" or len(set(faces.label.tolist())) > 4


def test_every_writer_has_a_name():
    package = Path(tests.layouts.__file__).parent
    helpers = {"__init__", "__main__", "recordings", "scene", "folders"}  # folders: its presets and `folder`
    assert {path.stem for path in package.glob("*.py")} - helpers <= set(NAMES)


def test_the_seed_and_the_size_decide_what_is_drawn(tmp_path):
    def drawn(place, **options):
        write("folder", tmp_path / place, **SMALL, **options)
        return [cv2.imread(str(path), 0) for path in sorted((tmp_path / place).rglob("*.png"))]

    first, again, other = drawn("a"), drawn("b"), drawn("c", seed=1)
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert any(one.shape == two.shape and (one != two).any() for one, two in zip(first, other, strict=True))
    assert {image.shape for image in drawn("d", size=64)} == {(64, 64)}


def test_it_says_how_to_read_what_it_wrote(tmp_path, capsys):
    folder = tmp_path / "empty"
    folder.mkdir()
    assert call(main, "ferplus", folder, "--images", 112, "--subjects", 2) == 0
    assert capsys.readouterr().out == f"2 files in {folder}; read with data=ferplus data.faces.dir={folder}\n"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("jafe", {}, "choose among affectnet, .*did you mean jaffe"),
        ("jaffe", {"size": 64}, "--size 64: jaffe is drawn with faces of 48x48"),
        ("mnist", {"size": 64}, "leave out --subjects and --size"),
        ("mnist", {"images": 6}, "choose 7 images or more"),
        ("ckplus", {"images": 100, "subjects": 2}, "choose --images 112 or more"),
        ("folder", {"images": 3}, "choose 8 or more"),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path, name, options, said):
    with pytest.raises(FerError, match=said):
        write(name, tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["jaffe", "mnist"])
def test_a_folder_that_cannot_be_made_is_one_error(tmp_path, capsys, name):
    (tmp_path / "file").touch()
    new = tmp_path / "file" / "new"
    assert call(main, name, new) == 1
    assert capsys.readouterr().err == f"error: {new}: this folder cannot be made (Not a directory); name another\n"


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "mine.txt"):
        assert call(main, "jaffe", place) == 1
        assert "is there and holds something" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
