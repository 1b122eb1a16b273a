"""Covers fer_lightning/os_errors.py, and what every command and load() say when the operating system refuses."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import TINY, call

import fer_lightning
from fer_lightning.commands import audit, evaluate, report, train
from fer_lightning.errors import FerError
from fer_lightning.os_errors import describe, naming

PLACES = {
    "paths.log_dir": "/l", "paths.output_dir": "/l/runs/a", "paths.cache_dir": "/c", "paths.data_dir": "/d",
    "data.faces.dir": "/d/fer2013", "data.faces.votes": "/other/votes.csv",
}  # fmt: skip


def refused(number: int, path: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), path)


@pytest.mark.parametrize(
    "word", [f"data.faces.images={10**15}", f"data.faces.size={10**7}", f"model.input.size={10**8}"]
)
def test_a_lack_of_memory_is_one_line(word, tmp_path, capfd):
    words = ["data=synthetic", "debug=fast", "logger=none", word, f"hydra.run.dir={tmp_path}/run"]
    assert call(train.main, *words) == 1
    err = capfd.readouterr().err
    assert "not enough memory (" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (refused(errno.EACCES, "/c/x.lock"), "/c/x.lock: Permission denied; set FER_CACHE to another place"),
        (
            refused(errno.EACCES, "/d/fer2013/fer2013.csv"),
            "/d/fer2013/fer2013.csv: Permission denied; set FER_DATA or data.faces.dir to another place",
        ),
        (
            refused(errno.EROFS, "/l/runs/a/job.json"),
            "/l/runs/a/job.json: Read-only file system; set FER_LOGS or hydra.run.dir to another place",
        ),
        (
            refused(errno.EACCES, "/other/votes.csv"),
            "/other/votes.csv: Permission denied; set data.faces.votes to another place",
        ),
        (refused(errno.EACCES, "/elsewhere/best.ckpt"), "/elsewhere/best.ckpt: Permission denied"),
        (
            refused(errno.ENOSPC),
            "/l/runs/a: No space left on device; make room, or set FER_LOGS or hydra.run.dir to another place",
        ),
        (refused(errno.EMFILE), "Too many open files"),
        (OSError("Caught it in DataLoader worker 0.\nTraceback:\n  x\nOSError: gone\n"), "OSError: gone"),
    ],
)
def test_one_line_has_the_path_the_reason_and_the_setting(error, text):
    assert describe(error, PLACES) == text


def test_a_file_in_the_place_of_a_folder_is_the_one_that_is_named(tmp_path):
    (tmp_path / "logs").touch()
    with pytest.raises(NotADirectoryError) as error:
        (tmp_path / "logs" / "runs" / "a").mkdir(parents=True)
    told = describe(error.value, {"paths.log_dir": str(tmp_path / "logs")})
    assert told == f"{tmp_path}/logs: this is a file, and a folder is needed; set FER_LOGS to another place"


def test_an_error_of_writing_gets_the_name_of_the_file(tmp_path):
    with pytest.raises(OSError, match="No space") as error, naming(tmp_path / "x"):
        raise refused(errno.ENOSPC)
    assert error.value.filename == str(tmp_path / "x")


@contextmanager
def files_of_at_most(size: int):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def one_error(err: str) -> str:
    assert "Traceback" not in err
    assert "Logging error" not in err
    (line,) = [line for line in err.splitlines() if line.startswith("error: ")]
    return line


@pytest.mark.parametrize(
    ("limit", "file", "setting"),
    [
        (50_000, "cache/synthetic-", "FER_CACHE"),  # 24 faces of 48 x 48 are 55 kB
        (230_000, "run/checkpoints/", "hydra.run.dir"),
    ],
)
def test_a_training_that_the_disk_has_no_room_for_ends_in_one_line(tmp_path, capfd, limit, file, setting):
    places = [f"paths.cache_dir={tmp_path}/cache", f"hydra.run.dir={tmp_path}/run"]
    with files_of_at_most(limit):
        assert call(train.main, *TINY, "data.faces.images=24", "debug=fast", *places) == 1
    line = one_error(capfd.readouterr().err)
    assert line.startswith(f"error: {tmp_path}/{file}")
    assert line.endswith(f": File too large; make room, or set {setting} to another place")
    assert not [path for path in tmp_path.rglob("*") if path.name == "result.json" or path.suffix == ".partial"]
    cached = tmp_path / "cache"
    assert all(path.suffix == ".lock" for path in cached.iterdir()) or "cache" not in file


COMMANDS = {
    "train": (train.main, TINY),
    "sweep": (train.main, ["-m", *TINY, "seed=0,1"]),
    "evaluate": (evaluate.main, ["ckpt=x", "data=synthetic"]),
    "audit": (audit.main, ["data=synthetic"]),
    "report": (report.main, ["."]),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_in_the_place_of_the_logs_is_told_by_every_command(tmp_path, capfd, monkeypatch, command):
    (tmp_path / "logs").touch()
    monkeypatch.setenv("FER_LOGS", str(tmp_path / "logs"))
    main, words = COMMANDS[command]
    assert call(main, *words) == 1
    line = one_error(capfd.readouterr().err)
    assert line.startswith(f"error: {tmp_path}/logs: this is a file, and a folder is needed; set FER_LOGS")


def test_a_folder_for_the_run_that_cannot_be_made_is_told(tmp_path, capfd):
    (tmp_path / "file").touch()
    assert call(train.main, *TINY, f"hydra.run.dir={tmp_path}/file/run") == 1
    assert one_error(capfd.readouterr().err).startswith(f"error: {tmp_path}/file: this is a file")


def test_load_tells_of_a_checkpoint_that_may_not_be_read(tmp_path, monkeypatch):
    path, opened = tmp_path / "best.ckpt", Path.open

    def shut(self, *arguments, **named):
        if self == path:
            raise refused(errno.EACCES, str(path))
        return opened(self, *arguments, **named)

    path.touch()
    monkeypatch.setattr(Path, "open", shut)  # for root may read everything
    with pytest.raises(FerError, match=r"best\.ckpt: Permission denied$"):
        fer_lightning.load(path)


FULL = """
import sys
from pathlib import Path
import numpy as np
from fer_lightning.data.cache import cache_rows
cache_rows(Path(sys.argv[1]), "rows", "k", 4096, lambda: (np.ones((64, 1024)) for _ in range(64)))
"""


@pytest.mark.slow
def test_a_cache_on_a_full_disk_raises_and_the_process_lives(tmp_path):
    # with a map of the file in memory the process would be killed by SIGBUS
    mounted = f"mount -t tmpfs -o size=1m none {tmp_path} && exec {sys.executable} -c '{FULL}' {tmp_path}"
    if shutil.which("unshare") is None:
        pytest.skip("needs util-linux's unshare")
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", tmp_path], check=False).returncode:
        pytest.skip("this machine lets no process mount a tmpfs of its own")
    done = subprocess.run(["unshare", "-rm", "sh", "-c", mounted], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"OSError: [Errno {errno.ENOSPC}] No space left on device: '{tmp_path}/rows-k'" in done.stderr
