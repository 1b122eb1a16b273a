"""`fer-eval`: tests a checkpoint on a data set, prints the table."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.commands.app import make_hydra_job, run_app


def main() -> None:
    """Reads sys.argv."""
    run_app("eval", _evaluate)


def _evaluate(cfg: DictConfig) -> float | None:
    # as in train.py
    from fer_lightning.results.tables import closing_table
    from fer_lightning.run.evaluate import evaluate

    job = make_hydra_job(cfg)
    evaluation = evaluate(job)
    closing_table(evaluation.result, job.output_dir)
    return evaluation.score


if __name__ == "__main__":
    main()
