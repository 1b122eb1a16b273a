"""`fer-report`: collects many results in one table, prints it and writes a page."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.commands.app import make_hydra_job, run_app
from fer_lightning.run.config.report_paths import collect_paths


def main() -> None:
    """Reads sys.argv."""
    run_app("report", _report, completed=collect_paths)


def _report(cfg: DictConfig) -> None:
    # as in train.py
    from fer_lightning.results.report.terminal import print_report
    from fer_lightning.run.report import list_report_files, report

    job = make_hydra_job(cfg)
    print_report(report(job), list_report_files(job.output_dir))


if __name__ == "__main__":
    main()
