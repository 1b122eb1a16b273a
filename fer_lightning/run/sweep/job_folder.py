"""The run in a job's folder: whether it can be resumed, its data digest and its value."""

from __future__ import annotations

import logging
from pathlib import Path

from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.run.artifacts.archive_previous import LAST_CHECKPOINT, archive_run, read_json, read_run_hash
from fer_lightning.run.resume.saved_job import FILE_NAME as SAVED_JOB

log = logging.getLogger(__name__)


def archive_stale(folder: Path, wanted: str | None) -> bool:
    """Archives a run with another config; returns True if the run in the folder can be resumed."""
    # with a result, even a damaged one, a resume would report that the run is complete
    begun = (folder / LAST_CHECKPOINT).is_file() and not (folder / RESULT).exists()
    if begun and wanted is not None and read_run_hash(folder) == wanted:
        return True
    aside = archive_run(folder)
    if aside is not None:
        log.info("%s: the previous run was moved to %s", folder.name, aside.name)
    folder.mkdir(parents=True, exist_ok=True)
    return False


def read_data_digest(folder: Path) -> dict[str, str] | None:
    """Reads the digest of each split; None without a run, empty for runs of versions without digests."""
    for content in (read_json(folder / RESULT), read_json(folder / SAVED_JOB)):
        if "config" in content:
            return content.get("data_digest") or {}
    return None


def read_value(folder: Path, monitor: str) -> float | None:
    """Reads the metric `monitor` of the result in the folder."""
    value = (read_json(folder / RESULT).get("metrics") or {}).get(monitor)
    return None if value is None else float(value)
