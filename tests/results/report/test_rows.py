from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.rows import make_rows


def rows_of(folder, metric="test/accuracy", by=None):
    return make_rows(discover_runs([folder]), metric, by)


def names(rows):
    return [row.name for row in rows]


def test_runs_that_differ_in_fold_and_seed_alone_are_one_row(tmp_path, make_result):
    for number, (loss, fold, seed, accuracy) in enumerate(
        [
            ("l1", 0, 0, 0.70),
            ("l1", 1, 0, 0.80),
            ("l1", 0, 1, 0.90),
            ("l2", 0, 0, 0.85),
            ("l2", 1, 0, 0.95),
            ("l2", 0, 1, 0.6),
        ]
    ):
        make_result(tmp_path / f"{number}", fold=fold, seed=seed, accuracy=accuracy, choices={"loss": loss})
    keys, rows, notes = rows_of(tmp_path)
    assert keys == ("loss",)
    assert names(rows) == ["loss=l1", "loss=l2"]  # equal means: by name
    assert [row.score.mean for row in rows] == [pytest.approx(0.8)] * 2
    assert [(run.fold, run.result.seed) for run in rows[0].runs] == [(0, 0), (0, 1), (1, 0)]
    assert notes == ()


def test_the_best_row_is_first_also_where_low_is_good(tmp_path, make_result):
    for loss, accuracy in (("l1", 0.7), ("l2", 0.9), ("focal", 0.8)):
        make_result(tmp_path / loss, accuracy=accuracy, choices={"loss": loss}, metrics={"test/loss": accuracy})
    assert names(rows_of(tmp_path)[1]) == ["loss=l2", "loss=focal", "loss=l1"]
    assert names(rows_of(tmp_path, "test/loss")[1]) == ["loss=l1", "loss=focal", "loss=l2"]


def test_a_key_that_restates_a_default_tells_nothing_apart(tmp_path, make_result):
    make_result(tmp_path / "a", seed=0)
    make_result(tmp_path / "b", seed=1, overrides=["model=cnn", "optimizer.lr=1e-3"])
    keys, rows, _ = rows_of(tmp_path)
    assert keys == ()
    assert names(rows) == ["all runs"]


def test_a_run_from_before_there_was_an_optional_group_had_none_of_it(tmp_path, make_result):
    make_result(tmp_path / "before", seed=0, accuracy=0.9)
    make_result(tmp_path / "after", seed=1, accuracy=0.9, choices={"mix": "none"})
    keys, rows, _ = rows_of(tmp_path)
    assert (keys, names(rows)) == ((), ["all runs"])
    make_result(tmp_path / "mixed", accuracy=0.8, choices={"mix": "both"})
    keys, rows, _ = rows_of(tmp_path)
    assert (keys, names(rows)) == (("mix",), ["mix=none", "mix=both"])


def test_a_key_that_one_run_was_given_is_read_from_the_config_of_the_others(tmp_path, make_result):
    make_result(tmp_path / "a", accuracy=0.9)
    make_result(tmp_path / "b", config={"optimizer.lr": 0.1}, overrides=["optimizer.lr=0.1"])
    keys, rows, _ = rows_of(tmp_path)
    assert keys == ("optimizer.lr",)
    assert names(rows) == ["optimizer.lr=0.001", "optimizer.lr=0.1"]


def test_a_word_wins_over_the_option_that_hydra_kept(tmp_path, make_result):
    make_result(tmp_path / "a", choices={"loss": "l1"}, overrides=["loss=l2"])
    make_result(tmp_path / "b", choices={"loss": "l1"}, seed=1)
    assert sorted(names(rows_of(tmp_path)[1])) == ["loss=l1", "loss=l2"]


def test_keys_on_which_no_figure_depends_tell_nothing_apart(tmp_path, make_result):
    quiet = [
        *("paths.log_dir=/x", "logger=wandb", "logger.wandb.name=x", "sweep_name=s", "sweep=seeds", "local=mine"),
        *("trainer=ddp", "trainer.devices=2", "data.num_workers=4", "trainer.enable_progress_bar=false"),
    ]
    for number, word in enumerate(quiet):
        make_result(tmp_path / f"{number}", seed=number, overrides=[word])
    make_result(tmp_path / "plain", seed=99)
    assert rows_of(tmp_path)[0] == ()


def test_keys_on_which_figures_depend_tell_rows_apart_groups_first(tmp_path, make_result):
    make_result(tmp_path / "a")
    words = [
        "trainer.max_epochs=9",
        "debug=fast",
        "data.faces.dir=/x",
        "optimizer.lr=3.0",
        "data=jaffe",
        "callbacks=ema",
    ]
    make_result(tmp_path / "b", overrides=words)
    keys = ("data", "data.faces.dir", "optimizer.lr", "callbacks", "debug", "trainer.max_epochs")
    assert rows_of(tmp_path)[0] == keys


def test_by_names_exactly_the_keys_and_says_what_is_mixed(tmp_path, make_result):
    for number, (loss, lr) in enumerate([("l1", 0.1), ("l1", 0.2), ("l2", 0.1), ("l2", 0.2)]):
        make_result(
            tmp_path / f"{number}",
            choices={"loss": loss},
            config={"optimizer.lr": lr},
            overrides=[f"optimizer.lr={lr}"],
        )
    keys, rows, notes = rows_of(tmp_path, by=["loss"])
    assert keys == ("loss",)
    assert [(row.name, row.score.n) for row in rows] == [("loss=l1", 2), ("loss=l2", 2)]
    (note,) = notes
    assert "loss=l1 in optimizer.lr; loss=l2 in optimizer.lr" in note
    assert len(rows_of(tmp_path, by=[])[1]) == 1
    assert len(rows_of(tmp_path, by=["optimizer.lr", "loss", "loss"])[1]) == 4


def test_by_may_name_a_key_that_only_the_config_has_and_fold_and_seed(tmp_path, make_result):
    for fold in (0, 1):
        make_result(tmp_path / f"{fold}", fold=fold, config={"trainer.max_epochs": 5})
    assert names(rows_of(tmp_path, by=["trainer.max_epochs"])[1]) == ["trainer.max_epochs=5"]
    _, rows, _ = rows_of(tmp_path, by=["data.fold"])
    assert names(rows) == ["data.fold=0", "data.fold=1"]
    assert [row.missing_cells for row in rows] == [(), ()]  # what tells rows apart is no hole


def test_holes_and_lost_jobs_are_named_and_told_apart(tmp_path, make_result, make_sweep):
    jobs = {f"data.fold={fold},loss={loss}": {} for loss in ("l1", "l2") for fold in (0, 1, 2)}
    jobs["data.fold=1,loss=l2"] = {"state": "failed", "error": "killed by signal 9"}
    del jobs["data.fold=2,loss=l2"]
    sweep = make_sweep(tmp_path / "s", jobs)
    for name, entry in jobs.items():
        if not entry:
            fold, loss = name.removeprefix("data.fold=").split(",loss=")
            make_result(sweep / name, fold=int(fold), choices={"loss": loss}, overrides=name.split(","))
    keys, rows, _ = rows_of(tmp_path)
    l1, l2 = sorted(rows, key=lambda row: row.name)
    assert (keys, l1.name, l1.missing_cells, l1.missing_jobs) == (("loss",), "loss=l1", (), ())
    assert l2.missing_cells == ("data.fold=2",)
    assert [lost.name for lost in l2.missing_jobs] == ["data.fold=1,loss=l2"]
    assert l2.score.n == 1


def test_a_lost_job_takes_from_its_sweep_what_its_own_words_do_not_say(tmp_path, make_result, make_sweep):
    first = make_sweep(tmp_path / "first", {"seed=0": {}, "seed=1": {"state": "failed"}})
    make_result(first / "seed=0", choices={"model": "resnet"}, overrides=["seed=0"])
    make_result(tmp_path / "alone", choices={"model": "cnn"})
    keys, rows, _ = rows_of(tmp_path)
    assert keys == ("model",)
    assert {row.name: len(row.missing_jobs) for row in rows} == {"model=resnet": 1, "model=cnn": 0}


def test_a_lost_job_of_which_nothing_is_known_stands_by_itself(tmp_path, make_result):
    for loss in ("l1", "l2", "broken"):
        make_result(tmp_path / loss, choices={"loss": loss})
    (tmp_path / "broken" / "result.json").write_text("{")
    keys, rows, _ = rows_of(tmp_path)
    assert keys == ("loss",)
    assert names(rows) == ["loss=l1", "loss=l2", "loss=?"]
    assert (rows[2].runs, rows[2].score.mean, rows[2].missing_cells) == ((), None, ())


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"metric": "test/acuracy"}, r"metric=test/acuracy: no run has it; choose among .*did you mean test/accuracy"),
        ({"by": ["los"]}, r"by=los: no run knows it; choose among data, model, loss, .*did you mean loss\?"),
        ({"by": ["optimizer.rl"]}, r"did you mean optimizer\.lr\?"),
        ({"by": ["optimizer"]}, r"by=optimizer: no run knows it"),
    ],
)
def test_what_no_run_knows_is_refused(tmp_path, make_result, asked, message):
    make_result(tmp_path / "a")
    with pytest.raises(FerError, match=message):
        rows_of(tmp_path, **asked)


def test_a_lost_job_is_no_hole_as_well(tmp_path, make_result, make_sweep):
    names = [f"data.fold={fold},loss={loss}" for loss in ("l1", "l2") for fold in (0, 1)]
    sweep = make_sweep(tmp_path / "s", {name: {"state": "failed"} for name in names})
    for name in names[1:]:
        fold, loss = (word.partition("=")[2] for word in name.split(","))
        # the choices of a run know a machine's own file, which no override names
        make_result(sweep / name, fold=int(fold), choices={"loss": loss, "local": "default"})
    _, rows, _ = make_rows(discover_runs([tmp_path]), "test/accuracy")
    assert {row.name: (len(row.missing_jobs), row.missing_cells) for row in rows} == {
        "loss=l1": (1, ()),
        "loss=l2": (0, ()),
    }
