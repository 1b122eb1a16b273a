"""Architectures: torch only, one per file."""
