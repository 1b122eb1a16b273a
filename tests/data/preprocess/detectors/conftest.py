"""One real photograph, and pictures made of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from fer_lightning.data.preprocess.detectors import DETECTORS


@pytest.fixture(scope="session")
def astronaut():
    """(512, 512, 3), a woman who looks into the camera."""
    return data.astronaut()


@pytest.fixture(scope="session")
def two_faces(astronaut):
    """(260, 440, 3) and the boxes of both: the face as it is, and at three quarters of its size."""
    head = astronaut[20:220, 120:320]
    canvas = np.full((260, 440, 3), 200, dtype=np.uint8)
    canvas[30:230, 20:220] = head
    canvas[50:200, 260:410] = cv2.resize(head, (150, 150), interpolation=cv2.INTER_AREA)
    # the face begins 57 px right of the head's corner and 40 px below it, and is 90 px wide and 110 px high
    return canvas, ((77, 70, 90, 110), (302.75, 80, 67.5, 82.5))


@pytest.fixture(params=list(DETECTORS))
def detect(request):
    """Each detector in turn."""
    return DETECTORS[request.param]()


@pytest.fixture
def overlap():
    """A function that gives the intersection of two boxes over their union."""

    def share(one, other):
        width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
        height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
        both = max(0, width) * max(0, height)
        return both / (one[2] * one[3] + other[2] * other[3] - both)

    return share
