from __future__ import annotations

import json
from dataclasses import MISSING, asdict, fields, replace
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.result import Result, read, versions, write


def a_result(**changes) -> Result:
    result = Result(
        config_hash="0123456789abcdef",
        choices={"data": "fer2013", "model": "vgg", "debug": None},
        overrides=["seed=0"],
        config={"seed": 0, "optimizer": {"lr": 0.1}},
        seed=0,
        protocol="official",
        class_names=["happy", "sad"],
        metrics={"test/accuracy": 0.75, "test/ece": None},
        confusion_matrix=[[2, 0], [1, 1]],
        timing={"fit_seconds": None, "fit_images_per_second": None, "test_seconds": 0.5, "test_images_per_second": 8},
        world_size=1,
        resumed_from_epoch=None,
        paper=None,
        files={"predictions": "predictions.csv"},
        versions={"python": "3.11.7"},
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:01:00Z",
        counts={"train": 8, "val": 4, "test": 4},
        intervals={"test/accuracy": [0.3, 0.95]},
        data_digest={"train": "0123456789abcdef", "val": "0" * 16, "test": "f" * 16},
    )
    return replace(result, **changes)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "predictions.csv").touch()
    return tmp_path


def altered(folder: Path, **changes) -> Path:
    write(a_result(), folder)
    content = json.loads((folder / "result.json").read_text()) | changes
    (folder / "result.json").write_text(json.dumps(content))
    return folder


def test_what_is_written_is_read_from_folder_and_file(folder):
    write(a_result(), folder)
    assert read(folder) == read(folder / "result.json") == a_result()
    assert set(json.loads((folder / "result.json").read_text())) == {f.name for f in fields(Result)}


def test_numpy_becomes_plain_and_nan_null(folder):
    write(
        a_result(
            seed=np.int64(7),
            metrics={"test/accuracy": np.float32(0.5), "test/ece": float("nan"), "val/loss": np.inf},
            confusion_matrix=np.array([[2, 0], [1, 1]]),
        ),
        folder,
    )
    text = (folder / "result.json").read_text()
    assert "NaN" not in text
    assert "Infinity" not in text
    back = read(folder)
    assert back.metrics == {"test/accuracy": 0.5, "test/ece": None, "val/loss": None}
    assert (back.seed, back.confusion_matrix) == (7, [[2, 0], [1, 1]])


def test_a_write_that_fails_leaves_nothing(folder):
    with pytest.raises(TypeError):
        write(a_result(config={"net": object()}), folder)  # fails half-way through the file
    assert [p.name for p in folder.iterdir()] == ["predictions.csv"]


def test_a_write_that_fails_keeps_the_earlier_result(folder, monkeypatch):
    write(a_result(), folder)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(a_result(seed=1), folder)
    assert read(folder).seed == 0
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("missing", ["absent.csv", "/etc/hostname"])
def test_a_named_file_must_lie_relative_to_the_folder(folder, missing):
    with pytest.raises(FerError, match=r"files\['metrics'\]"):
        write(a_result(files={"metrics": missing}), folder)
    assert not (folder / "result.json").exists()


@pytest.mark.parametrize("name", [f.name for f in fields(Result) if f.default_factory is MISSING])
def test_a_missing_field_is_named(folder, name):
    content = asdict(a_result())
    del content[name]
    (folder / "result.json").write_text(json.dumps(content))
    with pytest.raises(FerError, match=rf"result\.json: the field '{name}' is missing"):
        read(folder)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metrics": {"test/accuracy": "high"}}, r"metrics\['test/accuracy'\]"),
        ({"metrics": [1]}, "'metrics'"),
        ({"seed": None}, "'seed'"),
        ({"seed": True}, "'seed'"),
        ({"paper": "a title"}, "'paper'"),
        ({"class_names": ["happy", 3]}, r"class_names\[1\]"),
        ({"confusion_matrix": [[1, 2.5], [0, 0]]}, r"confusion_matrix\[0\]\[1\]"),
        ({"confusion_matrix": [[1, 2], [0]]}, "confusion_matrix"),
        ({"confusion_matrix": [[1]]}, "2 x 2"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(folder, changes, named):
    with pytest.raises(FerError, match=named):
        read(altered(folder, **changes))


def test_fields_of_later_versions_are_left_out(folder):
    assert read(altered(folder, invented_in_version_9=[1])) == a_result()


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00", "[1, 2]", '"text"', "null"])
def test_broken_and_alien_files_are_named(folder, text):
    (folder / "result.json").write_text(text)
    with pytest.raises(FerError, match=r"result\.json"):
        read(folder)


def test_bytes_that_are_no_text(folder):
    (folder / "result.json").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(FerError, match="no whole JSON"):
        read(folder)


def test_an_unfinished_run_says_so(tmp_path):
    with pytest.raises(FerError, match="not finished"):
        read(tmp_path)


def test_every_cut_of_a_file_is_refused(folder):
    write(a_result(), folder)
    whole = (folder / "result.json").read_bytes().rstrip()
    for length in range(0, len(whole), 37):
        (folder / "result.json").write_bytes(whole[:length])
        with pytest.raises(FerError):
            read(folder)


def test_versions_name_what_decides_the_numbers():
    found = versions()
    assert {"python", "fer_lightning", "torch", "pytorch-lightning", "numpy", "hydra-core"} <= set(found)
    assert found["numpy"] == np.__version__
