"""The kinds of news that people are told of, by their names in the settings."""

from __future__ import annotations

WARNING = "warning"
FAILURE = "failure"
PAUSE_CONFIRMED = "pause_confirmed"
PAUSE_FAILED = "pause_failed"
BLINDED = "blinded"
RECOVERED = "recovered"
BUDGET = "budget"
WATCH_ENDED = "watch_ended"
KINDS = (
    WARNING,
    FAILURE,
    PAUSE_CONFIRMED,
    PAUSE_FAILED,
    BLINDED,
    RECOVERED,
    BUDGET,
    WATCH_ENDED,
)
