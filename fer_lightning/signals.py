"""The signals that ask a run to stop; for every room."""

from __future__ import annotations

import signal

# Ctrl-C; the signal of `kill`, systemd and preemption; that of SLURM before the time limit, with
# --signal=USR1@SECONDS; that of submitit. By name, as Windows lacks the last two
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2") if hasattr(signal, name)
)
EXIT_CODES = tuple(128 + number for number in STOP_SIGNALS)  # as shells define them
