"""sweep.json: planned, changed by many, read back."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.sweep import DONE, FAILED, PLANNED, RUNNING, JobState, SweepState
from fer_lightning.run.sweep import state


def sweep(*names, total=-1, **job):
    jobs = [JobState(name, name, [name], **job) for name in names]
    return SweepState("s", "fer-train -m", ["seed=0,1"], ["seed"], len(jobs) if total == -1 else total, "t", "t", jobs)


def finish(folder, name):
    (folder / name).mkdir()
    (folder / name / "result.json").write_text("{}")


def states(found):
    return {job.name: job.state for job in found.jobs}


def test_what_is_written_is_read(tmp_path):
    written = state.write_plan(tmp_path, sweep("a", "b"))
    assert state.read(tmp_path) == written
    assert json.loads((tmp_path / "sweep.json").read_text())["jobs"][0] == {
        "name": "a", "folder": "a", "overrides": ["a"], "state": "planned", "value": None, "error": "", "command": "",
        "seconds": None,
    }  # fmt: skip


def test_fields_of_a_later_version_are_left_out_of_a_job(tmp_path):
    state.write_plan(tmp_path, sweep("a"))
    content = json.loads((tmp_path / "sweep.json").read_text())
    content["jobs"][0]["colour"] = "red"
    (tmp_path / "sweep.json").write_text(json.dumps(content))
    assert state.read(tmp_path).jobs[0].name == "a"


def test_a_plan_keeps_what_an_earlier_launch_finished_and_drops_its_unfinished_strangers(tmp_path):
    before = state.write_plan(tmp_path, sweep("finished", "stranger", "both"))
    finish(tmp_path, "finished")
    found = state.write_plan(tmp_path, replace(sweep("both", "new"), created="later"))
    assert [job.name for job in found.jobs] == ["finished", "both", "new"]
    assert found.total == 3
    assert found.created == before.created


def test_a_plan_takes_the_jobs_as_their_folders_have_them(tmp_path):
    state.write_plan(tmp_path, sweep("done", "failed", "running", "forgotten"))
    for name, as_what in (("done", DONE), ("failed", FAILED), ("running", RUNNING)):
        old = JobState(name, name, ["old"], as_what, 0.5, "why", "fer-train x", 3.0)
        state.update(tmp_path, lambda found, old=old: found.with_job(old))
    finish(tmp_path, "done")
    finish(tmp_path, "forgotten")  # its launcher was killed before it could write that down
    found = {job.name: job for job in state.write_plan(tmp_path, sweep("done", "failed", "running", "forgotten")).jobs}
    assert found["done"] == JobState("done", "done", ["done"], DONE, 0.5, "", "fer-train x", 3.0)
    assert found["failed"] == JobState("failed", "failed", ["failed"], PLANNED)
    assert found["running"].state == PLANNED  # of a launcher that is gone
    assert found["forgotten"].state == DONE


def test_a_job_that_a_live_launcher_has_in_hand_stays_running(tmp_path):
    state.write_plan(tmp_path, sweep("a", "b"))
    state.update(tmp_path, lambda found: found.with_job(replace(found.jobs[0], state=RUNNING)))
    with state.get_job_lock(tmp_path, "a"):
        assert state.is_running(tmp_path, "a")
        assert states(state.write_plan(tmp_path, sweep("a", "b"))) == {"a": RUNNING, "b": PLANNED}
    assert not state.is_running(tmp_path, "a")
    assert states(state.write_plan(tmp_path, sweep("a", "b"))) == {"a": PLANNED, "b": PLANNED}


def test_a_plan_keeps_what_another_live_launch_runs(tmp_path):
    state.write_plan(tmp_path, sweep("a", "b", "c"))
    for number in (0, 1):
        state.update(tmp_path, lambda found, n=number: found.with_job(replace(found.jobs[n], state=RUNNING)))
    with state.get_job_lock(tmp_path, "a"):  # the launcher of b is gone
        found = state.write_plan(tmp_path, sweep("c", "d"))
    assert {job.name: job.state for job in found.jobs} == {"a": RUNNING, "c": PLANNED, "d": PLANNED}


def test_a_sweeper_that_decides_as_it_goes_has_a_total_of_its_own(tmp_path):
    assert state.write_plan(tmp_path, sweep(total=5)).total == 5
    state.update(tmp_path, lambda found: found.with_job(JobState("a", "a", [])))
    finish(tmp_path, "a")
    found = state.write_plan(tmp_path, sweep(total=None))
    assert (found.total, [job.name for job in found.jobs]) == (None, ["a"])


def test_a_sweep_of_which_nothing_began_leaves_no_trace(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    state.write_plan(folder, sweep("a", "b"))
    assert not state.remove_unstarted(folder, "later")  # the plan is another launch's
    assert state.remove_unstarted(folder, "t")
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_of_which_something_began_or_whose_folder_is_not_its_own_stays(tmp_path):
    state.write_plan(tmp_path, sweep("a", "b"))
    (tmp_path / "a").mkdir()
    assert not state.remove_unstarted(tmp_path, "t")
    assert state.read(tmp_path).total == 2
    (tmp_path / "a").rmdir()
    (tmp_path / "mine.txt").write_text("x")
    assert state.remove_unstarted(tmp_path, "t")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_changes_by_two_threads_at_once_lose_nothing(tmp_path):
    state.write_plan(tmp_path, sweep(total=40))

    def add(letter):
        for n in range(20):
            name = f"{letter}{n}"
            state.update(tmp_path, lambda found, name=name: found.with_job(JobState(name, name, [])))

    threads = [threading.Thread(target=add, args=(letter,)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert {job.name for job in state.read(tmp_path).jobs} == {f"{letter}{n}" for letter in "ab" for n in range(20)}


def test_a_job_takes_the_place_of_the_one_of_its_name():
    found = sweep("a", "b").with_job(JobState("a", "a", [], DONE)).with_job(JobState("c", "c", []))
    assert states(found) == {"a": DONE, "b": PLANNED, "c": PLANNED}
    assert [job.name for job in found.jobs] == ["a", "b", "c"]
    assert [job.name for job in found.of(PLANNED)] == ["b", "c"]


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"jobs": [{}]}', '{"jobs": 3}', '{"jobs": [3]}', "null"])
def test_a_file_that_is_not_ours_is_one_clear_error(tmp_path, content):
    (tmp_path / "sweep.json").write_text(content)
    for look in (lambda: state.read(tmp_path), lambda: state.write_plan(tmp_path, sweep("a"))):
        with pytest.raises(FerError, match=r"sweep\.json is not as fer-train writes it .*: remove it, the jobs' fold"):
            look()


def test_the_best_is_the_highest_or_the_lowest_of_those_that_are_done():
    jobs = [
        JobState("low", "", [], DONE, 0.25),
        JobState("high", "", [], DONE, 0.75),
        JobState("unmeasured", "", [], DONE),
        JobState("of an earlier launch", "", [], RUNNING, 0.99),
    ]
    assert state.find_best(jobs, "max").name == "high"
    assert state.find_best(jobs, "min").name == "low"
    assert state.find_best(jobs[2:], "max") is None
    assert state.find_best([JobState("zero", "", [], DONE, 0.0), jobs[0]], "min").name == "zero"
