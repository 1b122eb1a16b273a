"""Experiment tracking with W&B and TensorBoard."""
