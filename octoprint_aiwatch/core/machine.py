"""Events in, effects out: the one place that decides what happens next.

``step`` is pure. Each event has one handler in :data:`HANDLERS`; after every event the
rules of :data:`RULES` are applied in order, so that a rule (open a context, check a
frame, act on a failure, say that we are blind) holds whatever event came before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from . import messages as m
from .acting import act, height_changed, progress, reconsider
from .blindness import announce, void_verdict
from .checks import context_opened, inspection_done, order_failed
from .chronicle import chronicle, print_paused
from .commands import commanded, settings_changed
from .counting import note
from .infile import catch_up, read
from .ladder import choose
from .lifecycle import (
    follow_printer,
    parked,
    print_ended,
    print_resumed,
    print_started,
    printer_read,
)
from .pacing import foretell, keep_some
from .scheduling import give_orders
from .state import State
from .yielding import give_way

Result = tuple[State, list[m.Effect]]
Handler = Callable[[State, Any, float], Result]
Rule = Callable[[State, float], Result]

HANDLERS: dict[type[Any], Handler] = {
    m.PrintStarted: print_started,
    m.PrintEnded: print_ended,
    m.PrintResumed: print_resumed,
    m.PrintPaused: print_paused,
    m.HeightChanged: height_changed,
    m.InFile: read,
    m.Parked: parked,
    m.PrinterRead: printer_read,
    m.ContextOpened: context_opened,
    m.InspectionDone: inspection_done,
    m.OrderFailed: order_failed,
    m.SettingsChanged: settings_changed,
    m.Commanded: commanded,
}
RULES: Sequence[Rule] = (
    choose,
    catch_up,
    follow_printer,
    give_way,
    keep_some,
    foretell,
    reconsider,
    progress,
    act,
    progress,
    void_verdict,
    announce,
    give_orders,
)


def step(state: State, event: m.Event, now_s: float) -> Result:
    """Take in one event.

    Args:
        now_s: seconds on a clock that never jumps.

    Returns:
        The new state and what is to be done, in order.
    """
    before = state
    state, effects = HANDLERS[type(event)](state, event, now_s)
    for rule in RULES:
        state, more = rule(state, now_s)
        effects = effects + more
    state, more = note(before, state, now_s)
    effects = effects + more
    return state, effects + chronicle(before, state, event, effects, now_s)
