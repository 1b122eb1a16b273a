"""The process that a run lives in: signals, warnings, distributed environment, worker failures."""
