"""Who hears and sees of the watch where OctoPrint itself would tell everybody.

Our events are on OctoPrint's bus, and from there go to every page of whoever may see the
printer's state; our settings go to whoever may read settings at all. Both are held back
from people who may not see the watch. Imports OctoPrint's permissions on use only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask

PREFIX = "plugin_aiwatch_"
NOTHING: Mapping[str, Any] = {"services": [], "secrets_set": {}}
"""The settings that are shown to people who may not see any."""


def may_hear(
    socket: Any, user: Any, message: str, payload: Any, *_: Any, **__: Any
) -> bool:
    """``octoprint.server.sockjs.emit``: whether a page is sent a message."""
    if message != "event" or not isinstance(payload, Mapping):
        return True
    if not str(payload.get("type", "")).startswith(PREFIX):
        return True
    from octoprint.access.permissions import Permissions

    return bool(user and user.has_permission(Permissions.PLUGIN_AIWATCH_VIEW))


def may_read() -> bool:
    """Whether whoever asks may read our settings; nobody asks outside of a request."""
    if not flask.has_request_context():
        return True
    from octoprint.access.permissions import Permissions

    return bool(Permissions.PLUGIN_AIWATCH_VIEW.can() or Permissions.SETTINGS.can())
