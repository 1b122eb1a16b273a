"""Follows some training faces through every step of their preparation."""

from __future__ import annotations

from typing import NamedTuple, Protocol, cast

import numpy as np

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.dataset import to_tensor
from fer_lightning.data.faces import Integers
from fer_lightning.data.images import Images, Pixels
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.results.figures.preprocessing import Step

SEARCHED_IMAGES = 16  # images looked through for one whose face was found


class DerivedImages(Protocol):
    """Pictures that are made of others, row by row."""

    images: Images


class SourceImages(NamedTuple):
    """The pictures of a data set before `prepare`, by what was done to them, first as they were read."""

    names: list[str]
    pictures: list[Images]


def list_source_images(datamodule: FaceDataModule) -> SourceImages:
    """The images as read, and as turned and located where that is asked for."""
    locate, degrees = datamodule.locate, datamodule.rotate
    done = [f"rotate {degrees:g}"] if degrees else []
    if locate.detectors:
        how = ["crop"] * locate.crop + ["align"] * locate.align + [f"margin {locate.margin:g}"] * (locate.margin > 0)
        done.append(f"locate {', '.join([*locate.detectors, *how])}")
    pictures = [datamodule.prepared_data.source.pixels]
    for _ in done:
        pictures.insert(0, cast(DerivedImages, pictures[0]).images)
    return SourceImages(["as read", *done], pictures)


def select_rows(datamodule: FaceDataModule, count: int) -> Integers:
    """Training rows from all over the set, at most `count`; rather of several classes, and with a face found."""
    before, after = list_source_images(datamodule).pictures[0], datamodule.prepared_data.source.pixels
    label, chosen = datamodule.faces.label, list[int]()
    # a set of fewer images than `count` leaves parts empty
    for part in filter(len, np.array_split(datamodule.protocol.train, count)):
        near = part[:SEARCHED_IMAGES].tolist()
        near.sort(key=lambda row: label[row] in label[chosen])
        found = (row for row in near if not np.array_equal(before[row], after[row]))
        chosen.append(next(found, near[0]) if datamodule.locate.detectors else near[0])
    return np.array(chosen, dtype=np.int64)


def trace_preprocessing(datamodule: FaceDataModule, rows: Integers) -> list[Step]:
    """The faces of these rows after each step, named in the words of the config; last as the net sees them."""
    read = list_source_images(datamodule)
    steps = [
        Step(name, [pictures[row] for row in rows.tolist()])
        for name, pictures in zip(read.names, read.pictures, strict=True)
    ]
    prepare = datamodule.prepare
    for name, step in prepare.steps().items():
        images = [step(np.ascontiguousarray(image)) for image in steps[-1].images]
        steps.append(Step(_format_step(name, prepare), images))
    shown = load_net_inputs(datamodule, rows)
    size = datamodule.input.size
    cut = f", {prepare.view}" if prepare.size > size else ""
    steps.append(Step(f"what the net sees{cut}", list(to_channels_last(shown))))
    if datamodule.input.normalise == "mean_image":
        difference = shown / 255 - datamodule.mean_image()
        # stretched by one scale for all faces; middle grey is no difference
        stretched = 127.5 + 127.5 * difference / max(np.abs(difference).max(), 1 / 255)
        steps.append(Step("minus the mean image", list(to_channels_last(stretched.round().astype(np.uint8)))))
    return steps


def _format_step(name: str, prepare: Prepare) -> str:
    if name == "grey" and prepare.grey is not None:
        return f"grey {' '.join(f'{weight:g}' for weight in prepare.grey)}"
    if name == prepare.illumination:
        return " ".join([name, *(f"{key} {value:g}" for key, value in (prepare.options or {}).items())])
    values = {"size": prepare.size, "saturation": prepare.saturation}
    return f"{name} {values[name]:g}" if name in values else name


def load_net_inputs(datamodule: FaceDataModule, rows: Integers) -> Pixels:
    """(N, channels, size, size) of these rows as the net sees them."""
    spec, pixels = datamodule.input, datamodule.faces.array[rows]
    return np.asarray(to_tensor(pixels, spec.size, spec.channels, datamodule.prepare.shown_whole).numpy())


def to_channels_last(images: Pixels) -> Pixels:
    """(N, C, H, W) as a figure takes them: (N, H, W) grey or (N, H, W, 3)."""
    return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)
