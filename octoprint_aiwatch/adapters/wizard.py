"""The first-run wizard: its pages, and when OctoPrint shows them.

The pages are made of the settings page's own parts; what is typed there is saved as the
settings are.
"""

from __future__ import annotations

from typing import Any

from octoprint.plugin import SettingsPlugin

VERSION = 1
"""Whoever has seen this one is not shown it again."""
PAGES: tuple[dict[str, Any], ...] = (
    {
        "type": "wizard",
        "name": "AI Watch: backend",
        "template": "aiwatch_wizard.jinja2",
        "custom_bindings": True,
    },
    {
        "type": "wizard",
        "name": "AI Watch: camera",
        "template": "aiwatch_wizard_camera.jinja2",
        "suffix": "_camera",
        "custom_bindings": True,
    },
    {
        "type": "wizard",
        "name": "AI Watch: try it",
        "template": "aiwatch_wizard_drill.jinja2",
        "suffix": "_drill",
        "custom_bindings": True,
    },
)


def pages() -> list[dict[str, Any]]:
    """For ``get_template_configs``; OctoPrint changes what it is given."""
    return [dict(page) for page in PAGES]


def is_required(settings: Any) -> bool:
    """Whether nothing was ever set; a version number alone is OctoPrint's own doing."""
    stored = settings.settings.get(["plugins", "aiwatch"], incl_defaults=False)
    version = SettingsPlugin.config_version_key
    return not [key for key in stored or {} if key != version]
