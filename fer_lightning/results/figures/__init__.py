"""Figures of what a run did: each measured in inches, so that nothing overlaps or is cut."""
