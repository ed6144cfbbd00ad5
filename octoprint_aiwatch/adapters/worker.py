"""The thread that takes snapshots and talks to backends, one order at a time.

It may hang in a webcam or in a network; nobody ever waits for it. When it hangs beyond
every time-out the runtime leaves it behind and starts another one, so an order asks
before each step whether it is still wanted.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Generator, Mapping
from dataclasses import field
from typing import Any, Callable, Optional, TypeVar, Union

from ..backends.base import Backend, Request, Wish
from ..core import messages as m
from ..core.deferred import dataclass, replace
from ..core.errors import AiWatchError, Bug, Cancelled, Spent
from ..core.settings import Camera, Settings
from ..core.values import Fault, Frame
from .look import Looker
from .meters import Meters

Order = Union[m.OpenContext, m.InspectFrame]
Value = TypeVar("Value")
TakeCall = Callable[[str], bool]


@dataclass(frozen=True)
class WorkerPorts:
    """What a worker needs of the world."""

    registry: Mapping[str, type[Backend]]
    take: Callable[[Camera], Frame]
    new_transport: Callable[[], Any]
    take_call: TakeCall
    clean: Callable[[Any], Any]
    log_exception: Callable[[str], None]
    warn: Callable[[str], None]
    clock: Callable[[], float]
    chance: Callable[[], float]
    meters: Meters = field(default_factory=lambda: Meters(time.monotonic))
    before_check: Callable[[], None] = lambda: None
    """Done on the worker's thread; must not raise."""

    def looker(self, transport: Any) -> Looker:
        """What looks at the frames before a backend sees them."""
        return Looker(transport.look, self.warn, self.log_exception, self.clock)


def drive(
    steps: Generator[Wish, Any, Value],
    send: Callable[[Wish], Any],
    is_wanted: Callable[[], bool],
) -> Value:
    """Carry out what a backend's generator asks for, to its end.

    Raises:
        Cancelled: it is not wanted any more; nothing was sent after that.
        AiWatchError: whatever the backend makes of what happened.
    """
    try:
        wish = next(steps)
        while True:
            if not is_wanted():
                steps.close()
                raise Cancelled
            try:
                answer = send(wish)
            except AiWatchError as error:
                wish = steps.throw(error)
            else:
                wish = steps.send(answer)
    except StopIteration as stop:
        value: Value = stop.value
        return value


class Worker:
    """Does what the control thread orders and posts what came of it."""

    def __init__(self, ports: WorkerPorts, post: Callable[[m.Event], None]) -> None:
        self._ports = ports
        self._post = post
        self._orders: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._epoch = 0
        self._stopped = False
        self._held: dict[str, tuple[Backend, Any]] = {}
        self._held_epoch = 0
        self._transport = ports.new_transport()
        self._looker = ports.looker(self._transport)
        self._thread = threading.Thread(
            target=self._run, name="aiwatch-inspect", daemon=True
        )

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, order: Order) -> None:
        """Queue an order."""
        self._orders.put((self._epoch, order))

    def forget(self) -> None:
        """Nothing that was ordered so far is wanted any more."""
        self._epoch += 1
        self._transport.hurry()
        self._orders.put((self._epoch, None))

    def stop(self) -> None:
        """Tell the thread to end as soon as it can; returns at once."""
        self._stopped = True
        self.forget()

    def join(self, timeout_s: float) -> None:
        """Wait for the end of the thread, not longer than said."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while True:
            epoch, order = self._orders.get()
            if self._stopped:
                break
            self._take(epoch, order)
        self._transport.close()

    def _take(self, epoch: int, order: Optional[Order]) -> None:
        if order is None or epoch != self._epoch:
            self._held = {}
            self._transport.end_context()
        else:
            self._do(epoch, order)

    def _do(self, epoch: int, order: Order) -> None:
        frame: Optional[Frame] = None

        def is_wanted() -> bool:
            return epoch == self._epoch

        try:
            if isinstance(order, m.OpenContext):
                self._open(order, epoch, is_wanted)
                event: m.Event = m.ContextOpened(order.ticket)
            else:
                held = self._held.get(order.backend)
                if held is None or self._held_epoch != epoch:
                    raise Bug("bug", kind="NoContext")
                self._ports.before_check()
                frame = self._ports.take(order.settings.camera)
                if not is_wanted():
                    return
                self._transport.most_px = held[0].most_px
                self._looker.check(frame, order.progress, is_wanted)
                event = self._judge(order, held, frame, is_wanted)
        except Cancelled:
            return
        except AiWatchError as error:
            event = self._failed(order, error.fault(), frame)
        except Exception as error:  # noqa: BLE001 - whatever it is, the watch goes on
            self._ports.log_exception("Unexpected error while inspecting")
            bug = Bug("bug", kind=type(error).__name__)
            event = self._failed(order, bug.fault(), frame)
        self._post(event)

    def _open(
        self, order: m.OpenContext, epoch: int, is_wanted: Callable[[], bool]
    ) -> None:
        if not self._held or self._held_epoch != epoch:
            self._held = {}
            self._looker.begin()
        self._held.pop(order.backend, None)
        backend = build(self._ports.registry, order.settings, order.backend)
        context = drive(backend.open(order.job), self._send(backend), is_wanted)
        self._held[order.backend] = backend, context
        self._held_epoch = epoch

    def _judge(
        self,
        order: m.InspectFrame,
        held: tuple[Backend, Any],
        frame: Frame,
        is_wanted: Callable[[], bool],
    ) -> m.Event:
        backend, context = held
        steps = backend.inspect(self._transport.fitting(frame), context)
        since_s = self._ports.clock()
        inspection = drive(steps, self._send(backend), is_wanted)
        now_s = self._ports.clock()
        self._ports.meters.took(order.backend, now_s - since_s)
        return m.InspectionDone(order.ticket, inspection, frame, now_s)

    def _send(self, backend: Backend) -> Callable[[Wish], Any]:
        return paying(self._transport.send, backend.key, self._ports.take_call)

    def _failed(self, order: Order, fault: Fault, frame: Optional[Frame]) -> m.Event:
        # A server may repeat our key in its words.
        fault = replace(fault, params=self._ports.clean(dict(fault.params)))
        ports = self._ports
        ports.meters.failed(fault.source, fault.code)
        return m.OrderFailed(order.ticket, fault, ports.clock(), ports.chance(), frame)


def paying(
    send: Callable[[Wish], Any], key: str, take_call: TakeCall
) -> Callable[[Wish], Any]:
    """The same way to the outside, but each call that the user pays for is taken first.

    Args:
        take_call: counts one call of a backend, if there is one left.
    """

    def send_paid(wish: Wish) -> Any:
        if isinstance(wish, Request) and wish.counted and not take_call(key):
            raise Spent("budget_spent")
        return send(wish)

    return send_paid


def build(registry: Mapping[str, type[Backend]], settings: Settings, key: str) -> Backend:
    """A backend with its settings."""
    return registry[key](settings.fields(key), settings.decision)
