"""From the outbox to the services: who is handed what, when again, and what came of it.

Belongs to the notify thread, which asks :meth:`Delivery.wake_at` how long it may sleep.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import field
from functools import partial
from typing import Any, Callable, Optional

from ..core import letters
from ..core.deferred import dataclass
from ..core.words import ENGLISH, Tongue, say
from .courier import Courier, Report
from .couriers import HUNG, SEND_WITHIN_S, SENT, Couriers, Errand
from .outbox import Letter, Outbox
from .services import Services, blotted, name_of

CLAIMED_FOR_S = 35.0
"""So long an earlier life's courier may still be on its way."""
TIDY_EVERY_S = 60.0
WITHOUT_PROCESS_S = 60.0


@dataclass(frozen=True)
class Ports:
    """What notifications need of the world."""

    outbox_path: str
    printer_name: Callable[[], str]
    clean: Callable[[str], str]
    log: Callable[[str, str], None]
    log_exception: Callable[[str], None]
    clock: Callable[[], float]
    wall: Callable[[], float]
    tongue: Tongue = ENGLISH
    new_courier: Callable[..., Courier] = Courier


@dataclass
class Trial:
    """A test of one service, and who waits for it."""

    url: str
    tongue: Tongue = ENGLISH
    done: threading.Event = field(default_factory=threading.Event)
    ok: bool = False
    text: str = ""


class Delivery:
    """The outbox, the couriers, and the services by their ids.

    Args:
        post: has something done by the notify thread.
    """

    def __init__(self, ports: Ports, post: Callable[[Callable[[], None]], None]) -> None:
        self._ports = ports
        self._post = post
        self.outbox = Outbox(ports.outbox_path, partial(ports.log, "warning"))
        self.services = Services(self.outbox.salt())
        self._urls: tuple[str, ...] = ()
        self.couriers = Couriers(self._new_courier, ports.clock)
        self._trials: dict[str, Trial] = {}
        self._started_at = ports.clock()
        self._tidied_at: Optional[float] = None
        self._reclaimed = False
        self._has_process = True
        self.waiting = self.outbox.waiting()
        """How many messages are on their way; for any thread to read."""

    def use(self, urls: tuple[str, ...]) -> None:
        """Deliver to these from now on."""
        self._urls = urls

    def add(self, letter: Letter) -> None:
        """Queue a message for all services."""
        if self._urls:
            ids = [self.services.id_of(url) for url in self._urls]
            self.outbox.add(letter, ids)

    def go_on(self) -> None:
        """Whatever is due."""
        now_s = self._ports.clock()
        if not self._reclaimed and now_s - self._started_at >= CLAIMED_FOR_S:
            self._reclaimed = True
            self.outbox.reclaim()
        known = self.services.by_id(self._urls)
        if self._tidied_at is None or now_s - self._tidied_at >= TIDY_EVERY_S:
            self._tidied_at = now_s
            count = self.outbox.drop_old(self._ports.wall(), list(known))
            if count:
                self._ports.log("warning", say("notify_gave_up", {"count": count}))
        for service, url in known.items():
            if self.couriers.is_free(service):
                found = self.outbox.next_for(service)
                if found is not None:
                    self._send(service, url, *found)
        self.waiting = self.outbox.waiting()
        self.couriers.mind(self.waiting > 0)

    def wake_at(self) -> Optional[float]:
        """When to go on even if nothing happens; None: never."""
        now_s = self._ports.clock()
        times = [self.couriers.wake_at(self.waiting > 0)]
        if self.waiting:
            standings = [
                self.couriers.standing(self.services.id_of(url)) for url in self._urls
            ]
            times += [one.not_before for one in standings if one.not_before > now_s]
            times.append(now_s + TIDY_EVERY_S)
            if not self._reclaimed:
                times.append(self._started_at + CLAIMED_FOR_S)
        return min((at for at in times if at is not None), default=None)

    def close(self) -> None:
        """What is on its way still arrives; the rest is with the next start."""
        self.couriers.close()
        self.outbox.close()

    def test(self, trial: Trial) -> None:
        """Send a test message; the trial is told what came of it."""
        name = f"test {id(trial)}"
        trial.text = say("no_courier", {}, trial.tongue)
        self._trials[name] = trial
        letter = {
            "url": trial.url,
            "title": say("title_notify_test", {}, trial.tongue),
            "body": say("notify_test", {}, trial.tongue),
            "level": "info",
        }
        if not self._hand_over(0, name, letter, b""):
            self._trials.pop(name).done.set()

    # -- to a courier -----------------------------------------------------------------

    def _send(self, service: str, url: str, number: int, letter: Letter) -> None:
        if not self.outbox.claim(number, service):
            return
        title, body = self._as_late_as_it_is(letter)
        head = {
            "url": url,
            "outbox": self.outbox.path,
            "title": title,
            "body": body,
            "level": letter.level,
            "boxes": [list(box) for box in letter.boxes],
            "view": list(letter.view),
        }
        self._hand_over(number, service, head, letter.jpeg)

    def _as_late_as_it_is(self, letter: Letter) -> tuple[str, str]:
        age_s = self._ports.wall() - letter.at
        clock = time.strftime("%Y-%m-%d %H:%M", time.localtime(letter.at))
        return letters.late(letter.title, letter.body, age_s, clock, self._ports.tongue)

    def _hand_over(
        self, number: int, service: str, head: Mapping[str, Any], jpeg: bytes
    ) -> bool:
        try:
            self.couriers.hand_over(number, service, head, jpeg)
        except OSError:
            if self._has_process:
                self._ports.log("warning", say("no_courier", {}))
            self._has_process = False
            self.outbox.failed(number, service)
            self.couriers.standing(service).not_before = (
                self._ports.clock() + WITHOUT_PROCESS_S
            )
            return False
        self._has_process = True
        return True

    def _new_courier(self) -> Courier:
        return self._ports.new_courier(self._report)

    # -- and back ---------------------------------------------------------------------

    def _report(self, courier: Courier, report: Optional[Report]) -> None:
        """Called by a courier's thread."""
        self._post(partial(self._came_back, courier, report))

    def _came_back(self, courier: Courier, report: Optional[Report]) -> None:
        for errand, how, words in self.couriers.came_back(courier, report):
            if not errand.message:
                self._tried(errand, how, words)
                continue
            if how == SENT:
                self.outbox.sent(errand.message, errand.service)
            else:
                self.outbox.failed(errand.message, errand.service)
            url = self.services.by_id(self._urls).get(errand.service)
            if url is not None:
                self._log_change(url, errand.service, how, self._cleaned(url, words))

    def _log_change(self, url: str, service: str, how: str, words: str) -> None:
        """One line when a service begins to fail, and one when it works again."""
        told = self.outbox.kept(f"failing {service}")
        name = name_of(url)
        if how == SENT and told:
            self._ports.log("info", say("notify_works", {"service": name}))
            self.outbox.keep(f"failing {service}", "")
        elif how != SENT and not told:
            params = {"service": name, "words": words or how}
            self._ports.log("warning", say("notify_failed", params))
            self.outbox.keep(f"failing {service}", "yes")

    def _cleaned(self, url: str, words: str) -> str:
        """A service's own words, which may repeat its address."""
        one_line = " ".join(words.split())
        return self._ports.clean(blotted(url, one_line))

    def _tried(self, errand: Errand, how: str, words: str) -> None:
        trial = self._trials.pop(errand.service, None)
        if trial is None:
            return
        trial.ok = how == SENT
        trial.text = self._cleaned(trial.url, words)
        if how == HUNG:
            trial.text = say("notify_hung", {"limit_s": SEND_WITHIN_S}, trial.tongue)
        trial.done.set()
