"""Random changes of training images."""

import os

# importing albumentations asks its server for a newer version, and waits for the answer, unless this is set before
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
