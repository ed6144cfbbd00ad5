"""The parts of pages that are drawn from the code, so that they cannot say otherwise.

    python extras/dev/pages.py            writes them into the pages
    python extras/dev/pages.py --check    changes nothing; fails if a page is out of date

A part stands between ``<!-- drawn: NAME -->`` and ``<!-- end of NAME -->``. Reads the
source as text and imports the core, which is pure; any Python from 3.9 on does.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "extras" / "docs"
CORE = ROOT / "octoprint_aiwatch" / "core"
sys.path.insert(0, str(ROOT))

Function = tuple[str, str]
"""Module and name of a function of the core."""


class Calls:
    """Which functions of the core call which, and what effects each of them makes."""

    def __init__(self) -> None:
        self._bodies: dict[Function, ast.FunctionDef] = {}
        self._names: dict[str, dict[str, Any]] = {}
        for path in sorted(CORE.glob("*.py")):
            self._read(path.stem, ast.parse(path.read_text("utf-8")))

    def _read(self, module: str, tree: ast.Module) -> None:
        names = self._names[module] = {}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self._bodies[module, node.name] = node
                names[node.name] = (module, node.name)
            elif isinstance(node, ast.ImportFrom) and node.level == 1:
                for alias in node.names:
                    here = alias.asname or alias.name
                    names[here] = (node.module or alias.name, alias.name)

    def effects(self, start: Function) -> set[str]:
        """Everything that a function may answer with, by itself or through others."""
        found: set[str] = set()
        seen: set[Function] = set()
        waiting = [start]
        while waiting:
            function = waiting.pop()
            if function in seen or function not in self._bodies:
                continue
            seen.add(function)
            for module, name in self._called(*function):
                if module == "messages":
                    found.add(name)
                else:
                    waiting.append((module, name))
        return found

    def _called(self, module: str, name: str) -> Iterator[Function]:
        known = self._names[module]
        for node in ast.walk(self._bodies[module, name]):
            # A table such as COMMANDS stands for all that is in it.
            if isinstance(node, ast.Name) and node.id == "COMMANDS":
                yield from self._listed(module, "COMMANDS")
            if not isinstance(node, ast.Call):
                continue
            called = node.func
            if isinstance(called, ast.Name) and called.id in known:
                yield known[called.id]
            elif isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
                place = known.get(called.value.id)
                if place is not None and place[0] == place[1]:
                    yield place[0], called.attr

    def _listed(self, module: str, name: str) -> Iterator[Function]:
        tree = ast.parse((CORE / f"{module}.py").read_text("utf-8"))
        for node in tree.body:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else []
            if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                for value in ast.walk(node):
                    if isinstance(value, ast.Name) and value.id in self._names[module]:
                        yield self._names[module][value.id]


def machine() -> str:
    """Phases, events, rules and effects, as tables."""
    from octoprint_aiwatch.core import machine as code
    from octoprint_aiwatch.core import messages, state
    from octoprint_aiwatch.core.labels import LABELS
    from octoprint_aiwatch.core.words import SENTENCES

    calls = Calls()
    used: dict[str, None] = dict.fromkeys(effects_of(messages))
    lines = ["**Holds**, in the order they are asked; the first that is true counts:", ""]
    lines += row("`hold`", "in short", "the reason says") + row("---", "---", "---")
    for name, _ in state.HOLDS:
        sentence = SENTENCES.get(
            f"hold_{name}", "what only you can mend, see `ask` below"
        )
        lines += row(f"`{name}`", LABELS[f"phase_{name}"], sentence)
    lines += ["", "**Events**, each with its one handler:", ""]
    lines += row("event", "it means", "made in", "handler", "may answer with")
    lines += row("---", "---", "---", "---", "---")
    for event, handler in code.HANDLERS.items():
        name, makers = event.__name__, ", ".join(made_in(event.__name__))
        lines += row(f"`{name}`", first(event), makers, *answer(calls, handler, used))
    lines += ["", "**Rules**, applied after every event, in this order:", ""]
    lines += row("", "rule", "it says", "may answer with")
    lines += row("---:", "---", "---", "---")
    ends: list[Callable[..., Any]] = [code.note, code.chronicle]
    for number, rule in enumerate([*code.RULES, *ends], 1):
        where, effects = answer(calls, rule, used)
        lines += row(str(number), where, first(rule), effects)
    lines += ["", "**Effects**, and who carries them out:", ""]
    lines += row("effect", "it says", "in `runtime.py`") + row("---", "---", "---")
    carried = carried_out()
    for name in used:
        kind = getattr(messages, name)
        lines += row(f"`{name}`", first(kind), f"`{carried[name]}`")
    return "\n".join(lines)


def answer(calls: Calls, function: Any, used: dict[str, None]) -> tuple[str, str]:
    """Where a function is, and the effects that may come of it."""
    module = function.__module__.rpartition(".")[2]
    found = calls.effects((module, function.__name__))
    names = [f"`{name}`" for name in used if name in found]
    return f"`{module}.{function.__name__}`", ", ".join(names) or "nothing"


def made_in(event: str) -> list[str]:
    """The modules outside the core that make an event."""
    package = CORE.parent
    adapters = sorted((package / "adapters").glob("*.py"))
    files = [package / "plugin.py", package / "awake.py", *adapters]
    made = re.compile(rf"\b{event}\(")
    return [f"`{one.stem}`" for one in files if made.search(one.read_text("utf-8"))]


def effects_of(messages: Any) -> list[str]:
    """The names of the effects, as their union lists them."""
    return [one.__name__ for one in messages.Effect.__args__]


def carried_out() -> dict[str, str]:
    """Which method of the runtime carries out which effect, read from its source."""
    path = ROOT / "octoprint_aiwatch" / "adapters" / "runtime.py"
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            return {
                key.attr: value.attr
                for key, value in zip(node.value.keys, node.value.values)
                if isinstance(key, ast.Attribute) and isinstance(value, ast.Attribute)
            }
    raise SystemExit(f"{path} has no table of effects any more")


def first(thing: Any) -> str:
    """The first paragraph of a docstring as one line of Markdown."""
    text = (inspect.getdoc(thing) or "").split("\n\n")[0]
    text = re.sub(r":\w+:`([^`]+)`", r"`\1`", text.replace("``", "`"))
    return " ".join(text.split()).replace("|", "\\|")


def row(*cells: str) -> list[str]:
    """A table's line."""
    return ["| " + " | ".join(cells) + " |"]


def reasons() -> str:
    """Every reason not to be watching, with its sentence and what to do."""
    from dev.reasons import table

    return table()


def sends() -> str:
    """What leaves the machine, as each backend's card says it."""
    from octoprint_aiwatch import backends

    lines = row("backend", "leaves this machine") + row("---", "---")
    for one in backends.describe():
        lines += row(f"{one['label']} (`{one['key']}`)", one["sends"])
    return "\n".join(lines)


PARTS: dict[str, tuple[Path, Callable[[], str]]] = {
    "machine": (DOCS / "architecture.md", machine),
    "reasons": (DOCS / "troubleshooting.md", reasons),
    "sends": (DOCS / "privacy.md", sends),
}


def drawn(name: str) -> tuple[Path, str]:
    """A page, and its text as it has to be."""
    path, draw = PARTS[name]
    text = path.read_text("utf-8")
    begin, end = f"<!-- drawn: {name} -->\n", f"\n<!-- end of {name} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{path} needs the lines {begin.strip()} and {end.strip()}")
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return path, before + begin + draw() + end + after


def main() -> int:
    """Write or check all parts."""
    parser = argparse.ArgumentParser(description="Parts of pages drawn from the code.")
    parser.add_argument("--check", action="store_true", help="change nothing")
    check = parser.parse_args().check
    old = False
    for name in PARTS:
        path, text = drawn(name)
        if path.read_text("utf-8") == text:
            continue
        old = True
        print(f"{path}: {name} is out of date" if check else f"{path}: {name}")
        if not check:
            path.write_text(text, "utf-8")
    return 1 if old and check else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "extras"))
    sys.exit(main())
