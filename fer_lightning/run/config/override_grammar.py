"""Converts overrides to Hydra's grammar: paths with special characters, and lists and maps in YAML syntax."""

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

CHECKPOINT_COMMA = re.compile(r"(?<=\.ckpt),")  # other commas belong to folder names of sweeps, such as loss=l1,seed=0
SPECIAL_CHARACTERS = re.compile(r"[\\()\[\]{}:=, \t]")  # may be escaped by a backslash in Hydra's grammar
ESCAPED = re.compile(rf"\\{SPECIAL_CHARACTERS.pattern}")
PREFIXES = "+~"
GRAMMAR_STARTS = "[{'\""


def to_hydra(word: str) -> str:
    """Converts an override `key=value` as a user types it to Hydra's grammar.

    A path is one string with any characters, and a leading `~` is the home folder; commas separate several checkpoints,
    or several paths if all of them exist. A map may add keys to the config, its keys may be quoted, and its values and
    those of a list may have any letters. Any other value that Hydra cannot parse becomes a string, unless commas,
    brackets or quotes show that it was written in Hydra's grammar. All other overrides are returned unchanged.

    Raises:
        FerError: the home folder of an unknown user, or a map key that Hydra's grammar cannot express.
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
            # Hydra rejects keys that the config lacks, such as those of `options: {}`
            opened = typed == key and not key.startswith("hydra.") and _is_map(read)
            return f"{'++' if opened else ''}{typed}={rewritten}"
    if is_place(key):
        return word if _is_read_as_typed(read, value) else f"{typed}={_format_paths(value, key)}"
    if read is None and value[0] not in GRAMMAR_STARTS and "," not in value:
        return f"{typed}={quote(value)}"
    return word


def parse_path(word: str) -> str | None:
    """Returns the path of `key=path`, typed as it is or in Hydra's grammar; None if there is none.

    Raises:
        FerError: as of `to_hydra`.
    """
    read = _parse(to_hydra(word))
    value = read.value() if read else None
    return value if isinstance(value, str) and value else None


def format_list(paths: Sequence[str]) -> str:
    """Formats a list of strings in Hydra's grammar."""
    return f"[{','.join(map(quote, paths))}]"


def quote(text: str | os.PathLike[str], mark: str = "'") -> str:
    """Quotes a text so that Hydra and OmegaConf return it unchanged, whatever characters it has.

    Args:
        text: a path or a name.
        mark: `'`, or `"` if the shell's own quotes surround it.
    """
    # `${` would be resolved and a quote ends the text: both are escaped, with the backslashes before them doubled
    literal = re.sub(r"(\\*)\$\{", lambda found: f"{found[1] * 2}\\${{", str(text))
    inner = re.sub(rf"(\\*)({mark}|\Z)", lambda found: found[1] * 2 + (f"\\{mark}" if found[2] else ""), literal)
    return f"{mark}{inner}{mark}"


def expand_home(path: str, where: str) -> str:
    """Expands `~` or `~user` to the home folder; an existing folder of that name becomes `./~user`.

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
    """Whether Hydra reads a typed path correctly: null, the same text, or a value in its own grammar."""
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
    """Formats one or several paths separated by commas; commas may also be part of a name."""
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
    """Converts lists and maps from YAML, separated by commas for a sweep; None if it is not valid YAML."""
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
