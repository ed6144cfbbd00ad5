"""A desk for the tests of aiwatch:evaluate: a folder, the command, no real waiting."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any, Optional

from click.testing import CliRunner, Result

from octoprint_aiwatch.adapters.evaluation import command
from octoprint_aiwatch.adapters.evaluation.bench import World
from tests import brightness
from tests.adapters.fakes import Clock


def runner() -> CliRunner:
    """Keeps what goes to standard error apart, as click does by itself from 8.2 on."""
    try:
        return CliRunner(mix_stderr=False)  # type: ignore[call-arg]
    except TypeError:
        return CliRunner()


class Naps:
    """A clock that a wait moves on at once."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.lengths: list[float] = []

    def sleep(self, for_s: float) -> None:
        self.lengths.append(round(for_s, 1))
        self.clock.now_s += for_s


class Desk:
    """A folder to work in, and the command."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.model = str(brightness.weights(place))
        self.stored: Any = {"backend": "local", "backends": {"local": {}}}
        self.naps = Naps()
        self.transport: Any = command.new_transport

    def folder(self, **greys: list[int]) -> Path:
        return brightness.folder_of(self.place / "pictures", **greys)

    def run(self, *given: str, answer: Optional[str] = None) -> Result:
        world = partial(
            World, clock=self.naps.clock, sleep=self.naps.sleep, chance=lambda: 0.5
        )
        wanted = command.command(lambda: self.stored, self.transport, world)
        return runner().invoke(wanted, [*given], input=answer)

    def judge(self, folder: Path, *given: str) -> Result:
        return self.run(str(folder), "--model", self.model, *given)


def table(result: Result) -> dict[str, list[str]]:
    """The printed rows: label, score and boxes (or the problem) by file."""
    found = {}
    for line in result.stdout.splitlines():
        match = re.fullmatch(r"(\S+\.\S+) +(good|bad|-) +(\S+) +(.+)", line)
        if match:
            found[match[1]] = [part.strip() for part in match.groups()[1:]]
    return found


def value(result: Result, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} +(\d\.\d+)", result.stdout, re.MULTILINE)
    assert found, result.output
    return float(found[1])
