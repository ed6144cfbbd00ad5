"""Who judges, over the time of a print: real backends, played servers, virtual time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import Ask, Retry, SnapshotError, Unreachable
from octoprint_aiwatch.core.ladder import GRACE_CHANGE_S
from octoprint_aiwatch.core.scheduling import HANG_AFTER_S
from octoprint_aiwatch.core.state import TICK_S, wake_at
from octoprint_aiwatch.core.values import (
    Detection,
    FrameEvidence,
    Inspection,
    PrinterReading,
    RemoteEvidence,
)
from tests.ladder.world import Trouble, World, ladder_of

GONE = Trouble(error=Unreachable("timeout", host="h"))
REFUSED = Trouble(error=Ask("api_key_refused"))
STRANDS = Detection(0.9, 0.5, 0.5, 0.2, 0.2)


def frame(score: float) -> Inspection:
    boxes = (replace(STRANDS, confidence=score),) if score > 0.3 else ()
    return Inspection(FrameEvidence(score), boxes)


def failing(key: str, at_s: float = 0.0) -> Inspection:
    """What each backend says of a print that fails."""
    if key == "gadget":
        return Inspection(RemoteEvidence(0.95, True, True), next_after_s=40.0)
    return frame(0.97)


def watching(*keys: str, **changes: Any) -> World:
    world = World(ladder_of(*keys, **changes))
    world.start()
    world.run(125)
    return world


def pauses(world: World) -> int:
    return len(world.seen(m.PausePrint))


def logged(world: World) -> list[str]:
    return [log.code for log in world.seen(m.Log)]


# -- down and up ----------------------------------------------------------------------


def test_the_first_one_judges_while_it_can() -> None:
    world = watching("gadget", "kserve", "local")
    assert {key for _, key, _ in world.asked} == {"gadget"}


def test_down_the_ladder_one_by_one_and_up_again() -> None:
    world = watching("gadget", "kserve", "local")
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "kserve", 60)
    world.trouble["kserve"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    world.trouble = {}
    world.until(lambda: world.state.judge == "gadget", 300)
    world.run(600)
    assert world.state.judge == "gadget"


def test_an_order_of_the_users_is_kept() -> None:
    world = watching("local", "gadget")
    world.run(600)
    assert {key for _, key in world.judged} == {"local"}


def test_a_backend_that_is_down_is_asked_less_and_less_often() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.run(3600)
    tries = [at_s for at_s, key, _ in world.asked if key == "gadget" and at_s > 1125]
    waits = [later - before for before, later in zip(tries, tries[1:])]
    assert waits[0] < 80
    assert 200 < max(waits) < 300
    assert len(tries) < 25


def test_a_backend_that_comes_and_goes_does_not_keep_the_others_from_judging() -> None:
    world = World(ladder_of("kserve", "local"))
    turns = iter(range(10**6))

    def sees(key: str, _: float) -> Optional[Inspection]:
        if key == "kserve" and next(turns) % 2:
            world.trouble["kserve"] = GONE
        return frame(0.97) if world.now_s > 2000 else None

    world.sees = sees
    world.start()
    while pauses(world) == 0 and world.now_s < 3500:
        world.run(5)
        if world.state.judge == "local":
            world.trouble = {}
    assert pauses(world) == 1
    assert world.now_s - 2000 < 600, "it was hidden for too long"


def test_nobody_takes_over_from_one_that_suspects_something() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    world.sees = lambda key, at_s: frame(0.35) if key == "local" else None
    world.until(lambda: world.status()["verdict"] == "warning", 900)
    world.trouble = {}
    world.run(1200)
    assert world.state.judge == "local"
    world.sees = lambda key, at_s: None
    world.until(lambda: world.state.judge == "gadget", 900)


def test_a_fault_of_the_webcam_is_no_backends_fault() -> None:
    world = watching("gadget", "local")
    since_s = world.now_s
    ticketed = Trouble(error=SnapshotError("snapshot_unreachable"), call="inspect")
    world.trouble["gadget"] = ticketed
    world.run(300)
    assert set(world.asked_since(since_s)) == {"gadget"}
    assert world.status()["blind"] is True


def test_one_that_hangs_makes_room_for_the_next() -> None:
    world = watching("gadget", "local")
    world.takes_s = lambda key: 10_000.0 if key == "gadget" else 0.5
    world.until(lambda: world.state.order is not None, 60)
    world.until(lambda: world.state.judge == "local", HANG_AFTER_S + 60)
    assert len(world.seen(m.ReplaceWorker)) == 1


def test_throttled_it_is_left_alone_for_as_long_as_it_said() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = Trouble(error=Retry("throttled", wait_s=200.0))
    world.until(lambda: world.state.judge == "local", 60)
    world.trouble = {}
    told_s = max(at_s for at_s, key, _ in world.asked if key == "gadget")
    world.until(lambda: world.state.judge == "gadget", 300)
    again_s = max(at_s for at_s, key, _ in world.asked if key == "gadget")
    assert again_s - told_s >= 200


# -- evidence is not mixed --------------------------------------------------------------


def test_evidence_begins_anew_with_another_backend() -> None:
    world = watching("kserve", "local")
    world.sees = lambda key, at_s: frame(0.97)
    world.run(60)
    before = world.state.memory.frames.mean
    assert before > 0.4
    world.trouble["kserve"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    assert world.state.memory.frames.mean < before / 2
    assert world.state.memory_of == "local"
    assert world.state.record is not None
    assert world.state.record.backend == "local"


def test_there_is_a_short_grace_after_a_change() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    assert 0 < world.status()["grace_s"] <= GRACE_CHANGE_S


def test_a_short_trouble_of_the_only_backend_costs_no_evidence() -> None:
    world = watching("local")
    world.sees = lambda key, at_s: frame(0.97)
    world.run(60)
    before = world.state.memory.frames.mean
    world.trouble["local"] = GONE
    world.run(11)
    world.trouble = {}
    world.run(30)
    assert world.state.memory.frames.mean > before


@pytest.mark.parametrize("visible_before_s", [0, 30, 90, 300])
def test_a_failing_print_is_paused_although_its_judge_dies(visible_before_s: int) -> None:
    world = watching("kserve", "local", decision={"pause_confidence": 3})
    world.run(600)
    world.trouble["kserve"] = Trouble(error=GONE.error)
    world.sees = lambda key, at_s: frame(0.97)
    if visible_before_s < 120:
        world.trouble = {}
        world.run(visible_before_s)
        world.trouble["kserve"] = GONE
    started_s = world.now_s
    world.until(lambda: pauses(world) == 1, 300)
    assert world.now_s - started_s <= 300


def test_what_failed_before_the_change_is_nobodys_background() -> None:
    world = watching("gadget", "local")
    world.run(600)
    # Gadget has not seen it; the detector does, from its first frame on.
    world.sees = lambda key, at_s: None if key == "gadget" else frame(0.97)
    world.trouble["gadget"] = GONE
    world.until(lambda: pauses(world) == 1, 300)


def test_a_logo_that_one_knew_from_the_start_is_known_to_the_next() -> None:
    world = World(ladder_of("kserve", "local"))
    world.sees = lambda key, at_s: frame(0.97)
    world.start()
    world.run(600)
    assert pauses(world) == 0
    world.trouble["kserve"] = GONE
    world.run(1800)
    assert world.state.judge == "local"
    assert pauses(world) == 0


def test_what_is_usual_is_remembered_for_who_judged_to_the_end() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.run(900)
    world.send(m.PrintEnded("done"))
    usual = [one.value for one in world.seen(m.Remember) if one.section == "usual"]
    assert list(usual[-1]) == ["local"]


# -- what people are told ---------------------------------------------------------------


def test_the_status_says_who_judges_and_why_not_the_others() -> None:
    world = watching("gadget", "kserve", "local")
    world.trouble["gadget"] = REFUSED
    world.until(lambda: world.state.judge == "kserve", 60)
    gadget, kserve, local = world.status()["ladder"]
    assert (gadget["key"], gadget["state"]) == ("gadget", "off")
    assert "API key" in gadget["reason"]
    assert gadget["again_s"] is None
    assert (kserve["state"], kserve["reason"]) == ("judging", "")
    assert local["state"] == "ready"
    assert world.status()["backend_label"] == kserve["label"]


def test_a_waiting_backend_says_when_it_is_tried_again() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    gadget, _ = world.status()["ladder"]
    assert gadget["state"] == "waiting"
    assert 0 < gadget["again_s"] <= 300


def test_the_user_is_told_once_of_a_backend_that_only_they_can_bring_back() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = REFUSED
    world.run(600)
    world.send(m.Commanded("check_now"))
    world.run(600)
    told = [one for one in world.seen(m.Alert) if one.name == "backend_left_out"]
    assert len(told) == 1
    assert "Gadget" in told[0].reason.params["backend"]["code"]
    assert not world.state.blinded


def test_a_change_is_told_on_the_bus_and_in_the_log_once() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.run(130)
    assert logged(world).count("backend_changed") == 1
    events = [one.name for one in world.seen(m.RaiseEvent)]
    assert events.count("backend_changed") == 1


def test_while_others_judge_a_failed_try_is_not_blindness() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = GONE
    world.until(lambda: world.state.judge == "local", 60)
    for _ in range(600):
        world.run(1)
        assert world.status()["blind"] is False
    assert "blinded" not in [one.name for one in world.seen(m.RaiseEvent)]


def test_with_all_of_them_down_it_is_blind() -> None:
    world = watching("gadget", "local")
    world.trouble = {"gadget": GONE, "local": GONE}
    world.run(300)
    status = world.status()
    assert (status["verdict"], status["blind"]) == ("unknown", True)
    assert [one.name for one in world.seen(m.Alert)].count("blinded") == 1


def test_with_all_of_them_refusing_nobody_is_asked_before_the_user_acts() -> None:
    world = watching("gadget", "kserve")
    refused = Trouble(error=Ask("token_refused"))
    world.trouble = {"gadget": REFUSED, "kserve": refused}
    world.run(120)
    assert world.status()["hold"] == "ask"
    since_s = world.now_s
    world.run(3600)
    assert world.asked_since(since_s) == []
    world.trouble = {}
    world.send(m.SettingsChanged(ladder_of("gadget", "local")))
    world.until(lambda: world.state.judge == "gadget", 30)


def test_a_backend_left_out_is_asked_again_with_the_next_print() -> None:
    world = watching("gadget", "local")
    world.trouble["gadget"] = REFUSED
    world.run(300)
    world.send(m.PrintEnded("done"))
    world.trouble = {}
    world.reading = PrinterReading("PRINTING", print_number=2)
    world.send(m.PrintStarted("id2", "b.gcode", "b.gcode", "local", 0.0, "e" * 32))
    world.run(60)
    assert world.state.judge == "gadget"


# -- the month's calls ------------------------------------------------------------------


def test_who_has_no_calls_left_hands_over() -> None:
    settings = ladder_of("gadget", "local", budget={"monthly_calls": 5})
    world = World(settings, limit={"gadget": 5})
    world.start()
    world.run(1800)
    assert world.calls["gadget"] == 5
    assert world.state.judge == "local"
    assert world.status()["ladder"][0]["state"] == "spent"
    assert world.status()["blind"] is False


def test_a_new_month_brings_it_back() -> None:
    settings = ladder_of("gadget", "local", budget={"monthly_calls": 3})
    world = World(settings, limit={"gadget": 3})
    world.start()
    world.run(1200)
    world.calls = {}
    world.until(lambda: world.state.judge == "gadget", 60)


def test_with_nobody_left_to_ask_it_does_not_look_all_the_time() -> None:
    settings = ladder_of("gadget", budget={"monthly_calls": 3})
    world = World(settings, limit={"gadget": 3})
    world.start()
    world.run(1200)
    assert wake_at(world.state, world.now_s) == world.now_s + TICK_S


def test_with_no_calls_left_and_nobody_else_it_is_blind_and_says_so_at_once() -> None:
    settings = ladder_of("gadget", budget={"monthly_calls": 3})
    world = World(settings, limit={"gadget": 3})
    world.start()
    world.run(1200)
    assert world.calls["gadget"] == 3
    status = world.status()
    assert status["blind"] is True
    assert "3 calls" in status["reason"]
    assert [one.name for one in world.seen(m.Alert)].count("blinded") == 1
    assert world.seen(m.PausePrint) == []
    world.calls = {}
    world.until(lambda: world.status()["verdict"] == "ok", 60)
