"""Workers change the speed and nothing else; epochs change the images."""

from __future__ import annotations

import albumentations
import cv2
import numpy as np
import pytest
import pytorch_lightning as pl
import torch

from fer_lightning.data.augment.batched import BatchedAffine
from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.augment.offline import NineViews
from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError


def lively() -> Augment:
    return Augment([albumentations.HorizontalFlip(p=0.5), albumentations.Affine(rotate=(-20, 20), p=0.9)])


def build(faces, tmp_path, num_workers=0, augment=None) -> FaceDataModule:
    return FaceDataModule(
        lambda cache_dir: faces,
        EXPRESSIONS,
        tmp_path,
        Prepare(32),
        InputSpec(28),
        "holdout",
        batch_size=8,
        num_workers=num_workers,
        augment=lively() if augment is None else augment,
    )


def epochs(data: FaceDataModule, number: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """All images and rows of each epoch, the sampler told of each as Lightning does."""
    loader = data.train_dataloader()
    seen = []
    for epoch in range(number):
        loader.sampler.set_epoch(epoch)
        batches = list(loader)
        seen.append((torch.cat([batch.image for batch in batches]), torch.cat([batch.row for batch in batches])))
    return seen


@pytest.mark.parametrize("augment", [lively(), Augment(batched=BatchedAffine())], ids=["transforms", "batched"])
def test_two_workers_serve_what_the_main_process_serves(tiny_faces, tmp_path, augment):
    alone, helped = (epochs(build(tiny_faces, tmp_path, workers, augment), 2) for workers in (0, 2))
    for (images, rows), (others, other_rows) in zip(alone, helped, strict=True):
        assert torch.equal(rows, other_rows)
        assert torch.equal(images, others)
    assert not torch.equal(alone[0][1], alone[1][1])


def test_an_image_is_changed_otherwise_in_another_epoch(tiny_faces, tmp_path):
    (images, rows), (later, later_rows) = epochs(build(tiny_faces, tmp_path), 2)
    at = {int(row): place for place, row in enumerate(later_rows)}
    shared = [(place, at[int(row)]) for place, row in enumerate(rows) if int(row) in at]
    assert len(shared) > 40
    same = sum(torch.equal(images[place], later[other]) for place, other in shared)
    assert same < len(shared) / 4


def test_only_training_images_are_augmented(tiny_faces, tmp_path):
    changing, still = build(tiny_faces, tmp_path), build(tiny_faces, tmp_path, augment=Augment([]))
    for stage in ("val_dataloader", "test_dataloader"):
        for one, other in zip(getattr(changing, stage)(), getattr(still, stage)(), strict=True):
            assert torch.equal(one.image, other.image)
    one, other = (next(iter(data.train_dataloader())) for data in (changing, still))
    assert torch.equal(one.row, other.row)
    assert not torch.equal(one.image, other.image)


class Witness(pl.LightningModule):
    """Learns nothing and writes down the rows of each epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.rows: dict[int, list[int]] = {}

    def training_step(self, batch, _):
        self.rows.setdefault(self.current_epoch, []).extend(batch.row.tolist())
        return (self.weight * batch.image.float().mean()).sum()

    def validation_step(self, batch, _):
        pass

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def test_lightning_tells_the_sampler_of_each_epoch(tiny_faces, tmp_path):
    data, witness = build(tiny_faces, tmp_path, augment=Augment([])), Witness()
    trainer = pl.Trainer(
        max_epochs=3, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=tmp_path, log_every_n_steps=1,
    )  # fmt: skip
    trainer.fit(witness, datamodule=data)
    expected = [rows.tolist() for _, rows in epochs(data, 3)]
    assert [witness.rows[epoch] for epoch in range(3)] == expected
    assert len({tuple(rows) for rows in expected}) == 3
    assert set(np.concatenate(expected)) <= set(data.protocol.train.tolist())


@pytest.mark.parametrize("after", [True, False])
def test_illumination_is_treated_after_the_variants_are_made_or_before(tiny_faces, tmp_path, after):
    recipe = NineViews()
    augment = Augment(offline=recipe, light_after_offline=after)
    prepare = Prepare(32, illumination="equalize")
    data = FaceDataModule(
        lambda cache_dir: tiny_faces, EXPRESSIONS, tmp_path, prepare, InputSpec(32), "holdout", augment=augment
    )
    rows, views = np.repeat(data.protocol.train, 9), np.tile(np.arange(9), len(data.protocol.train))
    if after:
        expected = map(cv2.equalizeHist, recipe(Prepare(32)(tiny_faces.array[rows]), rows, views))
    else:
        expected = recipe(prepare(tiny_faces.array[rows]), rows, views)
    seen = [image.numpy().tobytes() for batch in data.train_dataloader() for image in batch.image[:, 0]]
    assert len(seen) > 500
    assert set(seen) <= {image.tobytes() for image in expected}
    (batch, *_) = data.val_dataloader()
    assert np.array_equal(batch.image[:, 0], prepare(tiny_faces.array[batch.row]))


def test_illumination_after_variants_needs_variants():
    with pytest.raises(FerError, match=r"augment\.light_after_offline=true: there are no variants"):
        Augment(light_after_offline=True)
