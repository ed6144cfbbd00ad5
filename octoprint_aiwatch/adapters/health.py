"""What OctoPrint's own health page is told: webcam, backend, last check, disk.

The facts come from what the watch knows already; only the disk is asked. OctoPrint's
health check plugin may be missing, so its classes are imported when it asks for them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, Callable

from ..core.words import sentence

LEAST_FREE_MB = 100.0
LATE_CHECKS = 5
"""So many times the interval without a check while watching is worth a warning."""
LEAST_LATE_S = 300.0
ASLEEP: Mapping[str, Any] = {"phase": "idle", "blind": False, "job": None, "ladder": ()}
"""The status of a watch that has had nothing to do so far."""


class Health:
    """The facts that the checks judge."""

    def __init__(
        self,
        status: Callable[[], Mapping[str, Any]],
        check_age_s: Callable[[], Any],
        interval_s: Callable[[], float],
        folder: str,
    ) -> None:
        self._status = status
        self._check_age_s = check_age_s
        self._interval_s = interval_s
        self._folder = folder

    def webcam(self) -> tuple[str, dict[str, Any]]:
        """Whether snapshots can be used."""
        return self._blind_because(
            lambda code: (
                code.startswith(("snapshot_", "picture_", "frame_"))
                or code in ("no_webcam", "webcam_missing")
            )
        )

    def backend(self) -> tuple[str, dict[str, Any]]:
        """Whether anybody judges."""
        document = self._status()
        bad = {
            row["label"]: row["why"] or sentence("step_" + row["state"], {})
            for row in document["ladder"]
            if row["state"] in ("off", "waiting", "spent") and document["job"]
        }
        if not bad:
            return "ok", {}
        nobody = not any(
            row["state"] in ("judging", "ready") for row in document["ladder"]
        )
        return "issue" if nobody else "warning", bad

    def last_check(self) -> tuple[str, dict[str, Any]]:
        """Whether a print that ought to be watched is."""
        document = self._status()
        if document["phase"] != "watching":
            return "ok", {}
        age_s = self._check_age_s()
        age_s = document["job"]["elapsed_s"] if age_s is None else age_s
        late_s = max(LEAST_LATE_S, LATE_CHECKS * self._interval_s())
        if age_s <= late_s:
            return "ok", {}
        return "warning", {"reason": sentence("check_age", {"age_s": age_s})}

    def disk(self) -> tuple[str, dict[str, Any]]:
        """Whether there is room for what has to be kept."""
        try:
            free_mb = shutil.disk_usage(self._folder).free / 1e6
        except OSError as error:
            return "issue", {
                "reason": sentence("disk_unreadable", {"kind": type(error).__name__})
            }
        if free_mb >= LEAST_FREE_MB:
            return "ok", {}
        return "issue", {"reason": sentence("disk_low", {"free_mb": free_mb})}

    def _blind_because(self, is_one: Callable[[str], bool]) -> tuple[str, dict[str, Any]]:
        document = self._status()
        if not document["blind"]:
            return "ok", {}
        for reason in document["reasons"]:
            if is_one(reason["code"]):
                return "issue", {"reason": reason}
        return "ok", {}


CHECKS = ("webcam", "backend", "last_check", "disk")


def check_classes(health: Callable[[], Any]) -> list[type]:
    """Classes as OctoPrint's health check wants them; none where it has no such plugin.

    Args:
        health: the facts, None before the plugin is put together.
    """
    try:
        from octoprint.plugins.health_check.checks import (
            CheckResult,
            HealthCheck,
            Result,
        )
    except ImportError:
        return []

    def made(name: str) -> type:
        def perform_check(self: Any, force: bool = False) -> Any:
            facts = health()
            if facts is None:
                return CheckResult()
            result, context = getattr(facts, name)()
            return CheckResult(result=Result(result), context=context)

        members = {"key": f"aiwatch_{name}", "perform_check": perform_check}
        return type(
            f"AiWatch{name.title().replace('_', '')}Check", (HealthCheck,), members
        )

    return [made(name) for name in CHECKS]
