"""Kills, fills disks and flips bytes for some minutes; each attack must end as an undisturbed run or in one clear line.

    python tools/torture.py --minutes 30 --seed 0

Every attack trains or tests a tiny model on drawn faces in child processes, with caches and folders of its own. It
counts as survived when the metrics equal those of the undisturbed run, or when the command ends with an exit code other
than 0 and one line `error: ...`. A traceback, other metrics, a success without a result or a command that hangs is a
fault: its folder is kept and named, and the exit code is 1.

Each attack has a disk of its own, a tmpfs of 64 MB, so that "full" is what the kernel says. Where this user may not
mount one, a limit on the size of a file (RLIMIT_FSIZE) stands in for the full disk.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

TRAIN = ("fer_lightning.commands.train", "data.faces.images=96", "data.faces.subjects=24", "data.batch_size=8")
SMALL = ("trainer=cpu", "trainer.max_epochs=4", "trainer.enable_progress_bar=false", "model.net.width=4")
LONGEST = 240  # seconds: a command that takes longer hangs
DISK = 64 * 2**20  # bytes: the caches and one run take about 6 MB
STOPPED = (128 + signal.SIGTERM, 128 + signal.SIGINT, -signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT)
SAME, LINE = "as undisturbed", "one clear line"


class Ended(NamedTuple):
    """How a command ended: its exit code and what it said on stderr."""

    code: int
    said: str


class Fault(Exception):
    """What no attack may lead to."""


class Place:
    """The folder of one attack: its runs, and its own copy of the caches.

    Args:
        folder: made when missing.
        reference: the place of the undisturbed run; None for that place itself.
        draws: of this attack.
    """

    def __init__(self, folder: Path, reference: Place | None, draws: random.Random) -> None:
        self.folder, self.reference, self.draws = folder, reference, draws
        self.disk = folder / "disk"
        self.cache, self.run, self.test = self.disk / "cache", self.disk / "run", self.disk / "test"
        self.disk.mkdir(parents=True)
        self.mounted = reference is not None and mount_tmpfs(self.disk)
        if reference is not None:
            shutil.copytree(reference.cache, self.cache)

    def remove(self, keep: bool = False) -> None:
        """Unmounts the disk and removes the folder, or keeps the disk's content in `folder/kept`."""
        if keep:
            shutil.copytree(self.disk, self.folder / "kept", symlinks=True)
        if self.mounted:
            subprocess.run(["umount", "--lazy", self.disk], check=True)
        if not keep:
            shutil.rmtree(self.folder)

    @contextmanager
    def full_disk(self, free: int) -> Iterator[int | None]:
        """Leaves so many bytes free on the disk.

        Yields:
            The limit for the size of a file where the disk is no tmpfs, else None.
        """
        if not self.mounted:
            yield free
            return
        filler = self.disk / "filler"
        with filler.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, shutil.disk_usage(self.disk).free - free)
        try:
            yield None
        finally:
            filler.unlink()

    def command(self, *words: str, limit: int | None = None, kill: tuple[float, int] | None = None) -> Ended:
        """Runs `python -m WORDS` to its end.

        Args:
            words: the module and its overrides.
            limit: bytes that a file may have at most, as on a full disk.
            kill: seconds until a signal, and the signal.

        Raises:
            Fault: it hangs.
        """
        variables = {"FER_CACHE": str(self.cache), "FER_LOGS": str(self.folder / "logs"), "OMP_NUM_THREADS": "1"}
        before = None if limit is None else partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
        log = self.folder / "stderr.txt"
        with log.open("a+") as stderr:
            start = stderr.tell()
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**os.environ, **variables},
                preexec_fn=before,
                start_new_session=True,
            )
            try:
                if kill is not None:
                    try:
                        child.wait(kill[0])
                    except subprocess.TimeoutExpired:
                        child.send_signal(kill[1])
                code = child.wait(LONGEST)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                raise Fault(f"hangs: {' '.join(words)}") from None
            stderr.seek(start)
            return Ended(code, stderr.read())

    def train(self, *words: str, limit: int | None = None, kill: tuple[float, int] | None = None) -> Ended:
        """Trains into `run`."""
        return self.command(*TRAIN, *SMALL, f"hydra.run.dir={self.run}", *words, limit=limit, kill=kill)

    def resume(self, limit: int | None = None, kill: tuple[float, int] | None = None) -> Ended:
        """Goes on with `run`, or begins it where nothing of it can be gone on from."""
        if not (self.run / "job.json").is_file():
            return self.train(limit=limit, kill=kill)
        return self.command(TRAIN[0], f"resume={self.run}", limit=limit, kill=kill)

    def evaluate(self, limit: int | None = None) -> Ended:
        """Tests the best checkpoint of `run` into `test`."""
        words = ("fer_lightning.commands.evaluate", f"ckpt={self.run}/checkpoints/best.ckpt", "data=synthetic")
        return self.command(*words, *TRAIN[1:3], "trainer=cpu", f"hydra.run.dir={self.test}", limit=limit)

    def finished_run(self) -> None:
        """Copies the undisturbed run."""
        assert self.reference is not None
        shutil.copytree(self.reference.run, self.run)

    def judge(self, ended: Ended, folder: Path, undisturbed: Path) -> str:
        """Whether it is the undisturbed result, or one clear line without a result.

        Raises:
            Fault: it is neither.
        """
        if "Traceback" in ended.said:
            raise Fault(f"a traceback: {ended.said.strip().splitlines()[-1]}")
        result = folder / "result.json"
        if ended.code == 0:
            if not result.is_file():
                raise Fault("exit code 0 without a result")
            if (other := metrics_of(result)) != (wanted := metrics_of(undisturbed / "result.json")):
                differing = [name for name in wanted if other.get(name) != wanted[name]]
                raise Fault(f"other metrics: {', '.join(differing[:3])}")
            return SAME
        lines = re.findall(r"^error: .*$", ended.said, flags=re.MULTILINE)
        if len(lines) != 1:
            raise Fault(f"exit code {ended.code} and {len(lines)} lines of error")
        return LINE


def mount_tmpfs(folder: Path) -> bool:
    """Mounts a small tmpfs; False where this user may not or there is no `mount`."""
    command = shutil.which("mount")
    if command is None:
        return False
    return (
        subprocess.run([command, "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", folder], capture_output=True).returncode
        == 0
    )


def metrics_of(path: Path) -> dict[str, float | None]:
    """The metrics of a result."""
    found: dict[str, float | None] = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    return found


def flip(place: Place, path: Path) -> None:
    """Flips bits of a byte, or of some hundred bytes in a row."""
    content = bytearray(path.read_bytes())
    start = place.draws.randrange(len(content))
    for at in range(start, min(len(content), start + place.draws.choice([1, 1, 300]))):
        content[at] ^= 1 << place.draws.randrange(8)
    path.write_bytes(content)


def cut(place: Place, path: Path) -> None:
    """Cuts the file off somewhere, also to nothing."""
    os.truncate(path, place.draws.randrange(path.stat().st_size))


def zero(place: Place, path: Path) -> None:
    """Fills a part of the file with zeros, as a disk does that lost power."""
    size = path.stat().st_size
    start = place.draws.randrange(size)
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(bytes(place.draws.randrange(1, size - start + 1)))


def damage(place: Place, path: Path) -> None:
    """Flips, cuts off or zeroes a part of the file, or of one below the folder; of an empty folder nothing."""
    found = sorted(inner for inner in [path, *path.rglob("*")] if inner.is_file() and inner.stat().st_size)
    if found:
        place.draws.choice((flip, cut, zero))(place, place.draws.choice(found))


def killed(place: Place) -> str:
    """A training is killed up to three times, by any signal, and resumed."""
    assert place.reference is not None
    ended = Ended(1, "")
    for attempt in range(place.draws.randrange(1, 4)):
        signum = place.draws.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        at = (place.draws.uniform(1, 25), signum)
        ended = place.train(kill=at) if attempt == 0 else place.resume(kill=at)
        if ended.code == 0:
            return place.judge(ended, place.run, place.reference.run)
        if ended.code not in STOPPED:
            return place.judge(ended, place.run, place.reference.run)
    return place.judge(place.resume(), place.run, place.reference.run)


def damaged_cache(place: Place) -> str:
    """A file of the cache is damaged before a training."""
    assert place.reference is not None
    damage(place, place.cache)
    return place.judge(place.train(), place.run, place.reference.run)


def damaged_checkpoint(place: Place) -> str:
    """The best checkpoint of a finished run is damaged before a test."""
    assert place.reference is not None
    place.finished_run()
    damage(place, place.run / "checkpoints" / "best.ckpt")
    return place.judge(place.evaluate(), place.test, place.reference.test)


def damaged_run(place: Place) -> str:
    """A file of a half-finished run is damaged before it is resumed."""
    assert place.reference is not None
    ended = place.train(kill=(place.draws.uniform(8, 16), signal.SIGTERM))
    if ended.code == 0:
        return place.judge(ended, place.run, place.reference.run)
    damage(place, place.run)
    return place.judge(place.resume(), place.run, place.reference.run)


def full_disk_in_training(place: Place) -> str:
    """A training meets a full disk, and is resumed when there is space again."""
    assert place.reference is not None
    if place.draws.random() < 0.5:
        shutil.rmtree(place.cache)
    with place.full_disk(int(10 ** place.draws.uniform(3, 7.3))) as limit:
        ended = place.train(limit=limit)
    outcome = place.judge(ended, place.run, place.reference.run)
    if outcome == LINE and (place.run / "result.json").exists():
        raise Fault("a result beside an error")
    place.judge(place.resume() if ended.code else ended, place.run, place.reference.run)
    return outcome


def full_disk_in_a_test(place: Place) -> str:
    """A test meets a full disk."""
    assert place.reference is not None
    place.finished_run()
    with place.full_disk(int(10 ** place.draws.uniform(3, 7.3))) as limit:
        ended = place.evaluate(limit=limit)
    return place.judge(ended, place.test, place.reference.test)


ATTACKS: tuple[Callable[[Place], str], ...] = (
    *(killed, damaged_cache, damaged_checkpoint, damaged_run, full_disk_in_training, full_disk_in_a_test),
)


def undisturbed(folder: Path) -> Place:
    """Trains and tests without an attack.

    Raises:
        Fault: that fails already.
    """
    place = Place(folder, None, random.Random(0))
    for ended, result in ((place.train(), place.run), (place.evaluate(), place.test)):
        if ended.code or not (result / "result.json").is_file():
            raise Fault(f"the undisturbed run failed: {ended.said}")
    return place


def main(arguments: Sequence[str] | None = None) -> int:
    """Attacks until the time is over, and prints a table of how each kind ended."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the choice of attacks, times and bytes")
    parser.add_argument("--only", choices=[attack.__name__ for attack in ATTACKS], help="one kind of attack alone")
    options = parser.parse_args(arguments)
    root = Path(tempfile.mkdtemp(prefix="torture-"))
    end = time.monotonic() + 60 * options.minutes
    reference = undisturbed(root / "undisturbed")
    attacks = [attack for attack in ATTACKS if options.only in (None, attack.__name__)]
    counts: Counter[tuple[str, str]] = Counter()
    faults: list[str] = []
    number = 0
    while time.monotonic() < end:
        attack = attacks[number % len(attacks)]
        place = Place(root / f"{number:04d}", reference, random.Random(f"{options.seed} {number}"))
        try:
            counts[attack.__name__, attack(place)] += 1
            place.remove()
        except Fault as fault:
            counts[attack.__name__, "fault"] += 1
            place.remove(keep=True)
            faults.append(f"{attack.__name__} {place.folder}: {fault}")
            print(f"fault: {faults[-1]}", file=sys.stderr, flush=True)
        number += 1
    print(f"{'attack':24}{SAME:>18}{LINE:>18}{'fault':>8}")
    for attack in attacks:
        cells = [counts[attack.__name__, outcome] for outcome in (SAME, LINE, "fault")]
        print(f"{attack.__name__:24}{cells[0]:>18}{cells[1]:>18}{cells[2]:>8}")
    if not faults:
        shutil.rmtree(root)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
