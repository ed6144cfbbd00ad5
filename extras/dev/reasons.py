"""The table of reasons on the page about trouble: what it says, and what to do.

The sentences are the plugin's own, from ``core/words.py``, and so is the advice where it
gives any. What stands here is the order, and what to do where the plugin says nothing.
"""

from __future__ import annotations

import re

HOLDS, CAMERA, PICTURE, WAY = "waits", "webcam", "picture", "way"
ANSWER, DETECTOR, IDLE_HANDS = "answer", "detector", "watches"
TITLES = {
    HOLDS: "It waits, and says for what",
    CAMERA: "There is no usable snapshot",
    PICTURE: "There is nothing to see in the picture",
    WAY: "The service or server is not reached",
    ANSWER: "The service or server answers, and does not judge",
    DETECTOR: "The detector on this machine does not judge",
    IDLE_HANDS: "It watches, and does less than you expect",
}
NOTHING = "Nothing: it goes on by itself."
GROUPS: dict[str, dict[str, str]] = {
    HOLDS: {
        "hold_disabled": "Switch *Watch prints* on in the settings.",
        "hold_in_file": "Take the line out of the file, or print with it and know why.",
        "hold_starting": NOTHING,
        "hold_heating": "Nothing: after half an hour it watches in any case. *Timing* in "
        "the settings can switch the waiting off.",
        "hold_pausing": NOTHING,
        "hold_paused": "Resume the print.",
        "hold_paused_by_us": "Look at the printer, then choose in the tab.",
        "hold_paused_by_user": "Resume the print.",
        "hold_paused_by_printer": "Resume the print, at the printer if it asked.",
        "hold_resuming": NOTHING,
        "hold_finishing": NOTHING,
    },
    CAMERA: {
        "no_webcam": "",
        "webcam_missing": "",
        "snapshot_unreachable": "",
        "snapshot_refused": "",
        "snapshot_status": "",
        "snapshot_is_page": "",
        "snapshot_no_jpeg": "",
        "snapshot_empty": "Check the snapshot URL in a browser; start the webcam's "
        "server anew.",
        "snapshot_truncated": "",
        "snapshot_too_large": "",
        "snapshot_too_slow": "",
        "snapshot_size": "",
        "snapshot_failed": "Look into octoprint.log: the webcam's plugin failed.",
    },
    PICTURE: {
        "picture_too_small": "",
        "picture_black": "",
        "picture_burnt_out": "",
        "picture_flat": "",
        "picture_blurred": "",
        "picture_placeholder": "",
        "picture_frozen": "",
        "frame_undecodable": "",
    },
    WAY: {
        "dns": "",
        "refused": "",
        "timeout": "",
        "reset": "Check this machine's network. It is tried again by itself.",
        "tls": "",
        "redirect": "",
        "bad_url": "",
        "url_refused": "",
        "url_missing": "",
        "callback_missing": "",
        "not_fetched": "",
        "no_answer": "Check this machine's network and the webcam; a new try is made.",
    },
    ANSWER: {
        "api_key_missing": "",
        "api_key_refused": "",
        "payment_due": "",
        "credentials_missing": "",
        "credentials_refused": "",
        "partner_token_refused": "",
        "token_missing": "",
        "token_refused": "",
        "printer_id_missing": "",
        "budget_spent": "",
        "throttled": NOTHING,
        "rate_limited": NOTHING,
        "context_refused": NOTHING,
        "server_fault": "Wait: it is tried again by itself. For a server of yours, look "
        "at its log.",
        "server_not_ready": "",
        "frame_refused": "Once is nothing. If it stays, look at a snapshot in a browser.",
        "not_this_api": "",
        "args_refused": "",
        "request_refused": "Update AI Watch or choose another backend.",
        "bad_answer": "Check the address in the settings. It is tried again by itself.",
        "answer_too_large": "Check the address in the settings.",
        "model_unknown": "",
        "model_input": "",
        "model_outputs": "",
        "model_not_loaded": "",
    },
    DETECTOR: {
        "detector_died": "",
        "detector_hung": "",
        "detector_memory": "",
        "detector_incomplete": "",
        "model_missing": "",
        "model_broken": "",
        "model_shape": "",
        "model_needs_onnxruntime": "",
        "bug": "Look into octoprint.log, and tell us with the *Diagnostics*.",
    },
    IDLE_HANDS: {
        "grace": "Nothing, or shorten the times under *Timing*.",
        "suppressed_now": "Press *Alerts on again* in the tab.",
        "limit": "Look yourself, or allow more pauses under *Pausing*.",
        "only_ignored": "An ignored place can be deleted in the settings; *Not a "
        "failure* ends with the print.",
        "only_background": "Nothing: it counts once it grows.",
        "only_passing": "Nothing: it counts once it stays.",
        "scout_suspects": NOTHING,
        "yields_stalled": NOTHING,
        "yields_lagging": "",
        "yields_throttled": "",
        "yields_hot": "",
        "waiting": "Nothing, or set *Wait for a change of height* to 0.",
        "pause_failed": "",
    },
}


def table() -> str:
    """All groups, each with a heading."""
    from octoprint_aiwatch.core.words import ADVICE, SENTENCES

    lines: list[str] = []
    for group, codes in GROUPS.items():
        lines += [f"### {TITLES[group]}", "", "| code | it says | what to do |"]
        lines += ["|---|---|---|"]
        for code, todo in codes.items():
            said = open_places(SENTENCES[code])
            lines.append(f"| `{code}` | {said} | {ADVICE.get(code) or todo} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def open_places(sentence: str) -> str:
    """A sentence with dots where a value is filled in."""
    return re.sub(r"\{[^}]*\}", "…", sentence)
