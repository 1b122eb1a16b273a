"""What Hydra calls at the beginning of a sweep of fer-eval, whose tests run in one process: it names the folders."""

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
    """Of fer-eval; a single test calls none of it, and a sweep without a name keeps Hydra's folders."""

    command = EVAL

    def begin(self, config: DictConfig) -> None:
        """Looks whether each test can know its checkpoint and data; under a name, tests get folders that say theirs."""
        parameters = config.hydra.sweeper.get("params") or {}
        # of a sweep's file also where one value is typed: the same test has the same folder
        keys = list(dict.fromkeys([*parameters, *list_swept_keys(parse_by_key(list_overrides(config)))]))
        given = {key: config.get(key) or key in keys for key in ("ckpt", "data")}
        check_required_keys({**given, "paper": config.get("paper")})
        if config.get("sweep_name"):
            resolve_dir(config, str(config.sweep_name))
            subdir = f"${{eval_name:${{hydra.overrides.task}},[{','.join(keys)}]}}"
            set_override(config, "subdir", subdir, f"'{subdir}'")
