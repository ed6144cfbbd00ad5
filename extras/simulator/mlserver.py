"""A real MLServer on this machine with an exported model, for tests and for load.

It lives in an environment of its own, `.venv/mlserver`, which the Makefile makes. It has
free ports on loopback, writes its settings and its console.log into the model's folder,
and ends with its block.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from dev import envs

from .host import free_port

READY_WITHIN_S = 60.0
END_WITHIN_S = 10.0


class MlServerError(Exception):
    """The server is not there or does not start; the text says what it printed."""


@dataclass
class MlServer:
    """One that is ready; ``process`` is its first process."""

    url: str
    process: subprocess.Popen[bytes]


def python() -> Path:
    """The environment's Python.

    Raises:
        MlServerError: there is none.
    """
    path = envs.python_of("mlserver")
    if not path.exists():
        raise MlServerError("there is no environment for MLServer: use make")
    return path


@contextmanager
def started(repository: Path) -> Iterator[MlServer]:
    """One that serves what `aiwatch:export-model` wrote into that folder.

    Raises:
        MlServerError: it does not start.
    """
    program = python().with_name("mlserver")
    if not program.exists():
        raise MlServerError("MLServer does not run on this Python: use make PYTHON=...")
    ports = [free_port() for _ in range(3)]
    names = ("http_port", "grpc_port", "metrics_port")
    file = repository / "settings.json"
    settings: dict[str, Any] = json.loads(file.read_text())
    settings.update(zip(names, ports), host="127.0.0.1", debug=False)
    file.write_text(json.dumps(settings))
    console = repository / "console.log"
    with console.open("wb") as out:
        process = subprocess.Popen(
            [str(program), "start", str(repository)],
            cwd=repository,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        server = MlServer(f"http://127.0.0.1:{ports[0]}", process)
        _wait_ready(server, console)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(END_WITHIN_S)


def _wait_ready(server: MlServer, console: Path) -> None:
    deadline_s = time.monotonic() + READY_WITHIN_S
    with requests.Session() as session:
        session.trust_env = False
        while True:
            try:
                answer = session.get(server.url + "/v2/models/aiwatch/ready", timeout=2)
                if answer.status_code == 200:
                    return
            except requests.RequestException:
                pass
            said = console.read_text(errors="replace")[-3000:]
            if server.process.poll() is not None:
                raise MlServerError(f"MLServer has ended:\n{said}")
            if time.monotonic() >= deadline_s:
                raise MlServerError(f"MLServer is not ready:\n{said}")
            time.sleep(0.1)
