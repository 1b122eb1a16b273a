"""What an audit writes about sets in which every count is known."""

from __future__ import annotations

import csv
import json

import cv2
import pytest
from planted import CLASSES, write_planted

from fer_lightning.data.readers.fer2013 import CLASS_NAMES
from fer_lightning.errors import FerError
from fer_lightning.run.audit import audit
from fer_lightning.run.config.compose import compose, make_job


def audited(folder, *overrides):
    """What is in audit.json after an audit with these overrides."""
    cfg = compose([*overrides, f"paths.output_dir={folder}"], "audit")
    told = audit(make_job(cfg, list(overrides), folder))
    content = json.loads((folder / "audit.json").read_text())
    assert content["files"] == told.files
    return content


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("planted") / "fer2013")


@pytest.fixture(scope="module")
def known(planted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("known")
    return folder, audited(folder, "data=fer2013", f"data.faces.dir={planted}")


def test_planted_copies_are_counted(known):
    _, found = known
    assert found["exact_copies"] == {"train-val": 0, "train-test": 2, "val-test": 0, "within": 6}
    assert found["near_copies"] == {"train-val": 1, "train-test": 2, "val-test": 1, "within": 10}
    assert (found["label_conflicts"], found["blank"], found["shared_subjects"]) == (1, 1, [])


def test_each_class_is_counted_on_each_side_beside_what_is_published(known):
    _, found = known
    six = dict.fromkeys(CLASSES, 1) | {"neutral": 0}
    assert found["counts"] == {"train": dict.fromkeys(CLASSES, 4), "val": six, "test": six}
    assert list(found["counts"]["train"]) == CLASSES
    assert found["found_counts"] == found["counts"]  # for the protocol is the published split
    assert found["official_counts"]["test"]["disgust"] == 55
    assert {side: sum(of.values()) for side, of in found["official_counts"].items()} == {
        "train": 28709,
        "val": 3589,
        "test": 3589,
    }


def test_the_other_fields_say_what_was_audited(known):
    folder, found = known
    assert (found["protocol"], found["fold"], found["images"], found["unlabelled"]) == ("official", None, 40, 0)
    assert (found["subjects"], found["detection"], found["in_no_side"]) == (None, None, 0)
    assert found["sizes"] == {"48x48": 40}
    assert found["channels"] == {"grey": 40, "colour": 0}
    assert found["choices"]["data"] == "fer2013"
    assert found["overrides"][0] == "data=fer2013"
    assert found["config"]["data"]["protocol"] == "official"
    assert found["seconds"] > 0
    assert found["started"] <= found["finished"]
    assert "numpy" in found["versions"]
    assert found["files"] == {"copies": "copies.png"}
    assert (folder / "copies.png").read_bytes().startswith(b"\x89PNG")


def test_agreement_with_ferplus_in_all_and_of_each_class(known):
    agreement = known[1]["agreement"]
    assert agreement["all"] == {"agreeing": 39, "images": 40, "share": 39 / 40}
    assert agreement["angry"] == {"agreeing": 5, "images": 6, "share": 5 / 6}  # rows 0, 7, 14, 21, 28, 34
    assert agreement["fear"]["share"] == 1


def test_what_training_leaves_out_is_left_out_here(planted, tmp_path):
    where = f"data.faces.dir={planted}"
    exact = audited(tmp_path / "exact", "data=fer2013", where, "data.exclude_copies=exact")
    near = audited(tmp_path / "near", "data=fer2013", where, "data.exclude_copies=near")
    assert (exact["exact_copies"]["train-test"], exact["near_copies"]["train-val"]) == (0, 1)
    assert (near["near_copies"]["train-test"], near["near_copies"]["train-val"]) == (0, 0)
    assert near["exact_copies"]["within"] == 6  # the whole set, in a side or not
    assert (exact["in_no_side"], near["in_no_side"]) == (2, 3)
    few = audited(tmp_path / "few", "data=fer2013", where, "data.class_names=[happy,angry]")
    assert few["counts"]["train"] == {"happy": 4, "angry": 4}
    assert list(few["counts"]["train"]) == ["happy", "angry"]
    assert few["in_no_side"] == 40 - 12


def test_a_protocol_with_folds_says_which_and_keeps_copies_together(planted, tmp_path):
    where = f"data.faces.dir={planted}"
    found = audited(tmp_path, "data=fer2013", where, "data.protocol=kfold", "data.fold=2")
    assert (found["protocol"], found["fold"]) == ("kfold", 2)
    assert [found["exact_copies"][name] for name in ("train-val", "train-test", "val-test")] == [0, 0, 0]
    assert found["found_counts"]["test"]["happy"] == 1  # as published, whatever the protocol makes of it


def test_a_set_without_labels_is_audited_as_one(tiny_lfw, tmp_path, caplog):
    found = audited(tmp_path, "data=lfw", "data.locate.detectors=[]")
    assert "no image has a label" in caplog.text
    assert (found["protocol"], found["images"], found["unlabelled"], found["in_no_side"]) == (None, 96, 96, 96)
    assert {n for of in found["counts"].values() for n in of.values()} == {0}
    assert found["exact_copies"]["train-test"] == 0
    assert found["official_counts"] is None
    assert found["agreement"] is None
    assert found["subjects"] == 10


def test_detection_is_that_of_the_data_set_and_a_dropped_image_stands_on_no_side(tiny_jaffe, tmp_path):
    found = audited(tmp_path, "data=jaffe", "data.locate.detectors=[haar]", "data.locate.on_none=drop")
    (rate,) = found["detection"]["detectors"].items()
    assert rate[0] == "haar"
    assert rate[1]["tried"] == found["images"] == rate[1]["found"] + found["detection"]["missed"]
    assert found["in_no_side"] == found["detection"]["missed"] > 0
    assert sum(found["counts"]["test"].values()) == rate[1]["found"]
    assert sum(found["counts"]["train"].values()) == 0
    assert found["official_counts"]["all"]["neutral"] == 30
    # of the pictures as they are in their files
    assert found["sizes"] == {"96x96": found["images"]}


def test_readers_of_sequences_and_of_folders_say_their_published_counts(tiny_ckplus, tiny_rafdb, tmp_path):
    crops = "data.locate.detectors=[]"
    frames = audited(tmp_path / "ckplus", "data=ckplus", crops, "data.protocol=kfold_images")
    assert set(frames["official_counts"]) == set(frames["found_counts"]) == {"all"}
    assert len(frames["shared_subjects"]) == frames["subjects"] == 10
    folder = audited(tmp_path / "rafdb", "data=rafdb", crops)
    assert folder["official_counts"]["test"]["disgust"] == 160
    # a tenth of train validates: the sides are not the published ones
    published, sides = folder["found_counts"]["train"], folder["counts"]
    assert {name: sides["train"][name] + sides["val"][name] for name in published if name in sides["val"]} == {
        name: n for name, n in published.items() if name in sides["val"]
    }


def test_a_set_without_copies_has_no_page(tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "copies.png").touch()  # of an earlier audit
    noise = write_planted(tmp_path / "fer2013")
    lines = (noise / "fer2013.csv").read_text().splitlines()
    plain = [line for row, line in enumerate(lines[1:]) if row not in {34, 35, 28, 36, 21, 27}]
    (noise / "fer2013.csv").write_text("\n".join([lines[0], *plain]))
    (noise / "fer2013new.csv").unlink()
    found = audited(tmp_path / "audit", "data=fer2013", f"data.faces.dir={noise}")
    assert set(found["near_copies"].values()) == {0}
    assert found["files"] == {}
    assert not (tmp_path / "audit" / "copies.png").exists()


def test_an_audit_that_fails_takes_away_the_one_before(planted, tmp_path):
    (tmp_path / "audit.json").touch()
    with pytest.raises(FerError, match=r"data\.fold=1: protocol official is one split"):
        audited(tmp_path, "data=fer2013", f"data.faces.dir={planted}", "data.fold=1")
    assert not (tmp_path / "audit.json").exists()


@pytest.mark.real_data
@pytest.mark.slow
def test_the_real_fer2013_has_the_copies_that_are_known(real_data, tmp_path):
    found = audited(tmp_path, "data=fer2013", f"data.faces.dir={real_data}/fer2013")
    assert [found["exact_copies"][name] for name in ("train-test", "train-val", "val-test")] == [290, 279, 44]
    assert (found["label_conflicts"], found["blank"], found["images"]) == (56, 12, 35887)


def targets(planted, path, wrong):
    """Shares of each image for its own class alone, but for one image."""
    with (planted / "fer2013.csv").open(newline="") as stream:
        labels = [int(line["emotion"]) for line in csv.DictReader(stream)]
    lines = ["image," + ",".join(f"p_{name}" for name in CLASS_NAMES)]
    for row, label in enumerate(labels):
        shares = [0.0] * len(CLASS_NAMES)
        shares[(label + 1) % 6 if row == wrong else label] = 1.0
        lines.append(f"{row:05d}," + ",".join(map(str, shares)))
    path.write_text("\n".join(lines))
    return CLASS_NAMES[labels[wrong]], CLASS_NAMES[(labels[wrong] + 1) % 6]


def test_a_label_that_the_targets_deny_is_listed_and_drawn(planted, tmp_path):
    label, other = targets(planted, tmp_path / "t.csv", wrong=7)
    where = ["data=fer2013", f"data.faces.dir={planted}", f"data.targets={tmp_path}/t.csv"]
    found = audited(tmp_path / "out", *where)
    assert (found["label_errors"]["images"], found["label_errors"]["errors"]) == (40, 1)
    assert found["label_errors"]["by_class"][label]["errors"] == 1
    with (tmp_path / "out" / "label_errors.csv").open(newline="") as stream:
        (line,) = csv.DictReader(stream)
    assert line == {"image": "00007", "label": label, "suggested": other, "p_label": "0.0000", "p_suggested": "1.0000"}
    assert cv2.imread(str(tmp_path / "out" / "label_errors.png")).shape[0] > 100
    assert set(found["files"]) == {"copies", "label_errors", "label_errors_page"}
    again = audited(tmp_path / "out", *where[:2])
    assert again["label_errors"] is None
    assert not list((tmp_path / "out").glob("label_errors*"))


def test_targets_of_other_images_end_an_audit_in_one_error(planted, tmp_path):
    (tmp_path / "t.csv").write_text("image,p_happy\nstranger,1\n")
    with pytest.raises(FerError, match=r"none of its images is in this data set"):
        audited(tmp_path / "out", "data=fer2013", f"data.faces.dir={planted}", f"data.targets={tmp_path}/t.csv")
    assert not (tmp_path / "out" / "audit.json").exists()
