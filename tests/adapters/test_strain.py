"""Signs that this machine has trouble with feeding the printer."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest

from octoprint_aiwatch.adapters.strain import LATE_TIMES, STALLED_S, Strain
from octoprint_aiwatch.core.values import PrinterReading


class Machine:
    """A machine whose clock and kernel are ours."""

    def __init__(self, sysfs: Path) -> None:
        self.now_s = 0.0
        self.sysfs = sysfs
        self.strain = Strain(lambda: self.now_s, sysfs)

    def kernel_says(self, path: str, text: str) -> None:
        file = self.sysfs / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.strain.measure()

    def sign(
        self,
        position: Optional[float] = None,
        state_id: str = "PRINTING",
        heating: Optional[bool] = None,
    ) -> str:
        return self.strain.sign(PrinterReading(state_id, heating, position=position))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_machine_that_tells_nothing_has_no_strain(machine: Machine) -> None:
    machine.strain.measure()
    assert machine.sign() == ""


@pytest.mark.parametrize(
    ("celsius", "expected"), [(79.9, ""), (80.0, "hot"), (95.0, "hot")]
)
def test_a_hot_processor_is_a_strain(
    machine: Machine, celsius: float, expected: str
) -> None:
    machine.kernel_says("class/thermal/thermal_zone0/temp", "41000\n")
    machine.kernel_says("class/thermal/thermal_zone1/temp", f"{celsius * 1000:.0f}\n")
    assert machine.sign() == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("0\n", ""),
        ("50000\n", ""),  # it once was
        ("50005\n", "throttled"),  # too little power, and throttled
        ("1\n", ""),  # too little power alone slows nothing down
        ("2\n", "throttled"),
        ("8\n", "throttled"),
    ],
)
def test_a_processor_that_is_slowed_down_now_is_a_strain(
    machine: Machine, word: str, expected: str
) -> None:
    machine.kernel_says("devices/platform/soc/soc:firmware/get_throttled", word)
    assert machine.sign() == expected


@pytest.mark.parametrize("text", ["", "warm", "\x00"])
def test_nonsense_of_the_kernel_is_no_strain(machine: Machine, text: str) -> None:
    machine.kernel_says("class/thermal/thermal_zone0/temp", text)
    assert machine.sign() == ""


def test_heat_that_is_gone_is_no_strain(machine: Machine) -> None:
    machine.kernel_says("class/thermal/thermal_zone0/temp", "90000")
    machine.kernel_says("class/thermal/thermal_zone0/temp", "60000")
    assert machine.sign() == ""


def test_a_thread_that_comes_late_again_and_again_is_a_strain(machine: Machine) -> None:
    for _ in range(LATE_TIMES - 1):
        machine.strain.woke(1.5)
    assert machine.sign() == ""
    machine.strain.woke(1.5)
    assert machine.sign() == "lagging"
    machine.strain.woke(0.01)
    assert machine.sign() == ""


def test_a_print_that_does_not_get_on_is_a_strain(machine: Machine) -> None:
    assert machine.sign(position=100) == ""
    machine.now_s += STALLED_S - 0.1
    assert machine.sign(position=100) == ""
    machine.now_s += 0.1
    assert machine.sign(position=100) == "stalled"
    assert machine.sign(position=101) == ""


@pytest.mark.parametrize(
    "still",
    [{"state_id": "PAUSED"}, {"heating": True}, {"position": None}],
    ids=["paused", "heating", "unknown"],
)
def test_a_print_that_may_stand_still_is_none(machine: Machine, still: dict) -> None:
    look = {"position": 100.0, **still}
    machine.sign(**look)
    machine.now_s += 10 * STALLED_S
    assert machine.sign(**look) == ""


def test_what_stood_still_before_does_not_count(machine: Machine) -> None:
    machine.sign(position=100)
    machine.now_s += 10 * STALLED_S
    machine.sign(position=100, heating=True)
    assert machine.sign(position=100) == ""
