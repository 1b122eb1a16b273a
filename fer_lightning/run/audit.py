"""Audits a data set and its splits: counts, copies, shared subjects, and probable label errors."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import numpy as np

from fer_lightning.data.audit.audit import audit as look_through
from fer_lightning.data.audit.audit import count_agreement
from fer_lightning.data.audit.example_pairs import ExamplePair
from fer_lightning.data.cache import Columns
from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.locate import KEPT, MISSED
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.protocols import PROTOCOLS, Protocol
from fer_lightning.data.protocols.published import SPLIT_WORDS, map_published_splits
from fer_lightning.data.readers.checks import WHOLE, count_images, find_official_counts, name_counts
from fer_lightning.errors import FerError, choices
from fer_lightning.results.audit_result import FILE_NAME, Audited, Counts, write
from fer_lightning.results.audit_table import crossing, crossing_sizes
from fer_lightning.results.figures.duplicates import Copies, copies_page
from fer_lightning.results.figures.layout import save
from fer_lightning.results.result import versions
from fer_lightning.run.artifacts.label_errors import FILES, write_probable_errors
from fer_lightning.run.build import make
from fer_lightning.run.config.compose import list_options
from fer_lightning.run.config.signature_check import check_targets
from fer_lightning.run.job import Job
from fer_lightning.run.process.warning_filters import filter_warnings

log = logging.getLogger(__name__)

COPIES_PAGE = {"copies": "copies.png"}


def audit(job: Job) -> Audited:
    """Audits `data` and writes the folder; audit.json is written last.

    The splits are those of a training, and copies are searched among the face crops of a training, as the background
    dominates whole photographs. Sizes and the page refer to the original images. If no image has a label there are no
    splits, and the whole data set is audited.

    Raises:
        FerError: no data set is set, the protocol does not apply to it, or `data.targets` is of other images.
    """
    filter_warnings()
    if not job.config.get("data"):
        raise FerError(
            f"data is not set: name a data set, as in data=fer2013; choose among {choices(list_options('data'))}"
        )
    check_targets(job.config)
    job.output_dir.mkdir(parents=True, exist_ok=True)
    for name in (FILE_NAME, *COPIES_PAGE.values(), *FILES.values()):  # of an earlier audit
        (job.output_dir / name).unlink(missing_ok=True)
    # an audit has no model, so images are not prepared
    unprepared = {"prepare": Prepare(size=1), "input": InputSpec(size=1)}
    datamodule = cast(FaceDataModule, make("data", job.config["data"], **unprepared))
    if datamodule.rotate:
        raise FerError(f"data.rotate={datamodule.rotate}: an audit looks at the pictures as they are; leave it 0")
    read, locate = datamodule.read_faces(), datamodule.locate
    located = locate.find_faces(read, datamodule.cache_dir) if locate.detectors else None
    if locate.on_none == "error":
        log.info("data.locate.on_none=error ends a training; an audit counts the images without a face and goes on")
        locate = replace(locate, on_none="whole")
    faces = locate.faces(read, datamodule.cache_dir)
    protocol = _make_protocol(faces, datamodule)
    doubts = None
    if datamodule.targets is not None:
        shown = f"{job.choices['data']}, against {Path(datamodule.targets).name}"
        doubts = write_probable_errors(datamodule, faces, shown, job.output_dir)
    found = look_through(faces, _get_splits(protocol))
    official = find_official_counts(datamodule.read, read)
    finished = datetime.now(UTC)
    audited = Audited(
        protocol=protocol.name if protocol else None,
        fold=datamodule.request.fold if protocol and PROTOCOLS[protocol.name].folds else None,
        counts={side: {name: of.get(name, 0) for name in datamodule.class_names} for side, of in found.counts.items()},
        official_counts=_map_to_splits(official) if official else None,
        found_counts=_map_to_splits(_count_found(read, official)) if official else None,
        images=found.images,
        unlabelled=found.unlabelled,
        in_no_side=found.images - len(np.unique(np.concatenate(list(_get_splits(protocol).values())))),
        exact_copies=found.exact_copies,
        near_copies=found.near_copies,
        label_conflicts=found.label_conflicts,
        blank=found.blank,
        subjects=found.subjects,
        shared_subjects=found.shared_subjects,
        sizes=found.sizes,
        channels=found.channels,
        detection=_summarize_detection(datamodule, located),
        agreement=_summarize_agreement(read),
        choices=job.choices,
        overrides=job.overrides,
        config=job.config,
        versions=versions(),
        seconds=(finished - job.started).total_seconds(),
        started=job.started.isoformat(timespec="seconds"),
        finished=finished.isoformat(timespec="seconds"),
        files={name: path for name, path in FILES.items() if (job.output_dir / path).is_file()}
        | (COPIES_PAGE if found.pairs else {}),
        label_errors=doubts,
    )
    if found.pairs:
        _draw(job, audited, read, found.pairs)
    write(audited, job.output_dir)
    return audited


def _make_protocol(faces: FaceSet, datamodule: FaceDataModule) -> Protocol | None:
    """Returns the splits of a training; None without labels."""
    if (faces.label < 0).all():
        log.warning("no image has a label, so there are no sides: the whole set is audited as one")
        return None
    return datamodule.split(faces)[1]


def _get_splits(protocol: Protocol | None) -> dict[str, Integers]:
    if protocol is not None:
        return protocol.splits()
    return {side: np.empty(0, dtype=np.int64) for side in SPLIT_WORDS}


def _count_found(faces: FaceSet, official: Counts) -> Counts:
    """Counts the images per class, in each split or in total, as in the published counts."""
    found = name_counts(faces.class_names, count_images(replace(faces, split=None) if WHOLE in official else faces))
    return {split: {name: found.get(split, {}).get(name, 0) for name in of} for split, of in official.items()}


def _map_to_splits(counts: Counts) -> Counts:
    """Maps published split names to `train`, `val`, `test`; unknown names are kept."""
    sides = map_published_splits(np.array(list(counts))).tolist()
    return {side or word: of for (word, of), side in zip(counts.items(), sides, strict=True)}


def _summarize_detection(datamodule: FaceDataModule, located: Columns | None) -> dict[str, Any] | None:
    if located is None:
        return None
    return {
        "detectors": datamodule.locate.count_detections(located),
        "missed": int((located["detector"] == MISSED).sum()),
        "several": int((located["faces"] > 1).sum()),
        "kept": int((located["detector"] == KEPT).sum()),
    }


def _summarize_agreement(faces: FaceSet) -> dict[str, dict[str, Any]] | None:
    if "ferplus" in faces.extras:
        shares = count_agreement(faces.label, faces.class_names, faces.extras["ferplus"], EXPRESSIONS)
    elif "fer2013" in faces.extras:
        shares = count_agreement(faces.extras["fer2013"], EXPRESSIONS, faces.label, faces.class_names)
    else:
        return None
    return {
        name: {"agreeing": same, "images": both, "share": same / both if both else None}
        for name, (same, both) in shares.items()
    }


def _draw(job: Job, audited: Audited, faces: FaceSet, pairs: tuple[ExamplePair, ...]) -> None:
    names = (*faces.class_names, "")  # -1 is no label

    def shown(pair: ExamplePair) -> Copies:
        one, two = pair.first_row, pair.second_row
        return Copies(
            images=(faces.pixels[one], faces.pixels[two]),
            ids=(str(faces.ids[one]), str(faces.ids[two])),
            labels=(names[faces.label[one]], names[faces.label[two]]),
            correlation=pair.correlation,
            mirrored=pair.mirrored,
            exact=pair.exact,
            sides=pair.sides,
        )

    told = {name: crossing(audited, name) for name in crossing_sizes(audited)}
    order = "exact copies, then near ones by falling correlation: near 0.900 two people may look alike"
    subtitle = f"{audited.choices['data']}, protocol {audited.protocol or 'none'}; {order}"
    save(copies_page([shown(pair) for pair in pairs], subtitle, told), job.output_dir / COPIES_PAGE["copies"])
