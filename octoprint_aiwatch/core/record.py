"""What a verdict was made from, so that it can be made again, bit for bit.

A record is all that :func:`temporal.judge` was given. As a document it holds nothing but
what JSON can: numbers keep every bit on the way there and back.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


def to_document(record: Record) -> dict[str, Any]:
    """A record as what JSON can hold."""
    evidence = record.inspection.evidence
    kind = next(key for key, made in KINDS.items() if isinstance(evidence, made))
    document: dict[str, Any] = {"v": VERSION, "kind": kind}
    document.update(_plain(record))
    return document


def from_document(document: Any) -> Record:
    """A record read back.

    Raises:
        RecordError: it is none, or of another version.
    """
    if not isinstance(document, Mapping) or document.get("v") != VERSION:
        raise RecordError("not a record of version 1")
    try:
        inspection = document["inspection"]
        return Record(
            _built(Memory, document["memory"]),
            Inspection(
                _built(KINDS[document["kind"]], inspection["evidence"]),
                _built(tuple[Detection, ...], inspection["detections"]),
                _built(typing.Optional[float], inspection["next_after_s"]),
            ),
            _built(float, document["at_s"]),
            _built(Decision, document["decision"]),
            _built(tuple[Polygon, ...], document["zones"]),
            _built(tuple[Detection, ...], document["ignored"]),
            _built(str, document["backend"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RecordError(f"not a record: {type(error).__name__}") from None


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
    if dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        fields = dataclasses.fields(kind)
        given = {one.name: _built(hints[one.name], value[one.name]) for one in fields}
        return kind(**given)  # type: ignore[operator]
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Union:
        return None if value is None else _built(inner[0], value)
    if origin is frozenset:
        return frozenset(_built(inner[0], held) for held in value)
    if origin is tuple:
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_built(one, held) for one, held in zip(kinds, value))
    if origin is not None:
        return {_built(inner[0], key): _built(inner[1], held) for key, held in value}
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return value
    if type(value) is not kind:
        raise TypeError(kind)
    return value
