"""What holds for every test: everything below tests/e2e is marked and may take longer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is no failed property.
settings.register_profile("aiwatch", deadline=None)
settings.load_profile("aiwatch")

E2E = Path(__file__).parent / "e2e"
E2E_TIMEOUT_S = 180


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if E2E in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(E2E_TIMEOUT_S))
