"""In whose language something is said: that of a request, or that of this OctoPrint.

Nothing here raises: a language that is not there is English.
"""

from __future__ import annotations

import gettext
from pathlib import Path
from typing import Any, Callable

import flask
import flask_babel

from ..core.words import ENGLISH, Tongue

FOLDER = Path(__file__).parents[1] / "translations"
DOMAIN = "messages"


def of_request() -> Tongue:
    """The language that OctoPrint finds for this request; other threads may use it."""
    if not flask.has_request_context() or "babel" not in flask.current_app.extensions:
        return ENGLISH
    translate: Tongue = flask_babel.get_translations().ugettext
    return translate


class Home:
    """The language of this OctoPrint, for people whose own is not known.

    Args:
        language: OctoPrint's default one as of now; "_default" stands for the browser's.
    """

    def __init__(self, language: Callable[[], Any]) -> None:
        self._language = language

    def __call__(self, text: str) -> str:
        wanted = [str(self._language())]
        catalog = gettext.translation(DOMAIN, FOLDER, languages=wanted, fallback=True)
        return catalog.gettext(text) if text else ""
