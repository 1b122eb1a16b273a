"""Finds conf/ in a checkout or a wheel, and composes a config from it."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import InterpolationResolutionError, OmegaConfBaseException

import fer_lightning
from fer_lightning.config_keys import GroupKind, groups, is_place
from fer_lightning.data.names import UNDECODED, plain_text
from fer_lightning.errors import FerError, underlying_mistake
from fer_lightning.moved_paths import find_moved, update_targets
from fer_lightning.run.config.name_clashes import check_name_clashes
from fer_lightning.run.config.option_list import format_option_list
from fer_lightning.run.config.override_grammar import expand_home, to_hydra
from fer_lightning.run.config.yaml_source import ENDINGS, parse, read_text, register_source
from fer_lightning.run.job import Job
from fer_lightning.run.sweep.names import make_eval_name

log = logging.getLogger(__name__)

TRAIN, EVAL = "fer-train", "fer-eval"


def conf_dir() -> Path:
    """Returns the folder of the config groups: inside an installed package, or next to the package in a checkout."""
    package = Path(fer_lightning.__file__).resolve().parent
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "train.yaml").is_file():
            return folder
    raise FerError(f"no conf/ in {package} nor beside it: install the package again")


def config_dirs() -> list[Path]:
    """Returns the folders of config groups: conf/ and those of the running command, such as `--config-dir`."""
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    given = [source for source in sources if source.schema == "file" and source.provider != "main"]
    return [conf_dir(), *(Path(source.path) for source in given)]


def list_options(group: str) -> list[str]:
    """Returns the names of a group's YAML files."""
    return sorted(_files(group))


def option_nodes(group: str, config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the content of each option of a group, with interpolations resolved within `config`.

    Options that extend another file, and those that do not resolve here, are left out.
    """
    nodes = {}
    for name, file in sorted(_files(group).items()):
        node = parse(read_text(file), file)
        with suppress(OmegaConfBaseException):
            nodes[name] = to_plain(OmegaConf.create({**config, group: node}))[group]
    return {name: node for name, node in nodes.items() if isinstance(node, dict) and "_target_" in node}


def _files(group: str) -> dict[str, Path]:
    files = (file for folder in config_dirs() for file in (folder / group).glob("*") if file.suffix in ENDINGS)
    return {file.stem: file for file in files}


def get_sweep_command(sweep: DictConfig) -> str:
    """Returns the command that a file of the group `sweep` is for: the value of its key `command`, or fer-train."""
    return str(sweep.get("command", TRAIN))


def list_sweeps(command: str) -> list[str]:
    """Returns the options of `sweep` for this command."""
    files = sorted(_files("sweep").items())
    return [option for option, file in files if get_sweep_command(parse(read_text(file), file)) == command]


def register_resolvers() -> None:
    """Registers our reader of YAML files and our resolvers with Hydra; repeated calls have no effect.

    `${len:LIST}`, `${env_or:NAME,DEFAULT}`, `${class_set:NAME,DIR,FRAMES}`, `${groups:COMMAND}`,
    `${eval_name:OVERRIDES,KEYS}`, `${if_else:KEY,YES,NO}`.
    """
    register_source()
    OmegaConf.register_new_resolver("len", len, replace=True)
    OmegaConf.register_new_resolver("env_or", _env_or, replace=True)
    OmegaConf.register_new_resolver("class_set", _class_set, replace=True)
    OmegaConf.register_new_resolver("groups", _groups, replace=True)
    OmegaConf.register_new_resolver("if_else", _if_else, replace=True)
    OmegaConf.register_new_resolver("eval_name", make_eval_name, replace=True)


def _groups(command: str, *, _root_: DictConfig) -> str:
    """Returns every group of a command with its options, as text for `--help`."""
    # Hydra does not record the choice of a group if several options are selected
    known = {*HydraConfig.get().runtime.choices, *map(str, _root_)}
    names = {path.name for folder in config_dirs() for path in folder.iterdir() if path.is_dir()} & known
    names -= {"hydra", "local"}
    listed = {group: list_sweeps(command) if group == "sweep" else list_options(group) for group in sorted(names)}
    return format_option_list({group: found for group, found in listed.items() if found not in ([], ["default"])})


def _if_else(key: str, yes: Any, no: Any, *, _root_: DictConfig) -> Any:
    """Returns `no` if the dotted key of the config is false, null or absent, else `yes`."""
    return yes if OmegaConf.select(_root_, key) not in (None, False) else no


def _class_set(name: str | int | None, dir: str, frames: str) -> list[str]:
    """Returns the classes of a named set; for `held`, the classes that occur in the CK+ files in `dir`."""
    from fer_lightning.data.expressions import HELD, class_set
    from fer_lightning.data.readers.ckplus import find_classes

    return list(find_classes(dir, frames) if name == HELD else class_set(name))


def _env_or(name: str, default: str) -> str:
    # an empty variable counts as unset: `FER_DATA= fer-train` must not read from the root folder
    return str(Path(expand_home(os.environ.get(name) or default, name)))


def compose(overrides: Sequence[str] = (), config_name: str = "train") -> DictConfig:
    """Composes the config of a command; `paths.output_dir` is missing, as only Hydra knows it during a run.

    Args:
        overrides: as on the command line, such as `model=stn_cnn` or `optimizer.lr=0.1`.
        config_name: a YAML file at the top of conf/.
    """
    register_resolvers()
    check_name_clashes(overrides, conf_dir())
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        cfg = hydra_compose(config_name, [to_hydra(word) for word in overrides], return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    with open_dict(cfg):
        cfg.pop("hydra")
    return cfg


def compose_job(overrides: Sequence[str], output_dir: Path) -> Job:
    """Composes a training for tests and notebooks, as `fer-train` does; `run.train.train(job)` runs it.

    Args:
        overrides: as on the command line.
        output_dir: the run's folder.
    """
    return make_job(compose([*overrides, f"paths.output_dir={output_dir}"]), list(overrides), output_dir)


def make_job(cfg: DictConfig, overrides: list[str], output_dir: Path) -> Job:
    """Makes a job of the composed config and the choices that Hydra recorded."""
    chosen = HydraConfig.get().runtime.choices
    choices = {str(group): option for group, option in chosen.items() if not str(group).startswith("hydra")}
    content = to_plain(cfg)
    if isinstance(names := (content.get("data") or {}).get("class_names"), list):
        content["data"]["class_names"] = [plain_text(name) if isinstance(name, str) else name for name in names]
    for group in groups(GroupKind.SEVERAL):
        if group in content and group not in choices:
            choices[group] = _format_chosen(group, overrides, content[group])
    return Job(content, choices, overrides, output_dir, datetime.now(UTC))


def _format_chosen(group: str, overrides: Sequence[str], nodes: Mapping[str, Any]) -> str:
    """Formats the selected options of a group as `[a,b]`; Hydra does not record them."""
    typed = [word.partition("=")[2] for word in overrides if word.startswith(f"{group}=[")]
    return typed[-1] if typed else f"[{','.join(nodes)}]"


def to_plain(cfg: Any) -> dict[str, Any]:
    """Resolves a config and converts it to dicts, lists and values.

    Keys become strings, as in JSON. `~` in paths is expanded. Import paths that have moved are replaced by the present
    ones, with a warning.

    Raises:
        FerError: a resolver failed, or a value is not UTF-8.
    """
    try:
        content = OmegaConf.to_container(cfg, resolve=True)
    except InterpolationResolutionError as failure:
        raise underlying_mistake(failure) or failure from None
    assert isinstance(content, dict)
    for old, new in dict(find_moved(content)).items():
        log.warning("_target_: %s has moved; write %s", old, new)
    return {str(key): _normalize(value, str(key)) for key, value in update_targets(content).items()}


def _normalize(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {str(name): _normalize(inner, f"{key}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [_normalize(inner, key) for inner in value]
    if isinstance(value, str) and UNDECODED.intersection(value):  # a path with bytes that JSON cannot represent
        raise FerError(f"{key}={plain_text(value)}: this is no UTF-8; rename it, or name a link that leads there")
    return expand_home(value, key) if isinstance(value, str) and is_place(key) else value
