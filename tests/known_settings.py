"""What is stored before anybody has set anything, but for the backends' own settings."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "enabled": True,
    "backend": "local",
    "fallback": [],
    "camera": {"name": "", "timeout_s": 10, "max_bytes": 8388608, "ignore_zones": []},
    "watch": {
        "min_interval_s": 10,
        "warmup": True,
        "give_way": True,
        "grace_start_s": 60,
        "grace_resume_s": 120,
        "blind_after_s": 90,
    },
    "decision": {
        "warning_confidence": 3,
        "pause_confidence": 3,
        "none_below": 0.36,
        "maybe_above": 0.78,
        "failure_above": 0.99,
        "short_multiple": 3.8,
    },
    "actions": {
        "on_warning": "notify",
        "on_failure": "pause",
        "max_pauses": 3,
        "verify_s": 30,
        "safe_moment_s": 0,
        "park": {
            "enabled": False,
            "retract_mm": 2.0,
            "lift_mm": 10.0,
            "x_mm": None,
            "y_mm": None,
            "tool": "keep",
            "standby_c": 150,
        },
    },
    "notify": {
        "attach_frame": True,
        "min_gap_s": 600,
        "link": "",
        "kinds": {
            "warning": True,
            "failure": True,
            "pause_confirmed": True,
            "pause_failed": True,
            "blinded": True,
            "recovered": True,
            "budget": True,
            "watch_ended": True,
        },
        "urls": [],
    },
    "mqtt": {
        "host": "",
        "port": 1883,
        "user": "",
        "password": "",
        "tls": False,
        "ca_file": "",
        "topic": "",
        "discovery": True,
        "frame": True,
    },
    "history": {"keep_jobs": 50, "keep_mb": 500},
    "budget": {"monthly_calls": 0},
    "cascade": {"enabled": False, "interval_s": 600},
}
"""The outside relies on these: who never touched a setting must not find another one."""
