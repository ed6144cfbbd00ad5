"""What the tests of the watch share: a webcam, both clouds, and an OctoPrint.

A `BareRig` runs one OctoPrint with a webcam; a `Rig` can watch with either cloud too, and
`Side` hides how the two say the same thing. Must not hide what is asserted: tests ask the
clouds' records, OctoPrint's events and the status document themselves.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Optional

from simulator.camera import MODES
from simulator.clouds import CallRecord, GadgetCloud, ObicoCloud, gadget_answer
from simulator.clouds import obico_answer as _obico_answer
from simulator.host import Event, OctoPrintHost
from simulator.host_files import merged
from simulator.http_server import HttpRequest, HttpServer
from simulator.replies import Reply

from tests.scenes import jpeg, view

GADGET_KEY = "gadget-key-of-the-tests"
SERIAL_NO = "SERIAL-OF-THE-TESTS"
ACCESS_TOKEN = "access-token-of-the-tests"
PARTNER_TOKEN = "partner-token-of-the-tests"

SOON_S = 10.0
"""For what comes within a second when this machine has nothing else to do."""

PLUGINS = Path(__file__).parent / "plugins"
SIZE_PX = (320, 240)
WARNING_LINE = re.compile(r"(?m)^.* - octoprint\.plugins\.aiwatch - WARNING - (.*)$")


class LightCamera:
    """A webcam whose frames cost nothing and differ in their light; see `MODES`."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._scene = view(size=SIZE_PX, strands=0)
        self._last: Optional[bytes] = None
        self.requests = 0
        self.mode = "ok"
        self._server = HttpServer(self._serve, 0, "light-camera")

    @property
    def snapshot_url(self) -> str:
        return self._server.url + "/snapshot"

    def _serve(self, request: HttpRequest) -> Reply:
        self.requests += 1
        return MODES[self.mode](self)  # type: ignore[arg-type]  # it has what they use

    def snapshot(self) -> bytes:
        light = 90 + next(self._numbers) * 7 % 40
        self._last = jpeg(self._scene.point(lambda level: level * light // 128))
        return self._last

    def _frozen(self) -> bytes:
        return self._last or self.snapshot()

    def stop(self) -> None:
        """Be out of reach until `release()`."""
        self._server.stop()

    def release(self) -> None:
        """Cuts the requests that are being kept waiting; the next ones are answered."""
        self._server.stop()
        self.mode = "ok"
        self._server.start()

    def __enter__(self) -> LightCamera:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


class Side:
    """One backend as the tests see it: its cloud, its settings, its way to answer."""

    key = ""
    process = ""
    """The kind of the calls that carry a frame."""
    cloud: Any
    secrets: dict[str, str]

    def fields(self) -> dict[str, str]:
        return {"url": self.cloud.url, **self.secrets}

    def answer(self, level: str, score: float = 0.0) -> Reply:
        """An answer that leads to this verdict by itself."""
        raise NotImplementedError

    def context_of(self, frame: CallRecord) -> str:
        raise NotImplementedError

    def contexts(self, since_s: float = 0.0) -> list[str]:
        """The contexts that frames went to, in order; a switch back is listed, too."""
        names = (self.context_of(frame) for frame in self.frames(since_s))
        return [name for name, _ in itertools.groupby(names)]

    def say(self, *levels: str) -> None:
        """What the next checks find; the last one from then on."""
        self.reply(*(self.answer(level) for level in levels))

    def reply(self, *replies: Reply) -> None:
        self.cloud.unscript()
        self.cloud.script(*replies, forever=True)

    def release(self) -> None:
        """Cuts the calls that are being kept waiting; the next ones are answered."""
        self.cloud.stop()
        self.cloud.unscript()
        self.cloud.start()

    def frames(self, since_s: float = 0.0) -> list[CallRecord]:
        """The calls that carried a frame and arrived since then."""
        return [call for call in self.cloud.calls(self.process) if call.at_s >= since_s]


class GadgetSide(Side):
    key = "gadget"
    process = "process"
    SCORES: ClassVar[dict[str, int]] = {"ok": 12, "warning": 55, "failure": 93}

    def __init__(self, cloud: GadgetCloud) -> None:
        self.cloud = cloud
        self.interval_s = 0
        self.secrets = {"api_key": GADGET_KEY}

    def answer(self, level: str, score: Optional[float] = None) -> Reply:
        shown = self.SCORES[level] if score is None else round(100 * score)
        return gadget_answer(
            shown, level != "ok", level == "failure", interval_s=self.interval_s
        )

    def context_of(self, frame: CallRecord) -> str:
        return frame.path.rpartition("/")[2]


class ObicoSide(Side):
    key = "obico"
    process = "predict"
    # ewm_mean of a printer whose long mean is 0: the seed's rule then looks at it alone.
    MEANS: ClassVar[dict[str, float]] = {"ok": 0.05, "warning": 0.85, "failure": 1.0}

    def __init__(self, cloud: ObicoCloud) -> None:
        self.cloud = cloud
        self.secrets = {"serial_no": SERIAL_NO, "access_token": ACCESS_TOKEN}

    def answer(self, level: str, score: Optional[float] = None) -> Reply:
        mean = self.MEANS[level] if score is None else score
        return statistics(mean)

    def context_of(self, frame: CallRecord) -> str:
        return frame.form["print_id"]


def statistics(ewm_mean: float, **changes: Any) -> Reply:
    """An Obico answer of a printer without a past."""
    means = {"ewm_mean": ewm_mean, "rolling_mean_short": 0.02, "rolling_mean_long": 0.0}
    counts = {"prediction_num": 40, "prediction_num_lifetime": 4000}
    return _obico_answer(min(1.0, ewm_mean), {**means, **counts, **changes})


QUICK: Mapping[str, Any] = {
    "camera": {"timeout_s": 10, "max_bytes": 8388608, "ignore_zones": []},
    "watch": {
        "min_interval_s": 5,
        "warmup": False,
        "give_way": False,
        "grace_start_s": 0,
        "grace_resume_s": 0,
        "blind_after_s": 10,
    },
    "decision": {"warning_confidence": 3, "pause_confidence": 3},
    "actions": {
        "on_warning": "notify",
        "on_failure": "pause",
        "max_pauses": 100,
        "verify_s": 30,
    },
    "notify": {"min_gap_s": 600},
}
"""A watch that does not wait for anything that it need not wait for."""


class BareRig:
    """An OctoPrint with a webcam, and ways to print, to wait and to look back."""

    def __init__(self, workshop: Any, **host_options: Any) -> None:
        self.camera: LightCamera = workshop._own(LightCamera())
        options: dict[str, Any] = {
            "camera_snapshot_url": self.camera.snapshot_url,
            "config": {"plugins": {"classicwebcam": {"snapshotTimeout": 2}}},
        }
        self.host: OctoPrintHost = workshop.host(**{**options, **host_options})
        self._names = itertools.count(1)

    @contextmanager
    def printing(self, lines: int = 20000, **options: Any) -> Iterator[float]:
        """A print of many short dwells; whatever became of it, over at the end.

        Yields the moment before it was started.
        """
        try:
            yield self.start(lines, **options)
        finally:
            self.end_print()

    def start(self, lines: int = 20000, name: Optional[str] = None) -> float:
        """Starts a print (20 lines a second); waits until the watch is under way, too."""
        since_s = self.host.now_s()
        name = name or f"job-{next(self._names)}.gcode"
        self.host.upload_text("G28\n" + "G4 P50\n" * lines, name, print_now=True)
        self.wait_printer("PRINTING", since_s)
        # Told on another thread, which a busy machine may run late.
        self.wait_status(
            lambda status: status["job"] and status["hold"] != "starting",
            "the watch to be told",
        )
        return since_s

    def end_print(self) -> None:
        """Cancels whatever still goes on, and connects a lost printer again."""
        if not self.host.running:
            return
        state = self.host.state()
        if not state.flags:
            self.host.connect()
        elif state.text not in ("Operational", "Cancelling", "Finishing"):
            self.host.command("cancel")
        self.host.wait_state("Operational")
        self.wait_status(lambda status: status["phase"] == "idle", "the watch to be over")

    # -- waiting -------------------------------------------------------------------

    def wait_printer(
        self, state_id: str, since_s: float, timeout_s: float = SOON_S
    ) -> Event:
        """OctoPrint's event that the printer came into this state."""
        return self.host.wait_event(
            "PrinterStateChanged",
            timeout_s,
            since_s,
            where=lambda data: data.get("state_id") == state_id,
        )

    def wait_status(
        self,
        holds: Callable[[dict[str, Any]], Any],
        what: str,
        timeout_s: float = SOON_S,
    ) -> dict[str, Any]:
        """The first status document for which it holds."""

        def ask() -> Optional[dict[str, Any]]:
            status = self.host.status()
            return status if holds(status) else None

        return self.host.wait(ask, timeout_s, what)

    def wait_checks(self, least: int, timeout_s: float = SOON_S) -> dict[str, Any]:
        return self.wait_status(
            lambda status: status["checks"] >= least, f"{least} checks", timeout_s
        )

    def check(self) -> dict[str, Any]:
        """Presses Check now and waits for the check; for a service that answers."""
        before = self.host.status()["checks"]
        self.host.watch_command("check_now")
        return self.wait_checks(before + 1)

    # -- looking back ----------------------------------------------------------------

    def fired(self, name: str, since_s: float) -> list[Event]:
        """Our events of one name on OctoPrint's bus."""
        return self.host.events("plugin_aiwatch_" + name, since_s, kind="event")

    def wait_fired(self, name: str, since_s: float, timeout_s: float = SOON_S) -> Event:
        return self.host.wait_event("plugin_aiwatch_" + name, timeout_s, since_s)

    def fired_once(self, name: str, since_s: float) -> bool:
        """Whether an event came only once; it may come a little after the status."""
        self.wait_fired(name, since_s)
        return len(self.fired(name, since_s)) == 1

    def alerts(self, name: str, since_s: float) -> list[dict[str, Any]]:
        found = self.host.messages("alert", since_s)
        return [event.data for event in found if event.data["event"] == name]

    def statuses(self, since_s: float) -> list[dict[str, Any]]:
        """The status documents that were pushed."""
        return [event.data["status"] for event in self.host.messages("status", since_s)]

    def state_ids(self, since_s: float) -> list[str]:
        return [state_id for _, state_id in self.host.states(since_s)]

    def warnings(self, since_bytes: int = 0) -> list[str]:
        """The texts of our warning lines in OctoPrint's log since that place."""
        return WARNING_LINE.findall(self.host.log_text()[since_bytes:])


class Rig(BareRig):
    """With both clouds; every test starts from `prepare`."""

    def __init__(self, workshop: Any, parks: bool = False, **host_options: Any) -> None:
        """``parks``: the hooks that see every line are there from the start."""
        gadget = workshop.gadget(api_keys={GADGET_KEY}, interval_s=0.0)
        obico = workshop.obico(
            devices={SERIAL_NO: ACCESS_TOKEN}, partner_tokens={PARTNER_TOKEN}
        )
        self.gadget = GadgetSide(gadget)
        self.obico = ObicoSide(obico)
        self.sides: dict[str, Side] = {"gadget": self.gadget, "obico": self.obico}
        start = self.settings("gadget", actions={"park": {"enabled": parks}})
        host_options.setdefault("plugin_settings", start)
        super().__init__(workshop, **host_options)

    def settings(self, backend: str, **changes: Any) -> dict[str, Any]:
        """The whole tree of settings for a quick watch with this backend."""
        base: dict[str, Any] = {
            "enabled": True,
            "backend": backend,
            "backends": {side.key: side.fields() for side in self.sides.values()},
        }
        return merged(merged(base, QUICK), changes)

    def prepare(self, backend: str, **changes: Any) -> Side:
        """Quick settings, laid over by `changes`; clouds and webcam in order."""
        side = self.sides[backend]
        self.camera.mode = "ok"
        for other in self.sides.values():
            other.cloud.start()
            other.cloud.unscript()
            other.cloud.unscript_create()
        side.say("ok")
        self.host.save_settings(self.settings(backend, **changes))
        return side

    @contextmanager
    def printing(self, lines: int = 20000, **options: Any) -> Iterator[float]:
        """As without clouds, and no test may break a cloud's rules."""
        with super().printing(lines, **options) as since_s:
            yield since_s
        assert self.violations() == []

    def violations(self) -> list[str]:
        return self.gadget.cloud.violations + self.obico.cloud.violations


WHEN = ("next_look", "looking")


def codes(status: Mapping[str, Any]) -> list[str]:
    """Why things are as they are; when it looks next is another matter."""
    found = [reason["code"] for reason in status["reasons"]]
    return [code for code in found if code not in WHEN]


def seeds_rule(answer: Mapping[str, Any]) -> str:
    """The decision as the API's documentation has it, written down once more."""
    stats = answer["result"]["temporal_stats"]
    ewm, long = stats["ewm_mean"], stats["rolling_mean_long"]
    if ewm - long < 0.36:
        return "ok"
    if ewm - long > 0.99:
        return "failure"
    if ewm - long > 0.78 or ewm > (stats["rolling_mean_short"] - long) * 3.8:
        return "warning"
    return "ok"


def with_plugins(basedir: Path, *names: str) -> Path:
    """A base folder in which OctoPrint finds these plugins of tests/e2e/plugins."""
    (basedir / "plugins").mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(PLUGINS / f"{name}.py", basedir / "plugins")
    return basedir
