"""Every backend against every documented error and every way a network can fail.

What has to happen is stated in STATED, by the error's code, as extras/docs/backends.md
tells it to people. In no cell is the print paused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

import pytest

from octoprint_aiwatch.backends import REGISTRY
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.errors import AiWatchError, Bug, Retry, Unreachable
from tests.backends.recorded import CASES, answers_of, fixtures_of
from tests.ladder.world import Trouble, World, call_of, ladder_of, opening

RECOVERED_WITHIN_S = 300.0
COARSE_S = 4.0
"""There are hundreds of cells; the printer need not be looked at more often in them."""
NEXT, SAME, OFF = "next", "same", "off"
"""Others judge and it is tried again; it is asked again; others judge for good."""
STATED = {
    # nobody's fault
    "frame_refused": SAME,
    "frame_undecodable": SAME,
    # mended by the same backend
    "context_refused": SAME,
    "rate_limited": SAME,
    # key or money
    "api_key_refused": OFF,
    "credentials_refused": OFF,
    "partner_token_refused": OFF,
    "payment_due": OFF,
    "token_refused": OFF,
    # wait as told, somebody else meanwhile
    "throttled": NEXT,
    "server_not_ready": NEXT,
    # unreachable, broken, or not what it should be
    **dict.fromkeys(("timeout", "dns", "refused", "reset", "tls", "redirect"), NEXT),
    **dict.fromkeys(("server_fault", "bad_answer", "answer_too_large"), NEXT),
    **dict.fromkeys(("not_this_api", "request_refused", "args_refused"), NEXT),
    **dict.fromkeys(("url_refused", "not_fetched", "bug", "no_answer"), NEXT),
    **dict.fromkeys(("model_unknown", "model_input", "model_outputs"), NEXT),
    **dict.fromkeys(("model_not_loaded", "model_missing", "model_broken"), NEXT),
    **dict.fromkeys(("model_shape", "model_needs_onnxruntime"), NEXT),
    **dict.fromkeys(("detector_died", "detector_hung", "detector_memory"), NEXT),
    "detector_incomplete": NEXT,
}
NETWORK: tuple[AiWatchError, ...] = (
    Unreachable("timeout", host="h"),
    Unreachable("timeout", sent=False, host="h"),
    Unreachable("dns", sent=False, host="h"),
    Unreachable("refused", sent=False, host="h"),
    Unreachable("reset", host="h"),
    Unreachable("tls", sent=False, host="h"),
    Retry("answer_too_large"),
    Retry("redirect", host="h"),
)


@dataclass(frozen=True)
class Cell:
    """A backend, what goes wrong with it, and when."""

    key: str
    name: str
    code: str
    trouble: Trouble
    values: Optional[dict[str, str]] = None

    def __str__(self) -> str:
        return f"{self.key}-{self.name}"


def recorded() -> list[Cell]:
    cells = []
    for key, name in CASES:
        case = fixtures_of(key)[name]
        if "error" not in case["expect"]:
            continue
        trouble = Trouble(answers_of(case), call=call_of(case))
        code = case["expect"]["error"]["code"]
        cells.append(Cell(key, name, code, trouble, case["values"]))
    return cells


def network() -> list[Cell]:
    return [
        Cell(
            key,
            f"{error.code}-{call}",
            error.code,
            Trouble(error=error, call=call),
            opening(key)["values"] if call == "open" else None,
        )
        for key, kind in REGISTRY.items()
        if any(field.type == "url" for field in kind.fields)
        for error in NETWORK
        for call in ("open", "inspect")
        if call == "inspect" or opening(key)
    ]


def ours() -> list[Cell]:
    bug = Bug("bug", kind="ZeroDivisionError")
    return [Cell(key, "bug", "bug", Trouble(error=bug)) for key in REGISTRY]


CELLS = [*recorded(), *network(), *ours()]
every_cell = pytest.mark.parametrize("cell", CELLS, ids=str)


def other_of(cell: Cell) -> str:
    return "kserve" if cell.key == "local" else "local"


def struck(cell: Cell) -> World:
    """A print that the trouble has come to, if it can after a good beginning."""
    settings = ladder_of(cell.key, other_of(cell))
    settings.backends[cell.key].update(cell.values or {})  # type: ignore[attr-defined]
    world = World(settings)
    world.tick_s = COARSE_S
    if cell.trouble.call == "open":
        world.trouble[cell.key] = cell.trouble
        world.start()
    else:
        world.start()
        world.until(lambda: len(world.judged) >= 2, 200)
        assert {key for _, key in world.judged} == {cell.key}
        world.trouble[cell.key] = cell.trouble
    world.until(lambda: _met(world, cell), 200)
    return world


def _met(world: World, cell: Cell) -> bool:
    rung = world.state.rungs.get(cell.key)
    fault = world.state.fault
    return (rung is not None and rung.fault is not None) or fault is not None


@every_cell
def test_the_next_step_is_the_stated_one(cell: Cell) -> None:
    world = struck(cell)
    stated = STATED[cell.code]
    since_s = world.now_s - 1.0
    if stated == SAME:
        world.until(lambda: bool(world.asked_since(since_s)), 200)
        assert world.asked_since(since_s)[0] == cell.key
        return
    took_s = world.until(lambda: world.state.judge == other_of(cell), 30)
    assert took_s <= 5.0, "nobody watches meanwhile"
    assert world.status()["backend"] == other_of(cell)
    assert world.status()["blind"] is False
    if stated == OFF:
        since_s = world.now_s
        world.run(900)
        assert cell.key not in world.asked_since(since_s)
        assert "backend_left_out" in [one.name for one in world.seen(m.Alert)]


@every_cell
def test_recovery_is_regained_within_five_minutes(cell: Cell) -> None:
    world = struck(cell)
    world.jitter = 1.0
    world.run(900)
    world.trouble = {}
    if STATED[cell.code] == OFF:
        world.send(m.Commanded("check_now"))
    world.until(lambda: world.state.judge == cell.key, RECOVERED_WITHIN_S)
    assert world.status()["blind"] is False
    assert world.seen(m.PausePrint, m.CancelPrint) == []


@every_cell
def test_alone_it_is_blind_and_judges_again_by_itself(cell: Cell) -> None:
    settings = ladder_of(cell.key)
    settings.backends[cell.key].update(cell.values or {})  # type: ignore[attr-defined]
    world = World(settings)
    world.tick_s = COARSE_S
    world.trouble[cell.key] = cell.trouble
    world.start()
    world.jitter = 1.0
    world.run(600)
    assert (world.status()["verdict"], world.status()["blind"]) == ("unknown", True)
    assert world.seen(m.PausePrint, m.CancelPrint) == []
    world.trouble = {}
    if STATED[cell.code] == OFF:
        world.send(m.Commanded("check_now"))
    world.until(lambda: world.status()["verdict"] == "ok", RECOVERED_WITHIN_S)


def test_every_documented_error_is_in_the_matrix() -> None:
    assert len(CELLS) > 100
    assert {cell.code for cell in CELLS} <= set(STATED)
