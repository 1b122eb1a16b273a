"""A run's folder that another run is about to take moves aside, with all that is in it."""

from __future__ import annotations

import json

import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.result import config_hash
from fer_lightning.run.artifacts.archive_previous import archive_run, remove_identical_archives

CONFIG = {"seed": 3}
ASIDE = f"run.{config_hash(CONFIG)}"


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "run"
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"config": CONFIG}))
    return folder


@pytest.mark.parametrize("left", ["result.json", "checkpoints/last.ckpt"])
def test_a_result_and_a_checkpoint_move_aside(folder, left):
    (folder / left).write_text("{}")
    names = {path.name for path in folder.iterdir()}
    assert archive_run(folder) == folder.with_name(ASIDE)
    assert {path.name for path in folder.with_name(ASIDE).iterdir()} == names
    assert not folder.exists()


def test_a_run_that_left_neither_stays_where_it_is(folder, tmp_path):
    assert archive_run(folder) is None
    assert archive_run(tmp_path / "absent") is None
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "result.json").write_text("[]")  # nobody knows whose
    assert archive_run(tmp_path / "other") is None
    assert {path.name for path in tmp_path.iterdir()} == {"run", "other"}


@pytest.mark.parametrize(("left", "text"), [("result.json", '{"mine": 1}'), ("checkpoints/last.ckpt", "x")])
def test_what_another_program_has_left_is_refused_and_stays(tmp_path, left, text):
    (tmp_path / left).parent.mkdir(exist_ok=True)
    (tmp_path / left).write_text(text)
    with pytest.raises(FerError, match=f"fer-train did not write the {left} in it; choose another hydra.run.dir"):
        archive_run(tmp_path)
    assert (tmp_path / left).read_text() == text


def test_of_a_link_the_folder_moves_and_the_link_stays(folder, tmp_path):
    (folder / "result.json").write_text("{}")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert archive_run(link) == folder.with_name(ASIDE)
    folder.mkdir()
    assert list(link.iterdir()) == []


@pytest.mark.parametrize("below", ["", "checkpoints"])
def test_the_working_folder_is_not_moved_away_under_the_run(folder, monkeypatch, below):
    (folder / "result.json").write_text("{}")
    monkeypatch.chdir(folder / below)
    with pytest.raises(
        FerError, match=r"the run in this folder cannot be archived, as .*; choose another hydra\.run\.dir"
    ):
        archive_run(folder)
    assert (folder / "result.json").exists()


def test_a_folder_that_the_system_does_not_move_is_named_with_the_reason(folder, monkeypatch):
    (folder / "result.json").write_text("{}")

    def refuse(self, target):
        raise OSError(16, "Device or resource busy")  # as of a mount point

    monkeypatch.setattr(type(folder), "rename", refuse)
    with pytest.raises(FerError, match=rf"{ASIDE} \(Device or resource busy\); choose another hydra\.run\.dir"):
        archive_run(folder)


def finished(folder, **content):
    folder.mkdir(exist_ok=True)
    (folder / "result.json").write_text(json.dumps({"config": CONFIG, "metrics": {"test/accuracy": 0.5}, **content}))
    return folder


@pytest.mark.parametrize(
    ("aside", "equal"),
    [
        ({}, True),
        ({"finished": "earlier"}, True),
        ({"metrics": {"test/accuracy": 0.6}}, False),
        ({"confusion_matrix": [[1]]}, False),
        ({"data_digest": "other"}, False),
        ({"config": {"seed": 4}}, False),
    ],
)
def test_a_result_that_was_moved_aside_goes_where_the_same_run_has_given_it_again(tmp_path, aside, equal):
    folder, old = finished(tmp_path / "run"), finished(tmp_path / f"{ASIDE}.3", **aside)
    others = [finished(tmp_path / name) for name in ("run.3", f"other.{config_hash(CONFIG)}", f"{ASIDE}x")]
    remove_identical_archives(folder)
    assert old.exists() is not equal
    assert folder.exists()
    assert all(other.exists() for other in others)


def test_what_a_user_has_put_beside_an_old_result_is_not_removed(tmp_path):
    folder, old = finished(tmp_path / "run"), finished(tmp_path / ASIDE)
    (old / "notes.txt").write_text("mine")
    remove_identical_archives(folder)
    assert (old / "notes.txt").exists()
