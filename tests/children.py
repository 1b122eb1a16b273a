"""Commands as processes of their own, which tests stop in the midst of their work."""

from __future__ import annotations

import os
import subprocess
import sys
import time

TRAIN = [sys.executable, "-m", "fer_lightning.commands.train"]


def start(*words, folder=None, **environment):
    """A process in a session of its own; `folder` becomes the run's."""
    return subprocess.Popen(
        [*words, f"hydra.run.dir={folder}"] if folder else list(words),
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_in_mid_epoch(job, folder, signum, whole_group=False):
    """Sends the signal when two epochs have left their last.ckpt and the third has begun; gives stdout and stderr."""
    last, mark = folder / "checkpoints" / "last.ckpt", None
    deadline = time.monotonic() + 240
    seen = 0
    while seen < 2:
        assert time.monotonic() < deadline, "no second epoch"
        assert job.poll() is None, job.communicate()[1]
        if last.exists() and last.stat().st_mtime_ns != mark:
            mark, seen = last.stat().st_mtime_ns, seen + 1
        time.sleep(0.01)
    time.sleep(0.15)
    (os.killpg if whole_group else os.kill)(job.pid, signum)
    return job.communicate(timeout=120)
