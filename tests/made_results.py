"""Finished runs and sweeps as they lie on disk, of a few numbers each."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np

from fer_lightning.results.confusion_scores import FROM_COUNTS, matrix_scores
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.predictions import write as write_predictions
from fer_lightning.results.result import Result, config_hash, file_digest, write

CLASSES = ["happy", "sad"]


def matrix_of(accuracy: float) -> list[list[int]]:
    """Counts of two classes with this accuracy, 40 and 60 images, or as many more as it needs."""
    share = Fraction(accuracy).limit_denominator(10_000)
    images = int(np.lcm(100, share.denominator))
    right = int(share * images)
    happy, sad = right * 2 // 5, right - right * 2 // 5
    return [[happy, images * 2 // 5 - happy], [images * 3 // 5 - sad, sad]]


def make_result(
    folder: Path, *, accuracy=None, fold=0, seed=0, predictions: Predictions | None = None, **fields
) -> Path:
    """Writes the run's folder and returns it.

    `choices`, `config` (dotted keys), `metrics` and `timing` are laid over the defaults, other fields replace them.
    The confusion matrix follows from the accuracy (0.75), unless it is given: then the metrics follow from it.
    """
    matrix = fields.get("confusion_matrix") or matrix_of(0.75 if accuracy is None else accuracy)
    computed = matrix_scores(matrix, fields.get("class_names", CLASSES))
    lr = fields.get("config", {}).get("optimizer.lr", 0.001)
    config = {
        "data": {"fold": fold, "protocol": "kfold"},
        "optimizer": {"lr": lr},
        "trainer": {"max_epochs": 2, "devices": 1},
        "seed": seed,
    }
    for key, value in fields.pop("config", {}).items():
        *branches, leaf = key.split(".")
        node = config
        for branch in branches:
            node = node.setdefault(branch, {})
        node[leaf] = value
    choices = {"data": "ckplus", "model": "cnn", "loss": "l1", "debug": None, "logger": "csv"}
    choices |= fields.pop("choices", {})
    seconds = {"fit_seconds": 3000.0, "test_seconds": 600.0}
    rates = {"fit_images_per_second": 200.0, "test_images_per_second": 900.0}
    given = {
        # the hash knows what groups were chosen, which the config of a real run spells out
        "config_hash": config_hash({**config, "model": {**choices, "logger": None}}),
        "choices": choices,
        "overrides": [],
        "config": config,
        "seed": seed,
        "protocol": "kfold",
        "class_names": CLASSES,
        "confusion_matrix": matrix,
        "world_size": 1,
        "resumed_from_epoch": None,
        "paper": None,
        "files": {},
        "versions": {},
        "started": "2026-01-01T00:00:00+00:00",
        "finished": "2026-01-01T01:00:00+00:00",
        "counts": {"train": 300, "val": 100, "test": sum(map(sum, matrix))},
    } | fields
    given["metrics"] = {
        "val/accuracy": 0.5,
        **{metric: computed[metric] for metric in FROM_COUNTS},
        "test/loss": 1.25,
        "test/ece": None,
    } | fields.get("metrics", {})
    if accuracy is not None:
        given["metrics"]["test/accuracy"] = accuracy
    given["timing"] = seconds | rates | fields.get("timing", {})
    folder.mkdir(parents=True, exist_ok=True)
    if predictions is not None:
        write_predictions(predictions, folder / "predictions.parquet")
        given["files"] = {**given["files"], "predictions": "predictions.parquet"}
        given["file_digests"] = {"predictions": file_digest(folder / "predictions.parquet")}
    write(Result(**given), folder)
    return folder


def make_sweep(folder: Path, jobs: dict[str, dict], **fields) -> Path:
    """Writes sweep.json: `jobs` is name -> what its entry says beside the name."""
    entries = [
        {"folder": name, "overrides": name.split(","), "state": "done", "error": "", "command": "", **entry}
        | {"name": name}
        for name, entry in jobs.items()
    ]
    content = {"sweep_name": folder.name, "command": "fer-train -m", "overrides": [], "total": len(jobs), **fields}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sweep.json").write_text(json.dumps({**content, "jobs": entries}))
    return folder
