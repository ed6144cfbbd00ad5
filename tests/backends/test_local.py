"""The local backend against a detector process that is played."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel, ModelLoaded
from octoprint_aiwatch.backends.local import Local
from octoprint_aiwatch.core import heatmap
from octoprint_aiwatch.core.errors import AiWatchError, Ask, NextFrame, Retry
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.settings import defaults, parse
from octoprint_aiwatch.core.values import FrameEvidence, View
from tests.backends.play import FRAME, JOB, failure, make, play

CALIBRATION = Calibration(hottest=3, centre=-1.0, slope=2.0, cell=-2.0)
HOT = HeatMap(2, 3, (4.0, 3.0, -9.0, -9.0, -9.0, -9.0))
FIELDS = {"local": Local.fields}
TROUBLES = [
    Retry("detector_died"),
    Retry("detector_hung", limit_s=30.0),
    Retry("detector_memory"),
    NextFrame("frame_undecodable"),
    Ask("model_shape"),
]


def as_set(**values: Any) -> Local:
    """The backend as the plugin builds it from settings."""
    stored = {"backends": {"local": values}}
    settings, problems = parse(stored, FIELDS)
    assert problems == []
    return Local(settings.fields("local"), settings.decision)


def opened() -> Any:
    return play(make(Local).open(JOB), ModelLoaded(CALIBRATION)).value


def test_opening_has_the_bundled_model_loaded_unless_the_user_says_otherwise() -> None:
    played = play(as_set().open(JOB), ModelLoaded(CALIBRATION))
    assert played.wishes == [LoadModel("", 1)]


@pytest.mark.parametrize("threads", [3, "3"])
def test_opening_has_the_users_model_loaded_with_the_users_threads(threads: Any) -> None:
    backend = as_set(model=" ~/own.onnx ", threads=threads)
    played = play(backend.open(JOB), ModelLoaded(CALIBRATION))
    assert played.wishes == [LoadModel("~/own.onnx", 3)]


def test_the_untouched_settings_are_the_bundled_model_on_one_core() -> None:
    assert defaults(FIELDS)["backends"]["local"] == {"model": "", "threads": 1}


def test_a_context_knows_how_the_model_is_read() -> None:
    assert opened().calibration == CALIBRATION


def test_one_frame_is_judged_once() -> None:
    played = play(make(Local).inspect(FRAME, opened()), HOT)
    assert played.wishes == [JudgeFrame(FRAME)]


def test_a_heat_map_becomes_evidence_and_boxes_by_the_models_own_calibration() -> None:
    inspection = play(make(Local).inspect(FRAME, opened()), HOT).value
    assert inspection.evidence == FrameEvidence(heatmap.score(HOT, CALIBRATION))
    assert inspection.detections == heatmap.detections(HOT, CALIBRATION)
    assert len(inspection.detections) == 1


def test_the_pace_is_the_users_alone() -> None:
    inspection = play(make(Local).inspect(FRAME, opened()), HOT).value
    assert inspection.next_after_s is None


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.code)
def test_trouble_with_the_model_comes_out_of_opening_as_it_is(
    trouble: AiWatchError,
) -> None:
    assert failure(play(make(Local).open(JOB), trouble)) is trouble


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda one: one.code)
def test_trouble_with_a_frame_comes_out_of_inspecting_as_it_is(
    trouble: AiWatchError,
) -> None:
    played = play(make(Local).inspect(FRAME, opened()), trouble)
    assert failure(played) is trouble


def test_after_trouble_the_context_is_still_good() -> None:
    context = opened()
    play(make(Local).inspect(FRAME, context), Retry("detector_died"))
    assert play(make(Local).inspect(FRAME, context), HOT).error is None


def test_nothing_is_secret_and_nothing_is_sent_anywhere() -> None:
    assert {field.type for field in Local.fields} == {"text", "number"}


def test_boxes_of_a_turned_frame_lie_on_the_snapshot() -> None:
    turned = replace(FRAME, view=View(rotate_90=True))
    (box,) = play(make(Local).inspect(turned, opened()), HOT).value.detections
    # The map is hot in the upper left two thirds of what is seen.
    (seen,) = heatmap.detections(HOT, CALIBRATION)
    assert (seen.x, seen.y, seen.w, seen.h) == pytest.approx((1 / 3, 0.25, 2 / 3, 0.5))
    assert (box.x, box.y, box.w, box.h) == pytest.approx((0.75, 1 / 3, 0.5, 2 / 3))
    assert box.confidence == seen.confidence


def test_a_frame_cannot_be_judged_by_no_core() -> None:
    _, problems = parse({"backends": {"local": {"threads": 0}}}, FIELDS)
    assert [problem.path for problem in problems] == ["backends.local.threads"]
