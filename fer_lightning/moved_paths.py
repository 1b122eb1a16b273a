"""One table of import paths that moved: configs of earlier versions keep working, and keep their hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Earlier path -> present path, of a class, a function or a whole module. No path stands on both sides; where two
# earlier paths have the same present one, the first of them is the one that hashes are computed of.
MOVED: dict[str, str] = {
    "fer_lightning.run.pages.features": "fer_lightning.run.visualizations.feature_maps",
    "fer_lightning.run.pages.importance": "fer_lightning.run.visualizations.importance_maps",
    "fer_lightning.run.pages.warps": "fer_lightning.run.visualizations.warped_faces",
    "fer_lightning.data.sequences.SequenceDataModule": "fer_lightning.data.datamodule.SequenceDataModule",
    "fer_lightning.data.votes.VotesDataModule": "fer_lightning.data.datamodule.VotesDataModule",
    "fer_lightning.data.readers.lfw_scenes.Background": "fer_lightning.data.readers.lfw_labels.Background",
}

TARGET = "_target_"


def update_path(path: str) -> str:
    """The present path of a class or function; a path that the table does not name is returned as it is."""
    return _replace_prefix(path, MOVED)


def update_targets(config: Any) -> Any:
    """Plain data in which every `_target_` has its present path; applied wherever a config is read."""
    return _map_targets(config, update_path)


def original_targets(config: Any) -> Any:
    """Plain data in which every `_target_` has its earliest path, so that no hash depends on where a class lies."""
    earliest: dict[str, str] = {}
    for old, new in MOVED.items():
        earliest.setdefault(new, old)
    return _map_targets(config, lambda path: _replace_prefix(update_path(path), earliest))


def find_moved(config: Any) -> Iterator[tuple[str, str]]:
    """Every `_target_` that has an earlier path, with its present one."""
    if isinstance(config, Mapping):
        target = config.get(TARGET)
        if isinstance(target, str) and update_path(target) != target:
            yield target, update_path(target)
    if isinstance(config, Mapping | list):
        for inner in config.values() if isinstance(config, Mapping) else config:
            yield from find_moved(inner)


def _map_targets(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return {
            key: change(inner) if key == TARGET and isinstance(inner, str) else _map_targets(inner, change)
            for key, inner in value.items()
        }
    return [_map_targets(inner, change) for inner in value] if isinstance(value, list) else value


def _replace_prefix(path: str, table: Mapping[str, str]) -> str:
    """The path with its longest prefix of whole names that stands in the table replaced."""
    prefix = path
    while prefix:
        if prefix in table:
            return table[prefix] + path[len(prefix) :]
        prefix = prefix.rpartition(".")[0]
    return path
