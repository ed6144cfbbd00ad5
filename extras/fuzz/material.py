"""What bytes become: good documents with parts replaced, or the bytes as they are.

A fuzzer that only flips bytes rarely gets past the JSON parser. Where the first byte is
odd, the following ones say which parts of a recorded document are exchanged for what; so
most of what it tries is nearly valid. Pure: the same bytes always make the same input.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

MOST_CHANGES = 4
DEEP = 200
GONE = object()
REPEATED = object()
ODD: tuple[Any, ...] = (
    GONE,
    REPEATED,
    None,
    True,
    False,
    0,
    1,
    -1,
    2,
    0.5,
    0.99,
    1.01,
    -0.0,
    1e-320,
    1e6,
    -1e6,
    1e38,
    1e308,
    -1e308,
    2**31,
    2**63,
    2**64,
    10**400,
    math.nan,
    math.inf,
    -math.inf,
    "",
    "0.5",
    "1e999",
    "nan",
    "\x00",
    "\ud800",
    "\u202e<b>\r\n",
    "http://127.0.0.1/",
    "https://[::1",
    "{0.__class__}",
    "٣",
    "x" * 5000,
    [],
    [[]],
    [None] * 300,
    [[0.9, [1, 2, 3, 4]] for _ in range(250)],
    {},
    {"": {}},
    {"a": [1]},
)


def nested(depth: int = DEEP) -> Any:
    """Lists in lists."""
    found: Any = []
    for _ in range(depth):
        found = [found]
    return found


class Source:
    """Bytes that are used up; zeros follow them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def is_empty(self) -> bool:
        """Whether only zeros are left."""
        return self._at >= len(self._data)

    def byte(self) -> int:
        """The next one."""
        self._at += 1
        return self._data[self._at - 1] if self._at <= len(self._data) else 0

    def rest(self) -> bytes:
        """All that are left."""
        found, self._at = self._data[self._at :], len(self._data)
        return found

    def pick(self, among: Sequence[Any]) -> Any:
        """One of them."""
        return among[self.byte() % len(among)]

    def index(self, below: int) -> int:
        """A number from 0, also beyond what one byte can say."""
        return (self.byte() * 256 + self.byte()) % below


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values in a JSON document."""
    yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    if isinstance(document, list):
        for number, value in enumerate(document[:40]):
            yield from places(value, (*path, number))


def damaged(source: Source, documents: Sequence[Any]) -> Any:
    """One of the documents, some of its values exchanged."""
    document = copy.deepcopy(source.pick(documents))
    for _ in range(MOST_CHANGES):
        if source.is_empty:
            break
        where = list(places(document))
        path = where[source.index(len(where))]
        value = source.pick((*ODD, nested()))
        document = exchanged(document, path, value)
    return document


def exchanged(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with another value at a path."""
    if not path:
        return {} if value in (GONE, REPEATED) else copy.deepcopy(value)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[path[-1]]
    elif value is REPEATED:
        inner[path[-1]] = [copy.deepcopy(inner[path[-1]]) for _ in range(3)]
    else:
        inner[path[-1]] = copy.deepcopy(value)
    return document


def text_of(source: Source, documents: Sequence[Any]) -> bytes:
    """A document as it would arrive: damaged in its values, or in its bytes."""
    if source.byte() % 2:
        return json.dumps(damaged(source, documents)).encode("utf-8")
    return source.rest()


def seeds_of(documents: Sequence[Any], *heads: bytes) -> list[bytes]:
    """Inputs to start from: each document as it is, and one with nothing changed."""
    found = []
    for head in heads or (b"",):
        for number, document in enumerate(documents):
            found.append(head + b"\x00" + json.dumps(document).encode("utf-8"))
            found.append(head + bytes((1, number % 256)))
    return found
