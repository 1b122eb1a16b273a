"""What a user gets wrong ends in one message with the key, the choices and the way out, and leaves no result."""

from __future__ import annotations

import csv
import re

import pytest
from support import TINY, TINY_BATCH, call

from fer_lightning.commands import evaluate, train

MISTAKES = [
    ("model=foo", "model=foo: no such option; choose among attentional_cnn, "),
    ("modle=cnn", "modle: no such key; choose among"),
    (
        "logger=csv,tensorboard",
        "with -m, as in fer-train -m logger=csv,tensorboard; one run with all of them takes brackets, "
        "'logger=[csv,tensorboard]'",
    ),
    ("data.fold=0,1", "data.fold=0,1: several values take a run each, with -m, as in fer-train -m data.fold=0,1\n"),
    ("data.fold=range(0,3)", "with -m, as in fer-train -m data.fold=range(0,3)\n"),
    ("data.class_names=happy,sad", "takes brackets, 'data.class_names=[happy,sad]'\n"),
    ("init_from=5", "init_from=5: no such file"),
    ("init_from=[a]", "init_from=['a']: name a file"),
    ("model=timm model.net.options.drop_rate=0.3", "an empty map; add to it with +model.net.options.drop_rate=VALUE"),
    ("optimizer={lrr:1}", "optimizer.lrr: torch.optim.AdamW has no such parameter; choose among"),
    ("model.net={widht:3}", "model.net.widht: fer_lightning.nets.cnn.Cnn has no such parameter; choose among"),
    ("data.class_names=[true,false]", "data.class_names[0]=True: it must be a text; numbers, and what YAML takes for"),
    ("data.class_names=[happy,5]", "data.class_names[1]=5: it must be a text"),
    ("sweep=paper_a_jaffe hydra.mode=RUN", "sweep=paper_a_jaffe tests checkpoints: fer-eval sweep=paper_a_jaffe ckpt="),
    ("optimizer.lrr=1", "optimizer.lrr: no such key in optimizer; choose among lr, weight_decay (did you mean lr?)"),
    ("data.faces.imags=9", "did you mean images?"),
    ("+optimizer.foo=1", "optimizer.foo: torch.optim.AdamW has no such parameter; choose among"),
    ("+foo=1", "foo: unknown key"),
    ("optimizer.lr=fast", "optimizer.lr=fast: it must be a number"),
    ("data.batch_size=1.5", "data.batch_size=1.5: it must be a whole number"),
    ("data=fer2013 data.faces.dir=null", "data.faces.dir=None: it must be a text"),
    ("preprocess.options=5", "preprocess.options=5: it must be a map, as in {a: b} or null"),
    ("data=fer2013 data.locate.detectors=haar", "data.locate.detectors=haar: it must be a list, as in [a, b]"),
    ("data=null", "a group takes the name of one of its options"),
    ("seed=[", "seed=[: cannot be read as key=value"),
    ("seed=-1", "seed=-1: choose a whole number"),
    ("monitor=test/accuracy", "only validation chooses a checkpoint"),
    ("monitor=val/acc", "did you mean val/accuracy"),
    ("mode=best", "mode=best: choose among min, max"),
    ("data.protocol=kfold data.fold=3", "data.fold=3: choose 0..2, or raise data.num_folds"),
    ("data.protocol=kfold data.num_folds=2", "data.num_folds=2: choose 3 or more"),
    ("data.fold=1", "data.fold=1: protocol holdout is one split"),
    ("data.num_folds=5", "data.num_folds=5: protocol holdout has no folds"),
    ("model.net.num_classes=5", "model.net gives 5 scores per image for 8 class names"),
    ("data.class_names=[happy,smug]", "data.class_names: no smug here"),
    ("data.class_names=[happy,happy]", "name at least two classes, each once"),
    ("model.input.size=64 preprocess.size=48", "model.input.size=64 is a crop larger than the image"),
    ("augment.transforms.2.height=99", "augment: a transform refuses prepared images of 32x32"),
    ("augment.transforms.2.height=20", "augment leaves 32x20 pixels, but model.input.size=32"),
    ("loss._target_=torch.nn.MSELoss", "does not compare logits (N, C) with class labels (N,)"),
    ("model.net.dropout=2", "model.net: dropout probability has to be between 0 and 1"),
    ("+model.input.foo=1", "model.input:"),
    ("model.input.channels=2", "model.input.channels=2: choose 1 (grey) or 3 (RGB)"),
    ("scheduler.warmup_epochs=99", "scheduler.warmup_epochs=99: choose 0 up to"),
    ("trainer.precision=bf17", "trainer: Precision 'bf17' is invalid"),
    ("trainer=ddp_cpu data.batch_size=15", "data.batch_size=15 is the batch of all devices together"),
    ("trainer=ddp_cpu trainer.devices=16", "trainer.devices: 16 devices for 10 images to val; take fewer"),
    ("+trainer.use_distributed_sampler=true", "trainer.use_distributed_sampler=True: take false"),
    ("trainer=ddp_cpu trainer.strategy=ddp_spawn", "trainer.strategy=ddp_spawn: it trains in child processes"),
    ("trainer=ddp_cpu trainer.strategy=ddp_fork", "trainer.strategy=ddp_fork: it trains in child processes"),
    ("trainer.num_nodes=2", "trainer.num_nodes=2: this process would wait for the other nodes without end; start"),
    (
        "augment.transforms=[{_target_:torchvision.transforms.RandomHorizontalFlip}]",
        "augment.transforms.0: torchvision.transforms.transforms.RandomHorizontalFlip is no transform of",
    ),
    (
        "augment.transforms=[{_target_:albumentations.pytorch.ToTensorV2}]",
        "augment makes a Tensor of an image: leave out its ToTensorV2",
    ),
    ("init_from=/nowhere.ckpt", "init_from=/nowhere.ckpt: no such file"),
    ("callbacks=freeze callbacks.freeze.patterns=['x.*']", "'x.*' matches no parameter of the net"),
    ("callbacks=ema callbacks.ema.decay=1", "callbacks.ema.decay=1: choose above 0 and below 1"),
    ("resume=/nowhere", "resume=/nowhere: the folder does not exist"),
    ("model=resnet model.net.blocks=[1]", "model.net.blocks=[1]: give both a number of 1 or more"),
    ("+trainer.fast_dev_run=true", "trainer.fast_dev_run=True: take debug=fast instead"),
    ("+trainer.overfit_batches=2", "trainer.overfit_batches=2: take debug=overfit"),
    ("trainer.max_epochs=null trainer.max_steps=2", "training ended before its first validation"),
    ("trainer.limit_val_batches=0", "trainer.limit_val_batches=0"),
    ("data.max_train_images=3", "raise data.max_train_images"),
    ("data=fer2013 data.faces.dir=/nowhere", "/nowhere: no FER2013 here"),
    ("experiment=paper_a_fer2013 paper.value=94.51", "paper.value=94.51: give the fraction"),
    ("experiment=none", "experiment=none: no such option; choose among"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_a_mistake_ends_in_one_clear_message(tmp_path, capfd, arguments, message):
    tiny = TINY_BATCH if "fer2013" in arguments else TINY
    code = call(train.main, *tiny, *arguments.split(), f"hydra.run.dir={tmp_path}")
    err = capfd.readouterr().err
    assert code == 1
    assert message in err
    assert err.count("error: ") == 1
    assert "Traceback" not in err
    assert not (tmp_path / "result.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("data=synthetic", "ckpt is not set"),
        ("ckpt=/nowhere.ckpt data=synthetic", "ckpt=/nowhere.ckpt: no such file"),
        ("ckpt=x", "data is not set: name a data set, as in data=fer2013"),
    ],
)
def test_eval_mistakes(tmp_path, capfd, arguments, message):
    assert call(evaluate.main, *arguments.split(), f"hydra.run.dir={tmp_path}") == 1
    assert f"error: {message}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "first_cause"),
    [
        (
            ["optimizer=sgd", "optimizer.lr=1e9", "scheduler=constant"],
            "optimizer.lr=1000000000.0 is too high: lower it",
        ),
        (
            ["optimizer=sgd", "optimizer.lr=1e20", "scheduler=constant", "trainer.limit_train_batches=1"],
            "one operation",
        ),
    ],
)
def test_a_loss_that_is_no_number_ends_the_command(tmp_path, capfd, overrides, first_cause):
    assert call(train.main, *TINY, *overrides, f"hydra.run.dir={tmp_path}") == 1
    err = capfd.readouterr().err
    assert re.search(r"error: the loss is (nan|-?inf) at training step \d+, epoch \d+\n", err)
    assert re.search(r"\n  images of its batch: S0\d\d/\w+/\d+, .* and 8 more, all in .*nonfinite_batch\.csv\n", err)
    assert f"\n  likely causes: {first_cause}" in err
    assert err.count("error: ") == 1
    assert "Traceback" not in err
    with (tmp_path / "nonfinite_batch.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert len({row["image"] for row in rows}) == 16
    assert all(row["image"].split("/")[1] == row["label"] for row in rows)
    assert not (tmp_path / "result.json").exists()


def test_full_error_shows_the_traceback(monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    with pytest.raises(Exception, match=r"optimizer\.lrr"):
        call(train.main, "optimizer.lrr=1", f"hydra.run.dir={tmp_path}")
