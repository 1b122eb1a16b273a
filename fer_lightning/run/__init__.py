"""Builds objects from a config and runs them: training, evaluation, audit, report."""
