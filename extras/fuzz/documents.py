"""What is stored, sent to us over HTTP or MQTT, or written into G-code.

Settings, small files, rows of the history and of the outbox may have been damaged by a
power cut, an older or later version or by hand; a body comes from whoever has a key.
Nothing of it raises: it is used as far as it makes sense, refused with a reason, or the
default stands in for it.
"""

from __future__ import annotations

import json
import tempfile
from contextlib import closing
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask

from octoprint_aiwatch.adapters import settings_store
from octoprint_aiwatch.adapters.calls import CallCount
from octoprint_aiwatch.adapters.history.entries import Wish
from octoprint_aiwatch.adapters.history.pages import HistoryPages
from octoprint_aiwatch.adapters.history.reader import Reader
from octoprint_aiwatch.adapters.history.schema import migrate
from octoprint_aiwatch.adapters.history.store import connect
from octoprint_aiwatch.adapters.notebook import Notebook
from octoprint_aiwatch.adapters.outbox import Letter, Outbox
from octoprint_aiwatch.adapters.parking import Parker
from octoprint_aiwatch.adapters.services import Services
from octoprint_aiwatch.adapters.shelf import Shelf
from octoprint_aiwatch.adapters.web import Web
from octoprint_aiwatch.adapters.web_notify import NotifyWeb
from octoprint_aiwatch.core import machine, usual
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core import mqtt as topics
from octoprint_aiwatch.core.commands import COMMANDS
from octoprint_aiwatch.core.infile import MOST_GRACE_S
from octoprint_aiwatch.core.record import Record, changes, judged
from octoprint_aiwatch.core.settings import History, defaults, merged, parse
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.temporal import NO_MEMORY
from octoprint_aiwatch.core.values import Detection, FrameEvidence, Inspection

from .answers import DECISION, FIELDS, SETTINGS, expect
from .material import Source, damaged, seeds_of, text_of

STORED = merged(
    defaults(FIELDS),
    {
        "backend": "gadget",
        "fallback": ["obico", "local"],
        "backends": {"gadget": {"api_key": "STORED-KEY"}},
        "camera": {"ignore_zones": [[[0, 0], [0.5, 0], [0.5, 0.5]]]},
        "notify": {"urls": ["ntfy://a-topic", "json://me:pa55word@host/"]},
        "mqtt": {"host": "broker.local", "password": "BROKER-WORD"},
    },
)
MOST_STORED = 64 * 1024
"""A tree of settings with every list full of what may be in it is smaller."""


def places_of(settings: Any) -> int:
    """How large a tree is once it is written down."""
    return len(json.dumps(settings, default=str))


def settings_parse(data: bytes) -> None:
    """Whatever stands in config.yaml, there are settings, and every one is usable."""
    source = Source(data)
    tree = damaged(source, (STORED, {}, {"backends": {"gadget": {"url": "x"}}}))
    settings, problems = parse(tree, FIELDS)
    expect(all(one.path and one.said() for one in problems), "a problem without words")
    again, more = parse(tree_of(settings), FIELDS)
    expect(again == settings and not more, "what was made usable is not")


def tree_of(settings: Any) -> Any:
    """Settings as OctoPrint would store them."""
    tree = json.loads(json.dumps(settings, default=vars))
    tree["notify"]["urls"] = list(settings.notify.urls)
    return tree


def settings_save(data: bytes) -> None:
    """Whatever a form sends, what is stored of it is usable, plain and bounded."""
    source = Source(data)
    before = source.pick((STORED, {}, defaults(FIELDS)))
    sent = damaged(source, (STORED, {**STORED, "forget": ["mqtt.password"]}))
    sent = sent if isinstance(sent, dict) else {"enabled": sent}
    resolved, _ = Services("salt").resolved(sent, before)
    kept, _ = settings_store.to_save(resolved, before, FIELDS)
    expect(places_of(kept) <= MOST_STORED, "stores more than there is to be stored")
    was = {problem.path for problem in parse(before, FIELDS)[1]}
    found = {problem.path for problem in parse(merged(before, kept), FIELDS)[1]}
    expect(found <= was, "stores what cannot be used")
    for name in ("fields", "camera"):
        tried = sent.get("backends"), sent.get(name)
        tree = settings_store.for_test(before, "gadget", *tried, FIELDS)
        parse(tree, FIELDS)
        settings_store.secrets_in(tree, FIELDS)


# -- small files ----------------------------------------------------------------------


KEPT: list[Any] = []


@cache
def folder() -> Path:
    """Where this process may write; gone with it."""
    held = tempfile.TemporaryDirectory(prefix="aiwatch-fuzz-")
    KEPT.append(held)
    return Path(held.name)


REMEMBERED = (
    {"usual": {"local": {"mean": 0.1, "evidence_s": 7200.0}, "obico_ml": {}}, "x": 1},
)
CALLS = ({"2026-11": {"gadget": 12, "obico": 3}, "2026-10": {"gadget": 400}},)
NOON = 1_795_521_600.0


def notebook(data: bytes) -> None:
    """What was remembered over a restart is used as far as it makes sense."""
    path = folder() / "remembered.json"
    path.write_bytes(text_of(Source(data), REMEMBERED))
    book = Notebook(str(path), lambda: NOON)
    for key in FIELDS:
        found = usual.recalled(book.sections(), key)
        expect(0.0 <= found.mean <= usual.MOST, "a mean off its scale")
        expect(0.0 <= found.evidence_s <= usual.LONG_S, "evidence without end")
        book.write(usual.SECTION, usual.kept(book.sections(), key, found))
    book.save()
    state = State(SETTINGS, book.sections())
    machine.step(state, started(), 10.0)


def calls(data: bytes) -> None:
    """What was counted is a number of calls, and counting goes on."""
    path = folder() / "calls.json"
    path.write_bytes(text_of(Source(data), CALLS))
    count = CallCount(str(path), lambda: NOON, lambda: 5.0)
    for key in FIELDS:
        before = count.this_month(key)
        expect(before >= 0, "less than no call")
        count.take(key)
        expect(count.this_month(key) == before + 1, "a call is not counted")
    count.limit = 10**6
    used = count.this_month("gadget")
    expect(count.left(FIELDS)["gadget"] == max(0, 10**6 - used), "the limit is not held")
    expect(count.take("gadget") is (used < 10**6), "one call too many")


LETTER = ({"title": "t", "body": "b", "level": "info", "boxes": [[1] * 5], "view": []},)


def outbox(data: bytes) -> None:
    """A message that was damaged on disk holds up no other one."""
    source = Source(data)
    box = Outbox("", lambda text: None)
    box.add(Letter(NOON, "first", "b", "info"), ["one"])
    box.add(Letter(NOON, "second", "b", "info"), ["one"])
    text = text_of(source, LETTER).decode("utf-8", "replace")
    with box._base as base:
        base.execute("UPDATE messages SET letter = ? WHERE id = 1", (text,))
    found = box.next_for("one")
    expect(found is not None, "nothing is delivered any more")
    number, letter = found
    for words in (letter.title, letter.body, letter.level):
        expect(isinstance(words, str), "a message without words")
    json.dumps([list(map(list, letter.boxes)), list(letter.view)])
    box.claim(number, "one")
    box.sent(number, "one")
    found = box.next_for("one")
    expect(found is None or found[1].title == "second", "the next one is lost")
    box.close()


# -- the history ----------------------------------------------------------------------

RECORD = Record(
    NO_MEMORY,
    Inspection(FrameEvidence(0.8), (Detection(0.8, 0.5, 0.5, 0.2, 0.1),)),
    10.0,
    DECISION,
    backend="local",
)
AFTER, _, _ = judged(RECORD)
SECOND = changes(replace(RECORD, memory=AFTER, at_s=20.0), RECORD, AFTER)
DETAILS = tuple(
    {
        "phase": "watching",
        "backend": "local",
        "camera": "cam",
        "view": [False, True, False],
        "reasons": [["snapshot_size", {"width": 1, "height": 2}], ["bug", {}]],
        "boxes": [[0.8, 0.5, 0.5, 0.2, 0.1], [0.3, 0.5, 0.5, 0.2, 0.1, "background"]],
        "grace_s": 0.0,
        "suppressed": False,
        "calls": 1,
        "record": json.loads(json.dumps(record)),
    }
    for record in (changes(RECORD, None, None), SECOND)
)
RULES = ({"actions": {"on_failure": "pause", "max_pauses": 3}, "notify": {}},)
PARAMS = ({"detail": "words", "status": 500}, {"on_failure": "cancel"})
SUMMARY = ({"checks": 2, "worst": 0.8, "sparkline": [0.1, None], "pauses": []},)
ASKED = (
    "/jobs",
    "/jobs/id1",
    "/jobs/id1/checks/1",
    "/jobs/id1/checks/2",
    "/jobs/id1/export.zip",
)


ADD_CHECK = (
    "INSERT INTO checks (job, n, at_s, score, verdict, frame_bytes, matters) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


@cache
def history() -> Any:
    """A history with one job, and its pages."""
    place = folder() / "history"
    place.mkdir(exist_ok=True)
    connection = connect(place, write=True)
    connection.execute("PRAGMA synchronous = OFF")
    migrate(connection)
    connection.execute(
        "INSERT INTO jobs (id, job, name, path, origin, started_at, ended_at, settings)"
        " VALUES (1, 'id1', 'cube', 'cube', 'local', 0.0, 99.0, '{}')"
    )
    for number in (1, 2):
        row = (1, number, 10.0 * number, 0.8, "ok", 0, 0)
        connection.execute(ADD_CHECK, row)
        connection.execute("INSERT INTO details VALUES (1, ?, '{}')", (number,))
    connection.execute(
        "INSERT INTO notes VALUES (1, 1, 12.0, 'pause', 'us', 'bad_answer', '{}')"
    )
    connection.execute("INSERT INTO calls VALUES (1, 'gadget', 3, 0.1)")

    def ask(wish: Wish) -> Wish:
        wish.failed, wish.found = False, wish.job == "id1"
        return wish

    writer: Any = SimpleNamespace(ask=ask)
    pages = HistoryPages(
        writer, Reader(place), lambda: History(50, 500), lambda value: value
    )
    app = flask.Flask("aiwatch-fuzz")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    rule = app.add_url_rule
    rule("/jobs", "jobs", pages.jobs)
    rule("/jobs/<job>", "job", pages.job)
    rule("/jobs/<job>/checks/<string(maxlength=9):number>", "check", pages.check)
    rule("/jobs/<job>/frames/<string(maxlength=9):number>.jpg", "frame", pages.frame)
    rule("/jobs/<job>/export.zip", "export", pages.export)
    rule("/jobs/<job>/mark", "mark", pages.mark, methods=["POST"])
    rule("/replay", "replay", pages.replay, methods=["POST"])
    return SimpleNamespace(connection=connection, pages=pages, client=app.test_client())


def rows(data: bytes) -> None:
    """A row that makes no sense is shown as far as it does, the others as they were."""
    source = Source(data)
    site = history()
    one = site.connection.execute
    texts = [text_of(source, DETAILS) for _ in range(1 + source.byte() % 2)]
    for number, text in enumerate(texts, 1):
        query = "UPDATE details SET detail = ? WHERE n = ?"
        one(query, (text.decode("utf-8", "replace"), number))
    others = (
        ("UPDATE jobs SET settings = ?", RULES),
        ("UPDATE notes SET params = ?", PARAMS),
        ("UPDATE jobs SET summary = ?", SUMMARY),
        ("UPDATE notes SET code = ?", PARAMS),
        ("UPDATE notes SET kind = ?", PARAMS),
    )
    query, documents = source.pick(others)
    one(query, (text_of(source, documents).decode("utf-8", "replace"),))
    site.pages._replays._kept.clear()
    for path in ASKED:
        answered(site.client.get(path), 200, 503)
    body = {"job": "id1", "decision": {"failure_above": 0.5}}
    answered(site.client.post("/replay", json=body), 200, 503)


def rows_seeds() -> list[bytes]:
    """Good rows."""
    return [bytes((1, kind, 0, 0, 0, 0, 0, 0)) for kind in range(6)] + seeds_of(DETAILS)


def answered(answer: Any, *statuses: int) -> None:
    """One of these, in JSON that a browser reads, or a zip."""
    expect(answer.status_code in statuses, f"answered {answer.status_code}")
    if answer.mimetype == "application/zip":
        expect(answer.data[:2] == b"PK", "a zip that is none")
        return

    def refuse(name: str) -> None:
        expect(False, f"{name} in an answer")

    document = json.loads(answer.data, parse_constant=refuse)
    expect(isinstance(document, dict), "an answer that is no object")


# -- bodies and paths -----------------------------------------------------------------

BODIES = (
    {"command": "not_a_failure", "box": {"x": 0.5, "y": 0.5, "w": 0.1, "h": 0.1}},
    {"command": "check_now"},
    {"backend": "gadget", "fields": {"url": "https://x.example"}, "camera": {"name": ""}},
    {"service": "0123456789ab"},
    {"url": "ntfy://a-topic"},
    {"park": {"enabled": True, "lift_mm": 5, "x_mm": 10, "tool": "standby"}},
    {"job": "id1", "decision": {"pause_confidence": 4, "none_below": 0.4}},
    {"mark": "right"},
    {"camera": {"name": "back", "timeout_s": 5}},
    {"settings": STORED, "secrets": ["backends.gadget.api_key", "mqtt.password"]},
)
ROUTES = (
    *("/command", "/test", "/notify_test", "/parking", "/replay", "/jobs/id1/mark"),
    *("/snapshot", "/check"),
)
LEARNED: list[Any] = []


@cache
def site() -> Any:
    """The routes with a body, and what stands behind them."""
    runtime: Any = SimpleNamespace(
        status=lambda: {"v": 1},
        command=lambda name, box=None, job="", tongue=None: (name in COMMANDS, "Done."),
        frame=lambda: None,
    )
    trials: Any = SimpleNamespace(run=lambda settings, tongue: {"ok": True})
    zones: Any = SimpleNamespace(are_full=lambda: False, add=lambda zone: None)
    shelf = Shelf(lambda: 0.0)
    web = Web(runtime, trials, FIELDS, lambda: STORED, LEARNED.append, shelf, zones)
    notifier: Any = SimpleNamespace(
        services=Services("salt"),
        test=lambda url, tongue: (True, "Sent."),
        seen_at=lambda link: expect(len(link) <= 2048, "a link without end"),
    )
    notify = NotifyWeb(notifier, lambda: STORED, LEARNED.append)
    profile = {"id": "_default", "name": "", "extruder": {"count": 1}}
    parker = Parker(lambda: profile, lambda name: "", lambda text: None)
    parker.see_lines()
    app = flask.Flask("aiwatch-fuzz")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    rule = app.add_url_rule
    rule("/command", "command", web.command, methods=["POST"])
    rule("/test", "test", web.test, methods=["POST"])
    rule("/notify_test", "notify_test", notify.test, methods=["POST"])
    rule("/parking", "parking", lambda: web.parking(parker), methods=["POST"])
    glances: Any = SimpleNamespace(run=lambda camera, tongue: {"ok": True})
    rule("/snapshot", "snapshot", lambda: web.snapshot(glances), methods=["POST"])
    rule("/check", "check", web.check, methods=["POST"])
    rule("/frame/<token>.jpg", "published", web.published)
    rule("/replay", "replay", history().pages.replay, methods=["POST"])
    rule("/jobs/<job>/mark", "mark", history().pages.mark, methods=["POST"])
    return app.test_client()


def bodies(data: bytes) -> None:
    """Whatever is posted is done, or refused in words."""
    source = Source(data)
    path = source.pick(ROUTES)
    text = text_of(source, BODIES)
    LEARNED.clear()
    history().pages._replays._kept.clear()
    answer = site().post(path, data=text, content_type="application/json")
    answered(answer, 200, 400, 404, 409)


def bodies_seeds() -> list[bytes]:
    """Each body for each route, and bodies that are too deep for anybody."""
    heads = [bytes((one,)) for one in range(len(ROUTES))]
    deep = [
        head + b'\x00{"url": ' + b"[" * depth + b"]" * depth + b', "service": {}}'
        for head in heads
        for depth in (500, 940, 960, 980, 30_000)
    ]
    return seeds_of(BODIES, *heads) + deep


def paths(data: bytes) -> None:
    """Whatever is asked for by its name is there, or is not found."""
    source = Source(data)
    shape = source.pick(
        (
            "/jobs/{}",
            "/jobs/{}/export.zip",
            "/jobs/id1/checks/{}",
            "/jobs/id1/frames/{}.jpg",
            "/jobs/{}/frames/1.jpg",
            "/frame/{}.jpg",
        )
    )
    text = source.rest().decode("utf-8", "surrogateescape")
    named = "".join(f"%{one:02x}" for one in text.encode("utf-8", "surrogateescape"))
    client = site() if shape.startswith("/frame/") else history().client
    answer = client.get(shape.format(named))
    expect(answer.status_code in (200, 308, 404), f"answered {answer.status_code}")


def paths_seeds() -> list[bytes]:
    """Names that leave their folder, and numbers that are too large."""
    names = (b"id1", b"../../x", b"1", b"9" * 30, b"9" * 5000, b"\x00", b"\xed\xa0\x80")
    return [bytes((shape,)) + name for shape in range(6) for name in names]


# -- commands -------------------------------------------------------------------------


def started() -> m.PrintStarted:
    """A print begins."""
    return m.PrintStarted("id1", "cube", "cube", "local", 0.0)


@cache
def watching() -> State:
    """A machine whose print is being watched."""
    state, _ = machine.step(State(SETTINGS), started(), 10.0)
    return replace(state, print_number=7)


def infile(data: bytes) -> None:
    """Whatever a file says behind ``@AIWATCH`` stops no watch for longer than it may."""
    state = watching()
    logged = 0
    for line in data.split(b"\n")[:200]:
        event = m.InFile(7 if line[:1] != b"!" else 8, line.decode("utf-8", "replace"))
        state, effects = machine.step(state, event, 20.0)
        logged += sum(isinstance(one, m.Log) for one in effects)
        for effect in effects:
            expect(not isinstance(effect, (m.PausePrint, m.CancelPrint)), "acts on it")
    expect(state.grace_until <= 20.0 + MOST_GRACE_S, "a grace without end")
    held = sum(len(one.text) for one in state.in_file) + sum(map(len, state.odd_in_file))
    expect(held <= 20 * 1000, "holds more than a few commands")
    expect(logged <= 60, "fills the log")


def infile_seeds() -> list[bytes]:
    """Commands, and what looks like them."""
    lines = (b"OFF", b"ON", b"GRACE 10m", b"grace 1.5 h", b"GRACE 99999999h", b"!OFF")
    return [*lines, b"\n".join(lines * 5), b"OFF\nON\n" * 90, b"GRACE " + b"9" * 3000]


def mqtt(data: bytes) -> None:
    """Whatever a broker delivers is one of the commands, or nothing."""
    source = Source(data)
    topic = source.pick((topics.COMMAND, topics.SUPPRESS, "", "x"))
    name = topics.command_of(topic, source.rest().decode("utf-8", "replace"))
    expect(name == "" or name in COMMANDS, "a command that is none")


def close() -> None:
    """Let go of what was opened."""
    if history.cache_info().currsize:
        with closing(history().connection):
            pass
    for held in KEPT:
        held.cleanup()
