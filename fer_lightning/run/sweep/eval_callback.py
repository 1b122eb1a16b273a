"""The Hydra callback of fer-eval's sweeps: names the folders of the tests, which run in one process."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.run.config.compose import EVAL
from fer_lightning.run.config.required_keys import check_required_keys
from fer_lightning.run.sweep.base_callback import (
    BaseSweepCallback,
    list_overrides,
    list_swept_keys,
    parse_by_key,
    resolve_dir,
    set_override,
)


class EvalSweepCallback(BaseSweepCallback):
    """The callback of fer-eval's sweeps; a sweep without a name keeps Hydra's folders."""

    command = EVAL

    def begin(self, config: DictConfig) -> None:
        """Checks that each test has a checkpoint and data; in a named sweep, folders are named by both."""
        parameters = config.hydra.sweeper.get("params") or {}
        # keys of the sweep's file count even with one typed value: the same test has the same folder
        keys = list(dict.fromkeys([*parameters, *list_swept_keys(parse_by_key(list_overrides(config)))]))
        given = {key: config.get(key) or key in keys for key in ("ckpt", "data")}
        check_required_keys({**given, "paper": config.get("paper")})
        if config.get("sweep_name"):
            resolve_dir(config, str(config.sweep_name))
            subdir = f"${{eval_name:${{hydra.overrides.task}},[{','.join(keys)}]}}"
            set_override(config, "subdir", subdir, f"'{subdir}'")
