"""What a stored job would have come to with other settings of the decision.

The records are judged again, one after the other, and the verdicts acted on as
:mod:`acting` does. The frames are those that were taken: after a pause that only the
replay makes it goes on as after a resume, with fresh evidence and a grace. With the
settings unchanged every verdict is the recorded one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, Optional

from .deferred import dataclass, replace
from .record import Record, RecordError, Step, applied, judged
from .settings import Decision
from .temporal import Memory, cleared
from .values import FAILURE, OK, UNKNOWN, WARNING, RemoteEvidence, Verdict

RULES = {
    "on_warning": "notify",
    "on_failure": "pause",
    "max_pauses": 3,
    "min_gap_s": 600.0,
    "grace_resume_s": 120.0,
}
"""What of the settings acting depends on, and what stands in where it is not known."""
MOST_RULE = 1e9
"""No rule is a larger number."""
SAME_WITHIN_S = 3.0
"""A failure of the replay that is this near a recorded one is the same: what came of that
is in the record."""
ENDS_BELIEF = frozenset(
    ("pause", "blind", "suppressed", "not_a_failure", "always_ignore", "resume")
)
"""Notes after which the last verdict is not acted on any more."""


@dataclass(frozen=True)
class Check:
    """One stored check, as far as a replay needs it.

    ``at_s`` counts from the job's start; ``calls`` had been made by then.
    """

    number: int
    at_s: float
    record: Any
    grace_s: float = 0.0
    suppressed: bool = False
    calls: int = 0


@dataclass(frozen=True)
class Note:
    """Something that happened to the job."""

    at_s: float
    kind: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """When something would have been done, after which check, how many calls and at what
    score."""

    at_s: float
    check: int
    score: Optional[float]
    calls: int = 0


@dataclass(frozen=True)
class Outcome:
    """What would have been: when there were warnings, failures and pauses.

    ``checks`` were judged, ``skipped`` could not be: their records are not whole.
    ``fixed`` of them were decided by a service, whatever the settings say. ``ended_at_s``
    is when the print would have been cancelled, and ``calls`` how many it made till then.
    """

    checks: int = 0
    skipped: int = 0
    fixed: int = 0
    worst: Optional[float] = None
    warnings: tuple[Moment, ...] = ()
    failures: tuple[Moment, ...] = ()
    pauses: tuple[Moment, ...] = ()
    ended_at_s: Optional[float] = None
    calls: int = 0


def rules_in(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The rules of acting in a settings document; odd values are not believed."""
    found = dict(RULES)
    for group in ("actions", "notify", "watch"):
        values = settings.get(group)
        for name, usual in RULES.items():
            value = values.get(name) if isinstance(values, Mapping) else None
            is_number = _is_number(value)
            if is_number if not isinstance(usual, str) else isinstance(value, str):
                found[name] = value
    return found


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) <= MOST_RULE


class Replay:
    """Takes in a job's checks one by one.

    Args:
        rules: see :func:`rules_in`.
        notes: the job's, in order.
        changed: settings of the decision that are to be others than they were.
    """

    def __init__(
        self,
        rules: Mapping[str, Any],
        notes: Sequence[Note] = (),
        changed: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self._rules = dict(rules)
        self._notes = list(notes)
        self._failed_at_s = [note.at_s for note in notes if note.kind == "failure"]
        self._changed = dict(changed or {})
        self._before: Optional[Record] = None
        self._memory: Optional[Memory] = None
        self._paused_here = False
        self._grace_until_s = 0.0
        self._warned: Optional[Moment] = None
        self._acted = False
        self._outcome = Outcome()
        self._worst: Optional[float] = None
        self._checks = self._fixed = self._calls = 0
        self._last: Optional[tuple[Check, Verdict]] = None

    def take(self, check: Check) -> Verdict:
        """Judge one check; what followed from the one before is settled first."""
        self._settle(check.at_s)
        if self._outcome.ended_at_s is not None:
            return Verdict(UNKNOWN)
        try:
            step = applied(check.record, self._before, self._memory)
            verdict = self._judge(step, check)
        except (RecordError, ArithmeticError, LookupError, TypeError, ValueError):
            # Damaged; it may have all its parts and numbers that nobody ever judged.
            self._outcome = replace(self._outcome, skipped=self._outcome.skipped + 1)
            self._before, self._last = None, None
            return Verdict(UNKNOWN)
        self._note(step.record, verdict, check)
        self._last = (check, verdict)
        return verdict

    def end(self, at_s: float) -> Outcome:
        """What it came to, the job having lasted so long."""
        self._settle(at_s)
        return replace(
            self._outcome,
            checks=self._checks,
            fixed=self._fixed,
            worst=self._worst,
            calls=self._calls,
        )

    def _judge(self, step: Step, check: Check) -> Verdict:
        record = step.record
        memory, live = record.memory, self._memory
        if step.goes_on and live is not None:
            memory = _with_spells_of(memory, live)
        elif step.is_anew:
            self._acted = False
        if self._paused_here:
            memory = cleared(memory)
            self._grace_until_s = check.at_s + float(self._rules["grace_resume_s"])
            self._acted = self._paused_here = False
        decision: Decision = replace(record.decision, **self._changed)
        again = replace(record, memory=memory, decision=decision)
        self._memory, verdict, _ = judged(again)
        self._before = record
        return verdict

    def _note(self, record: Record, verdict: Verdict, check: Check) -> None:
        score = verdict.score
        if score is not None and (self._worst is None or score > self._worst):
            self._worst = score
        self._fixed += isinstance(record.inspection.evidence, RemoteEvidence)
        self._checks += 1
        self._calls = check.calls

    def _settle(self, until_s: float) -> None:
        """Act on the last verdict, as far as there was time to."""
        while self._notes and self._notes[0].at_s < until_s:
            note = self._notes.pop(0)
            self._act(note.at_s)
            if note.kind == "settings":
                self._rules = rules_in(note.params)
            if note.kind in ENDS_BELIEF:
                self._last = None
        self._act(until_s)

    def _act(self, until_s: float) -> None:
        if self._last is None:
            return
        check, verdict = self._last
        if verdict.level in (OK, WARNING):
            self._acted = False
        at_s = max(check.at_s + check.grace_s, self._grace_until_s)
        if check.suppressed or at_s >= until_s:
            return
        moment = Moment(at_s, check.number, verdict.score, check.calls)
        if verdict.level == WARNING:
            self._warn(moment, until_s)
        if verdict.level == FAILURE and not self._acted:
            self._fail(moment)

    def _warn(self, moment: Moment, until_s: float) -> None:
        before = self._warned
        if before is not None:
            if before.check == moment.check:
                return
            at_s = max(moment.at_s, before.at_s + float(self._rules["min_gap_s"]))
            if at_s >= until_s:
                return
            moment = replace(moment, at_s=at_s)
        self._warned = moment
        found = self._outcome
        self._outcome = replace(found, warnings=(*found.warnings, moment))

    def _fail(self, moment: Moment) -> None:
        found, self._acted = self._outcome, True
        found = replace(found, failures=(*found.failures, moment))
        action = self._rules["on_failure"]
        if action == "pause" and len(found.pauses) < int(self._rules["max_pauses"]):
            found = replace(found, pauses=(*found.pauses, moment))
            happened = [abs(at_s - moment.at_s) for at_s in self._failed_at_s]
            if min(happened, default=SAME_WITHIN_S) >= SAME_WITHIN_S:
                self._paused_here, self._last = True, None
        elif action == "cancel":
            found = replace(found, ended_at_s=moment.at_s)
        self._outcome = found


def _with_spells_of(memory: Memory, live: Memory) -> Memory:
    """A recorded memory, with what the replay is making sure of."""
    return Memory(
        replace(memory.statistics, spells=live.statistics.spells),
        replace(
            memory.frames,
            spells=live.frames.spells,
            above=live.frames.above,
            behind_since=live.frames.behind_since,
        ),
    )
