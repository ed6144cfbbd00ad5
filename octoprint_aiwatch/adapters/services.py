"""Notification services, by their addresses: secrets that only their ids stand for.

An id lets the form say which stored address it means, and the outbox which service has a
message, without anybody seeing the address.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ..core.options import URLS_PATH
from ..core.settings import Problem, get
from ..core.values import Reason
from .redact import BLOT

ID_DIGITS = 12
KEEP = "keep"
HOST = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|localhost|[\w-]+(?:\.[\w-]+)+|\[[0-9a-f:]+\]")
LEAST_PART, LEAST_PASSWORD = 8, 4


class Services:
    """The services among the settings.

    Args:
        salt: makes the ids say nothing about the addresses.
    """

    def __init__(self, salt: str) -> None:
        self._salt = salt.encode()

    def id_of(self, url: str) -> str:
        """What stands for an address, in the form and in the outbox."""
        digest = hmac.new(self._salt, url.strip().encode("utf-8", "replace"), "sha256")
        return digest.hexdigest()[:ID_DIGITS]

    def by_id(self, urls: Iterable[str]) -> dict[str, str]:
        """The addresses by their ids."""
        return {self.id_of(url): url for url in urls}

    def shown(self, tree: Any) -> list[dict[str, str]]:
        """What the form is told: an id and the kind of service for each address."""
        return [{"id": self.id_of(url), "name": name_of(url)} for url in stored(tree)]

    def resolved(
        self, data: Mapping[str, Any], tree: Any
    ) -> tuple[Mapping[str, Any], list[Problem]]:
        """The form's data with addresses in the place of ids.

        ``notify.urls`` is a list of new addresses as text and of ``{"keep": id}`` for
        stored ones; an empty one means "as it was", as with every secret.
        """
        raw = get(data, URLS_PATH)
        if not isinstance(raw, (list, tuple)):
            return data, []
        known = self.by_id(stored(tree))
        urls, problems = [], []
        for one in raw:
            url = known.get(str(one.get(KEEP))) if isinstance(one, Mapping) else one
            if url is None:
                gone = Reason("service_gone")
                problems.append(Problem(".".join(URLS_PATH), gone))
            else:
                urls.append(url)
        return {**data, "notify": {**data["notify"], "urls": urls}}, problems


def stored(tree: Any) -> list[str]:
    """The addresses in a tree of settings."""
    raw = get(tree, URLS_PATH, [])
    if not isinstance(raw, (list, tuple)):
        return []
    return [one.strip() for one in raw if isinstance(one, str) and one.strip()]


def name_of(url: str) -> str:
    """The kind of service, which is no secret."""
    return url.partition("://")[0].lower()[:40]


def secrets_of(url: str) -> list[str]:
    """What of an address must not be seen: itself, passwords, and whatever is no word.

    A topic of a plain word is blotted out of the service's own answer alone, by
    :func:`blotted`: the word may be an ordinary one of every log line.
    """
    found = [url]
    for part in _parts(url):
        if len(part) >= LEAST_PART and not part.isalpha():
            found.append(part)
    try:
        password = urlsplit(url).password
    except ValueError:
        password = None
    if password and len(password) >= LEAST_PASSWORD:
        found += [password, unquote(password)]
    return found


def blotted(url: str, text: str) -> str:
    """A text that is about this address, without any part of it."""
    for part in sorted((url, *_parts(url)), key=len, reverse=True):
        if len(part) >= LEAST_PASSWORD:
            text = text.replace(part, BLOT)
    return text


def _parts(url: str) -> Sequence[str]:
    """Everything behind the scheme that is not the name of a host."""
    scheme, _, rest = url.partition("://")
    body, _, query = rest.partition("?")
    pieces = re.split(r"[/@:]", body)
    pieces += [value for _, value in parse_qsl(query)]
    kept = [one for one in pieces if one and not HOST.fullmatch(one.lower())]
    spelt = dict.fromkeys([*kept, *map(unquote, kept)])
    return [one for one in spelt if one.lower() != scheme.lower()]
