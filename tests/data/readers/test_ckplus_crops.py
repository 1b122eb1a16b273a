"""CK+48 and ckextended.csv, and what is said of every layout: its classes and its published counts."""

from __future__ import annotations

import gzip
import lzma
import zipfile

import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.protocols.registry import apply_protocol
from fer_lightning.data.protocols.rule import Request
from fer_lightning.data.readers import ckplus
from fer_lightning.data.synthetic.read import read
from fer_lightning.errors import FerError
from tests.layouts.ckplus import CKEXTENDED_CLASSES, write_ckplus

# what the Kaggle page of ckextended.csv says of its numbers
KAGGLE = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt"]
FOLDERS = {
    "anger": "angry",
    "contempt": "contempt",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happy",
    "sadness": "sad",
    "surprise": "surprise",
}
SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "contempt")


@pytest.fixture(scope="module")
def drawn(session_dir):
    """Eight people, each with seven sequences that begin neutral."""
    return read(session_dir / "cache", images=448, subjects=8)


@pytest.fixture
def crops(tmp_path):
    """A sequence of three crops in each of the seven folders."""
    for take, folder in enumerate(FOLDERS, start=1):
        place = tmp_path / "ckplus" / "CK+48" / folder
        place.mkdir(parents=True)
        for number in (12, 13, 14):
            image = np.full((48, 48), 10 * take + number, dtype=np.uint8)
            Image.fromarray(image).save(place / f"S0{take}0_001_{number:08d}.png")
    return tmp_path / "ckplus"


@pytest.fixture
def table():
    """Eight rows, one of each class, every image of one grey."""
    lines = [f'{number},"{" ".join([str(number)] * 2304)}",{usage}' for number, usage in enumerate(["Training"] * 6)]
    lines += [f"{number},{' '.join([str(number)] * 2304)},{usage}" for number, usage in [(6, "PublicTest")]]
    lines += [f"7,{' '.join(['7'] * 2304)},PrivateTest"]
    return "\n".join(["emotion,pixels,Usage", *lines]) + "\n"


@pytest.mark.parametrize("place", ["", "ck", "a/b"])
def test_crops_are_labelled_by_their_folder(crops, tmp_path, place):
    (tmp_path / "moved" / place).mkdir(parents=True)
    (crops / "CK+48").rename(tmp_path / "moved" / place / "CK+48")
    faces = ckplus.read(tmp_path / "moved", tmp_path / "cache")
    assert len(faces) == 21
    for row in range(21):
        folder = list(FOLDERS)[row // 3]
        assert faces.class_names[faces.label[row]] == FOLDERS[folder]
        assert faces.ids[row].endswith(f"CK+48/{folder}/S0{row // 3 + 1}0_001_000000{12 + row % 3}.png")
        assert (faces.pixels[row] == 10 * (row // 3 + 1) + 12 + row % 3).all()
    assert faces.subject.tolist() == [f"S0{take}0" for take in range(1, 8) for _ in range(3)]
    assert faces.sequence.tolist() == [f"S0{take}0/001" for take in range(1, 8) for _ in range(3)]
    assert faces.frame.tolist() == [11, 12, 13] * 7


def test_the_folder_of_crops_may_be_named_itself(crops, tmp_path):
    assert ckplus.read(crops / "CK+48", tmp_path / "cache").ids[0] == "anger/S010_001_00000012.png"


def test_the_apex_of_the_crops(crops, tmp_path):
    faces = ckplus.read(crops, tmp_path / "cache", "apex")
    assert faces.frame.tolist() == [13] * 7
    assert sorted(faces.class_names[label] for label in faces.label) == sorted(SEVEN)


def test_crops_have_no_first_frames(crops, tmp_path):
    with pytest.raises(FerError, match=r"data\.frames=first_and_last3: .*CK\+48 .* data\.frames=last3 or apex, or get"):
        ckplus.read(crops, tmp_path / "cache", "first_and_last3")


PACK = {
    "ckextended.csv": lambda path, text: path.write_text(text),
    "ckextended.csv.xz": lambda path, text: path.write_bytes(lzma.compress(text.encode())),
    "ckextended.csv.gz": lambda path, text: path.write_bytes(gzip.compress(text.encode())),
}


def pack_zip(path, text):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CK+/ckextended.csv", text)


@pytest.mark.parametrize("place", ["", "ck", "ckextended.csv"])
@pytest.mark.parametrize(("name", "pack"), [*PACK.items(), ("ckextended.csv.zip", pack_zip)])
def test_the_table_is_numbered_as_its_page_says(table, tmp_path, place, name, pack):
    folder = tmp_path / "ckplus" / place
    folder.mkdir(parents=True)
    pack(folder / name, table)
    faces = ckplus.read(tmp_path / "ckplus", tmp_path / "cache")
    assert [faces.class_names[label] for label in faces.label] == KAGGLE
    assert faces.split.tolist() == ["Training"] * 6 + ["PublicTest", "PrivateTest"]
    assert [image[0, 0] for image in faces.pixels] == list(range(8))
    assert faces.pixels.shape == (8, 48, 48)
    assert faces.ids.tolist() == [f"00{row}" for row in range(8)]
    assert faces.subject is faces.sequence is faces.frame is None


@pytest.mark.parametrize("frames", ["apex", "first_and_last3"])
def test_the_table_has_no_sequences(table, tmp_path, frames):
    (tmp_path / "ckextended.csv").write_text(table)
    with pytest.raises(FerError, match=rf"data\.frames={frames}: .*ckextended\.csv .* leave data\.frames=last3"):
        ckplus.read(tmp_path, tmp_path / "cache", frames)


def test_the_table_has_no_people_to_keep_apart(table, tmp_path):
    (tmp_path / "ckextended.csv").write_text(table)
    with pytest.raises(FerError, match="subject_8fold"):
        apply_protocol(ckplus.read(tmp_path, tmp_path / "cache"), "subject_8fold", Request())


def test_the_crops_come_before_the_table(crops, table, tmp_path):
    (crops / "ckextended.csv").write_text(table)
    assert len(ckplus.read(crops, tmp_path / "cache")) == 21


@pytest.mark.parametrize(
    ("layout", "frames", "classes"),
    [
        ("official", "last3", SEVEN),
        ("official", "apex", SEVEN),
        ("official", "first_and_last3", ckplus.CLASS_NAMES),
        ("ck48", "last3", SEVEN),
        ("ckextended.csv", "last3", ckplus.CLASS_NAMES),
    ],
)
def test_every_drawn_layout_holds_the_classes_that_are_said_of_it(tmp_path, drawn, layout, frames, classes):
    write_ckplus(drawn, tmp_path / "ckplus", layout)
    assert ckplus.find_classes(tmp_path / "ckplus", frames) == classes
    faces = ckplus.read(tmp_path / "ckplus", tmp_path / "cache", frames)
    assert {faces.class_names[label] for label in faces.label} == set(classes)


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_all_classes_are_said_of_nothing(tmp_path, place):
    (tmp_path / "empty").mkdir()
    assert ckplus.find_classes(tmp_path / place, "last3") == ckplus.CLASS_NAMES


def test_the_drawn_sequences_come_back_as_they_were_drawn(tmp_path, drawn):
    write_ckplus(drawn, tmp_path / "ckplus")
    faces = ckplus.read(tmp_path / "ckplus", tmp_path / "cache", "first_and_last3")
    assert CKEXTENDED_CLASSES == ckplus.CLASS_NAMES
    grey = np.flatnonzero(faces.extras["colour"] == 0)
    known = {image.tobytes(): row for row, image in enumerate(drawn.pixels)}
    assert len(faces) == 4 * 45  # of 56 sequences every fifth has no label
    assert len(grey) == 4 * sum(subject not in ("S003", "S007") for subject in faces.subject[faces.frame == 0])
    for row in grey:
        was = known[faces.pixels[row][36:84, 56:104].tobytes()]
        assert faces.subject[row] == drawn.subject[was]
        assert faces.frame[row] == drawn.frame[was]
        assert faces.class_names[faces.label[row]] == drawn.class_names[drawn.label[was]]
        assert np.allclose(faces.extras["landmarks"][row] - (56, 36), drawn.extras["landmarks"][was], atol=1e-4)


# Lucey et al. 2010, table 3, in the vocabulary's order
SEQUENCES = {"angry": 45, "disgust": 59, "fear": 25, "happy": 69, "sad": 28, "surprise": 83, "contempt": 18}
WAYS = {
    "apex": (1, 0, 327),
    "last3": (3, 0, 981),
    "first_and_last3": (3, 327, 1308),
    "table": (1, 593, 920),
}


def published(make_faces, way):
    """Faces of the published counts."""
    each, neutral, total = WAYS[way]
    labels = [ckplus.CLASS_NAMES.index(name) for name, count in SEQUENCES.items() for _ in range(each * count)]
    sequences = [f"{name} {take}" for name, count in SEQUENCES.items() for take in range(count) for _ in range(each)]
    labels += [ckplus.CLASS_NAMES.index("neutral")] * neutral
    sequences += [f"n {take}" for take in range(neutral)]
    columns = {"split": ["Training"] * total} if way == "table" else {"sequence": sequences}
    return make_faces(labels, size=1, class_names=ckplus.CLASS_NAMES, **columns), total


@pytest.mark.parametrize("way", WAYS)
def test_the_published_counts_of_every_layout(make_faces, way):
    faces, total = published(make_faces, way)
    (counts,) = ckplus.official_counts(faces).values()
    assert sum(counts.values()) == total
    each, neutral, _ = WAYS[way]
    assert counts == {name: each * count for name, count in SEQUENCES.items()} | {"neutral": neutral}


def test_other_counts_are_one_warning(crops, tmp_path, caplog):
    caplog.set_level("WARNING", logger="fer_lightning.data.readers.checks")
    ckplus.read(crops, tmp_path / "cache")
    (message,) = caplog.messages
    assert "all/angry 3 (published 135), all/disgust 3 (published 177), all/fear 3 (published 75)" in message
