"""The judge sees loose strands in the pixels, and nothing where there are none."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from simulator.gadget_judge import GadgetJudge, GadgetVerdict
from simulator.gcode import write_job
from simulator.judge import PixelJudge
from simulator.judgement import Judgement
from simulator.scene import Scene, SceneState
from simulator.toolpath import Toolpath, read_gcode

PRINTERS = [(0, "box"), (1, "vase"), (2, "bracket")]


@pytest.fixture(
    scope="module", params=PRINTERS, ids=lambda value: f"{value[1]}-{value[0]}"
)
def scene(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Scene:
    seed, shape = request.param
    path = write_job(tmp_path_factory.mktemp("job") / "j.gcode", 60, 30, shape)
    return Scene(read_gcode(path), seed)


def p_of(scene: Scene, state: SceneState) -> float:
    return PixelJudge().judge(scene.render(state)).p


def test_a_good_print_is_never_flagged(scene: Scene) -> None:
    size = scene.toolpath.size_bytes
    shares = [0.04, 0.15, 0.4, 0.6, 0.8, 1.0]
    states = [
        SceneState(share * size, time_s=300 * share, frame=frame)
        for frame, share in enumerate(shares)
    ]
    assert max(p_of(scene, state) for state in states) < 0.3


def test_a_failing_print_is_flagged_within_a_minute(scene: Scene) -> None:
    failed = 0.4 * scene.toolpath.size_bytes
    states = [
        SceneState(failed * (1 + 0.002 * since), float(since), failed, since, since)
        for since in (40, 60)
    ]
    assert min(p_of(scene, state) for state in states) > 0.8


def test_a_failure_is_seen_in_the_first_frame_of_a_print(scene: Scene) -> None:
    state = SceneState(0.05 * scene.toolpath.size_bytes, 60.0, 900.0)
    assert p_of(scene, state) > 0.8


def test_the_box_is_where_the_strands_are(scene: Scene) -> None:
    size = scene.toolpath.size_bytes
    bad = SceneState(0.5 * size, 60.0, 0.4 * size)
    clean = SceneState(0.5 * size, 0.0, 0.4 * size)
    changed = np.abs(scene.draw(bad) - scene.draw(clean)).max(axis=2) > 28
    y, x = (places.mean() for places in np.nonzero(changed))
    confidence, xc, yc, w, h = PixelJudge().judge(scene.render(bad)).detections[0]
    assert confidence > 0.8
    assert abs(xc - x / 640) < max(w / 2, 0.05)
    assert abs(yc - y / 480) < max(h / 2, 0.05)


def test_a_picture_of_another_size_is_judged_too(toolpath_scene: Scene) -> None:
    size = toolpath_scene.toolpath.size_bytes
    jpeg = toolpath_scene.render(SceneState(0.5 * size, 60.0, 0.4 * size))
    buffer = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).resize((1280, 960)).save(buffer, "JPEG")
    assert PixelJudge().judge(buffer.getvalue()).p > 0.8


@pytest.fixture(scope="module")
def toolpath_scene(job_path: Path) -> Scene:
    toolpath: Toolpath = read_gcode(job_path)
    return Scene(toolpath, seed=0)


def test_a_plain_picture_is_no_failure(jpeg: bytes) -> None:
    assert PixelJudge().judge(jpeg) == Judgement(0.0)


def test_bytes_that_are_no_picture_are_refused() -> None:
    with pytest.raises(ValueError, match="not a picture"):
        PixelJudge().judge(b"<html>")


def run(levels: int, values: list[float]) -> list[GadgetVerdict]:
    judge = GadgetJudge(levels, levels)
    return [judge.add(Judgement(p)) for p in values]


def first(verdicts: list[GadgetVerdict], flag: str) -> int:
    return [getattr(verdict, flag) for verdict in verdicts].index(True)


def test_higher_confidence_levels_wait_longer() -> None:
    failing = [0.9] * 15
    pauses = [first(run(level, failing), "pause") for level in range(1, 6)]
    warnings = [first(run(level, failing), "warning") for level in range(1, 6)]
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[4]
    assert warnings == sorted(warnings)
    assert warnings[0] < warnings[4]


@pytest.mark.parametrize("level", [1, 2, 3, 4, 5])
def test_the_warning_never_comes_after_the_pause(level: int) -> None:
    verdicts = run(level, [0.95] * 15)
    assert first(verdicts, "warning") <= first(verdicts, "pause")


def test_one_odd_frame_is_no_reason_to_pause() -> None:
    verdicts = run(3, [0.0] * 5 + [1.0] + [0.0] * 5)
    assert not any(verdict.pause for verdict in verdicts)
    assert verdicts[-1].score < 15


def test_quality_falls_as_the_score_rises() -> None:
    verdicts = run(3, [0.0, 0.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    assert verdicts[0].quality == 10
    assert verdicts[-1].quality <= 2
    assert all(1 <= verdict.quality <= 10 for verdict in verdicts)
