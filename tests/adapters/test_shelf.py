"""Frames that a server fetches by itself: once, in time, and nobody else."""

from __future__ import annotations

import re
import threading

from octoprint_aiwatch.adapters.shelf import LIFE_S, MOST_FRAMES, Shelf
from tests.adapters.fakes import JPEG, Clock


def test_a_frame_is_fetched_once() -> None:
    shelf = Shelf(Clock())
    token = shelf.put(JPEG)
    assert shelf.fetch(token) == JPEG
    assert shelf.fetch(token) is None


def test_nobody_fetches_with_another_token() -> None:
    shelf = Shelf(Clock())
    token = shelf.put(JPEG)
    for other in ("", "x", token[:-1], token + "x", token.swapcase()):
        assert shelf.fetch(other) is None
    assert shelf.take_away(token) is False


def test_it_is_known_whether_a_frame_was_fetched() -> None:
    shelf = Shelf(Clock())
    fetched, left = shelf.put(JPEG), shelf.put(JPEG)
    shelf.fetch(fetched)
    assert shelf.take_away(fetched) is True
    assert shelf.take_away(left) is False


def test_what_was_taken_away_cannot_be_fetched() -> None:
    shelf = Shelf(Clock())
    token = shelf.put(JPEG)
    shelf.take_away(token)
    assert shelf.fetch(token) is None
    assert shelf.take_away(token) is False


def test_a_frame_can_be_fetched_for_half_a_minute() -> None:
    clock = Clock()
    shelf = Shelf(clock)
    early, late = shelf.put(JPEG), shelf.put(JPEG)
    clock.now_s += LIFE_S - 0.1
    assert shelf.fetch(early) == JPEG
    clock.now_s += 0.1
    assert shelf.fetch(late) is None


def test_a_fetch_in_time_still_counts_when_the_server_thought_for_long() -> None:
    clock = Clock()
    shelf = Shelf(clock)
    token = shelf.put(JPEG)
    shelf.fetch(token)
    clock.now_s += 10 * LIFE_S
    shelf.put(JPEG)
    assert shelf.take_away(token) is True


def test_only_a_few_frames_are_held_and_the_oldest_goes_first() -> None:
    shelf = Shelf(Clock())
    tokens = [shelf.put(JPEG) for _ in range(MOST_FRAMES + 1)]
    assert shelf.fetch(tokens[0]) is None
    assert all(shelf.fetch(token) == JPEG for token in tokens[1:])


def test_a_token_is_random_long_and_fit_for_an_address() -> None:
    shelf = Shelf(Clock())
    tokens = {shelf.put(JPEG) for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"[\w-]{32}", token) for token in tokens)


def fetched_by_many(shelf: Shelf, token: str) -> list[bool]:
    """Whether each of four who ask at the same moment gets the frame."""
    start = threading.Barrier(4)
    got: list[bool] = []

    def fetch() -> None:
        start.wait()
        got.append(shelf.fetch(token) is not None)

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_of_many_who_fetch_at_once_one_gets_it() -> None:
    shelf = Shelf(Clock())
    for _ in range(50):
        assert sorted(fetched_by_many(shelf, shelf.put(JPEG))) == [False] * 3 + [True]
