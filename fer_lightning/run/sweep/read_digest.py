"""`python -m fer_lightning.run.sweep.read_digest < config.json`: keeps the digest of a data set for a launcher."""

from __future__ import annotations

import json
import sys

from fer_lightning.errors import FerError
from fer_lightning.run.artifacts.data_digest_cache import compute_data_key, store_data_digest
from fer_lightning.run.build import build_data


def main() -> None:
    """Reads `data`, `preprocess`, `model` and `paths` of a resolved config from stdin; no image is prepared."""
    config = json.load(sys.stdin)
    key = compute_data_key(config)
    try:
        store_data_digest(config, key, build_data(config["data"], config).data_digest())
    except FerError as mistake:
        sys.exit(str(mistake))


if __name__ == "__main__":
    main()
