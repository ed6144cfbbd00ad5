"""Dataclasses whose methods are written when the first object of them is made.

:func:`dataclasses.dataclass` writes and compiles half a dozen methods for every class at
import: two thirds of the time that importing this plugin took, on a computer that feeds a
printer. Most of our classes are about a print, and most of the time nothing prints. What
comes of it is the same, but that :func:`dataclasses.fields` of a class, not of an object,
has to wait for the first object.
"""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any, Callable, Optional

WRITES = threading.RLock()
"""Two threads may make the first object of a class at once."""


def written(made: type) -> type:
    """A class with its methods, and those that it inherits, whether deferred or not."""
    with WRITES:
        for cls in reversed(made.__mro__):
            for write in tuple(cls.__dict__.get("__deferred__", ())):
                write()
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(cls: Optional[type] = None, **options: Any) -> Any:
        """As :func:`dataclasses.dataclass`, later."""
        if cls is None:
            return lambda cls: _deferred(cls, options)
        return _deferred(cls, options)

    def replace(one: Any, **changes: Any) -> Any:
        """As :func:`dataclasses.replace`, 20 times as fast for what has 60 fields.

        The machine's state is replaced several times at every look at the printer.
        """
        cls = type(one)
        if hasattr(cls, "__post_init__") or not changes.keys() <= one.__dict__.keys():
            return dataclasses.replace(one, **changes)
        made = object.__new__(cls)
        made.__dict__.update(one.__dict__, **changes)
        return made

    def _deferred(cls: type, options: dict[str, Any]) -> type:
        def new(made: type, *args: Any, **named: Any) -> Any:
            if pending:
                written(made)
            return object.__new__(made)

        def write() -> None:
            dataclasses.dataclass(**options)(cls)
            pending.clear()

        pending: list[Callable[[], None]] = [write]
        cls.__deferred__ = pending
        cls.__new__ = new
        return cls


__all__ = ["WRITES", "dataclass", "replace", "written"]
