"""What OctoPrint's health page is told, by OctoPrint's own classes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from octoprint_aiwatch.adapters.health import CHECKS, Health, check_classes

ROW = {"label": "Gadget", "state": "judging", "reason": "", "why": None}
STATUS = {
    "phase": "watching",
    "blind": False,
    "reasons": [],
    "job": {"elapsed_s": 10.0},
    "ladder": [ROW],
}


class Facts:
    def __init__(self, folder: Path) -> None:
        self.status: dict[str, Any] = dict(STATUS)
        self.age_s: Any = 5.0
        self.health = Health(
            lambda: self.status, lambda: self.age_s, lambda: 10.0, str(folder)
        )

    def results(self) -> dict[str, str]:
        classes = check_classes(lambda: self.health)
        return {made.key: result_of(made) for made in classes}  # type: ignore[attr-defined]


def result_of(made: Any) -> str:
    found = made().perform_check().result
    return str(getattr(found, "value", found))


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return Facts(tmp_path)


def test_when_all_is_well_all_is_ok(facts: Facts) -> None:
    assert facts.results() == {f"aiwatch_{name}": "ok" for name in CHECKS}


def test_before_everything_is_put_together_nothing_is_wrong() -> None:
    for made in check_classes(lambda: None):
        assert result_of(made) == "ok"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("snapshot_empty", "issue"),
        ("picture_black", "issue"),
        ("no_webcam", "issue"),
        ("frame_undecodable", "issue"),
        ("api_key_refused", "ok"),
    ],
)
def test_a_webcam_that_cannot_be_used_is_told(
    facts: Facts, code: str, result: str
) -> None:
    facts.status.update(blind=True, reasons=[{"code": code, "text": "Why."}])
    assert facts.health.webcam()[0] == result
    facts.status["blind"] = False
    assert facts.health.webcam() == ("ok", {})


def test_a_backend_that_does_not_judge_is_told(facts: Facts) -> None:
    why = {"code": "api_key_missing", "params": {}, "text": "No key."}
    off = {"label": "Obico", "state": "off", "reason": "No key.", "why": why}
    facts.status["ladder"] = [off, ROW]
    assert facts.health.backend() == ("warning", {"Obico": why})
    facts.status["ladder"] = [off]
    assert facts.health.backend() == ("issue", {"Obico": why})


def test_a_print_that_is_not_judged_for_long_is_told(facts: Facts) -> None:
    facts.age_s = 301.0
    result, found = facts.health.last_check()
    assert result == "warning"
    assert found["reason"]["text"] == "The last check was 301 s ago."
    facts.status["phase"] = "idle"
    assert facts.health.last_check() == ("ok", {})


def test_a_print_that_was_never_judged_counts_from_its_start(facts: Facts) -> None:
    facts.age_s = None
    facts.status["job"] = {"elapsed_s": 400.0}
    assert facts.health.last_check()[0] == "warning"


def test_a_full_disk_is_told(facts: Facts, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 20e6

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    result, found = facts.health.disk()
    assert result == "issue"
    assert found["reason"]["text"] == "Only 20 MB are free."


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    health = Health(lambda: STATUS, lambda: 1.0, lambda: 10.0, str(tmp_path / "gone"))
    assert health.disk()[0] == "issue"
