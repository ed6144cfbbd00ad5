"""The files that a fresh OctoPrint finds in its base folder, so that it starts at once.

One set of files serves OctoPrint 1.11 and 2.0: each ignores or migrates the other's
keys. Written as JSON, which is YAML too. This module starts nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

PASSWORD = "admin-pw"
# argon2id of PASSWORD; written here because hashing it anew costs a second per start.
_PASSWORD_HASH = (
    "$argon2id$v=19$m=65536,t=3,p=4$631vbc15r3UOoZQSQihlTA"
    "$RFmLV9NBiL6PjdLxY/UDhGCjWATZm3ONeaEeU3KCKzo"
)

# Each of these would ask the internet, or people, something. The plugin manager is the
# one that some test wants back, and then with its addresses on loopback.
QUIET = (
    "achievements",
    "announcements",
    "discovery",
    "errortracking",
    "file_check",
    "firmware_check",
    "pi_support",
    "pluginmanager",
    "softwareupdate",
    "tracking",
)


@dataclass(frozen=True)
class User:
    """An account of the simulated OctoPrint; every account's password is PASSWORD."""

    name: str
    groups: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    api_key: str = field(default_factory=lambda: secrets.token_hex(16).upper())


def admin() -> User:
    return User("admin", groups=("admins", "users"))


def merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, tree by tree."""
    out = dict(base)
    for key, value in changes.items():
        old = out.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        out[key] = merged(old, value) if both else value  # type: ignore[arg-type]
    return out


def config(
    port: int,
    snapshot_url: Optional[str],
    plugin_settings: Mapping[str, Any],
    enabled: Sequence[str],
) -> dict[str, Any]:
    off = {"enabled": False}
    virtual = {"port": "VIRTUAL", "baudrate": 0}
    return {
        "server": {
            "host": "127.0.0.1",
            "port": port,
            "firstRun": False,
            "seenWizards": {"aiwatch": 1},
            "onlineCheck": off,
            "pluginBlacklist": off,  # 1.11's name
            "pluginBlocklist": off,  # 2.0's name
            "pythonEolCheck": off,
            "ignoreIncompleteStartup": True,
        },
        "gcodeAnalysis": {"runAt": "never"},  # it would take a whole core from the test
        "accessControl": {"defaultReauthenticationTimeout": 0},
        "devel": {"enableRateLimiter": False},
        "serial": {"autoconnect": True, **virtual},  # 1.11
        "printerConnection": {  # 2.0
            "autoconnect": True,
            "preferred": {"connector": "serial", "parameters": virtual},
        },
        "plugins": {
            "_disabled": [name for name in QUIET if name not in enabled],
            "pluginmanager": {
                "repository": "http://127.0.0.1:1/plugins.json",
                "notices": "http://127.0.0.1:1/notices.json",
            },
            # Without the version number OctoPrint would migrate the URL away.
            "classicwebcam": {"_config_version": 1, "snapshot": snapshot_url or ""},
            "virtual_printer": {
                "_config_version": 1,
                "enabled": True,
                "throttle": 0.01,
                "waitInterval": 0.1,
                "simulated_errors": [],
            },
            "aiwatch": dict(plugin_settings),
        },
    }


def users(accounts: Sequence[User]) -> dict[str, Any]:
    out: dict[str, Any] = {"_version": 2}
    for account in accounts:
        out[account.name] = {
            "active": True,
            "apikey": account.api_key,
            "groups": list(account.groups),
            "permissions": list(account.permissions),
            "settings": {},
            "password": _PASSWORD_HASH,
        }
    return out


def logging_at_debug() -> dict[str, Any]:
    """Everything that could ever print a credential speaks at its loudest."""
    names = ("octoprint.plugins.aiwatch", "octoprint_aiwatch", "urllib3", "requests")
    return {"loggers": {name: {"level": "DEBUG"} for name in names}}


def write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
