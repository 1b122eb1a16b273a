"""Readers: one data set per file, from its on-disk layout to a FaceSet."""
