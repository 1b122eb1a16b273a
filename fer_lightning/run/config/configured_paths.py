"""The folders that a config names, for messages about what went wrong in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fer_lightning.config_keys import is_place
from fer_lightning.run.config.compose import conf_dir


def list_configured_paths(cfg: DictConfig | None = None) -> dict[str, str]:
    """Dotted key to the folder or file that it names: the roots and, of a config, what its data set is read from.

    Where there is no config, or none with roots, as in fer-report, they are those that the environment gives.
    """
    roots = OmegaConf.create({"paths": OmegaConf.load(conf_dir() / "paths" / "default.yaml")})
    del roots.paths["output_dir"]  # known to Hydra alone
    configs = [roots] if cfg is None else [roots, cfg]
    return {key: place for one in configs for key, place in _iter_paths(OmegaConf.to_container(one), one)}


def _iter_paths(node: Any, cfg: DictConfig, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, inner in node.items():
            yield from _iter_paths(inner, cfg, f"{path}.{key}" if path else str(key))
    elif is_place(path) and path.partition(".")[0] in ("paths", "data"):  # other keys name single files
        try:
            value = OmegaConf.select(cfg, path)
        except OmegaConfBaseException:  # it may be what the message is about
            return
        if isinstance(value, str):
            yield path, value
