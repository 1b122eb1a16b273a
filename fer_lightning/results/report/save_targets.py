"""Writes the mean probabilities of cross-fitted runs as soft targets, a share per class for each image."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from fer_lightning.atomic_write import atomic_write
from fer_lightning.errors import FerError, first_few
from fer_lightning.results.predictions import Predictions, read
from fer_lightning.results.report.average_probabilities import Pool
from fer_lightning.results.report.model import Run
from fer_lightning.results.report.paired_predictions import FILE

SPLIT = "split"  # the name in result.json's `files`
COLUMNS = ("image", "digest", "trained", "nets")  # and `p_<class>` for each class
CROSS_FIT = "train them with -m data.protocol=train_kfold data.fold=0,1"


class _Seen(NamedTuple):
    """What a run's split.csv says: the names of the images that trained it, and the digest of each image."""

    trained: list[str]
    digests: dict[str, str]


def write_soft_targets(runs: Sequence[Run], path: Path) -> str:
    """Averages what the runs said of each test image, and writes it as fer-train reads it for `data.targets`.

    Columns are the image, its digest, how many of the runs trained on it, how many were averaged, and `p_<class>`.

    Args:
        runs: of one data set and the same classes, each image tested by runs that did not train on it (cross-fitting).
        path: the CSV, written whole or not at all.

    Returns:
        A sentence on what was written.

    Raises:
        FerError: a run kept no predictions or no split, is of other data or classes, learned from other nets or
            weights, or tested an image on which it trained; or an image trained a run and was tested by none.
    """
    if path.is_dir():
        raise FerError(f"save_targets={path}: this is a folder; name a file, as in save_targets=targets.csv")
    if not runs:
        raise FerError(f"save_targets={path}: there is no finished run")
    pool: Pool | None = None
    runs = sorted(runs, key=lambda run: str(run.folder))
    data = runs[0].result.choices.get("data")
    trained: Counter[str] = Counter()
    digests: dict[str, str] = {}
    for run in runs:
        kept, seen = _predictions(run), _seen(run)
        pool = pool or Pool(kept.class_names)
        if run.result.choices.get("data") != data or set(kept.class_names) != set(pool.class_names):
            raise FerError(f"save_targets: {run.folder} is of another data set or other classes than {runs[0].folder}")
        copied = {seen.digests[image] for image in seen.trained}
        if both := [image for image in kept.ids.tolist() if seen.digests.get(image) in copied]:
            raise FerError(
                f"save_targets: {run.folder} trained on {len(both):,} of the images that it tested, or on exact copies "
                f"of them ({first_few(both)}), and what it says of them it may have learned by heart; {CROSS_FIT}"
            )
        if any(digests.setdefault(image, digest) != digest for image, digest in seen.digests.items()) or not pool.add(
            kept
        ):
            raise FerError(f"save_targets: {run.folder} saw other images or labels than {runs[0].folder}")
        trained.update(seen.trained)
    assert pool is not None
    mean = pool.average(least=1)
    tested = dict(zip(mean.ids.tolist(), pool.runs.tolist(), strict=True))
    if untested := [image for image in trained if image not in tested]:
        raise FerError(
            f"save_targets: {len(untested):,} of {len(trained):,} images that train these runs are tested by none of "
            f"them ({first_few(sorted(untested))}), so that no net can teach them; {CROSS_FIT}, all folds"
        )
    _write(mean, tested, trained, digests, path)
    low, high = min(tested.values()), max(tested.values())
    many = f"{low}" if low == high else f"{low} to {high}"
    return (
        f"Soft targets of {len(tested):,} images, each the mean of {many} run{'s' * (high > 1)} that did not train on "
        f"it, are in {path}."
    )


def _predictions(run: Run) -> Predictions:
    """What the run said of its test images.

    Raises:
        FerError: it kept nothing, or it is not known what it learned from.
    """
    config, counts = run.result.config, run.result.counts
    if config.get("ckpt") is not None and counts.get("test_trained") != 0:
        known = counts.get("test_trained", "perhaps some")
        raise FerError(
            f"save_targets: {run.folder} tested a checkpoint that trained on {known} of its test images; {CROSS_FIT}"
        )
    data = config.get("data") or {}
    for key, value in (("init_from", config.get("init_from")), ("data.targets", data.get("targets"))):
        if value:
            raise FerError(
                f"save_targets: {run.folder} learned from {key}={value}, whose nets may have trained on the images "
                "that it tested; leave it out of the teachers"
            )
    path = run.file(FILE)
    if path is None:
        raise FerError(f"save_targets: {run.folder} kept no predictions; test its checkpoint again")
    return read(path)


def _seen(run: Run) -> _Seen:
    path = run.file(SPLIT)
    if path is None:
        raise FerError(f"save_targets: {run.folder} has no split.csv, so that what trained it is not known")
    with path.open(encoding="utf-8", newline="") as stream:
        lines = [(line.get("image"), line.get("side"), line.get("digest")) for line in csv.DictReader(stream)]
    digests = {image: digest for image, _, digest in lines if image and digest}
    trained = [image for image, side, _ in lines if image and side == "train"]
    if len(digests) < len({image for image, *_ in lines}) or not lines:
        raise FerError(f"save_targets: {path} lacks digests of images; run the job again")
    return _Seen(trained, digests)


def _write(
    mean: Predictions, tested: dict[str, int], trained: Counter[str], digests: dict[str, str], path: Path
) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*COLUMNS, *(f"p_{name}" for name in mean.class_names)])
        for image, shares in sorted(zip(mean.ids.tolist(), mean.probabilities.tolist(), strict=True)):
            cells = [f"{share:.6g}" for share in shares]
            writer.writerow([image, digests.get(image, ""), trained[image], tested[image], *cells])
