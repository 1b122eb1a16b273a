"""Readers: one data set a file, from its on-disk layout to a FaceSet."""
