"""The signals by which a run is asked to end; for every room."""

from __future__ import annotations

import signal

# Ctrl-C; what `kill`, systemd and preemption send; what SLURM sends ahead of the end with --signal=USR1@SECONDS, and
# submitit with USR2. By name, for Windows lacks two of them
ASKING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGUSR1", "SIGUSR2") if hasattr(signal, name))
EXIT_CODES = tuple(128 + number for number in ASKING)  # of a run that ended so, as shells have it
