"""Tells in lines what a simulated OctoPrint and AI Watch do, and sums it up at the end.

Everything comes from what OctoPrint pushes to its pages; nothing is asked of the plugin.
"""

from __future__ import annotations

from typing import Any, Optional

from .host import Event, OctoPrintHost

EVENT = "plugin_aiwatch_"
TOLD = {
    "watch_started": "watching the print",
    "watch_ended": "no longer watching",
    "warning_raised": "WARNING",
    "failure_detected": "FAILURE detected",
    "pause_confirmed": "AI Watch confirms the pause",
    "pause_failed": "PAUSE FAILED",
    "blinded": "blind: watching is wanted and impossible",
    "recovered": "seeing again",
}


class Timeline:
    """Follows one host's events; `catch_up` prints what is new."""

    def __init__(self, host: OctoPrintHost) -> None:
        self._host = host
        self._told = 0
        self._started_s: Optional[float] = None
        self._first: dict[str, float] = {}
        self.judged = 0
        self._reason = ""
        self._highest: Optional[float] = None
        self.state = ""
        self.was_printing = False
        self.done = False

    @property
    def printing(self) -> bool:
        return self.state not in ("", "OPERATIONAL", "OFFLINE", "CLOSED", "ERROR")

    def first(self, name: str) -> Optional[float]:
        """When something happened first, in seconds from the print's start."""
        at_s = self._first.get(name)
        if at_s is None or self._started_s is None:
            return None
        return at_s - self._started_s

    def catch_up(self) -> None:
        new = self._host.events()[self._told :]
        self._told += len(new)
        for event in new:
            self._take(event)

    def _take(self, event: Event) -> None:
        if event.name == "PrintStarted":
            self._started_s = event.at_s
            self._say(event, f"printing {event.data.get('name', '')}")
        elif event.name == "PrintDone":
            self.done = True
            self._say(event, "the print is done")
        elif event.name == "PrinterStateChanged":
            self._take_state(event, str(event.data.get("state_id")))
        elif event.name.startswith(EVENT):
            self._take_ours(event, event.name[len(EVENT) :])
        elif event.name == "aiwatch" and event.data.get("type") == "status":
            self._take_status(event, event.data.get("status") or {})

    def _take_state(self, event: Event, state: str) -> None:
        self.state = state
        self.was_printing = self.was_printing or state == "PRINTING"
        self._first.setdefault(f"state {state}", event.at_s)
        if state == "PAUSING":
            # Messages about it may be merged with those of the pause itself.
            if "failure_detected" in self._first:
                self._request(event)
            self._say(event, "OctoPrint is pausing")
        elif state == "PAUSED":
            after = self.paused_after_s()
            note = "" if after is None else f", {after:.2f} s after the failure was seen"
            self._say(event, f"OctoPrint is paused{note}")
        elif state == "RESUMING":
            self._say(event, "OctoPrint resumes")

    def _take_ours(self, event: Event, name: str) -> None:
        self._first.setdefault(name, event.at_s)
        text = TOLD.get(name)
        reason = event.data.get("reason")
        if text:
            self._say(event, f"{text}: {reason}" if reason else text)

    def _take_status(self, event: Event, status: dict[str, Any]) -> None:
        if status.get("action") == "pausing":
            self._request(event)
        score, checks = status.get("score"), int(status.get("checks") or 0)
        if checks > self.judged:
            self.judged = checks
            shown = "none" if score is None else f"{score:.2f}"
            self._reason = str(status.get("reason"))
            self._say(
                event,
                f"frame {checks:<3} score {shown:<5} {status.get('verdict'):<8} "
                f"{self._reason}",
            )
            if score is not None:
                self._highest = max(score, self._highest or 0.0)
        elif status.get("hold") and status.get("reason") != self._reason:
            self._reason = str(status.get("reason"))
            self._say(event, self._reason)

    def _request(self, event: Event) -> None:
        if "pause_requested" not in self._first:
            self._first["pause_requested"] = event.at_s
            self._say(event, "pause requested")

    def paused_after_s(self) -> Optional[float]:
        """From the event that a failure was detected to the printer being paused."""
        seen, paused = self.first("failure_detected"), self.first("state PAUSED")
        return None if seen is None or paused is None else paused - seen

    def _say(self, event: Event, text: str) -> None:
        since_s = event.at_s - (self._started_s or event.at_s)
        print(f"  {since_s:6.1f} s  {text}", flush=True)

    def summary(self, judged: int) -> str:
        def at(name: str) -> str:
            seconds = self.first(name)
            return "never" if seconds is None else f"after {seconds:.1f} s"

        paused = self.paused_after_s()
        highest = "none" if self._highest is None else f"{self._highest:.2f}"
        delay = "" if paused is None else f" ({paused:.2f} s after the failure was seen)"
        return f"""
  frames judged      {judged}
  highest score      {highest}
  warning            {at("warning_raised")}
  failure detected   {at("failure_detected")}
  pause requested    {at("pause_requested")}
  paused             {at("state PAUSED")}{delay}
  pause confirmed    {at("pause_confirmed")}
  print done         {"yes" if self.done else "no"}
"""
