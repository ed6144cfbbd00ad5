"""What the simulator's own tests share."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from simulator.clouds import GadgetCloud, ObicoCloud, ScriptedJudge, steady
from simulator.gcode import write_job
from simulator.judgement import Judgement


@pytest.fixture(scope="session")
def jpeg() -> bytes:
    """A small picture that decodes."""
    buffer = io.BytesIO()
    Image.new("RGB", (320, 200), "grey").save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def job_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small job."""
    return write_job(tmp_path_factory.mktemp("job") / "box.gcode", 60, layers=20)


@pytest.fixture
def gadget() -> Iterator[GadgetCloud]:
    """A Gadget cloud that asks for a long interval."""
    with GadgetCloud(steady(0.9), api_keys={"good", "poor"}, blocked_keys={"poor"}) as it:
        yield it


@pytest.fixture
def obico() -> Iterator[ObicoCloud]:
    """An Obico cloud with one device, one partner, and a box in each frame."""
    judge = steady(0.5, (0.5, 0.5, 0.25, 0.1, 0.2))
    with ObicoCloud(judge, {"SN": "token"}, partner_tokens={"partner"}) as it:
        yield it


@pytest.fixture
def judge_of() -> Callable[..., ScriptedJudge]:
    """Makes a judge that gives these p in turn, the last for ever."""

    def make(*values: float) -> ScriptedJudge:
        return ScriptedJudge(
            lambda number, frame: Judgement(values[min(number, len(values) - 1)])
        )

    return make
