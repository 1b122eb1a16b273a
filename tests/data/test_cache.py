"""The cache makes a set once, whole or not at all, and makes a damaged one again."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data import cache
from fer_lightning.data.cache import cache_columns, cache_faces, content_hash
from fer_lightning.errors import FerError


def finished(cache_dir: Path) -> list[str]:
    return sorted(path.name for path in cache_dir.iterdir() if path.suffix != ".lock")


def test_a_set_is_made_once_and_comes_back_whole(tmp_path, several_columns, counted):
    first = cache_faces(tmp_path / "new", "drawn", "k1", counted)
    second = cache_faces(tmp_path / "new", "drawn", "k1", counted)
    assert counted.calls == 1
    assert finished(tmp_path / "new") == ["drawn-k1"]
    for opened in (first, second):
        assert np.array_equal(opened.pixels, several_columns.pixels)
        assert opened.class_names == several_columns.class_names
        assert opened.fingerprint == "k1"
        assert opened.columns().keys() == several_columns.columns().keys()
        for name, column in several_columns.columns().items():
            assert opened.columns()[name].tolist() == column.tolist()
            assert opened.columns()[name].dtype == column.dtype
    assert second.subject.tolist() == ["Zoë", "Zoë", "李"]
    assert second.sequence is None


def test_pixels_are_memory_mapped_and_read_only(tmp_path, counted):
    opened = cache_faces(tmp_path, "drawn", "k1", counted)
    assert isinstance(opened.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.pixels[0, 0, 0] = 1


def test_another_key_or_name_is_another_set(tmp_path, counted):
    for name, key in (("a", "k1"), ("a", "k2"), ("b", "k1"), ("a", "k1")):
        cache_faces(tmp_path, name, key, counted)
    assert counted.calls == 3
    assert finished(tmp_path) == ["a-k1", "a-k2", "b-k1"]


def test_the_hash_changes_with_values_and_with_the_content_of_files(tmp_path):
    table = tmp_path / "table.csv"
    table.write_bytes(b"1 2 3")
    keys = [content_hash("x", 1, files=[table]), content_hash("x", 2, files=[table]), content_hash("x", 1)]
    table.write_bytes(b"1 2 4")
    keys.append(content_hash("x", 1, files=[table]))
    assert len(set(keys)) == 4
    moved = tmp_path / "moved.csv"
    moved.write_bytes(b"1 2 4")
    assert content_hash("x", 1, files=[moved]) == keys[-1]
    assert len(keys[0]) == 32
    assert set(keys[0]) <= set("0123456789abcdef")


def test_the_hash_does_not_depend_on_the_order_of_settings():
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash("a", "b") != content_hash("b", "a")
    assert content_hash("ab") != content_hash("a", "b")


def test_a_finished_set_is_read_where_nothing_can_be_written(tmp_path, several_columns, counted, monkeypatch):
    cache_faces(tmp_path, "drawn", "k1", counted)
    monkeypatch.setattr(cache, "FileLock", lambda path: pytest.fail(f"{path} would have been written"))
    assert np.array_equal(cache_faces(tmp_path, "drawn", "k1", counted).pixels, several_columns.pixels)


def test_a_maker_that_fails_leaves_nothing_and_may_try_again(tmp_path, counted):
    def fail():
        raise FerError("line 7 is wrong")

    with pytest.raises(FerError, match="line 7"):
        cache_faces(tmp_path, "drawn", "k1", fail)
    assert finished(tmp_path) == []
    cache_faces(tmp_path, "drawn", "k1", counted)
    assert finished(tmp_path) == ["drawn-k1"]


def test_a_disk_that_fills_up_leaves_nothing(tmp_path, counted, monkeypatch):
    def full(*_args, **_columns):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        cache_faces(tmp_path, "drawn", "k1", counted)
    assert finished(tmp_path) == []


def test_a_column_of_python_objects_is_not_written(tmp_path, make_faces):
    odd = make_faces([0, 1], extras={"anything": np.array([{}, None], dtype=object)})
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        cache_faces(tmp_path, "drawn", "k1", lambda: odd)
    assert finished(tmp_path) == []


def test_two_processes_that_ask_at_once_make_it_once(tmp_path):
    script = textwrap.dedent("""
        import json, os, sys, time
        from pathlib import Path
        import numpy as np
        from fer_lightning.data.cache import cache_faces
        from fer_lightning.data.faces import FaceSet

        folder = Path(sys.argv[1])

        def make():
            (folder / f"made-by-{os.getpid()}").touch()
            time.sleep(0.5)
            return FaceSet(np.full((4, 2, 2), 9, np.uint8), np.arange(4), tuple("abcd"), np.array(list("wxyz")), "")

        (folder / f"ready-{os.getpid()}").touch()
        while len(list(folder.glob("ready-*"))) < 2:
            time.sleep(0.01)
        print(json.dumps(cache_faces(folder / "cache", "drawn", "k1", make).pixels.sum().item()))
    """)
    command = [sys.executable, "-c", script, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert answers == [4 * 2 * 2 * 9] * 2
    assert len(list(tmp_path.glob("made-by-*"))) == 1
    assert finished(tmp_path / "cache") == ["drawn-k1"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path, make_faces):
    (tmp_path / "drawn-k1.123.partial").mkdir()
    (tmp_path / "drawn-k1.123.partial" / "pixels.npy").write_bytes(b"half")
    cache_faces(tmp_path, "drawn", "k1", lambda: make_faces([0, 1]))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["drawn-k1", "drawn-k1.lock"]


def test_a_table_is_made_once_and_comes_back_whole(tmp_path):
    calls = []

    def make():
        calls.append(1)
        return {"box": np.ones((2, 4)), "whole": np.array("3f"), "names": np.array(["日本", "b"])}

    for _ in range(2):
        table = cache_columns(tmp_path, "found", "k1", make)
        assert sorted(table) == ["box", "names", "whole"]
        assert table["box"].shape == (2, 4)
        assert str(table["whole"]) == "3f"
        assert table["names"].tolist() == ["日本", "b"]
    cache_columns(tmp_path, "found", "k2", make)
    assert len(calls) == 2
    assert finished(tmp_path) == ["found-k1", "found-k2"]


def test_a_damaged_table_is_made_again(tmp_path, caplog):
    cache_columns(tmp_path, "found", "k1", lambda: {"box": np.ones(4)})
    file = tmp_path / "found-k1" / "columns.npz"
    file.write_bytes(file.read_bytes()[:50])
    assert cache_columns(tmp_path, "found", "k1", lambda: {"box": np.zeros(4)})["box"].tolist() == [0] * 4
    assert "is damaged" in caplog.text


class Made:
    """Seven pictures, made when they are asked for; it keeps count of those that are in memory at once."""

    asked = 0

    def __init__(self, odd=None):
        self.odd = odd

    def __len__(self):
        return 7

    def __getitem__(self, row):
        self.asked += 1
        return np.full((3, 3 if row != self.odd else 4), row, dtype=np.uint8)


def test_pictures_that_are_made_one_by_one_are_written_in_pieces_and_each_made_once(tmp_path, make_faces, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 3)  # 3 + 3 + 1
    pictures = Made()
    faces = make_faces([0] * 7).with_pixels(pictures, "made")
    opened = cache_faces(tmp_path, "drawn", "k1", lambda: faces)
    assert isinstance(opened.pixels, np.memmap)
    assert opened.pixels.shape == (7, 3, 3)
    assert opened.pixels[:, 0, 0].tolist() == list(range(7))
    assert pictures.asked == 7


def test_a_picture_of_another_size_leaves_nothing_behind(tmp_path, make_faces, monkeypatch):
    monkeypatch.setattr(cache, "CHUNK", 3)
    faces = make_faces([0] * 7).with_pixels(Made(odd=5), "made")
    with pytest.raises(ValueError, match="same shape"):
        cache_faces(tmp_path, "drawn", "k1", lambda: faces)
    assert finished(tmp_path) == []
