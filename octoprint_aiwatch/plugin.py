"""The plugin as OctoPrint sees it: mixins and hooks, every one a short delegation."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

import flask
import octoprint.plugin
from octoprint.access import ADMIN_GROUP, READONLY_GROUP, USER_GROUP
from octoprint.access.permissions import Permissions

from . import backends
from .adapters import audience, settings_store, updates, wizard
from .adapters.answers import refuse
from .adapters.health import ASLEEP, Health, check_classes
from .adapters.log_ring import LogRing
from .adapters.parking import Parker
from .adapters.redact import OTHER_LOGGERS, Redactor
from .core.printing import JOB_STATES
from .core.settings import Problem, defaults, parse

if TYPE_CHECKING:
    from .awake import Awake

SETTINGS_VERSION = 1
MOST_UNREAD = 1000
EVENTS = (
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
)


class AiWatchPlugin(
    octoprint.plugin.StartupPlugin,
    octoprint.plugin.ShutdownPlugin,
    octoprint.plugin.SettingsPlugin,
    octoprint.plugin.EventHandlerPlugin,
    octoprint.plugin.TemplatePlugin,
    octoprint.plugin.AssetPlugin,
    octoprint.plugin.BlueprintPlugin,
    octoprint.plugin.WizardPlugin,
):
    """Sleeps until there is something to do, and hands OctoPrint's calls on."""

    health: Optional[Health] = None
    """What OctoPrint's health page is told; None until everything is injected."""

    def __init__(self) -> None:
        self._waking = threading.RLock()
        self._made: Optional[Awake] = None
        self._is_up = False
        self._unread: deque[tuple[int, str]] = deque(maxlen=MOST_UNREAD)
        """What the file said while we woke, oldest first."""
        # OctoPrint asks for the hooks before it injects anything.
        self._parker = Parker(
            lambda: self._printer_profile_manager.get_current_or_default(),
            self._script,
            lambda text: self._logger.exception(text),
        )

    def initialize(self) -> None:
        """Called by OctoPrint once everything is injected."""
        self._fields = backends.fields()
        self._redactor = Redactor()
        self._logger.addFilter(self._redactor)
        self._ring = LogRing()
        self._logger.addHandler(self._ring)
        for name in OTHER_LOGGERS:
            logging.getLogger(name).addFilter(self._redactor)
        _, problems = self._parse()
        self._log_problems(problems)
        self.health = Health(
            lambda: self._made.runtime.status() if self._made is not None else ASLEEP,
            lambda: self._awake.parts.meters.read()["check_age_s"],
            lambda: self._parse()[0].watch.min_interval_s,
            self.get_plugin_data_folder(),
        )

    @property
    def _awake(self) -> Awake:
        """Everything, put together and started when it is first asked for."""
        with self._waking:
            if self._made is None:
                made = self._put_together()
                if self._is_up:
                    made.start()
                self._made = made
                self._read()
            return self._made

    def _put_together(self) -> Awake:
        from .awake import Awake, Own, ports_for

        world = {
            "printer": self._printer,
            "printer_name": self._printer_name,
            "language": self._language,
            "push": self._push,
            "fire": self._fire,
            "logger": self._logger,
            "version": self._plugin_version or "0",
            "ring": self._ring,
            "redactor": self._redactor,
            "parker": self._parker,
        }
        own = Own(
            self._settings,
            self._fields,
            self._stored,
            lambda: self._parse()[0],
            self._learn,
            self._settings_changed,
        )
        ports = ports_for(self.get_plugin_data_folder(), **world)
        return Awake(self._parse()[0], ports, own)

    # -- life -------------------------------------------------------------------------

    def on_after_startup(self) -> None:
        with self._waking:
            self._is_up = True
            if self._made is not None:
                self._made.start()
        settings, _ = self._parse()
        if settings.notify.urls or settings.mqtt.host:
            # Messages may wait from before, and a broker is told that nothing prints.
            _ = self._awake
        if self._printer.get_state_id() in JOB_STATES:
            # Switched on in the middle of a print.
            job = (self._printer.get_current_job() or {}).get("file") or {}
            self.on_event("PrintStarted", job)

    def on_shutdown(self) -> None:
        with self._waking:
            self._is_up = False
            if self._made is not None:
                self._made.stop()
        for name in OTHER_LOGGERS:
            logging.getLogger(name).removeFilter(self._redactor)

    def on_event(self, event: str, payload: Optional[Mapping[str, Any]]) -> None:
        if self._made is not None or _wakes(event, payload):
            self._awake.hear(event, payload)

    def health_checks(self, *args: Any, **kwargs: Any) -> list[type]:
        """For OctoPrint's own health page."""
        return check_classes(lambda: self.health)

    def update_hooks(self) -> dict[str, Any]:
        """The software update's hook, if the package says where its source is."""
        found = updates.repository(updates.project_urls())
        if found is None:
            return {}

        def check_config(*args: Any, **kwargs: Any) -> dict[str, Any]:
            return {self._identifier: updates.check(self._plugin_version, *found)}

        return {"octoprint.plugin.softwareupdate.check_config": check_config}

    # -- the serial connection --------------------------------------------------------

    def serial_hooks(self, parks: bool) -> dict[str, Any]:
        """Hooks of OctoPrint's serial connection.

        Args:
            parks: whether heads are to be parked; only then does every line that is sent
                come by.
        """
        return {
            "octoprint.comm.protocol.scripts": self._parker.scripts,
            "octoprint.comm.protocol.atcommand.queuing": self.on_atcommand,
            **(self._parker.see_lines() if parks else {}),
        }

    def on_atcommand(
        self, comm: Any, phase: str, command: str, parameters: str, *_: Any, **__: Any
    ) -> None:
        """``@AIWATCH ...``; on the thread that feeds the printer, so it only posts.

        The print wakes us, on another thread; this one must not wait for it.
        """
        if command.lower() == "aiwatch" and comm.isBusy():
            self._unread.append((self._parker.prints, str(parameters)))
            if self._made is not None:
                self._read()

    def _read(self) -> None:
        made = self._made
        while made is not None:
            try:
                made.read(*self._unread.popleft())
            except IndexError:
                return

    def _script(self, name: str) -> Any:
        return self._settings.settings.loadScript("gcode", name, source=True)

    # -- settings ---------------------------------------------------------------------

    def get_settings_defaults(self) -> dict[str, Any]:
        return defaults(backends.fields())

    def get_settings_version(self) -> int:
        return SETTINGS_VERSION

    def get_settings_restricted_paths(self) -> dict[str, list[list[str]]]:
        return settings_store.restricted_paths(backends.fields())

    def get_settings_reauth_requirements(self) -> dict[str, Any]:
        return {"backends": True, "notify": True, "mqtt": True}

    def on_settings_load(self) -> dict[str, Any]:
        if not audience.may_read():
            return dict(audience.NOTHING)
        data = dict(octoprint.plugin.SettingsPlugin.on_settings_load(self))
        known = settings_store.secrets_set(self._stored(), self._fields)
        data[settings_store.SECRETS_SET] = known
        data["services"] = self._awake.notifier.services.shown(self._stored())
        return data

    def on_settings_save(self, data: Mapping[str, Any]) -> Any:
        stored = self._stored()
        data, odd = self._awake.notifier.services.resolved(data, stored)
        clean, problems = settings_store.to_save(data, stored, self._fields)
        problems = odd + problems
        saved = octoprint.plugin.SettingsPlugin.on_settings_save(self, clean)
        self._log_problems(problems)
        if problems:
            listed = [problem.as_dict() for problem in problems]
            self._push({"type": "settings_problems", "problems": listed})
        self._settings_changed()
        return saved

    def _settings_changed(self) -> None:
        settings, _ = self._parse()
        self._awake.changed(settings)

    def _printer_name(self) -> str:
        """What people call this printer."""
        name = self._settings.global_get(["appearance", "name"])
        if not name:
            profile = self._printer_profile_manager.get_current_or_default()
            name = profile.get("name") if profile.get("id") != "_default" else ""
        return str(name or "OctoPrint")

    def _language(self) -> Any:
        """The language of people whose own is not known."""
        return self._settings.global_get(["appearance", "defaultLanguage"])

    def _stored(self) -> Any:
        return self._settings.get_all_data()

    def _parse(self) -> Any:
        stored = self._stored()
        self._redactor.hold(settings_store.secrets_in(stored, self._fields))
        return parse(stored, self._fields)

    def _learn(self, tree: Any) -> None:
        self._redactor.learn(settings_store.secrets_in(tree, self._fields))

    def _log_problems(self, problems: list[Problem]) -> None:
        for problem in problems:
            text = "Setting %s cannot be used: %s"
            self._logger.warning(text, problem.path, problem.said())

    # -- the browser ------------------------------------------------------------------

    def is_template_autoescaped(self) -> bool:
        return True

    def get_template_configs(self) -> list[dict[str, Any]]:
        return [
            {"type": "navbar", "custom_bindings": True},
            {"type": "sidebar", "icon": "fas fa-eye", "custom_bindings": True},
            {"type": "tab", "custom_bindings": True},
            {"type": "settings", "custom_bindings": True},
            *wizard.pages(),
        ]

    def get_template_vars(self) -> dict[str, Any]:
        """In English: OctoPrint keeps them for pages in every language."""
        from .core import effects
        from .core.form import usual
        from .core.options import ranges
        from .core.words import for_pages

        described = backends.describe()
        return {
            "backends": described,
            "ranges": ranges(),
            "words": {**for_pages(), **{one["label"]: one["label"] for one in described}},
            "usual": usual(self._fields),
            "steps": effects.described(),
            "version": self._plugin_version,
        }

    def is_wizard_required(self) -> bool:
        return wizard.is_required(self._settings)

    def get_wizard_version(self) -> int:
        return wizard.VERSION

    def get_assets(self) -> dict[str, list[str]]:
        names = (
            *("core", "timeline", "store", "past", "history", "tab"),
            *("later", "health"),
        )
        return {
            "js": [f"js/aiwatch_{name}.js" for name in names],
            "css": ["css/aiwatch.css"],
        }

    def _push(self, message: Mapping[str, Any]) -> None:
        self._plugin_manager.send_plugin_message(
            self._identifier, message, permissions=[Permissions.PLUGIN_AIWATCH_VIEW]
        )

    def _fire(self, name: str, payload: Mapping[str, Any]) -> None:
        self._event_bus.fire("plugin_aiwatch_" + name, payload)

    # -- HTTP -------------------------------------------------------------------------

    def is_blueprint_csrf_protected(self) -> bool:
        return True

    def is_blueprint_protected(self) -> bool:
        """Every route but one asks for a permission itself; a frame for its token."""
        return False

    @octoprint.plugin.BlueprintPlugin.route("/frame/<token>.jpg", methods=["GET"])
    def published_frame(self, token: str) -> Any:
        if self._made is None:
            return refuse("no_frame", 404)  # nobody was told a token yet
        return self._made.web.published(token)

    @octoprint.plugin.BlueprintPlugin.route("/api/status", methods=["GET"])
    def api_status(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        self._awake.notify_web.note_address()
        return self._awake.web.status()

    @octoprint.plugin.BlueprintPlugin.route("/api/diagnostics", methods=["GET"])
    def api_diagnostics(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.diagnostics(self._stored())

    @octoprint.plugin.BlueprintPlugin.route("/metrics", methods=["GET"])
    def metrics(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        text, content_type = self._awake.parts.metrics.scrape()
        return flask.Response(text, content_type=content_type)

    @octoprint.plugin.BlueprintPlugin.route("/api/frame.jpg", methods=["GET"])
    def api_frame(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.web.frame()

    @octoprint.plugin.BlueprintPlugin.route("/api/command", methods=["POST"])
    def api_command(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._awake.web.command(may_print=Permissions.PRINT.can())

    @octoprint.plugin.BlueprintPlugin.route("/api/test", methods=["POST"])
    def api_test(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.web.test()

    @octoprint.plugin.BlueprintPlugin.route("/api/snapshot", methods=["POST"])
    def api_snapshot(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.web.snapshot(self._awake.parts.glances)

    @octoprint.plugin.BlueprintPlugin.route("/api/check", methods=["POST"])
    def api_check_form(self) -> Any:
        if not Permissions.SETTINGS.can():
            return refuse("forbidden", 403)
        return self._awake.web.check()

    @octoprint.plugin.BlueprintPlugin.route("/api/drill", methods=["GET"])
    def api_drill_plan(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.drill_web.plan()

    @octoprint.plugin.BlueprintPlugin.route("/api/drill", methods=["POST"])
    def api_drill(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.drill_web.run()

    @octoprint.plugin.BlueprintPlugin.route("/api/notify_test", methods=["POST"])
    def api_notify_test(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._awake.notify_web.test()

    @octoprint.plugin.BlueprintPlugin.route("/api/parking", methods=["POST"])
    def api_parking(self) -> Any:
        if not Permissions.SETTINGS.can():
            return refuse("forbidden", 403)
        return self._awake.web.parking(self._parker)

    # -- the history ------------------------------------------------------------------

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs", methods=["GET"])
    def api_jobs(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.pages.jobs()

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs", methods=["DELETE"])
    def api_delete_jobs(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._awake.pages.delete()

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>", methods=["GET"])
    def api_job(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.pages.job(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>", methods=["DELETE"])
    def api_delete_job(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._awake.pages.delete(job)

    @octoprint.plugin.BlueprintPlugin.route(
        "/api/jobs/<job>/checks/<string(maxlength=9):number>", methods=["GET"]
    )
    def api_check(self, job: str, number: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.pages.check(job, number)

    @octoprint.plugin.BlueprintPlugin.route(
        "/api/jobs/<job>/frames/<string(maxlength=9):number>.jpg", methods=["GET"]
    )
    def api_job_frame(self, job: str, number: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.pages.frame(job, number)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>/export.zip", methods=["GET"])
    def api_export(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._awake.pages.export(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>/mark", methods=["POST"])
    def api_mark(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._awake.pages.mark(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/replay", methods=["POST"])
    def api_replay(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._awake.pages.replay()


# -- hooks ----------------------------------------------------------------------------


def _wakes(event: str, payload: Optional[Mapping[str, Any]]) -> bool:
    """Whether an event says that there is, or will be, something to watch."""
    if event == "PrinterStateChanged":
        return (payload or {}).get("state_id") in JOB_STATES
    return event == "PrintStarted"


def parks() -> bool:
    """Whether parking is switched on as OctoPrint starts; it asks for hooks but once."""
    from octoprint.settings import settings

    try:
        path = ["plugins", "aiwatch", "actions", "park", "enabled"]
        return settings().get(path) is True
    except ValueError:
        return False  # no OctoPrint is running


def register_custom_events(*args: Any, **kwargs: Any) -> list[str]:
    """Our events, so that other plugins can subscribe to them by name."""
    return list(EVENTS)


def additional_permissions(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
    """Looking and touching are two things."""
    return [
        {
            "key": "VIEW",
            "name": "View",
            "description": "See AI Watch's score, frame and state",
            "roles": ["view"],
            "default_groups": [READONLY_GROUP, USER_GROUP],
        },
        {
            "key": "CONTROL",
            "name": "Control",
            "description": "Suppress alerts, mark as not a failure, check now, test, "
            "resume or cancel what AI Watch paused",
            "roles": ["control"],
            "default_groups": [USER_GROUP, ADMIN_GROUP],
        },
    ]


def cli_commands(group: Any, *args: Any, **kwargs: Any) -> list[Any]:
    """``octoprint plugins aiwatch:evaluate``, ``…:export-model`` and ``…:replay``."""
    from .adapters.evaluation.command import command  # nothing for a server
    from .adapters.export.command import command as export_model
    from .adapters.history.command import command as replay

    def data_folder() -> Path:
        return Path(group.settings.getBaseFolder("data"), "aiwatch")

    return [
        command(lambda: group.settings.get(["plugins", "aiwatch"])),
        export_model(),
        replay(data_folder),
    ]


def backup_excludes(*args: Any, **kwargs: Any) -> list[str]:
    """Frames are large and change meanwhile; messages are not to be sent again."""
    from .adapters import outbox
    from .adapters.history.store import BACKUP_EXCLUDES

    return [*BACKUP_EXCLUDES, *outbox.FILES]


HOOKS = {
    "octoprint.events.register_custom_events": register_custom_events,
    "octoprint.access.permissions": additional_permissions,
    "octoprint.server.sockjs.emit": audience.may_hear,
    "octoprint.cli.commands": cli_commands,
    "octoprint.plugin.backup.additional_excludes": backup_excludes,
}
