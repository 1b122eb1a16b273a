"""Whatever has happened to a cached set, it is made again."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data.cache import cached


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
def test_a_damaged_set_is_made_again_with_a_warning(tmp_path, several_columns, counted, caplog, damage):
    cached(tmp_path, "drawn", "k1", counted)
    DAMAGES[damage](tmp_path / "drawn-k1")
    with caplog.at_level(logging.WARNING, logger="fer_lightning"):
        again = cached(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2
    assert np.array_equal(again.pixels, several_columns.pixels)
    assert again.ids.tolist() == several_columns.ids.tolist()
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "drawn-k1 is damaged" in caplog.text
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".lock"] == ["drawn-k1"]
    cached(tmp_path, "drawn", "k1", counted)
    assert counted.calls == 2
