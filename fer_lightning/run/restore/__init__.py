"""Reads a checkpoint that anybody may have written: nothing in it runs, fetches or resolves anything."""
