"""What a run leaves agrees with itself, so that reports take it."""

from __future__ import annotations

from fer_lightning.results.consistency import contradiction, foreign_files
from fer_lightning.results.result import file_digest, read


def test_a_run_leaves_a_result_that_agrees_with_itself_and_with_its_predictions(tiny_checkpoint):
    folder = tiny_checkpoint.parents[1]
    result = read(folder)
    assert contradiction(result) is None
    assert result.file_digests == {"predictions": file_digest(folder / "predictions.parquet")}
    assert foreign_files(result, folder) == []
