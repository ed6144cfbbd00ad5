"""Which month a call belongs to, whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.core.budget import (
    TRUSTED_AFTER_S,
    UNSET_BEFORE,
    month_of,
    settled,
    used,
)

months_of_a_year = st.integers(1, 12).map(lambda n: f"2026-{n:02}")
books = st.dictionaries(
    months_of_a_year,
    st.dictionaries(st.sampled_from(("gadget", "obico")), st.integers(0, 500)),
)


def total(book: dict[str, dict[str, int]], backend: str) -> int:
    return sum(counts.get(backend, 0) for counts in book.values())


@given(books, months_of_a_year, st.floats(0, 10 * TRUSTED_AFTER_S))
def test_no_call_is_lost_by_putting_months_right(
    book: dict[str, dict[str, int]], month: str, behind_s: float
) -> None:
    assert total(settled(month, book, behind_s), "gadget") == total(book, "gadget")


@given(books, months_of_a_year)
def test_a_call_counts_at_once_whatever_the_clock_says(
    book: dict[str, dict[str, int]], month: str
) -> None:
    before = used(month, book, "gadget")
    counts = book.setdefault(month_of(month, book), {})
    counts["gadget"] = counts.get("gadget", 0) + 1
    assert used(month, book, "gadget") == before + 1


def test_a_clock_that_goes_back_brings_no_new_calls() -> None:
    book = {"2026-03": {"gadget": 7}}
    assert used("2026-02", book, "gadget") == 7


def test_a_call_counts_for_the_newest_month_that_is_known() -> None:
    book = {"2026-03": {"gadget": 7}}
    assert month_of("2026-02", book) == "2026-03"
    assert month_of("2026-04", book) == "2026-04"
    assert month_of("2026-02", {}) == "2026-02"


def test_a_clock_that_was_ahead_gives_its_calls_to_the_right_month() -> None:
    book = {"2026-02": {"gadget": 2}, "2027-01": {"gadget": 5}}
    assert settled("2026-02", book, TRUSTED_AFTER_S) == {"2026-02": {"gadget": 7}}


def test_what_was_noted_before_that_month_stays_in_its_own() -> None:
    book = {"2026-01": {"gadget": 2}, "2027-01": {"gadget": 5}}
    found = settled("2026-02", book, TRUSTED_AFTER_S)
    assert found == {"2026-01": {"gadget": 2}, "2026-02": {"gadget": 5}}


def test_a_clock_that_was_never_set_is_not_believed() -> None:
    book = {"2026-02": {"gadget": 2}}
    assert settled("1970-01", book, 10 * TRUSTED_AFTER_S) == book
    assert settled(UNSET_BEFORE, book, TRUSTED_AFTER_S) == {UNSET_BEFORE: {"gadget": 2}}


def test_a_clock_that_has_been_behind_for_a_moment_is_not_believed() -> None:
    book = {"2027-01": {"gadget": 5}}
    assert settled("2026-02", book, TRUSTED_AFTER_S - 1) == book


@pytest.mark.parametrize("behind_s", [0.0, TRUSTED_AFTER_S])
def test_what_is_noted_later_does_not_change_what_was_known(behind_s: float) -> None:
    book = {"2026-02": {"gadget": 2}}
    settled("2026-02", book, behind_s)["2026-02"]["gadget"] += 1
    assert book == {"2026-02": {"gadget": 2}}


def test_a_new_month_begins_with_nothing() -> None:
    assert used("2026-03", {"2026-02": {"gadget": 7}}, "gadget") == 0
