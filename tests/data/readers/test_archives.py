"""Archives that are cut off, garbled, locked or hold something else are one clear error."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from contextlib import suppress

import numpy as np
import pytest

from fer_lightning.data.readers import archives, fer2013
from fer_lightning.errors import FerError

ARCHIVES = ["fer2013.csv.xz", "fer2013.csv.gz", "fer2013.csv.zip", "fer2013.tar.gz"]


def packed(layout: str, content: bytes, name: str = "fer2013.csv") -> bytes:
    """The bytes of a file of this ending around the content."""
    stream = io.BytesIO()
    if layout.endswith(".zip"):
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return stream.getvalue()
    if layout.endswith(".tar.gz"):
        with tarfile.open(fileobj=stream, mode="w:gz") as archive:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        return stream.getvalue()
    return lzma.compress(content) if layout.endswith(".xz") else gzip.compress(content)


@pytest.mark.parametrize("layout", ARCHIVES)
@pytest.mark.parametrize("kept", [0, 0.02, 0.5, 0.99])
def test_an_archive_that_is_cut_off(folder, table, layout, kept, refused):
    whole = packed(layout, table.encode())
    (folder / layout).write_bytes(whole[: int(len(whole) * kept)])
    message = refused(folder)
    assert message.startswith(str(folder / layout))
    # an empty .gz is to Python a .gz of nothing
    assert "damaged or cut off" in message or (kept == 0 and "no column" in message)


@pytest.mark.parametrize("layout", ARCHIVES)
def test_garbage_called_an_archive(folder, layout, refused):
    (folder / layout).write_bytes(np.random.default_rng(0).bytes(3000))
    message = refused(folder)
    assert message.startswith(str(folder / layout))
    assert "damaged or cut off" in message


def test_flipped_bytes_never_end_in_another_exception(folder, table):
    rng = np.random.default_rng(0)
    for layout in ARCHIVES:
        whole, read = packed(layout, table.encode()), 0
        for _ in range(25):
            spoilt = bytearray(whole)
            # the first and last bytes hold an archive's headers
            for place in rng.choice([*range(64), *range(-64, 0)], size=3):
                spoilt[place] = rng.integers(256)
            (folder / layout).write_bytes(bytes(spoilt))
            with suppress(FerError):  # a flipped date spoils nothing
                fer2013.read(folder, folder.parent / "cache")
                read += 1
        (folder / layout).unlink()
        assert read < 25


@pytest.mark.parametrize("layout", ["fer2013.csv.zip", "fer2013.tar.gz"])
def test_an_archive_without_the_table_says_what_it_holds(folder, layout, refused):
    (folder / layout).write_bytes(packed(layout, b"x", name="a/train.csv"))
    message = refused(folder)
    assert f"{layout}: no fer2013.csv inside; it holds a/train.csv" in message


def test_a_table_in_utf_16_is_read(folder, table, pixels):
    for layout in ("fer2013.csv", "fer2013.csv.gz"):
        content = table.encode("utf-16")
        (folder / layout).write_bytes(content if layout.endswith("csv") else packed(layout, content))
        assert np.array_equal(fer2013.read(folder, folder.parent / "cache").pixels, pixels)
        (folder / layout).unlink()


def test_another_encoding_is_named_with_its_line(folder, table, refused):
    (folder / "fer2013.csv").write_bytes(table.encode() + "3,\xe4,Training".encode("latin-1"))
    assert refused(folder) == f"{folder / 'fer2013.csv'}, line 6: this is not UTF-8 text; save the table as UTF-8"


BOMBS = {
    "one line": (b"7 " * 600_000, "line 2: more than 1,000,000 characters; no table has such a line"),
    "empty lines": (b"\n" * 20_000, "line 10002: 10,001 empty lines in a row; no table has as many"),
    "Windows' empty lines": (b"\r\n" * 20_000, "line 10002: 10,001 empty lines in a row"),
}


@pytest.mark.parametrize("layout", ["fer2013.csv", *ARCHIVES])
@pytest.mark.parametrize("bomb", BOMBS)
def test_lines_without_end_are_refused(folder, layout, bomb, refused):
    content, message = BOMBS[bomb]
    content = b"emotion,pixels,Usage\n" + content
    (folder / layout).write_bytes(content if layout == "fer2013.csv" else packed(layout, content))
    found = refused(folder)
    assert found.startswith(f"{folder / layout}, ")
    assert message in found


@pytest.mark.parametrize("layout", ARCHIVES)
def test_more_bytes_than_a_packed_table_has_are_refused(folder, table, layout, refused, monkeypatch):
    monkeypatch.setattr(archives, "HARMLESS", 1000)
    monkeypatch.setattr(archives, "RATIO", 20)
    header, row = table.splitlines()[:2]
    blank = f"3,{' '.join(['7'] * 2304)},Training"  # packed to a hundredth and less
    (folder / layout).write_bytes(packed(layout, "\n".join([header, row, *[blank] * 200]).encode()))
    assert "that unpack to more than" in refused(folder)


def test_a_member_before_the_table_counts_too(folder, table, refused, monkeypatch):
    monkeypatch.setattr(archives, "HARMLESS", 100_000)
    monkeypatch.setattr(archives, "RATIO", 1)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in (("blank", b"\0" * 10**6), ("fer2013.csv", table.encode())):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (folder / "fer2013.tar.gz").write_bytes(stream.getvalue())
    assert "that unpack to more than 100,000" in refused(folder)


def test_a_zip_that_wants_a_password(folder, table, refused):
    data = bytearray(packed("fer2013.csv.zip", table.encode()))
    central = data.rindex(b"PK\1\2")
    for flags in (6, central + 8):
        data[flags] |= 1  # bit 0: encrypted
    (folder / "fer2013.csv.zip").write_bytes(bytes(data))
    assert "encrypted" in refused(folder)
