"""The outbox: nothing is lost, nothing sent twice, nothing grows for ever."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from octoprint_aiwatch.adapters import outbox as module
from octoprint_aiwatch.adapters.outbox import KEEP_S, MOST_MESSAGES, Letter, Outbox
from octoprint_aiwatch.courier.__main__ import note_sent

NOW = 1_800_000_000.0


def letter(title: str = "t", jpeg: bytes = b"", at: float = NOW) -> Letter:
    return Letter(at, title, "body", "info", jpeg, [(0.5, 0.5, 0.1, 0.1, 1.0)])


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "outbox.sqlite3")


@pytest.fixture
def box(path: str) -> Any:
    return Outbox(path, pytest.fail)


def titles(box: Outbox, service: str) -> list[str]:
    found = []
    while (one := box.next_for(service)) is not None:
        number, what = one
        found.append(what.title)
        box.claim(number, service)
        box.sent(number, service)
    return found


def test_every_service_gets_every_message_in_order(box: Outbox) -> None:
    for title in ("one", "two"):
        box.add(letter(title), ["a", "b"])
    assert titles(box, "a") == ["one", "two"]
    assert box.waiting() == 2
    assert titles(box, "b") == ["one", "two"]
    assert box.waiting() == 0


def test_a_message_comes_back_as_it_went_in(box: Outbox) -> None:
    sent = letter(jpeg=b"\xff\xd8 picture")
    box.add(sent, ["a"])
    found = box.next_for("a")[1]
    assert found.jpeg == sent.jpeg
    assert found.boxes == [[0.5, 0.5, 0.1, 0.1, 1.0]]
    assert (found.at, found.title, found.level) == (NOW, "t", "info")


def test_a_restart_loses_nothing_and_sends_nothing_twice(box: Outbox, path: str) -> None:
    box.add(letter("one"), ["a", "b"])
    box.add(letter("two"), ["a"])
    number = box.next_for("a")[0]
    box.claim(number, "a")
    box.sent(number, "a")
    again = Outbox(path, pytest.fail)
    assert again.waiting() == 2
    assert titles(again, "a") == ["two"]
    assert titles(again, "b") == ["one"]


def test_what_was_on_its_way_at_a_restart_waits_for_its_courier(
    box: Outbox, path: str
) -> None:
    box.add(letter("one"), ["a"])
    box.add(letter("two"), ["a"])
    first = box.next_for("a")[0]
    box.claim(first, "a")
    again = Outbox(path, pytest.fail)
    assert again.next_for("a")[1].title == "two"
    note_sent(path, first, "a")
    again.reclaim()
    assert titles(again, "a") == ["two"]


def test_what_the_courier_did_not_note_is_sent_again(box: Outbox, path: str) -> None:
    box.add(letter("one"), ["a"])
    box.claim(box.next_for("a")[0], "a")
    again = Outbox(path, pytest.fail)
    again.reclaim()
    assert titles(again, "a") == ["one"]


def test_a_message_that_failed_waits_and_one_that_was_sent_after_all_does_not(
    box: Outbox, path: str
) -> None:
    box.add(letter("one"), ["a", "b"])
    number = box.next_for("a")[0]
    for service in ("a", "b"):
        box.claim(number, service)
    note_sent(path, number, "b")
    for service in ("a", "b"):
        box.failed(number, service)
    assert titles(box, "a") == ["one"]
    assert titles(box, "b") == []


def test_a_message_is_claimed_once(box: Outbox) -> None:
    box.add(letter(), ["a"])
    number = box.next_for("a")[0]
    assert box.claim(number, "a")
    assert not box.claim(number, "a")


def test_more_than_fits_costs_the_oldest_messages(box: Outbox) -> None:
    for n in range(MOST_MESSAGES + 5):
        box.add(letter(str(n)), ["a"])
    found = titles(box, "a")
    assert len(found) == MOST_MESSAGES
    assert found[0] == "5"


def test_pictures_are_dropped_before_words(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FRAME_BYTES", 250)
    for n in range(4):
        box.add(letter(str(n), b"x" * 100), ["a"])
    sizes = []
    while (one := box.next_for("a")) is not None:
        sizes.append(len(one[1].jpeg))
        box.claim(one[0], "a")
    assert sizes == [0, 0, 100, 100]


def test_after_a_day_nobody_needs_to_know(box: Outbox) -> None:
    box.add(letter("old", at=NOW - KEEP_S - 1), ["a"])
    box.add(letter("new"), ["a"])
    assert box.drop_old(NOW, ["a"]) == 1
    assert titles(box, "a") == ["new"]


def test_a_clock_that_was_never_set_makes_no_message_old(box: Outbox) -> None:
    box.add(letter("1970", at=100.0), ["a"])
    assert box.drop_old(NOW, ["a"]) == 0
    assert titles(box, "a") == ["1970"]


def test_a_service_that_is_gone_gets_nothing(box: Outbox) -> None:
    box.add(letter(), ["a", "b"])
    box.drop_old(NOW, ["b"])
    assert box.next_for("a") is None
    assert box.waiting() == 1


def test_the_salt_stays_the_same(box: Outbox, path: str) -> None:
    assert len(box.salt()) == 32
    assert Outbox(path, pytest.fail).salt() == box.salt()


def test_a_damaged_file_makes_room_for_a_new_one(path: str) -> None:
    Path(path).write_bytes(b"this is no database, not at all" * 100)
    box = Outbox(path, pytest.fail)
    box.add(letter("one"), ["a"])
    assert titles(Outbox(path, pytest.fail), "a") == ["one"]


def test_without_a_disk_messages_go_through_memory(tmp_path: Path) -> None:
    said: list[str] = []
    box = Outbox(str(tmp_path / "missing" / "outbox.sqlite3"), said.append)
    box.add(letter("one"), ["a"])
    assert titles(box, "a") == ["one"]
    assert len(said) == 1


def test_a_disk_that_fills_up_costs_no_message(box: Outbox) -> None:
    said: list[str] = []
    box._warn = said.append
    salt = box.salt()
    broken = sqlite3.connect(f"file:{box.path}?mode=ro", uri=True)
    box._base.close()
    box._base = broken
    box.add(letter("one"), ["a"])
    assert titles(box, "a") == ["one"]
    assert box.salt() == salt
    assert len(said) == 1


def test_the_file_is_for_its_owner_alone(box: Outbox, path: str) -> None:
    assert Path(path).stat().st_mode & 0o077 == 0


WORDS = {"title": "t", "body": "b", "level": "info", "boxes": [], "view": [True] * 3}


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "5", "null", "[" * 9000, '{"title": 1}', '{"title": "a"}']
    + [json.dumps({**WORDS, name: odd}) for name in WORDS for odd in (None, 5, [[1]])]
    + [json.dumps({**WORDS, "boxes": [[1, 2, 3, 4, float("nan")]]})],
)
def test_a_damaged_message_holds_up_no_other(text: str) -> None:
    said: list[str] = []
    outbox = Outbox("", said.append)
    for title in ("first", "second"):
        outbox.add(Letter(1.8e9, title, "b", "info"), ["one"])
    with outbox._base as base:
        base.execute("UPDATE messages SET letter = ? WHERE id = 1", (text,))
    number, letter = outbox.next_for("one")
    assert (number, letter.title) == (2, "second")
    assert outbox.waiting() == 1
    assert len(said) == 1
