"""What a message says: title and text for people who are elsewhere. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from .deferred import dataclass
from .kinds import (
    BLINDED,
    BUDGET,
    FAILURE,
    PAUSE_CONFIRMED,
    PAUSE_FAILED,
    RECOVERED,
    WARNING,
    WATCH_ENDED,
)
from .latch import Tell
from .words import ENGLISH, Tongue, nested, say

LATE_AFTER_S = 120.0
TITLES: Mapping[str, str] = {
    WARNING: "title_warning",
    FAILURE: "title_failure_notify",
    PAUSE_CONFIRMED: "title_paused",
    PAUSE_FAILED: "title_pause_failed",
    BLINDED: "title_blinded",
    RECOVERED: "title_recovered",
    BUDGET: "title_budget",
    WATCH_ENDED: "title_watch_ended",
}
LEVELS: Mapping[str, str] = {
    WARNING: "warning",
    FAILURE: "failure",
    PAUSE_CONFIRMED: "failure",
    PAUSE_FAILED: "failure",
    BLINDED: "warning",
    RECOVERED: "success",
    BUDGET: "warning",
    WATCH_ENDED: "info",
}
PICTURED = frozenset((WARNING, FAILURE, PAUSE_CONFIRMED, PAUSE_FAILED, WATCH_ENDED))
"""Messages that the frame says something about."""


@dataclass(frozen=True)
class News:
    """What happened: what a message is made of.

    ``kind`` is one of :data:`kinds.KINDS`.
    """

    kind: str
    reason: str
    job: str = ""
    score: Optional[float] = None
    backend: str = ""


@dataclass(frozen=True)
class Tally:
    """What came to pass in one print, for the summary at its end."""

    since_s: float = 0.0
    warnings: int = 0
    failures: int = 0
    pauses: int = 0
    blind_s: float = 0.0
    blind_since: Optional[float] = None


def counted(tally: Tally, kind: str, now_s: float) -> Tally:
    """The tally with this news in it."""
    values = dict(vars(tally))
    names = {WARNING: "warnings", FAILURE: "failures", PAUSE_CONFIRMED: "pauses"}
    if kind in names:
        values[names[kind]] += 1
    if kind == BLINDED and tally.blind_since is None:
        values["blind_since"] = now_s
    if kind in (RECOVERED, WATCH_ENDED) and tally.blind_since is not None:
        values["blind_s"] = tally.blind_s + now_s - tally.blind_since
        values["blind_since"] = None
    return Tally(**values)


def summary(
    tally: Tally, params: Mapping[str, Any], now_s: float, tongue: Tongue = ENGLISH
) -> str:
    """The sentence at a print's end; `params` are those of its `watch_ended`."""
    return say(
        "watch_summary",
        {
            "outcome": nested(f"outcome_{params['outcome']}", {}),
            "checks": params["checks"],
            "time": duration(now_s - tally.since_s),
            "warnings": tally.warnings,
            "failures": tally.failures,
            "pauses": tally.pauses,
            "blind": duration(tally.blind_s),
        },
        tongue,
    )


def compose(
    tell: Tell, news: News, printer: str, link: str, tongue: Tongue = ENGLISH
) -> tuple[str, str, str]:
    """Title, text and level of a message."""
    title = say(TITLES[tell.kind], {}, tongue)
    if tell.repeated:
        title = say("title_again", {"title": title}, tongue)
    lines = [news.reason]
    if news.job:
        lines.append(say("line_job", {"job": news.job}, tongue))
    if news.score is not None:
        score = {"percent": round(100 * news.score), "backend": nested(news.backend, {})}
        lines.append(say("line_score", score, tongue))
    if tell.times > 1:
        lines.append(say("line_times", {"times": tell.times}, tongue))
    if link:
        lines.append(link)
    return (
        (f"{printer}: {title}" if printer else title),
        "\n".join(lines),
        LEVELS[tell.kind],
    )


def late(
    title: str, body: str, age_s: float, clock: str, tongue: Tongue = ENGLISH
) -> tuple[str, str]:
    """The message as it reads when it comes late.

    Args:
        clock: when it happened, as a person writes it.
    """
    if age_s < LATE_AFTER_S:
        return title, body
    line = say("line_late", {"clock": clock, "age": duration(age_s)}, tongue)
    return say("title_late", {"title": title}, tongue), f"{line}\n{body}"


def duration(seconds: float) -> str:
    """A time span as a person writes it."""
    seconds = max(0.0, seconds)
    minutes = round(seconds / 60.0)
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"
