"""OctoPrint's printer states, by their ids."""

from __future__ import annotations

PRINTING = "PRINTING"
PAUSED = "PAUSED"
PAUSING = "PAUSING"
STARTING = "STARTING"
RESUMING = "RESUMING"
CANCELLING = "CANCELLING"
FINISHING = "FINISHING"
JOB_STATES = frozenset(
    (PRINTING, PAUSED, PAUSING, STARTING, RESUMING, CANCELLING, FINISHING)
)
"""OctoPrint's state ids with a job under way, the same in 1.11 and 2.0."""
