"""Loads checkpoints from untrusted sources safely: nothing in them runs code, downloads or resolves anything."""
