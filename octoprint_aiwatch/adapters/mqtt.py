"""Publishes the watch to an MQTT broker, and takes a few commands from it.

``aiwatch-mqtt`` is the one thread that touches the library's client; others only post.
It is there, and paho-mqtt imported, once a broker is set; the library has a thread of its
own that connects, and connects again.
"""

from __future__ import annotations

import json
import queue
import ssl
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any, Callable, Optional

from ..core import mqtt as topics
from ..core.deferred import dataclass
from ..core.messages import RaiseEvent
from ..core.settings import Mqtt as Settings
from ..core.state import State
from ..core.values import Frame
from ..core.words import ENGLISH, Tongue, say
from .listener import Listener, payload_of

STOP_WITHIN_S = 0.5
RECONNECT_S = (1, 30)
KEEP_ALIVE_S = 30
MOST_POSTS = 500
REFUSED = frozenset((4, 5, 134, 135))
"""Reason codes of MQTT 3 and 5: name or password are wrong, or not allowed."""


@dataclass(frozen=True)
class Ports:
    """What it needs of the world."""

    printer_name: Callable[[], str]
    mark: str
    version: str
    command: Callable[[str], Any]
    clean: Callable[[Any], Any]
    log: Callable[[str, str], None]
    log_exception: Callable[[str], None]
    tongue: Tongue = ENGLISH


class Publisher(Listener):
    """Listens to the watch."""

    def __init__(self, settings: Settings, ports: Ports) -> None:
        self._ports = ports
        self._settings = settings
        self._posts: queue.Queue[Optional[Callable[[], None]]] = queue.Queue(MOST_POSTS)
        self._client: Any = None
        self._base = self._node = ""
        self._values: dict[str, Any] = {}
        """The last value of each retained topic; a broker that lost them gets them."""
        self._frame: Optional[Frame] = None
        self._connected = False
        self._told = ""
        self._running = False
        self._begins = threading.Lock()
        self._latest: Optional[Callable[[], None]] = None
        self._thread = threading.Thread(
            target=self._run, name="aiwatch-mqtt", daemon=True
        )

    # -- for other threads ------------------------------------------------------------

    def start(self) -> None:
        """Connect, if a broker is set."""
        self._begin_if_wanted(self._settings)

    def stop(self) -> None:
        """Say good-bye and end the thread soon."""
        self._post(None)
        if self._thread.is_alive():
            self._thread.join(STOP_WITHIN_S)

    def change(self, settings: Settings) -> None:
        """Other settings; returns at once."""
        if not self._begin_if_wanted(settings):
            self._post(partial(self._change, settings))

    def fired(
        self,
        effect: RaiseEvent,
        document: Mapping[str, Any],
        state: State,
        frame: Optional[Frame],
    ) -> None:
        """An event was raised; returns at once."""
        event = {"event": effect.name, **payload_of(effect, document)}
        self._post(partial(self._tell_event, event))

    def told(
        self, document: Mapping[str, Any], state: State, frame: Optional[Frame]
    ) -> None:
        """The status says something new; returns at once."""
        self._latest = partial(self._tell_status, document, frame)
        self._post(self._latest)

    # -- the thread -------------------------------------------------------------------

    def _begin_if_wanted(self, settings: Settings) -> bool:
        """Take the settings, while the thread is not there to; False once it is."""
        with self._begins:
            if self._running:
                return False
            self._settings = settings
            if not settings.host:
                return True
            self._running = True
            self._thread.start()
        self._post(self._connect)
        if self._latest is not None:
            self._post(self._latest)
        return True

    def _post(self, work: Optional[Callable[[], None]]) -> None:
        if not self._running:
            return
        try:
            self._posts.put_nowait(work)
        except queue.Full:
            return  # this thread hangs; nobody else shall

    def _run(self) -> None:
        while True:
            work = self._posts.get()
            try:
                if work is None:
                    self._disconnect()
                    return
                work()
            except Exception:  # noqa: BLE001 - a mistake of ours must not end the thread
                self._ports.log_exception("Unexpected error in the MQTT thread")

    def _change(self, settings: Settings) -> None:
        if settings == self._settings:
            return
        if self._settings.discovery and not settings.discovery:
            for topic in self._discovery():
                self._publish(topic, "", absolute=True)
        if not settings.frame and self._values.pop(topics.FRAME, None):
            self._publish(topics.FRAME, "")
        self._disconnect()
        self._settings = settings
        self._connect()

    def _connect(self) -> None:
        settings = self._settings
        if not settings.host:
            return
        try:
            from paho.mqtt import client as paho
        except ImportError:
            self._log_once("warning", "mqtt_not_installed", {})
            return
        name = self._ports.printer_name()
        self._node = topics.node_of(name, self._ports.mark)
        self._base = settings.topic.strip("/ ") or f"aiwatch/{self._node}"
        if not topics.is_topic(self._base):
            self._log_once("warning", "mqtt_bad_topic", {})
            return
        client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=f"aiwatch-{self._ports.mark}"
        )
        client.enable_logger(_Silent())
        if settings.user:
            client.username_pw_set(settings.user, settings.password or None)
        if settings.tls:
            try:
                client.tls_set(ca_certs=settings.ca_file or None)
            except (OSError, ssl.SSLError, ValueError):
                self._log_once("warning", "mqtt_bad_ca", {})
                return
        client.will_set(self._topic(topics.AVAILABLE), topics.OFFLINE, 1, retain=True)
        client.reconnect_delay_set(*RECONNECT_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_connect_fail = self._on_connect_fail
        client.on_message = self._on_message
        self._client = client
        client.connect_async(settings.host, settings.port, KEEP_ALIVE_S)
        client.loop_start()

    def _disconnect(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        if self._connected:
            gone = client.publish(
                self._topic(topics.AVAILABLE), topics.OFFLINE, 1, retain=True
            )
            try:
                gone.wait_for_publish(STOP_WITHIN_S / 2)
            except (RuntimeError, ValueError):
                pass  # it is gone already, and the last will says so
        client.on_disconnect = None
        client.disconnect()
        self._connected = False
        self._told = ""
        # Its thread may hang in a connect; it ends by itself.
        threading.Thread(target=client.loop_stop, daemon=True).start()

    # -- called by the library's thread -----------------------------------------------

    def _on_connect(self, client: Any, _: Any, flags: Any, reason: Any, *__: Any) -> None:
        self._post(partial(self._came, client, reason))

    def _on_disconnect(self, client: Any, *_: Any) -> None:
        self._post(partial(self._lost, client))

    def _on_connect_fail(self, client: Any, *_: Any) -> None:
        self._post(partial(self._lost, client))

    def _on_message(self, client: Any, _: Any, message: Any) -> None:
        if message.retain or len(message.payload) > MOST_POSTS:
            return  # what a broker kept was meant for another print
        payload = message.payload.decode("utf-8", "replace")
        self._post(partial(self._asked, client, message.topic, payload))

    # -- and what follows -------------------------------------------------------------

    def _came(self, client: Any, reason: Any) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            refused = reason.value in REFUSED
            code = "mqtt_refused" if refused else "mqtt_unreachable"
            self._log_once("warning", code, self._where())
            return
        self._connected = True
        self._log_once("info", "mqtt_connected", self._where())
        for topic in (topics.COMMAND, topics.SUPPRESS):
            client.subscribe(self._topic(topic), 1)
        if self._settings.discovery:
            for topic, found in self._discovery().items():
                self._publish(topic, json.dumps(found), absolute=True)
        self._publish(topics.AVAILABLE, topics.ONLINE)
        for topic, value in self._values.items():
            self._publish(topic, value)

    def _lost(self, client: Any) -> None:
        if client is not self._client:
            return
        self._connected = False
        if self._told != "mqtt_refused":
            self._log_once("warning", "mqtt_unreachable", self._where())

    def _asked(self, client: Any, topic: str, payload: str) -> None:
        if client is not self._client or not topic.startswith(self._base + "/"):
            return
        name = topics.command_of(topic[len(self._base) + 1 :], payload)
        if name:
            self._ports.command(name)

    def _tell_event(self, event: Mapping[str, Any]) -> None:
        if self._connected:
            text = json.dumps(self._ports.clean(dict(event)))
            self._client.publish(self._topic(topics.EVENT), text, 1)

    def _tell_status(self, document: Mapping[str, Any], frame: Optional[Frame]) -> None:
        values: dict[str, Any] = dict(
            topics.values_of(self._ports.clean(dict(document)), self._ports.tongue)
        )
        if frame is not None and frame is not self._frame and self._settings.frame:
            self._frame = frame
            values[topics.FRAME] = frame.jpeg
        for topic, value in values.items():
            if self._values.get(topic) != value:
                self._values[topic] = value
                if self._connected:
                    self._publish(topic, value)

    def _publish(self, topic: str, value: Any, absolute: bool = False) -> None:
        if self._client is not None and self._connected:
            where = topic if absolute else self._topic(topic)
            self._client.publish(where, value, 1, retain=True)

    def _topic(self, name: str) -> str:
        return f"{self._base}/{name}"

    def _discovery(self) -> dict[str, Mapping[str, Any]]:
        printer, version = self._ports.printer_name(), self._ports.version
        found = topics.discovery(
            self._base, self._node, printer, version, self._ports.tongue
        )
        if not self._settings.frame:
            found = {at: one for at, one in found.items() if "topic" not in one}
        return found

    def _where(self) -> dict[str, Any]:
        return {"host": self._settings.host, "port": self._settings.port}

    def _log_once(self, level: str, code: str, params: Mapping[str, Any]) -> None:
        """One line per change."""
        if code != self._told:
            self._told = code
            self._ports.log(level, say(code, params))


class _Silent:
    """A logger for the library, whose lines have values of ours in them."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_, **__: None
