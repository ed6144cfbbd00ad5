"""The real detector, as a process of its own beside this one."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from octoprint_aiwatch.adapters.detector import PROGRAM, Detector
from octoprint_aiwatch.backends.base import JudgeFrame, LoadModel, ModelLoaded
from octoprint_aiwatch.core.errors import Ask, NextFrame, Retry
from octoprint_aiwatch.core.heatmap import Calibration, HeatMap
from octoprint_aiwatch.core.values import Frame
from octoprint_aiwatch.detector import wire
from octoprint_aiwatch.detector.model import fit_to_area
from octoprint_aiwatch.detector.numpy_model import NumpyModel, Weights
from octoprint_aiwatch.detector.picture import pixels
from tests.adapters.detecting import Belongings, has_ended, trouble
from tests.adapters.fakes import PATIENCE_S, until
from tests.detector.onnx_files import good, node, written
from tests.detector.tiny import META, jpeg, meta, picture, stored

ROOT = Path(__file__).parents[2]
WHOLE = jpeg(picture(640, 480))

pytestmark = pytest.mark.timeout(60)


def frame(data: bytes) -> JudgeFrame:
    return JudgeFrame(Frame(data, 640, 480, "cam"))


def load(path: object, threads: int = 1) -> LoadModel:
    return LoadModel(str(path), threads)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stored(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def detector(weights: Path) -> Iterator[Detector]:
    """A detector with the narrow network, for all tests that leave it alive."""
    made = Detector()
    made.send(load(weights))
    yield made
    made.close()


@pytest.fixture
def fresh() -> Iterator[Detector]:
    """A detector of which nothing may be left."""
    before, made = Belongings(), Detector()
    yield made
    made.close()
    before.assert_same()


# -- judging --------------------------------------------------------------------------


def test_a_model_is_loaded_and_says_how_it_is_read(
    fresh: Detector, weights: Path
) -> None:
    names = ("hottest", "centre", "slope", "cell")
    expected = Calibration(**{name: META[name] for name in names})
    assert fresh.send(load(weights)) == ModelLoaded(expected)


def test_a_frame_is_judged_as_the_model_itself_does(
    detector: Detector, weights: Path
) -> None:
    heat = detector.send(frame(WHOLE))
    expected = NumpyModel(Weights(weights)).heat(pixels(WHOLE, fit_to_area))[0]
    assert isinstance(heat, HeatMap)
    assert (heat.rows, heat.columns) == expected.shape
    np.testing.assert_allclose(heat.values, expected.ravel(), atol=1e-4)


def test_frames_of_any_shape_are_judged_by_one_process(detector: Detector) -> None:
    pid = detector.pid
    for size in ((640, 480), (480, 640), (1920, 1080), (64, 64), (640, 480)):
        heat = detector.send(frame(jpeg(picture(*size))))
        assert isinstance(heat, HeatMap)
        assert (heat.columns * 8, heat.rows * 8) == fit_to_area(*size)
    assert detector.pid == pid


@pytest.mark.parametrize(
    "data",
    [WHOLE[:3000], WHOLE[:-300], b"<html>", b"", WHOLE.replace(b"\xff\xc0", b"\xff\xc3")],
)
def test_a_frame_that_cannot_be_decoded_is_passed_over(
    detector: Detector, data: bytes
) -> None:
    pid = detector.pid
    assert trouble(detector, frame(data)) == (NextFrame, "frame_undecodable")
    assert isinstance(detector.send(frame(WHOLE)), HeatMap)
    assert detector.pid == pid


def test_a_frame_that_claims_to_be_huge_is_passed_over(detector: Detector) -> None:
    at = WHOLE.index(b"\xff\xc0") + 5
    huge = (20000).to_bytes(2, "big") * 2
    data = WHOLE[:at] + huge + WHOLE[at + 4 :]
    assert trouble(detector, frame(data)) == (NextFrame, "frame_undecodable")


def test_the_bundled_model_judges(fresh: Detector) -> None:
    assert isinstance(fresh.send(load("")), ModelLoaded)
    assert isinstance(fresh.send(frame(WHOLE)), HeatMap)


def test_a_users_onnx_file_judges(fresh: Detector, tmp_path: Path) -> None:
    calibration = {"hottest": 2, "centre": 5.0, "slope": 0.5, "cell": 100.0}
    path = good(tmp_path / "own.onnx", (1, 3, 48, 64), meta=calibration)
    assert fresh.send(load(path, 4)) == ModelLoaded(Calibration(**calibration))
    heat = fresh.send(frame(WHOLE))
    assert isinstance(heat, HeatMap)
    expected = pixels(WHOLE, lambda *_: (64, 48)).mean()
    assert np.mean(heat.values) == pytest.approx(expected, abs=0.1)


# -- models that cannot be used -------------------------------------------------------


def test_files_that_are_no_model_are_the_users_to_mend(
    fresh: Detector, tmp_path: Path
) -> None:
    (tmp_path / "text.npz").write_bytes(b"spaghetti")
    (tmp_path / "text.onnx").write_bytes(b"spaghetti")
    (tmp_path / "odd").mkdir()
    (tmp_path / "bad").mkdir()
    for path, code in (
        (tmp_path / "nowhere.onnx", "model_missing"),
        (tmp_path / "text.npz", "model_broken"),
        (tmp_path / "text.onnx", "model_broken"),
        (stored(tmp_path / "bad", meta=meta(slope=float("nan"))), "model_broken"),
        (stored(tmp_path / "odd", **{"up.b": np.zeros(5)}), "model_shape"),
    ):
        assert trouble(fresh, load(path)) == (Ask, code)


def test_without_onnxruntime_only_an_onnx_file_is_refused(
    fresh: Detector, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = good(tmp_path / "own.onnx")
    (tmp_path / "onnxruntime.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert trouble(fresh, load(path)) == (Ask, "model_needs_onnxruntime")
    for model in ("", weights):
        fresh.send(load(model))
        assert isinstance(fresh.send(frame(WHOLE)), HeatMap)


@pytest.mark.parametrize("package", ["numpy", "PIL"])
def test_without_what_it_computes_with_the_user_is_asked(
    fresh: Detector,
    tmp_path: Path,
    weights: Path,
    monkeypatch: pytest.MonkeyPatch,
    package: str,
) -> None:
    (tmp_path / f"{package}.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    if package == "PIL":  # that one is for frames only
        fresh.send(load(weights))
    wish = load(weights) if package == "numpy" else frame(WHOLE)
    assert trouble(fresh, wish) == (Ask, "detector_incomplete")


# -- the process ----------------------------------------------------------------------


def test_everything_else_on_the_machine_goes_first(detector: Detector) -> None:
    assert detector.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, detector.pid) == 19


def test_when_memory_is_short_it_is_the_first_to_go(detector: Detector) -> None:
    assert Path(f"/proc/{detector.pid}/oom_score_adj").read_text().strip() == "900"


def test_it_can_never_take_the_machines_memory(detector: Detector) -> None:
    limits = Path(f"/proc/{detector.pid}/limits").read_text().splitlines()
    (space,) = [line.split() for line in limits if line.startswith("Max address space")]
    assert space[3:5] == [str(1 << 30)] * 2


def test_a_model_that_needs_more_memory_than_that_is_told_as_such(
    fresh: Detector, tmp_path: Path
) -> None:
    tiles = np.array([1, 1, 80, 80], np.int64)
    nodes = [node("Tile", "x by", "huge"), node("ReduceMean", "huge", "heat", axes=[1])]
    path = written(tmp_path / "own.onnx", nodes, (1, 3, 128, 128), {"by": tiles})
    assert trouble(fresh, load(path)) == (Retry, "detector_memory")
    assert fresh.pid is None


def test_a_frame_that_there_is_no_room_for_is_told_as_such_and_the_next_one_judged(
    fresh: Detector, weights: Path
) -> None:
    fresh.send(load(weights))
    assert fresh.pid is not None
    held = psutil.Process(fresh.pid).memory_info().vms
    resource.prlimit(fresh.pid, resource.RLIMIT_AS, (held, held))
    large = WHOLE + bytes(wire.MAX_PAYLOAD_BYTES - len(WHOLE))
    assert trouble(fresh, frame(large)) == (Retry, "detector_memory")
    assert fresh.pid is None
    assert isinstance(fresh.send(frame(WHOLE)), HeatMap)


def test_what_lies_in_the_working_folder_is_not_run(
    fresh: Detector, tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "numpy", "octoprint_aiwatch", "struct"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(5)")
    monkeypatch.chdir(tmp_path)
    fresh.send(load(weights))
    assert isinstance(fresh.send(frame(WHOLE)), HeatMap)


def played(sent: io.BytesIO, then: str) -> tuple[io.BytesIO, str]:
    """What the program answers to all of that, and what some code says after its end."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{PROGRAM[2]}\n{then}\n", PROGRAM[3]],
        input=sent.getvalue(),
        capture_output=True,
        check=True,
    )
    return io.BytesIO(ran.stdout), ran.stderr.decode().strip()


def test_it_knows_nothing_of_octoprint(weights: Path) -> None:
    sent = io.BytesIO()
    wire.write(sent, {"do": "load", "model": str(weights), "threads": 1})
    wire.write(sent, {"do": "judge"}, WHOLE)
    names = ("octoprint", "flask", "requests", "octoprint_aiwatch.core", "numpy", "PIL")
    code = f"print([one for one in {names} if one in sys.modules], file=sys.stderr)"
    answers, said = played(sent, code)
    assert said == "['numpy', 'PIL']"
    assert "calibration" in wire.read(answers)[0]
    assert "rows" in wire.read(answers)[0]


def test_no_decoder_of_other_pictures_is_within_a_frames_reach() -> None:
    sent = io.BytesIO()
    wire.write(sent, {"do": "look", "most": 320}, WHOLE)
    code = (
        "of = [name[4:-11] for name, one in sys.modules.items() if one is not None\n"
        "      and name.startswith('PIL.') and name.endswith('ImagePlugin')]\n"
        "print(of, file=sys.stderr)"
    )
    answers, said = played(sent, code)
    assert said == "['Jpeg']"
    head, body = wire.read(answers)
    assert head["smaller"] == [320, 240]
    assert body[wire.THUMBNAIL_BYTES :].startswith(b"\xff\xd8")


def test_it_ends_by_itself_when_the_plugins_process_is_killed(weights: Path) -> None:
    code = (
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from octoprint_aiwatch.adapters.detector import Detector\n"
        "from octoprint_aiwatch.backends.base import LoadModel\n"
        "detector = Detector()\n"
        f"detector.send(LoadModel({str(weights)!r}, 1))\n"
        "print(detector.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not has_ended(pid)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait(PATIENCE_S)
    until(lambda: has_ended(pid), "the detector's end")
