"""Every code that is used has its sentence, and every state of the machine its reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import octoprint_aiwatch
from octoprint_aiwatch.core.state import HOLDS
from octoprint_aiwatch.core.words import (
    ADVICE,
    ADVICE_OF,
    LABELS,
    SENTENCES,
    SHOWN,
    advise,
    explain,
    for_pages,
    say,
)

PACKAGE = Path(octoprint_aiwatch.__file__).parent
ERRORS = {
    "Retry",
    "NextFrame",
    "Reopen",
    "Ask",
    "Bug",
    "Unreachable",
    "SnapshotError",
    "Reason",
    "Fault",
    "say",
    "explain",
    "refuse",
}


def codes_in_use() -> set[str]:
    """Codes as errors, reasons, log lines and titles of alerts name them."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            place = {"Log": 1, "Alert": 2}.get(name, 0 if name in ERRORS else None)
            if place is None or len(node.args) <= place:
                continue
            value = node.args[place]
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.add(value.value)
    return found


def test_every_code_in_use_has_its_sentence() -> None:
    assert len(codes_in_use()) > 50
    assert codes_in_use() - set(SENTENCES) == set()


def test_every_sentence_is_in_use() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    built = re.compile(
        r"^(hold_|done_|yields_|title_failure_|outcome_|entity_|"
        r"(ahead|lasting|soon|service)_(warning|pause|cancel|notify)$|"
        r"(remote|relative|absolute|frames)_(ok|warning|failure)$)"
    )
    unused = {
        code
        for code in SENTENCES
        if source.count(f'"{code}"') < 2 and not built.match(code)
    }
    assert unused == set()


def test_every_hold_has_its_sentence() -> None:
    names = {name for name, _ in HOLDS} - {"ask"}  # that one speaks through its fault
    assert {f"hold_{name}" for name in names} <= set(SENTENCES)


def test_advice_is_given_for_codes_that_exist() -> None:
    assert set(ADVICE) <= set(SENTENCES)


@pytest.mark.parametrize("code", sorted(SENTENCES))
def test_a_sentence_without_its_values_still_reads_as_text(code: str) -> None:
    text = say(code, {})
    assert text
    assert not {"{", "}"} & set(text)


def test_values_are_filled_in() -> None:
    assert say("refused", {"host": "h"}) == "h refuses the connection."


def test_braces_in_a_value_are_text() -> None:
    assert "{0.__class__}" in say("request_refused", {"detail": "{0.__class__}"})


def test_a_value_of_the_wrong_kind_does_not_break_the_sentence() -> None:
    assert "{" not in say("grace", {"grace_s": "soon"})


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert say("something_new", {}) == "something_new"
    assert advise("something_new") == ""


def test_explaining_is_saying_and_advising() -> None:
    assert explain("no_webcam", {}) == f"{say('no_webcam', {})} {advise('no_webcam')}"


def test_a_page_gets_every_text_that_it_shows_and_its_advice() -> None:
    texts = for_pages()
    advised = {ADVICE_OF + code for code in ADVICE if code in SHOWN}
    assert set(texts) == {*LABELS, *SHOWN, *advised}
    assert texts["no_webcam"] == SENTENCES["no_webcam"]
    assert texts[ADVICE_OF + "no_webcam"] == ADVICE["no_webcam"]
