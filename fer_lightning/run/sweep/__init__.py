"""Sweeps: one process and one folder per job, and sweep.json with their states."""
