"""Whatever has happened to a cached set, it is made again."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data import cache
from fer_lightning.data.cache import cache_faces, cache_rows, write_digests


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


def resealed(change):
    """A change that the digests do not notice, for what opening notices by itself."""

    def damage(folder: Path) -> None:
        change(folder)
        (folder / "digests.json").unlink()
        write_digests(folder)

    return damage


def changed_byte(name: str, place: float, value: int | None = None):
    """One byte of the file flipped, or set; nothing but a digest can tell."""

    def damage(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        at = int((len(data) - 1) * place)
        data[at] = data[at] ^ 0x10 if value is None else value
        (folder / name).write_bytes(data)

    return damage


def zeroed_page(folder: Path) -> None:
    data = (folder / "pixels.npy").read_bytes()
    (folder / "pixels.npy").write_bytes(data[:128] + bytes(200) + data[328:])


def other_dtype(folder: Path) -> None:
    np.save(folder / "pixels.npy", np.load(folder / "pixels.npy").astype(np.float32))


def labels_out_of_range(folder: Path) -> None:
    with np.load(folder / "columns.npz") as columns:
        kept = dict(columns)
    np.savez(folder / "columns.npz", **(kept | {"label": kept["label"] + 100}))


def file_in_its_place(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("hello")


def link_in_its_place(folder: Path) -> None:
    moved = folder.parent.with_name("moved")
    folder.rename(moved)
    (moved / "pixels.npy").write_text("hello")
    folder.symlink_to(moved)


DAMAGES = {
    "pixels cut": cut("pixels.npy", 0.7),
    "pixels cut in their header": cut("pixels.npy", 0.05),
    "pixels empty": cut("pixels.npy", 0),
    "pixels with a garbled header": garbled_header,
    "pixels gone": lambda folder: (folder / "pixels.npy").unlink(),
    "columns cut": cut("columns.npz", 0.5),
    "columns empty": cut("columns.npz", 0),
    "columns gone": lambda folder: (folder / "columns.npz").unlink(),
    "no class names": resealed(without("class_names")),
    "no label": resealed(without("label")),
    "no label, no ids": resealed(without("label", "ids")),
    "a column too short": resealed(shorter),
    "no array": resealed(lambda folder: (folder / "pixels.npy").write_text("hello")),
    "first pixel flipped": changed_byte("pixels.npy", 0.3),
    "last pixel flipped": changed_byte("pixels.npy", 1),
    "pixels zeroed": zeroed_page,
    "pixels of another type": other_dtype,
    "labels out of range": labels_out_of_range,
    "digests flipped": changed_byte("digests.json", 0.5, ord("!")),
    "digests cut": cut("digests.json", 0.5),
    "digests of another shape": lambda folder: (folder / "digests.json").write_text("[]"),
    "a file in its place": file_in_its_place,
    "a link to a damaged folder in its place": link_in_its_place,
}


@pytest.mark.parametrize("name", ["pixels.npy", "columns.npz", "digests.json"])
def test_a_pipe_in_the_place_of_a_file_does_not_hang(tmp_path, several_columns, counted, name):
    cache_faces(tmp_path, "drawn", "k1", counted)
    (tmp_path / "drawn-k1" / name).unlink()
    os.mkfifo(tmp_path / "drawn-k1" / name)
    assert np.array_equal(cache_faces(tmp_path, "drawn", "k1", counted).pixels, several_columns.pixels)
    assert counted.calls == 2


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_set_is_made_again_with_a_warning(tmp_path, several_columns, counted, caplog, damage):
    cache_faces(tmp_path, "drawn", "k1", counted)
    DAMAGES[damage](tmp_path / "drawn-k1")
    with caplog.at_level(logging.WARNING, logger="fer_lightning"):
        again = cache_faces(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2
    assert np.array_equal(again.pixels, several_columns.pixels)
    assert again.ids.tolist() == several_columns.ids.tolist()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "drawn-k1 is damaged" in caplog.text
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["drawn-k1"]
    cache_faces(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2


def test_a_link_that_leads_nowhere_gives_way(tmp_path, several_columns, counted):
    (tmp_path / "drawn-k1").symlink_to(tmp_path / "nowhere")
    (tmp_path / "drawn-k1.7.partial").write_text("a file where a folder of a killed process would lie")
    again = cache_faces(tmp_path, "drawn", "k1", counted)
    assert np.array_equal(again.pixels, several_columns.pixels)
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["drawn-k1"]


def test_what_a_damaged_link_points_to_stays(tmp_path, counted):
    (tmp_path / "cache").mkdir()
    cache_faces(tmp_path / "cache", "drawn", "k1", counted)
    link_in_its_place(tmp_path / "cache" / "drawn-k1")
    cache_faces(tmp_path / "cache", "drawn", "k1", counted)
    assert (tmp_path / "moved" / "columns.npz").exists()


def test_a_set_of_an_earlier_version_is_made_again_without_a_warning(tmp_path, counted, caplog):
    cache_faces(tmp_path, "drawn", "k1", counted)
    (tmp_path / "drawn-k1" / "digests.json").unlink()
    with caplog.at_level(logging.WARNING, logger="fer_lightning"):
        cache_faces(tmp_path, "drawn", "k1", counted)
        cache_faces(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2
    assert caplog.records == []


def test_the_block_that_changed_is_named_beyond_the_first(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(cache, "DIGEST_BLOCK", 1000)
    rows = np.arange(4000, dtype=np.uint8).reshape(40, 100)
    cache_rows(tmp_path, "described", "k1", 40, lambda: [rows])
    changed_byte("rows.npy", 0.9)(tmp_path / "described-k1")
    monkeypatch.setattr(cache, "DIGEST_BLOCK", 500)  # a folder keeps the size of its own blocks
    assert np.array_equal(cache_rows(tmp_path, "described", "k1", 40, lambda: [rows]), rows)
    assert "rows.npy: block 4 of 5 has changed" in caplog.text
