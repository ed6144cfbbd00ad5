"""The first-run wizard: its pages, and when OctoPrint shows them.

The pages are made of the settings page's own parts; what is typed there is saved as the
settings are.
"""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from octoprint.plugin import SettingsPlugin

VERSION = 1
"""Whoever has seen this one is not shown it again."""


def pages() -> list[dict[str, Any]]:
    """For ``get_template_configs``, which is asked once for each language.

    OctoPrint orders the wizard by these names: on a new OctoPrint the webcam's page is
    filled in before ours shows what it sees.
    """
    return [
        _page("", gettext("Watching prints: backend")),
        _page("_camera", gettext("Watching prints: camera")),
        _page("_drill", gettext("Watching prints: try it")),
    ]


def _page(suffix: str, name: str) -> dict[str, Any]:
    page = {
        "type": "wizard",
        "name": name,
        "template": f"aiwatch_wizard{suffix}.jinja2",
        "custom_bindings": True,
    }
    return {**page, "suffix": suffix} if suffix else page


def is_required(settings: Any) -> bool:
    """Whether nothing was ever set; a version number alone is OctoPrint's own doing."""
    stored = settings.settings.get(["plugins", "aiwatch"], incl_defaults=False)
    version = SettingsPlugin.config_version_key
    return not [key for key in stored or {} if key != version]
