"""A model's predictions for each test image, as a Parquet file that any table program reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError, choices

CLASS_NAMES = b"class_names"  # the schema's metadata: class names as JSON, in the order of the probabilities
AGAIN = "test the checkpoint again to write it anew"


@dataclass(frozen=True, eq=False)
class Predictions:
    """N images of one test.

    Attributes:
        ids: (N,) a name for each image that stays the same wherever the data lie.
        true: (N,) int64, index into `class_names`.
        class_names: C different names, in the order of the columns of `probabilities`.
        probabilities: (N, C) float32, rows sum to 1.
    """

    ids: npt.NDArray[np.str_]
    true: npt.NDArray[np.int64]
    class_names: tuple[str, ...]
    probabilities: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        images, classes = len(self.ids), len(self.class_names)
        if self.true.shape != (images,) or self.probabilities.shape != (images, classes):
            raise ValueError(
                f"{images} ids, true of shape {self.true.shape}, probabilities of shape {self.probabilities.shape} "
                f"for {classes} class names"
            )
        if len(set(self.class_names)) != classes:
            raise ValueError(f"class names repeat themselves: {choices(self.class_names)}")
        if images and not 0 <= self.true.min() <= self.true.max() < classes:
            raise ValueError(f"true from {self.true.min()} to {self.true.max()} for {classes} class names")

    @property
    def predicted(self) -> npt.NDArray[np.int64]:
        """(N,) index of the highest probability; of equal ones the first."""
        index: npt.NDArray[np.int64] = self.probabilities.argmax(axis=1).astype(np.int64)
        return index

    @property
    def confidence(self) -> npt.NDArray[np.float32]:
        """(N,) the highest probability."""
        highest: npt.NDArray[np.float32] = self.probabilities.max(axis=1)
        return highest

    @property
    def correct(self) -> npt.NDArray[np.bool_]:
        """(N,) whether the highest probability is that of the true class."""
        same: npt.NDArray[np.bool_] = self.predicted == self.true
        return same


def write(predictions: Predictions, path: Path) -> None:
    """Writes the file whole or not at all: `image`, `true`, `predicted` and `p_<class>` for each class.

    Classes stand there by name, so that no reader has to know their numbers.

    Raises:
        FerError: the model gave NaN, or another number that is no probability.
    """
    if (row := _first_wrong(predictions.probabilities)) is not None:
        raise FerError(f"{path}: no probabilities for image {predictions.ids[row]}, the model gives NaN or overflows")
    names = predictions.class_names
    schema = _schema(names)
    columns = [
        pa.array(predictions.ids.tolist(), pa.string()),
        *(_named(index, names) for index in (predictions.true, predictions.predicted)),
        *(pa.array(column, pa.float32()) for column in predictions.probabilities.T),
    ]
    table = pa.Table.from_arrays(columns, schema=schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as scratch:
        pq.write_table(
            table,
            scratch,
            compression="zstd",
            use_dictionary=["true", "predicted"],
            # the bytes of floats by their place: exponents, which are alike, come together
            use_byte_stream_split=schema.names[3:],
            column_encoding={"image": "DELTA_BYTE_ARRAY"},
            write_page_checksum=True,
        )


def read(path: Path) -> Predictions:
    """The predictions in a file that `write` made.

    Raises:
        FerError: no such file, a broken one, or one whose columns, classes or probabilities are not as written.
    """
    if not path.is_file():
        raise FerError(f"{path} does not exist: the test is not finished, or predictions were not kept")
    try:
        # a folder such as fold=3 is no column
        table = pq.read_table(path, page_checksum_verification=True, partitioning=None)
        table.validate(full=True)
        found = set(table.column_names)
    except (pa.ArrowException, OSError, ValueError) as broken:  # ValueError: a name that is no UTF-8
        raise FerError(f"{path} is no whole Parquet file ({_first_line(broken)}): {AGAIN}") from broken
    names = _class_names(table, path)
    expected = _schema(names)
    if missing := [name for name in expected.names if name not in found]:
        raise FerError(f"{path} lacks the column {choices(missing)}: {AGAIN}")
    try:
        table = table.select(expected.names).cast(expected)
    except (pa.ArrowException, ValueError) as wrong:
        raise FerError(f"{path}: a column is not of its type ({_first_line(wrong)}): {AGAIN}") from wrong
    ids = table["image"].to_pylist()
    if None in ids:
        raise FerError(f"{path}: row {ids.index(None)} has no image: {AGAIN}")
    probabilities = np.column_stack([table[name].to_numpy() for name in expected.names[3:]])
    if (row := _first_wrong(probabilities)) is not None:
        raise FerError(f"{path}: image {ids[row]} has a probability that is NaN or not in 0..1: {AGAIN}")
    known = Predictions(np.array(ids, dtype=np.str_), _indices(table, "true", names, path), names, probabilities)
    if len(rows := np.flatnonzero(_indices(table, "predicted", names, path) != known.predicted)):
        raise FerError(f"{path}: image {ids[rows[0]]} is predicted as another class than its highest p_: {AGAIN}")
    return known


def _schema(names: tuple[str, ...]) -> Any:
    label = pa.dictionary(pa.int32(), pa.string())
    fields = [pa.field("image", pa.string()), pa.field("true", label), pa.field("predicted", label)]
    probabilities = [pa.field(f"p_{name}", pa.float32()) for name in names]
    return pa.schema([*fields, *probabilities], metadata={CLASS_NAMES: json.dumps(names, ensure_ascii=False)})


def _named(index: npt.NDArray[np.int64], names: tuple[str, ...]) -> Any:
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32()), pa.array(names, pa.string()))


def _class_names(table: Any, path: Path) -> tuple[str, ...]:
    text = (table.schema.metadata or {}).get(CLASS_NAMES)
    if text is None:
        raise FerError(f"{path} does not say its classes: is it the table of another program, or saved by one? {AGAIN}")
    try:
        names = json.loads(text)
    except ValueError as broken:
        raise FerError(f"{path}: its class_names are no JSON ({broken}): {AGAIN}") from broken
    listed = isinstance(names, list) and bool(names) and all(isinstance(name, str) for name in names)
    if not listed or len(set(names)) != len(names):
        raise FerError(f"{path}: its class_names are no list of different names: {AGAIN}")
    return tuple(names)


def _indices(table: Any, column: str, names: tuple[str, ...], path: Path) -> npt.NDArray[np.int64]:
    number = {name: index for index, name in enumerate(names)}
    labels = table[column].to_pylist()
    if unknown := sorted({str(label) for label in labels if label not in number}):
        raise FerError(f"{path}: '{column}' has {choices(unknown)}, its classes are {choices(names)}: {AGAIN}")
    return np.array([number[label] for label in labels], dtype=np.int64)


def _first_wrong(probabilities: npt.NDArray[np.float32]) -> int | None:
    # an average of several views of an image may round to a little above 1
    rows = np.flatnonzero(~np.all((probabilities >= 0) & (probabilities <= 1 + 1e-5), axis=1))
    return int(rows[0]) if len(rows) else None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
