"""Finds conf/ in a checkout or a wheel, and composes a config from it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import InterpolationResolutionError

import fer_lightning
from fer_lightning.config_keys import Group, groups
from fer_lightning.errors import FerError, underlying_mistake
from fer_lightning.run import yaml_source
from fer_lightning.run.job import Job
from fer_lightning.run.sweep.names import eval_name

TRAIN, EVAL = "fer-train", "fer-eval"
# by LightningModule, what chooses a checkpoint unless the user says otherwise
MAIN_FIGURE = {"fer_lightning.training.super_resolution.SuperResolver": "val/psnr"}


def conf_dir() -> Path:
    """The folder of the config groups: inside an installed package, beside it in a checkout."""
    package = Path(fer_lightning.__file__).resolve().parent
    for folder in (package / "conf", package.parent / "conf"):
        if (folder / "train.yaml").is_file():
            return folder
    raise FerError(f"no conf/ in {package} nor beside it: install the package again")


def options(group: str) -> list[str]:
    """The names of a group's YAML files in conf/."""
    return sorted(file.stem for file in (conf_dir() / group).glob("*.yaml"))


def swept_by(sweep: DictConfig) -> str:
    """The command that a file of the group `sweep` is for: its key `command` says so, else it is fer-train."""
    return str(sweep.get("command", TRAIN))


def sweeps_of(command: str) -> list[str]:
    """The options of `sweep` that are for this command."""
    content = {option: OmegaConf.load(conf_dir() / "sweep" / f"{option}.yaml") for option in options("sweep")}
    return [option for option, sweep in content.items() if isinstance(sweep, DictConfig) and swept_by(sweep) == command]


def register_resolvers() -> None:
    """Lets Hydra read our YAML files, and defines what they may write beside values; twice does no harm.

    `${len:LIST}`, `${env_or:NAME,DEFAULT}`, `${class_set:NAME,DIR,FRAMES}`, `${options:GROUP}`, `${groups:}`,
    `${sweeps:COMMAND}`, `${eval_name:OVERRIDES,KEYS}`, `${main_figure:MODULE}`.
    """
    yaml_source.register()
    OmegaConf.register_new_resolver("len", len, replace=True)
    OmegaConf.register_new_resolver("env_or", _env_or, replace=True)
    OmegaConf.register_new_resolver("class_set", _class_set, replace=True)
    OmegaConf.register_new_resolver("main_figure", lambda module: MAIN_FIGURE.get(module, "val/accuracy"), replace=True)
    OmegaConf.register_new_resolver("groups", _groups, replace=True)
    OmegaConf.register_new_resolver("eval_name", eval_name, replace=True)
    OmegaConf.register_new_resolver("sweeps", lambda command: ", ".join(sweeps_of(command)), replace=True)
    OmegaConf.register_new_resolver("options", lambda group: ", ".join(options(group)), replace=True)


def _groups() -> str:
    """Every group of fer-train with its options, a line each; what only completes another file is no option."""
    names = (folder.name for folder in sorted(conf_dir().iterdir()) if folder.is_dir() and folder.name != "hydra")
    listed = {name: sweeps_of(TRAIN) if name == "sweep" else options(name) for name in names}
    return "\n".join(f"{group}: {', '.join(found)}" for group, found in listed.items() if found)


def _class_set(name: str | int | None, dir: str, frames: str) -> list[str]:
    """The classes of a named set; those that CK+'s files in `dir` hold where the name is `held`."""
    from fer_lightning.data.class_sets import HELD, class_set  # what reads images is slow to import
    from fer_lightning.data.readers.ckplus import held_classes

    return list(held_classes(dir, frames) if name == HELD else class_set(name))


def _env_or(name: str, default: str) -> str:
    # an empty variable counts as unset: `FER_DATA= fer-train` should not read the root folder
    return str(Path(os.environ.get(name) or default).expanduser())


def compose(overrides: Sequence[str] = (), config_name: str = "train") -> DictConfig:
    """The config that a command would see, but for `paths.output_dir`, which Hydra knows only in a run.

    Args:
        overrides: as on the command line, such as `model=stn_cnn` or `optimizer.lr=0.1`.
        config_name: a YAML file at the top of conf/.
    """
    register_resolvers()
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        cfg = hydra_compose(config_name, list(overrides), return_hydra_config=True)
    HydraConfig.instance().set_config(cfg)
    with open_dict(cfg):
        cfg.pop("hydra")
    return cfg


def compose_job(overrides: Sequence[str], output_dir: Path) -> Job:
    """A training as `fer-train` would run it, for tests and notebooks: `run.train.train(job)` runs it.

    Args:
        overrides: as on the command line.
        output_dir: the run's folder.
    """
    return as_job(compose([*overrides, f"paths.output_dir={output_dir}"]), list(overrides), output_dir)


def as_job(cfg: DictConfig, overrides: list[str], output_dir: Path) -> Job:
    """The composed config with what Hydra knows about it, as plain data."""
    chosen = HydraConfig.get().runtime.choices
    choices = {str(group): option for group, option in chosen.items() if not str(group).startswith("hydra")}
    content = plain(cfg)
    for group in groups(Group.SEVERAL):
        if group in content and group not in choices:
            choices[group] = _listed(group, overrides, content[group])
    return Job(content, choices, overrides, output_dir, datetime.now(UTC))


def _listed(group: str, overrides: Sequence[str], nodes: Mapping[str, Any]) -> str:
    """The options `[a,b]` of a group that several were chosen of: Hydra does not keep them."""
    typed = [word.partition("=")[2] for word in overrides if word.startswith(f"{group}=[")]
    return typed[-1] if typed else f"[{','.join(nodes)}]"


def plain(cfg: Any) -> dict[str, Any]:
    """A resolved config as dicts, lists and values; a mistake that a resolver found is raised as it is."""
    try:
        content = OmegaConf.to_container(cfg, resolve=True)
    except InterpolationResolutionError as failure:
        raise underlying_mistake(failure) or failure from None
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}
