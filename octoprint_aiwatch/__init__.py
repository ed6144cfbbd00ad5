"""AI Watch: watches a running print through the webcam and stops it when it fails.

Only what OctoPrint reads to list the plugin stands here; everything else is imported when
OctoPrint loads the plugin.
"""

from __future__ import annotations

__plugin_name__ = "AI Watch"
__plugin_author__ = "AI Watch contributors"
__plugin_description__ = (
    "Watches a running print through the webcam and pauses it when it fails."
)
__plugin_license__ = "AGPL-3.0-or-later"
__plugin_pythoncompat__ = ">=3.9,<4"


def __plugin_load__() -> None:
    """Called by OctoPrint when the plugin is loaded."""
    from .plugin import HOOKS, AiWatchPlugin, parks

    plugin = AiWatchPlugin()
    globals()["__plugin_implementation__"] = plugin
    globals()["__plugin_hooks__"] = {
        **HOOKS,
        **plugin.serial_hooks(parks()),
        **plugin.update_hooks(),
        "octoprint.plugin.health_check.get_additional_checks": plugin.health_checks,
    }
