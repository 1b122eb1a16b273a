"""Every kind of image file arrives as it should look."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.images import ImageFiles, Rows, decode, is_image
from fer_lightning.errors import FerError

GREY = np.array([[0, 10, 20], [128, 200, 255]], dtype=np.uint8)
COLOUR = np.stack([GREY, 255 - GREY, GREY // 2], axis=-1)
ORIENTATION = 0x0112  # EXIF's tag
CLEAR, HALF, FULL = 0, 128, 255


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return decode(path)


@pytest.mark.parametrize("ending", ["png", "tiff", "tif", "bmp", "webp"])
def test_grey_files_come_back_as_they_were(tmp_path, ending):
    options = {"lossless": True} if ending == "webp" else {}
    image = save(tmp_path / f"x.{ending}", GREY, **options)
    if ending == "webp":  # this format has no grey: three equal channels
        assert np.array_equal(image, np.stack([GREY] * 3, axis=-1))
    else:
        assert np.array_equal(image, GREY)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("ending", ["png", "tiff", "bmp"])
def test_colour_files_come_back_red_first(tmp_path, ending):
    assert np.array_equal(save(tmp_path / f"x.{ending}", COLOUR), COLOUR)


def test_opencv_reads_the_same_colours(tmp_path):
    cv2.imwrite(str(tmp_path / "x.png"), COLOUR[..., ::-1])
    assert np.array_equal(decode(tmp_path / "x.png"), COLOUR)


def test_jpeg_files_differ_from_opencvs_reading_by_rounding_only(tmp_path):
    smooth = cv2.resize(COLOUR, (48, 32), interpolation=cv2.INTER_LINEAR)
    image = save(tmp_path / "x.jpg", smooth, quality=95)
    theirs = cv2.imread(str(tmp_path / "x.jpg"))[..., ::-1]
    assert np.abs(image.astype(int) - theirs.astype(int)).max() <= 2


def test_a_palette_is_looked_up(tmp_path):
    picture = Image.new("P", (2, 2))
    picture.putdata([0, 1, 2, 1])
    picture.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    picture.save(tmp_path / "x.png")
    red, green, blue = [255, 0, 0], [0, 255, 0], [0, 0, 255]
    assert decode(tmp_path / "x.png").tolist() == [[red, green], [blue, green]]


def test_black_and_white_becomes_0_and_255(tmp_path):
    Image.fromarray(GREY > 100).save(tmp_path / "x.png")
    assert decode(tmp_path / "x.png").tolist() == [[0, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize("write", ["pillow", "opencv"])
def test_16_bits_of_grey_are_scaled_to_8(tmp_path, ending, write):
    deep = np.array([[0, 257, 128, 129], [32896, 65278, 65535, 1000]], dtype=np.uint16)
    path = tmp_path / f"x.{ending}"
    if write == "opencv":
        cv2.imwrite(str(path), deep)
    else:
        Image.fromarray(deep).save(path)
    # by 257: 128 is just under a half, 129 just over; 32896 is 128 * 257; 1000 / 257 is 3.89
    assert decode(path).tolist() == [[0, 1, 0, 1], [128, 254, 255, 4]]


def test_16_bits_in_the_other_byte_order(tmp_path):
    Image.fromarray(np.array([[0, 257, 65535]], dtype=">u2")).save(tmp_path / "x.tiff")
    assert decode(tmp_path / "x.tiff").tolist() == [[0, 1, 255]]


def test_16_bits_of_colour_are_scaled_to_8(tmp_path):
    cv2.imwrite(str(tmp_path / "x.png"), COLOUR[..., ::-1].astype(np.uint16) * 257)
    assert np.array_equal(decode(tmp_path / "x.png"), COLOUR)


def test_an_animation_is_its_first_picture(tmp_path):
    pictures = [Image.fromarray(GREY + shift) for shift in (0, 100)]
    pictures[0].save(tmp_path / "x.gif", save_all=True, append_images=pictures[1:])
    assert np.array_equal(decode(tmp_path / "x.gif")[..., 0], GREY)


@pytest.mark.parametrize("shape", [(8, 16_385), (16_385, 8)])
def test_an_image_that_is_too_long_is_refused_before_it_is_decoded(tmp_path, shape):
    with pytest.raises(FerError, match=rf"x\.png: {shape[1]}x{shape[0]} pixels, a side may have 16,384"):
        save(tmp_path / "x.png", np.zeros(shape, dtype=np.uint8))


def test_a_file_that_starts_a_program_of_pillows_is_no_image(tmp_path):
    Image.fromarray(GREY).save(tmp_path / "x.eps")
    assert not is_image(tmp_path / "x.eps")
    with pytest.raises(FerError, match=r"x\.eps: this is no image"):
        decode(tmp_path / "x.eps")


def test_what_is_transparent_stands_over_white(tmp_path):
    pixels = np.array([[[0, 0, 0, CLEAR], [0, 0, 0, HALF], [200, 100, 0, FULL]]], dtype=np.uint8)
    # half of black over white: 255 * (1 - 128 / 255) = 127
    assert save(tmp_path / "x.png", pixels).tolist() == [[[255] * 3, [127] * 3, [200, 100, 0]]]


def test_transparent_grey_stays_grey(tmp_path):
    pixels = np.array([[[0, CLEAR], [0, HALF], [90, FULL]]], dtype=np.uint8)
    assert save(tmp_path / "x.png", pixels).tolist() == [[255, 127, 90]]


def test_a_transparent_colour_of_a_palette_is_white(tmp_path):
    picture = Image.new("P", (2, 1))
    picture.putpalette([255, 0, 0, 0, 255, 0])
    picture.putdata([0, 1])
    picture.save(tmp_path / "x.png", transparency=0)
    assert decode(tmp_path / "x.png").tolist() == [[[255, 255, 255], [0, 255, 0]]]


# how the stored rows have to be turned, by EXIF's definition of each orientation
TURNS = {
    1: lambda a: a,
    2: np.fliplr,
    3: lambda a: np.rot90(a, 2),
    4: np.flipud,
    5: lambda a: a.T,
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).T,
    8: np.rot90,
}


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize(("ending", "options"), [("png", {}), ("tiff", {"compression": "tiff_lzw"})])
def test_a_file_is_turned_as_its_exif_says(tmp_path, orientation, ending, options):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert np.array_equal(save(tmp_path / f"x.{ending}", GREY, exif=exif, **options), TURNS[orientation](GREY))


@pytest.mark.parametrize("orientation", TURNS)
def test_an_uncompressed_tiff_is_turned_as_its_tag_says(tmp_path, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert np.array_equal(save(tmp_path / "x.tiff", GREY, exif=exif), TURNS[orientation](GREY))


def test_a_phones_sideways_jpeg_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    stored = np.zeros((16, 32), dtype=np.uint8)
    stored[:, :16] = 255  # the left half of what is stored is the upper half of what is seen
    upright = save(tmp_path / "x.jpg", stored, exif=exif)
    assert upright.shape == (32, 16)
    assert upright[:16].min() > 250
    assert upright[16:].max() < 5


def test_printers_colours_become_red_green_blue(tmp_path):
    Image.new("CMYK", (1, 1), (0, 255, 255, 0)).save(tmp_path / "x.tiff")
    assert decode(tmp_path / "x.tiff").tolist() == [[[255, 0, 0]]]


def test_floating_point_pixels_are_refused(tmp_path):
    with pytest.raises(FerError, match=r"x\.tiff: its pixels are floating-point numbers; save it with 8 or 16 bits"):
        save(tmp_path / "x.tiff", GREY.astype(np.float32))


def test_more_than_16_bits_are_refused(tmp_path):
    with pytest.raises(FerError, match=r"x\.tiff: grey values from 0 to 70000; an image has at most 16 bits"):
        save(tmp_path / "x.tiff", np.array([[0, 70000]], dtype=np.int32))


@pytest.mark.parametrize("content", [b"", b"\0" * 500, b"no image at all", b"\x89PNG\r\n\x1a\n", b"II*\0"])
def test_what_is_no_image_is_refused(tmp_path, content):
    path = tmp_path / "x.png"
    path.write_bytes(content)
    with pytest.raises(FerError) as caught:
        decode(path)
    assert str(caught.value).startswith(f"{path}: this is no image that can be read, or it is cut off (")
    assert str(caught.value).count(str(path)) == 1


def test_a_file_that_is_open_is_called_it(tmp_path):
    (tmp_path / "x.png").write_text("no picture")
    with pytest.raises(FerError, match=r"x\.png: this is no image .*\(cannot identify image file it\)"):
        decode(tmp_path / "x.png")


def test_a_pipe_does_not_wait_for_its_other_end(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    with pytest.raises(FerError, match=r"x\.png: this is no image .*\(it is no regular file\)"):
        decode(tmp_path / "x.png")


def test_a_folder_or_nothing_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere.png"):
        with pytest.raises(FerError, match="no image that can be read"):
            decode(path)


def test_files_are_decoded_when_they_are_asked_for(tmp_path):
    for number in range(3):
        Image.fromarray(GREY + number).save(tmp_path / f"{number}.png")
    files = ImageFiles([tmp_path / f"{number}.png" for number in range(3)])
    some = Rows(files, np.array([2, 0, 2]))
    (tmp_path / "1.png").unlink()  # nobody asks for it
    assert len(files) == len(some) == 3
    assert [image[0, 0] for image in some] == [2, 0, 2]
    with pytest.raises(FerError, match=r"1\.png"):
        files[1]
