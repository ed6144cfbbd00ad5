"""The one place where concrete classes are chosen.

Tests call :func:`assemble` with fakes for the world and get the real thing inside.
"""

from __future__ import annotations

import random
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

from . import backends
from .adapters.announcer import RuntimePorts
from .adapters.calls import CallCount
from .adapters.camera import Snapshots, settings_as_of
from .adapters.delivery import Ports as NotifierPorts
from .adapters.detector import Detector
from .adapters.diagnostics import Diagnostics
from .adapters.drill import DrillPorts, Drills
from .adapters.glances import Glances
from .adapters.history.reader import Reader
from .adapters.history.recorder import Recorder
from .adapters.history.writer import Writer
from .adapters.http import Http
from .adapters.ids import draw_id
from .adapters.log_ring import LogRing
from .adapters.meters import Meters
from .adapters.metrics import Metrics
from .adapters.mqtt import Ports as MqttPorts
from .adapters.mqtt import Publisher
from .adapters.notebook import Notebook
from .adapters.notifier import Notifier
from .adapters.parking import Parker
from .adapters.printer import Printer
from .adapters.redact import Redactor
from .adapters.runtime import Runtime
from .adapters.shelf import Shelf
from .adapters.strain import Strain
from .adapters.teller import Teller
from .adapters.transport import Transport
from .adapters.trial import Trials
from .adapters.worker import WorkerPorts
from .core import jpeg
from .core.settings import Settings
from .core.usual import recalled
from .core.values import Frame
from .core.words import ENGLISH, Tongue, explain


@dataclass(frozen=True)
class Ports:
    """The world as OctoPrint (or a test) gives it to us."""

    printer: Any
    calls_path: str
    notebook_path: str
    folder: str
    push: Callable[[Mapping[str, Any]], None]
    fire: Callable[[str, Mapping[str, Any]], None]
    logger: Any
    version: str
    outbox_path: str = ""
    printer_name: Callable[[], str] = str
    tongue: Tongue = ENGLISH
    ring: LogRing = field(default_factory=LogRing)
    redactor: Redactor = field(default_factory=Redactor)
    parker: Parker = field(default_factory=Parker)
    snapshots: Any = field(default_factory=lambda: Snapshots(as_of=settings_as_of))
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


@dataclass(frozen=True)
class Assembly:
    """The parts that the plugin talks to."""

    runtime: Runtime
    trials: Trials
    glances: Glances
    shelf: Shelf
    notifier: Notifier
    metrics: Metrics
    meters: Meters
    diagnostics: Diagnostics
    mqtt: Publisher
    writer: Writer
    reader: Reader
    drills: Drills


DRILL_PICTURE = Path(__file__).parent / "static" / "img" / "drill.jpg"


def drill_frame() -> Frame:
    """The drill's picture of a failure."""
    data = DRILL_PICTURE.read_bytes()
    return Frame(data, *jpeg.measure(data))


def assemble(settings: Settings, ports: Ports) -> Assembly:
    """Put everything together; starts nothing."""
    calls = CallCount(ports.calls_path, ports.wall, ports.clock)
    user_agent = "AI-Watch/" + ports.version
    shelf = Shelf(ports.clock)
    detectors: weakref.WeakSet[Detector] = weakref.WeakSet()
    meters = Meters(ports.clock)
    strain = Strain(ports.clock)

    def new_transport() -> Transport:
        detector = Detector()
        detectors.add(detector)
        return Transport(Http(user_agent, ports.clock), detector, shelf)

    worker = WorkerPorts(
        registry=backends.REGISTRY,
        take=ports.snapshots.take,
        new_transport=new_transport,
        take_call=calls.take,
        clean=ports.redactor.clean_all,
        log_exception=ports.logger.exception,
        warn=lambda text: ports.logger.warning("%s", text),
        clock=ports.clock,
        chance=ports.chance,
        meters=meters,
        before_check=strain.measure,
    )

    def push(message: Mapping[str, Any]) -> None:
        ports.push(ports.redactor.clean_all(dict(message)))

    def fire(name: str, payload: Mapping[str, Any]) -> None:
        ports.fire(name, ports.redactor.clean_all(dict(payload)))

    def log(level: str, text: str) -> None:
        getattr(ports.logger, level)("%s", text)

    notifier = Notifier(
        settings.notify,
        NotifierPorts(
            outbox_path=ports.outbox_path,
            printer_name=ports.printer_name,
            clean=ports.redactor.clean,
            log=log,
            log_exception=ports.logger.exception,
            clock=ports.clock,
            wall=ports.wall,
            tongue=ports.tongue,
        ),
    )
    teller = Teller(
        notifier,
        lambda: time.strftime("%Y-%m", time.gmtime(ports.wall())),
        ports.tongue,
    )
    diagnostics = Diagnostics(
        lambda: runtime.status(),
        meters,
        ports.ring,
        backends.fields(),
        ports.redactor.clean_all,
        ports.wall,
        ports.version,
    )
    mqtt = Publisher(
        settings.mqtt,
        MqttPorts(
            printer_name=ports.printer_name,
            mark=notifier.services.id_of("mqtt")[:6],
            version=ports.version,
            command=lambda name: runtime.command(name),
            clean=ports.redactor.clean_all,
            log=log,
            log_exception=ports.logger.exception,
            tongue=ports.tongue,
        ),
    )

    def say_in_log(level: str, code: str, params: dict[str, Any]) -> None:
        log(level, explain(code, params))

    folder = Path(ports.folder)
    writer = Writer(
        folder, say_in_log, ports.redactor.clean_all, ports.clock, settings.history
    )
    notebook = Notebook(ports.notebook_path, ports.wall)
    drills = Drills(
        DrillPorts(
            worker,
            draw_id,
            drill_frame,
            lambda: str(ports.printer.get_state_id()),
            ports.parker.preview,
            notifier.test,
            notifier.services,
            calls,
            lambda key: recalled(notebook.sections(), key),
        )
    )
    tariffs = {key: one.tariff for key, one in backends.REGISTRY.items()}
    runtime = Runtime(
        settings,
        RuntimePorts(
            printer=Printer(ports.printer, ports.parker),
            worker=worker,
            push=push,
            fire=fire,
            log=log,
            clock=ports.clock,
            wall=ports.wall,
            calls=calls,
            notebook=notebook,
            history=Recorder(writer, calls, tariffs, ports.wall),
            version=ports.version,
            strain=strain,
            listeners=(teller, meters, diagnostics, mqtt),
        ),
    )
    ports.parker.tell = runtime.post
    metrics = Metrics(
        runtime.status,
        meters,
        lambda: notifier.waiting,
        lambda: [one.pid for one in list(detectors) if one.pid is not None],
        ports.printer_name,
    )
    return Assembly(
        runtime,
        Trials(worker, draw_id),
        Glances(worker),
        shelf,
        notifier,
        metrics,
        meters,
        diagnostics,
        mqtt,
        writer,
        Reader(folder, {key: one.label for key, one in backends.REGISTRY.items()}),
        drills,
    )
