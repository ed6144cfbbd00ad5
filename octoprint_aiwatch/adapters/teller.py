"""Turns what the watch says into news for the notifier. Called by the control thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ..core import kinds
from ..core.letters import News
from ..core.messages import Alert, RaiseEvent
from ..core.state import State
from ..core.values import OK, Frame
from ..core.words import ENGLISH, Tongue, explain, nested, say
from .listener import Listener
from .notifier import STARTED, Notifier, Tiding

KINDS: Mapping[str, str] = {
    "warning_raised": kinds.WARNING,
    "failure_detected": kinds.FAILURE,
    "pause_confirmed": kinds.PAUSE_CONFIRMED,
    "pause_failed": kinds.PAUSE_FAILED,
    "blinded": kinds.BLINDED,
    "recovered": kinds.RECOVERED,
    "watch_ended": kinds.WATCH_ENDED,
    "watch_started": STARTED,
}
LOW_SHARE = 0.1
"""Of a month's calls; with so few left it is told."""


class Teller(Listener):
    """Listens to the watch."""

    def __init__(
        self, notifier: Notifier, month: Callable[[], str], tongue: Tongue = ENGLISH
    ) -> None:
        self._notifier = notifier
        self._month = month
        self._tongue = tongue
        self._is_paused = False
        self._low: set[str] = set()

    def fired(
        self,
        effect: RaiseEvent,
        document: Mapping[str, Any],
        state: State,
        frame: Optional[Frame],
    ) -> None:
        """An event was raised."""
        kind = KINDS.get(effect.name)
        if effect.name == "verdict_changed" and document["verdict"] == OK:
            self._notifier.settled()
        if kind is None:
            return
        if kind == kinds.WARNING and state.settings.actions.on_warning != "notify":
            return
        params = effect.reason.params
        job = document["job"]["name"] if document["job"] else str(params.get("job", ""))
        news = News(
            kind,
            explain(effect.reason.code, params, self._tongue),
            job,
            document["score"],
            document["backend_label"],
        )
        self._notifier.tell(Tiding(news, params, frame, state.sightings))

    def alerted(self, effect: Alert) -> None:
        """Of the alerts that are no events, the one about the month's calls is news."""
        if effect.name.startswith("budget_short"):
            params = effect.reason.params
            reason = explain(effect.reason.code, params, self._tongue)
            self._notifier.tell(Tiding(News(kinds.BUDGET, reason), params))

    def told(
        self, document: Mapping[str, Any], state: State, frame: Optional[Frame]
    ) -> None:
        """The status says something new."""
        is_paused = document["hold"] == "paused"
        if is_paused and not self._is_paused:
            # Whoever paused it, nobody needs to be called once more.
            self._notifier.settled()
        self._is_paused = is_paused
        for row in document["budget"]["backends"]:
            self._mind_budget(row)

    def reacted(self) -> None:
        """A person did something."""
        self._notifier.reacted()

    def _mind_budget(self, row: Mapping[str, Any]) -> None:
        left = row["calls_left"]
        if left is None:
            return
        limit = left + row["calls"]
        once = f"budget {row['key']} {self._month()} {limit}"
        if left > limit * LOW_SHARE or once in self._low:
            return
        self._low.add(once)
        params = {"backend": nested(row["label"], {}), "left": left, "calls": limit}
        news = News(kinds.BUDGET, say("budget_low", params, self._tongue))
        self._notifier.tell(Tiding(news, params, once=once))
