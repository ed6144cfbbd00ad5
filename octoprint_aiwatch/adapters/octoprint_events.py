"""OctoPrint's events -> the machine's. Translation only; runs on OctoPrint's one event
thread, which everybody shares, so nothing here may wait."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..core import messages as m

ENDINGS = {
    "PrintDone": "done",
    "PrintCancelled": "cancelled",
    "PrintFailed": "failed",
    "Disconnected": "disconnected",
    "Error": "error",
    "Shutdown": "shutdown",
}
STATE_CHANGED = "PrinterStateChanged"
HEIGHT_CHANGED = "ZChange"
HANDLED = frozenset(
    (
        "PrintStarted",
        "PrintResumed",
        "PrintPaused",
        STATE_CHANGED,
        HEIGHT_CHANGED,
        *ENDINGS,
    )
)


def translate(
    event: str,
    payload: Optional[Mapping[str, Any]],
    draw_id: Callable[[], str],
    wall_s: float,
) -> Optional[m.Event]:
    """The machine's event, None if it is none of ours.

    Args:
        draw_id: gives a new random hexadecimal text on each call.
        wall_s: the time of day, seconds since 1970.
    """
    payload = payload or {}
    if event == "PrintStarted":
        return m.PrintStarted(
            id=draw_id(),
            name=str(payload.get("name") or ""),
            path=str(payload.get("path") or ""),
            origin=str(payload.get("origin") or ""),
            started_at=wall_s,
            entropy=draw_id(),
            size=_size(payload.get("size")),
        )
    if event == "PrintResumed":
        return m.PrintResumed()
    if event == "PrintPaused":
        # A pause that the printer or the file asked for has no user.
        return m.PrintPaused(by_user=bool(payload.get("user")))
    if event == "PrintFailed" and payload.get("reason") == "cancelled":
        # PrintCancelled said so; this one is late, and the next print may be under way.
        return None
    if event == "PrintFailed" and payload.get("reason") == "error":
        # Of one error there are both events, on two threads, in either order; this one
        # may even be late for its print and come when the next one is under way.
        return m.PrintEnded(ENDINGS["Error"], final=False)
    if event in ENDINGS:
        return m.PrintEnded(ENDINGS[event], final=event != "Error")
    return None


def _size(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
