"""All that is there once AI Watch is awake, put together for the plugin's routes.

Until the first print, page or setting nothing of it is needed: the plugin imports this
module when it wakes, and an OctoPrint that does not print has neither our threads nor the
memory that the code takes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Callable, Optional

import flask

from . import bootstrap
from .adapters import settings_store
from .adapters.history.pages import HistoryPages
from .adapters.ids import draw_id
from .adapters.octoprint_events import (
    HANDLED,
    HEIGHT_CHANGED,
    STATE_CHANGED,
    translate,
)
from .adapters.outbox import DATABASE
from .adapters.redact import Redactor
from .adapters.runtime import StateSeen
from .adapters.tongue import Home
from .adapters.web import Web
from .adapters.web_drill import DrillWeb
from .adapters.web_notify import NotifyWeb
from .core.infile import MOST_TEXT
from .core.messages import InFile, PrintStarted, SettingsChanged
from .core.settings import Fields, Settings


@dataclass(frozen=True)
class Own:
    """What the plugin keeps for itself.

    Args:
        stored: the tree of settings as it is now.
        parsed: the same, as the watch understands it.
        learn: blots out the secrets in a tree from now on.
        changed: called when something here has changed the settings.
    """

    settings: Any
    fields: Fields
    stored: Callable[[], Mapping[str, Any]]
    parsed: Callable[[], Settings]
    learn: Callable[[Any], None]
    changed: Callable[[], None]


def ports_for(folder: str, language: Callable[[], Any], **world: Any) -> bootstrap.Ports:
    """The world as the plugin knows it, with our files in its folder."""
    return bootstrap.Ports(
        calls_path=os.path.join(folder, "calls.json"),
        notebook_path=os.path.join(folder, "remembered.json"),
        outbox_path=os.path.join(folder, DATABASE),
        folder=folder,
        tongue=Home(language),
        **world,
    )


class Awake:
    """The parts that OctoPrint's calls are handed to."""

    def __init__(self, settings: Settings, ports: bootstrap.Ports, own: Own) -> None:
        self._redactor: Redactor = ports.redactor
        self.parts = parts = bootstrap.assemble(settings, ports)
        self.runtime = parts.runtime
        self.notifier = parts.notifier
        self.web = Web(
            parts.runtime,
            parts.trials,
            own.fields,
            own.stored,
            own.learn,
            parts.shelf,
            settings_store.IgnoredPlaces(own.settings, own.changed),
        )
        self.notify_web = NotifyWeb(parts.notifier, own.stored, own.learn)
        self.drill_web = DrillWeb(
            parts.drills, parts.notifier.services, own.fields, own.stored, own.learn
        )
        self.pages = HistoryPages(
            parts.writer,
            parts.reader,
            lambda: own.parsed().history,
            ports.redactor.clean_all,
            lambda: parts.runtime.status()["job"],
        )

    def start(self) -> None:
        """Start the threads."""
        self.parts.notifier.start()
        self.parts.mqtt.start()
        self.parts.runtime.start()

    def stop(self) -> None:
        """End the watch and the threads; returns within 2 s whatever hangs."""
        self.parts.runtime.stop()
        self.parts.notifier.stop()
        self.parts.mqtt.stop()

    def changed(self, settings: Settings) -> None:
        """Other settings; returns at once."""
        self.runtime.post(SettingsChanged(settings))
        self.notifier.change(settings.notify)
        self.parts.mqtt.change(settings.mqtt)

    def hear(self, event: str, payload: Optional[Mapping[str, Any]]) -> None:
        """An event of OctoPrint's; returns at once."""
        if event not in HANDLED:
            return
        if event == HEIGHT_CHANGED:
            self.runtime.height_changed()
            return
        if event == STATE_CHANGED:
            self.runtime.post(StateSeen(str((payload or {}).get("state_id"))))
            return
        message = translate(event, payload, draw_id, time.time())
        if message is None:
            return
        if isinstance(message, PrintStarted):
            # A backend may make its token out of it.
            self._redactor.learn([message.entropy])
        self.runtime.post(message)

    def read(self, print_number: int, text: str) -> None:
        """What stands behind ``@AIWATCH`` in the file; returns at once."""
        self.runtime.post(InFile(print_number, text[: MOST_TEXT + 1]))

    def diagnostics(self, stored: Mapping[str, Any]) -> flask.Response:
        """The zip for a person who helps."""
        zipped = self.parts.diagnostics.bundle(stored, self.notifier.waiting)
        response = flask.Response(zipped, content_type="application/zip")
        name = f'attachment; filename="aiwatch-diagnostics-{int(time.time())}.zip"'
        response.headers["Content-Disposition"] = name
        response.headers["Cache-Control"] = "no-store"
        return response
