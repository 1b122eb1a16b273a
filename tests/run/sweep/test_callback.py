"""The plan of a sweep, and what is refused before its first job."""

from __future__ import annotations

import atexit
import pickle
import shlex
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser

from fer_lightning.run.config.compose import conf_dir, register_resolvers
from fer_lightning.run.sweep import state
from fer_lightning.run.sweep.callback import SweepCallback

NAMES = ("TORCHELASTIC_RUN_ID", "WORLD_SIZE", "SLURM_NTASKS", "SLURM_JOB_NAME")


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """A function that begins a sweep as Hydra does, with its overrides typed; gives the callback and the config."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.argv", ["fer-train", "-m", "seed=0,1"])
    begun = []

    def start(*typed, hydra=()):
        register_resolvers()
        swept = {
            word.input_line for word in OverridesParser.create().parse_overrides(typed) if word.is_sweep_override()
        }
        own = ["hydra.mode=MULTIRUN", f"paths.log_dir='{tmp_path}'", "paths.output_dir=x", *hydra]
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            cfg = compose("train", [*own, *(word for word in typed if word not in swept)], return_hydra_config=True)
        cfg.hydra.overrides.task = list(typed)
        cfg.hydra.overrides.hydra = list(hydra)
        callback = SweepCallback()
        callback.on_multirun_start(cfg)
        begun.append(callback)
        return callback, cfg

    yield start
    for callback in begun:
        callback._board._stop()
        atexit.unregister(callback._board.end)


def test_the_plan_is_written_before_the_first_job(begin, tmp_path):
    _, cfg = begin("seed=0,1", "loss=l1,l2", "sweep_name=mine")
    folder = tmp_path / "sweeps" / "mine"
    assert cfg.hydra.sweep.dir == str(folder)
    found = state.read(folder)
    assert (found.sweep_name, found.total, found.keys) == ("mine", 4, ["seed", "loss"])
    assert found.command == "fer-train -m seed=0,1"
    assert found.overrides == ["seed=0,1", "loss=l1,l2", "sweep_name=mine"]
    assert [job.name for job in found.jobs] == [f"loss={loss},seed={seed}" for seed in (0, 1) for loss in ("l1", "l2")]
    assert {job.state for job in found.jobs} == {"planned"}


@pytest.mark.parametrize(
    "typed",
    [
        ["seed=0,1"],
        ["seed=range(0,3)", "loss=l1,l2", "data.fold=1"],
        ["loss=choice(l1,l2)", "+data.extra=1,2", "paper={title: x}", "data.class_names=[a,b],[c,d]"],
        ["seed=0,1", "seed=5"],
        ["optimizer.lr=0.1,0.2", "seed=1", "optimizer.lr=1,2,3"],
    ],
)
def test_the_jobs_are_those_that_hydra_will_make(begin, typed, tmp_path):
    words = OverridesParser.create().parse_overrides(typed)
    (expected,) = BasicSweeper.split_arguments(words, None)
    from fer_lightning.run.sweep.callback import _expand_jobs

    by_key = {word.get_key_element(): word for word in words}
    assert _expand_jobs(list(by_key.values())) == expected


def test_a_sweep_files_own_parameters_count_and_what_is_typed_wins(begin, tmp_path):
    begin("sweep=loss_by_fold", "data.fold=0,1")
    found = state.read(tmp_path / "sweeps" / "loss_by_fold")
    assert [job.name for job in found.jobs] == [f"data.fold={n},loss={loss}" for loss in ("l1", "l2") for n in (0, 1)]
    assert all("sweep=loss_by_fold" in job.overrides for job in found.jobs)


def test_without_a_name_the_folder_is_named_by_what_is_asked_in_any_order(begin, tmp_path):
    places = {begin(*typed)[1].hydra.sweep.dir for typed in (["seed=0,1", "loss=l1"], ["loss=l1", "seed=0,1"])}
    (place,) = map(Path, places)
    assert place.parent == tmp_path / "sweeps"
    assert place.name.startswith("loss=l1,seed=0-1-")
    assert state.read(place).sweep_name == place.name


def test_a_folder_that_is_typed_is_taken(begin, tmp_path):
    begin("seed=0,1", hydra=(f"hydra.sweep.dir={tmp_path}/here",))
    assert state.read(tmp_path / "here").sweep_name == "here"
    assert not (tmp_path / "sweeps").exists()


def test_optuna_has_a_number_of_trials_and_no_jobs_yet(begin, tmp_path):
    begin("sweep=optuna", hydra=("hydra/sweeper=optuna", "hydra.sweeper.n_trials=7"))
    found = state.read(tmp_path / "sweeps" / "optuna")
    assert (found.total, found.jobs, found.keys) == (7, [], ["optimizer.lr"])


def test_a_number_is_a_name(begin, tmp_path):
    begin("seed=0,1", "sweep_name=2026")
    assert state.read(tmp_path / "sweeps" / "2026").total == 2


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        (["optimizer.lr=interval(0,1)"], "optimizer.lr=interval(0,1): only an optimiser draws from an interval; add s"),
        (["seed=0,1", "sweep_name=a/b"], "sweep_name=a/b: it becomes a folder; take letters, digits"),
        (["seed=0,1", "sweep_name=.."], "sweep_name=..: it becomes a folder"),
        (["seed=0,1", "sweep_name=.hidden"], "sweep_name=.hidden: it becomes a folder"),
        (["sweep_name=a,b"], "sweep_name: a sweep has one name; start a sweep for each"),
        (["seed=range(3,3)"], "the sweep has no job: one of its ranges is empty"),
        (["seed=0,1", "sweep_name=x,y"], "sweep_name: a sweep has one name; start a sweep for each"),
    ],
)
def test_what_is_wrong_ends_the_command_in_one_line(begin, capsys, typed, message):
    with pytest.raises(SystemExit) as end:
        begin(*typed)
    assert end.value.code == 1
    out, err = capsys.readouterr()
    assert err.startswith(f"error: {message}")
    assert err.count("\n") == 1
    assert out == ""


def test_processes_from_outside_cannot_share_a_sweep_also_of_a_file(begin, capsys, monkeypatch):
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "7")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(SystemExit):
        begin("sweep=seeds")
    assert "a sweep starts its own processes: leave out torchrun or srun" in capsys.readouterr().err


def test_a_broken_sweep_json_ends_the_command_in_one_line(begin, tmp_path, capsys):
    (tmp_path / "sweeps" / "x").mkdir(parents=True)
    (tmp_path / "sweeps" / "x" / "sweep.json").write_text("{")
    with pytest.raises(SystemExit):
        begin("seed=0,1", "sweep_name=x")
    assert "sweep.json is not as fer-train writes it" in capsys.readouterr().err


def test_a_sweep_whose_jobs_are_not_all_done_has_exit_code_1(begin):
    callback, cfg = begin("seed=0,1", "sweep_name=mine")
    with pytest.raises(SystemExit) as end:
        callback.on_multirun_end(cfg)
    assert end.value.code == 1


def test_a_launcher_can_send_the_callback_to_its_workers_while_the_table_is_shown(begin):
    callback, _ = begin("seed=0,1", "sweep_name=mine")
    assert callback._board._watch.is_alive()
    copy = pickle.loads(pickle.dumps(callback))
    assert copy._board is None
    assert callback._board is not None


def test_a_folder_may_have_any_name_that_hydra_can_be_told(begin, tmp_path):
    _, cfg = begin("seed=0,1", "sweep_name=x", f'paths.log_dir="{tmp_path}/o\'neil, =1"')
    (word,) = OverridesParser.create().parse_overrides(list(cfg.hydra.overrides.hydra))
    assert word.value() == f"{tmp_path}/o'neil, =1/sweeps/x"
    assert state.read(Path(word.value())).total == 2


def test_a_planned_job_says_what_runs_it_alone_in_its_own_folder(begin, tmp_path):
    begin("seed=0,1", "sweep_name=mine")
    words = shlex.split(state.read(tmp_path / "sweeps" / "mine").jobs[1].command)
    assert words[0] == "fer-train"
    assert words[1:] == [
        "seed=1",
        'sweep_name="mine"',
        f'hydra.run.dir="{tmp_path}/sweeps/mine/seed=1"',
        "hydra.mode=RUN",
    ]
