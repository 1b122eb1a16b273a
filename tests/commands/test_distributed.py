"""Several processes train one net: the same batches, exact counts, one result."""

from __future__ import annotations

import csv
import signal
import socket
import sys

import pytest
from children import TRAIN, kill_in_mid_epoch, start
from support import TINY, call

from fer_lightning.commands import evaluate
from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
TWO = ["trainer=ddp_cpu", "trainer.devices=2"]
# no batch normalisation and no dropout: what one process computes, two must
EQUAL = [*TINY, "model=timm", "model.net.name=test_vit", "augment=none", "trainer.max_epochs=2", "optimizer=sgd"]


def ran(*words, folder=None, **environment):
    job = start(*words, folder=folder, **environment)
    out, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    return out, err


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """The folders of the same training in one process and in two."""
    one, two = (tmp_path_factory.mktemp(name) for name in ("one", "two"))
    ran(*TRAIN, *EQUAL, folder=one)
    out, err = ran(*TRAIN, *EQUAL, *TWO, folder=two)
    assert "2 processes share each batch of 16" in err
    assert err.count("epoch 1/2") == 1  # one of them speaks
    assert out.count("balanced accuracy") == 1
    assert "Warning" not in err
    assert "recommended" not in err
    return one, two


def curve(folder, stage):
    with (folder / "metrics.csv").open() as stream:
        return [row for row in csv.DictReader(stream) if row[f"{stage}/loss"]]


def test_the_global_batch_is_what_the_config_says(pair):
    one, two = (read(folder) for folder in pair)
    assert (one.world_size, two.world_size) == (1, 2)
    assert one.config["data"]["batch_size"] == two.config["data"]["batch_size"] == 16
    for stage in ("train", "val"):
        losses = [[float(row[f"{stage}/loss"]) for row in curve(folder, stage)[:2]] for folder in pair]
        assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert one.metrics["train/accuracy"] == two.metrics["train/accuracy"]
    assert one.config_hash == two.config_hash


def test_the_counts_sum_to_the_test_set_and_one_process_finds_the_same(pair, tmp_path):
    _, two = pair
    result = read(two)
    assert sum(map(sum, result.confusion_matrix)) == result.counts["test"] == 20
    ckpt = two / "checkpoints" / "best.ckpt"
    assert call(evaluate.main, f"ckpt={ckpt}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}") == 0
    assert read(tmp_path).confusion_matrix == result.confusion_matrix
    # val/* of the result was measured by one process, the row of its epoch by two
    chosen = max(curve(two, "val")[:2], key=lambda row: float(row["val/accuracy"]))
    measured = {name: float(value) for name, value in chosen.items() if name.startswith("val/") and value}
    assert len(measured) > 10
    assert measured == pytest.approx({name: result.metrics[name] for name in measured}, abs=1e-6)


def test_an_odd_number_of_images_is_counted_once_by_two(tmp_path):
    # 101 images: 71 train, 10 or 11 validate, 20 test; a sampler that pads would count some twice
    words = [word for word in EQUAL if "images" not in word]
    ran(*TRAIN, *words, "data.faces.images=101", "data.batch_size=10", "data.split_seed=1", *TWO, folder=tmp_path)
    result = read(tmp_path)
    assert sum(map(sum, result.confusion_matrix)) == result.counts["test"]
    assert sum(result.counts.values()) == 101
    ends = [float(row["val/accuracy"]) * result.counts["val"] for row in curve(tmp_path, "val")]
    assert ends == pytest.approx([round(hits) for hits in ends], abs=1e-5)


def test_a_signal_to_the_first_process_ends_all_and_a_resume_goes_on(tmp_path):
    words = [*TRAIN, *TINY, *TWO, "data.faces.images=1200", "trainer.max_epochs=4"]
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    ran(*words, folder=whole)
    job = start(*words, folder=cut)
    _, err = kill_in_mid_epoch(job, cut, signal.SIGTERM)
    assert job.returncode == 143, err
    ran(*TRAIN, f"resume={cut}")
    assert read(cut).metrics == read(whole).metrics
    assert read(cut).confusion_matrix == read(whole).confusion_matrix


def test_processes_that_torchrun_started_share_one_folder(pair, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={port}"]
    command = [*torchrun, "-m", "fer_lightning.commands.train", *EQUAL, *TWO]
    refused = start(*command)
    assert "2 processes train together and need one folder" in refused.communicate(timeout=120)[1]
    assert refused.returncode != 0
    ran(*command, folder=tmp_path / "run")
    assert read(tmp_path / "run").metrics == read(pair[1]).metrics


def test_a_job_of_a_sweep_may_take_several_devices(tmp_path):
    ran(
        *TRAIN,
        "-m",
        *EQUAL,
        "debug=fast",
        *TWO,
        "trainer.limit_test_batches=1.0",
        "seed=0,1",
        "sweep_name=pair",
        FER_LOGS=str(tmp_path),
    )
    for seed in (0, 1):
        folder = tmp_path / "sweeps" / "pair" / f"seed={seed}"
        result = read(folder)
        assert (result.world_size, result.seed) == (2, seed)
        assert sum(map(sum, result.confusion_matrix)) == result.counts["test"] == 20
        here = (f"ckpt='{folder}/checkpoints/best.ckpt'", f"hydra.run.dir={tmp_path}/{seed}")
        assert call(evaluate.main, *here, "data=synthetic", *TINY) == 0
        one = read(tmp_path / str(seed))
        assert one.confusion_matrix == result.confusion_matrix
        tested = {name: value for name, value in result.metrics.items() if name.startswith("test/")}
        assert one.metrics == pytest.approx(tested, abs=1e-6)
