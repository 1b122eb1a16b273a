"""What a module learns of the training images before it trains, and protocols that train nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support import TINY, TINY_BATCH

from fer_lightning.data.preprocess.locate import Locate
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run, build_trainer
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit


def built(folder, *overrides):
    return build_run(
        compose_job([*TINY, "debug=fast", "logger=none", "model.input.illumination=none", *overrides], folder)
    )


def trained_on(run):
    """(N, side, side) the prepared training images, scaled to 0..1."""
    return np.asarray(run.datamodule.faces.array)[run.datamodule.protocol.train] / 255


def test_a_mean_alone_is_subtracted_and_pixels_keep_their_scale(tmp_path):
    run = built(tmp_path, "model.input.normalise=mean")
    assert float(run.module.pixel_mean) == pytest.approx(trained_on(run).mean(), abs=1e-6)
    assert float(run.module.pixel_std) == 1


def test_a_mean_image_is_numpys_and_comes_back_from_the_checkpoint(tmp_path):
    run = built(tmp_path, "model.input.normalise=mean_image")
    expected = trained_on(run).mean(axis=0)
    outcome = fit(run)
    assert run.module.pixel_mean.shape == (1, *expected.shape)
    np.testing.assert_allclose(run.module.pixel_mean[0], expected, atol=1e-6)
    assert float(run.module.pixel_std) == 1
    restored = restore(outcome.best).module
    assert torch.equal(restored.pixel_mean, run.module.pixel_mean)
    images = torch.from_numpy(np.array(run.datamodule.faces.array[:4]))[:, None]
    with torch.no_grad():
        torch.testing.assert_close(restored(images), run.module.eval()(images), rtol=1e-4, atol=1e-5)


def test_a_mean_image_is_of_the_centre_that_the_net_sees(tmp_path):
    run = built(tmp_path, "model.input.normalise=mean_image", "model.input.size=40", "preprocess.size=48")
    np.testing.assert_allclose(run.module.pixel_mean[0], trained_on(run)[:, 4:44, 4:44].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("how", ["mean", "mean_image"])
def test_a_net_with_a_normalisation_of_its_own_learns_none(tmp_path, how):
    with pytest.raises(FerError, match=rf"model\.input\.normalise={how}: this net's makers normalised it"):
        built(tmp_path, "model=timm", "model.net.name=resnet10t", f"model.input.normalise={how}")


def test_a_protocol_without_a_training_side_names_those_that_these_data_can_follow(tmp_path):
    with pytest.raises(FerError, match=r"data\.protocol=test_only has no image to train") as refused:
        built(tmp_path, "data.protocol=test_only")
    choices = str(refused.value).partition("choose among ")[2].split(", ")
    assert choices == [
        *("kfold", "paper_c_kfold", "kfold_images", "holdout", "subject_8fold", "subject_10fold"),
        *("leave_one_subject_out", "train_is_test"),
    ]


@pytest.mark.usefixtures("tiny_jaffe")
def test_a_protocol_without_a_training_side_is_refused_before_any_face_is_searched(tmp_path, monkeypatch):
    monkeypatch.setattr(Locate, "find_faces", lambda *_: pytest.fail("faces were searched"))
    with pytest.raises(FerError, match=r"data\.protocol=test_only has no image to train"):
        build_run(compose_job(["data=jaffe", "data.locate.detectors=[haar]", "logger=none"], tmp_path))


def test_votes_reach_the_loss(tmp_path, tiny_ferplus):
    overrides = ["data=ferplus", "data.label_mode=distribution", "debug=fast", "logger=none", "augment=none"]
    run = build_run(compose_job([*overrides, *TINY_BATCH], tmp_path))
    source = run.datamodule.prepared_data.source
    batch = next(iter(run.datamodule.val_dataloader()))
    shares = source.extras["target"][batch.row]
    assert source.class_names == tuple(run.module.class_names)
    assert (np.count_nonzero(shares, axis=1) > 1).any()  # else a label would say the same
    run.module.eval()
    with torch.no_grad():
        probabilities = run.module(batch.image).softmax(dim=1).numpy()
        loss = run.module.loss(run.module(batch.image), batch.target)
    assert float(loss) == pytest.approx(-(shares * np.log(probabilities)).sum(axis=1).mean(), rel=1e-5)


def test_the_loss_that_validation_reports_is_that_of_the_votes(tmp_path, tiny_ferplus):
    overrides = ["data=ferplus", "data.label_mode=distribution", "debug=fast", "logger=none", "augment=none"]
    run = build_run(compose_job([*overrides, *TINY_BATCH], tmp_path))
    outcome = fit(run)
    batches = list(run.datamodule.val_dataloader())[:2]
    assert len(batches) == 1
    shares = run.datamodule.prepared_data.source.extras["target"][batches[0].row]
    run.module.eval()
    with torch.no_grad():
        probabilities = run.module(batches[0].image).softmax(dim=1).numpy()
    expected = -(shares * np.log(probabilities)).sum(axis=1).mean()
    assert outcome.metrics["val/loss"] == pytest.approx(expected, rel=1e-4)


def test_what_lightning_refuses_about_slurm_is_one_message(tmp_path, monkeypatch):
    for name, value in {"NTASKS": "2", "PROCID": "0", "LOCALID": "0", "NODEID": "0", "JOB_NAME": "train"}.items():
        monkeypatch.setenv(f"SLURM_{name}", value)
    monkeypatch.delenv("SLURM_NTASKS_PER_NODE", raising=False)
    with pytest.raises(FerError, match=r"^trainer: .*--ntasks-per-node"):
        build_trainer(compose_job(TINY, tmp_path).config, [], [], tmp_path)


def test_an_augmentation_that_is_none_is_refused(tmp_path):
    with pytest.raises(FerError, match=r"augment\._target_=albumentations\.HorizontalFlip: it is no Augment"):
        built(tmp_path, "augment._target_=albumentations.HorizontalFlip", "~augment.transforms")


def test_a_value_that_a_constructor_stumbles_over_is_one_message(tmp_path):
    with pytest.raises(FerError, match=r"^optimizer: list index out of range"):
        build_run(compose_job([*TINY, "+optimizer.betas=[0.9]"], tmp_path))
