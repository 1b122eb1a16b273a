"""Writes overrides in Hydra's grammar: paths with any signs in them, and lists and maps as YAML has them."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, QuotedString, ValueType
from hydra.errors import HydraException

from fer_lightning.config_keys import is_place
from fer_lightning.errors import FerError

CHECKPOINT_COMMA = re.compile(
    r"(?<=\.ckpt),"
)  # other commas are of a folder's name, as sweeps give them: loss=l1,seed=0
SPECIAL_CHARACTERS = re.compile(r"[\\()\[\]{}:=, \t]")  # what Hydra's grammar takes after a backslash
ESCAPED = re.compile(rf"\\{SPECIAL_CHARACTERS.pattern}")
PREFIXES = "+~"
GRAMMAR_STARTS = "[{'\""


def to_hydra(word: str) -> str:
    """One override, `key=value` as a user types it, so that Hydra reads what is meant.

    A place is one text, whatever signs are in it, and `~` in front is the home folder; commas separate several
    checkpoints, and places that all exist. A map may bring keys that the config lacks, its keys may stand in quotes,
    and its words and those of a list may have any letters. Any other value that Hydra's grammar refuses is a text,
    unless commas, brackets or quotes say that it was meant for that grammar. All else stays as it is.

    Raises:
        FerError: a home folder of nobody, or a key of a map that Hydra's grammar cannot hold.
    """
    typed, equals, value = word.partition("=")
    key = typed.lstrip(PREFIXES)
    if not equals or not value or "${" in value:
        return word
    read = _parse(word)
    if value[0] in "[{":
        rewritten = value if read else _convert_yaml(word, value)
        if rewritten is not None:
            read = read or _parse(f"{typed}={rewritten}")
            # Hydra refuses keys that the config lacks, such as those of `options: {}`
            opened = typed == key and not key.startswith("hydra.") and _is_map(read)
            return f"{'++' if opened else ''}{typed}={rewritten}"
    if is_place(key):
        return word if _is_read_as_typed(read, value) else f"{typed}={_format_paths(value, key)}"
    if read is None and value[0] not in GRAMMAR_STARTS and "," not in value:
        return f"{typed}={quote(value)}"
    return word


def parse_path(word: str) -> str | None:
    """The path that `key=path` says, typed bare or in Hydra's grammar; None where it says none.

    Raises:
        FerError: as of `to_hydra`.
    """
    read = _parse(to_hydra(word))
    value = read.value() if read else None
    return value if isinstance(value, str) and value else None


def format_list(paths: Sequence[str]) -> str:
    """A list of texts in Hydra's grammar."""
    return f"[{','.join(map(quote, paths))}]"


def quote(text: str | os.PathLike[str], mark: str = "'") -> str:
    """The text as Hydra and OmegaConf give it back, whatever signs are in it.

    Args:
        text: a path or a name.
        mark: `'`, or `"` where a shell's own quotes are to stand around it.
    """
    # `${` would be looked up, and a quote ends the text: both after a backslash, before which backslashes count double
    literal = re.sub(r"(\\*)\$\{", lambda found: f"{found[1] * 2}\\${{", str(text))
    inner = re.sub(rf"(\\*)({mark}|\Z)", lambda found: found[1] * 2 + (f"\\{mark}" if found[2] else ""), literal)
    return f"{mark}{inner}{mark}"


def expand_home(path: str, where: str) -> str:
    """The path with the home folder in the place of `~` or `~user`; a folder that is so called comes as `./~user`.

    Args:
        path: as a user wrote it.
        where: the key or variable that holds it, for the message.

    Raises:
        FerError: there is no such user.
    """
    if not path.startswith("~"):
        return path
    home = os.path.expanduser(path)  # noqa: PTH111  # pathlib raises an error of its own for an unknown user
    if home.startswith("~"):
        if path_exists(path):
            return f"./{path}"
        user = path.partition("/")[0]
        raise FerError(f"{where}={path}: {user} is the home folder of nobody here; write the whole path")
    return home


def _parse(word: str) -> Override | None:
    try:
        return OverridesParser.create().parse_override(word)
    except HydraException:
        return None


def _is_read_as_typed(read: Override | None, value: str) -> bool:
    """Whether Hydra reads what is typed for a place: null, that very text, or what is written in its own grammar."""
    if read is None or value.startswith("~"):
        return False
    if read.value_type is ValueType.SIMPLE_CHOICE_SWEEP:
        return any(isinstance(one, QuotedString) for one in read.sweep_iterator())
    if read.value_type is not ValueType.ELEMENT:
        return True
    written = isinstance(read._value, QuotedString) or ESCAPED.search(value) is not None
    return written or read.value() is None or read.value() == value


def _format_path(path: str) -> str:
    return path if _is_read_as_typed(_parse(f"key={path}"), path) and path != "null" else quote(path)


def _format_paths(value: str, key: str) -> str:
    """The paths between commas, of which some may belong to the name of one."""
    parts = value.split(",")
    if path_exists(value):
        parts = [value]
    elif len(checkpoints := CHECKPOINT_COMMA.split(value)) > 1:
        parts = checkpoints
    elif not all(map(path_exists, parts)):
        parts = [value]
    return ",".join(_format_path(expand_home(part, key)) for part in parts)


def path_exists(path: str) -> bool:
    """Whether the text is the path of an existing file or folder; `~` may stand for the home folder."""
    try:
        return Path(path).exists() or Path(path).expanduser().exists()
    except (OSError, ValueError, RuntimeError):  # too long, a null byte, no such user
        return False


def _convert_yaml(word: str, value: str) -> str | None:
    """Lists and maps, separated by commas where several are to be swept over, from YAML's grammar; None if no YAML."""
    try:
        several = yaml.compose(f"[{value}]", yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    return ",".join(_format_node(node, word) for node in several.value)


def _format_node(node: yaml.Node, word: str) -> str:
    if isinstance(node, yaml.MappingNode):
        return f"{{{','.join(f'{_format_key(key, word)}:{_format_node(value, word)}' for key, value in node.value)}}}"
    if isinstance(node, yaml.SequenceNode):
        return f"[{','.join(_format_node(value, word) for value in node.value)}]"
    if node.style is None and not node.value:
        return "null"
    return str(node.value) if node.style is None and _parse(f"key={node.value}") else quote(node.value)


def _format_key(node: yaml.Node, word: str) -> str:
    key = SPECIAL_CHARACTERS.sub(r"\\\g<0>", str(node.value))
    read = _parse(f"key={{{key}:0}}")
    value = read.value() if read else None
    if not isinstance(value, dict) or list(map(str, value)) != [node.value]:
        raise FerError(f"{word}: Hydra reads no map with the key {node.value} here; write it into a YAML file")
    return key


def _is_map(read: Override | None) -> bool:
    if read is None:
        return False
    several = read.value_type is ValueType.SIMPLE_CHOICE_SWEEP
    return all(isinstance(one, dict) for one in (read.sweep_iterator() if several else [read.value()]))
