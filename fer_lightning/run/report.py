"""Makes a report of many results and writes it as a page and as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError, choices
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.figures import BARS_FILE, write_bars
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.page import write_page
from fer_lightning.results.report.save_targets import write_soft_targets
from fer_lightning.results.report.write_tables import write_csv, write_latex, write_markdown
from fer_lightning.run.config.report_paths import KEY, PATHS_PREFIX, list_report_keys
from fer_lightning.run.job import Job

EXAMPLES = {
    "paths": f"{PATHS_PREFIX}[logs/runs]",
    "by": "by=[model,loss]",
    "bars": "bars=[data,model]",
    "metric": "metric=test/accuracy",
    "curve": "curve=train/accuracy",
    "over": "over=iterations",
    "save_targets": "save_targets=targets.csv",
}
WRITERS: dict[str, Callable[[Report, Path], None]] = {
    BARS_FILE: write_bars,
    "report.md": write_markdown,
    "report.csv": write_csv,
    "report.tex": write_latex,
    "report.html": write_page,  # last: if it exists, the others do
}


def report(job: Job) -> Report:
    """Reports the results in the paths and writes the folder; an earlier report is kept until all is written.

    Raises:
        FerError: no path, a missing path, no result, an unknown metric or key, or a setting of the wrong type.
    """
    config = job.config
    paths = [Path(path) for path in _check_texts(config[KEY], "paths")]
    for path in paths:
        key, equals, _ = str(path).partition("=")
        if equals and not path.exists():
            known = choices(sorted(list_report_keys() - {KEY}), key)
            raise FerError(f"{path}: no such path, and {key} is no key of fer-report; choose among {known}")
    made = make_report(
        paths,
        metric=None if config["metric"] is None else _check_text(config["metric"], "metric"),
        by=None if config["by"] is None else _check_texts(config["by"], "by"),
        ensemble=_check_switch(config["ensemble"] == "mean" or config["ensemble"], "ensemble", "mean, true"),
        title=None if config["title"] is None else str(config["title"]),
        bars=None if config["bars"] is None else _check_texts(config["bars"], "bars"),
        curve=None if config["curve"] is None else _check_text(config["curve"], "curve"),
        over=_check_text(config["over"], "over"),
        timing=_check_switch(config["timing"], "timing"),
    )
    if config["save_targets"] is not None:
        runs = [run for row in made.rows if not row.ensemble for run in row.runs]
        told = write_soft_targets(runs, Path(_check_text(config["save_targets"], "save_targets")))
        made = replace(made, notes=(*made.notes, told))
    _write_files(made, job.output_dir)
    return made


def _write_files(made: Report, folder: Path) -> None:
    """Writes every file under a temporary name, then replaces the earlier report."""
    folder.mkdir(parents=True, exist_ok=True)
    aside = {name: folder / f"{name}.new" for name in WRITERS}
    try:
        for name, write in WRITERS.items():
            write(made, aside[name])
        for name, new in aside.items():
            if new.exists():
                new.replace(folder / name)
            else:  # a report without bars
                (folder / name).unlink(missing_ok=True)
    finally:
        for new in aside.values():
            new.unlink(missing_ok=True)


def list_report_files(folder: Path) -> list[Path]:
    """Lists the existing files of a report, in the order of writing; bars are optional."""
    return [folder / name for name in WRITERS if (folder / name).is_file()]


def _check_texts(value: Any, key: str) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if any(one is None or isinstance(one, dict | list) for one in values):
        raise FerError(f"{key}={value}: give one text or a list of them, as in {EXAMPLES[key]}")
    return [str(one) for one in values]


def _check_text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        wanted = {"over": "a word", "save_targets": "a file"}.get(key, "the name of a metric")
        raise FerError(f"{key}={value}: give {wanted}, as in {EXAMPLES[key]}")
    return value


def _check_switch(value: Any, key: str, on: str = "true") -> bool:
    if not isinstance(value, bool):
        raise FerError(f"{key}={value}: choose {on} or false")
    return value
