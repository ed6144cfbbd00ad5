"""The history over HTTP: checks, delegates, answers; see :mod:`adapters.web`."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any, Callable, Optional, TypeVar, Union

import flask

from ...core.options import OPTIONS, check_option
from ...core.settings import History
from ...core.words import say
from ..answers import Answer, body, picture, refuse
from ..tongue import of_request
from .archive import exported
from .entries import Wish
from .reader import Reader, nothing_yet
from .replaying import Replays
from .writer import Writer

T = TypeVar("T")

MARKS = ("right", "wrong", None)
DECISION = {option.path[1]: option for option in OPTIONS if option.path[0] == "decision"}
MARK_HELP = 'mark must be "right", "wrong" or null'


class HistoryPages:
    """What the plugin's routes of the history delegate to.

    Args:
        limits: what is to be kept as of now.
        clean: takes secrets out of a JSON-like value.
        running: the job under way, as the status has it.
    """

    def __init__(
        self,
        writer: Writer,
        reader: Reader,
        limits: Callable[[], History],
        clean: Callable[[Any], Any],
        running: Callable[[], Optional[Mapping[str, Any]]] = lambda: None,
    ) -> None:
        self._writer = writer
        self._reader = reader
        self._limits = limits
        self._clean = clean
        self._running = running
        self._replays = Replays(reader)

    def jobs(self) -> Answer:
        """``GET api/jobs``"""
        limits = self._limits()

        def look() -> dict[str, Any]:
            return {
                "jobs": self._reader.jobs(of_request()),
                "used_mb": self._reader.used_mb(),
                "keep_jobs": limits.keep_jobs,
                "keep_mb": limits.keep_mb,
            }

        return self._answer(look)

    def job(self, job: str) -> Answer:
        """``GET api/jobs/<id>``; the running one is there before anything is kept."""

        def look() -> Optional[dict[str, Any]]:
            found = self._reader.job(job, of_request())
            running = None if found else self._running()
            if running is not None and running["id"] == job:
                return nothing_yet(running)
            return found

        return self._answer(look)

    def check(self, job: str, number: Union[int, str]) -> Answer:
        """``GET api/jobs/<id>/checks/<n>``"""

        def look() -> Optional[dict[str, Any]]:
            found = self._reader.check(job, whole(number), of_request())
            if found is not None:
                del found["record"]
            return found

        return self._answer(look)

    def frame(self, job: str, number: Union[int, str]) -> Any:
        """``GET api/jobs/<id>/frames/<n>.jpg``"""
        try:
            jpeg = self._reader.frame(job, whole(number))
        except sqlite3.Error:
            return refuse("history_unreadable", 503)
        return refuse("no_such_frame", 404) if jpeg is None else picture(jpeg)

    def export(self, job: str) -> Any:
        """``GET api/jobs/<id>/export.zip``"""
        try:
            if self._reader.settings(job) is None:
                return refuse("no_such_job", 404)
        except sqlite3.Error:
            return refuse("history_unreadable", 503)
        pieces = exported(self._reader, job, self._clean)
        response = flask.Response(pieces, mimetype="application/zip")
        # The id is safe as a name; a print's own name may be anything.
        name = f"aiwatch-{job}.zip"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        response.headers["Cache-Control"] = "no-store"
        return response

    def mark(self, job: str) -> Answer:
        """``POST api/jobs/<id>/mark {"mark": "right" | "wrong" | null}``"""
        given = body()
        mark = given.get("mark")
        if "mark" not in given or not (mark is None or mark in MARKS):
            return refuse("bad_request", 400, detail=MARK_HELP)
        return self._wish(Wish("mark", job, mark))

    def delete(self, job: Optional[str] = None) -> Answer:
        """``DELETE api/jobs/<id>``, and of all of them ``DELETE api/jobs``"""
        return self._wish(Wish("delete", job))

    def replay(self) -> Answer:
        """``POST api/replay {"job": id, "decision": {...}}``"""
        given = body()
        job, decision = given.get("job"), given.get("decision", {})
        if not isinstance(job, str):
            return refuse("bad_request", 400, detail="job must be the id of a job")
        changed, problem = changes_in(decision)
        if problem:
            return refuse("bad_request", 400, detail=problem)
        try:
            document, could = self._replays.run(job, changed)
        except sqlite3.Error:
            return refuse("history_unreadable", 503)
        if not could:
            return refuse("replay_busy", 409)
        if document is None:
            return refuse("no_such_job", 404)
        return flask.jsonify(document), 200

    def _wish(self, wish: Wish) -> Answer:
        wish = self._writer.ask(wish)
        if wish.failed:
            return refuse("history_busy", 503)
        if not wish.found and wish.job is not None:
            return refuse("no_such_job", 404)
        return flask.jsonify({"ok": True}), 200

    def _answer(self, look: Callable[[], Optional[dict[str, Any]]]) -> Answer:
        try:
            document = look()
        except sqlite3.Error:
            return refuse("history_unreadable", 503)
        if document is None:
            return refuse("no_such_job", 404)
        return flask.jsonify(self._clean(document)), 200


def whole(number: Union[int, str]) -> int:
    """The number of a check in an address; -1, which none has, if it is none."""
    if isinstance(number, str):
        return int(number) if number.isdecimal() and len(number) < 10 else -1
    return number


def changes_in(raw: Any) -> tuple[dict[str, Any], str]:
    """Settings of the decision to be tried, and what is wrong with them, in words."""
    if not isinstance(raw, Mapping):
        return {}, "decision must be an object"
    changed: dict[str, Any] = {}
    for name, value in raw.items():
        option = DECISION.get(name)
        if option is None:
            return {}, "decision may have " + ", ".join(DECISION)
        changed[name], wrong = check_option(option, value)
        if wrong:
            said = say(wrong.code, wrong.params, of_request())
            return {}, f"{name}: {said.rstrip('.。')}"
    return changed, ""
