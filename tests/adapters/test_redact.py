"""No secret survives a log line or a message."""

from __future__ import annotations

import io
import json
import logging
import sys
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octoprint_aiwatch.adapters.redact import BLOT, MIN_LENGTH, Redactor

SECRET = "s3cr3t-key"
# The sign at its front keeps a secret from being part of an ordinary log line.
secrets = st.text(st.characters(codec="utf-8"), min_size=MIN_LENGTH, max_size=30).map(
    lambda text: "§" + "".join(text.split("]"))
)


def knowing(*values: str) -> Redactor:
    redactor = Redactor()
    redactor.learn(values)
    return redactor


def logged(redactor: Redactor, write: Any) -> str:
    """What a log file gets to see of what ``write`` logs."""
    stream = io.StringIO()
    logger = logging.Logger("aiwatch-test", logging.DEBUG)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logger.addHandler(handler)
    logger.addFilter(redactor)
    write(logger)
    return stream.getvalue()


# -- texts and messages ---------------------------------------------------------------


def test_a_text_without_secrets_stays_as_it_is() -> None:
    assert knowing(SECRET).clean("nothing to hide") == "nothing to hide"


def test_every_occurrence_is_blotted_out() -> None:
    text = f"{SECRET} and again {SECRET}"
    assert knowing(SECRET).clean(text) == f"{BLOT} and again {BLOT}"


def test_of_two_secrets_the_longer_goes_first() -> None:
    assert knowing("abcd", "abcdefgh").clean("abcdefgh") == BLOT


def test_a_replaced_key_is_still_hidden() -> None:
    redactor = knowing("old-key")
    redactor.learn(["new-key"])
    assert redactor.clean("old-key new-key") == f"{BLOT} {BLOT}"


@pytest.mark.parametrize("value", ["", "a", "abc"])
def test_a_value_too_short_to_be_a_key_hides_nothing(value: str) -> None:
    assert knowing(value).clean("abc a") == "abc a"


def test_a_message_keeps_its_shape() -> None:
    message = {"a": [1, None, True, 2.5, SECRET], "b": {"c": SECRET}, "d": (SECRET, 1)}
    assert knowing(SECRET).clean_all(message) == {
        "a": [1, None, True, 2.5, BLOT],
        "b": {"c": BLOT},
        "d": [BLOT, 1],
    }


def test_a_name_in_a_message_hides_nothing_either() -> None:
    assert knowing(SECRET).clean_all({SECRET: 1, 5: SECRET}) == {BLOT: 1, 5: BLOT}


nested = st.recursive(
    st.text(max_size=8) | st.integers() | st.none() | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | st.just("x" + SECRET), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(nested)
def test_no_secret_survives_in_any_message(message: Any) -> None:
    cleaned = knowing(SECRET).clean_all(message)
    assert SECRET not in json.dumps(cleaned)


@given(secrets, st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives_in_any_text(secret: str, before: str, after: str) -> None:
    redactor = knowing(secret)
    assert secret not in redactor.clean(before + secret + after)
    (cleaned,) = redactor.clean_all({before: [secret + after]}).values()
    assert secret not in cleaned[0]


@given(secrets)
def test_no_secret_survives_in_another_spelling(secret: str) -> None:
    redactor = knowing(secret)
    spellings = (
        json.dumps({"key": secret}),
        repr({"key": secret}),
        "https://a.example/?key=" + quote(secret, safe=""),
        "https://a.example/?key=" + quote_plus(secret),
    )
    for text in spellings:
        assert BLOT in redactor.clean(text)
        assert secret not in redactor.clean(text)


def test_a_secret_with_half_a_character_in_it_can_be_learnt() -> None:
    assert knowing("key-\ud800-key").clean("is key-\ud800-key") == f"is {BLOT}"


@given(secrets, st.integers(0, 40))
def test_a_text_cut_in_the_middle_of_a_secret_shows_less_than_a_key(
    secret: str, length: int
) -> None:
    start = secret[: max(MIN_LENGTH, length)]
    cleaned = knowing(secret).clean("The key " + start + "…")
    assert start not in cleaned
    assert cleaned.endswith("…") or start == secret


def test_a_text_cut_elsewhere_stays_as_it_is() -> None:
    assert knowing(SECRET).clean("nothing to hi…") == "nothing to hi…"


# -- published frames -----------------------------------------------------------------

TOKEN = "Zk3_x-9Qw7-frame-token-0123456789"


@pytest.mark.parametrize(
    "text",
    [
        "404 GET /plugin/aiwatch/frame/{}.jpg (127.0.0.1) 1.23ms",
        '"GET /p/?img=http%3A%2F%2Fpi%2Fplugin%2Faiwatch%2Fframe%2F{}.jpg HTTP/1.1"',
        "img=http%3a%2f%2fpi.local%2fplugin%2faiwatch%2fframe%2f{}.jpg",
    ],
)
def test_the_token_in_a_published_frames_address_is_blotted_out(text: str) -> None:
    assert Redactor().clean(text.format(TOKEN)) == text.format(BLOT)


def test_the_address_without_a_token_is_for_people() -> None:
    text = "did not fetch the frame from http://pi.local/plugin/aiwatch/frame/, where"
    assert Redactor().clean(text) == text


def test_a_published_frames_token_gets_into_no_log_line() -> None:
    line = logged(
        Redactor(), lambda log: log.warning("GET /plugin/aiwatch/frame/%s.jpg", TOKEN)
    )
    assert line == f"WARNING GET /plugin/aiwatch/frame/{BLOT}.jpg\n"


# -- log lines ------------------------------------------------------------------------


@given(secrets)
def test_no_secret_survives_in_a_log_line(secret: str) -> None:
    redactor = knowing(secret)

    def write(logger: logging.Logger) -> None:
        logger.info("%s", "x" + secret)
        logger.info("key %s of %d, again %s", secret, 5, secret)
        logger.info("named %(key)s", {"key": secret})
        logger.warning(secret)
        try:
            raise ValueError(secret)
        except ValueError:
            logger.exception("it broke")

    assert secret not in logged(redactor, write)


def test_a_line_with_a_secret_is_blotted_and_not_dropped() -> None:
    line = logged(knowing(SECRET), lambda log: log.info("the key is %s", SECRET))
    assert line == f"INFO the key is {BLOT}\n"


def test_a_line_without_a_secret_stays_as_it_is() -> None:
    line = logged(knowing(SECRET), lambda log: log.info("%d checks", 5))
    assert line == "INFO 5 checks\n"


def test_an_object_that_prints_a_secret_is_blotted() -> None:
    line = logged(knowing(SECRET), lambda log: log.info("%r", {"api_key": SECRET}))
    assert line == f"INFO {{'api_key': '{BLOT}'}}\n"


def test_an_exception_is_logged_without_the_secret_in_it() -> None:
    def write(logger: logging.Logger) -> None:
        try:
            raise ValueError(f"bad key {SECRET}")
        except ValueError:
            logger.exception("it broke")

    text = logged(knowing(SECRET), write)
    assert "it broke" in text
    assert f"ValueError: bad key {BLOT}" in text
    assert SECRET not in text


def test_a_record_holds_neither_the_exception_nor_arguments_with_a_secret() -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        info: Any = sys.exc_info()
    record = logging.LogRecord("a", 20, "f", 1, "%.3s", (SECRET,), info)
    knowing(SECRET).filter(record)
    assert SECRET not in repr(vars(record))
    assert record.getMessage() == "s3c"


def test_a_chain_of_exceptions_is_logged_without_the_secret_in_it() -> None:
    def write(logger: logging.Logger) -> None:
        try:
            try:
                raise KeyError(SECRET)
            except KeyError as error:
                raise ValueError("outer") from error
        except ValueError:
            logger.exception("it broke")

    text = logged(knowing(SECRET), write)
    assert "ValueError: outer" in text
    assert SECRET not in text


def test_a_text_of_an_exception_made_before_is_blotted_too() -> None:
    record = logging.LogRecord("a", 20, "f", 1, "it broke", None, None)
    record.exc_text = f"Traceback: {SECRET}"
    knowing(SECRET).filter(record)
    assert SECRET not in logging.Formatter().format(record)


def test_a_stack_is_blotted_too() -> None:
    record = logging.LogRecord("a", 20, "f", 1, "here", None, None)
    record.stack_info = f"Stack: call({SECRET!r})"
    knowing(SECRET).filter(record)
    assert SECRET not in logging.Formatter().format(record)


def test_an_exceptions_place_in_the_log_stays_readable() -> None:
    try:
        raise ValueError("no secret")
    except ValueError:
        info: Any = sys.exc_info()
    record = logging.LogRecord("a", 20, "f", 1, "it broke", None, info)
    knowing(SECRET).filter(record)
    assert "ValueError: no secret" in logging.Formatter().format(record)
    assert record.exc_info == info


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("cannot be printed")


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("%d", (SECRET,)),
        ("%s %s", (SECRET,)),
        ("no place", (SECRET,)),
        ("%s", (Unprintable(),)),
        ("%(missing)s", ({"key": SECRET},)),
        (f"%d {SECRET}", ("x",)),
    ],
)
def test_a_line_that_cannot_be_put_together_harms_neither_caller_nor_secret(
    message: str, args: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    line = logged(knowing(SECRET), lambda log: log.info(message, *args))
    assert line
    assert SECRET not in line + capsys.readouterr().err


def test_as_long_as_nothing_is_known_nothing_is_touched() -> None:
    record = logging.LogRecord("a", 20, "f", 1, "%s", (SECRET,), None)
    assert Redactor().filter(record) is True
    assert (record.msg, record.args) == ("%s", (SECRET,))
