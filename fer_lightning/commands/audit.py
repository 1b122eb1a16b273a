"""`fer-audit`: checks a data set and its splits, prints the table."""

from __future__ import annotations

from omegaconf import DictConfig

from fer_lightning.commands.app import make_hydra_job, run_app


def main() -> None:
    """Reads sys.argv."""
    run_app("audit", _audit)


def _audit(cfg: DictConfig) -> None:
    # as in train.py
    from fer_lightning.results.audit_table import audit_table
    from fer_lightning.run.audit import audit

    job = make_hydra_job(cfg)
    audit_table(audit(job), job.output_dir)


if __name__ == "__main__":
    main()
