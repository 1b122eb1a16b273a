"""Rejects the resume of a run whose images have changed, and describes the changes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.errors import FerError, first_few
from fer_lightning.run.artifacts.split_table import SPLIT_FILE, SplitRow, iter_split_rows, read_split
from fer_lightning.run.job import Job

log = logging.getLogger(__name__)


def check_same_data(job: Job, datamodule: FaceDataModule) -> None:
    """Compares the images and labels of each split with those before the interruption.

    Args:
        job: from the run's folder.
        datamodule: of the current data.

    Raises:
        FerError: a split has other images, labels or order.
    """
    if job.resume_from is None:  # no epoch has finished: training starts anew
        return
    if not job.data_digest:
        log.info("this run began before digests were kept: whether its data have changed is not known")
        return
    now = datamodule.data_digest()
    if now == job.data_digest:
        return
    before = read_split(job.output_dir / SPLIT_FILE)
    told = (
        describe_differences(before, iter_split_rows(datamodule.prepared_data.source, datamodule.protocol.splits()))
        if before
        else ""
    )
    differing = [side for side, digest in now.items() if digest != job.data_digest.get(side)]
    told = told or f"other images, labels, votes or soft targets, or another order, in {', '.join(differing)}"
    raise FerError(
        f"resume={job.output_dir}: its data have changed since it began: {told}. What tests now may have trained: "
        "put the data back as they were, name their place (FER_DATA, data.faces.dir), or start a new run"
    )


def describe_differences(before: Iterable[SplitRow], now: Iterable[SplitRow]) -> str:
    """Counts images that were added, removed, changed or moved to another split, with some names."""
    was, there = _group_by_image(before), _group_by_image(now)
    both = [image for image in there if image in was]
    kinds = {
        "added": [image for image in there if image not in was],
        "removed": [image for image in was if image not in there],
        "changed": [image for image in both if _get_content(was[image]) != _get_content(there[image])],
        "moved to another side": [image for image in both if _get_sides(was[image]) != _get_sides(there[image])],
    }
    return ", ".join(f"{len(names)} {kind} ({first_few(names)})" for kind, names in kinds.items() if names)


def _group_by_image(lines: Iterable[SplitRow]) -> Mapping[str, list[SplitRow]]:
    found: dict[str, list[SplitRow]] = {}
    for line in lines:
        found.setdefault(line.image, []).append(line)
    return found


def _get_content(lines: Iterable[SplitRow]) -> set[tuple[str, str]]:
    return {(line.label, line.digest) for line in lines}


def _get_sides(lines: Iterable[SplitRow]) -> set[str]:
    return {line.side for line in lines}
