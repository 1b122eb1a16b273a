"""The data module: classes, splits, statistics and limits, on hand-made faces."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.loading import check_devices
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture
def build(make_faces, tmp_path):
    """A function that builds a data module over 140 faces, or those given."""
    usual = make_faces(np.arange(140) % 7)

    def make(faces=usual, size=12, channels=1, **settings) -> FaceDataModule:
        plain = {
            "class_names": CLASSES,
            "prepare": Prepare(faces.pixels.shape[1], channels),
            "input": InputSpec(size, channels),
            "protocol": "holdout",
            "batch_size": 10,
        }
        return FaceDataModule(faces=lambda cache_dir: faces, cache_dir=tmp_path, **(plain | settings))

    return make


def sides(datamodule: FaceDataModule) -> list[list[int]]:
    return [rows.tolist() for rows in datamodule.protocol.splits().values()]


def test_every_loader_serves_its_side(build):
    data = build()
    train, val, test = sides(data)
    served = ((data.train_dataloader(), train), (data.val_dataloader(), val), (data.test_dataloader(), test))
    for loader, rows in served:
        batches = list(loader)
        seen = np.concatenate([batch.row for batch in batches]).tolist()
        assert set(seen) <= set(rows)
        assert len(seen) == len(set(seen)) == (90 if rows is train else len(rows))  # 98 train, in batches of ten
        for batch in batches:
            assert np.array_equal(batch.image[:, 0], data.faces.pixels[batch.row])
            assert np.array_equal(batch.label, data.faces.label[batch.row])
    assert np.concatenate([batch.row for batch in data.test_dataloader()]).tolist() == test


def test_the_split_depends_on_split_seed_and_not_on_seed(build):
    assert sides(build(seed=0)) == sides(build(seed=1))
    assert sides(build(split_seed=0)) != sides(build(split_seed=1))
    orders = [next(iter(build(seed=seed).train_dataloader())).row.tolist() for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]


def test_fewer_classes_in_another_order_are_counted_anew(build, make_faces):
    faces = make_faces(np.arange(140) % 7)
    whole, part = build(faces), build(faces, class_names=["sad", "angry"])
    for all_rows, rows in zip(sides(whole), sides(part), strict=True):  # the split itself is the same
        assert rows == [row for row in all_rows if faces.label[row] in (0, 4)]
    named = {0: "angry", 4: "sad"}
    for rows in sides(part):
        for row in rows:
            assert part.faces.class_names[part.faces.label[row]] == named[int(faces.label[row])]
    assert part.class_counts() == [14, 14]
    labels = np.concatenate([batch.label for batch in part.test_dataloader()])
    assert set(labels.tolist()) == {0, 1}


def test_unlabelled_faces_are_left_out(build, make_faces):
    labels = np.arange(140) % 7
    labels[::10] = -1
    data = build(make_faces(labels))
    assert sum(map(len, sides(data))) == 126
    assert all((data.faces.label[rows] >= 0).all() for rows in sides(data))


def test_class_counts_by_hand(build, make_faces):
    split = ["Training"] * 6 + ["PublicTest"] * 2 + ["PrivateTest"] * 2
    faces = make_faces([0, 3, 3, 6, 3, 0, 0, 3, 6, 3], split=split)
    assert build(faces, protocol="official", class_names=["happy", "angry", "neutral"]).class_counts() == [3, 2, 1]


def test_pixel_statistics_are_numpys_over_the_training_rows_only(build):
    data = build()
    train = data.faces.pixels[data.protocol.train] / 255
    mean, std = data.pixel_statistics()
    assert mean == pytest.approx([train.mean()], abs=1e-12)
    assert std == pytest.approx([train.std()], abs=1e-12)
    assert abs(mean[0] - (data.faces.pixels / 255).mean()) > 1e-6


def test_pixel_statistics_of_colour_are_by_channel(build, make_faces):
    faces = make_faces(np.arange(140) % 7, colour=True)
    faces.pixels[..., 1] //= 2
    data = build(faces, channels=3)
    train = data.faces.pixels[data.protocol.train] / 255
    mean, std = data.pixel_statistics()
    assert mean == pytest.approx(train.mean(axis=(0, 1, 2)).tolist(), abs=1e-12)
    assert std == pytest.approx(train.std(axis=(0, 1, 2)).tolist(), abs=1e-12)


def test_pixel_statistics_of_grey_faces_fill_three_channels(build):
    mean, std = build(input=InputSpec(12, 3)).pixel_statistics()
    assert len(mean) == len(std) == 3
    assert len(set(mean)) == len(set(std)) == 1
    assert next(iter(build(input=InputSpec(12, 3)).val_dataloader())).image.shape[1:] == (3, 12, 12)


def test_blank_faces_have_a_deviation_that_can_divide(build, make_faces):
    faces = make_faces([0, 1, 0, 1], split=["Training", "Training", "PublicTest", "PrivateTest"])
    faces.pixels[:2] = 51  # 51 / 255 is 0.2
    data = build(faces, protocol="official", class_names=["angry", "disgust"])
    mean, std = data.pixel_statistics()
    assert mean == pytest.approx([0.2])
    assert std == [1 / 255]


def test_fewer_training_images_keep_the_shares_and_the_other_sides(build, make_faces):
    faces = make_faces(np.repeat(range(7), [70, 10, 10, 10, 10, 10, 20]))
    whole, few = build(faces), build(faces, max_train_images=28)
    assert whole.class_counts() == [49, 7, 7, 7, 7, 7, 14]
    # 28 of 98 are two sevenths
    assert few.class_counts() == [14, 2, 2, 2, 2, 2, 4]
    assert set(few.protocol.train) < set(whole.protocol.train)
    assert sides(few)[1:] == sides(whole)[1:]
    assert sides(build(faces, max_train_images=28, seed=5)) == sides(few)
    assert sides(build(faces, max_train_images=98)) == sides(build(faces, max_train_images=10**6)) == sides(whole)


def test_prepared_faces_are_what_is_served(build, make_faces):
    faces = make_faces(np.arange(140) % 7, colour=True)
    data = build(faces, prepare=Prepare(8, 1, "equalize"), input=InputSpec(6, 1))
    batch = next(iter(data.test_dataloader()))
    assert batch.image.shape[1:] == (1, 6, 6)
    expected = Prepare(8, 1, "equalize")(faces.pixels[batch.row.numpy()])[:, 1:7, 1:7]
    assert np.array_equal(batch.image[:, 0], expected)


def test_a_balanced_module_draws_rare_classes_as_often(build, make_faces):
    faces = make_faces(np.repeat(range(7), [640, 10, 10, 10, 10, 10, 10]), size=2)
    labels = np.concatenate([batch.label for batch in build(faces, size=2, balanced=True).train_dataloader()])
    # 490 draws of chance 1/7: mean 70, deviation 8
    assert 30 < np.bincount(labels).min() <= np.bincount(labels).max() < 110


def test_the_global_batch_must_divide_over_devices(build):
    protocol = build().protocol
    check_devices(3, 12, protocol)
    with pytest.raises(FerError, match=r"data\.batch_size=10 .* remainder over 3: choose 9 or 12"):
        check_devices(3, 10, protocol)
    with pytest.raises(FerError, match=r"data\.batch_size=2 .* remainder over 3: choose 3, or other"):
        check_devices(3, 2, protocol)


def test_devices_may_not_outnumber_the_images_of_a_stage(build):
    # 140 images: 98 train, 14 validate
    with pytest.raises(FerError, match=r"trainer\.devices: 20 devices for 14 images to val; take fewer"):
        check_devices(20, 100, build().protocol)


def test_the_reader_is_called_once_with_the_cache(make_faces, tmp_path, monkeypatch):
    calls = []

    def read(cache_dir):
        calls.append(cache_dir)
        return make_faces(np.arange(140) % 7)

    monkeypatch.setenv("HOME", str(tmp_path))
    data = FaceDataModule(read, CLASSES, "~/kept", Prepare(12), InputSpec(12), "holdout")
    assert calls == []
    data.prepare_data()
    data.setup("fit")
    data.setup("test")
    assert data.pixel_statistics()
    assert calls == [tmp_path / "kept"]
