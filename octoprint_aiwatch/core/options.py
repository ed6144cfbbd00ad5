"""What each setting may be: the table of options and the checks of single values."""

from __future__ import annotations

import ipaddress
import math
from typing import Any, Optional
from urllib.parse import urlsplit

from .deferred import dataclass
from .kinds import KINDS
from .values import Reason

Path = tuple[str, ...]
Polygon = tuple[tuple[float, float], ...]
Wrong = Optional[Reason]
"""What is wrong with a value; None if nothing."""
LOOKS_LIKE = "https://name.example"


@dataclass(frozen=True)
class Option:
    """One setting: where it is, what it may be, what it is if nobody said.

    A number whose default is None need not be given at all.
    """

    path: Path
    default: Any
    low: Optional[float] = None
    high: Optional[float] = None
    choices: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether a number must be a whole one; times and shares need not."""
        return isinstance(self.default, int) and not self.path[-1].endswith("_s")


MQTT_PASSWORD_PATH: Path = ("mqtt", "password")
OPTIONS: tuple[Option, ...] = (
    Option(("enabled",), True),
    Option(("camera", "name"), ""),
    Option(("camera", "timeout_s"), 10, 1, 60),
    Option(("camera", "max_bytes"), 8388608, 65536, 67108864),
    Option(("watch", "min_interval_s"), 10, 5, 3600),
    Option(("watch", "warmup"), True),
    Option(("watch", "give_way"), True),
    Option(("watch", "grace_start_s"), 60, 0, 3600),
    Option(("watch", "grace_resume_s"), 120, 0, 3600),
    Option(("watch", "blind_after_s"), 90, 10, 3600),
    Option(("decision", "warning_confidence"), 3, 1, 5),
    Option(("decision", "pause_confidence"), 3, 1, 5),
    Option(("decision", "none_below"), 0.36, 0.01, 1),
    Option(("decision", "maybe_above"), 0.78, 0.01, 1),
    Option(("decision", "failure_above"), 0.99, 0.01, 1),
    Option(("decision", "short_multiple"), 3.8, 0.1, 100),
    Option(("actions", "on_warning"), "notify", choices=("notify", "none")),
    Option(("actions", "on_failure"), "pause", choices=("pause", "notify", "cancel")),
    Option(("actions", "max_pauses"), 3, 0, 100),
    Option(("actions", "verify_s"), 30, 10, 300),
    Option(("actions", "safe_moment_s"), 0, 0, 30),
    Option(("actions", "park", "enabled"), False),
    Option(("actions", "park", "retract_mm"), 2.0, 0, 10),
    Option(("actions", "park", "lift_mm"), 10.0, 0, 100),
    Option(("actions", "park", "x_mm"), None, -1000, 2000),
    Option(("actions", "park", "y_mm"), None, -1000, 2000),
    Option(("actions", "park", "tool"), "keep", choices=("keep", "standby", "off")),
    Option(("actions", "park", "standby_c"), 150, 0, 300),
    Option(("notify", "attach_frame"), True),
    Option(("notify", "min_gap_s"), 600, 0, 86400),
    Option(("notify", "link"), ""),
    *(Option(("notify", "kinds", kind), True) for kind in KINDS),
    Option(("mqtt", "host"), ""),
    Option(("mqtt", "port"), 1883, 1, 65535),
    Option(("mqtt", "user"), ""),
    Option(MQTT_PASSWORD_PATH, ""),
    Option(("mqtt", "tls"), False),
    Option(("mqtt", "ca_file"), ""),
    Option(("mqtt", "topic"), ""),
    Option(("mqtt", "discovery"), True),
    Option(("mqtt", "frame"), True),
    Option(("history", "keep_jobs"), 50, 0, 1000),
    Option(("history", "keep_mb"), 500, 10, 100000),
    Option(("budget", "monthly_calls"), 0, 0, 100000000),
    Option(("cascade", "enabled"), False),
    Option(("cascade", "interval_s"), 600, 60, 3600),
)
ZONES_PATH: Path = ("camera", "ignore_zones")
URLS_PATH: Path = ("notify", "urls")
MOST_URLS = 20
MAX_ZONES = 50
MAX_CORNERS = 100
MAX_TEXT = 2048
MOST_DIGITS = 64
"""Of a number in a form; a text may be stored as it was sent."""
LOCAL_SUFFIXES = (".local", ".lan", ".home", ".internal", ".home.arpa")


def ranges() -> dict[str, dict[str, Any]]:
    """What each number may be, by its path, for the form."""
    return {
        ".".join(option.path): {
            "low": option.low,
            "high": option.high,
            "whole": option.whole,
            "optional": option.default is None,
        }
        for option in OPTIONS
        if option.low is not None
    }


def check_url(value: str) -> Wrong:
    """What is wrong with the address of a service.

    Plain http is for this machine and the home network only: a key sent to the outside
    must not be readable on its way.
    """
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return Reason("not_an_address", {"example": LOOKS_LIKE})
    if parts.scheme not in ("http", "https") or not host:
        return Reason("not_an_address", {"example": LOOKS_LIKE})
    if parts.username or parts.password:
        return Reason("login_in_address")
    if parts.scheme == "http" and not is_local(host):
        return Reason("use_https")
    return None


def is_local(host: str) -> bool:
    """Whether a host is this machine or one of the home network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith(LOCAL_SUFFIXES)
    return address.is_private


def is_outside(host: str) -> bool:
    """Whether a host is written as one of the internet.

    What a name leads to is another question; a last part without a letter at its start
    is an address in one of its odd spellings, as 127.1.
    """
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        last = host.rstrip(".").rpartition(".")[2]
        return not is_local(host.rstrip(".").lower()) and last[:1].isalpha()


def check_service(raw: Any) -> Wrong:
    """What is wrong with the address of a notification service.

    What the address means is Apprise's business; only its shape is looked at here.
    """
    raw = raw.strip() if isinstance(raw, str) else ""
    scheme, _, rest = raw.partition("://")
    if not rest or not scheme.replace("+", "").isalnum():
        return Reason("not_for_apprise")
    if len(raw) > MAX_TEXT or any(ord(char) < 32 or ord(char) == 127 for char in raw):
        return Reason("use_short_line", {"most": MAX_TEXT})
    return None


def check_services(raw: Any) -> tuple[tuple[str, ...], Wrong]:
    """The addresses that can be used, each once, and what is wrong with the rest."""
    if not isinstance(raw, (list, tuple)) or len(raw) > MOST_URLS:
        return (), Reason("too_many_services", {"most": MOST_URLS})
    wrong = next((found for found in map(check_service, raw) if found), None)
    usable = [one.strip() for one in raw if not check_service(one)]
    return tuple(dict.fromkeys(usable)), wrong


def check_option(option: Option, raw: Any) -> tuple[Any, Wrong]:
    """A setting's value, the default for one that cannot be used, and what is wrong."""
    default = option.default
    if isinstance(default, bool):
        known = isinstance(raw, bool)
        return (raw, None) if known else (default, Reason("say_yes_or_no"))
    if isinstance(default, str):
        return _check_text(option, raw)
    if default is None and raw in ("", None):
        return None, None
    value, wrong = check_number(raw, option.low, option.high, option.whole)
    return (default if wrong else value), wrong


def check_number(
    raw: Any, low: Optional[float], high: Optional[float], whole: bool
) -> tuple[Any, Wrong]:
    """A number within bounds, and what is wrong with it."""
    value = number(raw)
    if (
        value is None
        or (whole and value != int(value))
        or (low is not None and value < low)
        or (high is not None and value > high)
    ):
        code = "use_whole_number" if whole else "use_number"
        return None, Reason(code, {"low": f"{low:g}", "high": f"{high:g}"})
    return (int(value) if whole else value), None


def _check_text(option: Option, raw: Any) -> tuple[str, Wrong]:
    if not isinstance(raw, str) or len(raw) > MAX_TEXT:
        return option.default, Reason("use_text", {"most": MAX_TEXT})
    if option.choices and raw not in option.choices:
        return option.default, Reason("choose_one", {"names": ", ".join(option.choices)})
    return raw, None


def number(raw: Any) -> Optional[float]:
    """A finite number, also from a form's text; None if it is none."""
    if isinstance(raw, bool) or not isinstance(raw, (int, float, str)):
        return None
    if isinstance(raw, str) and len(raw) > MOST_DIGITS:
        return None
    try:
        value = float(raw)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def check_zones(raw: Any) -> tuple[tuple[Polygon, ...], Wrong]:
    """Polygons of at least three corners, x and y in 0..1."""
    wrong = Reason("bad_zone")
    if not isinstance(raw, (list, tuple)) or len(raw) > MAX_ZONES:
        return (), wrong
    zones: list[Polygon] = []
    for polygon in raw:
        corners = _corners(polygon)
        if corners is None:
            return (), wrong
        zones.append(corners)
    return tuple(zones), None


def _corners(polygon: Any) -> Optional[Polygon]:
    if not isinstance(polygon, (list, tuple)) or not 3 <= len(polygon) <= MAX_CORNERS:
        return None
    corners = []
    for corner in polygon:
        if not isinstance(corner, (list, tuple)) or len(corner) != 2:
            return None
        x, y = number(corner[0]), number(corner[1])
        if x is None or y is None or not (0 <= x <= 1 and 0 <= y <= 1):
            return None
        corners.append((x, y))
    return tuple(corners)
