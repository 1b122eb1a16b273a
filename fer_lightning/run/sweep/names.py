"""Names of sweeps and of their jobs: readable, the same whenever the same is asked for, and good as folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from fer_lightning.config_keys import may_differ

MAX_LENGTH = 120  # characters; file systems take 255 bytes, and `.<oldhash>` may follow
QUOTES = "'\""
UNSAFE = re.compile(r"[^A-Za-z0-9_.=+-]+")


def make_sweep_name(overrides: Iterable[str]) -> str:
    """The name of a sweep that was given none: of what is asked for, in any order, and never of the clock.

    Args:
        overrides: as typed, and the sweep file's own parameters.
    """
    return (
        _format_folder_name(sorted(word for word in overrides if may_differ(word.lstrip("+~").partition("=")[0])))
        or "defaults"
    )


def make_job_name(overrides: Sequence[str], keys: Sequence[str]) -> str:
    """The name of one job among its sweep's: the overrides of the keys that were swept, sorted.

    Args:
        overrides: of this job.
        keys: what the sweep varies; without any, everything that may change a metric is named.
    """
    own = [word for word in overrides if word.partition("=")[0] in keys]
    return _format_folder_name(sorted(own)) if own else make_sweep_name(overrides)


def make_eval_name(overrides: Sequence[str], keys: Sequence[str]) -> str:
    """The name of one test of fer-eval among its sweep's: what was swept, the data set and the checkpoint.

    These two always, so that the tests of another checkpoint or data set stand beside those of before.

    Args:
        overrides: of this job.
        keys: what the sweep varies.
    """
    words = [word for word in overrides if word.partition("=")[0] in (*keys, "data", "ckpt")]
    plain = [f"{key}={value.strip(QUOTES)}" for key, _, value in (word.partition("=") for word in words)]
    return _format_folder_name(
        sorted(plain, key=lambda word: (word.startswith("ckpt="), word))
    )  # a path is long, and cut off


def _format_folder_name(words: Sequence[str]) -> str:
    """The words as the name of one folder; where letters were lost, or many, a hash tells it from others."""
    plain = ",".join(words)
    safe = ",".join(UNSAFE.sub("-", word).strip("-.") for word in words)
    if safe == plain and len(safe) <= MAX_LENGTH:
        return safe
    return f"{safe[: MAX_LENGTH - 9].rstrip('-,')}-{blake2b(plain.encode(), digest_size=4).hexdigest()}"
