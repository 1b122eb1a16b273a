"""Tiny data sets, made once a session, and an environment that reads and writes nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import REAL_DATA

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.synthetic.layouts import write_fer2013
from fer_lightning.data.synthetic.read import read


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
def real_data() -> Path:
    """The folder that FER_DATA named when the session began."""
    return REAL_DATA
