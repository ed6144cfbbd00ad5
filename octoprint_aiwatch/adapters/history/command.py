"""``octoprint plugins aiwatch:replay``: what stored jobs would have come to.

Only reads. Works while OctoPrint runs, and without it.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any, Callable, Optional

import click

from ...core.options import ranges
from ..evaluation.pictures import printable
from .pages import DECISION
from .reader import Reader
from .replaying import replayed, to_document

HELP = """Judge the stored jobs again with other settings.

Without options the settings are those of each job, and every verdict comes out as it was
recorded. Nothing is changed; services are not asked again, and what a service decided by
itself (Gadget) stays as it was.

Exit codes: 0 all done, 1 there is no history or no such job, 2 wrong usage."""


def command(folder: Callable[[], Path]) -> click.Command:
    """The command for OctoPrint's ``plugins`` group.

    Args:
        folder: gives the plugin's data folder.
    """

    def replay(job: Optional[str], as_json: bool, **given: Any) -> None:
        changed = {name: value for name, value in given.items() if value is not None}
        reader = Reader(folder())
        try:
            jobs = [one for one in reader.jobs() if job in (None, one["id"])]
        except sqlite3.Error as error:
            raise click.ClickException(f"The history cannot be read: {error}") from None
        if not jobs:
            raise click.ClickException(
                "There is no such job." if job else "There are no stored jobs."
            )
        for one in reversed(jobs):
            found = replayed(reader, one["id"], changed, lambda _: None)
            if found is None:
                continue
            document = to_document(one["id"], *found)
            click.echo(json.dumps(document) if as_json else line(one, document))

    return click.Command("replay", params=parameters(), callback=replay, help=HELP)


def parameters() -> list[click.Parameter]:
    """One option for each setting of the decision."""
    found: list[click.Parameter] = [
        click.Option(["--job"], help="Only this one, by its id."),
        click.Option(["--json", "as_json"], is_flag=True, help="One document a line."),
    ]
    known = ranges()
    for name, option in DECISION.items():
        span = known[f"decision.{name}"]
        kind: Any = click.IntRange if span["whole"] else click.FloatRange
        found.append(
            click.Option(
                [f"--{name.replace('_', '-')}", name],
                type=kind(span["low"], span["high"]),
                help=f"Instead of each job's own; {option.default} unless it was set.",
            )
        )
    return found


def line(job: dict[str, Any], document: dict[str, Any]) -> str:
    """A job in one line: what it was, and what it would have been."""
    name = printable(job["name"]) or "(no name)"
    text = (
        f"{job['id']}  {name}: {document['checks']} checks, {document['calls']} calls; "
        f"warnings {job['warnings']} -> {len(document['warnings'])}, "
        f"pauses {len(ours(job))} -> {len(document['pauses'])}"
    )
    if document["pauses"]:
        times = ", ".join(clock(one["at_s"]) for one in document["pauses"])
        text += f" (at {times})"
    if document["fixed"]:
        text += f"; {document['fixed']} decided by a service"
    if document["skipped"]:
        text += f"; {document['skipped']} could not be judged again"
    return text


def ours(job: dict[str, Any]) -> list[Any]:
    """The pauses that were the watch's."""
    return [pause for pause in job["pauses"] if pause["who"] == "us"]


def clock(seconds: float) -> str:
    """Hours, minutes and seconds from the job's start."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"
