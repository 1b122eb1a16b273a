"""Writes drawn faces in the on-disk layouts of real data sets: one layout per file."""
