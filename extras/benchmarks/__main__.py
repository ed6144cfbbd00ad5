"""What AI Watch costs an OctoPrint: `make bench`.

Plain OctoPrints and some with AI Watch, side by side in the same minutes on this machine,
several rounds of it; medians, differences and aims in one table. Ends by itself, with an
error if an aim is missed. extras/docs/bench.md says what each figure means.

Must not change the plugin, nor measure anything that only the benchmark does.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import octoprint_aiwatch
from octoprint_aiwatch.plugin import AiWatchPlugin

from . import frame_cost, importing, playing, table
from .aims import IMPORT_MB, IMPORT_MS, JUDGING_MS, PAGE_KB
from .frame_cost import environment
from .sides import SIDES, Side, Webcam, pictures

KB = 1000.0
STATIC = Path(octoprint_aiwatch.__file__).parent / "static"
IMPORTS_A_ROUND = 3
LONGER = 1.1
"""A round may take so much longer than the longest before it."""


def say(text: str) -> None:
    print(text, flush=True)


def play_rounds(
    wanted: argparse.Namespace, times: playing.Times, folder: Path, webcam: Webcam
) -> list[table.Round]:
    """As many as are wanted, or fit into the time."""
    rounds: list[table.Round] = []
    began_s, longest_s = time.monotonic(), 0.0
    for number in range(wanted.rounds):
        left_s = 60 * wanted.most_min - (time.monotonic() - began_s)
        if rounds and left_s < LONGER * longest_s:
            say(f"no time for more than {number} rounds in {wanted.most_min:g} minutes")
            break
        order = SIDES[number % len(SIDES) :] + SIDES[: number % len(SIDES)]
        say(f"round {number + 1} of {wanted.rounds}: {', '.join(order)}")
        since_s = time.monotonic()
        rounds.append(play_round(order, times, folder / str(number), webcam))
        longest_s = max(longest_s, time.monotonic() - since_s)
    return rounds


def play_round(
    order: Sequence[str], times: playing.Times, folder: Path, webcam: Webcam
) -> table.Round:
    with ExitStack() as stack:
        sides = []
        for name in order:
            side = Side(name, folder, webcam)
            stack.callback(side.close)
            sides.append(side)
        return playing.play(sides, times)


def compile_all(folder: Path, webcam: Webcam) -> None:
    """Start one OctoPrint for nothing, so that the first round is like the others."""
    side = Side(SIDES[-1], folder / "compiled", webcam)
    try:
        side.start()
        side.host.stop()
    finally:
        side.close()


def own_bytecode(folder: Path) -> None:
    """Compiled modules are kept, as on any installation, and in a place of our own."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def page_rows() -> list[table.Row]:
    """What every page loads of ours, as it lies in the package."""
    sizes = {
        kind: sum((STATIC / name).stat().st_size for name in names) / KB
        for kind, names in AiWatchPlugin().get_assets().items()
    }
    found = [table.alone(f"page: {name}", "kB", [size]) for name, size in sizes.items()]
    return [*found, table.alone("page: all", "kB", [sum(sizes.values())], PAGE_KB)]


def import_rows(imports: Sequence[dict[str, float]]) -> list[table.Row]:
    return [
        table.alone("import: time", "ms", [one["ms"] for one in imports], IMPORT_MS),
        table.alone("import: memory", "MB", [one["mb"] for one in imports], IMPORT_MB),
        table.alone("import: modules", "", [one["modules"] for one in imports]),
    ]


def frame_rows(costs: dict[str, float]) -> list[table.Row]:
    return [
        table.alone(
            f"a frame: {name}", "ms", [cost], JUDGING_MS if "numpy" in name else None
        )
        for name, cost in costs.items()
    ]


def about(wanted: argparse.Namespace, rounds: int) -> dict[str, Any]:
    """What a reader of the figures has to know."""
    return {
        "octoprint": importlib.metadata.version("OctoPrint"),
        "python": platform.python_version(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "rounds": rounds,
        "window_s": wanted.window_s,
    }


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def run(wanted: argparse.Namespace) -> int:
    times = playing.Times(
        settle_s=min(8.0, wanted.window_s),
        idle_s=wanted.window_s / 3,
        watch_s=wanted.window_s,
        load_s=wanted.window_s / 6,
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        own_bytecode(folder)
        small, large = pictures(folder)
        say(f"frames of {sum(map(len, large)) / len(large) / KB:.0f} kB")
        costs = frame_cost.measured(folder, small, wanted.frames)
        imports = importing.measured(IMPORTS_A_ROUND * wanted.rounds)
        os.environ.update(stack.enter_context(environment(True)))
        webcam = stack.enter_context(Webcam(large))
        compile_all(folder, webcam)
        rounds = play_rounds(wanted, times, folder, webcam)
    found = [*import_rows(imports), *table.rows(rounds)]
    found += [*page_rows(), *frame_rows(costs)]
    return told(wanted, about(wanted, len(rounds)), found, [*rounds])


def told(
    wanted: argparse.Namespace,
    what: dict[str, Any],
    found: list[table.Row],
    rounds: list[table.Round],
) -> int:
    """Shows the table and writes it where it is wanted; whether an aim was missed."""
    head = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in what.items())
    text = f"{head}\n\n{table.markdown(found)}"
    say("\n" + text)
    if wanted.json:
        document = {
            **what,
            "figures": [row.as_dict() for row in found],
            "each_round": rounds,
        }
        wanted.json.write_text(json.dumps(document, indent=2) + "\n")
    if wanted.markdown:
        table.put_between(wanted.markdown, text)
    over = [row for row in found if row.is_over]
    for row in over:
        print(f"OVER: {' '.join(row.cells()).rstrip()}", file=sys.stderr)
    return 1 if over else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    add = parser.add_argument
    add("--rounds", type=int, default=5)
    add("--window-s", type=float, default=60.0, help="watched so long in each round")
    add("--frames", type=int, default=frame_cost.FRAMES, help="judged by themselves")
    add("--most-min", type=float, default=22.0, help="for all rounds together")
    add("--json", type=Path, help="all figures as a file, each round's too")
    add("--markdown", type=Path, help="a document whose marked table is replaced")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
