"""Architectures: torch only, one a file."""
