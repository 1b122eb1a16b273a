"""Tiny data sets, made once a session, and an environment that reads and writes nowhere else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from support import REAL_DATA, TINY

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.synthetic.read import read
from tests.layouts.ckplus import write_ckplus
from tests.layouts.fer2013 import write_fer2013
from tests.layouts.ferplus import write_ferplus
from tests.layouts.folders import write_folders
from tests.layouts.jaffe import write_jaffe
from tests.layouts.lfw import write_lfw
from tests.layouts.mnist import write_mnist


def pytest_collection_modifyitems(items):
    if not (REAL_DATA / "fer2013").is_dir():
        absent = pytest.mark.skip(reason=f"no real FER2013 in {REAL_DATA}/fer2013 (set FER_DATA)")
        for item in items:
            if "real_data" in item.keywords:
                item.add_marker(absent)


@pytest.fixture(scope="session")
def session_dir(tmp_path_factory) -> Path:
    """The folder that holds caches and logs of this test session."""
    return tmp_path_factory.mktemp("session")


@pytest.fixture(scope="session", autouse=True)
def own_environment(session_dir):
    """The user's data, logs, cache and tracker stay out of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FER_CACHE", str(session_dir / "cache"))
        patch.setenv("FER_LOGS", str(session_dir / "logs"))
        patch.setenv("FER_DATA", str(session_dir / "data"))
        patch.setenv("WANDB_MODE", "offline")
        for place in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR"):
            patch.setenv(place, str(session_dir / "wandb"))
        patch.delenv("HYDRA_FULL_ERROR", raising=False)
        yield


@pytest.fixture(scope="session")
def tiny_faces(session_dir) -> FaceSet:
    """96 drawn faces of ten people, eight expressions, 48x48."""
    return read(session_dir / "cache", images=96, subjects=10)


@pytest.fixture(scope="session")
def tiny_fer2013(tiny_faces, session_dir) -> Path:
    """A folder with fer2013.csv: drawn faces under the three official splits."""
    folder = session_dir / "data" / "fer2013"
    write_fer2013(tiny_faces, folder, "fer2013.csv")
    return folder


@pytest.fixture(scope="session")
def tiny_ferplus(tiny_fer2013) -> Path:
    """The folder of `tiny_fer2013`, with votes beside the table."""
    write_ferplus(tiny_fer2013)
    return tiny_fer2013


@pytest.fixture(scope="session")
def tiny_ckplus(session_dir) -> Path:
    """CK+'s own layout: seven sequences of eight frames of each of ten people."""
    return write_ckplus(read(session_dir / "cache", images=560, subjects=10), session_dir / "data" / "ckplus")


@pytest.fixture(scope="session")
def tiny_jaffe(tiny_faces, session_dir) -> Path:
    """JAFFE's photographs of ten people."""
    return write_jaffe(tiny_faces, session_dir / "data" / "jaffe")


@pytest.fixture(scope="session")
def tiny_mnist(session_dir) -> Path:
    """Eighty digits that train and twenty that test."""
    return write_mnist(session_dir / "data" / "mnist", train=80, test=20, seed=0)


@pytest.fixture(scope="session")
def tiny_lfw(tiny_faces, session_dir) -> Path:
    """Ninety-six photographs of ten people."""
    return write_lfw(tiny_faces, session_dir / "data" / "lfw", "lfw")


@pytest.fixture(scope="session")
def tiny_lfw_mixed(tiny_fer2013, tiny_lfw) -> Path:
    """The pictures of `tiny_lfw`, with FER2013 beside them."""
    return tiny_lfw


@pytest.fixture(scope="session")
def tiny_lfw_mixed_csv(tiny_lfw_mixed, session_dir) -> Path:
    """A CSV that labels every picture of `tiny_lfw`: happy and sad in turn."""
    path = session_dir / "data" / "lfw_labels.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label"])
        for number, picture in enumerate(sorted(tiny_lfw_mixed.glob("*/*.jpg"))):
            writer.writerow([picture.name, ("happy", "sad")[number % 2]])
    return path


@pytest.fixture(scope="session")
def tiny_checkpoint(session_dir) -> Path:
    """best.ckpt of a few steps on drawn faces of FER2013's classes: nobody expects it to be right."""
    from fer_lightning.run.config.compose import compose_job
    from fer_lightning.run.train import train

    names = "[angry,disgust,fear,happy,sad,surprise,neutral]"
    folder = session_dir / "logs" / "tiny_checkpoint"
    train(compose_job([*TINY, "debug=fast", "logger=none", f"data.class_names={names}"], folder))
    return folder / "checkpoints" / "best.ckpt"


@pytest.fixture(scope="session")
def tiny_lfw_mixed_pseudo(tiny_lfw_mixed, tiny_checkpoint) -> Path:
    """A checkpoint that can label `tiny_lfw`, which is there with FER2013."""
    return tiny_checkpoint


@pytest.fixture(scope="session")
def tiny_folder(tiny_faces, session_dir) -> Path:
    """train/, val/ and test/ with a folder for each of the eight expressions."""
    return write_folders(tiny_faces, session_dir / "data" / "folder", "splits")


def _preset(name: str):
    """The fixture of a data set that FolderReader reads."""

    @pytest.fixture(scope="session", name=f"tiny_{name}")
    def tiny(tiny_faces, session_dir) -> Path:
        return write_folders(tiny_faces, session_dir / "data" / name, name)

    return tiny


tiny_rafdb, tiny_affectnet, tiny_kdef = _preset("rafdb"), _preset("affectnet"), _preset("kdef")
tiny_sfew, tiny_ferg, tiny_mmi = _preset("sfew"), _preset("ferg"), _preset("mmi")
tiny_oulu_casia = _preset("oulu_casia")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder that FER_DATA named when the session began."""
    return REAL_DATA
