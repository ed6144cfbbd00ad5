"""What the pages say is drawn from the code or compared with it."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dev import pages
from dev.reasons import GROUPS, IDLE_HANDS, open_places

import octoprint_aiwatch
from octoprint_aiwatch import backends
from octoprint_aiwatch.adapters import calls, outbox, shelf
from octoprint_aiwatch.adapters.history import store
from octoprint_aiwatch.core import errors, machine, sight
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.labels import LABELS
from octoprint_aiwatch.core.options import OPTIONS
from octoprint_aiwatch.core.state import HOLDS
from octoprint_aiwatch.core.words import ADVICE, SENTENCES
from tests.core.rig import QUICK, Rig, remote, settings_with
from tests.ladder.test_fault_matrix import STATED

PACKAGE = Path(octoprint_aiwatch.__file__).parent
DOCS = pages.DOCS
ARCHITECTURE = (DOCS / "architecture.md").read_text("utf-8")
TROUBLE = (DOCS / "troubleshooting.md").read_text("utf-8")
PRIVACY = (DOCS / "privacy.md").read_text("utf-8")
KINDS = {name for name, one in vars(errors).items() if isinstance(one, type)} | {"Fault"}
NOT_IN_A_WATCH = {"nowhere_to_publish"}
"""Only aiwatch:evaluate can run into it."""


# -- what is drawn ----------------------------------------------------------------------


@pytest.mark.parametrize("name", pages.PARTS)
def test_what_is_drawn_from_the_code_is_up_to_date(name: str) -> None:
    path, text = pages.drawn(name)
    assert path.read_text("utf-8") == text, "run: make pages"


def test_every_event_rule_and_effect_is_in_the_machines_tables() -> None:
    rules = {
        f"`{rule.__module__.split('.')[-1]}.{rule.__name__}`" for rule in machine.RULES
    }
    kinds = {f"`{one.__name__}`" for one in (*machine.HANDLERS, *m.Effect.__args__)}
    cells = {cell.strip() for cell in pages.machine().replace("\n", " ").split("|")}
    assert (rules | kinds) - cells == set()


class Watched(Rig):
    """Notes which handler and which rule answered with which effects."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
        super().__init__(settings_with(watch=QUICK, **changes))
        self.answers: dict[pages.Function, set[str]] = defaultdict(set)
        handlers = {kind: self._noting(one) for kind, one in machine.HANDLERS.items()}
        monkeypatch.setattr(machine, "HANDLERS", handlers)
        monkeypatch.setattr(
            machine, "RULES", [self._noting(one) for one in machine.RULES]
        )

    def _noting(self, function: Any) -> Any:
        key = (function.__module__.rpartition(".")[2], function.__name__)

        def noting(*given: Any) -> Any:
            state, effects = function(*given)
            self.answers[key] |= {type(effect).__name__ for effect in effects}
            return state, effects

        return noting


def test_the_machine_answers_with_nothing_that_the_tables_do_not_say(monkeypatch) -> None:
    rig = Watched(monkeypatch)
    rig.watching()
    rig.judged(remote(90, pause=True))
    rig.wait(1.0)
    rig.printer("PAUSING")
    rig.printer("PAUSED")
    rig.press("resume", job=rig.state.job.id)
    rig.printer("PRINTING")
    rig.wait(60.0)
    rig.fails("timeout", "retry")
    rig.wait(200.0)
    rig.press("suppress")
    rig.change(settings_with(watch=QUICK, enabled=False))
    rig.send(m.PrintEnded("done"))
    table = pages.Calls()
    over = {key: made - table.effects(key) for key, made in rig.answers.items()}
    assert {key: made for key, made in over.items() if made} == {}
    seen = set().union(*rig.answers.values())
    assert {"OpenContext", "InspectFrame", "PausePrint", "ResumePrint", "Alert"} <= seen


def test_a_part_without_its_marks_is_named(tmp_path, monkeypatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("no marks")
    monkeypatch.setattr(pages, "PARTS", {"machine": (page, str)})
    with pytest.raises(SystemExit, match="drawn: machine"):
        pages.drawn("machine")


# -- architecture -----------------------------------------------------------------------


def test_every_package_has_its_row_in_the_house() -> None:
    folders = {f"`{one.parent.name}/`" for one in PACKAGE.glob("*/__init__.py")}
    rows = ARCHITECTURE.split("## Threads")[0]
    assert {name for name in folders if f"| {name} |" not in rows} == set()


def test_every_thread_of_ours_has_its_row() -> None:
    names = {
        found.rstrip("-")
        for path in (PACKAGE / "adapters").rglob("*.py")
        for found in re.findall(r'"(aiwatch-[a-z-]+)"', path.read_text("utf-8"))
    }
    assert len(names) >= 9
    assert {name for name in names if f"`{name}" not in ARCHITECTURE} == set()


def test_a_thread_is_left_behind_when_the_page_says() -> None:
    from octoprint_aiwatch.core import scheduling, state

    assert f"hangs for {scheduling.HANG_AFTER_S:.0f} s" in ARCHITECTURE
    assert f"every {state.ATTEMPT_TICK_S} s" in ARCHITECTURE


@pytest.mark.parametrize(
    "name",
    [
        "calls.json",
        "remembered.json",
        "outbox.sqlite3",
        store.DATABASE,
        f"{store.FRAMES}/",
    ],
)
def test_every_file_of_the_plugins_folder_is_told(name: str) -> None:
    source = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    assert f'"{name.rstrip("/")}"' in source
    assert f"`{name}`" in ARCHITECTURE
    assert f"`{name}`" in PRIVACY


# -- trouble ----------------------------------------------------------------------------


def constants(node: ast.AST) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            yield one.value


def raised() -> set[str]:
    """Codes of everything that can keep us from watching, found in the source."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in KINDS:
                found |= set(constants(node.args[0]))
    # Where a code is handed on before it becomes an error.
    handing_on = (sight, backends.gadget, backends.obico, backends.obico_super)
    sources = [Path(inspect.getfile(one)) for one in handing_on]
    sources += [PACKAGE / "adapters" / "detector.py"]
    sources += [PACKAGE / "adapters" / "http.py", *(PACKAGE / "detector").glob("*.py")]
    for path in sources:
        found |= set(constants(ast.parse(path.read_text("utf-8")))) & set(SENTENCES)
    return found


def listed() -> dict[str, str]:
    """Every code on the page, and its group."""
    return {code: group for group, codes in GROUPS.items() for code in codes}


def test_every_reason_not_to_be_watching_is_on_the_page() -> None:
    holds = {f"hold_{name}" for name, _ in HOLDS if name != "ask"}
    holds |= {code for code in SENTENCES if code.startswith("hold_paused_by_")}
    wanted = raised() | holds | set(STATED)
    causes = {code for code, group in listed().items() if group != IDLE_HANDS}
    assert len(wanted) > 70
    assert wanted - NOT_IN_A_WATCH == causes


def test_every_reason_on_the_page_has_a_sentence_and_something_to_do() -> None:
    assert set(listed()) <= set(SENTENCES)
    without = [
        code
        for codes in GROUPS.values()
        for code, todo in codes.items()
        if not ADVICE.get(code) and not todo
    ]
    assert without == []


def test_what_to_do_is_said_once() -> None:
    """Where the plugin gives advice itself, the page takes that."""
    twice = [
        code
        for codes in GROUPS.values()
        for code, todo in codes.items()
        if todo and code in ADVICE
    ]
    assert twice == []


def test_a_value_in_a_sentence_is_left_open() -> None:
    assert open_places("{host} waits {left_s:.0f} s") == "… waits … s"


def test_the_words_quoted_on_the_page_are_the_plugins() -> None:
    """Buttons and settings, as they are written in italics."""
    source = "".join(
        path.read_text("utf-8")
        for path in (*PACKAGE.rglob("*.jinja2"), *PACKAGE.rglob("*.js"))
    )
    said = [open_places(one) for one in SENTENCES.values()]
    texts = " ".join((source, *LABELS.values(), *said))
    quoted = set(re.findall(r"(?<![*\w])\*([A-Z][^*\n]+?)\*(?!\*)", TROUBLE))
    pieces = {piece.strip(" …,") for one in quoted for piece in re.split("[…→]", one)}
    octoprints = {"Access Control", "Settings", "AI Watch: View"}
    assert {one for one in pieces - octoprints if one not in texts} == set()
    assert len(pieces) > 20


# -- privacy ----------------------------------------------------------------------------


def default_of(*path: str) -> Any:
    return next(option.default for option in OPTIONS if option.path == path)


@pytest.mark.parametrize(
    "said",
    [
        f"the last {default_of('history', 'keep_jobs')} jobs (`history.keep_jobs`",
        f"{default_of('history', 'keep_mb')} MB with their frames (`history.keep_mb`)",
        f"{outbox.MOST_MESSAGES} messages at most",
        f"{calls.KEEP_MONTHS} months",
        f"within {shelf.LIFE_S:.0f} s",
    ],
)
def test_what_the_privacy_page_promises_is_what_the_code_does(said: str) -> None:
    assert said in PRIVACY


def test_a_message_is_kept_for_a_day_at_most() -> None:
    assert outbox.KEEP_S == 86400.0
    assert "a day at most" in PRIVACY


def test_nothing_is_sent_anywhere_before_somebody_says_so() -> None:
    """What the page says is off, is."""
    assert default_of("mqtt", "host") == ""
    assert settings_with().notify.urls == ()
    assert octoprint_aiwatch.core.settings.DEFAULT_BACKEND == "local"
    assert backends.REGISTRY["local"].sends == "Nothing."


def imported(path: Path) -> set[str]:
    """What a module imports from outside of the package; takes addresses apart or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names - {"urllib.parse"}}


def test_only_what_the_page_names_knows_other_machines() -> None:
    """Modules that import what talks to the network; a new one belongs on the page."""
    talking = {"requests", "urllib3", "urllib", "http", "socket", "paho", "apprise"}
    found = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if imported(path) & talking
    }
    assert found == {"adapters/http.py", "adapters/mqtt.py", "courier/deliver.py"}


def test_no_page_of_ours_loads_anything_from_elsewhere() -> None:
    for path in (
        *PACKAGE.rglob("*.jinja2"),
        *PACKAGE.rglob("*.css"),
        *PACKAGE.rglob("*.js"),
    ):
        text = path.read_text("utf-8")
        assert not re.search(
            r"""(?:src=|url\(|import |fetch\()\s*["']?https?:""", text
        ), path
