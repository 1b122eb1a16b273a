"""Digests of data sets are kept by the state of their files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from fer_lightning.run.artifacts.data_digest_cache import compute_data_key, load_data_digest, store_data_digest
from fer_lightning.run.config.compose import compose_job

DIGEST = {"train": "a" * 16, "test": "b" * 16}


@pytest.fixture
def data(tmp_path) -> Path:
    for name in ("happy/1.png", "happy/2.png", "sad/1.png"):
        path = tmp_path / "data" / "folder" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "data"


@pytest.fixture
def config(data, tmp_path, monkeypatch):
    """A function from the root of the data and overrides to a config."""
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))

    def make(*overrides, root=data):
        monkeypatch.setenv("FER_DATA", str(root))
        return compose_job(["data=folder", *overrides], tmp_path / "run").config

    return make


def rewrite(folder):
    (folder / "sad" / "1.png").write_bytes(b"longer than before")


def repaint(folder):
    path = folder / "sad" / "1.png"
    before = path.stat()
    path.write_bytes(b"S" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1_000_000))


def move(folder):
    (folder / "sad" / "1.png").rename(folder / "happy" / "3.png")


CHANGES = {
    "added": lambda folder: (folder / "sad" / "2.png").write_bytes(b"x"),
    "removed": lambda folder: (folder / "happy" / "2.png").unlink(),
    "rewritten": rewrite,
    "of the same size": repaint,
    "moved": move,
    "linked": lambda folder: (folder / "sad" / "link.png").symlink_to(folder / "happy" / "1.png"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_of_a_file_has_another_key(config, data, change):
    before = compute_data_key(config())
    change(data / "folder")
    assert compute_data_key(config()) not in (before, None)


def test_the_data_keep_their_key_wherever_they_lie(config, data, tmp_path):
    before = compute_data_key(config())
    (data / "folder" / ".DS_Store").write_bytes(b"hidden")
    (data / "folder" / "happy" / ".more").mkdir()
    data.rename(tmp_path / "moved")
    assert compute_data_key(config(root=tmp_path / "moved")) == before
    assert compute_data_key(config(f"data.faces.dir={tmp_path}/moved/folder", "data.num_workers=3", "seed=5")) == before


@pytest.mark.parametrize("other", ["data.fold=1", "data.protocol=kfold", "data.faces.labels={a: happy}"])
def test_what_decides_the_sides_has_another_key(config, other):
    assert compute_data_key(config(other)) not in (compute_data_key(config()), None)


def test_soft_targets_another_state_of_their_file_and_another_weight_have_another_key(config, tmp_path):
    def key(weight=0.5):
        return compute_data_key(config(f"data.targets={tmp_path}/t.csv", f"data.targets_weight={weight}"))

    (tmp_path / "t.csv").write_text("image,p_happy,p_sad")
    first = key()
    assert first not in (compute_data_key(config()), key(0.7), None)
    (tmp_path / "t.csv").write_text("image,p_sad,p_happy,note")
    assert key() not in (first, None)


def test_a_reader_of_ones_own_names_places_under_keys_of_its_own(config, tmp_path):
    (tmp_path / "list.txt").write_text("1")
    words = [f"+data.faces.list={tmp_path}/list.txt"]
    before = compute_data_key(config(*words))
    (tmp_path / "list.txt").write_text("12")
    assert compute_data_key(config(*words)) != before


def test_links_that_lead_back_have_an_end(config, data):
    (data / "folder" / "happy" / "again").symlink_to(data / "folder")
    (data / "folder" / "dead.png").symlink_to(data / "nothing")
    assert compute_data_key(config()) is not None


def test_data_that_are_not_there_have_no_key_and_nothing_is_kept(config, data, tmp_path):
    shutil.rmtree(data)
    assert compute_data_key(config()) is None
    store_data_digest(config(), None, DIGEST)
    assert not (tmp_path / "cache").exists()


def test_what_is_kept_is_found_again_and_damage_is_nothing(config, tmp_path):
    key = compute_data_key(config())
    assert load_data_digest(config(), key) is None
    store_data_digest(config(), key, {"train": "c" * 16})
    store_data_digest(config(), key, DIGEST)
    assert load_data_digest(config(), key) == DIGEST
    (path,) = (tmp_path / "cache" / "data_digests").iterdir()
    for text in ('{"train": ', "[]"):
        path.write_text(text)
        assert load_data_digest(config(), key) is None
