"""Blocks that more than one architecture uses."""
