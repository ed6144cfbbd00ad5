"""Building blocks of the end-to-end tests: a workshop with real OctoPrints and clouds.

A workshop starts what a test asks for, on loopback, and ends all of it; when it closes it
reads the OctoPrints' logs and fails the test if the plugin logged an error there. Nothing
here skips: without the right OctoPrint or without Chromium the tests fail.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from dev import envs
from simulator import clouds, gcode
from simulator.host import OctoPrintHost

from tests.e2e.support_package import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from simulator.camera import CameraServer

T = TypeVar("T")

CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SEEN_WITHIN_MS = 15_000
"""How long a page may take to show what is expected of it; as long as it may take to be
ready for a click. Four OctoPrints and browsers on two cores take their time."""
RECORD = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - )")
OURS = re.compile(r"octoprint_aiwatch|octoprint\.plugins\.aiwatch|plugin[ _]aiwatch")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CALM = re.compile(r" - (DEBUG|INFO|WARNING) - ")
TRACE = re.compile(r"(?m)^(?=Exception in thread |Traceback \(most recent)")
BAD = re.compile(r" - (ERROR|CRITICAL) - |DeprecationWarning|Traceback \(most recent")


def complaints(log: str, allowed: tuple[str, ...] = ()) -> list[str]:
    """The log's records in which our plugin fails, or uses what OctoPrint will remove."""
    found = [
        record.rstrip()
        for record in _records(COLOUR.sub("", log))
        if BAD.search(record)
        and OURS.search(record)
        and not any(re.search(pattern, record) for pattern in allowed)
    ]
    return list(dict.fromkeys(found))  # the console repeats what the log has


def _records(log: str) -> Iterator[str]:
    for record in RECORD.split(log):
        # What a dying thread prints after a calm record has nothing to do with it.
        yield from TRACE.split(record) if CALM.search(record) else [record]


@pytest.fixture(name="complaints", scope="session")
def _complaints() -> Callable[..., list[str]]:
    return complaints


class Workshop:
    """Starts simulated things for one test or one module, and ends them all together."""

    def __init__(self, folder: Callable[[], Path]) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self.hosts: list[OctoPrintHost] = []
        self._allowed: tuple[str, ...] = ()

    def _own(self, thing: T) -> T:
        self._stack.enter_context(thing)  # type: ignore[arg-type]
        return thing

    def gadget(
        self, judge: clouds.ScriptedJudge | None = None, **options: Any
    ) -> clouds.GadgetCloud:
        """A Gadget cloud that finds every frame good unless it gets another judge."""
        options.setdefault("interval_s", 1.0)
        return self._own(clouds.GadgetCloud(judge or clouds.steady(0.0), **options))

    def obico(
        self, judge: clouds.ScriptedJudge | None = None, **options: Any
    ) -> clouds.ObicoCloud:
        return self._own(clouds.ObicoCloud(judge or clouds.steady(0.0), **options))

    def obico_super(
        self, judge: clouds.ScriptedJudge | None = None, **options: Any
    ) -> clouds.ObicoSuperCloud:
        return self._own(clouds.ObicoSuperCloud(judge or clouds.steady(0.0), **options))

    def obico_ml(
        self, judge: clouds.ScriptedJudge | None = None, **options: Any
    ) -> clouds.ObicoMlServer:
        return self._own(clouds.ObicoMlServer(judge or clouds.steady(0.0), **options))

    def inference(
        self, judge: clouds.ScriptedJudge | None = None, **options: Any
    ) -> clouds.InferenceServer:
        return self._own(clouds.InferenceServer(judge or clouds.steady(0.0), **options))

    def camera(self, *args: Any, **options: Any) -> CameraServer:
        from simulator.camera import CameraServer

        return self._own(CameraServer(*args, **options))

    def host(self, start: bool = True, **options: Any) -> OctoPrintHost:
        """A fresh OctoPrint; see OctoPrintHost for the options. `basedir` is made up."""
        options.setdefault("basedir", self.folder())
        host = OctoPrintHost(**options)
        self.hosts.append(host)
        self._stack.callback(host.kill)
        return host.start() if start else host

    def allow_in_log(self, *patterns: str) -> None:
        """For tests that make the plugin log an error on purpose."""
        self._allowed += patterns

    def close(self) -> list[str]:
        self._stack.close()
        found = []
        for host in self.hosts:
            found += complaints(host.log_text() + host.console_text(), self._allowed)
        return found


_open: list[Workshop] = []


def _workshop(folder: Callable[[], Path]) -> Iterator[Workshop]:
    workshop = Workshop(folder)
    _open.append(workshop)
    try:
        yield workshop
    finally:
        _open.remove(workshop)
        found = workshop.close()
    assert not found, "the plugin complained in OctoPrint's log:\n" + "\n".join(found)


@pytest.fixture
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """For what one test needs alone."""
    yield from _workshop(lambda: tmp_path_factory.mktemp("octoprint"))


@pytest.fixture(scope="module")
def module_workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """For what a module's tests share; build it in a module-scoped fixture."""
    yield from _workshop(lambda: tmp_path_factory.mktemp("octoprint"))


@pytest.fixture
def other_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The Python of an environment like this one, without the plugin."""
    monkeypatch.delenv("PYTHONPATH", raising=False)  # it would lead to the checkout
    return environment(tmp_path / "environment")


LONG_FILES = (
    "test_ui_settings",
    "test_package_forms",
    "test_upgrade",
    "test_ui_languages",
    "test_ui_watch",
    "test_ui_wizard",
    "test_ui_screenshots",
    "test_ui_accessible",
    "test_ui_history",
    "test_watch_patience",
    "test_watch_obico_ml",
    "test_watch_ladder",
    "test_fault_waiting",
    "test_fault_machine",
    "test_api_schema",
    "test_local_slow",
    "test_watch_sight",
    "test_ui_places",
    "test_demo",
    "test_watch_bad_input",
    "test_watch_kserve",
    "test_watch_story",
    "test_drill",
    "test_ui_timeline",
    "test_package",
    "test_ui_after_pause",
    "test_ui_drill",
    "test_watch_budget",
)
"""From the longest on, as `--durations=0` adds them up."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the files that take longest first.

    Files run side by side, and one that begins last is waited for by itself. How many
    tests a file has says little of it: two that wait may take longer than fifty.
    """
    place = {name: number for number, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: place.get(item.path.stem, len(place)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Shows with a failure what the OctoPrints had to say about it."""
    report: pytest.TestReport = yield
    if report.failed:
        for host in (host for workshop in _open for host in workshop.hosts):
            report.sections.append((f"OctoPrint at {host.url}", host.report(80)))
    return report


@pytest.fixture(scope="session", autouse=True)
def octoprint_version() -> str:
    """The version that this environment has; one that we do not support is an error."""
    try:
        version = importlib.metadata.version("OctoPrint")
    except importlib.metadata.PackageNotFoundError:
        pytest.fail("this Python has no OctoPrint: use make test", pytrace=False)
    known = envs.octoprint_environments()
    assert f"octoprint-{version}" in known, f"OctoPrint {version} is none of {known}"
    return version


@pytest.fixture
def start_print(tmp_path: Path) -> Callable[..., str]:
    """start_print(host, duration_s=120, heat=False, ...) waits for PRINTING."""

    def start(
        host: OctoPrintHost,
        duration_s: float = 120.0,
        name: str = "job.gcode",
        **options: Any,
    ) -> str:
        options.setdefault("heat", False)
        path = gcode.write_job(tmp_path / name, duration_s=duration_s, **options)
        since_s = host.now_s()
        host.upload(path)
        host.wait_event(
            "PrinterStateChanged",
            since_s=since_s,
            where=lambda data: data["state_id"] == "PRINTING",
        )
        return name

    return start


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; its contexts log in by OctoPrintHost.login_cookies."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=SEEN_WITHIN_MS)
    path = envs.find_chromium()
    if path is None:
        pytest.fail("there is no Chromium: use make test", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=list(CHROMIUM_ARGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def cloud(module_workshop: Workshop) -> clouds.GadgetCloud:
    """A Gadget cloud, for files that need no cloud of their own kind."""
    return module_workshop.gadget()


@pytest.fixture(scope="module")
def camera() -> Iterator[Any]:
    """A webcam that costs nothing, likewise."""
    from tests.e2e.support_ui import StillCamera

    with StillCamera() as still:
        yield still
