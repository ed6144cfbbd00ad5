"""The lines of extras/docs/security.md that are tested nowhere else.

Each line of that page names its tests; the last test here sees that there are such tests.
"""

from __future__ import annotations

import ast
import io
import logging
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import pytest

import octoprint_aiwatch
from octoprint_aiwatch import plugin as module
from octoprint_aiwatch.adapters.redact import BLOT, MOST_TYPED, Redactor
from octoprint_aiwatch.adapters.settings_store import to_save
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.core.commands import MOST_IGNORED, commanded
from octoprint_aiwatch.core.infile import MOST_TEXT
from octoprint_aiwatch.core.options import MAX_TEXT, check_url, is_outside
from octoprint_aiwatch.core.settings import defaults
from octoprint_aiwatch.core.state import State
from octoprint_aiwatch.core.values import Detection, Job, Sighting
from tests.adapters.fakes import FIELDS
from tests.core.rig import settings_with
from tests.test_plugin import House

PACKAGE = Path(octoprint_aiwatch.__file__).parent
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "extras" / "docs" / "security.md"
SECRET = "STORED-SECRET-KEY"
VIEW, CONTROL, SETTINGS = "PLUGIN_AIWATCH_VIEW", "PLUGIN_AIWATCH_CONTROL", "SETTINGS"

ROUTES: dict[tuple[str, str], set[str]] = {
    ("GET", "/frame/<token>.jpg"): set(),
    ("GET", "/metrics"): {VIEW},
    ("GET", "/api/status"): {VIEW},
    ("GET", "/api/frame.jpg"): {VIEW},
    ("GET", "/api/diagnostics"): {CONTROL, SETTINGS},
    ("POST", "/api/command"): {CONTROL},
    ("POST", "/api/test"): {CONTROL, SETTINGS},
    ("POST", "/api/notify_test"): {CONTROL, SETTINGS},
    ("POST", "/api/parking"): {SETTINGS},
    ("POST", "/api/snapshot"): {CONTROL, SETTINGS},
    ("POST", "/api/check"): {SETTINGS},
    ("GET", "/api/drill"): {CONTROL, SETTINGS},
    ("POST", "/api/drill"): {CONTROL, SETTINGS},
    ("GET", "/api/jobs"): {VIEW},
    ("DELETE", "/api/jobs"): {CONTROL},
    ("GET", "/api/jobs/<job>"): {VIEW},
    ("DELETE", "/api/jobs/<job>"): {CONTROL},
    ("GET", "/api/jobs/<job>/checks/<number>"): {VIEW},
    ("GET", "/api/jobs/<job>/frames/<number>.jpg"): {VIEW},
    ("GET", "/api/jobs/<job>/export.zip"): {CONTROL},
    ("POST", "/api/jobs/<job>/mark"): {CONTROL},
    ("POST", "/api/replay"): {VIEW},
}
"""Every route, and the permissions that it takes. A new route gets a line here."""
FORBIDDEN_NAMES = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve", "dill", "yaml", "code", "pty"}
FORBIDDEN_CALLS = {"os.system", "os.popen", "yaml.load", "tempfile.mktemp"}


# -- who may what ---------------------------------------------------------------------


class Granted:
    """OctoPrint's permissions, of a user who has these."""

    def __init__(self, names: set[str]) -> None:
        for name in (VIEW, CONTROL, SETTINGS):
            setattr(self, name, SimpleNamespace(can=lambda has=name in names: has))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    built = House(tmp_path, {"backends": {"gadget": {"api_key": SECRET}}})
    yield built
    built.plugin.on_shutdown()


@pytest.fixture
def app(house: House) -> flask.Flask:
    app = flask.Flask("aiwatch-test")
    app.register_blueprint(house.plugin.get_blueprint(), url_prefix="/plugin/aiwatch")
    return app


def routes_of(app: flask.Flask) -> set[tuple[str, str]]:
    found = set()
    for rule in app.url_map.iter_rules():
        path = rule.rule
        if path.startswith("/plugin/aiwatch/") and not rule.endpoint.endswith("static"):
            plain = re.sub(r"<[^>]*:", "<", path[len("/plugin/aiwatch") :])
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found |= {(method, plain) for method in methods}
    return found


def test_every_route_is_in_the_table_of_permissions(app: flask.Flask) -> None:
    assert routes_of(app) == set(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: " ".join(route))
def test_a_route_wants_each_of_its_permissions_and_no_more(
    app: flask.Flask, monkeypatch: pytest.MonkeyPatch, route: tuple[str, str]
) -> None:
    method, path = route
    wanted = ROUTES[route]
    path = re.sub(r"<(\w+)>", "1", path)
    everything = {VIEW, CONTROL, SETTINGS}
    for lacking in (set(), *({one} for one in wanted), everything - wanted, everything):
        monkeypatch.setattr(module, "Permissions", Granted(everything - lacking))
        answer = app.test_client().open("/plugin/aiwatch" + path, method=method, json={})
        refused = answer.status_code == 403
        assert refused is bool(lacking & wanted), (lacking, answer.status_code)
        if refused:
            assert answer.get_json()["error"]["code"] == "forbidden"


def test_no_route_is_exempt_from_the_check_against_forged_requests(house: House) -> None:
    assert house.plugin.is_blueprint_csrf_protected() is True
    assert not [one for one in sources() if "csrf_exempt" in one.read_text("utf-8")]


# -- what the package never does ------------------------------------------------------


def sources() -> list[Path]:
    found = sorted(PACKAGE.rglob("*.py"))
    assert len(found) > 80
    return found


def calls_in(path: Path) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def keyword(call: ast.Call, name: str) -> Any:
    found = [one.value for one in call.keywords if one.arg == name]
    return ast.unparse(found[0]) if found else None


def test_nothing_that_arrives_can_become_code() -> None:
    for path in sources():
        tree = ast.parse(path.read_text("utf-8"))
        imported = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                imported |= {one.name.partition(".")[0] for one in node.names}
            if isinstance(node, ast.ImportFrom) and not node.level:
                imported.add((node.module or "").partition(".")[0])
        assert not imported & FORBIDDEN_MODULES, path
        for name, call in calls_in(path):
            assert name not in FORBIDDEN_NAMES | FORBIDDEN_CALLS, (path, name)
            assert keyword(call, "shell") in (None, "False"), (path, name)


def test_programs_are_started_by_a_list_of_arguments_and_ours_only() -> None:
    started = [
        (path.name, ast.unparse(call.args[0]))
        for path in sources()
        for name, call in calls_in(path)
        if name.startswith("subprocess.") and name.rpartition(".")[2] in ("Popen", "run")
    ]
    assert set(started) == {
        ("courier.py", "program"),
        ("detector.py", "self._program"),
        ("sheet.py", "PROGRAM"),
    }


def test_numpy_files_are_read_without_pickled_objects() -> None:
    loads = [
        call for path in sources() for name, call in calls_in(path) if name == "np.load"
    ]
    assert loads
    assert all(keyword(call, "allow_pickle") == "False" for call in loads)


def test_certificates_are_checked_and_redirects_not_followed_everywhere() -> None:
    asked = []
    for path in sources():
        for name, call in calls_in(path):
            assert keyword(call, "verify") != "False", path
            assert not name.startswith("ssl._create_unverified"), path
            if keyword(call, "allow_redirects") is not None or (
                name.startswith("requests.") and name != "requests.Session"
            ):
                asked.append((path.name, name, keyword(call, "allow_redirects")))
    assert asked == [("http.py", "self._session.request", "False")]


def test_no_markup_is_made_of_what_arrives() -> None:
    scripts = [one.read_text("utf-8") for one in (PACKAGE / "static").rglob("*.js")]
    pages = [one.read_text("utf-8") for one in (PACKAGE / "templates").rglob("*.jinja2")]
    assert scripts
    assert pages
    for text in scripts:
        found = re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text
        )
        assert found == []
        assert not re.search(r"\.(html|append|prepend|after|before)\(\s*[^)\s]", text)
        assert not re.search(r"\beval\(|new Function\(", text)
        assert text.count("new PNotify") == text.count("text_escape: true")
        assert text.count("new PNotify") == text.count("title_escape: true")
    for text in pages:
        assert not re.search(r"\|\s*safe\b|autoescape false|[\"',{ ]html\s*:", text)


# -- where we may be sent -------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "10.1.2.3",
        "192.168.0.9",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "printer",
        "nas.local",
        "nas.lan",
        "NAS.Local.",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
        "100.64.0.1",
        "::ffff:127.0.0.1",
    ],
)
def test_a_host_of_this_network_is_not_outside_however_it_is_written(host: str) -> None:
    assert not is_outside(host)


@pytest.mark.parametrize("host", ["example.org", "8.8.8.8", "127.1", "a.local.example"])
def test_no_key_goes_outside_over_plain_http(host: str) -> None:
    assert check_url(f"http://{host}/")
    assert check_url(f"https://{host}/") is None


@pytest.mark.parametrize("host", ["gadget.example.com", "8.8.8.8", "2606:4700::1111"])
def test_a_host_of_the_internet_is_outside(host: str) -> None:
    assert is_outside(host)


# -- limits on what others can make us hold -------------------------------------------


def test_secrets_that_are_only_tried_out_do_not_fill_the_memory() -> None:
    redactor = Redactor()
    redactor.hold(["STORED-KEY-1"])
    for number in range(MOST_TYPED * 3):
        redactor.learn([f"typed-key-{number}", "x" * (MAX_TEXT + 1)])
    assert len(redactor._secrets) <= 5 * (MOST_TYPED + 1)
    last = f"STORED-KEY-1 and typed-key-{MOST_TYPED * 3 - 1}"
    assert redactor.clean(last) == f"{BLOT} and {BLOT}"


def test_a_key_that_was_replaced_in_the_settings_is_still_hidden() -> None:
    redactor = Redactor()
    redactor.hold(["STORED-KEY-1"])
    redactor.hold(["STORED-KEY-2"])
    assert redactor.clean("STORED-KEY-1 STORED-KEY-2") == f"{BLOT} {BLOT}"


def test_a_stored_secret_stays_hidden_whatever_is_tested(house: House) -> None:
    for number in range(MOST_TYPED + 5):
        house.plugin._learn({"backends": {"kserve": {"token": f"typed-{number}"}}})
    house.plugin._logger.info("the key is %s", SECRET)
    assert house.lines[-1] == f"the key is {BLOT}"


def test_settings_nested_a_thousand_deep_are_left_out() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    sent = {"camera": {"ignore_zones": deep}, "enabled": False}
    assert to_save(sent, defaults(FIELDS), FIELDS) == ({"enabled": False}, [])


def test_a_number_that_was_sent_as_a_long_text_is_not_stored() -> None:
    zone = [["0." + "0" * 90_000, 0], [1, 0], [1, 1]]
    kept, problems = to_save(
        {"camera": {"ignore_zones": [zone]}, "fallback": ["local"] * 10_000},
        defaults(FIELDS),
        FIELDS,
    )
    assert kept == {"camera": {}}
    assert sorted(one.path for one in problems) == ["camera.ignore_zones", "fallback"]


def test_boxes_that_are_called_no_failure_are_forgotten_at_some_point() -> None:
    state = State(
        settings_with(), job=Job(1, "id1", "cube", "cube", "local", 0.0, "e" * 32)
    )
    for number in range(MOST_IGNORED + 20):
        box = Detection(0.5, number / 1000, 0.5, 0.1, 0.1)
        state = replace(state, sightings=(Sighting(box),))
        state, _ = commanded(state, m.Commanded("not_a_failure"), 10.0)
    assert len(state.ignored) == MOST_IGNORED
    assert state.ignored[-1].x == (MOST_IGNORED + 19) / 1000


def test_a_command_in_the_file_is_held_in_short(house: House) -> None:
    house.note_posts()
    comm = SimpleNamespace(isBusy=lambda: True)
    house.plugin.on_atcommand(comm, "sending", "AIWATCH", "x" * 1_000_000)
    assert len(house.posted[-1].text) == MOST_TEXT + 1


def test_a_file_of_commands_does_not_fill_the_inbox(house: House) -> None:
    comm = SimpleNamespace(isBusy=lambda: True)
    for _ in range(5000):
        house.plugin.on_atcommand(comm, "sending", "AIWATCH", "GRACE 1s")
    assert house.plugin._awake.runtime._inbox.qsize() <= 1000


# -- what is given away ---------------------------------------------------------------


def test_the_diagnostics_are_a_zip_of_known_names_and_sizes(house: House) -> None:
    for number in range(5000):
        house.plugin._logger.warning("line %s %s", number, "x" * 10_000)
    zipped = house.plugin._awake.parts.diagnostics.bundle(house.stored, 0)
    with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
        sizes = {one.filename: one.file_size for one in archive.infolist()}
    assert set(sizes) == {
        *("README.txt", "status.json", "events.json", "errors.json"),
        *("settings.json", "versions.json", "log.txt"),
    }
    assert max(sizes.values()) < 16 * 1024 * 1024


def test_an_unexpected_exception_is_logged_without_the_key_in_it(house: House) -> None:
    try:
        raise RuntimeError(f"https://x.example/?key={SECRET}")
    except RuntimeError:
        house.plugin._logger.exception("Unexpected error")
    assert SECRET not in "\n".join(house.lines)
    assert logging.getLogger("octoprint.plugins.aiwatch") is not house.plugin._logger


def test_the_files_beside_the_settings_are_for_octoprints_user_only(house: House) -> None:
    house.plugin._awake.start()
    outbox = Path(house.plugin.get_plugin_data_folder(), "outbox.sqlite3")
    assert outbox.stat().st_mode & 0o077 == 0


# -- the page itself ------------------------------------------------------------------


def named_tests() -> list[tuple[str, str]]:
    return re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text("utf-8"))


def test_every_line_of_the_threat_model_names_tests_that_exist() -> None:
    assert len(named_tests()) > 40
    for file, name in named_tests():
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
        assert name in defined, f"{file}::{name}"
    for line in PAGE.read_text("utf-8").splitlines():
        if line.startswith("| ") and not line.startswith(("| what", "| who", "| --")):
            cells = [cell.strip() for cell in line.strip("| ").split(" | ")]
            if len(cells) == 3:
                assert "::" in cells[2], line
