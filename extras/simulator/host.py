"""Runs a real OctoPrint with its virtual printer on loopback, for tests and the demo.

A host is a base folder plus a process in a process group of its own. Whatever happens,
the process ends with the host: on `stop`, on leaving its `with` block, and at the end of
this interpreter. It knows nothing of clouds or cameras beyond the URLs it is given.
"""

from __future__ import annotations

import atexit
import os
import random
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, TypeVar, Union

import requests

from . import host_files
from .host_events import Event, Recorder
from .host_files import PASSWORD, User

T = TypeVar("T")

__all__ = ["PASSWORD", "Event", "HostError", "OctoPrintHost", "PrinterState", "User"]


class HostError(AssertionError):
    """OctoPrint did not do what was waited for; the text has what it did instead."""


@dataclass(frozen=True)
class PrinterState:
    text: str  # "Operational", "Printing", "Paused", "Offline", ...
    flags: Mapping[str, bool]  # empty while no printer is connected
    filepos: Optional[int]
    file: Optional[str]

    @property
    def paused(self) -> bool:
        # 2.0 leaves flags.printing set while paused, so only these two tell.
        return self.text == "Paused" and bool(self.flags.get("paused"))


def free_port() -> int:
    """A free port below the range from which outgoing connections take theirs."""
    for port in random.sample(range(20000, 30000), 50):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise HostError("no free port found between 20000 and 30000")


class OctoPrintHost:
    def __init__(
        self,
        basedir: Union[str, Path],
        *,
        port: int = 0,
        camera_snapshot_url: Optional[str] = None,
        plugin_settings: Optional[Mapping[str, Any]] = None,
        python: Union[str, Path] = sys.executable,
        users: Sequence[User] = (),
        enabled_plugins: Sequence[str] = (),
        config: Optional[Mapping[str, Any]] = None,
        debug_log: bool = False,
        start_deadline_s: float = 60.0,
        record: bool = True,
        accounts: bool = True,
    ) -> None:
        """Writes the base folder's files; `start` runs it.

        Args:
            camera_snapshot_url: what OctoPrint's classic webcam is set to, or None.
            plugin_settings: the tree under plugins.aiwatch; missing keys keep defaults.
            python: the interpreter of an environment that has OctoPrint.
            users: accounts beside `admin`.
            enabled_plugins: bundled plugins to switch on that are off here (see QUIET).
            config: laid over the whole of config.yaml.
            debug_log: the plugin and the HTTP libraries log at debug level.
            record: whether pushed messages are recorded from the start on.
            accounts: without any OctoPrint only shows its first-run wizard, answers no
                API key, and nothing can be recorded.
        """
        self.basedir = Path(basedir).resolve()
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        admin = host_files.admin()
        self.users = {user.name: user for user in (admin, *users)}
        self.api_key = admin.api_key
        self._python = str(python)
        self._deadline_s = start_deadline_s
        self._record = record and accounts
        self._accounts = accounts
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._recorder: Optional[Recorder] = None
        self._past: list[Event] = []  # recorded before a restart
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy must not come between loopback and us
        self.basedir.mkdir(parents=True, exist_ok=True)
        document = host_files.config(
            self.port, camera_snapshot_url, plugin_settings or {}, enabled_plugins
        )
        host_files.write(
            self.basedir / "config.yaml", host_files.merged(document, config or {})
        )
        if accounts:
            document = host_files.users(list(self.users.values()))
            host_files.write(self.basedir / "users.yaml", document)
        if debug_log:
            host_files.write(self.basedir / "logging.yaml", host_files.logging_at_debug())

    # ------------------------------------------------------------- the process

    def start(self) -> OctoPrintHost:
        if self.running:
            raise HostError("this OctoPrint runs already")
        command = [self._python, "-m", "octoprint", "--basedir", str(self.basedir)]
        loopback = {"NO_PROXY": "127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}
        with (self.basedir / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [*command, "serve", "--iknowwhatimdoing"],
                cwd=self.basedir,  # Python would import from another folder first
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                env={**os.environ, **loopback},
                start_new_session=True,  # one signal reaches all that it starts
            )
        _running.add(self)
        try:
            self.wait(self._ready, self._deadline_s, "OctoPrint to reach Operational")
            if self._record:
                self._recorder = Recorder(self.url, self._push_login())
        except BaseException:
            self.kill()
            raise
        return self

    def _ready(self) -> bool:
        # An intermediary answers on the port for a moment: anything odd is "not yet".
        try:
            if not self._accounts:
                return "wizard_dialog" in self.get("/", timeout=5).text
            answer = self.get("/api/connection", timeout=5)
            return answer.json()["current"]["state"] == "Operational"
        except (requests.RequestException, ValueError, KeyError, TypeError):
            return False

    def _push_login(self) -> str:
        answer = self.post("/api/login", json={"passive": True})
        answer.raise_for_status()
        return "{name}:{session}".format(**answer.json())

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        if self._process is None:
            raise HostError("this OctoPrint was never started")
        return self._process.pid

    def stop(self, kill_after_s: float = 30.0) -> float:
        """Asks OctoPrint to end and returns the seconds that it took."""
        started_s = time.monotonic()
        if self.running and self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(kill_after_s)
            except subprocess.TimeoutExpired:
                self.kill()
                raise HostError(
                    f"OctoPrint did not end within {kill_after_s} s\n{self.report()}"
                ) from None
        took_s = time.monotonic() - started_s
        self.kill()
        return took_s

    def kill(self) -> None:
        """Ends the whole process group at once; harmless when nothing runs."""
        if self._process is not None:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
        _running.discard(self)
        if self._recorder is not None:
            self._recorder.close()
            self._past += self._recorder.events()
            self._recorder = None

    def restart(self) -> OctoPrintHost:
        """Ends it and starts it again on the same folder; events go on being kept."""
        self.stop()
        return self.start()

    def __enter__(self) -> OctoPrintHost:
        return self if self.running else self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    # ---------------------------------------------------------------- requests

    def request(
        self, method: str, path: str, api_key: Optional[str] = None, **kwargs: Any
    ) -> requests.Response:
        """`api_key` is the admin's unless given, "" sends none; no status raises."""
        headers = dict(kwargs.pop("headers", {}))
        key = self.api_key if api_key is None else api_key
        if key:
            headers["X-Api-Key"] = key
        kwargs.setdefault("timeout", 30)
        return self._http.request(method, self.url + path, headers=headers, **kwargs)

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request("POST", path, **kwargs)

    def delete(self, path: str, **kwargs: Any) -> requests.Response:
        return self.request("DELETE", path, **kwargs)

    def _did(self, answer: requests.Response) -> requests.Response:
        if not answer.ok:
            raise HostError(
                f"{answer.request.method} {answer.request.path_url} answered "
                f"{answer.status_code}: {answer.text[:500]}\n{self.report()}"
            )
        return answer

    def login_cookies(self, name: str = "admin") -> list[dict[str, str]]:
        """Cookies of a logged-in browser, in the form that Playwright's contexts take."""
        with requests.Session() as session:
            session.trust_env = False
            session.get(f"{self.url}/login/", timeout=30)
            token = session.cookies.get(f"csrf_token_P{self.port}", default="")
            answer = session.post(
                f"{self.url}/api/login",
                json={"user": name, "pass": PASSWORD, "remember": True},
                headers={"X-CSRF-Token": token},
                timeout=30,
            )
            self._did(answer)
            return [
                {"name": cookie.name, "value": cookie.value or "", "url": self.url}
                for cookie in session.cookies
            ]

    # ----------------------------------------------------------------- printing

    def upload(
        self,
        path: Union[str, Path],
        print_now: bool = True,
        name: Optional[str] = None,
    ) -> None:
        """Uploads a G-code file and, unless told otherwise, starts printing it."""
        content = Path(path).read_bytes()
        self.upload_text(content, name or Path(path).name, print_now)

    def upload_text(
        self, gcode: Union[str, bytes], name: str, print_now: bool = True
    ) -> None:
        if print_now:
            self.wait_state("Operational")  # while a print ends, another is not begun
        body = gcode.encode() if isinstance(gcode, str) else gcode
        form = {"print": "true"} if print_now else {}
        self._did(self.post("/api/files/local", files={"file": (name, body)}, data=form))

    def print_file(self, name: str) -> None:
        """Starts printing a file that was uploaded before."""
        self.wait_state("Operational")
        body = {"command": "select", "print": True}
        self._did(self.post(f"/api/files/local/{name}", json=body))

    def command(self, command: str) -> None:
        """A job command: start, pause, resume, toggle, cancel or restart."""
        body = {"command": command}
        if command in ("pause", "resume", "toggle"):
            body = {"command": "pause", "action": command}
        self._did(self.post("/api/job", json=body))

    def gcode(self, *lines: str) -> None:
        self._did(self.post("/api/printer/command", json={"commands": list(lines)}))

    def disconnect(self) -> None:
        self._did(self.post("/api/connection", json={"command": "disconnect"}))

    def connect(self) -> None:
        """Connects the virtual printer again and waits until it is there."""
        self._did(self.post("/api/connection", json={"command": "connect"}))
        self.wait(self._ready, 30, "the printer to be connected again")

    def state(self) -> PrinterState:
        job = self._did(self.get("/api/job")).json()
        answer = self.get("/api/printer", params={"exclude": "temperature,sd"})
        state = answer.json()["state"] if answer.ok else {}  # 409 without a printer
        text = state.get("text") or job["state"]
        ids = [state_id for _, state_id in self.states()]
        if text == "Starting" and ids[-1:] == ["PRINTING"]:
            # 2.0 can go on saying so for a whole print: the thread that started the job
            # reads the old text, and writes it down after the next state's.
            text = "Printing"
        return PrinterState(
            text=text,
            flags=state.get("flags") or {},
            filepos=(job.get("progress") or {}).get("filepos"),
            file=((job.get("job") or {}).get("file") or {}).get("name"),
        )

    def wait_state(self, text: str, timeout_s: float = 15.0) -> PrinterState:
        def reached() -> Optional[PrinterState]:
            state = self.state()
            return state if state.text == text else None

        return self.wait(reached, timeout_s, f"the printer's state to be {text}")

    def stands_still(self, for_s: float = 1.0) -> bool:
        """Whether the job is really paused: it says so, and does not move on."""
        before = self.state()
        time.sleep(for_s)  # what is measured here is that nothing moves in this time
        after = self.state()
        return before.paused and after.paused and before.filepos == after.filepos

    # ---------------------------------------------------------------- the plugin

    def status(self) -> dict[str, Any]:
        """AI Watch's status document."""
        document: dict[str, Any] = self._did(
            self.get("/plugin/aiwatch/api/status")
        ).json()
        return document

    def watch_command(self, command: str) -> dict[str, Any]:
        """Presses one of AI Watch's buttons: suppress, not_a_failure, check_now, ..."""
        answer = self.post("/plugin/aiwatch/api/command", json={"command": command})
        document: dict[str, Any] = self._did(answer).json()
        return document

    def save_settings(self, plugin_settings: Mapping[str, Any]) -> dict[str, Any]:
        body = {"plugins": {"aiwatch": dict(plugin_settings)}}
        document: dict[str, Any] = self._did(self.post("/api/settings", json=body)).json()
        return document

    # ------------------------------------------------------------------ watching

    @staticmethod
    def now_s() -> float:
        """The clock of the recorded events; hand it to `since_s`."""
        return time.monotonic()

    def events(
        self, name: Optional[str] = None, since_s: float = 0.0, kind: Optional[str] = None
    ) -> list[Event]:
        """What was pushed so far, oldest first; see `Event`. Restarts lose nothing."""
        now = self._recorder.events(name, since_s, kind) if self._recorder else []
        past = [
            event
            for event in self._past
            if event.at_s >= since_s
            and name in (None, event.name)
            and kind in (None, event.kind)
        ]
        return past + now

    def states(self, since_s: float = 0.0) -> list[tuple[float, str]]:
        """The printer's state ids in order, each with the monotonic time it came."""
        changes = self.events("PrinterStateChanged", since_s)
        return [(event.at_s, event.data.get("state_id", "")) for event in changes]

    def messages(self, kind: Optional[str] = None, since_s: float = 0.0) -> list[Event]:
        """AI Watch's plugin messages, all or those of one type (status, alert, ...)."""
        found = self.events("aiwatch", since_s, kind="plugin")
        return [event for event in found if kind in (None, event.data.get("type"))]

    def wait_event(
        self,
        name: str,
        timeout_s: float = 15.0,
        since_s: float = 0.0,
        where: Callable[[dict[str, Any]], bool] = lambda data: True,
    ) -> Event:
        """The first such event since `since_s`, waiting for it if need be."""
        if self._recorder is None:
            raise HostError("nothing is recorded while OctoPrint does not run")
        found = self._recorder.wait(
            lambda event: event.name == name and where(event.data), timeout_s, since_s
        )
        if found is None:
            raise HostError(f"no {name} within {timeout_s} s\n{self.report()}")
        return found

    def wait(
        self,
        predicate: Callable[[], Optional[T]],
        timeout_s: float,
        what: str,
        every_s: float = 0.05,
    ) -> T:
        """Asks until the answer is true and returns it, or says what was missing."""
        end_s, last = time.monotonic() + timeout_s, None
        while True:
            if not self.running:
                raise HostError(
                    f"OctoPrint ended while waiting for {what}\n{self.report()}"
                )
            last = predicate()
            if last:
                return last
            if time.monotonic() >= end_s:
                raise HostError(
                    f"waited {timeout_s} s for {what}; the last answer was {last!r}\n"
                    f"{self.report()}"
                )
            time.sleep(every_s)

    # ------------------------------------------------------------------- reports

    def log_text(self) -> str:
        path = self.basedir / "logs" / "octoprint.log"
        return path.read_text(errors="replace") if path.is_file() else ""

    def console_text(self) -> str:
        path = self.basedir / "console.log"
        return path.read_text(errors="replace") if path.is_file() else ""

    def report(self, log_lines: int = 40) -> str:
        """For failure messages: the last events, and the end of OctoPrint's log."""
        recent = "\n".join(f"  {event}" for event in self.events()[-15:]) or "  none"
        log = (self.log_text() or self.console_text()).splitlines()[-log_lines:]
        lines = "\n".join(f"  {line}" for line in log)
        return f"last events:\n{recent}\nend of the log of {self.url}:\n{lines}"


_running: weakref.WeakSet[OctoPrintHost] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    for host in list(_running):
        host.kill()
