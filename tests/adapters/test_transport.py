"""Which way a wish goes, and what is counted."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from octoprint_aiwatch.adapters.shelf import Shelf
from octoprint_aiwatch.adapters.transport import Transport
from octoprint_aiwatch.adapters.worker import paying
from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.backends.base import (
    PublishFrame,
    Request,
    WithdrawFrame,
    Withdrawn,
)
from octoprint_aiwatch.backends.local import Local
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import Ask, NextFrame, Spent
from tests.adapters.fakes import (
    FRAME,
    JPEG,
    OK,
    Clock,
    FakeDetector,
    FakeHttp,
    transport,
)
from tests.adapters.watching import HEAT, JUDGE, LOAD, LOADED, Bench

COUNTED = Request("POST", "https://fake.example/judge", counted=True)
FREE = Request("POST", "https://fake.example/open")


class Mixed(Local):
    """A backend that asks a server as well as the detector; nobody has such a one yet."""

    key: ClassVar[str] = "local"

    def open(self, job: Any) -> Any:
        yield FREE
        return (yield from super().open(job))

    def inspect(self, frame: Any, context: Any) -> Any:
        yield COUNTED
        return (yield from super().inspect(frame, context))


@pytest.fixture
def detector() -> FakeDetector:
    made = FakeDetector()
    made.answers = [LOADED, HEAT, HEAT]
    return made


# -- which way ------------------------------------------------------------------------


def test_a_request_goes_to_the_server_and_the_rest_to_the_detector(
    detector: FakeDetector,
) -> None:
    http = FakeHttp()
    way = Transport(http, detector)
    assert [way.send(wish) for wish in (LOAD, COUNTED, JUDGE)] == [LOADED, OK, HEAT]
    assert http.requests == [COUNTED]
    assert detector.wishes == [LOAD, JUDGE]


def test_what_is_wrong_comes_out_as_it_is(detector: FakeDetector) -> None:
    trouble = NextFrame("frame_undecodable")
    detector.answers = [trouble]
    with pytest.raises(NextFrame) as raised:
        transport(FakeHttp(), detector).send(JUDGE)
    assert raised.value is trouble


def test_the_end_of_a_context_ends_the_detector_and_keeps_the_connections(
    detector: FakeDetector,
) -> None:
    http = FakeHttp()
    Transport(http, detector).end_context()
    assert (detector.closed, http.closed) == (1, 0)


def test_hurrying_kills_and_waits_for_nothing(detector: FakeDetector) -> None:
    transport(FakeHttp(), detector).hurry()
    assert (detector.killed, detector.closed) == (1, 0)


def test_closing_ends_everything(detector: FakeDetector) -> None:
    http = FakeHttp()
    Transport(http, detector).close()
    assert (detector.closed, http.closed) == (1, 1)


# -- frames for a server that fetches them --------------------------------------------

PUBLISH = PublishFrame(FRAME, "http://octopi.local/prefix/")
BEFORE = "http://octopi.local/prefix/plugin/aiwatch/frame/"


def publishing() -> tuple[Shelf, Transport]:
    shelf = Shelf(Clock(), iter(["one", "two"]).__next__)
    return shelf, Transport(FakeHttp(), FakeDetector(), shelf)


def test_a_published_frame_has_an_address_below_octoprints() -> None:
    shelf, way = publishing()
    published = way.send(PUBLISH)
    assert (published.url, published.shown) == (BEFORE + "one.jpg", BEFORE)
    assert "one" not in repr(published)
    assert shelf.fetch("one") == JPEG


@pytest.mark.parametrize("fetches", [True, False])
def test_withdrawing_says_whether_the_frame_was_fetched(fetches: bool) -> None:
    shelf, way = publishing()
    way.send(PUBLISH)
    if fetches:
        shelf.fetch("one")
    assert way.send(WithdrawFrame()) == Withdrawn(fetches)
    assert way.send(WithdrawFrame()) == Withdrawn(False), "once"


@pytest.mark.parametrize("end", ["publish", "end_context", "close"])
def test_nothing_is_left_lying_about(end: str) -> None:
    shelf, way = publishing()
    way.send(PUBLISH)
    if end == "publish":
        way.send(PUBLISH)
    else:
        getattr(way, end)()
    assert shelf.fetch("one") is None


def test_outside_of_octoprint_there_is_nowhere_to_publish() -> None:
    with pytest.raises(Ask) as raised:
        transport(FakeHttp()).send(PUBLISH)
    assert raised.value.code == "nowhere_to_publish"


# -- what is counted ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "calls"), [(COUNTED, 1), (FREE, 0), (LOAD, 0), (JUDGE, 0)]
)
def test_only_a_request_that_costs_is_counted(wish: Any, calls: int) -> None:
    taken: list[str] = []
    send = paying(lambda _: "answer", "fake", lambda key: not taken.append(key))
    assert send(wish) == "answer"
    assert taken == ["fake"] * calls


def test_a_call_that_may_not_be_made_is_not_sent() -> None:
    sent: list[Any] = []
    send = paying(sent.append, "fake", lambda _: False)
    with pytest.raises(Spent) as raised:
        send(COUNTED)
    assert (raised.value.fault().step, sent) == ("spent", [])
    send(FREE)
    assert sent == [FREE]


def test_judging_on_this_machine_is_never_counted(detector: FakeDetector) -> None:
    bench = Bench(lambda: transport(FakeHttp(), detector), REGISTRY)
    assert bench.open() == m.ContextOpened(1)
    for _ in range(2):
        bench.inspect()
        assert isinstance(bench.next(), m.InspectionDone)
    assert bench.counted == []
    bench.end()


def test_a_backend_with_both_sorts_of_wishes_is_counted_for_the_one(
    detector: FakeDetector,
) -> None:
    http = FakeHttp()
    bench = Bench(lambda: transport(http, detector), {"local": Mixed})
    bench.open()
    bench.inspect()
    bench.next()
    assert (bench.counted, len(http.requests)) == (["local"], 2)
    bench.end()
