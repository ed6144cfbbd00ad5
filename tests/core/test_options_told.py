"""What single values may be, to the last one that may, and what is said of the next."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from octoprint_aiwatch.core.options import (
    LOOKS_LIKE,
    MAX_CORNERS,
    MAX_TEXT,
    MAX_ZONES,
    MOST_DIGITS,
    MOST_URLS,
    OPTIONS,
    Option,
    check_number,
    check_option,
    check_service,
    check_services,
    check_url,
    check_zones,
    is_local,
    is_outside,
    number,
    ranges,
)
from octoprint_aiwatch.core.values import Reason

NUMBERS = [option for option in OPTIONS if option.low is not None]
TEXT = Option(("a", "text"), "as it was")
CHOICE = Option(("a", "choice"), "one", choices=("one", "two"))
SWITCH = Option(("a", "switch"), True)
OPTIONAL = Option(("a", "x_mm"), None, -1, 1)


def name_of(option: Option) -> str:
    return ".".join(option.path)


# -- numbers ---------------------------------------------------------------------------


@pytest.mark.parametrize("option", NUMBERS, ids=name_of)
def test_a_number_may_be_the_least_the_most_and_nothing_beyond(option: Option) -> None:
    assert option.low is not None
    assert option.high is not None
    for bound in (option.low, option.high):
        assert check_option(option, bound) == (bound, None)
    for beyond in (option.low - 1, option.high + 1):
        code = "use_whole_number" if option.whole else "use_number"
        reason = Reason(code, {"low": f"{option.low:g}", "high": f"{option.high:g}"})
        assert check_option(option, beyond) == (option.default, reason)


def test_times_and_shares_need_not_be_whole_but_counts_must() -> None:
    whole = {path for path, found in ranges().items() if found["whole"]}
    assert {"actions.max_pauses", "mqtt.port", "actions.park.standby_c"} <= whole
    assert not {path for path in whole if path.endswith("_s")}
    assert not whole & {"decision.none_below", "actions.park.lift_mm"}
    assert not Option(("a", "b", "wait_s"), 5).whole


def test_a_number_without_bounds_is_any_number() -> None:
    assert check_number("-5.5", None, None, False) == (-5.5, None)


def test_a_whole_number_is_one_whatever_it_is_written_as() -> None:
    value, wrong = check_number("3.0", 0, 5, True)
    assert (value, type(value), wrong) == (3, int, None)
    wrong = Reason("use_whole_number", {"low": "0", "high": "5"})
    assert check_number(2.5, 0, 5, True) == (None, wrong)


@pytest.mark.parametrize("raw", ["", None])
def test_a_number_that_need_not_be_given_may_be_left_out(raw: Any) -> None:
    assert check_option(OPTIONAL, raw) == (None, None)
    assert check_option(NUMBERS[0], raw)[1] is not None


def test_a_number_that_need_not_be_given_is_checked_if_it_is() -> None:
    assert check_option(OPTIONAL, "0.5") == (0.5, None)
    assert check_option(OPTIONAL, 0) == (0, None)
    wrong = Reason("use_number", {"low": "-1", "high": "1"})
    assert check_option(OPTIONAL, 2) == (None, wrong)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (5, 5.0),
        (" 5 ", 5.0),
        ("0" * (MOST_DIGITS - 1) + "5", 5.0),
        ("0" * MOST_DIGITS + "5", None),
        ("five", None),
        (10**400, None),
        ("nan", None),
        (float("inf"), None),
        (True, None),
        ([5], None),
        (None, None),
    ],
)
def test_a_number_is_what_is_finite_and_short(raw: Any, found: Optional[float]) -> None:
    assert number(raw) == found


# -- texts, choices, switches ----------------------------------------------------------


def test_a_text_has_its_limit() -> None:
    assert check_option(TEXT, "x" * MAX_TEXT) == ("x" * MAX_TEXT, None)
    wrong = Reason("use_text", {"most": MAX_TEXT})
    assert check_option(TEXT, "x" * (MAX_TEXT + 1)) == ("as it was", wrong)
    assert check_option(TEXT, 5) == ("as it was", wrong)


def test_a_choice_is_one_of_those_that_are_named() -> None:
    assert check_option(CHOICE, "two") == ("two", None)
    wrong = Reason("choose_one", {"names": "one, two"})
    assert check_option(CHOICE, "three") == ("one", wrong)


def test_a_switch_is_on_or_off() -> None:
    assert check_option(SWITCH, False) == (False, None)
    assert check_option(SWITCH, 0) == (True, Reason("say_yes_or_no"))


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("actions.on_warning", {"notify", "none"}),
        ("actions.on_failure", {"pause", "notify", "cancel"}),
        ("actions.park.tool", {"keep", "standby", "off"}),
    ],
)
def test_what_can_be_chosen_is_known(path: str, names: set[str]) -> None:
    (option,) = (one for one in OPTIONS if name_of(one) == path)
    assert set(option.choices) == names


# -- addresses -------------------------------------------------------------------------

NO_ADDRESS = Reason("not_an_address", {"example": LOOKS_LIKE})
LOGIN = Reason("login_in_address")


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://example.org:8443/x", None),
        ("http://box.lan", None),
        ("http://example.org", Reason("use_https")),
        ("https://me@example.org", LOGIN),
        ("https://:secret@example.org", LOGIN),
        ("ftp://example.org", NO_ADDRESS),
        ("https://", NO_ADDRESS),
        ("https://example.org:99999", NO_ADDRESS),
        ("http://[::1", NO_ADDRESS),
        ("example.org", NO_ADDRESS),
    ],
)
def test_it_is_said_what_is_wrong_with_an_address(
    url: str, wrong: Optional[Reason]
) -> None:
    assert check_url(url) == wrong


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.8.8",
        "::1",
        "169.254.1.1",
        "fe80::1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "fd00::1",
        "printer",
        "printer.local",
        "printer.lan",
        "printer.home",
        "printer.internal",
        "printer.home.arpa",
    ],
)
def test_this_machine_and_those_of_the_house_are_at_home(host: str) -> None:
    assert is_local(host)
    assert not is_outside(host)


@pytest.mark.parametrize(
    "host", ["example.org", "example.org.", "EXAMPLE.ORG", "local.a1", "8.8.8.8"]
)
def test_the_rest_is_outside(host: str) -> None:
    assert is_outside(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.1",
        "0x7f.1",
        "example.0x7f",
        "example.org.1",
        "PRINTER.LOCAL",
        "printer.local.",
        "printer.",
        "",
    ],
)
def test_what_may_lead_home_in_an_odd_spelling_is_not_outside(host: str) -> None:
    assert not is_outside(host)


# -- notification services -------------------------------------------------------------

NOT_APPRISE = Reason("not_for_apprise")
TOO_LONG = Reason("use_short_line", {"most": MAX_TEXT})


def long(length: int) -> str:
    return "json://" + "x" * (length - len("json://"))


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        ("json://host", None),
        (" json://host ", None),
        ("json+ssl://host name", None),
        ("json://host/?to=http://other", None),
        (long(MAX_TEXT), None),
        (long(MAX_TEXT + 1), TOO_LONG),
        ("json://ho\x1fst", TOO_LONG),
        ("json://ho\x7fst", TOO_LONG),
        ("json://ho!~\x80st", None),
        ("json://", NOT_APPRISE),
        ("json:// ", NOT_APPRISE),
        ("://host", NOT_APPRISE),
        ("+://host", NOT_APPRISE),
        ("json-ssl://host", NOT_APPRISE),
        ("json:host", NOT_APPRISE),
        ("json", NOT_APPRISE),
        ("", NOT_APPRISE),
        (5, NOT_APPRISE),
    ],
)
def test_it_is_said_what_is_wrong_with_a_service(
    raw: Any, wrong: Optional[Reason]
) -> None:
    assert check_service(raw) == wrong


def test_there_may_be_so_many_services_and_no_more() -> None:
    urls = tuple(f"json://{number}" for number in range(MOST_URLS))
    assert check_services(urls) == (urls, None)
    too_many = Reason("too_many_services", {"most": MOST_URLS})
    assert check_services([*urls, "json://last"]) == ((), too_many)
    assert check_services("json://host") == ((), too_many)


def test_the_first_service_that_is_wrong_is_told_of_and_the_others_stay() -> None:
    usable, wrong = check_services(["json://b", "x", " json://a ", long(MAX_TEXT + 1)])
    assert (usable, wrong) == (("json://b", "json://a"), NOT_APPRISE)


# -- zones -----------------------------------------------------------------------------

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))
BAD_ZONE = Reason("bad_zone")


def test_a_zone_reaches_from_border_to_border() -> None:
    assert check_zones([CORNERS]) == ((CORNERS,), None)
    assert check_zones([[list(one) for one in CORNERS]]) == ((CORNERS,), None)


def test_there_may_be_so_many_zones_and_no_more() -> None:
    assert check_zones((CORNERS,) * MAX_ZONES) == ((CORNERS,) * MAX_ZONES, None)
    assert check_zones((CORNERS,) * (MAX_ZONES + 1)) == ((), BAD_ZONE)


def test_a_zone_may_have_so_many_corners_and_no_more() -> None:
    most = ((0.5, 0.5),) * MAX_CORNERS
    assert check_zones([most]) == ((most,), None)
    assert check_zones([(*most, (0.5, 0.5))]) == ((), BAD_ZONE)
    assert check_zones([most[:2]]) == ((), BAD_ZONE)


@pytest.mark.parametrize("raw", [None, {}, "", 5, {CORNERS: 1}])
def test_what_is_no_list_of_zones_is_none(raw: Any) -> None:
    assert check_zones(raw) == ((), BAD_ZONE)


@pytest.mark.parametrize("zone", [None, 5, "abc", dict.fromkeys(CORNERS)])
def test_what_is_no_list_of_corners_is_no_zone(zone: Any) -> None:
    assert check_zones([zone]) == ((), BAD_ZONE)


@pytest.mark.parametrize(
    "corner",
    [
        (-0.01, 0.5),
        (1.01, 0.5),
        (0.5, -0.01),
        (0.5, 1.01),
        ("x", 0.5),
        (0.5, "y"),
        (0.5,),
        (0.5, 0.5, 0.5),
        0.5,
        "ab",
    ],
)
def test_one_corner_that_is_none_makes_all_zones_useless(corner: Any) -> None:
    assert check_zones([CORNERS, (*CORNERS, corner)]) == ((), BAD_ZONE)
