"""From the machine's effects to the writer. Called by the control thread; never waits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ...core import messages as m
from ...core.settings import History
from ...core.tariff import Tariff, cost_usd
from ..calls import CallCount
from .entries import Entry, Recorded, Spent
from .writer import Writer

STOP_WITHIN_S = 0.5


class Recorder:
    """Adds to each effect what was called since the one before.

    Calls of a backend with a tariff are those that were counted for the month, a *Test*
    in the meantime among them; of the others, each check is one.

    Args:
        tariffs: of every backend, None where calls are not counted.
    """

    def __init__(
        self,
        writer: Writer,
        calls: CallCount,
        tariffs: Mapping[str, Optional[Tariff]],
        wall: Callable[[], float],
    ) -> None:
        self._writer = writer
        self._calls = calls
        self._tariffs = tariffs
        self._wall = wall
        self._counted: dict[str, int] = {}

    def start(self) -> None:
        self._writer.start()

    def stop(self) -> None:
        """Write what is there; returns within half a second."""
        self._writer.stop(STOP_WITHIN_S)

    def keep(self, limits: History) -> None:
        self._writer.keep(limits)

    @property
    def trouble(self) -> str:
        """Why nothing can be written, a code; empty if it can."""
        return self._writer.trouble

    def record(self, effect: Recorded) -> None:
        """Have an effect taken down."""
        spent: tuple[Spent, ...] = tuple(self._counted_since())
        if isinstance(effect, m.RecordJob):
            spent = ()
        if isinstance(effect, m.RecordCheck):
            backend = effect.record.backend
            if self._tariffs.get(backend) is None:
                spent += (Spent(backend, 1, 0.0),)
        self._writer.put(Entry(effect, self._wall(), spent))

    def _counted_since(self) -> Any:
        for backend, tariff in self._tariffs.items():
            if tariff is None:
                continue
            now = self._calls.this_month(backend)
            before = self._counted.get(backend, now)
            self._counted[backend] = now
            if now == before:
                continue
            # A new month begins at zero.
            before = before if now > before else 0
            total, already = cost_usd(tariff, now), cost_usd(tariff, before)
            is_known = total is not None and already is not None
            cost = round(total - already, 4) if is_known else None  # type: ignore[operator]
            yield Spent(backend, now - before, cost)
