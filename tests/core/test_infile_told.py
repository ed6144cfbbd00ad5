"""@AIWATCH in the G-code: what each command leaves behind, and what is told, exactly."""

from __future__ import annotations

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import refusal
from octoprint_aiwatch.core.infile import (
    MOST_EARLY,
    MOST_ODD,
    MOST_QUOTED,
    MOST_TEXT,
)
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    PrinterReading,
    Reason,
    RemoteEvidence,
)
from tests.core.rig import BAD, QUICK, Rig, settings_with

PRINT = 7
"""The number of the print that OctoPrint's connection is at."""
BOX = Detection(0.97, 0.5, 0.5, 0.2, 0.2)
QUIET = Inspection(FrameEvidence(0.0))
LOUD = Inspection(FrameEvidence(0.97), (BOX,))


def read(rig: Rig, text: str, number: int = 0) -> list[m.Effect]:
    return rig.send(m.InFile(number, text))


def begins(rig: Rig, number: int = PRINT) -> None:
    """A print starts, and its number becomes known."""
    rig.start(then=None)
    printing(rig, number)


def printing(rig: Rig, number: int) -> None:
    rig.send(m.PrinterRead(PrinterReading("PRINTING", print_number=number)))


def told(rig: Rig) -> list[m.Log]:
    return [log for log in rig.seen(m.Log) if log.code.startswith("in_file")]


def judge(rig: Rig, inspection: Inspection) -> None:
    """The next check, once it is due."""
    rig.until_ordered()
    rig.judged(inspection)


def suspecting() -> Rig:
    """The detector on this machine is just about to call a failure one."""
    rig = Rig(settings_with(backend="local", watch=QUICK, actions={"safe_moment_s": 20}))
    rig.watching()
    for _ in range(12):
        judge(rig, QUIET)
    while rig.status()["verdict"] != "warning":
        judge(rig, LOUD)
    return rig


# -- before the print is known ---------------------------------------------------------


def test_of_a_text_read_early_no_more_is_held_than_shows_that_it_is_too_long(
    rig: Rig,
) -> None:
    read(rig, "OFF" + "x" * 10_000, PRINT)
    assert len(rig.state.in_file[0].text) == MOST_TEXT + 1


def test_all_that_was_read_early_is_obeyed(rig: Rig) -> None:
    read(rig, "OFF", PRINT)
    read(rig, "GRACE 10m", PRINT)
    begins(rig)
    read(rig, "ON", PRINT)
    assert rig.status()["grace_s"] == 600
    assert [log.code for log in told(rig)] == [
        "in_file_off",
        "in_file_grace",
        "in_file_on",
    ]


def test_what_was_read_early_is_obeyed_once(rig: Rig) -> None:
    read(rig, "OFF", PRINT)
    begins(rig)
    read(rig, "ON", PRINT)
    rig.wait(10)
    assert rig.status()["hold"] is None


def test_a_file_full_of_commands_is_not_held_whole(rig: Rig) -> None:
    for _ in range(2 * MOST_EARLY):
        read(rig, "GRACE 1s", PRINT)
    assert len(rig.state.in_file) == MOST_EARLY


def test_of_too_many_the_last_ones_are_obeyed(rig: Rig) -> None:
    read(rig, "OFF", PRINT)
    for _ in range(MOST_EARLY):
        read(rig, "GRACE 1s", PRINT)
    begins(rig)
    assert rig.status()["hold"] is None
    assert rig.status()["grace_s"] == 1


def test_what_the_next_print_says_before_the_last_is_known_to_be_over_waits_for_it(
    rig: Rig,
) -> None:
    begins(rig)
    read(rig, "OFF", PRINT + 1)
    assert rig.status()["hold"] is None
    rig.send(m.PrintEnded("done"))
    begins(rig, PRINT + 1)
    assert rig.status()["hold"] == "in_file"


def test_nor_is_it_lost_where_the_printer_itself_tells_of_the_next_print(
    rig: Rig,
) -> None:
    begins(rig)
    read(rig, "OFF", PRINT + 1)
    printing(rig, PRINT + 1)
    begins(rig, PRINT + 1)
    assert rig.status()["hold"] == "in_file"


def test_what_a_print_says_when_the_next_has_begun_is_forgotten(rig: Rig) -> None:
    begins(rig)
    read(rig, "OFF", PRINT - 1)
    assert rig.state.in_file == ()


# -- what is understood ----------------------------------------------------------------


def test_a_command_of_the_greatest_length_is_one(rig: Rig) -> None:
    rig.watching()
    read(rig, "OFF".ljust(MOST_TEXT))
    assert rig.status()["hold"] == "in_file"


def test_one_that_is_too_long_is_shown_as_cut_off(rig: Rig) -> None:
    rig.watching()
    read(rig, "OFF".ljust(MOST_TEXT + 1))
    assert told(rig) == [m.Log("warning", "in_file_unknown", {"text": "OFF…"})]


def test_what_is_not_understood_is_in_the_log_as_far_as_that_helps(rig: Rig) -> None:
    rig.watching()
    text = "DANCE " + "X" * MOST_QUOTED
    read(rig, text.lower())
    shown = {"text": text[:MOST_QUOTED]}
    assert told(rig) == [m.Log("warning", "in_file_unknown", shown)]


def test_only_some_of_what_is_not_understood_is_told(rig: Rig) -> None:
    rig.watching()
    for number in range(2 * MOST_ODD):
        read(rig, f"DANCE {number}")
    assert len(told(rig)) == MOST_ODD


def test_each_is_told_once_though_others_come_between(rig: Rig) -> None:
    rig.watching()
    for text in ("DANCE", "SING", "DANCE", "SING"):
        read(rig, text)
    assert [log.params["text"] for log in told(rig)] == ["DANCE", "SING"]


def test_a_grace_is_in_the_log_with_its_length(rig: Rig) -> None:
    rig.watching()
    read(rig, "GRACE 10m")
    assert told(rig) == [m.Log("info", "in_file_grace", {"grace_s": 600.0})]


# -- off and on ------------------------------------------------------------------------


def test_off_and_on_are_in_the_log(rig: Rig) -> None:
    rig.watching()
    read(rig, "OFF")
    read(rig, "ON")
    assert told(rig) == [m.Log("info", "in_file_off"), m.Log("info", "in_file_on")]


def test_off_takes_the_verdict_back_and_says_so() -> None:
    rig = suspecting()
    effects = read(rig, "OFF")
    assert rig.status()["verdict"] == "unknown"
    assert m.RaiseEvent("verdict_changed", Reason("no_data")) in effects


def test_what_was_seen_before_off_does_not_count_after_on() -> None:
    rig = suspecting()
    read(rig, "OFF")
    read(rig, "ON")
    judge(rig, LOUD)
    assert rig.status()["verdict"] == "ok"


def test_while_it_is_off_the_last_frames_quality_is_not_shown(rig: Rig) -> None:
    rig.watching()
    rig.judged(Inspection(RemoteEvidence(0.1, False, False, quality=9)))
    assert rig.status()["quality"] == 9
    read(rig, "OFF")
    assert rig.status()["quality"] is None


def test_while_it_is_off_there_is_no_box_to_point_at() -> None:
    rig = suspecting()
    pointed = m.Commanded("not_a_failure", BOX)
    assert refusal(rig.state, pointed) is None
    read(rig, "OFF")
    assert refusal(rig.state, pointed) == "no_such_box"


def test_a_failure_that_is_seen_again_after_on_is_told_again() -> None:
    rig = Rig(settings_with(watch=QUICK, actions={"on_failure": "notify"}))
    rig.watching()
    rig.judged(BAD)
    read(rig, "OFF")
    read(rig, "ON")
    judge(rig, BAD)
    assert rig.events().count("failure_detected") == 2
