"""Describes errors of the operating system in one line: the path, the reason, and which setting names another place."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fer_lightning.errors import FerError

# the environment variable behind each of the roots in conf/paths/default.yaml
LOGS = "paths.log_dir"
VARIABLES = {"paths.cache_dir": "FER_CACHE", "paths.data_dir": "FER_DATA", LOGS: "FER_LOGS"}
OUTPUT = "paths.output_dir"  # of which users know the key that Hydra takes it from
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Adds `path` to an OSError of the block that names no file, as those of writing do, or a scratch file."""
    try:
        yield
    except OSError as error:
        renamed = error.filename2 is not None  # the scratch file could not take the place
        if error.errno in FULL or renamed or (error.filename is None and error.errno is not None):
            error.filename2 = None
            error.filename = str(path)
        raise


@contextmanager
def as_fer_error(places: Mapping[str, str]) -> Iterator[None]:
    """Turns an OSError of the block into a FerError with the text of `describe`, and likewise a lack of memory."""
    try:
        yield
    except OSError as error:
        raise FerError(describe(error, places)) from error
    except (MemoryError, RuntimeError) as error:
        if not _lacks_memory(error):
            raise
        said = " ".join(str(error).split())
        raise FerError(f"not enough memory ({said}): choose smaller images, batches or nets") from error


def _lacks_memory(error: Exception) -> bool:
    """Whether Python, or torch on a processor or a GPU, was refused memory."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or "can't allocate memory" in str(error)
    )


def describe(error: OSError, places: Mapping[str, str]) -> str:
    """One line: the path, the reason, and the setting that names another place.

    Args:
        error: as it was raised; without a path (as from a library) only the reason is known.
        places: dotted config key to the path that it names, for all that could be meant.
    """
    # an error in a loading worker carries its traceback as text, and ends with the reason
    reason = (error.strerror or str(error) or type(error).__name__).strip().splitlines()[-1]
    named = error.filename
    if error.errno in FULL:
        reason = os.strerror(error.errno)
        # libraries that write figures and tables name no file, and they write into the run's folder
        named = named or places.get(OUTPUT) or places.get(LOGS)
    if named is None:
        return reason
    path = Path(os.fsdecode(named)).absolute()
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        path = next((place for place in (*reversed(path.parents), path) if place.is_file()), path)
        reason = "this is a file, and a folder is needed" if path.is_file() else reason
    text = f"{path}: {reason}"
    settings = _settings(path, places)
    if not settings or _only_unreadable(path, settings):
        return text
    room = "make room, or " if error.errno in FULL else ""
    return f"{text}; {room}set {' or '.join(settings)} to another place"


def _settings(path: Path, places: Mapping[str, str]) -> list[str]:
    """The settings from which `path` follows: the variable of its root, and the key that names it most closely."""
    above = {key: Path(place).expanduser().absolute() for key, place in places.items()}
    holding = {key: place for key, place in above.items() if path == place or place in path.parents}
    roots = {holding[key]: variable for key, variable in VARIABLES.items() if key in holding}
    keys = sorted((key for key in holding if holding[key] not in roots), key=lambda key: len(holding[key].parts))
    return [*roots.values(), *(key.replace(OUTPUT, "hydra.run.dir") for key in keys[-1:])]


def _only_unreadable(path: Path, settings: list[str]) -> bool:
    """Whether this is a result or a checkpoint that may not be read: another place for new runs would not help."""
    return VARIABLES[LOGS] in settings and os.access(path, os.F_OK) and not os.access(path, os.R_OK)
