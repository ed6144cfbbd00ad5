"""A detector process that does what a test says; written after the protocol, not with it.

``python detector_stub.py LOG ACTION...``: one action for each message, the last one for
all that follow. A process that is started again begins anew. ``ok`` answers properly,
``die`` ends, ``full`` ends for want of memory, ``crash`` takes the message and is ended
by a signal, ``hang`` takes it and never answers, ``deaf`` never takes it, ``half``
answers half and hangs, ``cut`` answers half and ends, ``{...}`` answers with that head
(and with as many bytes as it says under ``bytes``), ``0x...`` answers with these bytes.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
from typing import Any, Optional

CALIBRATION = {"hottest": 3, "centre": -1.0, "slope": 2.0, "cell": -2.0}
FIGURES = {
    "ground": 90,
    "odd": 0.5,
    "bright": 180,
    "contrast": 120,
    "white": 0.0,
    "equal": 0.2,
    "smooth": 0.5,
    "fine": 60,
    "broad": 90,
}
VALUES = (0.0, 1.0, 2.0, 3.0, 4.0, -5.5)


def read() -> Optional[dict[str, Any]]:
    """The next message's head; None if there is none any more."""
    length = sys.stdin.buffer.read(4)
    if len(length) < 4:
        return None
    head: dict[str, Any] = json.loads(sys.stdin.buffer.read(*struct.unpack(">I", length)))
    head["got"] = len(sys.stdin.buffer.read(head["bytes"]))
    return head


def message(head: dict[str, Any], payload: bytes) -> bytes:
    text = json.dumps({"bytes": len(payload), **head}).encode()
    return struct.pack(">I", len(text)) + text + payload


def proper(asked: dict[str, Any]) -> bytes:
    if asked["do"] == "load":
        return message({"calibration": CALIBRATION}, b"")
    if asked["do"] == "look":
        return message({"figures": FIGURES}, bytes(range(5, 197)) * 16)
    if asked["do"] == "shrink":
        return message({"width": 2, "height": 1}, bytes(range(6)))
    return message({"rows": 2, "columns": 3}, struct.pack("<6f", *VALUES))


def answer(action: str, asked: dict[str, Any]) -> bytes:
    if action.startswith("{"):
        head = json.loads(action)
        return message(head, bytes(head.get("bytes", 0)))
    if action.startswith("0x"):
        return bytes.fromhex(action[2:])
    return proper(asked)


def main() -> None:
    log, actions = sys.argv[1], sys.argv[2:]
    while True:
        action = actions.pop(0) if len(actions) > 1 else actions[0]
        if action == "deaf":
            time.sleep(60)
        asked = read()
        if asked is None or action == "die":
            os._exit(3)
        if action == "full":
            os._exit(12)
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps({"pid": os.getpid(), **asked}) + "\n")
        if action == "hang":
            time.sleep(60)
        if action == "crash":
            signal.signal(signal.SIGSEGV, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGSEGV)
        sent = answer(action, asked)
        if action in ("half", "cut"):
            sent = sent[: len(sent) // 2]
        sys.stdout.buffer.write(sent)
        sys.stdout.buffer.flush()
        if action == "half":
            time.sleep(60)
        if action == "cut":
            os._exit(3)


if __name__ == "__main__":
    main()
