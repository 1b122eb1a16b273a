"""Reads the YAML files of config groups for Hydra; errors name the file, the line and the reason."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from hydra._internal.core_plugins import file_config_source
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fer_lightning.errors import FerError

ENDINGS = (".yaml", ".yml")
# their files set keys of any group, so `# @package _global_` is implied
GLOBAL_GROUPS = ("experiment/", "sweep/", "budget/", "debug/", "local/")
BOOLEAN = "tag:yaml.org,2002:bool"
DIRECTIVE = re.compile(r"\s*#\s*@")


class FileConfigSource(file_config_source.FileConfigSource):
    """Hydra's source for folders, with errors that name the file; also reads .yml and UTF-8 with a byte order mark.

    It has the name of Hydra's own class: the workers of joblib and submitit reject a class of another name.
    """

    def load_config(self, config_path: str) -> ConfigResult:
        """Loads `config_path`, which is relative to the folder; its suffix is optional.

        Raises:
            FerError: it cannot be read.
        """
        found = self._file(config_path)
        if found is None:  # raises Hydra's own error
            return super().load_config(config_path)
        text = read_text(found)
        package = _read_package(text, found)
        if package is None and config_path.startswith(GLOBAL_GROUPS):
            package = "_global_"
        content = parse(text, found)
        place = f"{self.scheme()}://{self.path}"
        return ConfigResult(provider=self.provider, path=place, config=content, header={"package": package})

    def is_config(self, config_path: str) -> bool:
        """Whether the folder has such a file."""
        return self._file(config_path) is not None

    def _file(self, config_path: str) -> Path | None:
        place = Path(self.path, config_path).resolve()
        if place.suffix in ENDINGS and place.is_file():
            return place
        found = [path for path in (place.with_name(place.name + ending) for ending in ENDINGS) if path.is_file()]
        if len(found) > 1:
            raise FerError(f"{found[0]} and {found[1]} have the same name: remove or rename one of them")
        return found[0] if found else None


def register_source() -> None:
    """Makes Hydra read config folders with this module; repeated calls have no effect."""
    Plugins.instance()  # registers Hydra's own source first, which fails if another class is registered
    SourcesRegistry.instance().types[FileConfigSource.scheme()] = FileConfigSource


def read_text(path: Path) -> str:
    """Returns the text of a UTF-8 file without its byte order mark.

    Raises:
        FerError: it cannot be read, is in another encoding, or is empty.
    """
    try:
        raw = path.read_bytes()
    except OSError as refusal:
        raise FerError(f"{path}: {refusal.strerror}") from refusal
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as other:
        line = raw.count(b"\n", 0, other.start) + 1
        raise FerError(f"{path}, line {line}: this is not UTF-8; save the file as UTF-8") from other
    if not text.strip():
        raise FerError(f"{path}: the file is empty")
    return text


def parse(text: str, path: Path) -> DictConfig:
    """Parses the text of a YAML file.

    Raises:
        FerError: the YAML is invalid, a key is repeated, or `defaults` is invalid; the message names `path`.
    """
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        _check_keys(root, path)
        content = OmegaConf.load(io.StringIO(text))
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        raise FerError(f"{_format_location(path, mark)}: {_explain_yaml_error(fault)}") from fault
    except (yaml.YAMLError, OmegaConfBaseException, OSError, ValueError) as fault:
        raise FerError(f"{path}: {str(fault).strip().splitlines()[0]}") from fault
    except RecursionError as fault:
        raise FerError(f"{path}: it is nested too deeply") from fault
    if not isinstance(content, DictConfig) or isinstance(root, yaml.ScalarNode):
        raise FerError(f"{path}: it must hold lines of `key: value`, and holds a list or a single value")
    _check_defaults(content, path)
    return content


def _explain_yaml_error(fault: yaml.MarkedYAMLError) -> str:
    problem = str(fault.problem or fault.context)
    if "'\\t'" in problem:
        return "a tab; YAML is indented by spaces"
    if "constructor for the tag" in problem:
        return f"{problem}; YAML of this project holds texts, numbers, truth values, lists and maps only"
    return problem


def _format_location(path: Path, mark: yaml.Mark | None) -> str:
    return f"{path}, line {mark.line + 1}" if mark else str(path)


def _check_keys(root: yaml.Node | None, path: Path) -> None:
    """Raises FerError for a repeated key, of which YAML would use the last, or a key that YAML reads as a boolean."""
    for mapping in _iter_mappings(root):
        lines: dict[str, int] = {}
        for key, _ in mapping.value:
            if not isinstance(key, yaml.ScalarNode) or key.value == "<<":
                continue
            place, line = _format_location(path, key.start_mark), key.start_mark.line + 1
            if key.tag == BOOLEAN:
                raise FerError(f'{place}: {key.value} is a truth value to YAML; as a key write "{key.value}" in quotes')
            if key.value in lines:
                raise FerError(f"{place}: the key {key.value} stands twice, first in line {lines[key.value]}")
            lines[key.value] = line


def _iter_mappings(root: yaml.Node | None) -> Iterator[yaml.MappingNode]:
    seen: set[int] = set()  # an alias refers to the same node
    nodes = [root] if root is not None else []
    while nodes:
        node = nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            yield node
            nodes += [part for pair in node.value for part in pair]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def _read_package(text: str, path: Path) -> str | None:
    """Reads `# @package NAME` from the comments at the top of a file."""
    head = takewhile(lambda line: not line.strip() or line.lstrip().startswith("#"), text.splitlines())
    try:
        header = ConfigSource._get_header_dict("\n".join(line for line in head if DIRECTIVE.match(line)))
    except ValueError as fault:
        raise FerError(f"{path}: {fault}; write `# @package NAME` and nothing else in that line") from fault
    package: str | None = header["package"]
    return package


def _check_defaults(content: DictConfig, path: Path) -> None:
    """Raises FerError for a `defaults` list on which Hydra would fail with a traceback."""
    defaults = OmegaConf.to_container(content, resolve=False).get("defaults", [])  # type: ignore[union-attr]
    if not isinstance(defaults, list):
        raise FerError(f"{path}: `defaults` must be a list, as in `defaults: [{{override /model: cnn}}]`")
    for item in defaults:
        pairs = list(item.items()) if isinstance(item, dict) else [("", item)]
        options = [one for _, value in pairs for one in (value if isinstance(value, list) else [value])]
        if len(pairs) != 1 or not isinstance(pairs[0][0], str):
            raise FerError(f"{path}: `defaults` has {item}; a line each, as in `- override /model: cnn`")
        for option in options:
            if not isinstance(option, str) and not (option is None and isinstance(item, dict)):
                raise FerError(f'{path}: `defaults` has {option}; a name like that stands in quotes, as in "{option}"')
