"""aiwatch:export-model: the same detector, in a folder that inference servers load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import Result

from octoprint_aiwatch.adapters.export import protobuf, repository
from octoprint_aiwatch.adapters.export.command import command
from octoprint_aiwatch.adapters.export.onnx_file import for_servers
from octoprint_aiwatch.core.tensor_plan import HEAT, described, input_of, plan_of
from tests.adapters.evaluating import runner

BUNDLED = repository.BUNDLED.read_bytes()
NAMES = {
    "settings.json",
    "aiwatch/1/model.onnx",
    "aiwatch/config.pbtxt",
    "aiwatch/model-settings.json",
    "aiwatch/aiwatch_runtime.py",
}


@pytest.fixture(scope="module")
def exported() -> bytes:
    return for_servers(BUNDLED).onnx


def run(*given: str) -> Result:
    return runner().invoke(command(), list(given))


def session(model: bytes) -> Any:
    return onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])


# -- the model ------------------------------------------------------------------------


def test_the_model_is_a_sound_one(exported: bytes) -> None:
    onnx.checker.check_model(onnx.load_from_string(exported), full_check=True)


def test_it_takes_bytes_and_tells_how_it_is_read(exported: bytes) -> None:
    model = session(exported)
    (frame,) = model.get_inputs()
    assert (frame.name, frame.type) == ("frame", "tensor(uint8)")
    assert frame.shape == ["n", 3, "height", "width"]
    assert [one.name for one in model.get_outputs()] == ["heat", "calibration"]


@pytest.mark.parametrize("together", [1, 3])
@pytest.mark.parametrize("size", [(192, 256), (144, 336)])
def test_it_says_what_the_bundled_one_says(
    exported: bytes, together: int, size: tuple[int, int]
) -> None:
    shape = (together, 3, *size)
    pixels = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    heat, calibration = session(exported).run(None, {"frame": pixels})
    (bundled,) = session(BUNDLED).run(None, {"frame": pixels.astype(np.float32)})
    np.testing.assert_array_equal(heat, bundled)
    meta = onnx.load_from_string(BUNDLED).metadata_props[0]
    stored = json.loads(meta.value)
    expected = [stored[name] for name in ("hottest", "centre", "slope", "cell")]
    np.testing.assert_allclose(calibration, [expected] * together, rtol=1e-6)


@pytest.mark.parametrize("damage", [b"", b"\x08", b"no model at all", BUNDLED[:5000]])
def test_what_is_no_such_model_is_refused(damage: bytes) -> None:
    with pytest.raises(ValueError):
        for_servers(damage)


def test_a_model_without_a_calibration_is_refused() -> None:
    model = onnx.load_from_string(BUNDLED)
    del model.metadata_props[:]
    with pytest.raises(ValueError, match="no calibration"):
        for_servers(model.SerializeToString())


def test_what_is_read_is_written_as_it_was() -> None:
    assert protobuf.write(*protobuf.read(BUNDLED)) == BUNDLED


@pytest.mark.parametrize("damage", [b"\x0b", b"\x0a\x05ab", b"\xff" * 11, b"\x0d\x01"])
def test_bytes_that_are_no_message_are_refused(damage: bytes) -> None:
    with pytest.raises(protobuf.ProtobufError):
        list(protobuf.read(damage))


# -- the folder -----------------------------------------------------------------------


def test_the_folder_has_what_each_server_looks_for(tmp_path: Path) -> None:
    result = run(str(tmp_path / "models"))
    assert result.exit_code == 0, result.output
    files = (tmp_path / "models").rglob("*")
    assert {
        path.relative_to(tmp_path / "models").as_posix()
        for path in files
        if path.is_file()
    } == NAMES
    for word in ("tritonserver", "ovms", "mlserver start"):
        assert word in result.stdout


def test_mlserver_is_told_what_the_model_takes_and_gives(tmp_path: Path) -> None:
    run(str(tmp_path))
    folder = tmp_path / "aiwatch"
    settings = json.loads((folder / "model-settings.json").read_text())
    wanted = input_of(described(settings["inputs"]))
    assert wanted is not None
    plan = plan_of(wanted, described(settings["outputs"]))
    assert plan is not None
    assert (plan.kind, plan.calibrated, wanted.datatype) == (HEAT, True, "UINT8")
    assert wanted.in_base64
    assert settings["implementation"] == "aiwatch_runtime.AiWatch"
    assert (folder / settings["parameters"]["uri"]).is_file()
    assert "class AiWatch(" in (folder / "aiwatch_runtime.py").read_text()


def test_mlserver_judges_in_one_process_and_packs_nothing(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 0
    settings = json.loads((tmp_path / "settings.json").read_text())
    assert settings == {"parallel_workers": 0, "gzip_enabled": False}


def test_nothing_is_written_over_unless_told(tmp_path: Path) -> None:
    assert run(str(tmp_path)).exit_code == 0
    changed = tmp_path / "aiwatch" / "config.pbtxt"
    changed.write_text("mine")
    again = run(str(tmp_path))
    assert again.exit_code == 2
    assert "--force" in again.stderr
    assert changed.read_text() == "mine"
    assert run(str(tmp_path), "--force").exit_code == 0
    assert changed.read_text() != "mine"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "aiwatch").write_text("a file in the way")
    result = run(str(tmp_path))
    assert result.exit_code == 1
    assert "Not a directory" in result.stderr or "File exists" in result.stderr
