"""The cascade in virtual time: the detector looks always, the service is asked seldom."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import SnapshotError
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
)
from tests.ladder.test_ladder import GONE, frame, logged, pauses
from tests.ladder.world import Trouble, World, ladder_of

SERVICE_S = 40.0
SLOW_S = 600.0


def remote(warning: bool = False, pause: bool = False) -> Inspection:
    evidence = RemoteEvidence(0.9 if warning else 0.05, warning, pause)
    return Inspection(evidence, next_after_s=SERVICE_S)


class Scene:
    """What the detector and the service see from some moment on."""

    def __init__(self) -> None:
        self.local: Optional[Inspection] = None
        self.gadget = remote()

    def __call__(self, key: str, at_s: float) -> Optional[Inspection]:
        return self.gadget if key == "gadget" else self.local


def watching(*keys: str, **changes: Any) -> tuple[World, Scene]:
    """A print that has been watched for ten minutes."""
    chosen = {"enabled": True, "interval_s": SLOW_S}
    world = World(ladder_of(*(keys or ("gadget",)), cascade=chosen, **changes))
    scene = Scene()
    world.sees = scene
    world.start()
    world.run(600)
    return world, scene


def asked(world: World, since_s: float) -> list[float]:
    """When the service was asked."""
    return [at_s for at_s, key in world.judged if key == "gadget" and at_s >= since_s]


def test_it_is_off_unless_it_is_switched_on() -> None:
    world = World(ladder_of("gadget"))
    world.start()
    world.run(300)
    assert {key for _, key in world.judged} == {"gadget"}
    assert world.status()["cascade"]["enabled"] is False


def test_the_detector_looks_at_every_frame_and_the_service_at_few() -> None:
    world, _ = watching()
    since_s = world.now_s
    world.run(3600)
    looks = [at_s for at_s, key in world.judged if key == "local" and at_s >= since_s]
    assert len(looks) > 300
    assert 5 <= len(asked(world, since_s)) <= 7


def test_the_service_is_asked_at_once_when_the_detector_grows_suspicious() -> None:
    world, scene = watching()
    scene.local = frame(0.97)
    since_s = world.now_s
    world.until(lambda: world.state.scout.suspects, 120)
    suspected_s = world.now_s
    world.until(lambda: bool(asked(world, suspected_s)), SERVICE_S + 2.0)
    assert "scout_suspects" in logged(world)
    assert world.status()["cascade"]["suspects"] is True
    codes = [one["code"] for one in world.status()["reasons"]]
    assert "scout_suspects" in codes
    assert world.now_s - since_s < 180


def test_the_service_decides_and_the_detector_does_not() -> None:
    world, scene = watching()
    scene.local = frame(0.97)
    world.run(1800)
    assert world.status()["verdict"] == "ok"
    assert pauses(world) == 0


def test_what_the_service_confirms_is_paused() -> None:
    world, scene = watching()
    scene.local, scene.gadget = frame(0.97), remote(True, True)
    took_s = world.until(lambda: pauses(world) == 1, 300)
    assert took_s < 200
    assert world.status()["backend"] == "gadget"


def test_a_service_that_warns_is_asked_again_as_soon_as_it_allows() -> None:
    world, scene = watching()
    scene.local, scene.gadget = frame(0.97), remote(True)
    world.until(lambda: world.status()["verdict"] == "warning", 300)
    since_s = world.now_s
    world.run(400)
    assert len(asked(world, since_s)) >= 7


def test_it_is_never_asked_below_its_minimum() -> None:
    world, scene = watching()
    scene.local, scene.gadget = frame(0.97), remote(True)
    world.run(1200)
    times = asked(world, 0.0)
    assert min(b - a for a, b in zip(times, times[1:])) >= SERVICE_S


def test_what_it_finds_harmless_again_and_again_is_asked_about_less_and_less() -> None:
    world, scene = watching()
    scene.local = frame(0.97)
    world.until(lambda: world.state.scout.suspects, 200)
    since_s = world.now_s
    world.run(2 * 3600)
    times = asked(world, since_s)
    waits = [b - a for a, b in zip(times, times[1:])]
    assert waits[0] < 60
    assert waits[-1] > 300
    assert len(times) < 30


def test_the_detector_judges_with_its_own_evidence_when_the_service_is_gone() -> None:
    world, scene = watching()
    scene.local = frame(0.97)
    world.trouble["gadget"] = GONE
    took_s = world.until(lambda: pauses(world) == 1, 300)
    assert took_s < 300
    assert world.state.judge == "local"


def test_the_detector_judges_once_the_months_calls_are_used_up() -> None:
    chosen = {"enabled": True, "interval_s": SLOW_S}
    settings = ladder_of("gadget", cascade=chosen, budget={"monthly_calls": 3})
    world = World(settings, limit={"gadget": 3})
    world.sees = Scene()
    world.start()
    world.until(lambda: world.state.judge == "local", 4 * SLOW_S)
    assert world.calls["gadget"] == 3
    assert world.status()["blind"] is False


def test_the_service_judges_again_when_it_is_back() -> None:
    world, _ = watching()
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "local", SLOW_S + 60)
    world.trouble = {}
    world.until(lambda: world.state.judge == "gadget", 300)


def test_without_the_detector_the_service_is_asked_at_its_own_pace() -> None:
    world, _ = watching()
    world.trouble["local"] = GONE
    since_s = world.now_s
    world.run(200)
    assert len(asked(world, since_s)) >= 3
    assert world.status()["blind"] is False


def test_a_webcam_that_fails_is_blindness_in_a_cascade_too() -> None:
    world, _ = watching()
    broken = Trouble(error=SnapshotError("snapshot_unreachable"), call="inspect")
    world.trouble = {"gadget": broken, "local": broken}
    world.until(lambda: world.status()["blind"], 60)
    world.trouble = {}
    world.until(lambda: not world.status()["blind"], 60)


def test_not_a_failure_clears_the_detectors_suspicion_too() -> None:
    world, scene = watching()
    box = Detection(0.97, 0.5, 0.5, 0.2, 0.2)
    scene.local = Inspection(FrameEvidence(0.97), (box,))
    world.until(lambda: world.state.scout.suspects, 200)
    world.send(m.Commanded("not_a_failure"))
    assert world.state.scout.suspects is False
    world.run(1800)
    assert world.state.scout.suspects is False


def test_a_resume_clears_the_detectors_suspicion() -> None:
    world, scene = watching()
    scene.local = frame(0.97)
    world.until(lambda: world.state.scout.suspects, 200)
    scene.local = None
    world.send(m.PrintResumed())
    world.run(1)
    assert world.state.scout.suspects is False


@pytest.mark.parametrize("interval_s", [120.0, 600.0, 1800.0])
def test_the_slow_pace_is_the_users(interval_s: float) -> None:
    chosen = {"enabled": True, "interval_s": interval_s}
    world = World(ladder_of("gadget", cascade=chosen))
    world.sees = Scene()
    world.start()
    world.run(7200)
    assert len(world.judged) > 600
    assert len(asked(world, 0.0)) == pytest.approx(7200 / interval_s, abs=3)


def test_the_status_says_when_the_service_is_asked() -> None:
    world, _ = watching()
    asks_in_s = world.status()["cascade"]["asks_in_s"]
    assert 0 <= asks_in_s <= SLOW_S
