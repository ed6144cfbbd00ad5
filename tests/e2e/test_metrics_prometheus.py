"""A real Prometheus scrapes two real OctoPrints; the dashboard's queries find them."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from dev import envs
from simulator.host_files import User

from tests.e2e.support_watch import BareRig, Rig

pytestmark = pytest.mark.timeout(240)
DASHBOARD = Path(__file__).parents[2] / "extras" / "grafana" / "aiwatch.json"
LOOKER = User("looker", groups=("readonly",))
SPARSE = {
    "Cost of this month",
    "Errors by kind in an hour",
    "Age of the last frame",
}
"""Panels that are empty while there is nothing of their kind."""


class Prometheus:
    """Debian's, on loopback, scraping every second."""

    def __init__(self, folder: Path, targets: list[str], key: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [
                {
                    "job_name": "aiwatch",
                    "metrics_path": "/plugin/aiwatch/metrics",
                    "authorization": {"credentials": key},
                    "static_configs": [{"targets": targets}],
                }
            ],
        }
        folder.mkdir()
        path = folder / "prometheus.yml"
        path.write_text(json.dumps(config))  # YAML is JSON and more
        self._log = (folder / "log").open("wb")
        self._process = subprocess.Popen(
            [
                envs.program("prometheus"),
                f"--config.file={path}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def ask(self, path: str, **params: Any) -> Any:
        answer = requests.get(f"{self.url}/api/v1/{path}", params=params, timeout=10)
        found = answer.json()
        assert found["status"] == "success", (params, found)
        return found["data"]

    def query(self, expression: str) -> list[Any]:
        return self.ask("query", query=expression)["result"]

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(20)
        self._log.close()


@pytest.fixture(scope="module")
def rigs(module_workshop) -> list[Any]:
    first = Rig(module_workshop, users=[LOOKER])
    second = BareRig(module_workshop, users=[LOOKER])
    first.prepare("gadget", budget={"monthly_calls": 1000})
    return [first, second]


@pytest.fixture(scope="module")
def prometheus(rigs, tmp_path_factory) -> Iterator[Prometheus]:
    targets = [rig.host.url.removeprefix("http://") for rig in rigs]
    folder = tmp_path_factory.mktemp("prometheus") / "home"
    prometheus = Prometheus(folder, targets, LOOKER.api_key)
    yield prometheus
    prometheus.stop()
    shutil.rmtree(folder)


def until(condition: Any, what: str, within_s: float = 60.0) -> Any:
    end_s = time.monotonic() + within_s
    while True:
        try:
            found = condition()
        except requests.RequestException:
            found = None
        if found:
            return found
        assert time.monotonic() < end_s, f"waited too long for {what}"
        time.sleep(0.2)


def test_the_dashboards_queries_find_both_printers(rigs, prometheus):
    watched, _ = rigs
    with watched.printing():
        watched.check()
        watched.gadget.say("warning")
        watched.check()
        watched.camera.mode = "401"
        watched.host.watch_command("check_now")
        until(lambda: prometheus.query("aiwatch_errors_total"), "an error")
        watched.camera.mode = "ok"
        until(lambda: prometheus.query("aiwatch_score > 0.5"), "the score")
        until(lambda: len(prometheus.query("up == 1")) == 2, "both targets")
        until(lambda: prometheus.query("rate(aiwatch_checks_total[10m]) > 0"), "a rate")
        empty = []
        for panel in json.loads(DASHBOARD.read_text())["panels"]:
            for target in panel["targets"]:
                expression = target["expr"].replace("$printer", ".*")
                if not prometheus.query(expression) and panel["title"] not in SPARSE:
                    empty.append((panel["title"], expression))
        assert empty == []
        assert len(prometheus.query("count(aiwatch_info) == 2")) == 1
        both = prometheus.query('aiwatch_phase{phase="watching"}')
        assert sorted(one["value"][1] for one in both) == ["0", "1"]
        assert prometheus.query("aiwatch_worker_memory_bytes > 1e6")


def test_the_dashboards_metrics_all_exist(rigs):
    text = rigs[0].host.get("/plugin/aiwatch/metrics").text
    families = {
        line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")
    }
    names = {name.removesuffix("_total").removesuffix("_info") for name in families}
    documented = DASHBOARD.parents[1] / "docs" / "metrics.md"
    for name in names:
        assert name in documented.read_text(), name


def test_a_scrape_is_cheap_and_behind_a_permission(rigs):
    host = rigs[0].host
    host.get("/plugin/aiwatch/metrics")
    took = []
    for _ in range(20):
        since_s = time.monotonic()
        answer = host.get("/plugin/aiwatch/metrics")
        took.append(time.monotonic() - since_s)
        assert answer.status_code == 200
    assert sorted(took)[len(took) // 2] < 0.25
    assert len(answer.content) < 20_000
    anonymous = requests.get(host.url + "/plugin/aiwatch/metrics", timeout=10)
    assert anonymous.status_code == 403
