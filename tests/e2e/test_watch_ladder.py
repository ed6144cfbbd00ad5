"""One print, three judges: the service dies, the server takes over, then the detector.

The watch's clock runs fast, so that what takes minutes comes soon. Webcam and detector
are the real ones: what the detector sees is a picture in which strands grow.
"""

from __future__ import annotations

from typing import Any

import pytest
from simulator.camera import FailPlan, OctoPrintProgress
from simulator.clouds import Judgement, ScriptedJudge
from simulator.gcode import write_job
from simulator.host import free_port

from octoprint_aiwatch.core import frames
from tests.e2e.plugins.fastclock import FASTER
from tests.e2e.support_watch import GADGET_KEY, QUICK, SOON_S, merged, with_plugins

TOKEN = "inference-token-of-the-ladder"
CALLS = 100_000
"""Plenty: with few left the checks would move apart."""
FAILS_AFTER_S = (frames.BASELINE_S + 60.0) / FASTER + 20.0
PAUSED_WITHIN_S = 180.0
JOB_S = 600.0

pytestmark = pytest.mark.timeout(300)


class Story:
    """An OctoPrint with three backends, and what happened in its one print."""

    def __init__(self, workshop: Any, folder: Any) -> None:
        self.gadget = workshop.gadget(api_keys={GADGET_KEY}, interval_s=0.0)
        self.server = workshop.inference(
            ScriptedJudge(lambda number, jpeg: Judgement(0.02)), token=TOKEN
        )
        camera_port = free_port()
        own = {
            "backend": "gadget",
            "fallback": ["kserve", "local"],
            "backends": {
                "gadget": {"url": self.gadget.url, "api_key": GADGET_KEY},
                "kserve": {"url": self.server.url, "token": TOKEN, "model": "aiwatch"},
            },
            "budget": {"monthly_calls": CALLS},
            # The detector's process starts slowly beside other tests.
            "watch": {"blind_after_s": 600},
        }
        self.host = workshop.host(
            basedir=with_plugins(folder / "octoprint", "fastclock"),
            camera_snapshot_url=f"http://127.0.0.1:{camera_port}/snapshot",
            plugin_settings=merged(QUICK, own),
        )
        job = write_job(folder / "job.gcode", duration_s=JOB_S, heat=False)
        progress = OctoPrintProgress(self.host.url, self.host.api_key, job)
        plan = FailPlan(FAILS_AFTER_S, strands_per_s=FASTER)
        workshop.camera(progress, plan, port=camera_port)
        self.host.upload(job)

    def fired(self, name: str) -> list[Any]:
        return self.host.events("plugin_aiwatch_" + name, kind="event")

    def judged_by(self, key: str) -> dict[str, Any]:
        """The status once this backend judges."""
        found: list[dict[str, Any]] = []

        def does() -> bool:
            status = self.host.status()
            found[:] = [status]
            steps = {step["key"]: step["state"] for step in status["ladder"]}
            return steps[key] == "judging" and status["verdict"] != "unknown"

        self.host.wait(does, SOON_S * 3, f"{key} to judge")
        return found[0]


@pytest.fixture(scope="module")
def story(module_workshop, tmp_path_factory) -> Story:
    return Story(module_workshop, tmp_path_factory.mktemp("ladder"))


def test_whoever_dies_is_replaced_and_the_failing_print_is_paused_all_the_same(story):
    status = story.judged_by("gadget")
    assert (status["verdict"], status["backend"]) == ("ok", "gadget")
    assert [step["state"] for step in status["ladder"]] == ["judging", "ready", "ready"]
    (gadget,) = (one for one in status["budget"]["backends"] if one["key"] == "gadget")
    assert gadget["calls_left"] == CALLS - gadget["calls"]

    story.gadget.stop()
    status = story.judged_by("kserve")
    assert status["blind"] is False
    assert "refuses the connection" in status["ladder"][0]["reason"]

    story.server.stop()
    status = story.judged_by("local")
    assert status["blind"] is False

    story.host.wait_event(
        "PrinterStateChanged",
        PAUSED_WITHIN_S,
        where=lambda data: data["state_id"] == "PAUSED",
    )
    story.host.wait_event("plugin_aiwatch_pause_confirmed", SOON_S)
    (failed,) = story.fired("failure_detected")
    assert failed.data["backend"] == "local"
    assert story.host.stands_still()
    changes = [event.data["backend"] for event in story.fired("backend_changed")]
    assert changes == ["kserve", "local"]
    assert story.fired("blinded") == []
    assert story.gadget.violations == story.server.violations == []
