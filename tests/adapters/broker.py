"""A real Mosquitto on loopback, and a client that notes what it hears."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Optional

from dev import envs
from paho.mqtt import client as paho

USER, PASSWORD = "printer", "pass-word-of-the-broker"
PEM = Path(__file__).parent / "data" / "self_signed.pem"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Broker:
    """Mosquitto; it wants a name and a password, and forgets nothing it should keep."""

    def __init__(self, folder: Path, tls: bool = False, password: str = PASSWORD) -> None:
        self.password = password
        self.port = free_port()
        self.tls = tls
        folder.mkdir(parents=True, exist_ok=True)
        passwords = folder / "passwords"
        passwords.touch(0o644)
        subprocess.run(
            [envs.program("mosquitto_passwd"), "-b", passwords, USER, password],
            check=True,
        )
        passwords.chmod(0o644)  # it gives up being root
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            "persistence false",
        ]
        if tls:
            lines += [f"certfile {PEM}", f"keyfile {PEM}"]
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join([*lines, "user root", ""]))
        self._process: Optional[subprocess.Popen[bytes]] = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [envs.program("mosquitto"), "-c", self._config],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end_s = time.monotonic() + 20.0
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                assert time.monotonic() < end_s, "Mosquitto does not start"
                time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            self._process = None

    def kill(self) -> None:
        """As a power cut does."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(20)
        self._process = None


class Ear:
    """Hears everything; values are in `kept`, events in `told`, all of it in `heard`."""

    def __init__(self, broker: Broker) -> None:
        self.kept: dict[str, bytes] = {}
        self.told: list[tuple[str, bytes]] = []
        self.heard: list[tuple[str, bytes]] = []
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, broker.password)
        if broker.tls:
            self._client.tls_set(ca_certs=str(PEM))
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe("#", 1)
        self._client.on_message = self._heard
        self._ready = threading.Event()
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        assert self._ready.wait(20.0)

    def _heard(self, client: Any, _: Any, message: Any) -> None:
        self.heard.append((message.topic, message.payload))
        if message.topic.endswith("/event"):
            self.told.append((message.topic, message.payload))
        else:
            self.kept[message.topic] = message.payload

    def say(self, topic: str, payload: str, retain: bool = False) -> None:
        self._client.publish(topic, payload, 1, retain).wait_for_publish(10.0)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
