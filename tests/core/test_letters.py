"""What a message says, and what a print's tally comes to."""

from __future__ import annotations

import pytest

from octoprint_aiwatch.core import kinds, letters
from octoprint_aiwatch.core.kinds import KINDS
from octoprint_aiwatch.core.latch import Tell
from octoprint_aiwatch.core.letters import News, Tally
from octoprint_aiwatch.core.words import SENTENCES
from tests.core.rig import foreign

NEWS = News(kinds.WARNING, "Why.", "a.gcode", 0.934, "Gadget")


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
        "Score: 93 of 100, judged by Gadget.",
        "3 times since the last message like this.",
        "http://octopi.local",
    ]
    assert level == "warning"


def test_a_message_says_nothing_of_what_is_not_known() -> None:
    title, body, _ = letters.compose(
        Tell(kinds.BLINDED), News(kinds.BLINDED, "Why."), "", ""
    )
    assert (title, body) == ("AI Watch is blind", "Why.")


def test_every_line_of_ours_is_in_the_users_language() -> None:
    tell = Tell(kinds.WARNING, 3, repeated=True)
    title, body, _ = letters.compose(tell, NEWS, "", "", foreign)
    assert title.startswith("~Still: ~")
    ours = [line for line in body.split("\n") if line != NEWS.reason]
    assert len(ours) == 3
    assert all(line.startswith("~") for line in ours)


def test_a_late_message_and_a_summary_are_in_the_users_language() -> None:
    title, body = letters.late("t", "b", 1320.0, "14:05", foreign)
    assert title.startswith("~")
    assert body.startswith("~")
    ended = {"outcome": "done", "checks": 9}
    assert letters.summary(Tally(), ended, 60.0, foreign).startswith("~")


@pytest.mark.parametrize("times", [1, 2])
def test_only_what_came_more_than_once_is_counted_in_the_message(times: int) -> None:
    _, body, _ = letters.compose(Tell(kinds.WARNING, times), NEWS, "", "")
    assert ("2 times since" in body) is (times == 2)


def test_a_repeated_alarm_says_that_it_is_one() -> None:
    tell = Tell(kinds.PAUSE_FAILED, repeated=True)
    title, _, _ = letters.compose(tell, NEWS, "Ender", "")
    assert title == "Ender: Still: The print could NOT be paused"


def test_what_comes_late_says_so_and_when_it_happened() -> None:
    assert letters.late("t", "b", letters.LATE_AFTER_S - 1, "14:05") == ("t", "b")
    title, _ = letters.late("t", "b", letters.LATE_AFTER_S, "14:05")
    assert title == "[late] t"
    title, body = letters.late("t", "b", 1320.0, "14:05")
    assert title == "[late] t"
    assert body == "This happened at 14:05, 22 min ago.\nb"


def test_a_clock_that_was_set_back_makes_nothing_late() -> None:
    assert letters.late("t", "b", -9000.0, "14:05") == ("t", "b")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-61, "0 s"),
        (0, "0 s"),
        (29, "29 s"),
        (59, "1 min"),
        (3540, "59 min"),
        (7260, "2 h 01 min"),
        (10740, "2 h 59 min"),
    ],
)
def test_a_time_span_is_written_as_a_person_does(seconds: float, text: str) -> None:
    assert letters.duration(seconds) == text


def test_the_summary_counts_what_came_to_pass() -> None:
    tally = Tally(since_s=1000.0)
    for now_s, kind in (
        (10.0, kinds.WARNING),
        (20.0, kinds.BLINDED),
        (110.0, kinds.BLINDED),
        (140.0, kinds.RECOVERED),
        (150.0, kinds.WARNING),
        (200.0, kinds.FAILURE),
        (201.0, kinds.PAUSE_CONFIRMED),
        (3000.0, kinds.BLINDED),
        (3600.0, kinds.WATCH_ENDED),
    ):
        tally = letters.counted(tally, kind, now_s)
    text = letters.summary(tally, {"outcome": "done", "checks": 99}, 4600.0)
    assert text == (
        "The print is over (done) after 1 h 00 min and 99 checks. Warnings: 2, "
        "failures: 1, pauses: 1, blind for 12 min."
    )


def test_what_is_well_again_without_having_been_blind_was_not_blind() -> None:
    tally = letters.counted(Tally(), kinds.RECOVERED, 50.0)
    assert letters.counted(tally, kinds.WATCH_ENDED, 90.0) == Tally()


def test_news_that_the_summary_does_not_tell_of_count_nothing() -> None:
    assert letters.counted(Tally(), kinds.BUDGET, 50.0) == Tally()


def test_counting_leaves_the_tally_before_as_it_was() -> None:
    before = Tally()
    letters.counted(before, kinds.WARNING, 50.0)
    assert before == Tally()
