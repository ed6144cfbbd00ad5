"""The exported model in a real MLServer, and our bytes beside those of Triton's client.

They live in an environment of their own, `.venv/mlserver`, which `make test` makes. If it
is missing, these tests fail.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from simulator import mlserver
from simulator.host import free_port
from simulator.mlserver import MlServer

from octoprint_aiwatch.adapters.detector import Detector
from octoprint_aiwatch.adapters.export.command import command
from octoprint_aiwatch.adapters.http import Http
from octoprint_aiwatch.adapters.transport import Transport
from octoprint_aiwatch.adapters.worker import drive
from octoprint_aiwatch.backends.kserve import Context, Kserve
from octoprint_aiwatch.backends.local import Local
from octoprint_aiwatch.core import tensors
from octoprint_aiwatch.core.errors import Ask, Unreachable
from octoprint_aiwatch.core.tensor_plan import Input, Plan
from octoprint_aiwatch.core.values import Frame, Inspection
from tests.adapters.evaluating import runner
from tests.backends.play import JOB, make
from tests.scenes import jpeg, view

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

DOCKERFILE = Path(__file__).parents[2] / "extras" / "docs" / "farm" / "Dockerfile"
TRITON_CLIENT = """
import json, sys
import numpy as np
import tritonclient.http as http
asked = json.load(sys.stdin)
given = http.InferInput(asked["name"], asked["shape"], asked["datatype"])
kind = {"UINT8": np.uint8, "FP32": np.float32}[asked["datatype"]]
given.set_data_from_numpy(np.array(asked["pixels"], kind).reshape(asked["shape"]))
outputs = [http.InferRequestedOutput(name, binary_data=True) for name in asked["outputs"]]
body, length = http.InferenceServerClient.generate_request_body([given], outputs=outputs)
print(json.dumps({"length": length, "body": body.hex()}))
"""
TWO_AT_ONCE = """
import asyncio, sys, threading
from concurrent.futures import ThreadPoolExecutor
folder = sys.stdin.read()
sys.path.insert(0, folder)
from aiwatch_runtime import AiWatch
from mlserver import ModelSettings
from mlserver.types import InferenceRequest, RequestInput
parameters = {"uri": folder + "/1/model.onnx"}
model = AiWatch(ModelSettings(name="m", implementation=AiWatch, parameters=parameters))
both = threading.Barrier(2, timeout=30)
class Session:
    def run(self, *asked):
        both.wait()  # the first to come goes on only when the second one is here
        return real.run(*asked)
def predicted():
    frame = RequestInput(
        name="frame", shape=[1, 3, 64, 64], datatype="UINT8", data=[0] * 3 * 64 * 64
    )
    return model.predict(InferenceRequest(inputs=[frame]))
async def main():
    global real
    await model.load()
    model._threads = ThreadPoolExecutor(2)
    real, model._session = model._session, Session()
    for answer in await asyncio.gather(predicted(), predicted()):
        print(*(output.name for output in answer.outputs))
    await model.unload()
asyncio.run(main())
"""
TRITON_CONFIG = """
import sys
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2
config = text_format.Parse(sys.stdin.read(), model_config_pb2.ModelConfig())
for one in (*config.input, *config.output):
    kind = model_config_pb2.DataType.Name(one.data_type)
    print(one.name, kind, *one.dims)
print(config.name, config.backend, config.max_batch_size)
"""


def ask(program: str, text: str) -> str:
    """What a program of that environment says."""
    done = subprocess.run(
        [str(mlserver.python()), "-c", program],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("models")
    result = runner().invoke(command(), [str(folder)])
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[MlServer]:
    with mlserver.started(repository) as one:
        yield one


@pytest.fixture
def way() -> Iterator[Transport]:
    transport = Transport(Http("AI-Watch/test"), Detector())
    yield transport
    transport.close()


def opened(way: Transport, backend: Any) -> Any:
    return drive(backend.open(JOB), way.send, lambda: True)


def judged(way: Transport, backend: Any, frame: Frame) -> Inspection:
    context = opened(way, backend)
    return drive(backend.inspect(frame, context), way.send, lambda: True)


@pytest.mark.parametrize("size", [(640, 480), (1280, 720)])
@pytest.mark.parametrize("strands", [0, 60])
def test_a_real_server_says_what_the_detector_on_this_machine_says(
    server: MlServer, way: Transport, size: tuple[int, int], strands: int
) -> None:
    frame = Frame(jpeg(view(size=size, strands=strands)), *size, "cam")
    there = judged(way, make(Kserve, url=server.url), frame)
    here = judged(way, make(Local), frame)
    assert vars(there.evidence) == pytest.approx(vars(here.evidence), abs=1e-4)
    assert len(there.detections) == len(here.detections)
    for one, other in zip(there.detections, here.detections):
        assert vars(one) == pytest.approx(vars(other), abs=1e-4)
    if strands:
        assert there.detections, "or the test would say nothing of boxes"


def test_a_real_servers_metadata_are_understood(server: MlServer, way: Transport) -> None:
    context = opened(way, make(Kserve, url=server.url + "/"))
    wanted = Input("frame", "UINT8", None, True, True, in_base64=True)
    assert context == Context(Plan(wanted, "heat", "heat", "", True), binary=False)


def test_a_real_server_names_a_model_that_it_does_not_have(
    server: MlServer, way: Transport
) -> None:
    with pytest.raises(Ask) as raised:
        opened(way, make(Kserve, url=server.url, model="other"))
    assert raised.value.code == "model_unknown"


def test_a_real_server_refuses_what_is_no_frame_and_goes_on(
    server: MlServer, way: Transport
) -> None:
    tensor = {"name": "frame", "shape": [1, 3, 2, 2], "datatype": "UINT8", "data": [1]}
    with requests.Session() as session:
        session.trust_env = False
        url = server.url + "/v2/models/aiwatch/infer"
        answer = session.post(url, json={"inputs": [tensor]}, timeout=10)
    assert answer.status_code == 400
    assert "this is no frame" in answer.json()["error"]
    frame = Frame(jpeg(view(strands=0)), 640, 480, "cam")
    assert judged(way, make(Kserve, url=server.url), frame).evidence.score < 0.5


def test_a_real_server_takes_numbers_too(server: MlServer, way: Transport) -> None:
    backend = make(Kserve, url=server.url)
    context = opened(way, backend)
    frame = Frame(jpeg(view(strands=60)), 640, 480, "cam")
    text = drive(backend.inspect(frame, context), way.send, lambda: True)
    plain = replace(context.plan.input, in_base64=False)
    context.plan = replace(context.plan, input=plain)
    numbers = drive(backend.inspect(frame, context), way.send, lambda: True)
    assert numbers == text
    assert text.detections


def test_a_server_that_is_gone_is_told_from_one_that_refuses(way: Transport) -> None:
    with pytest.raises(Unreachable) as raised:
        opened(way, make(Kserve, url=f"http://127.0.0.1:{free_port()}"))
    assert raised.value.code == "refused"


def test_a_server_judges_a_frame_while_another_one_is_being_judged(
    repository: Path,
) -> None:
    said = ask(TWO_AT_ONCE, str(repository / "aiwatch")).splitlines()
    assert said == ["heat calibration"] * 2


@pytest.mark.parametrize("datatype", ["UINT8", "FP32"])
@pytest.mark.parametrize(("planar", "batched"), [(True, True), (False, False)])
def test_our_bytes_are_those_of_tritons_own_client(
    datatype: str, planar: bool, batched: bool
) -> None:
    wanted = Input("frame", datatype, None, planar, batched)
    plan = Plan(wanted, "heat", "heat", calibrated=True)
    pixels = bytes(range(0, 240, 10))
    head, body = tensors.request(plan, 4, 2, pixels, binary=True)
    (tensor,) = json.loads(head)["inputs"]
    asked = {**tensor, "pixels": list(pixels), "outputs": list(plan.wanted)}
    theirs = json.loads(ask(TRITON_CLIENT, json.dumps(asked)))
    assert (len(head), (head + body).hex()) == (theirs["length"], theirs["body"])


def test_tritons_configuration_is_one_by_its_own_schema(repository: Path) -> None:
    text = (repository / "aiwatch" / "config.pbtxt").read_text()
    assert ask(TRITON_CONFIG, text).splitlines() == [
        "frame TYPE_UINT8 3 -1 -1",
        "heat TYPE_FP32 2 -1 -1",
        "calibration TYPE_FP32 4",
        "aiwatch onnxruntime 8",
    ]


def test_what_the_image_adds_to_tritons_configuration_fits_its_schema(
    repository: Path,
) -> None:
    text = (repository / "aiwatch" / "config.pbtxt").read_text()
    added = re.findall(r"^  '((?!%s).*)'", DOCKERFILE.read_text(), re.MULTILINE)
    assert len(added) == 2
    more = TRITON_CONFIG + (
        "for one in config.instance_group:\n"
        "    print(model_config_pb2.ModelInstanceGroup.Kind.Name(one.kind), one.count)\n"
        "print({name: one.string_value for name, one in config.parameters.items()})\n"
    )
    assert ask(more, "\n".join([text, *added])).splitlines()[-2:] == [
        "KIND_CPU 2",
        "{'intra_op_thread_count': '1'}",
    ]
