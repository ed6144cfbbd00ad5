"""The short words of the page, by code: what a status says in one or two words.

Pages get them translated, see :func:`words.for_pages`; what people elsewhere are sent
uses some of them too. A code is what it is about, and the status's own value for it.
"""

from __future__ import annotations

from collections.abc import Mapping

LABELS: Mapping[str, str] = {
    # how the verdict looks
    "look_ok": "Looks fine",
    "look_warning": "Warning",
    "look_failure": "Failure",
    "look_blind": "Blind",
    "look_none": "No data",
    # what the watch is doing, or what it is waiting for
    "phase_idle": "No print to watch",
    "phase_opening": "Getting ready",
    "phase_watching": "Watching",
    "phase_held": "Waiting",
    "phase_unknown": "Unknown",
    "phase_disabled": "Switched off in the settings",
    "phase_starting": "Waiting for the print to begin",
    "phase_in_file": "Switched off in the G-code",
    "phase_heating": "Waiting for the heaters",
    "phase_pausing": "Print is pausing",
    "phase_paused": "Print is paused",
    "phase_paused_us": "Paused by AI Watch",
    "phase_paused_user": "Paused by you",
    "phase_paused_printer": "Paused by the printer",
    "phase_resuming": "Print is resuming",
    "phase_finishing": "Print is finishing",
    "phase_ask": "Stopped: needs your attention",
    # what the watch did to the print
    "action_waiting": "Pausing at the next change of height",
    "action_pausing": "Pause requested, waiting for the printer",
    "action_paused": "AI Watch paused this print",
    "action_pause_failed": "The printer did not pause. Please go and look.",
    "action_cancelling": "Cancelling the print",
    "action_cancelled": "AI Watch cancelled this print",
    # the one line for tooltips and screen readers
    "gauge_caption": "risk",
    "gauge_blind": "blind",
    "gauge_none": "no data",
    "risk": "risk {n}",
    "alerts_off": "alerts are off for this print",
    "in_time": "in {time}",
    "now": "now",
    # who judges and who would
    "step_judging": "judges",
    "step_ready": "ready",
    "step_waiting": "waiting",
    "step_again": "asked again in {time}",
    "step_off": "off until you change its settings",
    "step_spent": "this month's calls are used up",
    "calls_and_cost": "{calls} calls, {cost}",
    # Gadget's 1 to 10
    "quality": "{word} ({n} of 10)",
    "quality_bad": "bad",
    "quality_poor": "poor",
    "quality_fair": "fair",
    "quality_good": "good",
    "quality_very_good": "very good",
    # what keeps a box from counting
    "unless_ignored_zone": "in an ignored place",
    "unless_not_a_failure": "not a failure",
    "unless_background": "there from the start",
    "unless_passing": "does not stay in one place",
    # the settings page's test
    "link_snapshot": "Snapshot",
    "link_backend": "Backend",
    "test_passed": "The test passed.",
    "test_failed": "The test failed.",
    "test_risk": "Risk in this frame: {n} of 100.",
    "looks_like_ntfy": "It looks like ntfy://topic.",
    "arrived": "It arrived.",
    "not_arrived": "It did not arrive.",
    # the history
    "no_name": "(no name)",
    "position": "Check {n} of {all}, {time}, risk {score}, {verdict}",
    # requests that failed without a sentence
    "error_403": "You are not allowed to do this.",
    "error_409": "Not possible right now.",
    "error_0": "OctoPrint could not be reached.",
    "error_other": "OctoPrint answered with error {n}.",
    # webcams to choose from
    "camera_default": "OctoPrint's snapshot camera",
    "camera_blind": "{name} (takes no snapshots)",
    "camera_gone": "{name} (not there)",
    # OctoPrint's health page
    "health_webcam": "AI Watch cannot use the webcam",
    "health_backend": "AI Watch: a backend does not judge",
    "health_last_check": "AI Watch has not judged a frame for long",
    "health_disk": "AI Watch has hardly any room on disk",
}
