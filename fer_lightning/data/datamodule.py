"""The LightningDataModules: faces are read, located, prepared and split by a protocol, and come in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
from torch.utils.data import Sampler

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.dataset import FaceDataset
from fer_lightning.data.descriptor_cache import build_describer
from fer_lightning.data.expressions import select_columns
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.image_digests import COLUMN, add_digests, split_digests
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.loading import EpochLoader, check_loading
from fer_lightning.data.preprocess.locate import Locate
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.preprocess.rotate import check_rotation, rotate_both_ways
from fer_lightning.data.protocols import VAL_SUBJECTS, Protocol, Request, check_request
from fer_lightning.data.sampling import Draw, EpochBatches, SequentialBatches
from fer_lightning.data.selection import (
    check_exclusion,
    check_limit,
    check_trains,
    exclude_copies,
    limit_training_images,
    select,
)
from fer_lightning.data.soft_targets import Shares, SoftTargets, blend_targets, check_soft_targets, read_soft_targets
from fer_lightning.data.statistics import channel_statistics, mean_image
from fer_lightning.errors import FerError

FacesFactory = Callable[..., FaceSet]
NEUTRAL = "neutral"


class PreparedData(NamedTuple):
    """The faces before and after preparation, and their split.

    Attributes:
        source: the cropped faces before preparation, with the labels of their data set.
        faces: the same faces, prepared and labelled in the wanted classes.
        protocol: the rows of each split.
        train_targets: (N, C) targets of the training images; None if they are those of other images.
        untreated: `faces` without illumination normalisation, if the augmentation normalises; else None.
    """

    source: FaceSet
    faces: FaceSet
    protocol: Protocol
    train_targets: Shares | None = None
    untreated: FaceSet | None = None


class FaceDataModule(pl.LightningDataModule):
    """Batches of one data set under one protocol.

    Args:
        faces: reader, to be called with `cache_dir`.
        class_names: the wanted classes, in the order of the labels; images of other classes are left out.
        cache_dir: folder of the cache.
        prepare: the model's preprocessing.
        input: the model's input.
        protocol: a name of `protocols.PROTOCOLS`, or `auto`.
        fold: the fold that tests, for protocols with folds.
        num_folds: number of folds, for `kfold`, `paper_c_kfold` and `kfold_images` only.
        val_subjects: subjects who validate in the group that `subject_8fold` sets aside.
        locate: detects and crops the face of each image; None if images are faces.
        rotate: degrees; each image is in the set twice, rotated by plus and by minus this angle.
        exclude_copies: `exact` or `near` leaves out training images that have such a copy in validation or test.
        targets: a file of soft targets for `read_soft_targets`, which are blended with the labels of training images;
            labels, validation and test are unchanged. None takes labels alone.
        targets_weight: weight of the file in the blend, above 0 and at most 1.
        report_copies: whether results include the test accuracy without images that have a copy in train.
        split_seed: seed of the protocol's random choices; separate from `seed`, so that seeds share their folds.
        max_train_images: train on this many images only, stratified by class; None takes all.
        epoch_images: images per epoch, in turn; None takes each image once.
        batch_size: images of the global batch, over all devices.
        num_workers: worker processes that load batches; affects nothing but speed.
        balanced: draw training images so that every class is equally likely.
        augment: augmentation of training images, or None.
        seed: seed of the order and the augmentation of training images.
    """

    def __init__(
        self,
        faces: FacesFactory,
        class_names: Sequence[str],
        cache_dir: str | Path,
        prepare: Prepare,
        input: InputSpec,
        protocol: str,
        fold: int = 0,
        num_folds: int | None = None,
        val_subjects: int = VAL_SUBJECTS,
        split_seed: int = 0,
        locate: Locate | None = None,
        rotate: float = 0,
        exclude_copies: str = "none",
        targets: str | Path | None = None,
        targets_weight: float = 0.5,
        report_copies: bool = False,
        max_train_images: int | None = None,
        epoch_images: int | None = None,
        batch_size: int = 128,
        num_workers: int = 0,
        balanced: bool = False,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        # invalid arguments are refused before faces are detected in every image
        check_loading(batch_size, num_workers, epoch_images)
        prepare.check(input)
        check_exclusion(exclude_copies)
        check_rotation(rotate)
        check_limit(max_train_images)
        check_soft_targets(targets, targets_weight)
        self.request = Request(fold, num_folds, split_seed, val_subjects)
        check_request(protocol, self.request)
        self.read = faces
        self.class_names = tuple(class_names)
        self.cache_dir = Path(cache_dir).expanduser()
        self.prepare = prepare
        self.input = input
        self.locate = locate or Locate()
        self.rotate = rotate
        self.exclude_copies = exclude_copies
        self.targets = targets
        self.targets_weight = targets_weight
        self.report_copies = report_copies
        self.protocol_name = protocol
        self.max_train_images = max_train_images
        self.epoch_images = epoch_images
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.balanced = balanced
        self.augment = augment
        self.seed = seed
        self._prepared_data: PreparedData | None = None

    @property
    def prepared_data(self) -> PreparedData:
        """The data set, which is read on first access."""
        if self._prepared_data is None:
            self._prepared_data = self._prepare_data()
        return self._prepared_data

    @property
    def faces(self) -> FaceSet:
        """The prepared faces, labelled in `class_names`."""
        return self.prepared_data.faces

    @property
    def protocol(self) -> Protocol:
        """Which rows of `faces` train, validate and test."""
        return self.prepared_data.protocol

    @property
    def has_votes(self) -> bool:
        """Whether images, at least those that train, have shares of classes instead of one label."""
        return self.targets is not None or "target" in self.prepared_data.source.extras

    def read_faces(self) -> FaceSet:
        """The faces as the reader returns them, neither rotated nor cropped."""
        return add_digests(self.read(cache_dir=self.cache_dir), self.cache_dir)

    def locate_faces(self) -> FaceSet:
        """The rotated and cropped faces, before the split and a model's preprocessing."""
        return self.locate.faces(rotate_both_ways(self.read_faces(), self.rotate), self.cache_dir)

    def split(self, source: FaceSet) -> tuple[Integers, Protocol]:
        """Labels (N,) of cropped faces, as indices into `class_names`, and the rows of each split."""
        label, protocol = select(source, self.class_names, self.protocol_name, self.request)
        protocol = exclude_copies(source, protocol, self.exclude_copies)
        return label, limit_training_images(protocol, label, self.max_train_images, self.request.seed)

    def soft_targets(self, source: FaceSet) -> SoftTargets | None:
        """The soft targets of cropped faces; None without a file of them."""
        return None if self.targets is None else read_soft_targets(self.targets, source)

    def data_digest(self) -> dict[str, str]:
        """Split -> digest of its images and targets, as in `split_digests`, without preparing images."""
        if self._prepared_data is not None:
            source, label = self._prepared_data.source, self._prepared_data.faces.label
            protocol, blended = self._prepared_data.protocol, self._prepared_data.train_targets
        else:
            source = self.locate_faces()
            label, protocol = self.split(source)
            blended = self._train_targets(source, label, protocol)
        return split_digests(source, label, self.class_names, protocol.splits(), blended)

    def image_digests(self, stage: str) -> Integers:
        """(N,) the digest of each image of a split, in the order of its rows."""
        column: Integers = self.prepared_data.source.extras[COLUMN]
        return column[self.protocol.splits()[stage]]

    def prepare_data(self) -> None:
        """Fills the caches in one process, before other processes open them."""
        self.setup()

    def setup(self, stage: str | None = None) -> None:
        """Opens the caches; the same for every stage."""
        self._prepared_data = self.prepared_data

    def check_trains(self) -> None:
        """Raises FerError if a class has no training image."""
        check_trains(self.protocol, self.faces.label, self.class_names, self.max_train_images)

    def class_counts(self) -> list[int]:
        """Training images of each class, in the order of `class_names`."""
        return list(map(int, np.bincount(self.faces.label[self.protocol.train], minlength=len(self.class_names))))

    def pixel_statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel over the training images only, on pixels scaled to 0..1."""
        return channel_statistics(self.faces.array, self.protocol.train, self.input.channels)

    def mean_image(self) -> npt.NDArray[np.float32]:
        """(channels, size, size) mean of the training images as the net sees them, on pixels scaled to 0..1."""
        spec, whole = self.input, self.prepare.shown_whole
        return mean_image(self.faces.array, self.protocol.train, spec.size, spec.channels, whole)

    def train_dataloader(self) -> EpochLoader:
        """Training batches, shuffled and augmented anew each epoch."""
        rows, labels = self.protocol.train, self.faces.label[self.protocol.train]
        copies = 1 if self.augment is None else self.augment.copies
        how = (self.batch_size, self.seed, self.balanced, copies, self.epoch_images)
        batches = EpochBatches(rows, labels, *how, *self._place())
        augment = self.augment
        if augment is not None and self.prepared_data.untreated is not None:
            augment = augment.treating(self.prepare)
        return self._loader(batches, augment, train=True)

    def val_dataloader(self) -> EpochLoader:
        """Validation batches, in order and without augmentation."""
        return self._loader(SequentialBatches(self.protocol.val, self.batch_size, *self._place()), None)

    def test_dataloader(self) -> EpochLoader:
        """Test batches, in order and without augmentation."""
        return self._loader(SequentialBatches(self.protocol.test, self.batch_size, *self._place()), None)

    def _place(self) -> tuple[int, int]:
        """The rank of this process, and the number of processes."""
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _prepare_data(self) -> PreparedData:
        source = self.locate_faces()
        label, protocol = self.split(source)
        blended = self._train_targets(source, label, protocol)
        prepared = self.prepare.faces(source, self.cache_dir)
        if self.augment is not None:
            self.augment.check(self.prepare.size, self.input.size, 1 if prepared.array.ndim == 3 else 3)
        faces, untreated = replace(prepared, label=label, class_names=self.class_names), None
        if self.augment is not None and self.augment.light_after_offline:
            untreated = self.prepare.without_light().faces(source, self.cache_dir)
        return PreparedData(source, faces, protocol, blended, untreated)

    def _votes(self, source: FaceSet) -> Shares | None:
        return select_columns(source.extras.get("target"), source.class_names, self.class_names)

    def _train_targets(self, source: FaceSet, label: Integers, protocol: Protocol) -> Shares | None:
        soft = self.soft_targets(source)
        if soft is None:
            return None
        own = self._votes(source)
        return blend_targets(soft, self.targets_weight, label, self.class_names, protocol, source.ids, own)

    def _loader(self, batches: Sampler[Draw], augment: Augment | None, train: bool = False) -> EpochLoader:
        data, spec = self.prepared_data, self.input
        votes = data.train_targets if train and data.train_targets is not None else self._votes(data.source)
        whole = self.prepare.shown_whole
        faces = data.untreated if train and data.untreated is not None else data.faces
        describe = build_describer(faces, spec, whole, augment, self.cache_dir)
        how = (spec.size, spec.channels, augment, votes, whole, describe)
        dataset = FaceDataset(faces.array, data.faces.label, *how)
        return EpochLoader(dataset, batches, self.num_workers)


class SequenceDataModule(FaceDataModule):
    """Batches of selected frames of sequences.

    Args:
        faces: reader, to be called with `cache_dir` and `frames`.
        class_names: the wanted classes.
        frames: selection of frames; a name of `readers.frames.FRAMES`.
        classes: the name of the set of classes in `class_names`, if it has one.
        **common: as for FaceDataModule.
    """

    def __init__(
        self,
        faces: FacesFactory,
        class_names: Sequence[str],
        frames: str,
        classes: str | int | None = None,
        **common: Any,
    ) -> None:
        super().__init__(partial(faces, frames=frames), class_names, **common)
        self.frames = frames
        self.classes = classes

    def read_faces(self) -> FaceSet:
        """The selected frames, as the reader returns them.

        Raises:
            FerError: neutral faces are wanted and no such frame was selected.
        """
        faces = super().read_faces()
        held = {faces.class_names[number] for number in set(faces.label.tolist()) - {-1}}
        if NEUTRAL in self.class_names and NEUTRAL not in held:
            wish = f"data.classes={self.classes}" if self.classes else "data.class_names"
            raise FerError(
                f"{wish} wants neutral faces, and data.frames={self.frames} has none: take "
                "data.frames=first_and_last3, whose first frames are neutral, or classes without neutral"
            )
        return faces


class VotesDataModule(FaceDataModule):
    """Batches of faces that are labelled by votes.

    Args:
        faces: reader, to be called with `cache_dir` and `label_mode`.
        class_names: the wanted classes.
        label_mode: how labels, or shares of classes, are derived from votes; the names are the reader's.
        **common: as for FaceDataModule.
    """

    def __init__(self, faces: FacesFactory, class_names: Sequence[str], label_mode: str, **common: Any) -> None:
        super().__init__(partial(faces, label_mode=label_mode), class_names, **common)
