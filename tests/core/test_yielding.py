"""Printing comes first: what is strained is looked at less often."""

from __future__ import annotations

from dataclasses import replace

import pytest

from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.values import FrameEvidence, Inspection
from octoprint_aiwatch.core.words import SENTENCES
from octoprint_aiwatch.core.yielding import CALM_S, MOST_S, STRETCH
from tests.core.rig import QUICK, Rig, settings_with

FINE = Inspection(FrameEvidence(0.02))
EVERY_S = 10.0


def watching(**watch: object) -> Rig:
    rig = Rig(settings_with(backend="local", watch={**QUICK, **watch}))
    rig.watching()
    rig.judged(FINE)
    return rig


def strain(rig: Rig, sign: str) -> None:
    rig.send(m.PrinterRead(replace(rig.state.reading, strain=sign)))


def next_gap_s(rig: Rig) -> float:
    """How long after a check the next one is ordered."""
    while rig.state.order is None:
        rig.wait(1.0)
    rig.judged(FINE)
    return rig.check_at - rig.now_s


def codes(rig: Rig) -> list[str]:
    return [reason["code"] for reason in rig.status()["reasons"]]


@pytest.mark.parametrize("sign", ["stalled", "lagging", "throttled", "hot"])
def test_under_strain_it_looks_less_often_and_says_why(sign: str) -> None:
    rig = watching()
    strain(rig, sign)
    assert next_gap_s(rig) == pytest.approx(EVERY_S * STRETCH)
    assert f"yields_{sign}" in codes(rig)
    assert rig.status()["strain"] == sign
    assert SENTENCES[f"yields_{sign}"]


def test_the_check_that_is_due_next_is_put_off_already() -> None:
    rig = watching()
    before = rig.check_at
    strain(rig, "lagging")
    assert rig.check_at == pytest.approx(before + EVERY_S * (STRETCH - 1))


def test_it_comes_back_when_the_strain_is_over() -> None:
    rig = watching()
    strain(rig, "hot")
    next_gap_s(rig)
    strain(rig, "")
    rig.wait(CALM_S - 1.0)
    assert rig.status()["strain"] == "hot"
    rig.wait(1.0 + 2.0)
    assert rig.status()["strain"] is None
    assert next_gap_s(rig) == pytest.approx(EVERY_S)
    assert not any(code.startswith("yields") for code in codes(rig))


def test_coming_back_it_does_not_wait_out_the_longer_gap() -> None:
    rig = watching(min_interval_s=30)
    strain(rig, "hot")
    next_gap_s(rig)
    last_s = rig.now_s
    strain(rig, "")
    while rig.state.order is None:
        rig.wait(1.0)
    assert CALM_S <= rig.now_s - last_s <= CALM_S + 3.0 < MOST_S


def test_the_gap_has_an_end_and_a_longer_one_of_its_own_stays() -> None:
    rig = watching(min_interval_s=50)
    strain(rig, "hot")
    assert next_gap_s(rig) == pytest.approx(MOST_S)
    rig = watching(min_interval_s=200)
    strain(rig, "hot")
    assert next_gap_s(rig) == pytest.approx(200.0)


def test_a_strain_makes_nobody_blind() -> None:
    rig = watching(blind_after_s=10)
    strain(rig, "stalled")
    for _ in range(20):
        next_gap_s(rig)
        assert rig.status()["blind"] is False


def test_it_is_told_in_the_log_once_when_it_begins_and_once_when_it_ends() -> None:
    rig = watching()
    for sign in ("hot", "hot", "throttled", "hot"):
        strain(rig, sign)
        next_gap_s(rig)
    strain(rig, "")
    rig.wait(2 * CALM_S)
    lines = [one.code for one in rig.seen(m.Log) if one.code.startswith("yields")]
    assert lines == ["yields_hot", "yields_over"]


def test_whoever_switches_it_off_is_not_slowed_down() -> None:
    rig = watching(give_way=False)
    strain(rig, "hot")
    assert next_gap_s(rig) == pytest.approx(EVERY_S)
    assert rig.status()["strain"] is None


def test_a_paused_print_has_no_strain_to_speak_of() -> None:
    rig = watching()
    rig.printer("PAUSED")
    strain(rig, "hot")
    assert rig.status()["strain"] is None
