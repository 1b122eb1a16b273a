"""Detects whether the data of a job have changed since it began, without reading images in the launcher."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError
from fer_lightning.run.artifacts.data_digest_cache import compute_data_key, load_data_digest, store_data_digest
from fer_lightning.run.sweep.job_folder import read_data_digest

log = logging.getLogger(__name__)

MODULE = "fer_lightning.run.sweep.data_changes"


def has_data_changed(folder: Path, config: Mapping[str, Any]) -> bool:
    """Whether the run in a job's folder used other images, labels or splits than the job would use now.

    Digests are cached by the state of the data files. If these have changed, or nothing is cached, a subprocess reads
    the data, once per data config. Runs without digests and missing data count as unchanged, so that finished jobs stay
    finished.

    Args:
        folder: of the job.
        config: the job's current config, resolved.
    """
    before = read_data_digest(folder)
    if before is None:
        return False
    if not before:
        log.info("%s: it is from before digests were kept; whether its data have changed is not known", folder.name)
        return False
    key = compute_data_key(config)
    if key is None:
        return False
    if (now := load_data_digest(config, key)) is None:
        _read_in_subprocess(
            json.dumps({part: config[part] for part in ("data", "preprocess", "model", "paths")}, sort_keys=True)
        )
        now = load_data_digest(config, key)
    return now is not None and now != before


@cache
def _read_in_subprocess(config: str) -> None:
    """Reads the data and stores their digest in a subprocess, as importing torch is slow."""
    asked = subprocess.run([sys.executable, "-m", MODULE], input=config, capture_output=True, text=True, check=False)
    if asked.returncode:
        last = (asked.stderr.strip().splitlines() or [f"exit code {asked.returncode}"])[-1]
        log.warning("the data of finished jobs could not be read, and are not compared: %s", last)


def main() -> None:
    """Stores the digest of a data set; stdin has `data`, `preprocess`, `model` and `paths` of a resolved config."""
    from fer_lightning.run.build import build_data  # imports torch, which a launcher must not load

    config = json.load(sys.stdin)
    key = compute_data_key(config)
    try:
        store_data_digest(config, key, build_data(config["data"], config).data_digest())
    except FerError as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
