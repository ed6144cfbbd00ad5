"""What the detector answers to each message; nothing that happens gets past it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from octoprint_aiwatch.detector import wire
from octoprint_aiwatch.detector.__main__ import Detector
from octoprint_aiwatch.detector.calibration import DEFAULT_CALIBRATION
from octoprint_aiwatch.detector.model import (
    Model,
    ModelError,
    fit_to_area,
)
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights
from octoprint_aiwatch.detector.picture import pixels
from tests.detector.onnx_files import good
from tests.detector.tiny import META, jpeg, meta, picture, stored

FRAME = jpeg(picture())
JUDGE: dict[str, Any] = {"do": "judge"}
SAME: dict[str, Any] = {"do": "judge", "same": True}
LOOK: dict[str, Any] = {"do": "look"}
Head = dict[str, Any]


def load(path: object, **more: Any) -> Head:
    return {"do": "load", "model": str(path), "threads": 1, **more}


@pytest.fixture
def loaded(tmp_path: Path) -> Detector:
    """A detector with the narrow network."""
    detector = Detector()
    head, payload = detector.answer(load(stored(tmp_path)), b"")
    assert ("error" in head, payload) == (False, b"")
    return detector


class Odd(Model):
    """A model that does what a test says when it is to judge."""

    def __init__(self, judge: Any) -> None:
        self.calibration = dict(DEFAULT_CALIBRATION)
        self._judge = judge

    def fit(self, width: int, height: int) -> tuple[int, int]:
        return fit_to_area(width, height)

    def heat(self, frame: Any) -> Any:
        if isinstance(self._judge, Exception):
            raise self._judge
        return self._judge


def judged_by(judge: Any, monkeypatch: pytest.MonkeyPatch) -> Head:
    """What is answered to a frame if the model does this."""
    monkeypatch.setattr(
        "octoprint_aiwatch.detector.model.load", lambda *_, **__: Odd(judge)
    )
    detector = Detector()
    detector.answer(load("odd"), b"")
    head, payload = detector.answer(JUDGE, FRAME)
    assert payload == b"" or "error" not in head
    return head


# -- a conversation -------------------------------------------------------------------


def test_a_loaded_model_is_answered_with_its_calibration(tmp_path: Path) -> None:
    head, _ = Detector().answer(load(stored(tmp_path)), b"")
    expected = {name: META[name] for name in ("hottest", "centre", "slope", "cell")}
    assert head == {"calibration": expected}


def test_a_frame_is_answered_with_its_heat_row_by_row(
    loaded: Detector, tmp_path: Path
) -> None:
    head, payload = loaded.answer(JUDGE, FRAME)
    model = NumpyModel(Weights(tmp_path / "weights.npz"))
    expected = model.heat(pixels(FRAME, fit_to_area))[0]
    assert (head["rows"], head["columns"]) == expected.shape
    assert payload == expected.astype("<f4").tobytes()


def test_the_bundled_model_is_the_one_without_a_path() -> None:
    detector = Detector()
    head, _ = detector.answer(load(""), b"")
    assert set(head) == {"calibration"}
    head, payload = detector.answer(JUDGE, FRAME)
    assert head["rows"] * head["columns"] * 4 == len(payload)


def test_another_model_takes_the_old_ones_place(loaded: Detector, tmp_path: Path) -> None:
    loaded.answer(load(good(tmp_path / "own.onnx", (1, 3, 64, 64))), b"")
    head, _ = loaded.answer(JUDGE, FRAME)
    assert head == {"rows": 8, "columns": 8}


def test_the_same_frame_is_judged_the_same_again(loaded: Detector) -> None:
    first = loaded.answer(JUDGE, FRAME)
    loaded.answer(JUDGE, jpeg(picture(480, 640, 2)))
    assert loaded.answer(JUDGE, FRAME) == first


# -- frames that are looked at first --------------------------------------------------


def test_a_frame_that_was_looked_at_is_judged_without_being_sent_again(
    loaded: Detector,
) -> None:
    expected = loaded.answer(JUDGE, FRAME)
    head, payload = loaded.answer(LOOK, FRAME)
    assert (list(head), len(payload)) == (["figures"], wire.THUMBNAIL_BYTES)
    assert loaded.answer(SAME, b"") == expected
    assert loaded.answer(SAME, b"") == expected


def test_a_frame_that_was_looked_at_is_not_decoded_again(
    loaded: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded.answer(LOOK, FRAME)
    monkeypatch.setattr("octoprint_aiwatch.detector.picture.decoded", None)
    assert "rows" in loaded.answer(SAME, b"")[0]


def test_a_model_of_another_size_gets_the_frame_in_that_size(tmp_path: Path) -> None:
    detector = Detector()
    detector.answer(LOOK, FRAME)
    detector.answer(load(good(tmp_path / "own.onnx", (1, 3, 64, 64))), b"")
    expected = detector.answer(JUDGE, FRAME)
    assert detector.answer(SAME, b"") == expected


def test_looking_needs_no_model() -> None:
    assert "figures" in Detector().answer(LOOK, FRAME)[0]


def test_without_a_look_there_is_no_same_frame(loaded: Detector) -> None:
    assert loaded.answer(SAME, b"") == ({"error": "detector_died"}, b"")


def test_after_a_frame_that_cannot_be_looked_at_there_is_no_same_frame(
    loaded: Detector,
) -> None:
    loaded.answer(LOOK, FRAME)
    assert loaded.answer(LOOK, FRAME[:1000]) == ({"error": "frame_undecodable"}, b"")
    assert loaded.answer(SAME, b"") == ({"error": "detector_died"}, b"")


# -- models that cannot be used -------------------------------------------------------


def test_a_frame_without_a_model_is_refused() -> None:
    assert Detector().answer(JUDGE, FRAME) == ({"error": "model_missing"}, b"")


def test_a_model_that_cannot_be_loaded_leaves_none(
    loaded: Detector, tmp_path: Path
) -> None:
    loaded.answer(load(tmp_path / "nowhere.npz"), b"")
    assert loaded.answer(JUDGE, FRAME)[0] == {"error": "model_missing"}


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (None, "own.npz", "model_missing"),
        (None, "own.onnx", "model_missing"),
        (b"", "own.npz", "model_broken"),
        (b"spaghetti", "own.npz", "model_broken"),
        (b"spaghetti", "own.onnx", "model_broken"),
        (b"spaghetti", "own.txt", "model_broken"),
        (b"PK\x03\x04 no archive", "own.npz", "model_broken"),
    ],
)
def test_a_file_that_is_no_model_has_its_code(
    tmp_path: Path, content: Any, name: str, code: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert Detector().answer(load(tmp_path / name), b"") == ({"error": code}, b"")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"meta": None}, "model_broken"),
        ({"meta": meta(centre=float("nan"))}, "model_broken"),
        ({"stem.b": np.full(4, np.nan)}, "model_broken"),
        ({"stem.w": np.array([{}] * 4, object)}, "model_broken"),
        ({"stem.w": np.zeros((3, 3))}, "model_shape"),
    ],
)
def test_weights_that_are_damaged_have_their_code(
    tmp_path: Path, changes: dict[str, Any], code: str
) -> None:
    head, _ = Detector().answer(load(stored(tmp_path, **changes)), b"")
    assert head == {"error": code}


def test_an_array_alone_is_no_model(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "array.npy").rename(tmp_path / "array.npz")
    head, _ = Detector().answer(load(tmp_path / "array.npz"), b"")
    assert head == {"error": "model_broken"}


def test_a_file_that_may_not_be_read_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError

    path = stored(tmp_path)
    monkeypatch.setattr(Path, "open", refuse)
    assert Detector().answer(load(path), b"")[0] == {"error": "model_broken"}


@pytest.mark.parametrize("threads", ["many", [2], {"n": 1}])
def test_a_message_that_makes_no_sense_is_answered_too(threads: Any) -> None:
    assert Detector().answer(load("", threads=threads), b"") == (
        {"error": "detector_died"},
        b"",
    )


# -- frames and trouble ---------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"no jpeg", FRAME[:1000], FRAME[:-200]])
def test_a_frame_that_cannot_be_decoded_is_said_to_be_so(
    loaded: Detector, data: bytes
) -> None:
    assert loaded.answer(JUDGE, data) == ({"error": "frame_undecodable"}, b"")
    assert "error" not in loaded.answer(JUDGE, FRAME)[0]


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (MemoryError(), "detector_memory"),
        (np.zeros((1, 2, 2)) / np.float64(1), None),
        (np.full((1, 2, 2), np.nan), "model_shape"),
        (np.full((1, 2, 2), np.inf), "model_shape"),
        (ModelError("model_shape"), "model_shape"),
        (ModelError("model_broken"), "model_broken"),
        (ImportError("PIL"), "detector_incomplete"),
        (ZeroDivisionError(), "detector_died"),
        (RecursionError(), "detector_died"),
        (OSError(5, "bad card"), "detector_died"),
        (None, "detector_died"),
        (np.zeros(7), "detector_died"),
    ],
    ids=repr,
)
def test_whatever_happens_in_a_model_is_answered(
    monkeypatch: pytest.MonkeyPatch, trouble: Any, code: Any
) -> None:
    assert judged_by(trouble, monkeypatch).get("error") == code


@pytest.mark.parametrize("name", ["numpy", "PIL"])
def test_a_package_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = stored(tmp_path)
    monkeypatch.setitem(sys.modules, name, None)
    for module in ("numpy_model", "picture", "onnx_model"):
        monkeypatch.delitem(
            sys.modules, f"octoprint_aiwatch.detector.{module}", raising=False
        )
    detector = Detector()
    answers = [detector.answer(load(path), b""), detector.answer(JUDGE, FRAME)]
    assert ({"error": "detector_incomplete"}, b"") in answers


# -- webcams that hang upside down or on their side -----------------------------------

COMPRESSION = 0.0005
"""Logits by which a JPEG of a turned picture differs; turned wrongly it is 0.003."""


@pytest.mark.parametrize("looks_first", [False, True])
@pytest.mark.parametrize(
    ("view", "undone"),
    [
        ([True, False, False], Image.FLIP_LEFT_RIGHT),
        ([True, True, False], Image.ROTATE_180),
        ([False, False, True], Image.ROTATE_270),
    ],
)
def test_a_frame_is_judged_the_way_up_that_a_person_sees_it(
    loaded: Detector, view: list[bool], undone: Any, looks_first: bool
) -> None:
    upright = picture()
    expected, right = loaded.answer(JUDGE, jpeg(upright))
    frame = jpeg(upright.transpose(undone))
    judge: Head = {**JUDGE, "view": view}
    if looks_first:
        loaded.answer(LOOK, frame)
        judge, frame = {**judge, "same": True}, b""
    head, body = loaded.answer(judge, frame)
    assert head == expected
    assert np.frombuffer(body, "<f4") == pytest.approx(
        np.frombuffer(right, "<f4"), abs=COMPRESSION
    )


def test_a_model_of_a_fixed_size_gets_that_size_when_the_frame_is_turned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shapes: list[Any] = []

    class Fixed(Odd):
        def fit(self, width: int, height: int) -> tuple[int, int]:
            return 64, 32

        def heat(self, frame: Any) -> Any:
            shapes.append(frame.shape)
            return np.zeros((1, 2, 4))

    monkeypatch.setattr(
        "octoprint_aiwatch.detector.model.load", lambda *_, **__: Fixed(None)
    )
    detector = Detector()
    detector.answer(load("odd"), b"")
    head, _ = detector.answer({**JUDGE, "view": [False, False, True]}, FRAME)
    assert "error" not in head
    assert shapes == [(32, 64, 3)]
