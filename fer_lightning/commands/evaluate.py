"""`fer-eval`: tests a checkpoint on a data set, prints the table."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.commands.app import hydra_job, run_app


def main() -> None:
    """Reads sys.argv."""
    run_app("eval", _evaluate)


def _evaluate(cfg: DictConfig) -> float | None:
    # as in train.py
    from fer_lightning.results.tables import closing_table
    from fer_lightning.run.evaluate import evaluate

    job = hydra_job(cfg)
    result = evaluate(job)
    closing_table(result, job.output_dir)
    # what a sweeper gets: the PSNR of a net that enlarges images
    return result.metrics.get("test/accuracy", result.metrics.get("test/psnr"))


if __name__ == "__main__":
    main()
