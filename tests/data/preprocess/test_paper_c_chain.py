"""Paper C's chain from photographs to batches, against OpenCV and NumPy written out step by step."""

from __future__ import annotations

import cv2
import cv2.data
import numpy as np
import pytest

from fer_lightning.data.preprocess.detectors import NEIGHBOURS, STEP
from fer_lightning.data.synthetic.read import draw_set
from fer_lightning.run.build import build_data, make
from fer_lightning.run.config.compose import compose_job
from tests.layouts.scene import in_scene

TINTS = np.array([[1.0, 0.9, 0.8], [0.8, 1.0, 0.9]])
LOCATE = ["data.locate.detectors=[haar]", "data.locate.keep_up_to=0"]
SIDES = ("train", "val", "test")
NET = 96


def opened(tmp_path, *overrides):
    """The data of a training of paper C's net, ready for batches."""
    job = compose_job(["model=edge_cnn", "augment=paper_c_crop", "data.batch_size=8", *overrides], tmp_path / "run")
    augment = make("augment", job.config["augment"])
    datamodule = build_data(job.config["data"], job.config, augment=augment, seed=0)
    datamodule.setup()
    return datamodule


@pytest.fixture(scope="module")
def photographs():
    """Six colour pictures of 250x260 with a drawn face of 110 pixels off their middle, and one without a face."""
    drawn = draw_set(6, 3, 110, 0).pixels
    scenes = [in_scene(np.asarray(face), 250, 260, 60 + 4 * row, 40 + 9 * row) for row, face in enumerate(drawn)]
    shade = np.tile(np.linspace(20, 200, 260).astype(np.uint8), (250, 1))
    return [(scene[..., None] * TINTS[row % 2]).round().astype(np.uint8) for row, scene in enumerate([*scenes, shade])]


@pytest.fixture
def folder(photographs, tmp_path):
    """The pictures as a data set: numbers 0 and 1 train, 2 and 3 validate, 4 to 6 test."""
    for row, picture in enumerate(photographs):
        place = tmp_path / "photographs" / SIDES[min(row // 2, 2)] / ("happy", "sad")[row % 2]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{row}.png"), picture[..., ::-1])
    return tmp_path / "photographs"


@pytest.fixture
def data_of_folder(folder, tmp_path):
    how = [f"data.faces.dir={folder}", "data.protocol=official", "data.class_names=[happy,sad]"]
    return opened(tmp_path, "data=folder", "preprocess=paper_c", *how, *LOCATE)


def equalised(image):
    """Equations 10 to 12 with their sums written out, for e_min 0 and e_max 255."""
    share = np.array([(image <= level).sum() for level in range(256)]) / image.size
    return np.floor(255 * share + 0.5).astype(np.uint8)[image]


def by_hand(picture):
    """(128, 128) of a photograph: the cascade's face, or all of it, bilinearly to 128, then equalised."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    cascade = cv2.CascadeClassifier(f"{cv2.data.haarcascades}haarcascade_frontalface_default.xml")
    boxes, _, weights = cascade.detectMultiScale3(grey, STEP, NEIGHBOURS, outputRejectLevels=True)
    if len(boxes):
        x, y, width, height = boxes[int(np.argmax(weights))]
        grey = grey[y : y + height, x : x + width]
        assert width == height < 128
        return equalised(cv2.resize(grey, (128, 128), interpolation=cv2.INTER_LINEAR))
    # oblong: five rows are added on each side; and 260 pixels become 128 by the mean over areas, not bilinearly
    square = cv2.copyMakeBorder(grey, 5, 5, 0, 0, cv2.BORDER_REPLICATE)
    return equalised(cv2.resize(square, (128, 128), interpolation=cv2.INTER_AREA))


def number(datamodule, row):
    """Which photograph a row of the data shows."""
    return int(str(datamodule.faces.ids[row]).rsplit("/", 1)[-1].split(".")[0])


def test_the_chain_is_what_opencv_and_numpy_do_by_hand(data_of_folder, photographs):
    assert list(data_of_folder.prepare.steps()) == ["grey", "size", "equalize_eq12"]
    assert data_of_folder.faces.array.shape == (7, 128, 128)
    for row in range(7):
        expected = by_hand(photographs[number(data_of_folder, row)])
        assert np.array_equal(data_of_folder.faces.array[row], expected)


def test_a_face_is_found_in_all_pictures_but_the_last(data_of_folder):
    found = data_of_folder.locate.find_faces(data_of_folder.read_faces(), data_of_folder.cache_dir)["detector"]
    assert [number(data_of_folder, row) for row in np.flatnonzero(found < 0)] == [6]


@pytest.mark.parametrize("side", ["val", "test"])
def test_validation_and_test_see_the_centre(data_of_folder, photographs, side):
    (batch,) = getattr(data_of_folder, f"{side}_dataloader")()
    assert batch.image.shape == (2 + (side == "test"), 1, NET, NET)
    for image, row in zip(batch.image.numpy()[:, 0], batch.row.tolist(), strict=True):
        assert np.array_equal(image, by_hand(photographs[number(data_of_folder, row)])[16:112, 16:112])


def test_training_sees_windows_of_96_anywhere_in_the_128(data_of_folder, photographs):
    whole = {row: by_hand(photographs[number(data_of_folder, row)]) for row in data_of_folder.protocol.train.tolist()}
    loader, places = data_of_folder.train_dataloader(), []
    for epoch in range(40):
        loader.sampler.set_epoch(epoch)
        (batch,) = loader
        assert batch.image.shape == (2, 1, NET, NET)
        for image, row in zip(batch.image.numpy()[:, 0], batch.row.tolist(), strict=True):
            gap = cv2.matchTemplate(whole[row], image, cv2.TM_SQDIFF)
            top, left = np.unravel_index(np.argmin(gap), gap.shape)
            assert np.array_equal(whole[row][top : top + NET, left : left + NET], image)  # not mirrored, not padded
            places.append((int(top), int(left)))
    tops, lefts = np.array(places).T
    for axis in (tops, lefts):  # 33 places each, 80 draws
        assert axis.min() <= 4
        assert axis.max() >= 28
        assert len(np.unique(axis)) > 15


def bilinear(image, side):
    """Equations 7 to 9 of each of (side, side) pixels, whose centres stand on those of the image's; as fractions."""
    place = ((np.arange(side) + 0.5) * len(image) / side - 0.5).clip(0, len(image) - 1)
    low = np.floor(place).astype(int)
    high, x = np.minimum(low + 1, len(image) - 1), place - low
    grey = image.astype(float)
    f = x * (grey[:, high] - grey[:, low]) + grey[:, low]
    return x[:, None] * (f[high] - f[low]) + f[low]


@pytest.mark.parametrize(("size", "preprocess"), [(96, "from_model"), (128, "paper_c")])
def test_enlarging_fer2013_is_bilinear(size, preprocess, tiny_fer2013, tmp_path):
    datamodule = opened(
        *(tmp_path, "data=fer2013", f"data.faces.dir={tiny_fer2013}", f"preprocess={preprocess}"),
        "preprocess.illumination=none",
    )
    assert datamodule.faces.array.shape[1:] == (size, size)
    for small, large in zip(datamodule.read_faces().array, datamodule.faces.array, strict=True):
        # OpenCV counts in 2048ths of a pixel, and rounds once
        assert np.abs(large - bilinear(small, size)).max() < 1


def test_fer2013_without_any_other_preprocessing(tiny_fer2013, tmp_path):
    datamodule = opened(tmp_path, "data=fer2013", f"data.faces.dir={tiny_fer2013}")
    assert datamodule.locate.detectors == []
    assert list(datamodule.prepare.steps()) == ["grey", "size"]  # FER2013 is grey already
    faces = datamodule.read_faces().array
    for loader in (datamodule.train_dataloader(), datamodule.val_dataloader(), datamodule.test_dataloader()):
        for batch in loader:
            for image, row in zip(batch.image.numpy()[:, 0], batch.row.tolist(), strict=True):
                assert np.array_equal(image, cv2.resize(faces[row], (NET, NET), interpolation=cv2.INTER_LINEAR))
