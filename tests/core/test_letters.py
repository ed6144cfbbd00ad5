"""What a message says, and what a print's tally comes to."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import kinds, letters
from octoprint_aiwatch.core.kinds import KINDS
from octoprint_aiwatch.core.latch import Tell
from octoprint_aiwatch.core.letters import News, Tally
from octoprint_aiwatch.core.words import SENTENCES

NEWS = News(kinds.WARNING, "Why.", "a.gcode", 0.5, "Gadget")


def test_every_kind_has_a_title_and_a_level() -> None:
    assert set(letters.TITLES) == set(letters.LEVELS) == set(KINDS)
    assert set(letters.TITLES.values()) <= set(SENTENCES)
    assert set(letters.LEVELS.values()) <= {"info", "success", "warning", "failure"}


def test_a_message_has_everything_that_is_known() -> None:
    title, body, level = letters.compose(
        Tell(kinds.WARNING, 3), NEWS, "Ender", "http://octopi.local"
    )
    assert title == "Ender: Possible print failure"
    assert body.split("\n") == [
        "Why.",
        "Print: a.gcode",
        "Score: 50 of 100, judged by Gadget.",
        "3 times since the last message like this.",
        "http://octopi.local",
    ]
    assert level == "warning"


def test_a_message_says_nothing_of_what_is_not_known() -> None:
    title, body, _ = letters.compose(
        Tell(kinds.BLINDED), News(kinds.BLINDED, "Why."), "", ""
    )
    assert (title, body) == ("AI Watch is blind", "Why.")


def test_a_repeated_alarm_says_that_it_is_one() -> None:
    tell = Tell(kinds.PAUSE_FAILED, repeated=True)
    title, _, _ = letters.compose(tell, NEWS, "Ender", "")
    assert title == "Ender: Still: The print could NOT be paused"


def test_what_comes_late_says_so_and_when_it_happened() -> None:
    assert letters.late("t", "b", 119.0, "14:05") == ("t", "b")
    title, body = letters.late("t", "b", 1320.0, "14:05")
    assert title == "[late] t"
    assert body == "This happened at 14:05, 22 min ago.\nb"


def test_a_clock_that_was_set_back_makes_nothing_late() -> None:
    assert letters.late("t", "b", -9000.0, "14:05") == ("t", "b")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (29, "29 s"), (59, "1 min"), (3540, "59 min"), (7260, "2 h 01 min")],
)
def test_a_time_span_is_written_as_a_person_does(seconds: float, text: str) -> None:
    assert letters.duration(seconds) == text


def test_the_summary_counts_what_came_to_pass() -> None:
    tally = Tally(since_s=0.0)
    for now_s, kind in (
        (10.0, kinds.WARNING),
        (20.0, kinds.BLINDED),
        (30.0, kinds.BLINDED),
        (140.0, kinds.RECOVERED),
        (200.0, kinds.FAILURE),
        (201.0, kinds.PAUSE_CONFIRMED),
        (3000.0, kinds.BLINDED),
        (3600.0, kinds.WATCH_ENDED),
    ):
        tally = letters.counted(tally, kind, now_s)
    text = letters.summary(tally, {"outcome": "done", "checks": 99}, 3600.0)
    assert text == (
        "The print is over (done) after 1 h 00 min and 99 checks. Warnings: 1, "
        "failures: 1, pauses: 1, blind for 12 min."
    )
