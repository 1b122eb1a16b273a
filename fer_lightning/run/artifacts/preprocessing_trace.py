"""Traces some training faces through every preprocessing step."""

from __future__ import annotations

from typing import NamedTuple, Protocol, cast

import numpy as np

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.dataset import to_tensor
from fer_lightning.data.faces import Integers
from fer_lightning.data.images import Images, Pixels
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.results.figures.preprocessing import Step

SEARCHED_IMAGES = 16  # images searched for one with a detected face


class DerivedImages(Protocol):
    """Images computed from others, row by row."""

    images: Images


class SourceImages(NamedTuple):
    """The images of a data set after each step before `prepare`, starting with the original ones."""

    names: list[str]
    pictures: list[Images]


def list_source_images(datamodule: FaceDataModule) -> SourceImages:
    """Returns the original images, then the rotated and located ones, as configured."""
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
    """Selects at most `count` rows across the training split, preferring new classes and detected faces."""
    before, after = list_source_images(datamodule).pictures[0], datamodule.prepared_data.source.pixels
    label, chosen = datamodule.faces.label, list[int]()
    # parts are empty if there are fewer than `count` images
    for part in filter(len, np.array_split(datamodule.protocol.train, count)):
        near = part[:SEARCHED_IMAGES].tolist()
        near.sort(key=lambda row: label[row] in label[chosen])
        found = (row for row in near if not np.array_equal(before[row], after[row]))
        chosen.append(next(found, near[0]) if datamodule.locate.detectors else near[0])
    return np.array(chosen, dtype=np.int64)


def trace_preprocessing(datamodule: FaceDataModule, rows: Integers) -> list[Step]:
    """Returns the faces of these rows after each step, named as in the config; last as the net's input."""
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
        # one scale for all faces; middle grey means no difference
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
    """Returns the net's inputs of these rows, (N, channels, size, size) uint8."""
    spec, pixels = datamodule.input, datamodule.faces.array[rows]
    return np.asarray(to_tensor(pixels, spec.size, spec.channels, datamodule.prepare.shown_whole).numpy())


def to_channels_last(images: Pixels) -> Pixels:
    """Converts (N, C, H, W) to (N, H, W) for grey images, else to (N, H, W, C)."""
    return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)
