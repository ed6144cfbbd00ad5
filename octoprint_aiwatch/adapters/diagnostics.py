"""What a person who helps needs, in one zip: versions, settings, reasons, the log.

Everything in it goes through the redaction by value, and secrets are left out by their
place, too. There is no frame in it: what a webcam sees is private.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import platform
import time
import zipfile
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Callable, Optional

from ..core.messages import RaiseEvent
from ..core.options import URLS_PATH
from ..core.settings import Fields, discard, get, secret_paths
from ..core.state import State
from ..core.values import Frame
from ..core.words import explain
from .listener import Listener
from .log_ring import LogRing
from .meters import BUCKETS_S, Meters
from .services import name_of, stored

PACKAGES = (
    "OctoPrint",
    "OctoPrint-AIWatch",
    "requests",
    "numpy",
    "Pillow",
    "apprise",
    "prometheus_client",
    "paho-mqtt",
    "onnxruntime",
)
MOST_EVENTS = 200
READ_ME = """AI Watch, diagnostics.

status.json    what is believed and why, at this moment
events.json    the last events, newest last, with their reasons
errors.json    checks that came to nothing, by kind, since OctoPrint started; timings
settings.json  without keys, tokens and addresses of notification services
versions.json  of everything that takes part
log.txt        AI Watch's own log lines of the last hour

Secrets are blotted out. Names of files and of your webcam are in it; look through it
before you pass it on. There is no picture in it.
"""


class Diagnostics(Listener):
    """Listens to the watch, so that it can tell later."""

    def __init__(
        self,
        status: Callable[[], Mapping[str, Any]],
        meters: Meters,
        ring: LogRing,
        fields: Fields,
        clean: Callable[[Any], Any],
        wall: Callable[[], float],
        version: str,
    ) -> None:
        self._status = status
        self._meters = meters
        self._ring = ring
        self._fields = fields
        self._clean = clean
        self._wall = wall
        self._version = version
        self._events: deque[dict[str, Any]] = deque(maxlen=MOST_EVENTS)

    # -- a listener --------------------------------------------------------------------

    def fired(
        self,
        effect: RaiseEvent,
        document: Mapping[str, Any],
        state: State,
        frame: Optional[Frame],
    ) -> None:
        """An event was raised."""
        reason = effect.reason
        self._events.append(
            {
                "at": stamp(self._wall()),
                "event": effect.name,
                "verdict": document["verdict"],
                "score": document["score"],
                "backend": document["backend"],
                "code": reason.code,
                "reason": explain(reason.code, reason.params),
            }
        )

    # -- for the route -----------------------------------------------------------------

    def bundle(self, settings: Any, waiting: int) -> bytes:
        """The zip."""
        documents = {
            "status.json": self._status(),
            "events.json": list(self._events),
            "errors.json": self._figures(waiting),
            "settings.json": without_secrets(settings, self._fields),
            "versions.json": self._versions(),
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr("README.txt", READ_ME)
            for name, document in documents.items():
                cleaned = self._clean(document)
                zipped.writestr(name, json.dumps(cleaned, indent=2, default=str))
            lines = self._ring.lines(self._wall())
            zipped.writestr("log.txt", self._clean("\n".join(lines) + "\n"))
        return buffer.getvalue()

    def _figures(self, waiting: int) -> dict[str, Any]:
        read = self._meters.read()
        errors = [
            {"source": source, "code": code, "count": count}
            for (source, code), count in sorted(read["errors"].items())
        ]
        times = {key: asdict(one) for key, one in read["times"].items()}
        return {
            **read,
            "errors": errors,
            "times": times,
            "buckets_s": BUCKETS_S,
            "notifications_waiting": waiting,
        }

    def _versions(self) -> dict[str, str]:
        found = {
            "AI Watch": self._version,
            "made at": stamp(self._wall()),
            "Python": platform.python_version(),
            "machine": f"{platform.system()} {platform.release()} {platform.machine()}",
        }
        for name in PACKAGES:
            try:
                found[name] = importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                found[name] = "not installed"
        return found


def without_secrets(tree: Any, fields: Fields) -> Any:
    """The settings with secrets replaced by whether they are there."""
    copy = json.loads(json.dumps(tree, default=str))
    for path in secret_paths(fields):
        if get(copy, path):
            discard(copy, path)
            get(copy, path[:-1])[path[-1]] = "(set)"
    urls = [name_of(url) for url in stored(copy)]
    if get(copy, URLS_PATH) is not None:
        discard(copy, URLS_PATH)
        copy["notify"]["urls"] = urls
    return copy


def stamp(wall: float) -> str:
    """A moment as a person reads it, with its zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(wall))
