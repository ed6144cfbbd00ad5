"""The OctoPrints that are compared: two plain ones, and one for each backend.

Each is a real OctoPrint with the virtual printer and the benchmark's probe, with a base
folder of its own. Plain means that AI Watch is installed and switched off, as OctoPrint's
plugin manager does it. The webcam sends pictures that were drawn beforehand, so that it
takes no processor from anybody.
"""

from __future__ import annotations

import io
import itertools
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional, Protocol

import numpy as np
from PIL import Image
from simulator.camera import CameraServer, FixedProgress
from simulator.cloud_base import CloudBase
from simulator.clouds import GadgetCloud, ObicoCloud, gadget_answer, obico_answer, steady
from simulator.gcode import write_job
from simulator.host import OctoPrintHost
from simulator.host_files import QUIET
from simulator.http_server import HttpRequest, HttpServer
from simulator.replies import Reply

PLAIN, AGAIN, LOCAL = "plain", "plain again", "local"
CLOUDS = ("gadget", "obico")
WATCHING = (*CLOUDS, LOCAL)
SIDES = (PLAIN, AGAIN, *WATCHING)

EVERY_S = 10.0
"""Six frames a minute."""
PICTURES = 8
FRAME_PX = (1280, 960)
PROBE = Path(__file__).parent / "plugins" / "benchprobe.py"
SLOW_MOVES = ("G1 X1 Y-1 F120\n", "G1 X-1 Y1 F120\n")
"""Half a second each, of which the virtual printer takes a tenth."""
LIGHT = "G28\nG91\n" + "".join(SLOW_MOVES) * 10_000
"""20 lines a second, for a quarter of an hour. Moves, as in any print: OctoPrint would
fire an event for each dwell."""
SHORT_MOVES = (
    "G1 X0.02 Y0.01 E0.0012 F6000\n",
    "G1 X-0.02 Y-0.01 E0.0012 F6000\n",
)
DENSE = "G28\nG91\n" + "".join(SHORT_MOVES) * 100_000
"""Moves so short that only OctoPrint sets the pace: the virtual printer does each in no
time."""


def pictures(folder: Path) -> tuple[bytes, list[bytes]]:
    """A frame of 640 x 480 as the simulated webcam draws it, and large ones made of such.

    They differ as frames do, and have a sensor's noise.
    """
    job = write_job(folder / "scene.gcode", duration_s=600, heat=False)
    chance = np.random.default_rng(8)
    with CameraServer(FixedProgress(job, 0.5)) as camera:
        small = [camera.snapshot() for _ in range(PICTURES)]
    large = []
    for jpeg in small:
        with Image.open(io.BytesIO(jpeg)) as picture:
            pixels = np.asarray(picture.resize(FRAME_PX), np.float32)
        noisy = pixels + chance.normal(0.0, 4.0, pixels.shape)
        out = io.BytesIO()
        Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=80)
        large.append(out.getvalue())
    return small[0], large


class Shown(Protocol):
    """A webcam, as OctoPrint knows it."""

    @property
    def snapshot_url(self) -> str: ...


class Webcam:
    """Shows the given pictures in turn."""

    def __init__(self, jpegs: Sequence[bytes]) -> None:
        self._jpegs = itertools.cycle(jpegs)
        self._server = HttpServer(self._serve, 0, "webcam")

    @property
    def snapshot_url(self) -> str:
        return self._server.url + "/snapshot"

    def _serve(self, request: HttpRequest) -> Reply:
        return Reply(200, body=next(self._jpegs), content_type="image/jpeg")

    def __enter__(self) -> Webcam:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def settings(name: str, cloud: Optional[CloudBase]) -> dict[str, Any]:
    """AI Watch's, off until there is something to be watched."""
    fields: dict[str, Any] = {}
    if name == "gadget":
        fields = {"url": cloud.url, "api_key": "test-key"}  # type: ignore[union-attr]
    if name == "obico":
        fields = {
            "url": cloud.url,  # type: ignore[union-attr]
            "serial_no": "SN-TEST-1",
            "access_token": "test-token",
        }
    return {
        "backend": name,
        "backends": {name: fields},
        "watch": {"warmup": False, "grace_start_s": 0, "min_interval_s": EVERY_S},
        "actions": {"on_failure": "notify" if name == LOCAL else "pause"},
    }


FAILURE = {
    "gadget": gadget_answer(95, True, True, interval_s=0),
    "obico": obico_answer(
        1.0,
        {
            "ewm_mean": 1.0,
            "rolling_mean_short": 0.02,
            "rolling_mean_long": 0.0,
            "prediction_num": 40,
            "prediction_num_lifetime": 4000,
        },
    ),
}
"""Answers that say at once that the print has failed."""


class Side:
    """One OctoPrint of a round."""

    def __init__(self, name: str, folder: Path, webcam: Shown) -> None:
        self.name = name
        self.watches = name in WATCHING
        self.cloud: Optional[CloudBase] = None
        self._stack = ExitStack()
        if name == "gadget":
            self.cloud = self._stack.enter_context(
                GadgetCloud(steady(0.0), interval_s=EVERY_S)
            )
        if name == "obico":
            self.cloud = self._stack.enter_context(ObicoCloud(steady(0.0)))
        disabled = [] if self.watches else ["aiwatch"]
        base = folder / name.replace(" ", "-")
        (base / "plugins").mkdir(parents=True)
        shutil.copy(PROBE, base / "plugins")
        self.host = OctoPrintHost(
            base,
            camera_snapshot_url=webcam.snapshot_url,
            plugin_settings=settings(name, self.cloud) if self.watches else None,
            config={"plugins": {"_disabled": [*QUIET, *disabled]}},
            record=False,
        )
        self._stack.callback(self.host.kill)

    def close(self) -> None:
        self._stack.close()

    def start(self) -> float:
        """Seconds until the printer is operational."""
        began_s = time.monotonic()
        self.host.start()
        return time.monotonic() - began_s

    def print_light(self) -> None:
        """A print that leaves OctoPrint nearly alone; watched, if there is a watch."""
        self._print("light.gcode", LIGHT)

    def print_dense(self) -> None:
        """A print as fast as OctoPrint can send."""
        self._print("dense.gcode", DENSE)

    def _print(self, name: str, text: str) -> None:
        self.host.upload_text(text, name)
        self.host.wait_state("Printing", 20)
        if self.watches:
            self.host.wait(lambda: self.host.status()["checks"] > 0, 60, "a first check")

    def end_print(self) -> None:
        if self.host.state().text not in ("Operational", "Cancelling", "Finishing"):
            self.host.command("cancel")
        self.host.wait_state("Operational", 30)

    def threads(self) -> dict[int, str]:
        """The names of OctoPrint's threads, by the numbers that the kernel gives them."""
        names = self.probe("threads")["threads"]
        return {int(number): name for number, name in names.items()}

    def probe(self, command: str) -> dict[str, Any]:
        answer = self.host.post("/api/plugin/benchprobe", json={"command": command})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
