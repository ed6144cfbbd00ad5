"""The decoders by name, and how much of the work each gets: the quick ones most."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from . import answers, documents, frames
from .material import seeds_of


@dataclass(frozen=True)
class Target:
    """``run`` raises if a property does not hold. ``share``: of all inputs, in parts."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    share: int


def _damages(count: int) -> Callable[[], list[bytes]]:
    """Seeds that only say which document and what is exchanged."""
    return lambda: [bytes((one, 0, at, at)) for one in range(count) for at in range(40)]


TARGETS: dict[str, Target] = {
    "gadget_open": Target(
        answers.gadget_open, lambda: answers.seeds("gadget", "open"), 100
    ),
    "gadget_inspect": Target(
        answers.gadget_inspect, lambda: answers.seeds("gadget", "inspect"), 170
    ),
    "obico_token": Target(
        answers.obico_token, lambda: answers.seeds("obico", "open"), 80
    ),
    "obico_inspect": Target(
        answers.obico_inspect, lambda: answers.seeds("obico", "inspect"), 90
    ),
    "obico_super_inspect": Target(
        answers.obico_super_inspect, lambda: answers.seeds("obico_super", "inspect"), 50
    ),
    "obico_ml_open": Target(
        answers.obico_ml_open, lambda: answers.seeds("obico_ml", "open"), 110
    ),
    "obico_ml_inspect": Target(
        answers.obico_ml_inspect,
        lambda: [b"\x00" + one for one in answers.seeds("obico_ml", "inspect")],
        40,
    ),
    "kserve_open": Target(
        answers.kserve_open, lambda: answers.seeds("kserve", "open"), 110
    ),
    "kserve_json": Target(
        answers.kserve_json,
        lambda: seeds_of(answers.INFERRED, *(bytes((n, 0, 0)) for n in range(4))),
        25,
    ),
    "kserve_binary": Target(
        answers.kserve_binary,
        lambda: [
            *seeds_of(answers.PACKED, *(bytes((n, 3)) for n in range(4))),
            *(bytes((n, 0)) + answers.PACKED_BYTES for n in range(4)),
        ],
        15,
    ),
    "wire": Target(frames.wire, frames.wire_seeds, 12),
    "heat": Target(frames.heat, frames.heat_seeds, 2),
    "jpeg_gate": Target(frames.jpeg_gate, frames.gate_seeds, 100),
    "picture": Target(frames.picture, frames.damaged_seeds, 4),
    "settings_parse": Target(documents.settings_parse, _damages(3), 8),
    "settings_save": Target(documents.settings_save, _damages(3), 2),
    "notebook": Target(documents.notebook, lambda: seeds_of(documents.REMEMBERED), 5),
    "calls": Target(documents.calls, lambda: seeds_of(documents.CALLS), 5),
    "outbox": Target(documents.outbox, lambda: seeds_of(documents.LETTER), 8),
    "rows": Target(documents.rows, documents.rows_seeds, 2),
    "bodies": Target(documents.bodies, documents.bodies_seeds, 12),
    "paths": Target(documents.paths, documents.paths_seeds, 8),
    "infile": Target(documents.infile, documents.infile_seeds, 2),
    "mqtt": Target(documents.mqtt, lambda: [b"\x00suppress", b"\x01ON"], 60),
}

# A backend that is new, until somebody says what in its answers asks for a pause.
for _key in answers.FIELDS:
    if _key != "local" and not any(name.startswith(_key + "_") for name in TARGETS):
        TARGETS[_key + "_any"] = Target(
            partial(answers.any_inspect, _key),
            partial(answers.seeds, _key, "open", "inspect"),
            50,
        )
