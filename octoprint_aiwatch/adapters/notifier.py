"""Tells people elsewhere: what happened goes through the latch into the outbox, and from
there to the services.

``aiwatch-notify`` is the one thread that touches any of it; others only post. It waits
for nothing but its inbox: a service that hangs, a network that is gone and a disk that is
full delay no watch, no pause and no other service. It is there as soon as there is a
service, a test or a message left by an earlier life; without one nothing is taken down.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import field
from functools import partial
from typing import Any, Callable, Optional

from ..core import latch as latches
from ..core import letters
from ..core.deferred import dataclass, replace
from ..core.kinds import WATCH_ENDED
from ..core.latch import Latch, Tell
from ..core.letters import News, Tally
from ..core.settings import Notify
from ..core.values import Frame, Sighting
from ..core.words import ENGLISH, Tongue, say
from .delivery import Delivery, Ports, Trial
from .outbox import Letter, pictured

NAME = "aiwatch-notify"
STOP_WITHIN_S = 0.5
TEST_WITHIN_S = 50.0
STUMBLED_S = 5.0
MOST_TIDINGS = 1000


@dataclass(frozen=True)
class Tiding:
    """What the control thread saw: news, and the frame that shows it.

    ``params`` are the reason's; ``once`` names what is told once and never again.
    """

    news: News
    params: Mapping[str, Any] = field(default_factory=dict)
    frame: Optional[Frame] = None
    sightings: tuple[Sighting, ...] = ()
    once: str = ""


class Notifier:
    """The notify thread and its queue."""

    def __init__(self, settings: Notify, ports: Ports) -> None:
        self._ports = ports
        self._settings = settings
        self._inbox: queue.Queue[Optional[Callable[[], None]]] = queue.Queue(MOST_TIDINGS)
        self._delivery = Delivery(ports, self._inbox.put)
        self._delivery.use(settings.urls)
        self.services = self._delivery.services
        self._latch = Latch()
        self._tally = Tally()
        self._last: dict[str, Tiding] = {}
        self._link = self._delivery.outbox.kept("link")
        self._stumbled = False
        self._running = False
        self._begins = threading.Lock()
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    # -- for other threads ------------------------------------------------------------

    def start(self) -> None:
        """What an earlier life left goes out at once."""
        if self._settings.urls or self.waiting:
            self._begin()

    def stop(self) -> None:
        """End the thread soon; what is not delivered yet is with the next start."""
        with self._begins:
            if not self._running:
                self._running = True  # nobody begins any more
                self._delivery.close()
        self._post(None)
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)

    def tell(self, tiding: Tiding) -> None:
        """Something happened; returns at once."""
        self._post(partial(self._hear, tiding))

    def reacted(self) -> None:
        """Somebody did something about it; returns at once."""
        self._post(self._react)

    def settled(self) -> None:
        """It looks well again; returns at once."""
        self._post(self._settle)

    def change(self, settings: Notify) -> None:
        """Other settings; returns at once."""
        if settings.urls:
            self._begin()
        if self._running:
            self._post(partial(self._change, settings))
        else:
            self._change(settings)

    def seen_at(self, link: str) -> None:
        """Where a person reached OctoPrint last; returns at once."""
        if link != self._link:
            self._link = link
            self._post(partial(self._delivery.outbox.keep, "link", link))

    def test(
        self, url: str, tongue: Tongue = ENGLISH, within_s: float = TEST_WITHIN_S
    ) -> tuple[bool, str]:
        """Send a test message; whether it arrived, and what the service says."""
        trial = Trial(url, tongue)
        self._begin()
        self._post(partial(self._delivery.test, trial))
        if not trial.done.wait(within_s):
            return False, say("notify_hung", {"limit_s": within_s}, tongue)
        return trial.ok, trial.text

    @property
    def waiting(self) -> int:
        """How many messages are on their way."""
        return self._delivery.waiting

    # -- the notify thread ------------------------------------------------------------

    def _begin(self) -> None:
        with self._begins:
            if self._running:
                return
            self._running = True
            self._thread.start()
        self._post(partial(self._delivery.outbox.keep, "link", self._link))

    def _post(self, work: Optional[Callable[[], None]]) -> None:
        if not self._running:
            return
        try:
            self._inbox.put_nowait(work)
        except queue.Full:
            return  # this thread hangs in a disk; nobody else shall

    def _run(self) -> None:
        while True:
            try:
                work = self._inbox.get(timeout=self._wait_s())
            except queue.Empty:
                work = self._nothing
            try:
                if work is None:
                    self._delivery.close()
                    return
                work()
                self._go_on()
                self._stumbled = False
            except Exception:  # noqa: BLE001 - a mistake of ours must not end the thread
                self._stumbled = True
                self._ports.log_exception("Unexpected error in the notify thread")

    def _nothing(self) -> None:
        """It is time."""

    def _wait_s(self) -> Optional[float]:
        times = (
            latches.wake_at(self._latch, self._settings.min_gap_s),
            self._delivery.wake_at(),
        )
        due = min((at for at in times if at is not None), default=None)
        if due is None:
            return None
        # A mistake that stays must not fill the log and the processor.
        least_s = STUMBLED_S if self._stumbled else 0.01
        return max(least_s, due - self._ports.clock())

    # -- from news to messages --------------------------------------------------------

    def _hear(self, tiding: Tiding) -> None:
        kind, now_s = tiding.news.kind, self._ports.clock()
        if tiding.once and self._delivery.outbox.kept(tiding.once):
            return
        if kind == WATCH_ENDED:
            tally = letters.counted(self._tally, kind, now_s)
            text = letters.summary(tally, tiding.params, now_s, self._ports.tongue)
            tiding = replace(tiding, news=replace(tiding.news, reason=text))
            self._latch = latches.ended(self._latch)
        self._last[kind] = tiding
        if kind != STARTED:
            self._tally = letters.counted(self._tally, kind, now_s)
            gap_s = self._settings.min_gap_s
            self._latch, tells = latches.hear(self._latch, kind, gap_s, now_s)
            self._write(tells)
        if kind in (STARTED, WATCH_ENDED):
            self._tally = Tally(since_s=now_s)
            self._latch = latches.ended(self._latch)
        if tiding.once:
            self._delivery.outbox.keep(tiding.once, "told")

    def _react(self) -> None:
        self._latch = latches.reacted(self._latch)

    def _settle(self) -> None:
        self._latch = latches.settled(self._latch)

    def _change(self, settings: Notify) -> None:
        self._settings = settings
        self._delivery.use(settings.urls)

    def _write(self, tells: list[Tell]) -> None:
        settings, ports = self._settings, self._ports
        for tell in tells:
            tiding = self._last.get(tell.kind)
            if tiding is None or not getattr(settings.kinds, tell.kind):
                continue
            link = settings.link or self._link
            if link:
                link = link.rstrip("/") + "/#tab_plugin_aiwatch"
            name = ports.printer_name()
            title, body, level = letters.compose(
                tell, tiding.news, name, link, ports.tongue
            )
            letter = Letter(ports.wall(), ports.clean(title), ports.clean(body), level)
            if settings.attach_frame and tiding.frame and tell.kind in letters.PICTURED:
                letter = pictured(letter, tiding.frame, tiding.sightings)
            self._delivery.add(letter)

    def _go_on(self) -> None:
        """Whatever is due."""
        gap_s = self._settings.min_gap_s
        self._latch, tells = latches.due(self._latch, gap_s, self._ports.clock())
        self._write(tells)
        self._delivery.go_on()


STARTED = "watch_started"
"""No news for people, but where a print's tally begins."""
