"""Obico's temporal statistics, against sums over the whole history."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulator.statistics import PrinterStatistics

History = list[tuple[str, float]]
FRAMES = st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 1))


def brute_force(history: History) -> tuple[float, float, float, int, int]:
    """The five figures from the definitions alone."""
    current: list[float] = []
    for index in range(len(history) - 1, -1, -1):
        if history[index][0] != history[-1][0]:
            break
        current.insert(0, history[index][1])
    age = len(current)
    ewm = sum(p * (2 / 13) * (11 / 13) ** (age - 1 - i) for i, p in enumerate(current))
    short = current[-310:]
    lifetime = [p for _, p in history]
    recent = lifetime[-7200:]
    means = (sum(short) / len(short), sum(recent) / len(recent))
    return (ewm, *means, age, len(lifetime))


@settings(max_examples=60, deadline=None)
@given(st.lists(FRAMES, min_size=1, max_size=60))
def test_the_figures_are_those_of_the_definitions(history: History) -> None:
    statistics = PrinterStatistics()
    for print_id, p in history:
        stats = statistics.add(print_id, p)
    assert tuple(stats.values()) == pytest.approx(brute_force(history), abs=1e-9)


def test_the_windows_let_old_frames_go() -> None:
    statistics = PrinterStatistics()
    history: History = [("a", (index * 37 % 101) / 100) for index in range(7300)]
    for print_id, p in history:
        stats = statistics.add(print_id, p)
    assert tuple(stats.values()) == pytest.approx(brute_force(history), abs=1e-9)
