"""Whoever tells people or machines what the watch says. Called by the control thread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from ..core import messages as m
from ..core.state import State
from ..core.values import Frame
from ..core.words import explain


class Listener:
    """Must return at once, whatever it does; what it does not want to know it ignores."""

    def fired(
        self,
        effect: m.RaiseEvent,
        document: Mapping[str, Any],
        state: State,
        frame: Optional[Frame],
    ) -> None:
        """An event was raised; the frame is the last one."""

    def alerted(self, effect: m.Alert) -> None:
        """People in the browser are alerted."""

    def told(
        self, document: Mapping[str, Any], state: State, frame: Optional[Frame]
    ) -> None:
        """The status says something new."""

    def reacted(self) -> None:
        """A person did something about it."""


def payload_of(effect: m.RaiseEvent, document: Mapping[str, Any]) -> dict[str, Any]:
    """What an event carries, on whatever way it goes out (see extras/docs/api.md)."""
    payload = {key: document[key] for key in ("job", "score", "verdict", "backend")}
    payload["reason"] = explain(effect.reason.code, effect.reason.params)
    return payload
