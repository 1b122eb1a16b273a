"""LightningModules, losses, metrics, schedules and callbacks."""
