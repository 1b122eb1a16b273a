"""The live table of a sweep, line by line."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from fer_lightning.results.sweep import DONE, FAILED, PLANNED, RUNNING, JobState, SweepState
from fer_lightning.run.sweep import progress_table as boards
from fer_lightning.run.sweep import state
from fer_lightning.run.sweep.progress_table import ProgressTable


def sweep(*kinds, total=None, values=()):
    jobs = [JobState(f"seed={n}", f"seed={n}", [], kind) for n, kind in enumerate(kinds)]
    jobs = [replace(job, value=value) for job, value in zip(jobs, values, strict=False)] + jobs[len(values) :]
    return SweepState("s", "", [], ["seed"], total or len(jobs), "t", "t", jobs)


@pytest.fixture
def clock(monkeypatch):
    times = [1000.0]
    monkeypatch.setattr(boards.time, "monotonic", lambda: times[0])
    return times


def put(folder, found):
    for job in found.jobs:
        if job.state != PLANNED:
            (folder / job.folder).mkdir(exist_ok=True)
    state.write_plan(folder, replace(found, jobs=[]))
    return state.update(folder, lambda _: found)


def test_a_line_counts_and_names_the_best(tmp_path, clock):
    found = sweep(DONE, DONE, RUNNING, FAILED, PLANNED, values=(0.25, 0.5))
    line = ProgressTable(tmp_path, "val/accuracy", "max")._line(found)
    assert line.startswith("2 of 5 jobs done, 1 running, 1 failed, best val/accuracy 50.00 % (seed=1)")
    assert "best val/loss 0.2500 (seed=0)" in ProgressTable(tmp_path, "val/loss", "min")._line(found)
    assert "best val/psnr 28.50 dB (seed=0)" in ProgressTable(tmp_path, "val/psnr", "max")._line(
        sweep(DONE, values=(28.5,))
    )
    assert (
        ProgressTable(tmp_path, "val/accuracy", "max")._line(sweep(total=20))
        == "0 of 20 jobs done, 0 running, 0 failed"
    )


def test_the_time_left_is_that_of_this_launch_for_all_that_has_not_ended(tmp_path, clock):
    put(tmp_path, sweep(DONE, PLANNED, PLANNED, PLANNED, PLANNED))
    board = ProgressTable(tmp_path, "val/accuracy", "max")
    board.begin()
    clock[0] += 60
    # two have ended in a minute, one was there before, so two are to come
    assert board._left(sweep(DONE, DONE, FAILED, RUNNING, PLANNED), 5) == "1 min 00 s"
    assert board._line(sweep(DONE, DONE, FAILED, RUNNING, PLANNED)).endswith(", about 1 min 00 s left")
    assert board._left(sweep(DONE, RUNNING, PLANNED), 3) == ""  # nothing to judge by
    assert board._left(sweep(DONE, DONE, FAILED), 3) == ""  # nothing to come
    board._stop()
    board.end()


def test_the_end_lists_what_failed_with_its_last_lines_and_its_command(tmp_path, capsys):
    found = sweep(DONE, FAILED)
    found = found.with_job(replace(found.jobs[1], error="first\nlast\nexit code 1", command="fer-train seed=1"))
    put(tmp_path, found)
    board = ProgressTable(tmp_path, "val/accuracy", "max")
    board.begin()
    assert board.end() is False
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"2 jobs in {tmp_path}\n")
    assert "failed: seed=1\n    first\n    last\n    exit code 1\n  again: fer-train seed=1\n" in err
    assert err.endswith(f"1 of 2 jobs done, 0 running, 1 failed\n  fer-report {tmp_path}\n")


@pytest.mark.parametrize(
    ("found", "well"),
    [
        (sweep(DONE, DONE), True),
        (sweep(DONE, PLANNED), False),
        (sweep(DONE, FAILED), False),
        (sweep(DONE, total=2), True),  # a search that drew one trial twice
    ],
)
def test_all_is_well_when_every_job_is_done(tmp_path, found, well):
    put(tmp_path, found)
    board = ProgressTable(tmp_path, "val/accuracy", "max")
    board.begin()
    assert board.end() is well


def test_what_another_launch_runs_in_the_same_folder_is_not_this_ones_affair(tmp_path, capsys):
    found = sweep(DONE, DONE, RUNNING, FAILED, values=(0.25, 0.5))
    put(tmp_path, found)
    board = ProgressTable(tmp_path, "val/accuracy", "max", own=["seed=0", "seed=1"])
    board.begin()
    assert board.end() is True
    err = capsys.readouterr().err
    assert err.startswith("2 jobs in ")
    assert "2 of 2 jobs done, 0 running, 0 failed, best val/accuracy 50.00 % (seed=1)" in err
    assert "failed:" not in err


def test_a_job_of_this_launch_that_the_file_does_not_name_is_not_done(tmp_path):
    put(tmp_path, sweep(DONE))
    board = ProgressTable(tmp_path, "val/accuracy", "max", own=["seed=0", "seed=1"])
    board.begin()
    assert board.end() is False


def test_without_a_terminal_each_end_of_a_job_is_a_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(boards, "INTERVAL", 0.02)
    put(tmp_path, sweep(DONE, PLANNED, PLANNED))
    board = ProgressTable(tmp_path, "val/accuracy", "max")
    board.begin()
    time.sleep(0.2)
    for kinds in ((DONE, RUNNING, PLANNED), (DONE, DONE, RUNNING), (DONE, DONE, FAILED)):
        state.update(tmp_path, lambda _, kinds=kinds: sweep(*kinds))
        time.sleep(0.2)
    board.end()
    lines = [line for line in capsys.readouterr().err.splitlines() if " jobs done" in line]
    assert [line.partition(" jobs")[0] for line in lines] == ["2 of 3", "2 of 3", "2 of 3"]
    assert "1 running, 0 failed" in lines[0]
    assert "0 running, 1 failed" in lines[1]


def test_a_terminal_gets_a_table_of_what_runs_and_what_failed(tmp_path, clock):
    put(tmp_path, sweep(*[RUNNING] * 20, FAILED))
    *rows, line = (part for part in ProgressTable(tmp_path, "val/accuracy", "max")._table().renderables)
    assert rows[0].row_count == boards.SHOWN_JOBS + 1
    assert line.plain.startswith("0 of 21 jobs done, 20 running, 1 failed")


def test_a_sweep_below_the_working_folder_is_named_by_what_can_be_typed(tmp_path, monkeypatch, capsys):
    (tmp_path / "logs").mkdir()
    put(tmp_path / "logs", sweep(DONE))
    monkeypatch.chdir(tmp_path)
    board = ProgressTable(tmp_path / "logs", "val/accuracy", "max")
    board.begin()
    board.end()
    assert capsys.readouterr().err.endswith("  fer-report logs\n")
