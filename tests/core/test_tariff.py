"""What calls cost, by the services' own price tables."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.core.tariff import Tariff, cost_usd

GADGET = REGISTRY["gadget"].tariff
calls = st.integers(0, 10**8)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, 0.0),
        (5_000, 0.0),
        (5_001, 0.0004),
        (15_000, 4.0),
        (1_000_000, 398.0),
        (1_000_004, 398.001),
        (20_000_000, 5148.0),
        (21_000_000, 5298.0),
    ],
)
def test_gadgets_calls_cost_what_its_table_says(number: int, expected: float) -> None:
    assert GADGET is not None
    assert cost_usd(GADGET, number) == pytest.approx(expected)


@pytest.mark.parametrize(("number", "expected"), [(1, 0.0), (2, 0.0001), (4, 0.0002)])
def test_a_cost_is_told_to_a_hundredth_of_a_cent(number: int, expected: float) -> None:
    assert cost_usd(Tariff(((0, 0.00004),)), number) == expected


@given(calls, calls)
def test_more_calls_never_cost_less(one: int, other: int) -> None:
    assert GADGET is not None
    costs = [cost_usd(GADGET, number) or 0.0 for number in sorted((one, other))]
    assert costs == sorted(costs)


def test_a_price_that_nobody_told_us_is_none() -> None:
    assert cost_usd(Tariff(), 1_000) is None


def test_the_free_calls_are_read_off_the_table() -> None:
    assert GADGET is not None
    assert (GADGET.free, Tariff().free) == (5_000, 0)
