"""``@AIWATCH OFF``, ``ON`` and ``GRACE 10m`` in the G-code; the next job knows nothing
of it.

OctoPrint reads the file ahead of the printer: the lines that the printer's own buffer
holds, and those of a pause, come later than what is read here. A command may also be
read before we hear that its print has started, or that the one before is over: it waits
for that.
"""

from __future__ import annotations

import re
from typing import Callable, Optional

from . import messages as m
from .acting import call_off
from .belief import believe
from .deferred import replace
from .state import State
from .temporal import cleared
from .values import NO_VERDICT

Result = tuple[State, list[m.Effect]]

GRACE = re.compile(r"GRACE\s+(\d{1,6}(?:\.\d{1,3})?)\s*([SMH])")
UNIT_S = {"S": 1.0, "M": 60.0, "H": 3600.0}
MOST_GRACE_S = 24 * 3600.0
MOST_EARLY = 20
MOST_ODD = 5
MOST_TOLD = 40
"""Commands of one job that are written into the log."""
MOST_TEXT = 200
"""A longer command is none; no more of it is ever held."""
MOST_QUOTED = 40
"""So much of what is not understood is written into the log."""


def read(state: State, event: m.InFile, now_s: float) -> Result:
    """A command was read; it is obeyed once it is known to be of this print."""
    event = replace(event, text=event.text[: MOST_TEXT + 1])
    return replace(state, in_file=(*state.in_file, event)[-MOST_EARLY:]), []


def catch_up(state: State, now_s: float) -> Result:
    """Obey what was read of this print; what is of a later one waits for that."""
    number, waiting = state.print_number, state.in_file
    if number is None or not waiting:
        return state, []
    later = tuple(event for event in waiting if event.print_number > number)
    state = replace(state, in_file=later)
    effects: list[m.Effect] = []
    for event in waiting:
        if event.print_number == number:
            state, more = _obey(state, event.text, now_s)
            effects += more
    return state, effects


def _obey(state: State, text: str, now_s: float) -> Result:
    state, effects = _follow(state, text, now_s)
    lines = sum(isinstance(effect, m.Log) for effect in effects)
    if state.told_in_file + lines > MOST_TOLD:
        return state, [effect for effect in effects if not isinstance(effect, m.Log)]
    return replace(state, told_in_file=state.told_in_file + lines), effects


def _follow(state: State, text: str, now_s: float) -> Result:
    # One that was cut off might look like another one.
    words = " ".join(text.upper().split())
    if len(text) > MOST_TEXT:
        words += "…"
    if words in SIMPLE:
        return SIMPLE[words](state)
    grace_s = _grace_s(words)
    if grace_s is None:
        short = words[:MOST_QUOTED]
        if short in state.odd_in_file or len(state.odd_in_file) >= MOST_ODD:
            return state, []
        state = replace(state, odd_in_file=(*state.odd_in_file, short))
        return state, [m.Log("warning", "in_file_unknown", {"text": short})]
    until = max(state.grace_until, now_s + grace_s)
    params = {"grace_s": grace_s}
    return replace(state, grace_until=until), [m.Log("info", "in_file_grace", params)]


def _grace_s(words: str) -> Optional[float]:
    found = GRACE.fullmatch(words)
    if not found:
        return None
    return min(MOST_GRACE_S, float(found.group(1)) * UNIT_S[found.group(2)])


def _off(state: State) -> Result:
    if state.off_in_file:
        return state, []
    # What was seen until now must not be acted on when the watch is back on.
    state = replace(
        call_off(state),
        off_in_file=True,
        memory=cleared(state.memory),
        evidence=None,
        sightings=(),
        acted_at=None,
    )
    state, effects = believe(state, NO_VERDICT)
    return state, [m.Log("info", "in_file_off"), *effects]


def _on(state: State) -> Result:
    if not state.off_in_file:
        return state, []
    return replace(state, off_in_file=False), [m.Log("info", "in_file_on")]


SIMPLE: dict[str, Callable[[State], Result]] = {"OFF": _off, "ON": _on}
