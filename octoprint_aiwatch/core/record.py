"""What a verdict was made from, so that it can be made again, bit for bit.

A record is all that :func:`temporal.judge` was given. As a document it holds nothing but
what JSON can: numbers keep every bit on the way there and back.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import typing
from collections.abc import Mapping
from typing import Any, Optional

from .deferred import dataclass, written
from .options import Polygon
from .settings import Decision
from .temporal import Memory, judge
from .values import (
    Detection,
    FrameEvidence,
    Inspection,
    RemoteEvidence,
    Sighting,
    StatisticsEvidence,
    Verdict,
)

VERSION = 1
MOST_WHOLE = 1 << 53
"""Larger ones are no longer the same as floats."""
KINDS: dict[str, Any] = {
    "remote": RemoteEvidence,
    "statistics": StatisticsEvidence,
    "frame": FrameEvidence,
}


class RecordError(ValueError):
    """A document that is no record."""


@dataclass(frozen=True)
class Record:
    """The inputs of one verdict; see :func:`temporal.judge`."""

    memory: Memory
    inspection: Inspection
    at_s: float
    decision: Decision
    zones: tuple[Polygon, ...] = ()
    ignored: tuple[Detection, ...] = ()
    backend: str = ""


def judged(record: Record) -> tuple[Memory, Verdict, tuple[Sighting, ...]]:
    """What follows from a record; see :func:`temporal.judge`."""
    return judge(
        record.memory,
        record.inspection,
        record.at_s,
        record.decision,
        record.zones,
        record.ignored,
    )


STEADY = ("decision", "zones", "ignored", "backend")
"""Parts that are mostly the same as in the record before."""


def changes(
    record: Record, before: Optional[Record], memory: Optional[Memory]
) -> dict[str, Any]:
    """A record as what differs from the one before; whole if there is none.

    Args:
        memory: what followed from the one before. The record leaves its own memory out if
            it is that very one.
    """
    document: dict[str, Any] = {"v": VERSION, "kind": _kind(record)}
    document["inspection"] = _plain(record.inspection)
    document["at_s"] = record.at_s
    if before is None or record.memory is not memory:
        document["memory"] = _plain(record.memory)
        if before is not None and memory is not None:
            document["goes_on"] = _goes_on(memory, record.memory)
    for name in STEADY:
        value = getattr(record, name)
        if before is None or value != getattr(before, name):
            document[name] = _plain(value)
    return document


@dataclass(frozen=True)
class Step:
    """A record read back from its changes.

    ``is_anew``: its memory is not what followed from the one before, but another one.
    ``goes_on``: even so, what was being made sure of was not forgotten.
    """

    record: Record
    is_anew: bool
    goes_on: bool


def applied(document: Any, before: Optional[Record], memory: Optional[Memory]) -> Step:
    """The record whose :func:`changes` these are.

    Raises:
        RecordError: they are none, or the one before is needed and missing.
    """
    if not isinstance(document, Mapping) or document.get("v") != VERSION:
        raise RecordError("not a record of version 1")
    is_anew = "memory" in document
    if not is_anew and (before is None or memory is None):
        raise RecordError("the record before is missing")
    try:
        kept: Any = _built(Memory, document["memory"]) if is_anew else memory
        steady = {
            name: _built(_hints(Record)[name], document[name])
            if name in document
            else getattr(before, name)
            for name in STEADY
        }
        at_s = _built(float, document["at_s"])
        record = Record(kept, _inspection(document), at_s, **steady)
        goes_on = before is not None and document.get("goes_on") is True
        return Step(record, is_anew, goes_on)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"not a record: {type(error).__name__}") from None


def _goes_on(before: Memory, after: Memory) -> bool:
    """Whether the spells of two memories are the same ones: a place was forgotten."""
    return (
        after.frames.spells is before.frames.spells
        and after.statistics.spells is before.statistics.spells
    )


def _kind(record: Record) -> str:
    evidence = record.inspection.evidence
    return next(key for key, made in KINDS.items() if isinstance(evidence, made))


def _inspection(document: Mapping[str, Any]) -> Inspection:
    inspection = document["inspection"]
    return Inspection(
        _built(KINDS[document["kind"]], inspection["evidence"]),
        _built(tuple[Detection, ...], inspection["detections"]),
        _built(typing.Optional[float], inspection["next_after_s"]),
    )


@functools.cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


@functools.cache
def _fields(kind: Any) -> Optional[tuple[tuple[str, Any], ...]]:
    """Names and types of a dataclass's fields; None for what is none."""
    if not isinstance(kind, type) or not dataclasses.is_dataclass(written(kind)):
        return None
    return tuple((one.name, _hints(kind)[one.name]) for one in dataclasses.fields(kind))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        fields = dataclasses.fields(value)
        return {one.name: _plain(getattr(value, one.name)) for one in fields}
    if isinstance(value, Mapping):
        return [[key, held] for key, held in sorted(value.items())]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [_plain(held) for held in value]
    return value


def _built(kind: Any, value: Any) -> Any:
    """A value of some type from its plain form."""
    fields = _fields(kind)
    if fields is not None:
        return kind(**{name: _built(held, value[name]) for name, held in fields})
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        return None if value is None else _built(inner[0], value)
    if origin is frozenset:
        return frozenset(_built(inner[0], held) for held in value)
    if origin is tuple:
        # All that a tuple of ours holds is of one type.
        if inner[-1] is not Ellipsis and len(value) != len(inner):
            raise TypeError(kind)
        return tuple(_built(inner[0], held) for held in value)
    if origin is not None:
        return {_built(inner[0], key): _built(inner[1], held) for key, held in value}
    if kind is float and type(value) is int and abs(value) <= MOST_WHOLE:
        return value
    if type(value) is not kind or (kind is float and not math.isfinite(value)):
        raise TypeError(kind)
    return value
