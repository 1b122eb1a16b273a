"""A file where a data set's folder should be."""

from __future__ import annotations

import pytest

from fer_lightning.data.readers import ckplus, fer2013, jaffe, lfw, lfw_mixed, mnist
from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.data.readers.lfw_labels import Background
from fer_lightning.errors import FerError

READERS = {
    "fer2013": fer2013.read,
    "ckplus": ckplus.read,
    "jaffe": jaffe.read,
    "lfw": lfw.read,
    "mnist": mnist.read,
    "folder": lambda place, cache_dir: FolderReader(place)(cache_dir),
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_is_said_to_be_one(tmp_path, name):
    (tmp_path / "set.zip").touch()
    with pytest.raises(FerError) as refused:
        READERS[name](tmp_path / "set.zip", tmp_path / "cache")
    place = f"{tmp_path}/set.zip: this is a file; data.faces.dir names the folder that holds it, here {tmp_path}"
    assert str(refused.value) == place


@pytest.mark.parametrize("name", READERS)
def test_an_empty_folder_says_where_the_data_belong(tmp_path, name):
    (tmp_path / "mine").mkdir()
    with pytest.raises(FerError) as refused:
        READERS[name](tmp_path / "mine", tmp_path / "cache")
    belongs = "<name of the data set>" if name == "folder" else name
    assert f"FER_DATA=DIR makes it DIR/{belongs}/; data.faces.dir=DIR names the place itself" in str(refused.value)


def test_a_mix_names_its_two_keys(tmp_path, tiny_fer2013):
    (tmp_path / "set.zip").touch()
    ways_out = {"no": "=DIR names the place itself", "set.zip": " names the folder that holds it"}
    for place, way_out in ways_out.items():
        absent = tmp_path / place
        for fer, key in ((absent, "fer_dir"), (tiny_fer2013, "lfw_dir")):
            with pytest.raises(FerError, match=rf"data\.faces\.{key}{way_out}"):
                lfw_mixed.read(fer, absent, tmp_path / "cache", Background())
