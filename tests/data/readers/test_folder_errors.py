"""Whatever is wrong with a folder of images is one clear error, and leaves nothing half-written."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.errors import FerError

PNG = cv2.imencode(".png", np.arange(30, dtype=np.uint8).reshape(6, 5))[1].tobytes()


@pytest.fixture
def root(tmp_path):
    """A small set in good order."""
    for number, place in enumerate(("train/happy", "train/sad", "test/sad")):
        (tmp_path / "set" / place).mkdir(parents=True)
        image = np.full((6, 5), number, dtype=np.uint8)
        cv2.imwrite(str(tmp_path / "set" / place / "1.png"), image)
    return tmp_path / "set"


@pytest.fixture
def refused(tmp_path):
    """A function that gives the one message with which a folder is refused; nothing may stay in the cache."""

    def refuse(root, **settings):
        with pytest.raises(FerError) as caught:
            FolderReader(root, **settings)(tmp_path / "cache")
        cache = tmp_path / "cache"
        assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
        message = str(caught.value)
        assert len(message.replace(str(root), "")) < 700
        return message

    return refuse


def test_an_absent_or_empty_folder_is_told_every_layout(tmp_path, refused):
    (tmp_path / "empty").mkdir()
    for name in ("nowhere", "empty"):
        message = refused(tmp_path / name)
        assert message.startswith(f"{tmp_path / name}: no images here")
        for word in ["<split>/<class>/<file>", "manifest.csv", "path, label", "frame", "data.faces.dir=DIR"]:
            assert word in message


def test_an_empty_folder_of_a_pattern_is_told_the_pattern_in_one_line(tmp_path, refused):
    assert "as data.faces.pattern=(?x) (?P<label> a ) has it" in refused(tmp_path, pattern="(?x)\n  (?P<label> a )")


@pytest.mark.parametrize("content", [b"", b"no image", PNG[:40], PNG[: len(PNG) // 2], b"\0" * 100])
def test_a_file_that_is_no_image_is_named(root, refused, content):
    (root / "train" / "sad" / "broken.png").write_bytes(content)
    assert refused(root).startswith(str(root / "train/sad/broken.png"))


def test_a_link_that_leads_nowhere_or_up_is_named(root, refused):
    (root / "train" / "sad" / "2.png").symlink_to(root / "gone.png")
    assert str(root / "train/sad/2.png") in refused(root)
    (root / "train" / "sad" / "2.png").unlink()
    (root / "train" / "sad" / "loop").symlink_to(root)
    assert str(root / "train/sad/loop") in refused(root)


def test_a_link_to_itself_is_no_image_and_no_folder(root, tmp_path, refused):
    (root / "train" / "sad" / "self").symlink_to(root / "train" / "sad" / "self")
    assert len(FolderReader(root)(tmp_path / "elsewhere")) == 3
    (root / "train" / "sad" / "self.png").symlink_to(root / "train" / "sad" / "self.png")
    assert str(root / "train/sad/self.png") in refused(root)


@pytest.mark.parametrize("place", ["x.png", "a/b/c/x.png", "train/happy/deep/er/x.png"])
def test_an_image_at_another_depth_is_named_with_the_layouts(root, refused, place):
    (root / place).parent.mkdir(parents=True, exist_ok=True)
    (root / place).write_bytes(PNG)
    message = refused(root)
    assert message.startswith(f"{root / place}: images are read at <class>/<file> and <split>/<class>/<file>")
    assert "data.faces.pattern" in message


def test_two_layouts_are_not_mixed(root, refused):
    (root / "happy").mkdir()
    (root / "happy" / "x.png").write_bytes(PNG)
    message = refused(root)
    assert message.startswith(f"{root / 'test/sad/1.png'}: this is <split>/<class>/<file>, and happy/x.png is <class>")


def test_a_split_without_class_folders_is_not_a_class(tmp_path, refused):
    for side in ("Train", "test"):
        (tmp_path / side).mkdir()
        (tmp_path / side / "x.png").write_bytes(PNG)
    assert "stand in folders of their classes, Train/<class>/<file>" in refused(tmp_path)


def test_an_unknown_split_is_named_with_the_choices(root, refused):
    (root / "trian" / "sad").mkdir(parents=True)
    (root / "trian" / "sad" / "x.png").write_bytes(PNG)
    message = refused(root)
    assert message.startswith(f"{root / 'trian/sad/x.png'}: split 'trian' is none of train, training, val,")
    assert "did you mean train" in message
    assert "data.faces.splits" in message


def test_a_split_that_leads_to_no_side(root, refused):
    assert "data.faces.splits leads to tset: choose among train, val, test (did you mean test" in refused(
        root, splits={"test": "tset"}
    )


def test_a_word_that_the_labels_lack_is_named_with_those_they_have(root, refused):
    message = refused(root, labels={"sad": "sad", "happiness": "happy", "Happy": "happy"})
    assert message.startswith(
        f"{root / 'train/happy/1.png'}: label 'happy' is not in data.faces.labels: sad, happiness"
    )
    assert "did you mean Happy" in message


def test_one_class_is_too_few(tmp_path, refused):
    (tmp_path / "set" / "happy").mkdir(parents=True)
    (tmp_path / "set" / "happy" / "x.png").write_bytes(PNG)
    message = refused(tmp_path / "set")
    assert "every label here is happy" in message
    assert "two classes or more" in message


PATTERNS = {
    "(?P<label>": "this is not a regular expression (missing ), unterminated",
    "(?P<label>a)(?P<label>b)": "this is not a regular expression (redefinition",
    "a{99999999999999999999}": "this is not a regular expression",
    "[a-z]+/.*": "it needs a group (?P<label>...)",
    "(?P<label>a)(?P<subjct>b)": "choose subjct among label, split, subject,",
    "(?P<label>train)/.*": "its path does not match",
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_that_cannot_be_used_is_named_by_its_key(root, refused, pattern):
    message = refused(root, pattern=pattern)
    assert f"data.faces.pattern={pattern}" in message
    assert PATTERNS[pattern] in message


def test_images_that_a_pattern_misses_are_counted_and_the_first_is_named(root, refused):
    message = refused(root, pattern=r"test/(?P<label>\w+)/1\.png")
    assert message.startswith(str(root / "train/happy/1.png"))
    assert "(2 such images of 3)" in message


def test_frames_cannot_be_chosen_of_images_without_a_sequence(root, refused):
    message = refused(root, frames="last3")
    assert message.startswith(str(root / "test/sad/1.png"))
    assert "data.frames=last3 needs the sequence and frame of every image" in message
    assert "data.frames=all" in message
    assert "data.frames=lats3: choose among apex, last3" in refused(root, frames="lats3")


def test_a_frame_of_letters_is_named(root, refused):
    pattern = r"(?P<split>\w+)/(?P<label>\w+)/(?P<frame>.)\.png"
    for digit in ("x", "\u0663", "²"):
        (root / "train" / "sad" / f"{digit}.png").write_bytes(PNG)
        message = refused(root, pattern=pattern)
        assert message.startswith(str(root / f"train/sad/{digit}.png"))
        assert f"frame is '{digit}', it must be a whole number" in message
        (root / "train" / "sad" / f"{digit}.png").unlink()


def test_a_frame_that_stands_twice_in_a_recording_is_named(root, refused):
    message = refused(root, pattern=r"(?P<sequence>\w+)/(?P<label>\w+)/(?P<frame>\d)\.png", frames="apex")
    assert message.startswith(str(root / "train/sad/1.png"))
    assert "sequence train has frame 1 twice" in message


@pytest.mark.filterwarnings("ignore:Possible")  # nested sets, says Python of some patterns
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=st.text(alphabet=r"(?P<label>)[a-z]+*\d./|^$", max_size=24))
def test_any_pattern_is_read_or_refused_in_one_clear_error(root, tmp_path, pattern):
    outcome = ""
    try:
        images = len(FolderReader(root, pattern=pattern)(tmp_path / "cache"))
    except FerError as refusal:
        images, outcome = 3, str(refusal)
    assert images == 3
    assert outcome == "" or "data.faces.pattern=" in outcome
