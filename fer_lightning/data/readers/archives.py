"""Opens the text inside a plain, .xz, .gz, .zip or .tar.gz file as lines."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from fer_lightning.errors import FerError, choices

DAMAGE = (EOFError, OSError, UnicodeDecodeError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, tarfile.TarError)


@contextmanager
def open_text(path: Path, member: str) -> Iterator[TextIO]:
    """The text of `path`, decompressed by its ending; in a .zip or .tar.gz the file called `member`, in any folder.

    Raises:
        FerError: the file is damaged or cut off (also while it is being read), or holds no `member`.
    """
    try:
        with ExitStack() as stack:
            yield io.TextIOWrapper(_open_bytes(path, member, stack), encoding="utf-8-sig", newline="")
    except DAMAGE as damage:
        # some libraries quote the damaged bytes, thousands of them
        raise FerError(f"{path}: damaged or cut off ({str(damage)[:200]}); download it again") from damage


def _open_bytes(path: Path, member: str, stack: ExitStack) -> IO[bytes]:
    if path.name.endswith(".tar.gz"):
        archive = stack.enter_context(tarfile.TarFile.open(path, "r:gz"))
        stream = archive.extractfile(_pick(path, member, [item.name for item in archive if item.isfile()]))
        assert stream is not None  # extractfile gives None for folders only
        return stack.enter_context(stream)
    if path.suffix == ".zip":
        try:
            zipped = stack.enter_context(zipfile.ZipFile(path))
            return stack.enter_context(zipped.open(_pick(path, member, zipped.namelist())))
        except RuntimeError as refusal:  # it wants a password, or a way of packing that Python lacks
            raise FerError(f"{path}: {refusal}; unpack it, and put {member} in its place") from refusal
    if path.suffix == ".gz":
        return cast(IO[bytes], stack.enter_context(gzip.open(path, "rb")))
    if path.suffix == ".xz":
        return stack.enter_context(lzma.open(path, "rb"))
    return stack.enter_context(path.open("rb"))


def _pick(path: Path, member: str, names: list[str]) -> str:
    found = [name for name in names if name.split("/")[-1] == member]
    if not found:
        raise FerError(f"{path}: no {member} inside; it holds {choices(names[:10])}")
    return found[0]
