"""`fer-train`: trains a model, tests it once, prints the table."""

from __future__ import annotations

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from fer_lightning.commands.app import make_hydra_job, run_app
from fer_lightning.run.process.distributed_env import require_shared_folder
from fer_lightning.run.resume.command import resume_job, use_run_folder
from fer_lightning.run.sweep.subprocess_job import exit_with_launcher


def main() -> None:
    """Reads sys.argv."""
    exit_with_launcher()
    run_app("train", _train, completed=lambda arguments: require_shared_folder(use_run_folder(arguments)))


def _train(cfg: DictConfig) -> float | None:
    if HydraConfig.get().mode is RunMode.MULTIRUN:
        from fer_lightning.run.sweep.job import run_job

        return run_job(cfg)
    # torch takes seconds to import: `--help` and `--cfg job` must not wait for it
    from fer_lightning.results.tables import closing_table
    from fer_lightning.run.train import train

    job = make_hydra_job(cfg)
    if cfg.resume:
        job = resume_job(job)
    result = train(job)
    if result is None:
        return None
    closing_table(result, job.output_dir)
    return result.metrics.get(str(job.config["monitor"]))


if __name__ == "__main__":
    main()
