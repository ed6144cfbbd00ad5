"""One run of ``aiwatch:evaluate``: judges the pictures, prints, writes the files.

Must not read settings or the command line, and writes over no file unless told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Optional

import click

from ...core.roc import Figures
from . import report
from . import sheet as sheets
from .bench import Bench, Stopped, score_of
from .pictures import Picture, Unusable, read
from .report import Judged

FINE, TROUBLE, INTERRUPTED = 0, 1, 130
"""Exit codes; the last is what shells expect of a program that Ctrl-C ended."""


@dataclass(frozen=True)
class Wanted:
    """What a run is to do with the pictures."""

    key: str
    label: str
    most_bytes: int
    sheet: Optional[Path]
    csv: Optional[Path]
    json: Optional[Path]
    force: bool
    yes: bool


def warn(text: str) -> None:
    """To standard error, so that standard output holds the results alone."""
    click.echo(text, err=True)


class Run:
    """One folder being judged."""

    def __init__(self, wanted: Wanted, bench: Bench) -> None:
        self._wanted = wanted
        self._bench = bench
        self._done: list[Judged] = []
        self._pace_told = False

    def do(self, pictures: Sequence[Picture]) -> int:
        """Judge, print and write everything; the exit code."""
        if not self._bench.is_here:
            self._confirm(len(pictures))
        code = self._judge_all(pictures)
        if not any(one.score is not None for one in self._done):
            if code == FINE:
                warn("None of the pictures could be judged.")
            return code or TROUBLE
        found = report.figures(self._done)
        click.echo("")
        for line in report.summary(self._done, found):
            click.echo(line)
        written = self._write(found)
        return code or (FINE if written else TROUBLE)

    def _confirm(self, count: int) -> None:
        noun = "picture goes" if count == 1 else "pictures go"
        click.echo(
            f"{count} {noun} to {self._wanted.label}, at one call each that counts "
            "there; a call that fails is made once more. Where the service keeps "
            "statistics of your printer, the pictures become part of them."
        )
        if not self._wanted.yes:
            click.confirm("Go on?", abort=True)

    def _judge_all(self, pictures: Sequence[Picture]) -> int:
        width = report.name_width(pictures)
        click.echo(f"Pictures: {len(pictures)}. Backend: {self._wanted.label}.")
        try:
            for number, picture in enumerate(pictures, 1):
                self._done.append(self._judge(picture))
                self._tell_pace(len(pictures) - number)
                if number == 1:
                    click.echo("\n" + report.head(width))
                click.echo(report.row(self._done[-1], width))
        except Stopped as stopped:
            after = f"Stopped after {len(self._done)} of {len(pictures)}: "
            warn((after if self._done else "") + str(stopped))
            return TROUBLE
        except KeyboardInterrupt:
            warn(f"\nInterrupted after {len(self._done)} of {len(pictures)}.")
            return INTERRUPTED
        return FINE

    def _judge(self, picture: Picture) -> Judged:
        try:
            frame = read(picture, self._wanted.most_bytes)
            inspection = self._bench.judge(frame)
        except Unusable as unusable:
            return Judged(picture, problem=str(unusable))
        return Judged(picture, score_of(inspection.evidence), inspection.detections)

    def _tell_pace(self, left: int) -> None:
        """How long it will take, once that is known."""
        interval_s = self._bench.interval_s
        if self._pace_told or not left or interval_s <= 0:
            return
        self._pace_told = True
        minutes = math.ceil(left * interval_s / 60)
        warn(
            f"The service wants {interval_s:.0f} s between two calls: up to {minutes} "
            f"min for {left} more."
        )

    def _write(self, found: Optional[Figures]) -> bool:
        """Write what is wanted, one file whatever became of the other."""
        wanted, done = self._wanted, self._done
        went = []
        if wanted.csv is not None:
            write = partial(report.write_csv, wanted.csv, done, wanted.force)
            went.append(_try(wanted.csv, write))
        if wanted.json is not None:
            write = partial(
                report.write_json, wanted.json, wanted.key, done, found, wanted.force
            )
            went.append(_try(wanted.json, write))
        if wanted.sheet is not None:
            went.append(self._draw(wanted.sheet))
        return all(went)

    def _draw(self, path: Path) -> bool:
        count = sum(one.score is not None for one in self._done)
        title = f"AI Watch - {count} pictures, worst first - {self._wanted.label}"
        problem = ""
        if count > sheets.PER_PAGE:
            warn("Drawing the contact sheet ...")
        try:
            files = sheets.draw(path, title, self._done, self._wanted.force)
        except sheets.NotDrawn as error:
            files, problem = error.written, str(error)
        except KeyboardInterrupt:
            files, problem = (), "interrupted"
        for file in files:
            click.echo(f"Wrote {file}")
        if problem:
            warn(f"No (whole) contact sheet at {path}: {problem}.")
        return not problem


def _try(path: Path, write: Callable[[], None]) -> bool:
    try:
        write()
    except OSError as error:
        warn(f"{path} cannot be written: {error.strerror}.")
        return False
    click.echo(f"Wrote {path.absolute()}")
    return True
