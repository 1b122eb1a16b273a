"""What several test files share: tiny settings, where the real data are, and a command called in this process."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

REAL_DATA = Path(
    os.environ.get("FER_DATA") or "data"
).resolve()  # read before the tests get an environment of their own
TINY_BATCH = ["data.batch_size=16"]
TINY = ["data.faces.images=96", "data.faces.subjects=10", *TINY_BATCH]


def call(main, *arguments) -> int:
    """The exit code of a command's `main` with these arguments."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["fer", *map(str, arguments)])
        try:
            main()
        except SystemExit as end:
            return int(end.code or 0)
        finally:
            # Hydra puts handlers on the streams that pytest captures, and these are closed after the test
            root.handlers[:], root.level = handlers, level
    return 0
