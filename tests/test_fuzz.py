"""The fuzzer's properties in the ordinary suite, with a few inputs each.

What they are, and what makes a verdict that pauses, is in extras/fuzz/; `make fuzz` tries
a million inputs.
"""

from __future__ import annotations

import pytest
from fuzz import answers, documents, frames
from fuzz.answers import Finding
from fuzz.targets import TARGETS
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

BUSY = ("heat", "rows", "settings_save", "picture")
"""These take a hundred times as long as the others."""
NAMES = sorted(TARGETS)
quiet = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_decoder_starts_from_is_without_a_finding(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    assert seeds
    for data in seeds[:: 7 if name in BUSY else 1]:
        target.run(data)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in BUSY])
@given(data=st.binary(max_size=60))
@settings(quiet, max_examples=60)
@example(data=b"")
def test_a_decoder_takes_anything(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


@pytest.mark.parametrize("name", BUSY)
@given(data=st.binary(max_size=40))
@settings(quiet, max_examples=10)
def test_a_slow_decoder_takes_anything(name: str, data: bytes) -> None:
    TARGETS[name].run(data)


def test_the_properties_can_fail() -> None:
    """What is looked for is found where it is."""
    with pytest.raises(Finding):
        answers.inspected(answers.played(_always_pauses(), None), lambda: False)
    with pytest.raises(Finding):
        documents.answered(_Answer(b'{"score": NaN}'), 200)
    with pytest.raises(Finding):
        frames.expect(False, "never")


def test_every_backend_that_asks_a_service_is_fuzzed() -> None:
    keys = [key for key in answers.FIELDS if key != "local"]
    for key in keys:
        assert any(name.startswith(key + "_") for name in TARGETS), key
    assert {"wire", "heat"} <= set(TARGETS), "the detector of our own"


@pytest.mark.parametrize("key", [key for key in answers.FIELDS if key != "local"])
def test_what_holds_of_every_backend_holds_of_this_one(key: str) -> None:
    for seed in answers.seeds(key, "open", "inspect"):
        answers.any_inspect(key, seed)


class _Answer:
    status_code = 200
    mimetype = "application/json"

    def __init__(self, data: bytes) -> None:
        self.data = data


def _always_pauses():  # type: ignore[no-untyped-def]
    from octoprint_aiwatch.core.values import Inspection, RemoteEvidence

    return Inspection(RemoteEvidence(0.0, True, True))
    yield
