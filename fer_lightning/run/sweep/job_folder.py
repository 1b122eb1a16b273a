"""What lies in a job's folder: whether it is this job's, how far it is, and what it was worth."""

from __future__ import annotations

import logging
from pathlib import Path

from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.run.artifacts.archive_previous import LAST_CHECKPOINT, archive_run, read_json, read_run_hash
from fer_lightning.run.resume.saved_job import FILE_NAME as SAVED_JOB

log = logging.getLogger(__name__)


def archive_stale(folder: Path, wanted: str | None) -> bool:
    """Makes way for the job in its folder; True where the run that lies there can be taken up again."""
    # beside a result, also a broken one, a resume would say that the run is complete
    begun = (folder / LAST_CHECKPOINT).is_file() and not (folder / RESULT).exists()
    if begun and wanted is not None and read_run_hash(folder) == wanted:
        return True
    aside = archive_run(folder)
    if aside is not None:
        log.info("%s: the run of before is now %s", folder.name, aside.name)
    folder.mkdir(parents=True, exist_ok=True)
    return False


def read_data_digest(folder: Path) -> dict[str, str] | None:
    """Of each side of the run that lies there; None where there is none, empty of one from before digests were kept."""
    for content in (read_json(folder / RESULT), read_json(folder / SAVED_JOB)):
        if "config" in content:
            return content.get("data_digest") or {}
    return None


def read_value(folder: Path, monitor: str) -> float | None:
    """The metric `monitor` of the result that lies there."""
    value = (read_json(folder / RESULT).get("metrics") or {}).get(monitor)
    return None if value is None else float(value)
