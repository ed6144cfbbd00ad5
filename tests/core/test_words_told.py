"""Sentences in another language, inside each other, and of damaged rows."""

from __future__ import annotations

from typing import Any

import pytest

from octoprint_aiwatch.core.words import (
    ADVICE,
    LABELS,
    SENTENCES,
    explain,
    nested,
    say,
)
from tests.core.rig import foreign

ADVISED = sorted(ADVICE)[0]


@pytest.mark.parametrize("code", sorted(set(LABELS) - set(SENTENCES))[:5])
def test_a_label_is_said_by_its_code(code: str) -> None:
    assert say(code, {}) == LABELS[code]


@pytest.mark.parametrize("value", [None, "soon", {"s": 1}])
def test_what_does_not_fit_its_place_leaves_the_sentence_without_braces(
    value: Any,
) -> None:
    plain = SENTENCES["soon_pause"].replace("{", "").replace("}", "")
    assert say("soon_pause", {"left_s": value}) == plain


def test_a_sentence_and_its_advice_are_in_the_language_asked_for() -> None:
    text = explain(ADVISED, {}, foreign)
    assert text.startswith("~")
    assert text.endswith("~" + ADVICE[ADVISED])


def test_a_sentence_in_a_sentence_is_in_the_same_language() -> None:
    why = nested("no_data", {})
    said = say("hold_paused_by_us", {"why": why}, foreign)
    assert said == foreign(SENTENCES["hold_paused_by_us"]).format(
        why=explain("no_data", {}, foreign)
    )


def test_a_sentence_in_a_sentence_keeps_the_values_it_was_made_with() -> None:
    params = {"left_s": 3.0}
    made = nested("soon_pause", params)
    params["left_s"] = 9.0
    assert made == {"code": "soon_pause", "params": {"left_s": 3.0}}


@pytest.mark.parametrize(
    ("value", "shown"),
    [({"code": 5, "params": {}}, "5"), ({"code": "idle"}, "{'code': 'idle'}")],
)
def test_what_is_no_sentence_is_shown_as_it_is(value: Any, shown: str) -> None:
    assert shown in say("hold_paused_by_us", {"why": value})
