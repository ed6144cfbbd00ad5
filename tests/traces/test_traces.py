"""What whole prints lead to: failing ones, good ones, odd ones; see `table.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core import temporal
from octoprint_aiwatch.core.usual import Usual
from octoprint_aiwatch.core.values import Detection, FrameEvidence, Inspection
from tests.core.rig import QUICK, Rig, settings_with
from tests.core.sequences import DEFAULT
from tests.traces.drive import judged, watched
from tests.traces.make import FRAMES, STATISTICS, frames, inspections, visible_at_s
from tests.traces.table import (
    CADENCES_S,
    FAILING,
    GOOD,
    LOGO,
    ORDINARY,
    PAUSED_WITHIN_S,
    Row,
)

BACKENDS = {FRAMES: "local", STATISTICS: "obico"}
CASES = [
    pytest.param(row, kind, id=f"{row.plot.name}, {kind}")
    for row in FAILING
    for kind in row.kinds
]
GOOD_CASES = [
    pytest.param(row, kind, id=f"{row.plot.name}, {kind}")
    for row in GOOD
    for kind in row.kinds
]


def pauses(row: Row, kind: str, seed: int) -> dict[float, float]:
    """Seconds from visible to paused, at every cadence."""
    seen_s = visible_at_s(row.plot)
    assert seen_s is not None
    found = {}
    for cadence_s in CADENCES_S:
        told = judged(row.plot, cadence_s, kind, seed)
        assert told.paused_at_s is not None, f"never paused at {cadence_s:.0f} s"
        found[cadence_s] = told.paused_at_s - seen_s
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("row", "kind"), CASES)
def test_a_failing_print_is_paused_within_five_minutes_of_becoming_visible(
    row: Row, kind: str, seed: int
) -> None:
    found = pauses(row, kind, seed)
    assert max(found.values()) <= PAUSED_WITHIN_S
    # It may be caught before a single frame of it would be called a failure.
    assert row.plot.fails_at_s is not None
    assert min(found.values()) >= row.plot.fails_at_s - (visible_at_s(row.plot) or 0.0)


@pytest.mark.parametrize(
    ("row", "kind"), [case for case in CASES if case.values[1] in case.values[0].together]
)
def test_cadences_lead_to_the_same_verdict_within_one_interval(
    row: Row, kind: str
) -> None:
    found = [pauses(row, kind, seed) for seed in range(1, 8)]
    usual = [median(one[cadence_s] for one in found) for cadence_s in CADENCES_S]
    assert max(usual) - min(usual) <= max(CADENCES_S)


@pytest.mark.parametrize("cadence_s", CADENCES_S)
@pytest.mark.parametrize(("row", "kind"), GOOD_CASES)
def test_what_is_no_failure_is_never_paused_and_hardly_ever_warned_of(
    row: Row, kind: str, cadence_s: float
) -> None:
    told = judged(row.plot, cadence_s, kind)
    assert told.paused_at_s is None
    if row.warnings is not None:
        assert len(told.warned_at_s) <= row.warnings


def test_five_hundred_good_hours_pass_without_a_pause_and_with_one_warning_at_most() -> (
    None
):
    warnings = 0
    for seed in range(50):
        cadence_s = CADENCES_S[seed % len(CADENCES_S)]
        told = judged(ORDINARY, cadence_s, FRAMES, seed)
        assert told.paused_at_s is None, f"print {seed} was paused"
        warnings += len(told.warned_at_s)
    assert warnings <= 1


@pytest.mark.parametrize("kind", [FRAMES, STATISTICS])
def test_the_machine_pauses_when_the_rule_says_so(kind: str) -> None:
    row = FAILING[1]
    rule = judged(row.plot, 20.0, kind)
    machine = watched(row.plot, 20.0, BACKENDS[kind], kind)
    assert rule.paused_at_s is not None
    assert machine.paused_at_s == pytest.approx(rule.paused_at_s, abs=20.0)


def test_the_same_seed_at_another_pace_is_the_same_print_looked_at_less_often() -> None:
    often = dict(frames(ORDINARY, 10.0, 7))
    seldom = dict(frames(ORDINARY, 40.0, 7))
    assert seldom == {at_s: often[at_s] for at_s in seldom}


# -- not a failure --------------------------------------------------------------------

ELSEWHERE = Detection(0.85, 0.2, 0.75, 0.2, 0.2)


def test_after_not_a_failure_its_boxes_never_pause_and_a_new_failure_does() -> None:
    plot = replace(FAILING[1].plot, for_s=4 * 3600.0, doubles_s=1e9)
    rig = Rig(settings_with(backend="local", watch={**QUICK, "min_interval_s": 20}))
    rig.watching()
    began_s, waved = rig.now_s, False
    for at_s, inspection in inspections(plot, 20.0):
        assert inspection is not None
        rig.wait(max(0.0, began_s + at_s - rig.now_s))
        if at_s >= 3 * 3600.0:
            boxes = (*inspection.detections, ELSEWHERE)
            inspection = Inspection(FrameEvidence(0.9), boxes)
        rig.judged(inspection)
        if at_s < 3 * 3600.0:
            assert rig.seen(m.PausePrint) == []
        if rig.state.verdict.level == "warning" and not waved:
            rig.press("not_a_failure")
            waved = True
    assert waved
    assert len(rig.seen(m.PausePrint)) >= 1


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cadence_s", CADENCES_S)
def test_a_fixed_thing_of_any_brightness_is_never_warned_of(
    cadence_s: float, seed: int
) -> None:
    for low in (0.2, 0.5, 0.8):
        plot = replace(GOOD[2].plot, fixed=(low, LOGO[1]), for_s=2 * 3600.0)
        assert judged(plot, cadence_s, FRAMES, seed).warned_at_s == ()


# -- the page -------------------------------------------------------------------------

PAGE = Path(__file__).parents[2] / "extras" / "docs" / "deciding.md"


@pytest.mark.parametrize("row", [*FAILING, *GOOD], ids=lambda row: row.plot.name)
def test_the_page_tells_of_every_trace(row: Row) -> None:
    lines = [
        line for line in PAGE.read_text().splitlines() if f"| {row.plot.name} |" in line
    ]
    assert len(lines) >= len(row.kinds)


def test_a_noisy_printers_baseline_is_no_warning_once_it_is_known() -> None:
    noisy = GOOD[1].plot
    memory = temporal.begun(Usual(0.2, 36_000.0))
    for at_s, inspection in inspections(noisy, 20.0):
        assert inspection is not None
        memory, verdict, _ = temporal.judge(memory, inspection, at_s, DEFAULT)
        assert verdict.level == "ok"
