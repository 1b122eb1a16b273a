"""Names of sweeps and of their jobs."""

from __future__ import annotations

import re
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_lightning.run.sweep.names import MAX_LENGTH, make_eval_name, make_job_name, make_sweep_name


def test_a_name_is_what_was_typed_sorted():
    assert make_job_name(["seed=1", "loss=l1"], ["seed", "loss"]) == "loss=l1,seed=1"
    assert make_sweep_name(["optimizer.lr=0.1", "loss=l1"]) == "loss=l1,optimizer.lr=0.1"


def test_the_order_of_what_is_typed_does_not_count():
    words = ["seed=0,1", "loss=l1,l2", "data=fer2013"]
    assert len({make_sweep_name(typed) for typed in permutations(words)}) == 1
    assert len({make_job_name(["seed=0", "loss=l1"], keys) for keys in permutations(["seed", "loss"])}) == 1


def test_a_job_is_named_by_what_the_sweep_varies_and_by_nothing_else():
    overrides = ["data=fer2013", "seed=1", "seed_of_another=2", "loss=l1"]
    assert make_job_name(overrides, ["seed"]) == "seed=1"
    assert make_job_name(["+data.extra=1", "seed=1"], ["+data.extra"]) == "+data.extra=1"
    assert make_job_name(["data=fer2013", "logger=none"], []) == "data=fer2013"  # a sweep of one job varies nothing


@pytest.mark.parametrize(
    "quiet",
    [
        "logger=wandb",
        "logger.wandb.tags=[x]",
        "+logger.wandb.tags=[x]",
        "~logger.csv",
        "paths.log_dir=/tmp/x",
        "hydra.launcher.n_jobs=2",
        "hydra/launcher=joblib",
        "trainer.devices=2",
        "data.num_workers=4",
        "local=mine",
        "sweep_name=x",
    ],
)
def test_what_changes_no_figure_is_left_out(quiet):
    assert make_sweep_name(["loss=l1", quiet]) == "loss=l1"
    assert make_sweep_name([quiet]) == "defaults"


@pytest.mark.parametrize("loud", ["trainer.max_epochs=2", "data.batch_size=8", "trainer=gpu", "debug=fast"])
def test_what_may_change_a_figure_stays(loud):
    assert make_sweep_name(["loss=l1", loud]) == ",".join(sorted(["loss=l1", loud]))


def test_where_letters_are_lost_a_hash_tells_two_apart():
    names = {make_sweep_name([word]) for word in ("seed=0,1", "seed=0-1", "seed=0/1", "seed=[0,1]")}
    assert len(names) == 4
    assert sum(re.fullmatch(r"seed=0-1-[0-9a-f]{8}", name) is not None for name in names) == 2
    assert "seed=0-1" in names


def test_many_letters_become_a_hash_and_long_names_that_begin_alike_differ():
    words = [f"model.net.option_{n}=0.123456789" for n in range(20)]
    first, second = (
        make_job_name([*words, "z=1"], [w.partition("=")[0] for w in [*words, "z"]]),
        make_sweep_name([*words, "z=2"]),
    )
    assert len(first) <= MAX_LENGTH
    assert len(second) <= MAX_LENGTH
    assert first[:-9] == second[:-9]
    assert first != second


def test_a_test_is_named_by_what_is_swept_and_always_by_its_data_set_and_checkpoint():
    words = ["data.fold=3", "sweep=paper_a_jaffe", "data=jaffe", "ckpt=best.ckpt", "trainer.limit_test_batches=2"]
    assert make_eval_name(words, ["data.fold"]) == "data.fold=3,data=jaffe,ckpt=best.ckpt"
    assert make_eval_name(words, []) == "data=jaffe,ckpt=best.ckpt"


def test_a_checkpoint_is_cut_off_before_what_is_swept_and_a_hash_tells_it_from_others():
    paths = [f"logs/sweeps/{'long' * 30}/seed={seed}/checkpoints/best.ckpt" for seed in (0, 1)]
    names = [make_eval_name([f"ckpt={path}", "data.rotate=30"], ["data.rotate"]) for path in paths]
    assert names[0] != names[1]
    for name in names:
        assert name.startswith("data.rotate=30,ckpt=logs-sweeps-long")
        assert len(name) <= MAX_LENGTH


@pytest.mark.parametrize("mark", ["'", '"'])
def test_quotes_around_a_checkpoint_make_no_other_folder(mark):
    assert (
        make_eval_name([f"ckpt={mark}best.ckpt{mark}"], [])
        == make_eval_name(["ckpt=best.ckpt"], [])
        == "ckpt=best.ckpt"
    )


KEY = st.from_regex(r"[a-z][a-z_.]{0,12}", fullmatch=True)


@given(st.lists(st.builds("{}={}".format, KEY, st.text(max_size=60)), min_size=1, max_size=5))
def test_every_name_is_one_folder_that_any_file_system_takes(words):
    for name in (make_sweep_name(words), make_job_name(words, [word.partition("=")[0] for word in words])):
        assert re.fullmatch(r"[A-Za-z0-9_+=][A-Za-z0-9_.=+,-]*", name), name
        assert len(name) <= MAX_LENGTH


@given(st.lists(st.text(max_size=20), min_size=2, max_size=2, unique=True))
def test_different_values_are_never_one_folder(values):
    assert make_job_name([f"key={values[0]}"], ["key"]) != make_job_name([f"key={values[1]}"], ["key"])
