"""The shared entry point of the commands: runs Hydra, and prints one clear message per user error."""

from __future__ import annotations

import functools
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fer_lightning.control_characters import without_controls_in_lines
from fer_lightning.errors import FerError
from fer_lightning.os_errors import OUTPUT, as_fer_error, describe
from fer_lightning.run.config.command_flags import move_flags_first
from fer_lightning.run.config.compose import conf_dir, make_job, register_resolvers
from fer_lightning.run.config.configured_paths import list_configured_paths
from fer_lightning.run.config.name_clashes import check_name_clashes
from fer_lightning.run.config.override_errors import explain, is_null_group
from fer_lightning.run.config.override_grammar import to_hydra
from fer_lightning.run.job import Job, Stopped
from fer_lightning.run.process.distributed_env import FOLDER, drop_stale_ranks
from fer_lightning.run.sweep.base_callback import check_command

FULL_ERROR = "HYDRA_FULL_ERROR"
log = logging.getLogger(__name__)
register_resolvers()  # at import, as the workers of a sweep's launcher import this module without calling it


def run_app(
    config_name: str,
    task: Callable[[DictConfig], Any],
    completed: Callable[[Sequence[str]], list[str]] = list,
) -> None:
    """Runs a command whose config is `conf/<config_name>.yaml`; a user error ends it with exit code 1.

    Args:
        config_name: the YAML file, without its ending.
        task: called with the composed config; its return value goes to Hydra's sweepers.
        completed: takes and returns the command's arguments, its flags in front, each one word.
    """
    for line in drop_stale_ranks():
        print(f"warning: {line}", file=sys.stderr)
    try:
        with as_fer_error(list_configured_paths()):
            arguments = move_flags_first(sys.argv[1:])
            check_name_clashes(arguments, conf_dir())
            sys.argv[1:] = [word if word.startswith("-") else to_hydra(word) for word in completed(arguments)]
    except FerError as mistake:
        _print_error(str(mistake))
        sys.exit(1)
    task = _exit_on_signals(task)
    if os.environ.get(FULL_ERROR):
        _decorate(config_name, task)()
        return
    mistakes: list[FerError] = []
    try:
        with _raise_hydra_errors():
            _decorate(config_name, _collect_errors(mistakes, task))()
    except (FerError, HydraException, OmegaConfBaseException, ValueError) as mistake:
        if not isinstance(mistake, FerError | HydraException | OmegaConfBaseException) and not is_null_group(mistake):
            raise
        _print_error(explain(mistake, config_name, sys.argv[1:]))
        sys.exit(1)
    except OSError as failure:  # Hydra makes the run's folder before it calls the task
        _print_error(describe(failure, list_configured_paths() | _find_run_dir(sys.argv)))
        sys.exit(1)
    except KeyboardInterrupt:  # while a sweep's launcher waits for its workers
        sys.exit(_print_exit("interrupted", signal.SIGINT))
    if mistakes:
        sys.exit(1)


def _decorate(config_name: str, task: Callable[[DictConfig], Any]) -> Callable[[], None]:
    task.__module__ = f"fer_lightning.commands.{config_name}"  # Hydra names the job after it, also under python -m
    app = hydra.main(version_base="1.3", config_path=str(conf_dir()), config_name=config_name)(task)
    return cast(Callable[[], None], app)


def _exit_on_signals(task: Callable[[DictConfig], Any]) -> Callable[[DictConfig], Any]:
    """Wraps the task: a signal ends it and a whole multirun with exit code 128 + signal."""

    @functools.wraps(task)
    def run(cfg: DictConfig) -> Any:
        try:
            return task(cfg)
        except Stopped as stop:
            print(stop, file=sys.stderr)
            sys.exit(stop.code)
        except KeyboardInterrupt:
            sys.exit(_print_exit("interrupted", signal.SIGINT))
        except SystemExit as end:  # how Lightning ends a test on a signal
            if isinstance(end.__context__, KeyboardInterrupt):
                sys.exit(_print_exit("interrupted", signal.SIGINT))
            if end.code is None:
                sys.exit(_print_exit("ended by SIGTERM", signal.SIGTERM))
            raise

    return run


def _print_exit(text: str, signum: int) -> int:
    print(text, file=sys.stderr)
    return 128 + signum


def _collect_errors(mistakes: list[FerError], task: Callable[[DictConfig], Any]) -> Callable[[DictConfig], Any]:
    """Wraps the task: a user error is printed at once and kept, so that the other jobs of a multirun still run."""

    @functools.wraps(task)
    def run(cfg: DictConfig) -> Any:
        os.environ.pop(FULL_ERROR, None)  # the user has not set it, so child processes must not find it
        try:
            with as_fer_error(list_configured_paths(cfg) | {OUTPUT: HydraConfig.get().runtime.output_dir}):
                return task(cfg)
        except FerError as mistake:
            mistakes.append(mistake)
            _print_error(str(mistake))
            return None
        finally:
            os.environ[FULL_ERROR] = "1"

    return run


def _find_run_dir(arguments: Sequence[str]) -> dict[str, str]:
    """The folder that the command line names for the run, by its key in `list_configured_paths`."""
    typed = [word.removeprefix(FOLDER).strip("'\"") for word in arguments if word.startswith(FOLDER)]
    return {OUTPUT: typed[-1]} if typed else {}


def _print_error(text: str) -> None:
    text = without_controls_in_lines(text)  # what was typed, or a file brings along
    print(f"error: {text}\n({FULL_ERROR}=1 shows where it was raised)", file=sys.stderr)


@contextmanager
def _raise_hydra_errors() -> Iterator[None]:
    """Makes Hydra raise its exceptions instead of printing them, and keeps logging from printing its own errors."""
    os.environ[FULL_ERROR] = "1"
    # a full disk would bring a traceback per line of the log, and one of each thread that writes
    shown, logging.raiseExceptions = logging.raiseExceptions, False
    hook, threading.excepthook = threading.excepthook, _log_thread_error
    try:
        yield
    finally:
        os.environ.pop(FULL_ERROR, None)
        logging.raiseExceptions, threading.excepthook = shown, hook


def _log_thread_error(failure: threading.ExceptHookArgs) -> None:
    if isinstance(failure.exc_value, OSError):
        log.warning("%s", describe(failure.exc_value, {}))
    else:
        threading.__excepthook__(failure)


def make_hydra_job(cfg: DictConfig) -> Job:
    """The job in the folder that Hydra has made, with the files that Hydra usually writes into `.hydra/`.

    `hydra: run` keeps Hydra from writing them: a second launch in the same folder would do so before it is refused.

    Raises:
        FerError: another command's sweep was chosen.
    """
    hydra_cfg = HydraConfig.get()
    check_command(hydra_cfg, cfg, f"fer-{hydra_cfg.job.config_name}")
    job = make_job(cfg, list(hydra_cfg.overrides.task), Path(hydra_cfg.runtime.output_dir))
    kept = {"config": cfg, "hydra": HydraConfig.instance().cfg, "overrides": hydra_cfg.overrides.task}
    return replace(job, records={f".hydra/{name}.yaml": OmegaConf.to_yaml(content) for name, content in kept.items()})
