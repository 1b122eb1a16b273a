"""What lies in a job's folder: whether it is this job's, how far it is, and what it was worth."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.result import config_hash
from fer_lightning.run.resume.saved_job import FILE_NAME as SAVED

log = logging.getLogger(__name__)


def make_way(folder: Path, wanted: str | None) -> bool:
    """Makes way for the job in its folder; True where the run that lies there can be taken up again."""
    found = result_hash(folder) or _hash_in(folder / SAVED)
    if found is not None and found != wanted:
        aside = folder.with_name(f"{folder.name}.{found}")
        if aside.exists():  # the older of two that share a config
            shutil.rmtree(aside)
        folder.rename(aside)
        log.info("%s: its config has changed; the run of before is now %s", folder.name, aside.name)
    folder.mkdir(parents=True, exist_ok=True)
    # beside a result, also a broken one, a resume would say that the run is complete
    begun = found is not None and found == wanted and not (folder / RESULT).exists()
    return begun and (folder / "checkpoints" / "last.ckpt").is_file()


def result_hash(folder: Path) -> str | None:
    """Of the config of the result that lies there, as this version computes it; None where there is none."""
    return _hash_in(folder / RESULT)


def value_of(folder: Path, monitor: str) -> float | None:
    """The metric `monitor` of the result that lies there."""
    value = (_json(folder / RESULT).get("metrics") or {}).get(monitor)
    return None if value is None else float(value)


def _hash_in(path: Path) -> str | None:
    config = _json(path).get("config")
    return config_hash(config) if isinstance(config, Mapping) else None


def _json(path: Path) -> dict[str, Any]:
    """What a file of ours says; nothing where it is not there, or not whole: then the job is run anew."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
