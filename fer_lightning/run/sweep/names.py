"""Names of sweeps and their jobs: readable, deterministic and valid as folder names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from fer_lightning.config_keys import may_differ

MAX_LENGTH = 120  # characters; file systems take 255 bytes, and `.<oldhash>` may follow
QUOTES = "'\""
UNSAFE = re.compile(r"[^A-Za-z0-9_.=+-]+")


def make_sweep_name(overrides: Iterable[str]) -> str:
    """Makes the name of a sweep from its overrides, in any order and without the time.

    Args:
        overrides: as typed, and the sweep file's own parameters.
    """
    return (
        _format_folder_name(sorted(word for word in overrides if may_differ(word.lstrip("+~").partition("=")[0])))
        or "defaults"
    )


def make_job_name(overrides: Sequence[str], keys: Sequence[str]) -> str:
    """Makes the name of a job: the sorted overrides of the swept keys.

    Args:
        overrides: of this job.
        keys: the swept keys; without any, all overrides that may change a metric are used.
    """
    own = [word for word in overrides if word.partition("=")[0] in keys]
    return _format_folder_name(sorted(own)) if own else make_sweep_name(overrides)


def make_eval_name(overrides: Sequence[str], keys: Sequence[str]) -> str:
    """Makes the name of a test of fer-eval: swept keys, data set and checkpoint.

    The last two are always included, so that tests of other checkpoints or data sets get other folders.

    Args:
        overrides: of this job.
        keys: what the sweep varies.
    """
    words = [word for word in overrides if word.partition("=")[0] in (*keys, "data", "ckpt")]
    plain = [f"{key}={value.strip(QUOTES)}" for key, _, value in (word.partition("=") for word in words)]
    return _format_folder_name(
        sorted(plain, key=lambda word: (word.startswith("ckpt="), word))
    )  # last, as a long path is truncated


def _format_folder_name(words: Sequence[str]) -> str:
    """Joins the words to a folder name; a hash is appended if characters are replaced or truncated."""
    plain = ",".join(words)
    safe = ",".join(UNSAFE.sub("-", word).strip("-.") for word in words)
    if safe == plain and len(safe) <= MAX_LENGTH:
        return safe
    return f"{safe[: MAX_LENGTH - 9].rstrip('-,')}-{blake2b(plain.encode(), digest_size=4).hexdigest()}"
