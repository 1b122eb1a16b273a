"""The presets in conf/data read their data sets' layouts, with each image's class by name."""

from __future__ import annotations

import subprocess

import cv2
import numpy as np
import pytest
from omegaconf import OmegaConf

from fer_lightning.data.preprocess.locate import Locate
from fer_lightning.data.protocols import AUTO, PROTOCOLS, Request, apply_protocol
from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import conf_dir
from tests.layouts.folders import WORDS, write_folders

FILES = {
    path.stem: OmegaConf.to_container(OmegaConf.load(path), resolve=False)
    for path in sorted((conf_dir() / "data").glob("*.yaml"))
    if "readers.folder.FolderReader" in path.read_text()
}
PRESETS = [name for name in FILES if name != "folder"]
FRAMES = {name: FILES[name].get("frames", "all") for name in PRESETS}


def reader(name, folder):
    known = {key: value for key, value in FILES[name]["faces"].items() if key not in ("_target_", "dir")}
    return FolderReader(folder, **known)


def words(faces):
    return [faces.class_names[label] for label in faces.label]


def test_every_preset_has_a_drawn_layout_and_every_drawn_layout_a_preset():
    assert sorted(WORDS) == sorted(PRESETS) == ["affectnet", "ferg", "kdef", "mmi", "oulu_casia", "rafdb", "sfew"]


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_reads_its_layout_and_names_each_class_rightly(tmp_path, tiny_faces, name):
    folder = write_folders(tiny_faces, tmp_path / name, name)
    faces = reader(name, folder)(tmp_path / "cache")
    place = {"rafdb": 2, "affectnet": 1, "sfew": 1, "mmi": 1, "oulu_casia": 4}
    for path, found in zip(faces.ids, words(faces), strict=True):
        if name == "kdef":
            word = path.rsplit("/")[-1][4:6]
        elif name == "ferg":
            word = path.split("/")[1].split("_")[1]
        else:
            word = path.split("/")[place[name]]
        assert WORDS[name][found] == word
    assert set(faces.class_names) == set(FILES[name]["class_names"]) == set(WORDS[name])


@pytest.mark.parametrize("name", PRESETS)
def test_the_default_protocol_of_a_preset_splits_its_drawn_layout(tmp_path, tiny_faces, name):
    folder = write_folders(tiny_faces, tmp_path / name, name)
    faces = reader(name, folder)(tmp_path / "cache", FRAMES[name])
    protocol = apply_protocol(faces, FILES[name]["protocol"], Request())
    for rows in protocol.splits().values():
        assert len(rows) > 0
    assert set(faces.label[protocol.train].tolist()) == set(range(len(faces.class_names)))
    if PROTOCOLS[protocol.name].folds:
        sides = [set(faces.subject[rows]) for rows in protocol.splits().values()]
        assert sum(map(len, sides)) == len(set.union(*sides))


@pytest.mark.parametrize("name", FILES)
def test_settings_of_a_preset_are_those_that_the_stages_take(name):
    locate = {key: value for key, value in FILES[name].get("locate", {}).items() if key != "_target_"}
    Locate(**locate)
    assert FILES[name]["protocol"] in ([*PROTOCOLS] if name in PRESETS else [AUTO])
    assert FILES[name]["faces"]["dir"] == f"${{paths.data_dir}}/{name}"


def test_published_counts_add_up():
    totals = {
        (name, split): sum(of.values())
        for name in PRESETS
        for split, of in (FILES[name]["faces"].get("counts") or {}).items()
    }
    assert totals == {
        ("affectnet", "train"): 287651,
        ("affectnet", "val"): 4000,
        ("kdef", "all"): 70 * 7 * 5 * 2,
        ("rafdb", "train"): 12271,
        ("rafdb", "test"): 3068,
    }
    for name in PRESETS:
        for of in (FILES[name]["faces"].get("counts") or {}).values():
            assert set(of) == set(FILES[name]["class_names"])


def draw(folder, *paths):
    """Small images, no two alike."""
    for number, path in enumerate(paths):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / path), np.full((8, 8), 9 * number, dtype=np.uint8))
    return folder


def test_rafdb_is_read_outside_of_kaggles_folder_too(tmp_path):
    faces = reader("rafdb", draw(tmp_path / "set", "train/1/a.jpg", "test/7/b.jpg"))(tmp_path / "cache")
    assert dict(zip(faces.split.tolist(), words(faces), strict=True)) == {"train": "surprise", "test": "neutral"}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rafdbs_own_archive_is_read_by_the_manifest_that_the_yaml_makes(tmp_path, end):
    root = draw(tmp_path / "set", *(f"Image/aligned/{name}_aligned.jpg" for name in ("train_00001", "test_0002")))
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_bytes(f"train_00001.jpg 5{end}test_0002.jpg 1{end}".encode())
    comment = [line[1:].strip() for line in (conf_dir() / "data" / "rafdb.yaml").read_text().splitlines()]
    start = next(number for number, line in enumerate(comment) if line.startswith("(echo"))
    subprocess.run(["sh", "-c", "\n".join(comment[start : start + 2])], cwd=root, check=True)
    faces = reader("rafdb", root)(tmp_path / "cache")
    assert faces.ids.tolist() == ["Image/aligned/train_00001_aligned.jpg", "Image/aligned/test_0002_aligned.jpg"]
    assert words(faces) == ["sad", "surprise"]
    assert faces.split.tolist() == ["train", "test"]


def test_kdef_knows_the_person_across_sessions_and_the_pose(tmp_path):
    root = draw(tmp_path / "set", "AF01/AF01AFS.JPG", "BF01/BF01SUFL.JPG", "AM01/AM01ANHR.jpg", "AM31/AM31H.JPG")
    faces = reader("kdef", root)(tmp_path / "cache")
    known = zip(faces.subject.tolist(), words(faces), faces.extras["pose"].tolist(), strict=True)
    assert sorted(known) == [("F01", "fear", "S"), ("F01", "surprise", "FL"), ("M01", "angry", "HR")]


def test_kdef_is_read_in_small_letters_with_the_person_that_capitals_name(tmp_path):
    root = draw(tmp_path / "set", "AF01/AF01AFS.JPG", "bf01/bf01sufl.jpg", "akdef/faffl.jpg", "am31/am31h.jpg")
    faces = reader("kdef", root)(tmp_path / "cache")
    assert sorted(zip(faces.subject.tolist(), words(faces), strict=True)) == [("F01", "fear"), ("F01", "surprise")]


TWICE = {
    "kdef": ("AF01/AF01AFS.JPG", "copy/af01afs.jpg", "AF01/AF01ANS.JPG"),
    "ferg": ("aia/aia_joy/aia_joy_1.png", "FERG_DB_256/aia/aia_joy/aia_joy_1.png", "ray/ray_fear/ray_fear_1.png"),
    "oulu_casia": ("OriginalImg/VL/Strong/P001/Anger/000.jpeg", "Other/VL/Strong/P001/Anger/000.png",
                   "OriginalImg/VL/Strong/P001/Sadness/000.jpeg"),
    "rafdb": ("train/1/a.jpg", "DATASET/train/1/a.jpg", "train/2/a.jpg"),
    "sfew": ("Train/Angry/x.png", "Train/Train_Aligned_Faces/Angry/x.png", "Val/Sad/x.png"),
}  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_an_image_that_stands_at_two_places_of_a_preset_is_refused(tmp_path, name):
    root = draw(tmp_path / "set", *TWICE[name])
    with pytest.raises(FerError, match=r"the same image as .*; remove one of them") as refused:
        reader(name, root)(tmp_path / "cache")
    assert all(str(root / place) in str(refused.value) for place in TWICE[name][:2])


def test_a_kdef_name_of_another_form_is_an_error(tmp_path):
    root = draw(tmp_path / "set", "AF01/AF01AFS.JPG", "AF01/AF01ANX.JPG")
    message = r"AF01ANX\.JPG: its path does not match data\.faces\.pattern \(1 such images of 2\)\. kdef\.se gives"
    with pytest.raises(FerError, match=message) as refused:
        reader("kdef", root)(tmp_path / "cache")
    assert "(?P<" not in str(refused.value)


@pytest.mark.parametrize("place", ["Train", "Train/Train_Aligned_Faces", "Train_Aligned_Faces"])
def test_sfew_is_read_whole_and_aligned(tmp_path, place):
    val = place.replace("Train", "Val")
    root = draw(tmp_path / "set", f"{place}/Angry/x.png", f"{val}/Happy/y.png", f"{val}_new/Sad/z.png"
                if "Aligned" in place else f"{val}/Sad/z.png", "Test/Test_Aligned_Faces/t.png")  # fmt: skip
    faces = reader("sfew", root)(tmp_path / "cache")
    assert sorted(zip(faces.split.tolist(), words(faces), strict=True)) == [
        ("train", "angry"),
        ("val", "happy"),
        ("val", "sad"),
    ]


def test_ferg_characters_are_the_subjects(tmp_path):
    root = draw(tmp_path / "set", "FERG_DB_256/aia/aia_joy/aia_joy_1.png", "FERG_DB_256/ray/ray_fear/ray_fear_7.png")
    faces = reader("ferg", root)(tmp_path / "cache")
    assert list(zip(faces.subject.tolist(), words(faces), strict=True)) == [("aia", "happy"), ("ray", "fear")]


STRONG = ["VL/Strong/P001/Anger/000.jpeg", "VL/Strong/P001/Anger/011.jpeg", "VL/Strong/P002/Happiness/000.jpeg"]


def test_oulu_casia_reads_strong_visible_light_alone(tmp_path):
    others = [
        f"B/OriginalImg/{name.replace('VL/Strong', other)}" for name in STRONG for other in ("NI/Weak", "VL/Dark")
    ]
    root = draw(tmp_path / "set", *(f"B/OriginalImg/{name}" for name in STRONG), *others)
    faces = reader("oulu_casia", root)(tmp_path / "cache")
    assert faces.ids.tolist() == [f"B/OriginalImg/{name}" for name in STRONG]
    assert faces.subject.tolist() == ["P001", "P001", "P002"]
    assert faces.sequence.tolist() == ["P001/Anger", "P001/Anger", "P002/Happiness"]
    assert faces.frame.tolist() == [0, 11, 0]
    assert set(faces.extras["illumination"]) == {"VL/Strong"}


def test_oulu_casia_reads_another_light_when_pointed_at_it(tmp_path):
    root = draw(tmp_path / "set", *(name.replace("VL/Strong", "NI/Dark") for name in STRONG))
    faces = reader("oulu_casia", root / "NI" / "Dark")(tmp_path / "cache", "apex")
    assert faces.ids.tolist() == ["P001/Anger/011.jpeg", "P002/Happiness/000.jpeg"]
