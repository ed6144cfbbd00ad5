"""Tells people elsewhere: what happened goes through the latch into the outbox, and from
there to the services.

``aiwatch-notify`` is the one thread that touches any of it; others only post. It waits
for nothing but its inbox: a service that hangs, a network that is gone and a disk that is
full delay no watch, no pause and no other service.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Callable, Optional

from ..core import latch as latches
from ..core import letters
from ..core.latch import Latch, Tell
from ..core.letters import News, Tally
from ..core.settings import Notify
from ..core.values import Frame, Sighting
from ..core.view import box_seen
from ..core.words import say
from .courier import Courier, Report
from .couriers import HUNG, SEND_WITHIN_S, SENT, Couriers, Errand
from .outbox import Letter, Outbox
from .services import Services, blotted, name_of

STOP_WITHIN_S = 0.5
TEST_WITHIN_S = 50.0
CLAIMED_FOR_S = 35.0
"""So long an earlier life's courier may still be on its way."""
TIDY_EVERY_S = 60.0
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


@dataclass(frozen=True)
class Ports:
    """What the notifier needs of the world."""

    outbox_path: str
    printer_name: Callable[[], str]
    clean: Callable[[str], str]
    log: Callable[[str, str], None]
    log_exception: Callable[[str], None]
    clock: Callable[[], float]
    wall: Callable[[], float]
    new_courier: Callable[..., Courier] = Courier


@dataclass
class Trial:
    """A test of one service, and who waits for it."""

    url: str
    done: threading.Event = field(default_factory=threading.Event)
    ok: bool = False
    text: str = ""


class Notifier:
    """The notify thread and its queue."""

    def __init__(self, settings: Notify, ports: Ports) -> None:
        self._ports = ports
        self._settings = settings
        self._inbox: queue.Queue[Optional[Callable[[], None]]] = queue.Queue(MOST_TIDINGS)
        self._outbox = Outbox(ports.outbox_path, partial(ports.log, "warning"))
        self.services = Services(self._outbox.salt())
        self._latch = Latch()
        self._tally = Tally()
        self._last: dict[str, Tiding] = {}
        self._couriers = Couriers(self._new_courier, ports.clock)
        self._trials: dict[str, Trial] = {}
        self._started_at = ports.clock()
        self._tidied_at: Optional[float] = None
        self._reclaimed = False
        self._link = self._outbox.kept("link")
        self._has_process = True
        self.waiting = self._outbox.waiting()
        """How many messages are on their way; for any thread to read."""
        self._thread = threading.Thread(
            target=self._run, name="aiwatch-notify", daemon=True
        )

    # -- for other threads ------------------------------------------------------------

    def start(self) -> None:
        """Start the thread; what an earlier life left goes out at once."""
        self._thread.start()
        self._post(self._nothing)

    def stop(self) -> None:
        """End the thread soon; what is not delivered yet is with the next start."""
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
        self._post(partial(self._change, settings))

    def seen_at(self, link: str) -> None:
        """Where a person reached OctoPrint last; returns at once."""
        if link != self._link:
            self._link = link
            self._post(partial(self._outbox.keep, "link", link))

    def test(self, url: str) -> tuple[bool, str]:
        """Send a test message; whether it arrived, and what the service says."""
        trial = Trial(url)
        self._post(partial(self._try, trial))
        if not trial.done.wait(TEST_WITHIN_S):
            return False, say("notify_hung", {"limit_s": TEST_WITHIN_S})
        return trial.ok, trial.text

    # -- the notify thread ------------------------------------------------------------

    def _post(self, work: Optional[Callable[[], None]]) -> None:
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
                    self._couriers.close()
                    self._outbox.close()
                    return
                work()
                self._go_on()
            except Exception:  # noqa: BLE001 - a mistake of ours must not end the thread
                self._ports.log_exception("Unexpected error in the notify thread")

    def _nothing(self) -> None:
        """It is time."""

    def _wait_s(self) -> Optional[float]:
        now_s = self._ports.clock()
        times = [
            latches.wake_at(self._latch, self._settings.min_gap_s),
            self._couriers.wake_at(),
        ]
        if self.waiting:
            names = [self.services.id_of(url) for url in self._settings.urls]
            times += [
                self._couriers.standing(one).not_before
                for one in names
                if self._couriers.standing(one).not_before > now_s
            ]
            times.append(now_s + TIDY_EVERY_S)
            if not self._reclaimed:
                times.append(self._started_at + CLAIMED_FOR_S)
        due = min((at for at in times if at is not None), default=None)
        return None if due is None else max(0.0, due - now_s) + 0.01

    # -- from news to messages --------------------------------------------------------

    def _hear(self, tiding: Tiding) -> None:
        kind, now_s = tiding.news.kind, self._ports.clock()
        if tiding.once and self._outbox.kept(tiding.once):
            return
        if kind == latches.WATCH_ENDED:
            tally = letters.counted(self._tally, kind, now_s)
            text = letters.summary(tally, tiding.params, now_s)
            tiding = replace(tiding, news=replace(tiding.news, reason=text))
            self._latch = latches.ended(self._latch)
        self._last[kind] = tiding
        if kind != STARTED:
            self._tally = letters.counted(self._tally, kind, now_s)
            gap_s = self._settings.min_gap_s
            self._latch, tells = latches.hear(self._latch, kind, gap_s, now_s)
            self._write(tells)
        if kind in (STARTED, latches.WATCH_ENDED):
            self._tally = Tally(since_s=now_s)
            self._latch = latches.ended(self._latch)
        if tiding.once:
            self._outbox.keep(tiding.once, "told")

    def _react(self) -> None:
        self._latch = latches.reacted(self._latch)

    def _settle(self) -> None:
        self._latch = latches.settled(self._latch)

    def _change(self, settings: Notify) -> None:
        self._settings = settings

    def _write(self, tells: list[Tell]) -> None:
        settings, ports = self._settings, self._ports
        services = [self.services.id_of(url) for url in settings.urls]
        for tell in tells:
            tiding = self._last.get(tell.kind)
            if tiding is None or not services or not getattr(settings.kinds, tell.kind):
                continue
            link = settings.link or self._link
            if link:
                link = link.rstrip("/") + "/#tab_plugin_aiwatch"
            name = ports.printer_name()
            title, body, level = letters.compose(tell, tiding.news, name, link)
            letter = Letter(ports.wall(), ports.clean(title), ports.clean(body), level)
            if settings.attach_frame and tiding.frame and tell.kind in letters.PICTURED:
                letter = _pictured(letter, tiding.frame, tiding.sightings)
            self._outbox.add(letter, services)

    # -- from messages to services ----------------------------------------------------

    def _go_on(self) -> None:
        """Whatever is due."""
        now_s = self._ports.clock()
        gap_s = self._settings.min_gap_s
        self._latch, tells = latches.due(self._latch, gap_s, now_s)
        self._write(tells)
        if not self._reclaimed and now_s - self._started_at >= CLAIMED_FOR_S:
            self._reclaimed = True
            self._outbox.reclaim()
        known = self.services.by_id(self._settings.urls)
        if self._tidied_at is None or now_s - self._tidied_at >= TIDY_EVERY_S:
            self._tidied_at = now_s
            count = self._outbox.drop_old(self._ports.wall(), list(known))
            if count:
                self._ports.log("warning", say("notify_gave_up", {"count": count}))
        for service, url in known.items():
            while self._couriers.is_free(service):
                found = self._outbox.next_for(service)
                if found is None:
                    break
                if not self._send(service, url, *found):
                    break
        self.waiting = self._outbox.waiting()
        self._couriers.mind(self.waiting > 0)

    def _send(self, service: str, url: str, number: int, letter: Letter) -> bool:
        """Hand one message over; whether there is any point in trying another."""
        if not self._outbox.claim(number, service):
            return False
        title, body = self._as_late_as_it_is(letter)
        head = {
            "url": url,
            "outbox": self._outbox.path,
            "title": title,
            "body": body,
            "level": letter.level,
            "boxes": [list(box) for box in letter.boxes],
            "view": list(letter.view),
        }
        return self._hand_over(number, service, head, letter.jpeg)

    def _as_late_as_it_is(self, letter: Letter) -> tuple[str, str]:
        age_s = self._ports.wall() - letter.at
        clock = time.strftime("%Y-%m-%d %H:%M", time.localtime(letter.at))
        return letters.late(letter.title, letter.body, age_s, clock)

    def _hand_over(
        self, number: int, service: str, head: Mapping[str, Any], jpeg: bytes
    ) -> bool:
        try:
            self._couriers.hand_over(number, service, head, jpeg)
        except OSError:
            if self._has_process:
                self._ports.log("warning", say("no_courier", {}))
            self._has_process = False
            self._outbox.failed(number, service)
            self._couriers.standing(service).not_before = self._ports.clock() + 60.0
            return False
        self._has_process = True
        return True

    def _new_courier(self) -> Courier:
        return self._ports.new_courier(self._report)

    def _report(self, courier: Courier, report: Optional[Report]) -> None:
        """Called by a courier's thread."""
        self._inbox.put(partial(self._came_back, courier, report))

    def _came_back(self, courier: Courier, report: Optional[Report]) -> None:
        for errand, how, words in self._couriers.came_back(courier, report):
            if not errand.message:
                self._tried(errand, how, words)
                continue
            url = self.services.by_id(self._settings.urls).get(errand.service, "")
            if how == SENT:
                self._outbox.sent(errand.message, errand.service)
            else:
                self._outbox.failed(errand.message, errand.service)
            self._log_change(url, errand.service, how, self._cleaned(url, words))

    def _log_change(self, url: str, service: str, how: str, words: str) -> None:
        """One line when a service begins to fail, and one when it works again."""
        told = self._outbox.kept(f"failing {service}")
        name = name_of(url)
        if how == SENT and told:
            self._ports.log("info", say("notify_works", {"service": name}))
            self._outbox.keep(f"failing {service}", "")
        elif how != SENT and not told:
            params = {"service": name, "words": words or how}
            self._ports.log("warning", say("notify_failed", params))
            self._outbox.keep(f"failing {service}", "yes")

    def _cleaned(self, url: str, words: str) -> str:
        """A service's own words, which may repeat its address."""
        one_line = " ".join(words.split())
        return self._ports.clean(blotted(url, one_line) if url else one_line)

    # -- the test ---------------------------------------------------------------------

    def _try(self, trial: Trial) -> None:
        name = f"test {id(trial)}"
        trial.text = say("no_courier", {})
        self._trials[name] = trial
        letter = {
            "url": trial.url,
            "title": say("title_notify_test", {}),
            "body": say("notify_test", {}),
            "level": "info",
        }
        if not self._hand_over(0, name, letter, b""):
            self._trials.pop(name).done.set()

    def _tried(self, errand: Errand, how: str, words: str) -> None:
        trial = self._trials.pop(errand.service, None)
        if trial is None:
            return
        trial.ok = how == SENT
        trial.text = self._cleaned(trial.url, words)
        if how == HUNG:
            trial.text = say("notify_hung", {"limit_s": SEND_WITHIN_S})
        trial.done.set()


STARTED = "watch_started"
"""No news for people, but where a print's tally begins."""


def _pictured(letter: Letter, frame: Frame, sightings: tuple[Sighting, ...]) -> Letter:
    """With the frame and its boxes, as a person sees them."""
    boxes = []
    for sighting in sightings:
        box = box_seen(frame.view, sighting.box)
        boxes.append((box.x, box.y, box.w, box.h, float(not sighting.unless)))
    view = (frame.view.flip_h, frame.view.flip_v, frame.view.rotate_90)
    return replace(letter, jpeg=frame.jpeg, boxes=boxes, view=view)
