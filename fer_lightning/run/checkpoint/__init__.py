"""Reads checkpoints that anybody may have written: nothing in them runs, fetches or resolves anything."""
