"""What the tests of reports share."""

from __future__ import annotations

import made_results
import pytest


@pytest.fixture
def make_result():
    return made_results.make_result


@pytest.fixture
def make_sweep():
    return made_results.make_sweep
