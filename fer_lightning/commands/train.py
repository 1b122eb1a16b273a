"""`fer-train`: trains a model, tests it once, prints the table."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.commands.app import hydra_job, run_app


def main() -> None:
    """Reads sys.argv."""
    run_app("train", _train)


def _train(cfg: DictConfig) -> float | None:
    # torch takes seconds to import: `--help` and `--cfg job` must not wait for it
    from fer_lightning.results.tables import closing_table
    from fer_lightning.run.train import train

    job = hydra_job(cfg)
    result = train(job)
    closing_table(result, job.output_dir)
    return result.metrics.get(str(cfg.monitor))


if __name__ == "__main__":
    main()
