"""A job's own process, played by a few lines of Python that import nothing slow."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from fer_lightning.run.sweep.subprocess_job import AUTOGROUP, JOB_VARIABLE, exit_with_launcher, run_subprocess

# what a job does first, and then what is asked of it
JOB = (
    "import os, signal, sys, time\n"
    "from fer_lightning.run.sweep.subprocess_job import exit_with_launcher\n"
    "exit_with_launcher()\n"
)
# a launcher of one job
LAUNCHER = "import sys\nfrom pathlib import Path\nfrom fer_lightning.run.sweep.subprocess_job import run_subprocess\n"


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A function that writes a module of these lines; gives its name."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))

    def write(lines, name="played"):
        (tmp_path / f"{name}.py").write_text(lines)
        return name

    return write


def gone(pid, seconds=30):
    """Whether the process ends within this time; one that nobody waits for stays a zombie."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if not listed.stdout.strip().strip("Z<+sl"):
            return True
        time.sleep(0.05)
    return False


def written(path, seconds=30):
    """The file's text, as soon as it has one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} stays empty")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="this kernel has no autogroups")
def test_a_nice_launcher_has_nice_jobs(module, tmp_path):
    module(f"{JOB}print(open('/proc/self/autogroup').read())", name="job")
    code = f"{LAUNCHER}import os\nos.nice(7 - os.nice(0))\nrun_subprocess('job', [], Path('log'), {{}})"
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    assert (tmp_path / "log").read_text().strip().endswith("nice 7")


def test_all_that_a_job_says_is_appended_to_its_log(module, tmp_path):
    lines = "print(sys.argv[1:], os.environ['CUDA_VISIBLE_DEVICES'], 'HOME' in os.environ)\nprint('x', file=sys.stderr)"
    log = tmp_path / "output.log"
    log.write_text("before\n")
    code = run_subprocess(module(f"{JOB}{lines}"), ["a b", "c=1"], log, {"CUDA_VISIBLE_DEVICES": "3", "HOME": "/"})
    assert code == 0
    assert log.read_text() == "before\n['a b', 'c=1'] 3 True\nx\n"


@pytest.mark.parametrize(
    ("line", "code"), [("sys.exit(143)", 143), ("os.kill(os.getpid(), signal.SIGKILL)", -9), ("raise ValueError", 1)]
)
def test_the_code_is_the_processes_own(module, tmp_path, line, code):
    assert run_subprocess(module(JOB + line), [], tmp_path / "log", {}) == code


def test_a_job_cannot_ask_questions_and_its_own_children_do_not_watch_its_launcher(module, tmp_path):
    line = f"print({JOB_VARIABLE!r} in os.environ, os.getpgid(0) == os.getpid())"
    assert run_subprocess(module(JOB + line), [], tmp_path / "log", {}) == 0
    assert (tmp_path / "log").read_text() == "False True\n"


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM], ids=["kill -9", "SIGTERM"])
def test_a_job_ends_with_its_launcher_however_that_ends(module, tmp_path, signum):
    job = module(f"{JOB}print(os.getpid())\ntime.sleep(300)", "job")
    module(f"{LAUNCHER}run_subprocess({job!r}, [], Path({str(tmp_path / 'log')!r}), {{}})", "launcher")
    launcher = subprocess.Popen([sys.executable, "-m", "launcher"])
    pid = int(written(tmp_path / "log"))
    assert not gone(pid, 0.3)
    launcher.send_signal(signum)
    launcher.wait(30)
    assert gone(pid)


def test_ctrl_c_is_passed_on_and_waited_for(module, tmp_path):
    lines = ("print('began')", "try: time.sleep(300)", "except KeyboardInterrupt: time.sleep(0.5); print('saved')")
    job = module(JOB + "\n".join(lines), "job")
    module(f"{LAUNCHER}run_subprocess({job!r}, [], Path({str(tmp_path / 'log')!r}), {{}})", "launcher")
    launcher = subprocess.Popen([sys.executable, "-m", "launcher"], stderr=subprocess.PIPE, text=True)
    written(tmp_path / "log")
    launcher.send_signal(signal.SIGINT)
    _, err = launcher.communicate(timeout=30)
    assert "KeyboardInterrupt" in err
    assert (tmp_path / "log").read_text() == "began\nsaved\n"


def test_a_process_that_is_no_job_watches_nothing(monkeypatch):
    monkeypatch.delenv(JOB_VARIABLE, raising=False)
    before = threading.active_count()
    exit_with_launcher()
    assert threading.active_count() == before
