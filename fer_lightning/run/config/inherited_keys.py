"""Finds the YAML file from which the selected option inherits a key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf

from fer_lightning.run.config.yaml_source import ENDINGS, parse, read_text


def find_parent_option(keys: Sequence[str]) -> tuple[Path, Path] | None:
    """Returns the file of the selected option and the file in its `defaults` that defines these keys.

    Args:
        keys: dotted, of one group, such as `model.net.width`.

    Returns:
        None if the keys were typed, are defined in the option's own file, or come from several files.
    """
    if not HydraConfig.initialized():
        return None
    group = keys[0].partition(".")[0]
    option = HydraConfig.get().runtime.choices.get(group)
    own = _find_file(group, str(option))
    if own is None:
        return None
    sources = {_find_source(own, group, key.split(".")[1:]) for key in keys}
    (source, *others) = sources
    return None if others or source in (None, own) else (own, Path(str(source)))


def _find_source(file: Path, group: str, key: Sequence[str]) -> Path | None:
    """Returns this file or the inherited one, whichever defines the key."""
    content: Any = OmegaConf.to_container(parse(read_text(file), file))
    if not isinstance(content, Mapping):
        return None
    if _has_key(content, key):
        return file
    for parent in _iter_parents(content):
        found = _find_file(group, parent)
        source = None if found in (None, file) else _find_source(Path(str(found)), group, key)
        if source is not None:
            return source
    return None


def _has_key(content: Any, key: Sequence[str]) -> bool:
    for part in key:
        if not isinstance(content, Mapping) or part not in content:
            return False
        content = content[part]
    return True


def _iter_parents(content: Mapping[str, Any]) -> Iterator[str]:
    for entry in reversed(content.get("defaults") or []):  # later entries take precedence
        if isinstance(entry, str) and entry != "_self_":
            yield entry.partition("@")[0]


def _find_file(group: str, option: str) -> Path | None:
    folders = [Path(source.path) for source in HydraConfig.get().runtime.config_sources if source.schema == "file"]
    files = (folder / group / f"{option}{ending}" for folder in folders for ending in ENDINGS)
    return next((file for file in files if file.is_file()), None)
