"""Damaged bytes of a checkpoint are noticed before anything is read from it."""

from __future__ import annotations

import zipfile

import pytest
import torch

from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.restore import read_checkpoint, restore


@pytest.fixture(scope="module")
def trained(tiny_checkpoint):
    saved = torch.load(tiny_checkpoint, weights_only=True)
    return {part: saved[part] for part in ("fer_config", "state_dict")}


@pytest.fixture
def flipped(trained, tmp_path):
    """Writes the checkpoint with the signs of one tensor turned: each value is possible, and wrong."""
    path = tmp_path / "flipped.ckpt"
    torch.save(trained, path)
    content = bytearray(path.read_bytes())
    values = trained["state_dict"]["net.classify.2.weight"].numpy().tobytes()
    start = bytes(content).index(values)
    content[start + 3 : start + len(values) : 4] = bytes(
        byte ^ 0x80 for byte in content[start + 3 : start + len(values) : 4]
    )
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("key", ["ckpt", "init_from", "resume"])
def test_a_damaged_tensor_is_named(flipped, key):
    saved = torch.load(flipped, weights_only=True)  # torch sees nothing
    assert set(saved) == {"fer_config", "state_dict"}
    with pytest.raises(FerError, match=rf"{key}=.*flipped\.ckpt: damaged: \w+/data/\d+ is not what was written there"):
        restore(flipped) if key == "ckpt" else read_checkpoint(flipped, key)


def test_a_bit_anywhere_is_noticed_or_changes_nothing(trained, tmp_path):
    path = tmp_path / "x.ckpt"
    torch.save(trained, path)
    whole = path.read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        content = bytearray(whole)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        try:
            read = read_checkpoint(path)
        except FerError:
            continue
        assert read["fer_config"] == trained["fer_config"]
        assert all(torch.equal(value, trained["state_dict"][name]) for name, value in read["state_dict"].items())


def test_what_is_read_is_what_was_checked(trained, tmp_path):
    """A file that begins in torch's older form, which torch would read, and ends as an archive, which was checked."""
    other = {name: value + 1 for name, value in trained["state_dict"].items()}
    path = tmp_path / "x.ckpt"
    torch.save({**trained, "state_dict": other}, path, _use_new_zipfile_serialization=False)
    torch.save(trained, tmp_path / "archive.ckpt")
    with zipfile.ZipFile(tmp_path / "archive.ckpt") as source, zipfile.ZipFile(path, "a") as made:
        for member in source.infolist():
            made.writestr(member.filename, source.read(member))
    assert all(torch.equal(value, other[name]) for name, value in torch.load(path)["state_dict"].items())
    read = read_checkpoint(path)["state_dict"]
    assert all(torch.equal(value, trained["state_dict"][name]) for name, value in read.items())
