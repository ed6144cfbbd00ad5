"""The plugin as OctoPrint sees it: mixins and hooks, every one a short delegation."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

import flask
import octoprint.plugin
from octoprint.access import ADMIN_GROUP, READONLY_GROUP, USER_GROUP
from octoprint.access.permissions import Permissions

from . import backends, bootstrap
from .adapters import audience, outbox, settings_store, tongue, updates, wizard
from .adapters.health import Health, check_classes
from .adapters.history.pages import HistoryPages
from .adapters.history.store import BACKUP_EXCLUDES
from .adapters.ids import draw_id
from .adapters.log_ring import LogRing
from .adapters.octoprint_events import (
    HANDLED,
    HEIGHT_CHANGED,
    STATE_CHANGED,
    translate,
)
from .adapters.parking import Parker
from .adapters.redact import OTHER_LOGGERS, Redactor
from .adapters.runtime import StateSeen
from .adapters.web import Web, refuse
from .adapters.web_drill import DrillWeb
from .adapters.web_notify import NotifyWeb
from .core import effects
from .core.form import usual
from .core.infile import MOST_TEXT
from .core.messages import InFile, PrintStarted, SettingsChanged
from .core.options import ranges
from .core.settings import Problem, defaults, parse
from .core.state import JOB_STATES
from .core.words import for_pages

SETTINGS_VERSION = 1
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
    """Holds the assembled parts and hands OctoPrint's calls to them."""

    health: Optional[Health] = None
    """What OctoPrint's health page is told; None until everything is put together."""

    def __init__(self) -> None:
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
        ring = LogRing()
        self._logger.addHandler(ring)
        for name in OTHER_LOGGERS:
            logging.getLogger(name).addFilter(self._redactor)
        settings, problems = self._parse()
        self._log_problems(problems)
        ports = bootstrap.Ports(
            printer=self._printer,
            calls_path=os.path.join(self.get_plugin_data_folder(), "calls.json"),
            notebook_path=os.path.join(self.get_plugin_data_folder(), "remembered.json"),
            outbox_path=os.path.join(self.get_plugin_data_folder(), outbox.DATABASE),
            printer_name=self._printer_name,
            tongue=tongue.Home(self._language),
            folder=self.get_plugin_data_folder(),
            push=self._push,
            fire=self._fire,
            logger=self._logger,
            version=self._plugin_version or "0",
            ring=ring,
            redactor=self._redactor,
            parker=self._parker,
        )
        parts = bootstrap.assemble(settings, ports)
        self._runtime = parts.runtime
        self._notifier = parts.notifier
        self._metrics = parts.metrics
        self._diagnostics = parts.diagnostics
        self._glances = parts.glances
        self._mqtt = parts.mqtt
        self.health = Health(
            parts.runtime.status,
            lambda: parts.meters.read()["check_age_s"],
            lambda: self._parse()[0].watch.min_interval_s,
            self.get_plugin_data_folder(),
        )
        self._web = Web(
            parts.runtime,
            parts.trials,
            self._fields,
            self._stored,
            self._learn,
            parts.shelf,
            settings_store.IgnoredPlaces(self._settings, self._settings_changed),
        )
        self._notify_web = NotifyWeb(parts.notifier, self._stored, self._learn)
        self._drill_web = DrillWeb(
            parts.drills,
            parts.notifier.services,
            self._fields,
            self._stored,
            self._learn,
        )
        self._pages = HistoryPages(
            parts.writer,
            parts.reader,
            lambda: self._parse()[0].history,
            self._redactor.clean_all,
            lambda: self._runtime.status()["job"],
        )

    # -- life -------------------------------------------------------------------------

    def on_after_startup(self) -> None:
        self._notifier.start()
        self._mqtt.start()
        self._runtime.start()
        if self._printer.get_state_id() in JOB_STATES:
            # Switched on in the middle of a print.
            job = (self._printer.get_current_job() or {}).get("file") or {}
            self.on_event("PrintStarted", job)

    def on_shutdown(self) -> None:
        self._runtime.stop()
        self._notifier.stop()
        self._mqtt.stop()
        for name in OTHER_LOGGERS:
            logging.getLogger(name).removeFilter(self._redactor)

    def on_event(self, event: str, payload: Optional[Mapping[str, Any]]) -> None:
        if event not in HANDLED:
            return
        if event == HEIGHT_CHANGED:
            self._runtime.height_changed()
            return
        if event == STATE_CHANGED:
            self._runtime.post(StateSeen(str((payload or {}).get("state_id"))))
            return
        message = translate(event, payload, draw_id, time.time())
        if message is None:
            return
        if isinstance(message, PrintStarted):
            # A backend may make its token out of it.
            self._redactor.learn([message.entropy])
        self._runtime.post(message)

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

    def serial_hooks(self) -> dict[str, Any]:
        """Hooks that OctoPrint's serial connection calls with every line."""
        parker = self._parker
        return {
            "octoprint.comm.protocol.scripts": parker.scripts,
            "octoprint.comm.protocol.gcode.queuing": parker.queuing,
            "octoprint.comm.protocol.gcode.sending": parker.sending,
            "octoprint.comm.protocol.gcode.sent": parker.sent,
            "octoprint.comm.protocol.atcommand.queuing": self.on_atcommand,
        }

    def on_atcommand(
        self, comm: Any, phase: str, command: str, parameters: str, *_: Any, **__: Any
    ) -> None:
        """``@AIWATCH ...``; on the thread that feeds the printer, so it only posts."""
        if command.lower() == "aiwatch" and comm.isBusy():
            text = str(parameters)[: MOST_TEXT + 1]
            self._runtime.post(InFile(self._parker.prints, text))

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
        data["services"] = self._notifier.services.shown(self._stored())
        return data

    def on_settings_save(self, data: Mapping[str, Any]) -> Any:
        stored = self._stored()
        data, odd = self._notifier.services.resolved(data, stored)
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
        self._runtime.post(SettingsChanged(settings))
        self._notifier.change(settings.notify)
        self._mqtt.change(settings.mqtt)

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
        return self._web.published(token)

    @octoprint.plugin.BlueprintPlugin.route("/api/status", methods=["GET"])
    def api_status(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        self._notify_web.note_address()
        return self._web.status()

    @octoprint.plugin.BlueprintPlugin.route("/api/diagnostics", methods=["GET"])
    def api_diagnostics(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        zipped = self._diagnostics.bundle(self._stored(), self._notifier.waiting)
        response = flask.Response(zipped, content_type="application/zip")
        name = f'attachment; filename="aiwatch-diagnostics-{int(time.time())}.zip"'
        response.headers["Content-Disposition"] = name
        response.headers["Cache-Control"] = "no-store"
        return response

    @octoprint.plugin.BlueprintPlugin.route("/metrics", methods=["GET"])
    def metrics(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        text, content_type = self._metrics.scrape()
        return flask.Response(text, content_type=content_type)

    @octoprint.plugin.BlueprintPlugin.route("/api/frame.jpg", methods=["GET"])
    def api_frame(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._web.frame()

    @octoprint.plugin.BlueprintPlugin.route("/api/command", methods=["POST"])
    def api_command(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._web.command(may_print=Permissions.PRINT.can())

    @octoprint.plugin.BlueprintPlugin.route("/api/test", methods=["POST"])
    def api_test(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._web.test()

    @octoprint.plugin.BlueprintPlugin.route("/api/snapshot", methods=["POST"])
    def api_snapshot(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._web.snapshot(self._glances)

    @octoprint.plugin.BlueprintPlugin.route("/api/check", methods=["POST"])
    def api_check_form(self) -> Any:
        if not Permissions.SETTINGS.can():
            return refuse("forbidden", 403)
        return self._web.check()

    @octoprint.plugin.BlueprintPlugin.route("/api/drill", methods=["GET"])
    def api_drill_plan(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._drill_web.plan()

    @octoprint.plugin.BlueprintPlugin.route("/api/drill", methods=["POST"])
    def api_drill(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._drill_web.run()

    @octoprint.plugin.BlueprintPlugin.route("/api/notify_test", methods=["POST"])
    def api_notify_test(self) -> Any:
        needed = (Permissions.PLUGIN_AIWATCH_CONTROL, Permissions.SETTINGS)
        if not all(permission.can() for permission in needed):
            return refuse("forbidden", 403)
        return self._notify_web.test()

    @octoprint.plugin.BlueprintPlugin.route("/api/parking", methods=["POST"])
    def api_parking(self) -> Any:
        if not Permissions.SETTINGS.can():
            return refuse("forbidden", 403)
        return self._web.parking(self._parker)

    # -- the history ------------------------------------------------------------------

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs", methods=["GET"])
    def api_jobs(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._pages.jobs()

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs", methods=["DELETE"])
    def api_delete_jobs(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._pages.delete()

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>", methods=["GET"])
    def api_job(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._pages.job(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>", methods=["DELETE"])
    def api_delete_job(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._pages.delete(job)

    @octoprint.plugin.BlueprintPlugin.route(
        "/api/jobs/<job>/checks/<string(maxlength=9):number>", methods=["GET"]
    )
    def api_check(self, job: str, number: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._pages.check(job, number)

    @octoprint.plugin.BlueprintPlugin.route(
        "/api/jobs/<job>/frames/<string(maxlength=9):number>.jpg", methods=["GET"]
    )
    def api_job_frame(self, job: str, number: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._pages.frame(job, number)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>/export.zip", methods=["GET"])
    def api_export(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._pages.export(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/jobs/<job>/mark", methods=["POST"])
    def api_mark(self, job: str) -> Any:
        if not Permissions.PLUGIN_AIWATCH_CONTROL.can():
            return refuse("forbidden", 403)
        return self._pages.mark(job)

    @octoprint.plugin.BlueprintPlugin.route("/api/replay", methods=["POST"])
    def api_replay(self) -> Any:
        if not Permissions.PLUGIN_AIWATCH_VIEW.can():
            return refuse("forbidden", 403)
        return self._pages.replay()


# -- hooks ----------------------------------------------------------------------------


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
    return [*BACKUP_EXCLUDES, *outbox.FILES]


HOOKS = {
    "octoprint.events.register_custom_events": register_custom_events,
    "octoprint.access.permissions": additional_permissions,
    "octoprint.server.sockjs.emit": audience.may_hear,
    "octoprint.cli.commands": cli_commands,
    "octoprint.plugin.backup.additional_excludes": backup_excludes,
}
