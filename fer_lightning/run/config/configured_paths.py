"""Lists the folders that a config names, for error messages about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fer_lightning.config_keys import is_place
from fer_lightning.run.config.compose import conf_dir


def list_configured_paths(cfg: DictConfig | None = None) -> dict[str, str]:
    """Returns dotted keys with their folders or files: the root folders and the sources of the data set.

    Without a config, or with one that has no root folders, as in fer-report, the roots come from the environment.
    """
    roots = OmegaConf.create({"paths": OmegaConf.load(conf_dir() / "paths" / "default.yaml")})
    del roots.paths["output_dir"]  # only Hydra knows it
    configs = [roots] if cfg is None else [roots, cfg]
    return {key: place for one in configs for key, place in _iter_paths(OmegaConf.to_container(one), one)}


def _iter_paths(node: Any, cfg: DictConfig, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, inner in node.items():
            yield from _iter_paths(inner, cfg, f"{path}.{key}" if path else str(key))
    elif is_place(path) and path.partition(".")[0] in ("paths", "data"):  # other keys are single files
        try:
            value = OmegaConf.select(cfg, path)
        except OmegaConfBaseException:  # this may be the error to report
            return
        if isinstance(value, str):
            yield path, value
