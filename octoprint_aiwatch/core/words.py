"""Every sentence the plugin says, by code; the rest of the core speaks in codes.

``say`` fills a sentence, ``advise`` says what the user can do, both in the language of a
tongue that they are given. A test asks for every code that the code base uses, another
for every translation. Braces in a value are harmless: values are filled in, never parsed
again. No sentence has a percent sign: templates would take it for a mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from .labels import LABELS

Tongue = Callable[[str], str]
"""Translates one of our sentences, marks and all."""
ADVICE_OF = "advice_"
"""What stands before a code, for its advice on a page."""


def ENGLISH(text: str) -> str:
    """The tongue that everything is written in."""
    return text


SHOWN: Mapping[str, str] = {
    # why nothing is looked at, or what is seen
    "idle": "No print is running.",
    "no_data": "Nothing has been judged yet.",
    "opening": "Getting ready to watch this print.",
    "first_check": "Waiting for the first check.",
    "hold_disabled": "AI Watch is switched off in the settings.",
    "hold_starting": "The print is starting.",
    "hold_heating": "Waiting for heat-up.",
    "hold_pausing": "The printer is pausing.",
    "hold_paused": "The print is paused. Watching goes on when it resumes.",
    "hold_paused_by_us": "AI Watch paused the print: {why}",
    "hold_paused_by_user": "You, or somebody else, paused the print. Watching goes on "
    "when it resumes.",
    "hold_paused_by_printer": "The printer, the G-code or a plugin paused the print. "
    "Watching goes on when it resumes.",
    "hold_resuming": "The print is resuming.",
    "hold_finishing": "The print is ending.",
    "grace": "Only looking for another {grace_s:.0f} s, then warning and pausing again.",
    "suppressed_now": "No alerts until this print ends. {why}",
    "pausing": "This looks like a failure; pausing the print now.",
    "cancelling": "This looks like a failure; cancelling the print now.",
    "limit": "AI Watch has paused this print {pauses} times and will not pause it again. "
    "{why}",
    # what would happen next
    "ahead_warning": "Now {value:.2f}; from {threshold:.2f} there is a warning.",
    "ahead_pause": "Now {value:.2f}; from {threshold:.2f} the print is paused.",
    "ahead_cancel": "Now {value:.2f}; from {threshold:.2f} the print is cancelled.",
    "ahead_notify": "Now {value:.2f}; from {threshold:.2f} it is a failure, and you are "
    "told.",
    "lasting_warning": "Now {value:.2f}; {threshold:.2f} for {hold_s:.0f} s makes a "
    "warning.",
    "lasting_pause": "Now {value:.2f}; {threshold:.2f} for {hold_s:.0f} s pauses the "
    "print.",
    "lasting_cancel": "Now {value:.2f}; {threshold:.2f} for {hold_s:.0f} s cancels the "
    "print.",
    "lasting_notify": "Now {value:.2f}; {threshold:.2f} for {hold_s:.0f} s is a failure, "
    "and you are told.",
    "soon_warning": "If it stays, there is a warning in {left_s:.0f} s.",
    "soon_pause": "If it stays, the print is paused in {left_s:.0f} s.",
    "soon_cancel": "If it stays, the print is cancelled in {left_s:.0f} s.",
    "soon_notify": "If it stays, it is a failure in {left_s:.0f} s, and you are told.",
    "service_pause": "The service decides what is a failure; then the print is paused.",
    "service_cancel": "The service decides what is a failure; then the print is "
    "cancelled.",
    "service_notify": "The service decides what is a failure; then you are told.",
    "quiet_ahead": "Whatever comes, nothing is done until this print ends.",
    # verdicts
    "remote_ok": "Nothing suspicious.",
    "remote_warning": "The service sees a possible print issue.",
    "remote_pause": "The service is confident that the print has failed.",
    "relative_ok": "Nothing suspicious: {above:.2f} above this printer's usual, "
    "warning from {threshold:.2f}.",
    "relative_warning": "Possible failure: {above:.2f} above this printer's usual, "
    "failure from {threshold:.2f}.",
    "relative_failure": "Failure: {above:.2f} above this printer's usual, "
    "limit {threshold:.2f}.",
    "absolute_ok": "Mean confidence of a failure {mean:.2f}, warning from "
    "{threshold:.2f}.",
    "absolute_warning": "Possible failure: mean confidence {mean:.2f} that stays, "
    "failure from {threshold:.2f}.",
    "absolute_confirming": "Mean confidence of a failure {mean:.2f}; being sure takes "
    "another {left_s:.0f} s.",
    "absolute_warning_confirming": "Possible failure: mean confidence {mean:.2f} that "
    "stays; being sure takes another {left_s:.0f} s.",
    "absolute_failure": "Failure: mean confidence {mean:.2f} for {hold_s:.0f} s and "
    "more, limit {threshold:.2f}.",
    "frames_ok": "Mean score of the last frames {mean:.2f}, warning from "
    "{threshold:.2f}.",
    "frames_warning": "Possible failure: mean score {mean:.2f} that stays, failure from "
    "{threshold:.2f} (the print began with {baseline:.2f}).",
    "frames_confirming": "Mean score of the last frames {mean:.2f}; being sure takes "
    "another {left_s:.0f} s.",
    "frames_warning_confirming": "Possible failure: mean score {mean:.2f} that stays; "
    "being sure takes another {left_s:.0f} s.",
    "frames_failure": "Failure: mean score {mean:.2f} for {hold_s:.0f} s and more, limit "
    "{threshold:.2f}.",
    "only_ignored": "Only places that you marked as not a failure.",
    "only_background": "What is seen was there when the print began.",
    "only_passing": "What is seen does not stay in one place.",
    "next_look": "Looks again in {left_s:.0f} s.",
    "looking": "Looking now.",
    # printing comes first
    "yields_stalled": "The print does not get on; looking less often until it does.",
    "yields_lagging": "OctoPrint is slow to react; looking less often until that is "
    "over.",
    "yields_throttled": "This machine's processor is being slowed down; looking less "
    "often until that is over.",
    "yields_hot": "This machine's processor is too hot; looking less often until it has "
    "cooled down.",
    # the camera
    "no_webcam": "OctoPrint has no webcam that can take snapshots.",
    "webcam_missing": 'There is no webcam "{name}" that can take snapshots.',
    "snapshot_empty": "The webcam sent an empty snapshot.",
    "snapshot_is_page": "The webcam sent a web page instead of a JPEG.",
    "snapshot_no_jpeg": "The webcam sent something that is not a JPEG.",
    "snapshot_truncated": "The webcam's JPEG is cut off.",
    "snapshot_size": "The webcam's frame is {width} x {height} pixels, too small or too "
    "large to be used.",
    "snapshot_too_large": "The webcam sent more than {limit_mb:.0f} MB for one snapshot.",
    "snapshot_too_slow": "The webcam's snapshot took more than {limit_s:.0f} s.",
    "snapshot_refused": "The webcam refuses OctoPrint's login (HTTP {status}).",
    "snapshot_status": "The webcam answered HTTP {status}.",
    "snapshot_unreachable": "The webcam does not answer.",
    "snapshot_failed": "OctoPrint could not take a snapshot ({kind}).",
    # a picture with nothing to see in it
    "picture_too_small": "The webcam's frame is only {width} x {height} pixels, too "
    "small to see anything.",
    "picture_black": "The webcam's picture is black.",
    "picture_burnt_out": "The webcam's picture is burnt out: almost all of it is white.",
    "picture_flat": "The webcam's picture is flat: one even surface.",
    "picture_blurred": "The webcam's picture is too blurred to see anything.",
    "picture_placeholder": "The webcam sends a test picture or a text instead of what "
    "it sees.",
    "picture_frozen": "The webcam's picture is frozen: it stays the same while the print "
    "goes on.",
    "glance_frozen": "The webcam's picture seems frozen: nothing at all has changed in "
    "it since the last one.",
    # the way to a backend
    "dns": "The service's name {host} cannot be found.",
    "refused": "{host} refuses the connection.",
    "timeout": "{host} did not answer in time.",
    "tls": "The secure connection to {host} failed: its certificate is not trusted.",
    "reset": "{host} broke off the connection.",
    "redirect": "{host} answered with a redirect, which is not followed.",
    "answer_too_large": "The service's answer was too large.",
    "bad_url": "The service's address cannot be used.",
    "no_answer": "There has been no answer for a long time.",
    # what a backend answers
    "bad_answer": "The service's answer makes no sense: {detail}.",
    "server_fault": "The service has a problem of its own (HTTP {status}).",
    "throttled": "The service is busy and asked us to wait.",
    "rate_limited": "The service says that we asked too often.",
    "frame_refused": "The service could not read this frame.",
    "context_refused": "The service forgot this print; starting over with it.",
    "not_this_api": "{host} answers, but not as this service (HTTP {status}).",
    "request_refused": 'The service refused the request: "{detail}".',
    "api_key_missing": "The API key is missing.",
    "api_key_refused": "The service does not accept the API key.",
    "payment_due": "The service wants an open bill paid first.",
    "args_refused": 'The service does not understand our request: "{detail}".',
    "credentials_missing": "Serial number or access token is missing.",
    "credentials_refused": "The service does not accept serial number and access token; "
    "the token may have expired.",
    "partner_token_refused": "The service does not accept the partner token.",
    "url_refused": "The service named an address that is not safe to use.",
    "url_missing": "The server's address is missing.",
    "callback_missing": "OctoPrint's address, as the server reaches it, is missing.",
    "token_missing": "The token is missing.",
    "printer_id_missing": "The printer's name for this service is missing.",
    "token_refused": "The server wants a token, or does not accept the one it was sent.",
    "not_fetched": "The server did not fetch the frame from {address}, where it was told "
    "to find it.",
    "server_not_ready": "The server is not ready: its models are still being loaded.",
    "model_unknown": 'The server has no model "{model}".',
    "model_input": "The model takes {found}; AI Watch sends one frame, UINT8 or FP32, as "
    "1 x 3 x height x width or 1 x height x width x 3.",
    "model_outputs": "The model gives {found}; AI Watch needs a heat map, a score or "
    "boxes.",
    "model_not_loaded": "The server answers, but has no model loaded.",
    "frame_undecodable": "The webcam's JPEG is damaged and cannot be decoded.",
    "detector_died": "The detector's process ended unexpectedly ({how}).",
    "detector_hung": "The detector's process did not answer within {limit_s:.0f} s.",
    "detector_memory": "There is not enough memory for the detector.",
    "detector_incomplete": "Python packages that the detector needs are missing.",
    "model_missing": "There is no such model file.",
    "model_broken": "The model file is damaged, or is no model that can be used.",
    "model_shape": "The model does not take a picture or does not give a heat map.",
    "model_needs_onnxruntime": "This model needs onnxruntime, which is not installed.",
    "bug": "Something went wrong inside AI Watch ({kind}).",
    # the ladder of backends
    "backend_left_out": "{backend} is not asked any more, others judge instead: {why}",
    "scout_suspects": "The detector on this machine finds the picture suspicious; the "
    "backend is asked.",
    "budget_short": "{calls} calls of {backend} are left this month, enough for about "
    "{covered_h:.0f} h; this print takes about {left_h:.0f} h more.",
    "budget_short_next": "{calls} calls of {backend} are left this month, enough for "
    "about {covered_h:.0f} h of the {left_h:.0f} h that this print still takes. Then "
    "{next} judges.",
    "budget_spent": "This month's {calls} calls are used up.",
    # acting
    "pause_failed": "The printer did not pause. Its state is {state}. Look at it now.",
    "recovered": "The print is being watched again.",
    # a safe moment, parking, and commands in the file
    "waiting": "This looks like a failure; pausing at the next change of height, in "
    "{left_s:.0f} s at the latest.",
    "hold_in_file": "@AIWATCH OFF in the G-code: not watching until @AIWATCH ON or the "
    "next print.",
    "parked": "The head is parked. Resuming heats up first, moves back and goes on.",
    "park_own_script": "The head was not moved: OctoPrint has a pause script of its own.",
    "park_unknown_modes": "The head was not parked in full: this file's way of giving "
    "positions is not one that AI Watch can follow.",
    "park_unknown_position": "The head was not moved in full: OctoPrint does not know "
    "where it is.",
    "park_cold": "No filament was pulled back: the tool is too cold for it.",
    "park_at_top": "The head was not lifted: it is at the printer's height already.",
    "park_outside": "The head was not moved aside: the place is outside the printer's "
    "volume.",
    "park_restart": "Heads are parked from OctoPrint's next start on: switch parking on, "
    "save, and restart OctoPrint once.",
    "park_card": "The head was not parked: this print comes from the printer's card.",
    # the history
    "history_full": "The history cannot be kept: the disk is full.",
    "history_read_only": "The history cannot be kept: its folder cannot be written to.",
    "history_failed": "The history cannot be kept ({kind}).",
    # titles of alerts
    "title_warning": "Possible print failure",
    "title_failure_pause": "Print failure: pausing",
    "title_failure_cancel": "Print failure: cancelling",
    "title_failure_notify": "Print failure",
    "title_failure_limit": "Print failure: not pausing again",
    "title_paused": "Print paused by AI Watch",
    "title_pause_failed": "The print could NOT be paused",
    "title_blinded": "AI Watch is blind",
    "title_budget_short": "The month's calls do not last to the end of this print",
    "title_left_out": "AI Watch goes on without a backend",
    "title_recovered": "AI Watch sees again",
    # settings that cannot be used
    "say_yes_or_no": "Say yes or no.",
    "use_number": "Use a number from {low} to {high}.",
    "use_whole_number": "Use a whole number from {low} to {high}.",
    "use_text": "Use text of at most {most} characters.",
    "use_plain_line": "Use one line of plain text.",
    "use_short_line": "Use one line of at most {most} characters.",
    "choose_one": "Choose one of: {names}.",
    "use_list_of": "Use a list of: {names}.",
    "use_each_once": "Use each once, of: {names}.",
    "not_an_address": "This is not an address. It looks like {example}.",
    "login_in_address": "Leave user name and password out of the address.",
    "use_https": "Use https:// here: your credentials would travel unprotected.",
    "not_for_apprise": "This is not an address that Apprise knows. It looks like "
    "ntfy://topic.",
    "too_many_services": "Use a list of at most {most} addresses.",
    "service_gone": "One of the services is not stored any more. Load the page again.",
    "bad_zone": "A zone is a list of at least three [x, y] corners, each from 0 to 1.",
    "thresholds_climb": "The thresholds must climb: none below, maybe above, failure "
    "above.",
    # OctoPrint's health page
    "check_age": "The last check was {age_s:.0f} s ago.",
    "disk_unreadable": "The data folder cannot be read ({kind}).",
    "disk_low": "Only {free_mb:.0f} MB are free.",
}
"""What is pushed to every browser: each page says it in its own language."""

ANSWERED: Mapping[str, str] = {
    # the settings page
    "mqtt_bad_topic": "The MQTT topic cannot be used: it must have no # and no + in it, "
    "and not begin with / or $.",
    "field_missing": "This is needed. Please fill it in.",
    # the drill: what it would cost
    "drill_free": "{backend}: the picture is judged here and costs nothing.",
    "drill_own_server": "{backend}: the picture goes to your server; no call is counted.",
    "drill_priced": "{backend}: the picture is sent to the service. That is one call, "
    "for US$ {price:.4f}.",
    "drill_free_call": "{backend}: the picture is sent to the service. That is one of "
    "the month's {free} free calls; {used} are used.",
    "drill_unpriced": "{backend}: the picture is sent to the service. That is one call; "
    "what it costs is between you and the service.",
    "drill_left": "Of the calls that you allow, {left} are left this month.",
    "drill_in_means": "The service takes the picture into its long averages for this "
    "printer, as one frame of thousands.",
    "drill_tells": "A test message goes to: {names}.",
    "drill_tells_nobody": "No service for messages is saved, so none is sent.",
    "drill_harmless": "The webcam takes one snapshot. Nothing is sent to the printer. It "
    "takes a minute at most.",
    "drill_printing": "A print is on. The drill waits until it is over, so as not to "
    "disturb it.",
    "drill_busy": "Another drill is still running.",
    # the drill: its links, and how they did
    "drill_backend": "Backend",
    "drill_judgement": "Judgement",
    "drill_webcam": "Webcam",
    "drill_message": "Message",
    "drill_message_to": "Message through {name}",
    "drill_pause": "Pause",
    "drill_asked": "{backend}: the picture of a failure was judged; boxes: {boxes}.",
    "drill_hung": "There was no answer within {limit_s:.0f} s.",
    "drill_still_hanging": "There is still no answer from the drill before.",
    "drill_interrupted": "A print began; the drill stopped here.",
    "drill_unjudged": "There is nothing to judge without the backend's answer.",
    "drill_would_both": "A print that begins to look like this brings a warning after "
    "{warns_s:.0f} s and counts as failed after {fails_s:.0f} s.",
    "drill_would_fail": "A print that begins to look like this counts as failed after "
    "{fails_s:.0f} s.",
    "drill_would_warn": "A print that begins to look like this brings a warning after "
    "{warns_s:.0f} s, but does not count as failed within half an hour.",
    "drill_would_miss": "A print that begins to look like this is not noticed within "
    "half an hour.",
    "drill_means": "The service's own averages, which one picture cannot show, may "
    "decide sooner.",
    "drill_remote_pause": "The service asks for a pause at once. Its score: {percent} of "
    "100.",
    "drill_remote_warning": "The service warns at once. It asks for a pause only after "
    "more frames. Its score: {percent} of 100.",
    "drill_remote_silent": "The service's score: {percent} of 100. It decides over many "
    "frames of a print; one alone cannot show when it warns.",
    "drill_told": "The test message was delivered.",
    "drill_not_told": "The test message was not delivered: {words}",
    "drill_off": "AI Watch is switched off: no print is watched.",
    "drill_tells_only": "A failure is only told, as you chose. The print goes on.",
    "drill_no_pauses": "You allow no pauses: a failure is only told.",
    "drill_no_printer": "No printer is connected, so it is not known whether one would "
    "pause.",
    "drill_not_ready": "The printer is not ready to print. Its state is {state}.",
    "drill_would_pause": "OctoPrint would be asked for a pause, and once more if the "
    "printer does not obey. After {verify_s:.0f} s there would be an alarm. Nothing was "
    "sent.",
    "drill_would_wait": "OctoPrint would be asked for a pause at the next change of "
    "height, after {wait_s:.0f} s at the latest. Nothing was sent.",
    "drill_would_cancel": "OctoPrint would be asked to cancel the print. Nothing was "
    "sent.",
    # log lines
    "backend_changed": "{backend} judges from now on, no longer {before}.",
    "suppressed": "Alerts suppressed for this print",
    "unsuppressed": "Alerts no longer suppressed",
    "always_ignore": "The user wants a place on the frame to be ignored from now on",
    "not_a_failure": "The user says that this is not a failure",
    # the history
    "paused_by_them": "The print was paused.",
    "print_resumed": "The print went on.",
    "settings_changed": "The settings were changed.",
    "history_unreadable": "The history cannot be read right now.",
    "history_busy": "The history could not be changed right now. Try again.",
    "no_such_job": "There is no such job in the history.",
    "no_such_frame": "This frame was not kept.",
    "replay_busy": "Another replay is still running. Try again.",
    # messages for people who are elsewhere
    "title_budget": "This month's calls are nearly used up",
    "title_watch_ended": "Print over",
    "title_again": "Still: {title}",
    "title_late": "[late] {title}",
    "line_late": "This happened at {clock}, {age} ago.",
    "line_job": "Print: {job}",
    "line_score": "Score: {percent} of 100, judged by {backend}.",
    "line_times": "{times} times since the last message like this.",
    "watch_summary": "The print is over ({outcome}) after {time} and {checks} checks. "
    "Warnings: {warnings}, failures: {failures}, pauses: {pauses}, blind for {blind}.",
    "outcome_done": "done",
    "outcome_cancelled": "cancelled",
    "outcome_failed": "failed",
    "outcome_error": "printer error",
    "outcome_disconnected": "disconnected",
    "outcome_shutdown": "OctoPrint ended",
    "outcome_replaced": "another print began",
    "budget_low": "{backend}: {left} of this month's {calls} calls are left.",
    "notify_test": "This is a test. Messages of AI Watch arrive here.",
    "title_notify_test": "AI Watch: test",
    "notify_hung": "The service did not answer within {limit_s:.0f} s.",
    "no_courier": "Notifications cannot be sent: no process can be started.",
    "no_such_service": "There is no such service in the settings any more.",
    # the settings page's test
    "test_snapshot": "{name}: a frame of {width} x {height}.",
    "test_judged": "{backend}: score {score:.2f}, {boxes} boxes.",
    "entity_score": "Score",
    "entity_verdict": "Verdict",
    "entity_reason": "Reason",
    "entity_problem": "Problem",
    "entity_blind": "Blind",
    "entity_frame": "Frame",
    "entity_suppress": "No alerts for this print",
    "entity_not_a_failure": "Not a failure",
    "entity_check_now": "Check now",
    "test_busy": "Another test is still running.",
    # answers to requests
    "forbidden": "You are not allowed to do this.",
    "bad_request": "The request cannot be used: {detail}.",
    "no_frame": "There is no frame yet.",
    # answers to commands
    "no_job": "There is no print to do this for.",
    "done_suppress": "No alerts until this print ends.",
    "done_unsuppress": "Alerts are on again.",
    "done_not_a_failure": "What was seen is ignored for this print.",
    "done_resume": "The print goes on, and is watched.",
    "done_resume_unwatched": "The print goes on, without alerts and pauses.",
    "done_cancel_print": "The print is being cancelled.",
    "other_job": "Another print is running by now.",
    "not_paused_by_us": "AI Watch is not holding this print paused any more.",
    "done_check_now": "The next check is in {wait_s:.0f} s.",
    "busy": "The watch is busy at the moment. Try again.",
    "done_always_ignore": "That place is ignored from now on.",
    "no_such_box": "That box is not in the last frame any more.",
    "zones_full": "There are {most} ignored places already. Delete one in the settings "
    "first.",
    "cannot_check": "The print is not being watched at the moment.",
}
"""What answers a request, stands in the history or goes to people elsewhere: translated
on the server, for whom it is meant."""

LOGGED: Mapping[str, str] = {
    # a picture with nothing to see in it
    "not_looked_at": "Frames are judged without being looked at first: {why}",
    # what a backend answers
    "nowhere_to_publish": "This backend's server fetches frames from a running "
    "OctoPrint; a command cannot give them to it.",
    # log lines
    "counts_go_on": "This print goes on after a restart; pauses so far: {pauses}",
    "parked_lines": "Lines that park the head: {lines}",
    "in_file_off": "@AIWATCH OFF in the G-code: not watching",
    "in_file_on": "@AIWATCH ON in the G-code: watching again",
    "in_file_grace": "@AIWATCH GRACE in the G-code: only looking for {grace_s:.0f} s",
    "in_file_unknown": "@AIWATCH {text} in the G-code is not understood. Use OFF, ON or "
    "GRACE with a time, as in GRACE 10m",
    "yields_over": "The machine is at ease again; looking as often as before",
    "watch_started": "Watching {job}",
    "watch_ended": "Watching {job} ended ({outcome}) after {checks} checks",
    "warning_raised": "Warning: {code}",
    "failure_detected": "Failure detected: {code}",
    "pause_requested": "Pause requested (request {request})",
    "cancel_requested": "Cancel requested (request {request})",
    "resume": "The user wants the print to go on",
    "cancel_print": "The user wants the print cancelled",
    "pause_confirmed": "The printer is paused",
    # the history
    "history_again": "The history is kept again; checks that are missing in it: {lost}",
    "history_damaged": "The history was damaged ({why}). It was moved to {place} with "
    "its frames, instead of an older one there, and a new one begun.",
    # messages for people who are elsewhere
    "notify_failed": "A notification could not be delivered through {service} and is "
    "tried again: {words}",
    "notify_works": "Notifications are delivered through {service} again",
    "notify_gave_up": "Notifications that could not be delivered for a day were given "
    "up: {count}",
    # the MQTT broker
    "mqtt_not_installed": "MQTT needs paho-mqtt, which is not installed: see "
    "extras/docs/mqtt.md.",
    "mqtt_bad_ca": "The certificate file for the MQTT broker cannot be read.",
    "mqtt_refused": "The MQTT broker at {host}:{port} does not accept user name and "
    "password.",
    "mqtt_unreachable": "The MQTT broker at {host}:{port} cannot be reached; it is tried "
    "again by itself.",
    "mqtt_connected": "Connected to the MQTT broker at {host}:{port}",
}
"""What only the log says, in English."""

SENTENCES: Mapping[str, str] = {**SHOWN, **ANSWERED, **LOGGED}

ADVICE: Mapping[str, str] = {
    "yields_lagging": "Something else on this machine takes a lot of processor time.",
    "yields_throttled": "Check its power supply and its cooling.",
    "yields_hot": "Check its cooling.",
    "history_full": "Watching goes on. Make room, or keep less in AI Watch's settings.",
    "history_read_only": "Watching goes on. Make OctoPrint's data folder writable.",
    "history_failed": "Watching goes on, and it is tried again.",
    "backend_left_out": "It is asked again once the settings are changed, with Check "
    "now, or with the next print.",
    "budget_short": "Choose a backend in AI Watch's settings that takes over, or allow "
    "more calls.",
    "budget_spent": "Allow more in AI Watch's settings, or choose a backend there that "
    "takes over.",
    "no_webcam": "Set up a snapshot URL in OctoPrint's webcam settings.",
    "webcam_missing": "Choose another webcam in AI Watch's settings.",
    "snapshot_is_page": "Check the snapshot URL in OctoPrint's webcam settings.",
    "snapshot_no_jpeg": "Check the snapshot URL in OctoPrint's webcam settings.",
    "snapshot_truncated": "Check the webcam's cable and its network.",
    "snapshot_too_large": "Use a snapshot URL, not a stream URL.",
    "snapshot_too_slow": "Use a snapshot URL, not a stream URL; check the network.",
    "snapshot_refused": "Check user name and password in OctoPrint's webcam settings.",
    "snapshot_status": "Check the snapshot URL in OctoPrint's webcam settings.",
    "snapshot_unreachable": "Check that the webcam is on and its URL is right.",
    "snapshot_size": "Set the webcam to an ordinary picture size.",
    "picture_too_small": "Set the webcam to a larger picture, 640 x 480 for example.",
    "picture_black": "Switch a light on, and check that nothing covers the lens.",
    "picture_burnt_out": "Check the light and the webcam's exposure, and what its server "
    "sends.",
    "picture_flat": "Check that nothing covers the lens and where the webcam points.",
    "picture_blurred": "Focus the webcam, clean its lens and check that nothing is in "
    "front of it.",
    "picture_placeholder": "Check that the webcam is connected; its server shows this "
    "in place of its picture.",
    "picture_frozen": "Start the webcam or its server anew.",
    "frame_undecodable": "Check the webcam's cable and its network.",
    "detector_died": "It is started again. If it goes on, install the plugin anew or "
    "choose another backend.",
    "detector_hung": "It is started again. If it goes on, this machine is too busy.",
    "detector_memory": "Free some memory or use a smaller picture or model.",
    "detector_incomplete": "Install AI Watch again through the plugin manager.",
    "model_missing": "Correct the path in the settings or leave it empty.",
    "model_broken": "Choose another file in the settings or leave it empty.",
    "model_shape": "Choose another file in the settings or leave it empty.",
    "model_needs_onnxruntime": "Install onnxruntime, or leave the model file empty.",
    "dns": "Check the address in the settings and this machine's network.",
    "refused": "Check the address in the settings.",
    "timeout": "Check this machine's network. It is tried again by itself.",
    "tls": "Check the address and this machine's clock.",
    "redirect": "Check the address in the settings.",
    "not_this_api": "Check the address in the settings.",
    "bad_url": "Check the address in the settings.",
    "api_key_missing": "Enter the API key in AI Watch's settings.",
    "api_key_refused": "Check the API key in AI Watch's settings.",
    "payment_due": "Settle the bill in your account, then press Check now.",
    "args_refused": "Update AI Watch or choose another backend.",
    "credentials_missing": "Enter serial number and access token in AI Watch's settings.",
    "credentials_refused": "Enter a fresh access token in AI Watch's settings.",
    "partner_token_refused": "Check the partner token in AI Watch's settings.",
    "url_refused": "Check the address in the settings.",
    "url_missing": "Enter the server's address in AI Watch's settings.",
    "callback_missing": "Enter OctoPrint's address in AI Watch's settings as that server "
    "sees it, http://192.168.1.20:5000 for example.",
    "token_missing": "Enter the token in AI Watch's settings.",
    "printer_id_missing": "Choose one in AI Watch's settings, another for each printer.",
    "token_refused": "Check the token in AI Watch's settings.",
    "not_fetched": "Set OctoPrint's address (callback_url) in AI Watch's settings to one "
    "that the server can reach; to it, localhost is the server itself.",
    "server_not_ready": "Wait, or look at the server's own log.",
    "model_unknown": "Check the model's name in AI Watch's settings, and what the server "
    "has loaded.",
    "model_input": "Use the model that octoprint plugins aiwatch:export-model "
    "writes, or see extras/docs/backends.md.",
    "model_outputs": "Use the model that octoprint plugins aiwatch:export-model "
    "writes, or see extras/docs/backends.md.",
    "model_not_loaded": "Look at the server's own log.",
    "nowhere_to_publish": "Choose another backend with --backend.",
    "pause_failed": "Pause or stop the printer by hand.",
    "drill_hung": "Check the network. Try again when this machine has less to do.",
    "drill_still_hanging": "Wait a minute, then try again.",
    "drill_would_warn": "Choose a lower number for how sure it must be to act.",
    "drill_would_miss": "Choose lower numbers for how sure it must be, or check more "
    "often. The picture is drawn by a computer: a service may miss it and still see a "
    "real failure.",
    "drill_not_told": "Check the address of this service.",
    "drill_off": "Switch on “Watch prints” in the settings.",
    "drill_no_pauses": "Allow at least one pause in the settings.",
    "drill_no_printer": "Connect the printer in OctoPrint and try again.",
    "drill_not_ready": "Look at the printer and connect it again.",
    "drill_tells_nobody": "Add one under Messages to hear of a failure elsewhere.",
}


def say(code: str, params: Mapping[str, Any], tongue: Tongue = ENGLISH) -> str:
    """The sentence of a code. A value that does not fit its place is shown as it is.

    Args:
        params: what fills it; one may be a sentence itself, see :func:`nested`.
        tongue: translates the sentence before it is filled.
    """
    known = SENTENCES[code] if code in SENTENCES else LABELS.get(code)
    if known is None:
        # A name, or from a damaged row: no pattern of ours, so nothing is filled in.
        return tongue(code)
    sentence = tongue(known)
    filled = {name: _value(value, tongue) for name, value in params.items()}
    try:
        return sentence.format(**filled)
    except (KeyError, ValueError, TypeError):
        return sentence.replace("{", "").replace("}", "")


def advise(code: str, tongue: Tongue = ENGLISH) -> str:
    """What the user can do about it; "" if nothing."""
    return tongue(ADVICE[code]) if code in ADVICE else ""


def explain(code: str, params: Mapping[str, Any], tongue: Tongue = ENGLISH) -> str:
    """Sentence and advice."""
    parts = (say(code, params, tongue), advise(code, tongue))
    return " ".join(part for part in parts if part)


def nested(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence as a value in another one, to be said in whatever language that is."""
    return {"code": code, "params": dict(params)}


def sentence(code: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """A sentence with its advice as documents carry it: for people who read English, and
    for pages that say it in their own language."""
    return {**nested(code, params), "text": explain(code, params)}


def for_pages() -> dict[str, str]:
    """Everything that a page says by code, in English."""
    advice = {ADVICE_OF + code: text for code, text in ADVICE.items() if code in SHOWN}
    return {**LABELS, **SHOWN, **advice}


def _value(value: Any, tongue: Tongue) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("params"), Mapping):
        return explain(str(value.get("code")), value["params"], tongue)
    return value
