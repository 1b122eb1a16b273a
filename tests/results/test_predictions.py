from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.predictions import Predictions, read, write

ODD = ("a.b", "a$b$", "", 'quo"te, \\ and', "two\nlines", "悲しい", "p_true", "true")


def some(total: int = 40, names: tuple[str, ...] = ("angry", "happy", "sad"), seed: int = 0) -> Predictions:
    random = np.random.default_rng(seed)
    return Predictions(
        np.array([f"test/{i:05d}.png" for i in range(total)], dtype=np.str_),
        random.integers(0, len(names), total),
        names,
        random.dirichlet(np.ones(len(names)), total).astype(np.float32),
    )


@pytest.fixture
def written(tmp_path) -> Path:
    write(some(), path := tmp_path / "predictions.parquet")
    return path


def changed(path: Path, change) -> None:
    pq.write_table(change(pq.read_table(path)), path)


def assert_same(one: Predictions, other: Predictions) -> None:
    assert one.class_names == other.class_names
    for name in ("ids", "true", "probabilities"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), strict=name != "ids")


def test_what_follows_from_the_probabilities():
    spread = np.array([[0.25, 0.75], [0.5, 0.5], [0.875, 0.125]], dtype=np.float32)
    given = Predictions(np.array(["a", "b", "c"]), np.array([1, 1, 0]), ("no", "yes"), spread)
    assert given.predicted.tolist() == [1, 0, 0]  # of equal ones the first
    assert given.confidence.tolist() == [0.75, 0.5, 0.875]
    assert given.correct.tolist() == [True, False, True]


@pytest.mark.parametrize("names", [("no", "yes"), ODD, ("only",)])
@pytest.mark.parametrize("total", [0, 1, 500])
def test_what_is_written_is_read(tmp_path, total, names):
    given = some(total, names)
    write(given, tmp_path / "new folder" / "p.parquet")
    assert_same(read(tmp_path / "new folder" / "p.parquet"), given)
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["p.parquet"]


def test_any_program_finds_classes_by_their_names(written):
    given, table = some(), pq.read_table(written)
    assert table.column_names == ["image", "true", "predicted", "p_angry", "p_happy", "p_sad"]
    assert table["true"].to_pylist() == [given.class_names[i] for i in given.true]
    assert table["predicted"].to_pylist() == [given.class_names[i] for i in given.probabilities.argmax(axis=1)]
    assert pa.types.is_dictionary(table.schema.field("true").type)
    assert table.schema.field("predicted").type == table.schema.field("true").type
    assert {str(table.schema.field(i).type) for i in (3, 4, 5)} == {"float"}
    assert json.loads(table.schema.metadata[b"class_names"]) == ["angry", "happy", "sad"]
    assert pq.read_metadata(written).row_group(0).column(3).compression == "ZSTD"


def test_the_same_predictions_give_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write(some(), tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_test_images_of_fer2013_take_about_100_kb(tmp_path):
    write(some(3589, tuple("abcdefg")), tmp_path / "p.parquet")
    assert 80_000 < (tmp_path / "p.parquet").stat().st_size < 115_000


def test_a_folder_named_like_a_sweep_s_job_adds_no_column(tmp_path):
    write(some(), path := tmp_path / "true=7" / "data.fold=3" / "predictions.parquet")
    assert_same(read(path), some())


def test_a_failed_write_leaves_the_old_file_and_no_other(written, monkeypatch):
    before = written.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write(some(seed=1), written)
    assert written.read_bytes() == before
    assert list(written.parent.iterdir()) == [written]


def test_a_model_that_gives_nan_is_named_with_its_image(tmp_path):
    given = some()
    given.probabilities[7] = np.nan
    with pytest.raises(FerError, match=r"p\.parquet: no probabilities for image test/00007\.png"):
        write(given, tmp_path / "p.parquet")
    assert not (tmp_path / "p.parquet").exists()


def test_an_absent_file(tmp_path):
    with pytest.raises(FerError, match=r"p\.parquet does not exist: the test is not finished"):
        read(tmp_path / "p.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"image,true\na,b\n" * 90])
def test_what_is_no_parquet(tmp_path, content):
    (tmp_path / "p.parquet").write_bytes(content)
    with pytest.raises(FerError, match=r"p\.parquet is no whole Parquet file \(.+\): test the checkpoint again"):
        read(tmp_path / "p.parquet")


def test_a_truncated_file_at_any_length(written):
    whole = written.read_bytes()
    for length in range(0, len(whole), 97):
        written.write_bytes(whole[:length])
        with pytest.raises(FerError, match="is no whole Parquet file"):
            read(written)


def test_a_flipped_bit_is_never_read_as_other_predictions(written):
    whole, given, noticed = written.read_bytes(), some(), 0
    for place in range(0, len(whole), 7):
        written.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        try:
            assert_same(read(written), given)
        except FerError:
            noticed += 1
    assert noticed > 100


def with_names(text):
    return lambda table: table.replace_schema_metadata(text and {"class_names": text})


def with_column(name, values):
    return lambda table: table.set_column(table.column_names.index(name), name, [values])


FAULTS = {
    "column": (lambda t: t.drop_columns(["p_happy", "image"]), r"lacks the column image, p_happy: test the checkpoint"),
    "metadata": (with_names(None), r"does not say its classes: is it the table of another program"),
    "json": (with_names("[angry"), r"its class_names are no JSON"),
    "names": (with_names('{"angry": 1}'), r"its class_names are no list of different names"),
    "twice": (with_names('["sad", "sad"]'), r"its class_names are no list of different names"),
    "none": (with_names("[]"), r"its class_names are no list of different names"),
    "class": (with_column("true", ["angry"] * 39 + ["bored"]), r"'true' has bored, its classes are angry, happy, sad"),
    "no class": (with_column("predicted", ["angry"] * 39 + [None]), r"'predicted' has None, its classes are"),
    "numbers": (with_column("true", [0] * 40), r"a column is not of its type \("),
    "text": (with_column("p_sad", ["much"] * 40), r"a column is not of its type \("),
    "image": (with_column("image", ["a"] * 39 + [None]), r"row 39 has no image"),
    "nan": (with_column("p_sad", pa.array([0.0, float("nan")] * 20)), r"image test/00001\.png has a probability"),
    "null": (with_column("p_sad", pa.array([0.0, None] * 20)), r"image test/00001\.png has a probability"),
    "two": (with_column("p_sad", pa.array([0.0, 2.0] * 20)), r"image test/00001\.png has a probability"),
    "other": (with_column("predicted", ["happy"] * 40), r"image test/0\d+\.png is predicted as another class than"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_changed_file_says_what_is_wrong(written, fault):
    change, message = FAULTS[fault]
    changed(written, change)
    with pytest.raises(FerError, match=message) as raised:
        read(written)
    assert str(raised.value).startswith(str(written))
    assert str(raised.value).endswith("test the checkpoint again to write it anew")
    assert "\n" not in str(raised.value)


def test_wider_columns_of_another_program_are_read(written):
    wide = [("image", pa.large_string()), ("true", pa.string()), ("predicted", pa.large_string())]
    wide += [(f"p_{name}", pa.float64()) for name in ("angry", "happy", "sad")]
    changed(written, lambda t: t.cast(pa.schema(wide, metadata=t.schema.metadata)).append_column("note", [["x"] * 40]))
    assert_same(read(written), some())


@pytest.mark.parametrize(
    ("true", "names", "shape", "message"),
    [
        ([0, 1], ("a", "b"), (3, 2), r"3 ids, true of shape \(2,\)"),
        ([0, 1, 0], ("a", "b"), (3, 3), r"probabilities of shape \(3, 3\) for 2 class names"),
        ([0, 1, 0], ("a", "a"), (3, 2), "class names repeat themselves: a, a"),
        ([0, 2, 0], ("a", "b"), (3, 2), "true from 0 to 2 for 2 class names"),
        ([0, -1, 0], ("a", "b"), (3, 2), "true from -1 to 0 for 2 class names"),
    ],
)
def test_columns_that_do_not_agree_are_refused(true, names, shape, message):
    with pytest.raises(ValueError, match=message):
        Predictions(np.array(["x", "y", "z"]), np.array(true), names, np.zeros(shape, dtype=np.float32))


def test_the_closing_table_and_training_need_neither_pyarrow_nor_pandas():
    modules = "fer_lightning.results.tables, fer_lightning.results.confusion_scores, fer_lightning.commands.report"
    asked = f"import sys, {modules}; sys.exit(bool({{'pyarrow', 'pandas'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
