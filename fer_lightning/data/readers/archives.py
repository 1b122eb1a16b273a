"""Reads lines of text from a plain, .xz, .gz, .zip or .tar.gz file, with limits on their length and number."""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO, cast

from fer_lightning.errors import FerError, choices

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DAMAGE = (EOFError, OSError, UnicodeDecodeError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError)
# byte order marks; UTF-32 comes first, for its mark begins as that of UTF-16 does
MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
         codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
UNDECODED = re.compile("[\udc80-\udcff]")  # bytes that are not valid UTF-8, as `surrogateescape` decodes them
LONGEST_LINE = 1_000_000  # characters; a face of FER2013 takes 9,000
EMPTY_LINES = 10_000  # consecutive
# limits on the unpacked size, in bytes and as a ratio to the packed size; a table is packed to a fifth
HARMLESS = 64 * 2**20
RATIO = 100


@contextmanager
def open_text(path: Path, member: str) -> Iterator[Iterator[str]]:
    """Yields the lines of `path`, decompressed by its suffix; in a .zip or .tar.gz those of `member`, in any folder.

    The text is UTF-8 unless a byte order mark says otherwise.

    Raises:
        FerError: the file cannot be read, is damaged or truncated, or holds no `member`; also while it is being read:
            a line that is too long, too many empty lines, too many unpacked bytes, or bytes that are not UTF-8.
    """
    try:
        with ExitStack() as stack:
            stream = io.BufferedReader(_open_bytes(path, member, stack))
            head = stream.peek(4)
            text = io.TextIOWrapper(stream, detect_encoding(head), errors="surrogateescape", newline="")
            yield _read_lines(text, path)
    except DAMAGE as damage:
        if isinstance(damage, OSError) and damage.strerror:
            raise FerError(f"{path}: this cannot be read ({damage.strerror})") from damage
        # some libraries quote the damaged bytes, thousands of them
        raise FerError(f"{path}: damaged or cut off ({str(damage)[:200]}); download it again") from damage


def detect_encoding(head: bytes) -> str:
    """The encoding that the byte order mark in a file's first four bytes names; UTF-8 without one."""
    return next((name for mark, name in MARKS.items() if head.startswith(mark)), "utf-8-sig")


class _BoundedReader(io.RawIOBase):
    """A decompressed stream that fails when it yields more bytes than a table can have.

    Args:
        stream: the decompressed stream.
        path: path of the compressed file.
    """

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        self.stream = stream
        self.path = path
        self.limit = max(HARMLESS, RATIO * path.stat().st_size)
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        found = self.stream.read(len(view))
        self.count += len(found)
        if self.count > self.limit:
            size = self.path.stat().st_size
            raise FerError(
                f"{self.path}: {size:,} bytes that unpack to more than {self.limit:,}; no table does, get it again"
            )
        view[: len(found)] = found
        return len(found)


def _read_lines(text: TextIO, path: Path) -> Iterator[str]:
    number = empty = 0
    while line := text.readline(LONGEST_LINE + 1):
        number += 1
        empty = 0 if line.strip() else empty + 1
        if len(line) > LONGEST_LINE:
            raise FerError(f"{path}, line {number}: more than {LONGEST_LINE:,} characters; no table has such a line")
        if empty > EMPTY_LINES:
            raise FerError(f"{path}, line {number}: {empty:,} empty lines in a row; no table has as many")
        if not line.isascii() and UNDECODED.search(line):
            raise FerError(f"{path}, line {number}: this is not UTF-8 text; save the table as UTF-8")
        yield line


def _open_bytes(path: Path, member: str, stack: ExitStack) -> io.RawIOBase:
    if path.name.endswith(".tar.gz"):
        unpacked = io.BufferedReader(_BoundedReader(_gzip(path, stack), path))
        return _member_of_tar(stack.enter_context(tarfile.TarFile.open(fileobj=unpacked, mode="r|")), path, member)
    if path.suffix == ".zip":
        try:
            zipped = stack.enter_context(zipfile.ZipFile(path))
            return _BoundedReader(stack.enter_context(zipped.open(_find_member(path, member, zipped.namelist()))), path)
        except RuntimeError as refusal:  # it needs a password, or a compression method that Python lacks
            raise FerError(f"{path}: {refusal}; unpack it, and put {member} in its place") from refusal
    if path.suffix == ".gz":
        return _BoundedReader(_gzip(path, stack), path)
    if path.suffix == ".xz":
        return _BoundedReader(stack.enter_context(lzma.open(path, "rb")), path)
    return stack.enter_context(path.open("rb", buffering=0))


def _gzip(path: Path, stack: ExitStack) -> IO[bytes]:
    return cast(IO[bytes], stack.enter_context(gzip.open(path, "rb")))


def _member_of_tar(archive: tarfile.TarFile, path: Path, member: str) -> io.RawIOBase:
    names = []
    for item in archive:
        names.append(item.name)
        if item.isfile() and item.name.split("/")[-1] == member:
            stream = archive.extractfile(item)
            assert stream is not None  # extractfile gives None for folders only
            return _BoundedReader(stream, path)
    raise _missing_member(path, member, names)


def _find_member(path: Path, member: str, names: list[str]) -> str:
    found = [name for name in names if name.split("/")[-1] == member]
    if not found:
        raise _missing_member(path, member, names)
    return found[0]


def _missing_member(path: Path, member: str, names: list[str]) -> FerError:
    return FerError(f"{path}: no {member} inside; it holds {choices(names[:10])}")
