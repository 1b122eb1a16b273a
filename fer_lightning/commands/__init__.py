"""Console commands: one thin entry point per command."""
