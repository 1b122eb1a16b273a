"""The cache makes a set once, whole or not at all, and makes a damaged one again."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data.cache import cached, content_hash
from fer_lightning.errors import FerError


@pytest.fixture
def faces(make_faces):
    return make_faces(
        [3, 0, 6],
        ids=["straße/1", "日本", "c"],
        subject=["Zoë", "Zoë", "李"],
        frame=[0, 1, 2],
        extras={"votes": np.arange(6).reshape(3, 2), "landmarks": np.ones((3, 68, 2), dtype=np.float32)},
    )


@pytest.fixture
def counted(faces):
    """A maker that keeps count of its calls."""

    class Counted:
        calls = 0

        def __call__(self):
            self.calls += 1
            return faces

    return Counted()


def finished(cache_dir: Path) -> list[str]:
    return sorted(path.name for path in cache_dir.iterdir() if path.suffix != ".lock")


def test_a_set_is_made_once_and_comes_back_whole(tmp_path, faces, counted):
    first = cached(tmp_path / "new", "drawn", "k1", counted)
    second = cached(tmp_path / "new", "drawn", "k1", counted)
    assert counted.calls == 1
    assert finished(tmp_path / "new") == ["drawn-k1"]
    for opened in (first, second):
        assert np.array_equal(opened.pixels, faces.pixels)
        assert opened.class_names == faces.class_names
        assert opened.fingerprint == "k1"
        assert opened.columns().keys() == faces.columns().keys()
        for name, column in faces.columns().items():
            assert opened.columns()[name].tolist() == column.tolist()
            assert opened.columns()[name].dtype == column.dtype
    assert second.subject.tolist() == ["Zoë", "Zoë", "李"]
    assert second.sequence is None


def test_pixels_are_memory_mapped_and_read_only(tmp_path, counted):
    opened = cached(tmp_path, "drawn", "k1", counted)
    assert isinstance(opened.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        opened.pixels[0, 0, 0] = 1


def test_another_key_or_name_is_another_set(tmp_path, counted):
    for name, key in (("a", "k1"), ("a", "k2"), ("b", "k1"), ("a", "k1")):
        cached(tmp_path, name, key, counted)
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


def cut(name: str, share: float):
    def damage(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return damage


def without(*left_out: str):
    def damage(folder: Path) -> None:
        with np.load(folder / "columns.npz") as columns:
            kept = {name: columns[name] for name in columns.files if name not in left_out}
        np.savez(folder / "columns.npz", **kept)

    return damage


def shorter(folder: Path) -> None:
    with np.load(folder / "columns.npz") as columns:
        kept = dict(columns)
    np.savez(folder / "columns.npz", **(kept | {"label": kept["label"][:2]}))


def garbled_header(folder: Path) -> None:
    data = (folder / "pixels.npy").read_bytes()
    (folder / "pixels.npy").write_bytes(data.replace(b"}", b"("))


DAMAGES = {
    "pixels cut": cut("pixels.npy", 0.7),
    "pixels cut in their header": cut("pixels.npy", 0.05),
    "pixels empty": cut("pixels.npy", 0),
    "pixels with a garbled header": garbled_header,
    "pixels gone": lambda folder: (folder / "pixels.npy").unlink(),
    "columns cut": cut("columns.npz", 0.5),
    "columns empty": cut("columns.npz", 0),
    "columns gone": lambda folder: (folder / "columns.npz").unlink(),
    "no class names": without("class_names"),
    "no label": without("label"),
    "no label, no ids": without("label", "ids"),
    "a column too short": shorter,
    "no array": lambda folder: (folder / "pixels.npy").write_text("hello"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_set_is_made_again_with_a_warning(tmp_path, faces, counted, caplog, damage):
    cached(tmp_path, "drawn", "k1", counted)
    DAMAGES[damage](tmp_path / "drawn-k1")
    with caplog.at_level(logging.WARNING, logger="fer_lightning"):
        again = cached(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2
    assert np.array_equal(again.pixels, faces.pixels)
    assert again.ids.tolist() == faces.ids.tolist()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "drawn-k1 is damaged" in caplog.text
    assert finished(tmp_path) == ["drawn-k1"]
    cached(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2


def test_a_maker_that_fails_leaves_nothing_and_may_try_again(tmp_path, counted):
    def fail():
        raise FerError("line 7 is wrong")

    with pytest.raises(FerError, match="line 7"):
        cached(tmp_path, "drawn", "k1", fail)
    assert finished(tmp_path) == []
    cached(tmp_path, "drawn", "k1", counted)
    assert finished(tmp_path) == ["drawn-k1"]


def test_a_disk_that_fills_up_leaves_nothing(tmp_path, counted, monkeypatch):
    def full(*_args, **_columns):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        cached(tmp_path, "drawn", "k1", counted)
    assert finished(tmp_path) == []


def test_a_column_of_python_objects_is_not_written(tmp_path, make_faces):
    odd = make_faces([0, 1], extras={"anything": np.array([{}, None], dtype=object)})
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        cached(tmp_path, "drawn", "k1", lambda: odd)
    assert finished(tmp_path) == []


def test_two_processes_that_ask_at_once_make_it_once(tmp_path):
    script = textwrap.dedent("""
        import json, os, sys, time
        from pathlib import Path
        import numpy as np
        from fer_lightning.data.cache import cached
        from fer_lightning.data.faces import FaceSet

        folder = Path(sys.argv[1])

        def make():
            (folder / f"made-by-{os.getpid()}").touch()
            time.sleep(0.5)
            return FaceSet(np.full((4, 2, 2), 9, np.uint8), np.arange(4), tuple("abcd"), np.array(list("wxyz")), "")

        (folder / f"ready-{os.getpid()}").touch()
        while len(list(folder.glob("ready-*"))) < 2:
            time.sleep(0.01)
        print(json.dumps(cached(folder / "cache", "drawn", "k1", make).pixels.sum().item()))
    """)
    command = [sys.executable, "-c", script, str(tmp_path)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert answers == [4 * 2 * 2 * 9] * 2
    assert len(list(tmp_path.glob("made-by-*"))) == 1
    assert finished(tmp_path / "cache") == ["drawn-k1"]
