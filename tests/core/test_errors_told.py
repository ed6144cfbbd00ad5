"""What each error says happens next, and what of it may be printed anywhere."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core.errors import (
    AiWatchError,
    Ask,
    Bug,
    NextFrame,
    Reopen,
    Retry,
    SnapshotError,
    Spent,
    Unreachable,
)
from octoprint_aiwatch.core.values import Fault


@pytest.mark.parametrize(
    ("kind", "step", "source"),
    [
        (Retry, "retry", "backend"),
        (Unreachable, "retry", "backend"),
        (NextFrame, "next_frame", "backend"),
        (SnapshotError, "next_frame", "camera"),
        (Reopen, "reopen", "backend"),
        (Ask, "ask", "backend"),
        (Spent, "spent", "backend"),
        (Bug, "bug", "backend"),
    ],
)
def test_an_errors_class_says_what_happens_next_and_whose_trouble_it_is(
    kind: type[AiWatchError], step: str, source: str
) -> None:
    error = kind("a_code", wait_s=7.0, host="h")
    assert error.fault() == Fault("a_code", step, source, {"host": "h"}, 7.0)


def test_an_error_is_printed_as_its_code_and_nothing_that_it_carries() -> None:
    for error in (
        Ask("args_refused", detail="SECRET"),
        Unreachable("dns", host="SECRET"),
    ):
        assert str(error) == error.code
        assert "SECRET" not in repr(error)


def test_a_call_that_came_to_nothing_may_have_counted_unless_somebody_knows() -> None:
    assert Unreachable("timeout", host="h").sent
    assert not Unreachable("refused", sent=False, host="h").sent
