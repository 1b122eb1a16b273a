"""A job whose images have changed is run anew; its launcher reads none of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from support import TINY

from fer_lightning.results.result import config_hash
from fer_lightning.run.artifacts.data_digest_cache import compute_data_key, load_data_digest, store_data_digest
from fer_lightning.run.build import build_data
from fer_lightning.run.config.compose import compose_job, to_plain
from fer_lightning.run.sweep import data_changes as data
from fer_lightning.run.sweep import job

BEFORE, NOW = {"train": "0" * 16, "test": "1" * 16}, {"train": "0" * 16, "test": "2" * 16}


@pytest.fixture
def cfg(composed, tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    return composed(*TINY, "seed=0")


@pytest.fixture
def launched(cfg, sweep_dir, monkeypatch):
    """A function that launches the job over a run of this digest; gives what its process was told, or None."""
    folder, calls = sweep_dir / "seed=0", []
    monkeypatch.setattr(job, "run_subprocess", lambda module, arguments, *rest: calls.append(arguments) or 1)

    def launch(name, **content):
        (folder / "checkpoints").mkdir(parents=True)
        (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
        (folder / name).write_text(json.dumps({"config": to_plain(cfg), "metrics": {}, **content}))
        job.run_job(cfg)
        return calls[0] if calls else None

    return launch


@pytest.fixture
def reads(monkeypatch):
    """What other processes were asked to read; played."""
    asked = []
    monkeypatch.setattr(data, "_read_in_subprocess", lambda config: asked.append(json.loads(config)))
    return asked


def keep(cfg, digest):
    store_data_digest(to_plain(cfg), compute_data_key(to_plain(cfg)), digest)


def test_a_finished_job_of_other_images_moves_aside_and_begins_anew(cfg, launched, reads, sweep_dir):
    keep(cfg, NOW)
    arguments = launched("result.json", data_digest=BEFORE)
    assert "seed=0" in arguments
    assert reads == []
    assert (sweep_dir / f"seed=0.{config_hash(to_plain(cfg))}" / "checkpoints" / "last.ckpt").exists()


def test_a_half_trained_job_of_other_images_is_not_resumed(cfg, launched, reads, sweep_dir):
    keep(cfg, NOW)
    assert "seed=0" in launched("job.json", data_digest=BEFORE)
    assert (sweep_dir / f"seed=0.{config_hash(to_plain(cfg))}" / "checkpoints" / "last.ckpt").exists()


def test_the_same_images_are_done_before_or_resumed(cfg, launched, reads):
    keep(cfg, NOW)
    assert launched("result.json", data_digest=NOW) is None
    assert reads == []


def test_a_half_trained_job_of_the_same_images_is_resumed(cfg, launched, reads):
    keep(cfg, NOW)
    assert launched("job.json", data_digest=NOW)[0].startswith("resume=")


@pytest.mark.parametrize("content", [{}, {"data_digest": {}}])
def test_a_result_from_before_digests_stays_done_and_says_so(launched, reads, caplog, content):
    with caplog.at_level("INFO"):
        assert launched("result.json", **content) is None
    assert reads == []
    assert caplog.text.count("it is from before digests were kept") == 1


def test_data_of_unknown_state_are_read_by_another_process(cfg, launched, monkeypatch):
    monkeypatch.setattr(data, "_read_in_subprocess", lambda config: keep(cfg, NOW))
    assert "seed=0" in launched("result.json", data_digest=BEFORE)


def test_data_that_cannot_be_read_leave_a_finished_job_finished(launched, reads):
    assert launched("result.json", data_digest=BEFORE) is None
    assert [set(config) for config in reads] == [{"data", "preprocess", "model", "paths"}]


def test_the_reason_is_told_once(caplog):
    config = json.dumps({"data": {"faces": {"dir": "/nothing"}}, "paths": {}})
    data._read_in_subprocess.cache_clear()
    for _ in range(2):
        data._read_in_subprocess(config)
    assert caplog.text.count("the data of finished jobs could not be read, and are not compared: ") == 1


@pytest.mark.slow
def test_the_other_process_finds_the_digest_of_a_training_and_the_launcher_stays_light(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_CACHE", str(tmp_path / "cache"))
    config = compose_job([*TINY, "data.protocol=kfold", "data.fold=1"], tmp_path).config
    data._read_in_subprocess(json.dumps(config))
    digest = build_data(config["data"], config).data_digest()
    assert load_data_digest(config, compute_data_key(config)) == digest
    program = "import sys, fer_lightning.run.sweep.job; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
