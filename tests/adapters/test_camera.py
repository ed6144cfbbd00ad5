"""Snapshots through OctoPrint's webcams: which one, how much, what went wrong."""

from __future__ import annotations

import dataclasses
import traceback
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.adapters.camera import Snapshots, find_webcam, settings_as_of
from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.settings import Camera
from octoprint_aiwatch.core.values import AS_DELIVERED, Frame, View
from octoprint_aiwatch.core.words import SENTENCES, say
from tests.adapters.fakes import JPEG, Clock, endless, jpeg_bytes, webcam

CAMERA = Camera(name="", timeout_s=10, max_bytes=65536, ignore_zones=())
PASSWORD = "hunter2-hunter2"


def snapshots(take: Any, clock: Any = None) -> Snapshots:
    found = webcam("cam", take)
    return Snapshots(lambda _: found, clock or Clock())


def failing(take: Any, clock: Any = None) -> SnapshotError:
    with pytest.raises(SnapshotError) as caught:
        snapshots(take, clock).take(CAMERA)
    return caught.value


def raising(error: BaseException) -> Any:
    def take(_: str) -> Any:
        raise error

    return take


# -- a frame --------------------------------------------------------------------------


def test_a_frame_has_its_size_and_its_webcams_name() -> None:
    frame = snapshots(lambda _: iter([jpeg_bytes(1280, 720)])).take(CAMERA)
    assert frame == Frame(jpeg_bytes(1280, 720), 1280, 720, "cam")


def test_pieces_are_put_together() -> None:
    pieces = [JPEG[at : at + 7] for at in range(0, len(JPEG), 7)]
    assert snapshots(lambda _: iter(pieces)).take(CAMERA).jpeg == JPEG


def test_pieces_may_come_in_any_iterable() -> None:
    assert snapshots(lambda _: [JPEG[:10], b"", JPEG[10:]]).take(CAMERA).jpeg == JPEG


def test_the_provider_is_asked_for_the_webcam_by_its_own_name() -> None:
    asked: list[str] = []
    found = webcam("bed")

    def find(name: str) -> Any:
        asked.append(name)
        return found

    Snapshots(find, Clock()).take(dataclasses.replace(CAMERA, name="bed"))
    assert asked == ["bed"]
    assert found.providerPlugin.asked == ["bed"]


# -- too much, too slow ---------------------------------------------------------------


def test_as_much_as_is_allowed_is_taken() -> None:
    padding = b"x" * (CAMERA.max_bytes - len(jpeg_bytes(picture=b"")))
    frame = snapshots(lambda _: [jpeg_bytes(picture=padding)]).take(CAMERA)
    assert len(frame.jpeg) == CAMERA.max_bytes


def test_a_stream_that_never_ends_is_given_up() -> None:
    error = failing(lambda _: endless(b"\xff\xd8\xff" * 1000))
    assert error.code == "snapshot_too_large"
    assert error.params == {"limit_mb": 0.0625}


def test_one_huge_piece_is_given_up() -> None:
    error = failing(lambda _: [b"x" * 50_000_000])
    assert error.code == "snapshot_too_large"


def test_a_webcam_that_trickles_is_given_up() -> None:
    error = failing(lambda _: endless(b"x"), Clock(step_s=1.0))
    assert error.code == "snapshot_too_slow"
    assert error.params == {"limit_s": 10}


def test_a_webcam_that_sends_only_empty_pieces_is_given_up() -> None:
    assert failing(lambda _: endless(b""), Clock(step_s=1.0)).code == "snapshot_too_slow"


def test_a_snapshot_that_takes_just_as_long_as_allowed_is_taken() -> None:
    # The clock is looked at once to begin with and once per piece.
    clock = Clock(step_s=5.0)
    pieces = [JPEG[:20], JPEG[20:]]
    assert snapshots(lambda _: pieces, clock).take(CAMERA).jpeg == JPEG


@pytest.mark.parametrize("clock", [Clock(), Clock(step_s=1.0)])
def test_a_stream_that_is_given_up_is_closed(clock: Clock) -> None:
    closed: list[bool] = []

    def stream(_: str) -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100
        finally:
            closed.append(True)

    failing(stream, clock)
    assert closed == [True]


def test_a_whole_snapshot_is_closed_too() -> None:
    closed: list[bool] = []

    def stream(_: str) -> Iterator[bytes]:
        try:
            yield JPEG
        finally:
            closed.append(True)

    snapshots(stream).take(CAMERA)
    assert closed == [True]


# -- what is no frame -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "snapshot_empty"),
        (b"<!doctype html><title>Login</title>", "snapshot_is_page"),
        (b'  {"error": "no camera"}', "snapshot_is_page"),
        (b"\x89PNG\r\n\x1a\n", "snapshot_no_jpeg"),
        (b"GIF89a", "snapshot_no_jpeg"),
        (JPEG[:-2], "snapshot_truncated"),
        (JPEG[:12], "snapshot_truncated"),
        (jpeg_bytes(8, 8), "snapshot_size"),
        (jpeg_bytes(60000, 60000), "snapshot_size"),
    ],
)
def test_what_is_no_whole_jpeg_is_named(data: bytes, code: str) -> None:
    assert failing(lambda _: [data]).code == code


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_an_error_of_our_tree(data: bytes) -> None:
    for body in (data, b"\xff\xd8\xff" + data, JPEG[:21] + data):
        frame, code = None, ""
        try:
            frame = snapshots(lambda _, body=body: [body]).take(CAMERA)
        except SnapshotError as error:
            code = error.code
        assert (frame is not None and frame.jpeg == body) or code in SENTENCES


# -- what goes wrong ------------------------------------------------------------------


def http_error(status: int) -> Exception:
    response = requests.Response()
    response.status_code = status
    text = f"{status} for url: http://admin:{PASSWORD}@cam/snapshot"
    return requests.HTTPError(text, response=response)


class WebcamNotAbleToTakeSnapshotException(Exception):
    """Named as in OctoPrint."""


TROUBLE = [
    (http_error(401), "snapshot_refused", {"status": 401}),
    (http_error(403), "snapshot_refused", {"status": 403}),
    (http_error(404), "snapshot_status", {"status": 404}),
    (http_error(500), "snapshot_status", {"status": 500}),
    (requests.HTTPError(PASSWORD), "snapshot_failed", {"kind": "HTTPError"}),
    (requests.ReadTimeout(PASSWORD), "snapshot_unreachable", {}),
    (requests.ConnectTimeout(PASSWORD), "snapshot_unreachable", {}),
    (requests.ConnectionError(PASSWORD), "snapshot_unreachable", {}),
    (ConnectionRefusedError(PASSWORD), "snapshot_unreachable", {}),
    (TimeoutError(PASSWORD), "snapshot_unreachable", {}),
    (WebcamNotAbleToTakeSnapshotException(PASSWORD), "no_webcam", {}),
    (
        requests.exceptions.MissingSchema(PASSWORD),
        "snapshot_failed",
        {"kind": "MissingSchema"},
    ),
    (ValueError(PASSWORD), "snapshot_failed", {"kind": "ValueError"}),
    (Exception(PASSWORD), "snapshot_failed", {"kind": "Exception"}),
    (SnapshotError("snapshot_empty"), "snapshot_empty", {}),
]
trouble = pytest.mark.parametrize(
    ("raised", "code", "params"), TROUBLE, ids=[type(row[0]).__name__ for row in TROUBLE]
)


@trouble
def test_each_exception_of_a_provider_has_its_code(
    raised: Exception, code: str, params: dict[str, Any]
) -> None:
    error = failing(raising(raised))
    assert (error.code, error.params) == (code, params)
    assert error.source == "camera"
    assert "{" not in say(error.code, error.params)


@trouble
def test_an_exception_in_the_middle_of_a_snapshot_is_no_other(
    raised: Exception, code: str, params: dict[str, Any]
) -> None:
    def stream(_: str) -> Iterator[bytes]:
        yield JPEG[:10]
        raise raised

    assert failing(stream).code == code


@trouble
def test_the_webcams_password_does_not_get_out(
    raised: Exception, code: str, params: dict[str, Any]
) -> None:
    error = failing(raising(raised))
    shown = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    assert PASSWORD not in shown + repr(error) + str(error.params)


@pytest.mark.parametrize("status", ["401", None, object()])
def test_a_status_that_is_none_is_not_believed(status: Any) -> None:
    error = ValueError("odd")
    error.response = SimpleNamespace(status_code=status)  # type: ignore[attr-defined]
    assert failing(raising(error)).code == "snapshot_failed"


@pytest.mark.parametrize("answer", [None, 5, JPEG, ["text"], [None], "text"])
def test_a_provider_that_hands_out_nonsense_is_named(answer: Any) -> None:
    assert failing(lambda _: answer).code == "snapshot_failed"


def test_trouble_while_looking_for_the_webcam_is_the_webcams() -> None:
    def find(_: str) -> Any:
        raise RuntimeError(PASSWORD)

    with pytest.raises(SnapshotError) as caught:
        Snapshots(find, Clock()).take(CAMERA)
    assert caught.value.code == "snapshot_failed"
    assert PASSWORD not in repr(caught.value) + str(caught.value.params)


def test_a_missing_webcam_is_told_as_it_is() -> None:
    def find(name: str) -> Any:
        raise SnapshotError("webcam_missing", name=name)

    with pytest.raises(SnapshotError) as caught:
        Snapshots(find, Clock()).take(CAMERA)
    assert caught.value.code == "webcam_missing"


# -- which webcam ---------------------------------------------------------------------


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The webcams that OctoPrint knows, and which is its snapshot webcam."""
    import octoprint.webcams

    house = SimpleNamespace(webcams={}, default=None)

    def get_webcams() -> Any:
        return dict(house.webcams)

    def get_snapshot_webcam() -> Any:
        return house.webcams.get(house.default)

    monkeypatch.setattr(octoprint.webcams, "get_webcams", get_webcams)
    monkeypatch.setattr(octoprint.webcams, "get_snapshot_webcam", get_snapshot_webcam)

    def add(name: str, can: bool = True) -> None:
        house.webcams[name] = webcam(name, can=can)

    house.add = add
    return house


def test_without_a_name_it_is_octoprints_snapshot_webcam(house: Any) -> None:
    house.add("front")
    house.add("bed")
    house.default = "bed"
    assert find_webcam("").config.name == "bed"


def test_with_a_name_it_is_that_one(house: Any) -> None:
    house.add("front")
    house.add("bed")
    house.default = "bed"
    assert find_webcam("front").config.name == "front"


def test_a_default_that_cannot_take_snapshots_gives_way_to_one_that_can(
    house: Any,
) -> None:
    house.add("classic", can=False)
    house.add("blind", can=False)
    house.add("bed")
    house.default = "classic"
    assert find_webcam("").config.name == "bed"


def test_without_a_default_it_is_any_that_can(house: Any) -> None:
    house.add("bed")
    assert find_webcam("").config.name == "bed"


def test_no_webcam_at_all_is_named(house: Any) -> None:
    with pytest.raises(SnapshotError) as caught:
        find_webcam("")
    assert caught.value.code == "no_webcam"


def test_none_that_can_take_snapshots_is_as_good_as_none(house: Any) -> None:
    house.add("classic", can=False)
    house.default = "classic"
    with pytest.raises(SnapshotError) as caught:
        find_webcam("")
    assert caught.value.code == "no_webcam"


@pytest.mark.parametrize("name", ["gone", "classic"])
def test_a_webcam_of_the_users_choice_is_never_silently_another(
    house: Any, name: str
) -> None:
    house.add("bed")
    house.add("classic", can=False)
    with pytest.raises(SnapshotError) as caught:
        find_webcam(name)
    assert (caught.value.code, caught.value.params) == ("webcam_missing", {"name": name})


# -- found once -----------------------------------------------------------------------


class Found:
    """A house that counts how often it is asked for a webcam."""

    def __init__(self, **takes: Any) -> None:
        self.clock = Clock()
        self.settings: Any = 1
        self.asked: list[str] = []
        self._takes = takes
        self._snapshots = Snapshots(self._find, self.clock, lambda: self.settings)

    def _find(self, name: str) -> Any:
        self.asked.append(name)
        if name == "gone":
            raise SnapshotError("webcam_missing", name=name)
        return webcam(name, self._takes.get(name))

    def take(self, name: str = "bed") -> Frame:
        return self._snapshots.take(dataclasses.replace(CAMERA, name=name))


def test_a_webcam_that_was_found_is_used_again() -> None:
    house = Found()
    frames = [house.take() for _ in range(3)]
    assert [frame.camera for frame in frames] == ["bed"] * 3
    assert house.asked == ["bed"]


def test_it_is_looked_for_again_once_octoprints_settings_have_changed() -> None:
    house = Found()
    house.take()
    house.settings = 2
    house.take()
    assert house.asked == ["bed", "bed"]


@pytest.mark.parametrize(("later_s", "times"), [(59.9, 1), (60.0, 2)])
def test_it_is_looked_for_again_once_a_minute(later_s: float, times: int) -> None:
    house = Found()
    house.take()
    house.clock.now_s += later_s
    house.take()
    assert len(house.asked) == times


def test_a_minute_counts_from_when_it_was_found_not_from_its_last_use() -> None:
    house = Found()
    for _ in range(3):
        house.take()
        house.clock.now_s += 30.0
    assert len(house.asked) == 2


def test_another_webcam_is_never_the_one_that_was_found() -> None:
    house = Found()
    assert [house.take(name).camera for name in ("bed", "front", "bed")] == [
        "bed",
        "front",
        "bed",
    ]


@pytest.mark.parametrize("error", [OSError("gone"), SnapshotError("snapshot_failed")])
def test_after_a_webcam_has_failed_it_is_looked_for_again(error: Exception) -> None:
    house = Found(bed=raising(error))
    for _ in range(2):
        with pytest.raises(SnapshotError):
            house.take()
    assert house.asked == ["bed", "bed"]


def test_a_webcam_that_was_not_found_is_looked_for_again() -> None:
    house = Found()
    for _ in range(2):
        with pytest.raises(SnapshotError):
            house.take("gone")
    assert house.asked == ["gone", "gone"]


def test_octoprints_settings_tell_when_they_were_changed_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stored = SimpleNamespace(last_modified_or_made_dirty=17.5)
    monkeypatch.setattr("octoprint.settings.settings", lambda: stored)
    assert settings_as_of() == 17.5


def test_settings_without_a_file_are_never_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Fileless:
        @property
        def last_modified_or_made_dirty(self) -> float:
            raise FileNotFoundError("config.yaml")

    monkeypatch.setattr("octoprint.settings.settings", Fileless)
    assert settings_as_of() != settings_as_of()


# -- flipped and turned ---------------------------------------------------------------


def test_a_frame_knows_how_octoprint_shows_its_webcam() -> None:
    found = webcam("cam")
    found.config.flipH, found.config.flipV, found.config.rotate90 = True, False, True
    frame = Snapshots(lambda _: found, Clock()).take(CAMERA)
    assert frame.view == View(flip_h=True, rotate_90=True)
    assert frame.jpeg == JPEG


def test_a_webcam_that_says_nothing_of_it_is_shown_as_delivered() -> None:
    assert snapshots(lambda _: iter([JPEG])).take(CAMERA).view == AS_DELIVERED
