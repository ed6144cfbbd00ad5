"""The world around the plugin in virtual time: clocks, printer, webcam, services, helper.

Each part can be spoilt for a while; it then does what real ones do when they fail. Must
not know what the plugin makes of it.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, Callable, Optional, Union

import requests
import urllib3
from PIL import Image, ImageDraw
from requests.adapters import BaseAdapter

from octoprint_aiwatch.backends.base import LoadModel, ModelLoaded
from octoprint_aiwatch.core.errors import Retry, SnapshotError
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.sight import Look
from octoprint_aiwatch.core.values import Frame

GADGET, OBICO = "https://gadget.example", "https://obico.example"
COLD, HOT = -9.0, 9.0
CELLS = (12, 16)
ROUND_TRIP_S = 0.4
GIVEN_UP_S = 40.0
WEBCAM = ("refuses", "raises", "empty", "page", "cut", "endless", "none", "slow")
SERVICE = ("refuses", "hangs", "500", "429", "page", "nan", "endless", "redirect", "deep")
HELPER = ("dies", "hangs", "memory", "black")


class Clock:
    """Seconds that only pass when somebody says so."""

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


class Printer:
    """OctoPrint's printer API, and what the printer was asked for."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.state_id = "OPERATIONAL"
        self.position = 0
        self.is_broken = False
        self.is_deaf = False
        self.pauses = self.cancels = 0
        self._tell = tell

    def become(self, state_id: str) -> None:
        self.state_id = state_id
        self._tell(state_id)

    def get_state_id(self) -> str:
        if self.is_broken:
            raise RuntimeError("the connector has lost its mind")
        self.position += 1
        return self.state_id

    def get_current_temperatures(self) -> Any:
        return {"tool0": {"actual": 205.0, "target": 205.0}}

    def get_current_data(self) -> Any:
        return {"progress": {"filepos": self.position, "printTimeLeft": 3600}}

    def pause_print(self, tags: Any = None) -> None:
        self.pauses += 1
        if not self.is_deaf:
            self.become("PAUSED")

    def cancel_print(self, tags: Any = None) -> None:
        self.cancels += 1

    def resume_print(self, tags: Any = None) -> None:
        self.become("PRINTING")


class World:
    """Everything outside; ``trouble`` is what is spoilt, by part.

    ``fails``: what the services and the helper find. ``failures`` counts those answers.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.clock = Clock(1000.0)
        self.wall_off_s = 1_800_000_000.0 - 1000.0
        self.trouble: dict[str, str] = {}
        self.fails = False
        self.failures = 0
        self.disk_is_full = False
        self._jpeg = _picture()
        self.service = Service(self)

    def wall(self) -> float:
        return self.clock.now_s + self.wall_off_s

    # -- the webcam ------------------------------------------------------------------

    def find_webcam(self, name: str) -> Any:
        if self.trouble.get("webcam") == "none":
            raise SnapshotError("no_webcam")
        config = SimpleNamespace(name="cam", canSnapshot=True)
        provider = SimpleNamespace(take_webcam_snapshot=lambda _: self._snapshot())
        return SimpleNamespace(config=config, providerPlugin=provider)

    def _snapshot(self) -> Iterator[bytes]:
        how = self.trouble.get("webcam", "")
        if how == "refuses":
            raise requests.ConnectionError("refused")
        if how == "raises":
            raise ValueError("a provider's own mistake")
        if how == "slow":
            self.clock.now_s += 30.0
        if how == "endless":
            while True:
                yield bytes(1 << 20)
        bodies = {"empty": b"", "page": b"<html>Sign in</html>", "cut": self._jpeg[:900]}
        yield bodies.get(how, self._jpeg)

    # -- the disk --------------------------------------------------------------------

    def may_write(self) -> None:
        """Called before each write of the history.

        Raises:
            sqlite3.OperationalError: the disk is full.
        """
        if self.disk_is_full:
            raise sqlite3.OperationalError("database or disk is full")


class Service(BaseAdapter):
    """Gadget and Obico, in the place where requests would open a connection."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def close(self) -> None:
        """There is nothing to close."""

    def send(self, request: Any, **_: Any) -> requests.Response:  # type: ignore[override]
        world = self._world
        how = world.trouble.get("service", "")
        world.clock.now_s += ROUND_TRIP_S
        if how == "refuses":
            raise requests.ConnectionError("refused", request=request)
        if how == "hangs":
            world.clock.now_s += GIVEN_UP_S
            raise requests.ReadTimeout("Read timed out.", request=request)
        if how == "redirect":
            return _response(request, 302, b"", {"Location": "http://10.0.0.1/"})
        if how in ("500", "429"):
            return _response(request, int(how), b"<html>busy</html>")
        if how == "endless":
            return _response(request, 200, bytes(2 << 20))
        bodies = {"page": b"<html>", "nan": b'{"Score": NaN}', "deep": b"[" * 100_000}
        body = bodies.get(how) or json.dumps(self._document(request.url)).encode()
        return _response(request, 200, body)

    def _document(self, url: str) -> Any:
        if url.endswith("createcontext"):
            process = GADGET + "/process/" + str(self._world.chance.random())
            urls = {"ProcessRequestUrl": process, "FallbackProcessRequestUrl": process}
            return {"ContextId": "c", **urls}
        fails = self._world.fails
        self._world.failures += fails
        if url.startswith(GADGET):
            score = 95 if fails else self._world.chance.randrange(20)
            flags = {"WarningSuggested": fails, "PauseSuggested": fails}
            return {"Score": score, **flags, "NextProcessIntervalSec": 20}
        mean = 1.0 if fails else 0.05
        means = {"ewm_mean": mean, "rolling_mean_short": 0.02}
        counts = {"prediction_num": 40, "prediction_num_lifetime": 4000}
        stats = {**means, **counts, "rolling_mean_long": 0.0}
        return {"result": {"p": mean, "temporal_stats": stats, "detections": []}}


class Helper:
    """The detector's process, as the plugin's end of it behaves."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pid: Optional[int] = None

    def _work(self) -> None:
        how = self._world.trouble.get("helper", "")
        if how == "dies":
            raise Retry("detector_died", how="signal 9")
        if how == "hangs":
            self._world.clock.now_s += GIVEN_UP_S
            raise Retry("detector_hung", limit_s=GIVEN_UP_S)
        if how == "memory":
            raise Retry("detector_memory")

    def send(self, wish: Any) -> Union[ModelLoaded, HeatMap]:
        self._work()
        if isinstance(wish, LoadModel):
            return ModelLoaded(Calibration(3, 0.0, 1.0, 0.0))
        fails = self._world.fails
        self._world.failures += fails
        cells = [COLD] * (CELLS[0] * CELLS[1])
        if fails:
            cells[70:76] = [HOT] * 6
        return HeatMap(*CELLS, tuple(cells))

    def fitting(self, frame: Frame) -> Frame:
        """Small enough for everybody."""
        return frame

    def look(self, frame: Frame, most_px: Optional[int] = None) -> Look:
        self._work()
        if self._world.trouble.get("helper") == "black":
            return Look(4, 0.0, 6, 2, 0.0, 0.9, 0.9, 0, 0, bytes(64 * 48))
        thumbnail = self._world.chance.randbytes(64 * 48)
        return Look(90, 0.5, 180, 120, 0.0, 0.2, 0.5, 60, 90, thumbnail)

    def close(self) -> None:
        """There is no process."""

    def kill(self) -> None:
        """There is no process."""


def _response(
    request: Any, status: int, body: bytes, headers: Optional[dict[str, str]] = None
) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = status, request, request.url
    response.headers.update(headers or {})
    response.raw = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)
    return response


def _picture() -> bytes:
    picture = Image.new("RGB", (640, 480), (96, 104, 112))
    ImageDraw.Draw(picture).rectangle((260, 180, 380, 300), fill=(220, 140, 60))
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()
