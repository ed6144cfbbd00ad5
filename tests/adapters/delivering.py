"""Services on loopback that note what they get, and a notifier to send it to them."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Optional

from octoprint_aiwatch.adapters.delivery import Ports
from octoprint_aiwatch.adapters.notifier import Notifier, Tiding
from octoprint_aiwatch.core import latch
from octoprint_aiwatch.core.letters import News
from octoprint_aiwatch.core.settings import Notify
from octoprint_aiwatch.core.values import Detection, Frame, Sighting, View
from tests.adapters.fakes import settings_with

PATIENCE_S = 30.0


class Service:
    """An HTTP service; ``status`` is what it answers, ``gate`` keeps it from doing so."""

    def __init__(self, port: int = 0) -> None:
        self.got: list[dict[str, Any]] = []
        self.bodies: list[bytes] = []
        self.status = 200
        self.words = ""
        self.gate = threading.Event()
        self.gate.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = self.rfile.read(length)
                service.gate.wait(PATIENCE_S)
                service.bodies.append(body)
                if service.status < 400:
                    try:
                        service.got.append(json.loads(body))
                    except ValueError:
                        service.got.append({"path": self.path})
                words = service.words.encode()
                try:
                    self.send_response(service.status)
                    self.send_header("Content-Length", str(len(words)))
                    self.end_headers()
                    self.wfile.write(words)
                except OSError:
                    return  # whoever asked has given up

            do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                """Nothing to the console."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [one.get("title", "") for one in self.got]

    def stop(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()


def notify_with(*urls: str, **changes: Any) -> Notify:
    return settings_with(notify={"urls": list(urls), **changes}).notify


class Desk:
    """A running notifier with what it logged."""

    def __init__(self, folder: Path, *urls: str, **changes: Any) -> None:
        self.lines: list[str] = []
        self.trouble: list[str] = []
        self.late_s = 0.0
        self.ports = Ports(
            outbox_path=str(folder / "outbox.sqlite3"),
            printer_name=lambda: "Ender",
            clean=lambda text: text.replace("hush", "[hidden]"),
            log=lambda level, text: self.lines.append(f"{level} {text}"),
            log_exception=self.trouble.append,
            clock=time.monotonic,
            wall=lambda: time.time() + self.late_s,
        )
        self.notifier = Notifier(notify_with(*urls, **changes), self.ports)
        self.notifier.start()

    def tell(self, kind: str = latch.FAILURE, reason: str = "why", **more: Any) -> None:
        news = News(kind, reason, "job.gcode", 0.93, "Fake backend")
        self.notifier.tell(Tiding(news, **more))

    def stop(self) -> None:
        self.notifier.stop()
        assert self.trouble == []


def wait_for(condition: Any, what: str, within_s: float = PATIENCE_S) -> Any:
    end_s = time.monotonic() + within_s
    while not (found := condition()):
        assert time.monotonic() < end_s, f"waited too long for {what}"
        time.sleep(0.02)
    return found


def seen(jpeg: bytes, view: Optional[View] = None) -> tuple[Frame, tuple[Sighting, ...]]:
    """A frame with a box in its upper left quarter."""
    frame = Frame(jpeg, 640, 480, "cam", view or View())
    return frame, (Sighting(Detection(0.9, 0.25, 0.25, 0.2, 0.2)),)
