"""Fixtures of the core's tests."""

from __future__ import annotations

import pytest

from tests.core.rig import QUICK, Rig, settings_with


@pytest.fixture
def rig() -> Rig:
    """A machine with no grace at the start, no warm-up and 10 s between checks."""
    return Rig(settings_with(watch=QUICK))
