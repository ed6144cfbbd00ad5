"""Fixtures of the adapters' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.detecting import Belongings, Played, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Makes detectors that are played, and looks that nothing is left of them."""
    before = Belongings()
    made: list[Played] = []

    def play(*actions: str, **limits: float) -> Played:
        made.append(Played(tmp_path, *actions, **limits))
        return made[-1]

    yield play
    for one in made:
        one.detector.close()
    before.assert_same()
