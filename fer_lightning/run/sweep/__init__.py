"""Sweeps: each job a process of its own in a folder of its own, and a file that says how far they are."""
