"""aiwatch:evaluate with simulated services: paid calls, pace, trouble, secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator.clouds import (
    GadgetCloud,
    Judgement,
    ObicoCloud,
    ScriptedJudge,
    gadget_error,
    steady,
)

from tests.adapters.evaluating import Desk, table

KEY = "SECRET-KEY-1"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    return Desk(tmp_path)


def by_turns(*scores: float) -> ScriptedJudge:
    box = (0.9, 0.5, 0.5, 0.25, 0.25)
    return ScriptedJudge(lambda n, _: Judgement(scores[n % len(scores)], (box,)))


@pytest.fixture
def gadget() -> Iterator[GadgetCloud]:
    with GadgetCloud(steady(0.0), api_keys={KEY}, interval_s=40.0) as cloud:
        yield cloud


@pytest.fixture
def with_gadget(desk: Desk, gadget: GadgetCloud) -> Desk:
    fields = {"url": gadget.url, "api_key": KEY}
    desk.stored = {"backend": "gadget", "backends": {"gadget": fields}}
    return desk


@pytest.fixture
def obico() -> Iterator[ObicoCloud]:
    with ObicoCloud(by_turns(0.2, 1.7), {"SN-1": KEY}) as cloud:
        yield cloud


def test_a_service_gets_a_context_for_each_picture_at_its_own_pace(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    folder = with_gadget.folder(good=[140, 150], bad=[230])
    result = with_gadget.run(str(folder), "--yes", "--no-sheet")
    assert result.exit_code == 0, result.output
    paths = [call.path for call in gadget.calls("process")]
    assert len(paths) == len(set(paths)) == 3
    assert gadget.violations == []
    assert with_gadget.naps.lengths == [40.0, 40.0]
    assert result.stderr.count("40 s between two calls: up to 2 min for 2 more.") == 1


def test_before_calls_that_count_the_user_is_asked(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    folder = with_gadget.folder(good=[140, 150])
    result = with_gadget.run(str(folder), "--no-sheet", answer="n\n")
    assert "2 pictures go to Gadget (OctoEverywhere)" in result.stdout
    assert result.exit_code == 1
    assert gadget.requests == []
    assert with_gadget.run(str(folder), "--no-sheet", answer="y\n").exit_code == 0
    assert len(gadget.calls("process")) == 2


def test_without_anybody_to_ask_no_call_is_made(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    assert with_gadget.run(str(with_gadget.folder(good=[140]))).exit_code == 1
    assert gadget.requests == []


def test_the_detector_on_this_machine_asks_nobody(desk: Desk) -> None:
    result = desk.judge(desk.folder(good=[140]), "--no-sheet")
    assert "Go on?" not in result.output


def test_a_missing_key_is_said_with_what_to_do_and_nothing_is_asked(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    with_gadget.stored["backends"]["gadget"]["api_key"] = ""
    result = with_gadget.run(str(with_gadget.folder(good=[140])))
    assert result.exit_code == 1
    assert result.stderr.strip() == (
        "The API key is missing. Enter the API key in AI Watch's settings."
    )
    assert gadget.requests == []


def test_a_refused_key_ends_the_run_with_what_to_do(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    with_gadget.stored["backends"]["gadget"]["api_key"] = "SECRET-KEY-2"
    result = with_gadget.run(str(with_gadget.folder(good=[140, 150])), "--yes")
    assert result.exit_code == 1
    assert "does not accept the API key. Check the API key" in result.stderr
    assert len(gadget.requests) == 1


def test_no_secret_is_printed_even_if_a_service_says_it(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    gadget.script_create(gadget_error("OE_BAD_ARGS", f"bad key {KEY}"), forever=True)
    result = with_gadget.run(str(with_gadget.folder(good=[140])), "--yes")
    assert result.exit_code == 1
    assert "bad key [hidden]" in result.stderr
    assert KEY not in result.stdout + result.stderr


def test_a_service_that_is_down_is_given_up_after_a_few_tries(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    gadget.stop()
    folder = with_gadget.folder(good=[140, 150, 160, 170])
    result = with_gadget.run(str(folder), "--yes")
    assert result.exit_code == 1
    assert "127.0.0.1 refuses the connection. Check the address" in result.stderr
    assert with_gadget.naps.lengths == [10.0, 20.0]
    assert not Path("contact-sheet.jpg").exists()


def test_a_service_that_goes_down_midway_leaves_what_there_is(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    trouble = gadget_error("OE_INTERNAL_ERROR")
    gadget.judge = by_turns(0.1, 0.9)
    folder = with_gadget.folder(good=[140] * 4, bad=[230] * 4)

    def judge(number: int, _: bytes) -> Judgement:
        if number == 3:
            gadget.script(trouble, forever=True)
        return Judgement(0.5)

    gadget.judge = ScriptedJudge(judge)
    result = with_gadget.run(str(folder), "--yes", "--no-sheet")
    assert result.exit_code == 1
    assert "Stopped after 5 of 8: The service has a problem of its own" in result.stderr
    assert "4 judged: 2 good, 2 bad; 1 not judged." in result.stdout
    assert "ROC-AUC" in result.stdout


def test_a_stumble_is_tried_again_and_counts_for_nothing(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    gadget.script(gadget_error("OE_BACKEND_THROTTLED"))
    result = with_gadget.run(str(with_gadget.folder(good=[140])), "--yes", "--no-sheet")
    assert result.exit_code == 0
    assert "busy and asked us to wait. Trying again in 60 s." in result.stderr
    assert with_gadget.naps.lengths == [60.0]


def test_a_picture_that_a_service_refuses_is_left_out(
    with_gadget: Desk, gadget: GadgetCloud
) -> None:
    gadget.script(gadget_error("OE_IMAGE_DECODE_FAILED"))
    folder = with_gadget.folder(good=[140], bad=[230])
    result = with_gadget.run(str(folder), "--yes", "--no-sheet")
    assert result.exit_code == 0
    rows = table(result)
    assert rows["good/000.jpg"][1:] == ["-", "The service could not read this frame."]
    assert rows["bad/000.jpg"][1] != "-"


def test_obicos_pictures_have_a_print_of_their_own_and_a_score_of_at_most_1(
    desk: Desk, obico: ObicoCloud
) -> None:
    fields = {"url": obico.url, "serial_no": "SN-1", "access_token": KEY}
    desk.stored = {"backends": {"obico": fields}}
    folder = desk.folder(good=[140], bad=[230])
    result = desk.run(str(folder), "--backend", "obico", "--yes", "--json", "s.json")
    assert result.exit_code == 0, result.output
    prints = [call.form["print_id"] for call in obico.calls("predict")]
    assert len(set(prints)) == 2
    document = json.loads(Path("s.json").read_text())
    assert sorted(one["score"] for one in document["pictures"]) == [0.2, 1.0]
    assert document["pictures"][0]["detections"] == [
        {"confidence": 0.9, "x": 0.5, "y": 0.5, "w": 0.25, "h": 0.25}
    ]
    assert obico.violations == []


def test_a_made_up_token_is_the_same_for_the_whole_run(
    desk: Desk, obico: ObicoCloud
) -> None:
    obico.partner_tokens = {"partner-1"}
    fields = {"url": obico.url, "serial_no": "SN-1", "partner_token": "partner-1"}
    desk.stored = {"backend": "obico", "backends": {"obico": fields}}
    result = desk.run(str(desk.folder(good=[140, 150])), "--yes", "--no-sheet")
    assert result.exit_code == 0, result.output
    assert len({call.form["access_token"] for call in obico.calls("predict")}) == 1
