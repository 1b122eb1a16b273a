"""Checks the ZIP archive of a checkpoint, and the globals in its pickle, before torch loads it."""

from __future__ import annotations

import io
import pickletools
import zipfile
import zlib
from pathlib import Path

import torch

from fer_lightning.errors import FerError

PICKLE = "data.pkl"  # torch's name of the member with the pickle
PICKLE_ERRORS = (ValueError, LookupError, OverflowError)  # of a truncated or damaged pickle
MAX_PICKLE_BYTES = 1 << 24  # bytes of the pickle, which has no tensors
STORAGES = ("Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool", "ComplexFloat")
# All that tensors and plain data need. `weights_only=True` also takes classes that other packages have declared safe,
# one of which opens connections when it is built (torch.distributed's DeviceMesh).
ALLOWED_GLOBALS = frozenset(
    {
        *(f"torch {name}Storage" for name in STORAGES),
        *("torch.storage UntypedStorage", "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"),
        *("torch device", "torch Size", "collections OrderedDict", "collections Counter", "builtins set"),
        *(str(dtype).replace(".", " ") for dtype in vars(torch).values() if isinstance(dtype, torch.dtype)),
    }
)
# pickle operations that name an object indirectly
INDIRECT_OPERATIONS = frozenset(
    {"STACK_GLOBAL", "INST", "OBJ", "NEWOBJ", "NEWOBJ_EX", "EXT1", "EXT2", "EXT4", "PERSID"}
)


def copy_checked_archive(path: Path, named: str) -> io.BytesIO:
    """Copies the checked members of a checkpoint to a new archive in memory.

    Two ZIP readers may find different members in one file, and torch also reads its legacy format: so torch loads this
    archive instead of the file. Each member is compared with its CRC-32, which torch does not do.

    Args:
        path: the file, which exists.
        named: what messages call it, such as `ckpt=PATH`.

    Raises:
        FerError: it is truncated, a member is damaged or compressed, or its pickle names other objects than tensors
            and plain data.
    """
    copied = io.BytesIO()
    try:
        with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copied, "w") as copy:
            members = {member.filename: member for member in archive.infolist()}
            _check_sizes(archive.infolist(), path, named)
            for name, member in members.items():
                content = _read_member(archive, member, named)
                if name.rpartition("/")[2].lower() == PICKLE:  # torch ignores case
                    _check_pickle(content, named)
                copy.writestr(zipfile.ZipInfo(name), content)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, *PICKLE_ERRORS) as damage:
        raise FerError(f"{named}: cut off, or no checkpoint of this package ({damage})") from damage
    copied.seek(0)
    return copied


def _check_sizes(members: list[zipfile.ZipInfo], path: Path, named: str) -> None:
    # torch does not compress: compressed or overlapping members could unpack to any size
    for member in members:
        if member.compress_type != zipfile.ZIP_STORED:
            raise FerError(f"{named}: {member.filename[:80]} is compressed, as torch writes none: it is no checkpoint")
    if sum(member.file_size for member in members) > path.stat().st_size:
        raise FerError(f"{named}: its members are together larger than the file: it is no checkpoint")


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, named: str) -> bytes:
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error) as damage:
        reason = str(damage).partition(" for file")[0]
        raise FerError(
            f"{named}: damaged: {member.filename[:80]} is not what was written there ({reason}); take another copy of "
            "the file, or the other checkpoint of its run (best.ckpt, last.ckpt)"
        ) from damage


def _check_pickle(content: bytes, named: str) -> None:
    if len(content) > MAX_PICKLE_BYTES:
        raise FerError(f"{named}: its plain data have {len(content):,} bytes, and those of a checkpoint some 100,000")
    for operation, argument, _ in pickletools.genops(content):
        if operation.name in INDIRECT_OPERATIONS or (operation.name == "GLOBAL" and argument not in ALLOWED_GLOBALS):
            what = str(argument).replace(" ", ".") if operation.name == "GLOBAL" else operation.name
            raise FerError(f"{named}: it names {what}; a checkpoint holds tensors and plain data only")
