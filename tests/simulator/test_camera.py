"""The simulated webcam: pictures in mode "ok", and each way to answer badly."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image, ImageStat
from simulator.camera import (
    HUGE_BYTES,
    MODES,
    CameraServer,
    FailPlan,
    FixedProgress,
    VirtualClockProgress,
)


@pytest.fixture(scope="module")
def camera(job_path: Path) -> Iterator[CameraServer]:
    with CameraServer(FixedProgress(job_path, 0.5, printed_s=1.0), fps=20) as server:
        yield server


@pytest.fixture(autouse=True)
def _well_again(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "camera" in request.fixturenames:
        server = request.getfixturevalue("camera")
        server.mode = "ok"
        server.heal()


def get(camera: CameraServer, mode: str = "ok", **more: object) -> requests.Response:
    camera.mode = mode
    return requests.get(camera.snapshot_url, timeout=5, **more)  # type: ignore[arg-type]


def pixels(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"), dtype=np.float64)


def test_a_snapshot_is_a_jpeg_of_a_webcams_size(camera: CameraServer) -> None:
    before = camera.requests
    answer = get(camera)
    picture = Image.open(io.BytesIO(answer.content))
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert (picture.format, picture.size) == ("JPEG", (640, 480))
    assert camera.requests == before + 1


def test_two_frames_of_the_same_moment_differ_by_the_sensors_noise(
    camera: CameraServer,
) -> None:
    first, second = pixels(get(camera).content), pixels(get(camera).content)
    assert 0.2 < np.abs(first - second).mean() < 8.0


def test_the_stream_is_made_of_jpegs(camera: CameraServer) -> None:
    with requests.get(camera.stream_url, stream=True, timeout=5) as answer:
        kind = answer.headers["Content-Type"]
        data = b""
        for block in answer.iter_content(8192):
            data += block
            if data.count(b"\xff\xd9\r\n--") >= 2:
                break
    boundary = kind.partition("boundary=")[2].encode()
    _, first, *_ = data.split(b"--" + boundary + b"\r\n")
    head, _, body = first.partition(b"\r\n\r\n")
    assert kind.startswith("multipart/x-mixed-replace")
    assert b"Content-Type: image/jpeg" in head
    assert Image.open(io.BytesIO(body)).size == (640, 480)


def test_failing_changes_the_picture_and_healing_changes_it_back(
    camera: CameraServer,
) -> None:
    good = pixels(get(camera).content)
    camera.fail_now(grown_s=60.0)
    bad = pixels(get(camera).content)
    camera.heal()
    healed = pixels(get(camera).content)
    assert (np.abs(bad - good) > 40).mean() > 0.01
    assert (np.abs(healed - good) > 40).mean() < 0.001


def test_a_planned_failure_waits_for_its_second(job_path: Path) -> None:
    source = VirtualClockProgress(job_path, 100.0)
    source.advance(50.0)
    with CameraServer(source, FailPlan(60.0)) as camera:
        before = pixels(camera.snapshot())
        source.advance(10.0)
        at_first = pixels(camera.snapshot())
        source.advance(40.0)
        after = pixels(camera.snapshot())
    bed = (slice(300, 470), slice(60, 580))
    assert (np.abs(at_first[bed] - before[bed]) > 60).mean() < 0.002
    assert (np.abs(after[bed] - at_first[bed]) > 60).mean() > 0.01


@pytest.mark.parametrize("mode", sorted(set(MODES) - {"endless", "huge", "hang", "drip"}))
def test_every_quick_mode_answers(camera: CameraServer, mode: str) -> None:
    answer = get(camera, mode)
    assert answer.status_code == (int(mode) if mode.isdigit() else 200)


def test_html_is_no_picture(camera: CameraServer) -> None:
    answer = get(camera, "html")
    assert answer.content.startswith(b"<html>")
    assert answer.headers["Content-Type"] == "text/html"


def test_a_truncated_jpeg_begins_well_and_does_not_decode(camera: CameraServer) -> None:
    data = get(camera, "truncated").content
    assert data.startswith(b"\xff\xd8\xff")
    with pytest.raises(OSError):
        Image.open(io.BytesIO(data)).load()


@pytest.mark.parametrize(("mode", "value"), [("black", 0), ("white", 255), ("flat", 118)])
def test_a_blind_camera_shows_one_tone(
    camera: CameraServer, mode: str, value: int
) -> None:
    statistics = ImageStat.Stat(Image.open(io.BytesIO(get(camera, mode).content)))
    assert statistics.mean == pytest.approx([value] * 3, abs=2)
    assert max(statistics.stddev) < 1


def test_a_frozen_camera_repeats_its_last_frame(camera: CameraServer) -> None:
    last = get(camera).content
    assert get(camera, "frozen").content == last
    assert get(camera, "frozen").content == last


def test_a_frozen_camera_may_have_a_clock_that_runs(camera: CameraServer) -> None:
    last = pixels(get(camera, "clock").content)
    stamped = [pixels(get(camera, "frozen-clock").content) for _ in range(2)]
    for one, other in ((last, stamped[0]), (stamped[0], stamped[1])):
        assert 0 < (np.abs(one - other) > 20).mean() < 0.02
        assert np.abs(one[60:] - other[60:]).mean() < 1.5


def test_at_night_only_a_display_and_a_led_are_lit(camera: CameraServer) -> None:
    first, second = (pixels(get(camera, "night").content) for _ in range(2))
    assert np.quantile(first, 0.95) < 16
    assert first.max() > 100
    assert 0.1 < np.abs(first - second).mean() < 4.0


def test_a_blurred_camera_shows_the_same_without_its_edges(camera: CameraServer) -> None:
    sharp, soft = pixels(get(camera).content), pixels(get(camera, "blurred").content)
    assert abs(sharp.mean() - soft.mean()) < 3
    steepest = [np.quantile(np.abs(np.diff(one)), 0.995) for one in (sharp, soft)]
    assert steepest[1] < steepest[0] / 4


def test_a_small_camera_sends_a_thumbnail(camera: CameraServer) -> None:
    assert Image.open(io.BytesIO(get(camera, "small").content)).size == (80, 60)


@pytest.mark.parametrize("mode", ["no-signal", "bars"])
def test_a_servers_own_picture_is_always_the_same(
    camera: CameraServer, mode: str
) -> None:
    first = get(camera, mode).content
    assert get(camera, mode).content == first
    levels = np.bincount(pixels(first).astype(int).ravel(), minlength=256)
    assert np.sort(levels)[-8:].sum() > 0.8 * levels.sum()


def test_an_empty_answer_is_empty(camera: CameraServer) -> None:
    assert get(camera, "empty").content == b""


def test_a_huge_answer_is_50_megabytes(camera: CameraServer) -> None:
    answer = get(camera, "huge", stream=True)
    assert int(answer.headers["Content-Length"]) == HUGE_BYTES
    total = sum(len(block) for block in answer.iter_content(1 << 20))
    assert total == HUGE_BYTES


def test_an_endless_answer_goes_on_and_on(camera: CameraServer) -> None:
    with get(camera, "endless", stream=True) as answer:
        blocks = answer.iter_content(1 << 20)
        total = sum(len(next(blocks)) for _ in range(110))
    assert total > HUGE_BYTES


def test_a_hanging_camera_says_nothing(camera: CameraServer) -> None:
    camera.mode = "hang"
    with pytest.raises(requests.ReadTimeout):
        requests.get(camera.snapshot_url, timeout=0.2)


def test_a_dripping_camera_never_gets_anywhere(camera: CameraServer) -> None:
    began_s = time.monotonic()
    with get(camera, "drip", stream=True) as answer:
        got = next(answer.iter_content(2))
    assert time.monotonic() - began_s > 0.15
    assert len(got) <= 2


def test_an_unknown_mode_is_refused(camera: CameraServer) -> None:
    with pytest.raises(ValueError, match="upside-down"):
        camera.mode = "upside-down"


def test_another_path_is_not_found(camera: CameraServer) -> None:
    assert requests.get(camera.url + "/webcam", timeout=5).status_code == 404


def test_basic_authentication_is_asked_for(job_path: Path) -> None:
    with CameraServer(FixedProgress(job_path, 0.5), auth=("user", "secret")) as camera:
        without = requests.get(camera.snapshot_url, timeout=5)
        wrong = requests.get(camera.snapshot_url, auth=("user", "no"), timeout=5)
        right = requests.get(camera.snapshot_url, auth=("user", "secret"), timeout=5)
    assert without.headers["WWW-Authenticate"].startswith("Basic")
    codes = [answer.status_code for answer in (without, wrong, right)]
    assert codes == [401, 401, 200]
