"""Preprocessing: from the published images to the pixels that a model takes."""
