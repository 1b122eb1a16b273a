"""Augmentation of training images."""

import os

# without this, importing albumentations asks its server for a newer version and waits for the answer
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
