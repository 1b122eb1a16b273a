"""A checkpoint rebuilds its module alone, and can name nothing that would run its sender's code."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from support import TINY

import fer_lightning
from fer_lightning.config_keys import IN_CHECKPOINT
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_module, build_run
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.run.config.compose import compose_job


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run = build_run(compose_job([*TINY, "debug=fast", "model=stn_cnn", "loss=weighted"], folder))
    run.trainer.fit(run.module, datamodule=run.datamodule)
    return run, folder / "checkpoints" / "best.ckpt"


@pytest.fixture
def tampered(trained, tmp_path):
    """Writes the checkpoint anew with one value of its config changed."""

    def write(*keys, value):
        saved = torch.load(trained[1], weights_only=True)
        node = saved["fer_config"]
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value
        torch.save(saved, tmp_path / "tampered.ckpt")
        return tmp_path / "tampered.ckpt"

    return write


def test_holds_plain_data_only(trained):
    saved = torch.load(trained[1], weights_only=True)["fer_config"]

    def leaves(value):
        if isinstance(value, dict | list):
            for inner in value.values() if isinstance(value, dict) else value:
                yield from leaves(inner)
        else:
            yield value

    assert {type(leaf) for leaf in leaves(saved)} <= {str, int, float, bool, type(None)}


def test_restores_the_same_answers(trained):
    run, path = trained
    images = torch.randint(0, 256, (5, 1, 32, 32), dtype=torch.uint8)
    module = restore(path).module
    run.module.eval()
    with torch.no_grad():
        torch.testing.assert_close(module(images), run.module(images), rtol=1e-4, atol=1e-5)  # memory layouts differ
    assert module.class_names == run.module.class_names
    assert float(module.loss.weight.sum()) > 0


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "subprocess.run",
        "builtins.eval",
        "torch.load",
        "torch.hub.load",
        "fer_lightning.run.config.compose.os.system",
        "fer_lightning.run.checkpoint.restore.pickle.loads",
        "torch.nn.modules.module.functools.partial",
        "fer_lightning.nets.missing.Thing",
        "fer_lightning.commands.train.main",
        "fer_lightning.results.tables.write_confusion_csv",
        "fer_lightning.nets.timm_net.timm.create_model",
        "albumentations.load",
        "torch.nn.init.zeros_",
        "timm.create_model.__globals__",
    ],
)
@pytest.mark.parametrize("place", [("loss",), ("model", "net"), ("preprocess",)])
def test_refuses_to_name_anything_else(tampered, target, place):
    path = tampered(*place, "_target_", value=target)
    with pytest.raises(FerError, match=r"tampered\.ckpt: .*_target_="):
        restore(path)


def test_a_nested_target_is_refused_before_anything_is_built(tampered, monkeypatch):
    path = tampered("model", "net", "options", value={"deep": [{"_target_": "os.getcwd"}]})
    monkeypatch.setattr("fer_lightning.run.checkpoint.restore.build_module", lambda *_: pytest.fail("was built"))
    with pytest.raises(FerError, match=r"model\.net\.options\.deep\[0\]\._target_=os\.getcwd"):
        restore(path)


def test_published_weights_are_not_fetched_again(tmp_path, monkeypatch):
    job = compose_job(["model=timm", "model.net.name=resnet10t", "model.net.num_classes=2"], tmp_path)
    config = {key: job.config[key] for key in IN_CHECKPOINT}
    weights = build_module(job.config, ["happy", "sad"]).state_dict()
    config["model"]["net"] |= {"pretrained": True, "num_classes": 2}
    config |= {"choices": {}, "class_names": ["happy", "sad"]}
    torch.save({"fer_config": config, "state_dict": weights}, tmp_path / "x.ckpt")
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("a socket was made"))
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: pytest.fail("a server was looked up"))
    restored = restore(tmp_path / "x.ckpt").module.state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in restored.items())


def test_other_weights_than_the_net_are_an_error(tampered):
    with pytest.raises(FerError, match="weights do not fit"):
        restore(tampered("model", "net", "hidden", value=17))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"", "cut off"),
        (b"not a checkpoint at all", "cut off"),
        (pickle.dumps({"a": np.float64}), "cut off"),
    ],
)
def test_files_that_are_no_checkpoint(tmp_path, content, words):
    path = tmp_path / "x.ckpt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FerError, match=f"ckpt=.*x.ckpt: {words}") as refused:
        restore(path)
    assert "weights_only" not in str(refused.value)  # torch's advice would run what the file holds


def test_a_truncated_checkpoint(trained, tmp_path):
    whole = trained[1].read_bytes()
    (tmp_path / "half.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FerError, match=r"half\.ckpt: cut off"):
        restore(tmp_path / "half.ckpt")


def test_another_programs_checkpoint(tmp_path):
    torch.save({"state_dict": {}}, tmp_path / "x.ckpt")
    with pytest.raises(FerError, match="not written by fer-train"):
        restore(tmp_path / "x.ckpt")


def test_load_gives_one_object_that_takes_raw_faces(trained, tiny_faces):
    run, path = trained
    recognizer = fer_lightning.load(path)
    probabilities = recognizer.probabilities(np.asarray(tiny_faces.pixels[:6]))
    assert probabilities.shape == (6, 8)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    # the way over the data module, with its cached preprocessing, must end in the same numbers
    prepared = torch.from_numpy(np.array(run.datamodule.faces.pixels[:6]))[:, None]
    with torch.no_grad():
        expected = copy.deepcopy(run.module).eval()(prepared).softmax(dim=1)
    np.testing.assert_allclose(probabilities, expected.numpy(), atol=1e-6)
    assert recognizer.predict(np.asarray(tiny_faces.pixels[:6])) == [
        recognizer.class_names[number] for number in probabilities.argmax(axis=1)
    ]


def test_load_takes_colour_and_any_size(trained):
    faces = np.random.default_rng(0).integers(0, 256, (2, 71, 60, 3), dtype=np.uint8)
    assert fer_lightning.load(trained[1].parents[1]).probabilities(faces).shape == (2, 8)
