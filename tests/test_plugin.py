"""The plugin as OctoPrint sees it, with OctoPrint's own classes and a fake printer."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import flask
import octoprint.plugin
import pytest
from octoprint.access import ADMIN_GROUP, READONLY_GROUP, USER_GROUP
from octoprint.settings import Settings

import octoprint_aiwatch
from octoprint_aiwatch import backends
from octoprint_aiwatch import plugin as module
from octoprint_aiwatch.adapters import updates, wizard
from octoprint_aiwatch.adapters.redact import BLOT, OTHER_LOGGERS
from octoprint_aiwatch.adapters.runtime import StateSeen
from octoprint_aiwatch.core import messages as m
from octoprint_aiwatch.plugin import HOOKS, AiWatchPlugin
from tests import known_settings
from tests.adapters.fakes import FRAME, FakePrinter
from tests.adapters.octo import PROFILE

PACKAGE = Path(octoprint_aiwatch.__file__).parent
SECRET = "STORED-SECRET-KEY"
SERVICE = "json://me:pa55word-of-the-service@127.0.0.1:1/topic"
SECRETS = [
    (key, field.name)
    for key, backend in backends.REGISTRY.items()
    for field in backend.fields
    if field.type == "secret"
]
BACKENDS = {
    "local": {"model": "", "threads": 1},
    "gadget": {
        "url": "https://gadget-pv1-oeapi.octoeverywhere.com",
        "api_key": "",
    },
    "obico": {
        "url": "https://elegoo-app.obico.io/",
        "serial_no": "",
        "access_token": "",
        "partner_token": "",
    },
    "obico_super": {"url": "https://app.obico.io/", "token": "", "printer_id": ""},
    "obico_ml": {"url": "", "token": "", "callback_url": ""},
    "kserve": {"url": "", "model": "aiwatch", "token": ""},
}
DEFAULTS = {**known_settings.DEFAULTS, "backends": BACKENDS}


class Printer(FakePrinter):
    """A printer that also knows its job."""

    def __init__(self) -> None:
        super().__init__("OPERATIONAL")
        self.job: Any = {}

    def get_current_job(self) -> Any:
        return self.job


class House:
    """A plugin with everything injected that OctoPrint injects."""

    def __init__(self, folder: Path, stored: Any = None) -> None:
        self.lines: list[str] = []
        self.pushed: list[tuple[Any, ...]] = []
        self.fired: list[tuple[str, Any]] = []
        self.posted: list[Any] = []
        self.printer = Printer()
        self.plugin = AiWatchPlugin()
        plugin = self.plugin
        plugin._identifier = "aiwatch"
        plugin._plugin_version = "9.9"
        plugin._basefolder = str(PACKAGE)
        plugin._data_folder = str(folder / "data")
        plugin._logger = self._logger()
        plugin._printer = self.printer
        plugin._printer_profile_manager = SimpleNamespace(
            get_current_or_default=lambda: PROFILE
        )
        plugin._event_bus = SimpleNamespace(fire=lambda *what: self.fired.append(what))
        plugin._plugin_manager = SimpleNamespace(
            send_plugin_message=lambda *args, **named: self.pushed.append((*args, named))
        )
        (folder / "data").mkdir()
        self.settings = Settings(basedir=str(folder))
        plugin._settings = octoprint.plugin.plugin_settings(
            "aiwatch", defaults=plugin.get_settings_defaults(), settings=self.settings
        )
        if stored:
            plugin._settings.set([], stored)
        plugin.initialize()

    def _logger(self) -> logging.Logger:
        house = self

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                house.lines.append(self.format(record))

        logger = logging.Logger("octoprint.plugins.aiwatch", logging.DEBUG)
        logger.addHandler(Keep())
        return logger

    def note_posts(self) -> None:
        """Have what is posted noted, and nothing done about it."""
        self.plugin._awake.runtime.post = self.posted.append

    @property
    def stored(self) -> Any:
        return self.plugin._settings.get_all_data()

    def status(self) -> Any:
        return self.plugin._awake.runtime.status()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def house(folder: Path) -> Iterator[House]:
    built = House(folder, {"backends": {"gadget": {"api_key": SECRET}}})
    yield built
    built.plugin.on_shutdown()


# -- identity -------------------------------------------------------------------------


def test_octoprint_finds_what_it_needs_to_list_the_plugin() -> None:
    assert octoprint_aiwatch.__plugin_name__ == "AI Watch"
    assert octoprint_aiwatch.__plugin_pythoncompat__ == ">=3.9,<4"
    assert octoprint_aiwatch.__plugin_license__ == "AGPL-3.0-or-later"
    assert octoprint_aiwatch.__plugin_author__
    assert octoprint_aiwatch.__plugin_description__


def test_loading_gives_the_implementation_and_the_hooks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("__plugin_implementation__", "__plugin_hooks__"):
        monkeypatch.setattr(octoprint_aiwatch, name, None, raising=False)
    octoprint_aiwatch.__plugin_load__()
    assert isinstance(octoprint_aiwatch.__plugin_implementation__, AiWatchPlugin)
    hooks = octoprint_aiwatch.__plugin_hooks__
    serial = octoprint_aiwatch.__plugin_implementation__.serial_hooks(False)
    update = octoprint_aiwatch.__plugin_implementation__.update_hooks()
    health = "octoprint.plugin.health_check.get_additional_checks"
    assert hooks.pop(health)()
    assert hooks == {**HOOKS, **serial, **update}


def test_updates_are_offered_from_the_repository_that_the_package_names(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = ["Source, https://github.com/owner/repo"]
    monkeypatch.setattr(updates, "project_urls", lambda: named)
    (hook,) = house.plugin.update_hooks().items()
    name, check_config = hook
    assert name == "octoprint.plugin.softwareupdate.check_config"
    assert check_config() == {"aiwatch": updates.check("9.9", "owner", "repo")}


def test_no_updates_are_offered_if_the_package_names_no_repository(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(updates, "project_urls", list)
    assert AiWatchPlugin().update_hooks() == {}


def test_listing_the_plugin_imports_neither_octoprint_nor_requests() -> None:
    code = (
        "import sys, octoprint_aiwatch\n"
        "print([one for one in ('octoprint', 'requests', 'flask') if one in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "[]"


# -- hooks ----------------------------------------------------------------------------


def test_the_events_are_registered() -> None:
    assert HOOKS["octoprint.events.register_custom_events"]() == [
        "watch_started",
        "watch_ended",
        "verdict_changed",
        "backend_changed",
        "warning_raised",
        "failure_detected",
        "pause_confirmed",
        "pause_failed",
        "blinded",
        "recovered",
    ]


def test_looking_and_touching_are_two_permissions() -> None:
    view, control = HOOKS["octoprint.access.permissions"]()
    assert (view["key"], control["key"]) == ("VIEW", "CONTROL")
    assert set(view["default_groups"]) == {READONLY_GROUP, USER_GROUP}
    assert set(control["default_groups"]) == {USER_GROUP, ADMIN_GROUP}
    for permission in (view, control):
        assert permission["name"]
        assert permission["description"]
        assert permission["roles"]


# -- the browser's part ---------------------------------------------------------------


def test_every_asset_is_there(house: House) -> None:
    for files in house.plugin.get_assets().values():
        for name in files:
            assert (PACKAGE / "static" / name).is_file(), name


def test_the_pure_script_is_loaded_before_those_that_use_it(house: House) -> None:
    scripts = house.plugin.get_assets()["js"]
    names = ("core", "timeline", "store")
    assert scripts[:3] == [f"js/aiwatch_{name}.js" for name in names]


def test_every_place_has_its_template_and_its_own_bindings(house: House) -> None:
    configs = house.plugin.get_template_configs()
    places = [one["type"] for one in configs]
    assert places == ["navbar", "sidebar", "tab", "settings", *["wizard"] * 3]
    for config in configs:
        assert config["custom_bindings"] is True
        name = config.get("template", f"aiwatch_{config['type']}.jinja2")
        assert (PACKAGE / "templates" / name).is_file()


@pytest.mark.parametrize(
    ("stored", "required"),
    [
        (None, True),
        ({"_config_version": 1}, True),
        ({"_config_version": 1, "backend": "gadget"}, False),
        ({"watch": {"min_interval_s": 20}}, False),
    ],
)
def test_the_wizard_is_for_those_who_have_set_nothing_yet(
    stored: Any, required: bool
) -> None:
    asked: list[Any] = []

    def get(path: list[str], incl_defaults: bool = True) -> Any:
        asked.append((path, incl_defaults))
        return stored

    settings = SimpleNamespace(settings=SimpleNamespace(get=get))
    assert wizard.is_required(settings) is required
    assert asked == [(["plugins", "aiwatch"], False)]


def test_what_octoprint_does_to_the_wizards_pages_does_not_last(house: House) -> None:
    for config in house.plugin.get_template_configs():
        config.clear()
    assert all(house.plugin.get_template_configs())


def test_the_templates_get_the_backends_and_the_version(house: House) -> None:
    variables = house.plugin.get_template_vars()
    assert variables["version"] == "9.9"
    forms = {
        one["key"]: [(field["name"], field["type"]) for field in one["fields"]]
        for one in variables["backends"]
    }
    assert list(forms) == list(backends.REGISTRY)
    assert forms["local"] == [("model", "text"), ("threads", "number")]
    assert forms["gadget"] == [("url", "url"), ("api_key", "secret")]


def test_templates_are_escaped_and_posts_protected(house: House) -> None:
    assert house.plugin.is_template_autoescaped() is True
    assert house.plugin.is_blueprint_csrf_protected() is True


# -- settings -------------------------------------------------------------------------


def test_the_defaults_are_the_whole_documented_tree(house: House) -> None:
    found = house.plugin.get_settings_defaults()
    assert set(found["backends"]) == set(backends.REGISTRY)
    # A backend that comes later brings its own; those of today stay as they are.
    known = {key: found["backends"][key] for key in BACKENDS}
    assert {**found, "backends": known} == DEFAULTS


def test_the_settings_have_a_version(house: House) -> None:
    assert house.plugin.get_settings_version() == 1


def test_all_secrets_are_restricted_for_everybody(house: House) -> None:
    others = [["mqtt", "password"], ["notify", "urls"]]
    assert house.plugin.get_settings_restricted_paths() == {
        "never": [["backends", key, name] for key, name in SECRETS] + others
    }


def test_changing_a_backend_wants_a_fresh_login(house: House) -> None:
    assert house.plugin.get_settings_reauth_requirements() == {
        "backends": True,
        "notify": True,
        "mqtt": True,
    }


def test_the_form_gets_no_secret_and_is_told_which_are_stored(house: House) -> None:
    data = house.plugin.on_settings_load()
    assert SECRET not in repr(data)
    assert data["backends"]["gadget"]["api_key"] is None
    stored = {f"backends.{key}.{name}": key == "gadget" for key, name in SECRETS}
    assert data["secrets_set"] == {**stored, "mqtt.password": False}
    assert data["notify"] == {**DEFAULTS["notify"], "urls": []}
    assert data["mqtt"] == {**DEFAULTS["mqtt"], "password": None}
    secret = ("backends", "notify", "mqtt")
    shown = {name: data[name] for name in DEFAULTS if name not in secret}
    assert shown == {name: DEFAULTS[name] for name in DEFAULTS if name not in secret}


def test_the_form_means_a_stored_service_by_its_id(house: House) -> None:
    house.plugin.on_settings_save({"notify": {"urls": ["ntfy://one", SERVICE]}})
    data = house.plugin.on_settings_load()
    assert SERVICE not in repr(data)
    assert [one["name"] for one in data["services"]] == ["ntfy", "json"]
    kept = [{"keep": data["services"][1]["id"]}, "mqtt://new"]
    house.plugin.on_settings_save({"notify": {"urls": kept}})
    assert house.stored["notify"]["urls"] == [SERVICE, "mqtt://new"]
    for empty in (None, []):
        house.plugin.on_settings_save({"notify": {"urls": empty}})
        assert house.stored["notify"]["urls"] == [SERVICE, "mqtt://new"]
    house.plugin.on_settings_save({"forget": ["notify.urls"]})
    assert house.stored["notify"]["urls"] == []


def test_a_service_that_is_not_stored_any_more_is_told(house: House) -> None:
    house.plugin.on_settings_save({"notify": {"urls": [{"keep": "gone"}]}})
    (_, message, _) = house.pushed[-1]
    assert message["problems"][0]["path"] == "notify.urls"


def test_the_password_of_a_service_is_in_no_log_line(house: House) -> None:
    house.plugin.on_settings_save({"notify": {"urls": [SERVICE]}})
    house.plugin._logger.info("%s and %s", SERVICE, "pa55word-of-the-service")
    assert house.lines[-1] == f"{BLOT} and {BLOT}"


def test_what_is_saved_is_stored_and_counts_at_once(house: House) -> None:
    house.note_posts()
    saved = house.plugin.on_settings_save({"watch": {"min_interval_s": 33}})
    assert saved["watch"] == {"min_interval_s": 33}
    assert house.stored["watch"]["min_interval_s"] == 33
    (changed,) = house.posted
    assert isinstance(changed, m.SettingsChanged)
    assert changed.settings.watch.min_interval_s == 33.0
    assert house.pushed == []


def test_a_bad_value_is_told_and_the_old_one_kept(house: House) -> None:
    house.note_posts()
    house.plugin.on_settings_save({"watch": {"min_interval_s": 1}, "enabled": False})
    assert house.stored["watch"]["min_interval_s"] == 10
    assert house.stored["enabled"] is False
    ((identifier, message, named),) = house.pushed
    assert identifier == "aiwatch"
    assert message == {
        "type": "settings_problems",
        "problems": [
            {
                "path": "watch.min_interval_s",
                "code": "use_number",
                "params": {"low": "5", "high": "3600"},
                "text": "Use a number from 5 to 3600.",
            }
        ],
    }
    assert [permission.key for permission in named["permissions"]] == [
        "PLUGIN_AIWATCH_VIEW"
    ]
    assert any("watch.min_interval_s" in line for line in house.lines)


def test_unknown_names_are_not_stored(house: House) -> None:
    house.note_posts()
    house.plugin.on_settings_save({"odd": 1, "watch": {"odd": 1}})
    assert "odd" not in house.stored
    assert "odd" not in house.stored["watch"]


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_secret_keeps_the_stored_one(house: House, empty: Any) -> None:
    house.note_posts()
    house.plugin.on_settings_save({"backends": {"gadget": {"api_key": empty}}})
    assert house.stored["backends"]["gadget"]["api_key"] == SECRET


def test_a_typed_secret_is_stored_used_and_hidden_from_then_on(house: House) -> None:
    house.note_posts()
    house.plugin.on_settings_save({"backends": {"gadget": {"api_key": "NEW-SECRET"}}})
    assert house.stored["backends"]["gadget"]["api_key"] == "NEW-SECRET"
    assert house.posted[0].settings.fields("gadget")["api_key"] == "NEW-SECRET"
    house.plugin._logger.info("now %s, before %s", "NEW-SECRET", SECRET)
    assert house.lines[-1] == f"now {BLOT}, before {BLOT}"


def test_a_secret_is_forgotten_when_it_is_said_so(house: House) -> None:
    house.note_posts()
    house.plugin.on_settings_save({"forget": ["backends.gadget.api_key"]})
    assert house.stored["backends"]["gadget"]["api_key"] == ""
    assert house.plugin.on_settings_load()["secrets_set"]["backends.gadget.api_key"] is (
        False
    )


def test_a_file_damaged_by_hand_is_told_and_does_not_keep_it_from_starting(
    folder: Path,
) -> None:
    house = House(folder, {"watch": {"min_interval_s": "often"}, "backend": "nobody"})
    assert any("watch.min_interval_s" in line for line in house.lines)
    assert any("Setting backend" in line for line in house.lines)
    assert house.status()["backend"] == "local"
    house.plugin.on_shutdown()


# -- secrets in logs ------------------------------------------------------------------


def test_no_line_of_ours_shows_a_secret(house: House) -> None:
    house.plugin._logger.warning("the key is %s", SECRET)
    assert house.lines == [f"the key is {BLOT}"]


@pytest.mark.parametrize("name", OTHER_LOGGERS)
def test_no_line_of_the_network_libraries_shows_a_secret(house: House, name: str) -> None:
    record = logging.LogRecord(name, logging.DEBUG, "f", 1, "POST /%s", (SECRET,), None)
    assert logging.getLogger(name).filter(record)
    assert record.getMessage() == f"POST /{BLOT}"


@pytest.mark.parametrize("name", OTHER_LOGGERS)
def test_after_the_end_the_network_libraries_logs_are_left_alone(
    folder: Path, name: str
) -> None:
    before = list(logging.getLogger(name).filters)
    house = House(folder)
    assert logging.getLogger(name).filters != before
    house.plugin.on_shutdown()
    assert logging.getLogger(name).filters == before


# -- events ---------------------------------------------------------------------------

PAYLOAD = {"name": "a.gcode", "path": "b/a.gcode", "origin": "local", "size": 5}


def test_a_start_is_posted_with_its_job(house: House) -> None:
    house.note_posts()
    before_s = time.time()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    (started,) = house.posted
    assert isinstance(started, m.PrintStarted)
    assert (started.name, started.path, started.origin) == (
        "a.gcode",
        "b/a.gcode",
        "local",
    )
    assert before_s <= started.started_at <= time.time()
    assert len(started.id) == len(started.entropy) == 32
    assert started.id != started.entropy


def test_what_a_token_may_be_made_of_is_in_no_log_line(house: House) -> None:
    house.note_posts()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    house.plugin._logger.info("said %s", house.posted[0].entropy)
    assert house.lines[-1] == f"said {BLOT}"


@pytest.mark.parametrize(
    ("name", "posted"),
    [
        ("PrintResumed", m.PrintResumed()),
        ("PrintPaused", m.PrintPaused(by_user=False)),
        ("PrintDone", m.PrintEnded("done")),
        ("PrintFailed", m.PrintEnded("failed")),
        ("PrintCancelled", m.PrintEnded("cancelled")),
        ("Disconnected", m.PrintEnded("disconnected")),
        ("Error", m.PrintEnded("error", final=False)),
        ("Shutdown", m.PrintEnded("shutdown")),
    ],
)
def test_every_event_that_matters_is_posted(
    house: House, name: str, posted: m.Event
) -> None:
    house.note_posts()
    house.plugin.on_event(name, None)
    assert house.posted == [posted]


def test_a_state_of_the_printer_is_posted_as_it_was_at_that_moment(house: House) -> None:
    house.note_posts()
    house.printer.state_id = "PRINTING"
    house.plugin.on_event("PrinterStateChanged", {"state_id": "PAUSED"})
    assert house.posted == [StateSeen("PAUSED")]


@pytest.mark.parametrize("payload", [None, {}])
def test_a_state_without_a_name_does_no_harm(house: House, payload: Any) -> None:
    house.plugin.on_after_startup()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    house.plugin.on_event("PrinterStateChanged", payload)
    assert house.status()["phase"] in ("idle", "held", "opening")


@pytest.mark.parametrize("name", ["FileSelected", "ZChange", "Upload"])
def test_any_other_event_is_not_posted(house: House, name: str) -> None:
    house.note_posts()
    house.plugin.on_event(name, {"state_id": "PRINTING"})
    assert house.posted == []


# -- life -----------------------------------------------------------------------------


def started(house: House) -> list[Any]:
    """What is posted when OctoPrint has started."""
    house.note_posts()
    house.plugin._awake.runtime.start = lambda: None
    house.plugin.on_after_startup()
    return house.posted


@pytest.mark.parametrize("state_id", ["PRINTING", "PAUSED", "STARTING", "RESUMING"])
def test_a_print_that_is_under_way_already_is_watched(
    house: House, state_id: str
) -> None:
    house.printer.state_id = state_id
    house.printer.job = {"file": {"name": "a.gcode", "path": "a.gcode", "origin": "x"}}
    (posted,) = started(house)
    assert isinstance(posted, m.PrintStarted)
    assert (posted.name, posted.origin) == ("a.gcode", "x")


@pytest.mark.parametrize("job", [None, {}, {"file": None}, {"file": {}}])
def test_a_print_without_a_name_is_watched_too(house: House, job: Any) -> None:
    house.printer.state_id = "PRINTING"
    house.printer.job = job
    (posted,) = started(house)
    assert posted.name == ""


@pytest.mark.parametrize("state_id", ["OPERATIONAL", "OFFLINE", "CLOSED", "ERROR"])
def test_without_a_print_nothing_is_watched(house: House, state_id: str) -> None:
    house.printer.state_id = state_id
    assert started(house) == []


def test_the_end_comes_at_once(house: House) -> None:
    house.plugin.on_after_startup()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    started_s = time.monotonic()
    house.plugin.on_shutdown()
    assert time.monotonic() - started_s < 2.0


def test_the_bus_hears_of_the_watch_by_our_names(house: House) -> None:
    house.plugin.on_after_startup()
    house.plugin.on_event("PrintStarted", PAYLOAD)
    house.plugin.on_shutdown()
    names = [name for name, _ in house.fired]
    assert names[0] == "plugin_aiwatch_watch_started"
    assert names[-1] == "plugin_aiwatch_watch_ended"


# -- HTTP -----------------------------------------------------------------------------


@pytest.fixture
def site(house: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The plugin's own routes, and who may do what."""
    allowed: set[str] = set()

    def permission(name: str) -> Any:
        return SimpleNamespace(can=lambda: name in allowed)

    names = ("PLUGIN_AIWATCH_VIEW", "PLUGIN_AIWATCH_CONTROL", "SETTINGS", "PRINT")
    permissions = SimpleNamespace(**{name: permission(name) for name in names})
    monkeypatch.setattr(module, "Permissions", permissions)
    app = flask.Flask("aiwatch-test")
    app.register_blueprint(house.plugin.get_blueprint(), url_prefix="/plugin/aiwatch")
    return SimpleNamespace(client=app.test_client(), allowed=allowed, house=house)


ROUTES = [
    ("GET", "status", {"PLUGIN_AIWATCH_VIEW"}, 200),
    ("GET", "frame.jpg", {"PLUGIN_AIWATCH_VIEW"}, 404),
    ("POST", "command", {"PLUGIN_AIWATCH_CONTROL"}, 400),
    ("POST", "test", {"PLUGIN_AIWATCH_CONTROL", "SETTINGS"}, 400),
    ("GET", "drill", {"PLUGIN_AIWATCH_CONTROL", "SETTINGS"}, 200),
    ("POST", "drill", {"PLUGIN_AIWATCH_CONTROL", "SETTINGS"}, 200),
    ("POST", "parking", {"SETTINGS"}, 200),
    ("GET", "jobs", {"PLUGIN_AIWATCH_VIEW"}, 200),
    ("DELETE", "jobs", {"PLUGIN_AIWATCH_CONTROL"}, 503),
    ("GET", "jobs/none", {"PLUGIN_AIWATCH_VIEW"}, 404),
    ("DELETE", "jobs/none", {"PLUGIN_AIWATCH_CONTROL"}, 503),
    ("GET", "jobs/none/checks/1", {"PLUGIN_AIWATCH_VIEW"}, 404),
    ("GET", "jobs/none/frames/1.jpg", {"PLUGIN_AIWATCH_VIEW"}, 404),
    ("GET", "jobs/none/export.zip", {"PLUGIN_AIWATCH_CONTROL"}, 404),
    ("POST", "jobs/none/mark", {"PLUGIN_AIWATCH_CONTROL"}, 400),
    ("POST", "replay", {"PLUGIN_AIWATCH_VIEW"}, 400),
]
ALL = {"PLUGIN_AIWATCH_VIEW", "PLUGIN_AIWATCH_CONTROL", "SETTINGS"}


@pytest.mark.parametrize(("method", "name", "needed", "status"), ROUTES)
def test_each_route_is_open_to_whoever_may(
    site: Any, method: str, name: str, needed: set[str], status: int
) -> None:
    site.allowed.update(needed)
    answer = site.client.open(f"/plugin/aiwatch/api/{name}", method=method)
    assert answer.status_code == status


@pytest.mark.parametrize(("method", "name", "needed", "status"), ROUTES)
def test_each_route_is_closed_without_any_one_of_its_permissions(
    site: Any, method: str, name: str, needed: set[str], status: int
) -> None:
    for missing in needed:
        site.allowed.clear()
        site.allowed.update(ALL - {missing})
        answer = site.client.open(f"/plugin/aiwatch/api/{name}", method=method)
        assert answer.status_code == 403
        assert answer.get_json() == {
            "error": {"code": "forbidden", "text": "You are not allowed to do this."}
        }


@pytest.mark.parametrize(("method", "name", "needed", "status"), ROUTES)
def test_each_route_has_its_own_methods_and_no_other(
    site: Any, method: str, name: str, needed: set[str], status: int
) -> None:
    site.allowed.update(ALL)
    known = {one for one, path, _, _ in ROUTES if path == name}
    other = next(one for one in ("POST", "GET", "PUT") if one not in known)
    answer = site.client.open(f"/plugin/aiwatch/api/{name}", method=other)
    assert answer.status_code == 405


def test_the_status_is_the_documented_one(site: Any) -> None:
    site.allowed.update(ALL)
    status = site.client.get("/plugin/aiwatch/api/status").get_json()
    assert set(status) == {
        "v",
        "phase",
        "next",
        "strain",
        "ignored_zones",
        "verdict",
        "score",
        "blind",
        "suppressed",
        "reason",
        "why",
        "reasons",
        "backend",
        "backend_label",
        "ladder",
        "budget",
        "cascade",
        "camera",
        "job",
        "next_check_s",
        "checks",
        "calls_this_month",
        "detections",
        "pauses",
        "version",
        "enabled",
        "hold",
        "outlook",
        "paused_by",
        "grace_s",
        "frame",
        "view",
        "zones",
        "quality",
        "max_pauses",
        "action",
    }
    assert status["version"] == "9.9"
    assert status["backend_label"] == "On this machine"


def test_the_last_frame_is_served(site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.allowed.update(ALL)
    monkeypatch.setattr(site.house.plugin._awake.runtime, "frame", lambda: FRAME)
    assert site.client.get("/plugin/aiwatch/api/frame.jpg").data == FRAME.jpeg


def test_a_published_frame_needs_its_token_and_no_permission(site: Any) -> None:
    token = site.house.plugin._awake.web._shelf.put(FRAME.jpeg)
    assert site.house.plugin.is_blueprint_protected() is False
    assert site.client.get("/plugin/aiwatch/frame/guess.jpg").status_code == 404
    assert site.client.get(f"/plugin/aiwatch/frame/{token}.jpg").data == FRAME.jpeg


def test_a_test_is_made_with_the_stored_settings(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.allowed.update(ALL)
    ran: list[Any] = []

    def run(settings: Any, tongue: Any) -> Any:
        ran.append(settings)
        return {"ok": True}

    monkeypatch.setattr(site.house.plugin._awake.web._trials, "run", run)
    body = {
        "backend": "gadget",
        "fields": {"url": BACKENDS["gadget"]["url"], "api_key": ""},
    }
    answer = site.client.post("/plugin/aiwatch/api/test", json=body)
    assert answer.get_json() == {"ok": True}
    assert ran[0].fields("gadget")["api_key"] == SECRET


def test_a_secret_typed_for_a_test_is_hidden_from_then_on(site: Any) -> None:
    site.allowed.update(ALL)
    fields = {"api_key": "TYPED-SECRET", "url": "http://outside.example"}
    body = {"backend": "gadget", "fields": fields}
    site.client.post("/plugin/aiwatch/api/test", json=body)
    site.house.plugin._logger.info("typed %s", "TYPED-SECRET")
    assert site.house.lines[-1] == f"typed {BLOT}"


# -- the serial connection ------------------------------------------------------------


@pytest.mark.parametrize("command", ["AIWATCH", "aiwatch", "AiWatch"])
def test_a_command_in_the_file_is_posted(house: House, command: str) -> None:
    house.note_posts()
    comm = SimpleNamespace(isBusy=lambda: True)
    house.plugin.on_atcommand(comm, "queuing", command, "GRACE 10m", tags={"source:file"})
    assert house.posted == [m.InFile(0, "GRACE 10m")]


def test_other_commands_and_an_idle_printer_are_none_of_ours(house: House) -> None:
    house.note_posts()
    for command, busy in (("pause", True), ("AIWATCH", False)):
        comm = SimpleNamespace(isBusy=lambda busy=busy: busy)
        house.plugin.on_atcommand(comm, "queuing", command, "", tags=None)
    assert house.posted == []


def test_without_a_print_heights_do_not_wake_the_watch(house: House) -> None:
    house.note_posts()
    house.plugin.on_event("ZChange", {"new": 1.0, "old": 0.5})
    assert house.posted == []


def test_the_lines_that_park_are_shown_as_they_would_be_sent(site: Any) -> None:
    site.allowed.update(ALL)
    site.house.plugin.serial_hooks(parks=True)
    park = {"enabled": True, "lift_mm": 7, "retract_mm": 1, "tool": "standby"}
    answer = site.client.post("/plugin/aiwatch/api/parking", json={"park": park})
    shown = answer.get_json()
    assert shown["park"] == ["G1 E-1 F1800", "G1 Z27 F600", "M104 S150"]
    assert shown["undo"] == ["M109 S210", "G1 Z20 F600", "G1 E1 F1800", "G1 F1800"]
    assert shown["notes"] == []


@pytest.mark.parametrize("park", [None, [], "x", {"lift_mm": "high"}, {"x_mm": 9999}])
def test_values_that_cannot_be_used_are_named_beside_the_lines(
    site: Any, park: Any
) -> None:
    site.allowed.update(ALL)
    site.house.plugin.serial_hooks(parks=True)
    answer = site.client.post("/plugin/aiwatch/api/parking", json={"park": park})
    assert answer.status_code == 200
    is_wrong = isinstance(park, dict)
    assert bool(answer.get_json()["notes"]) is is_wrong


def test_a_script_of_octoprints_is_found(house: House) -> None:
    assert house.plugin._script("afterPrintPaused") in (None, "")
