"""The HTTP interface through a small Flask application."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any, Optional

import flask
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from octoprint_aiwatch.adapters.answers import refuse
from octoprint_aiwatch.adapters.shelf import Shelf
from octoprint_aiwatch.adapters.web import Web
from octoprint_aiwatch.core.settings import defaults, merged
from tests.adapters.fakes import FIELDS, FRAME, JPEG, Clock


class FakeRuntime:
    """Answers as a test wants it to."""

    def __init__(self) -> None:
        self.answer = (True, "Done.")
        self.asked: list[str] = []
        self.boxes: list[Any] = []
        self.last: Any = None

    def status(self) -> dict[str, Any]:
        return {"v": 1, "phase": "idle"}

    def command(
        self, name: str, box: Any, job: str = "", tongue: Any = None
    ) -> tuple[bool, str]:
        self.asked.append(f"{name} {job}".strip())
        self.boxes.append(box)
        return self.answer

    def frame(self) -> Any:
        return self.last


class FakeTrials:
    def __init__(self) -> None:
        self.document: Optional[dict[str, Any]] = {"ok": True}
        self.ran: list[Any] = []

    def run(self, settings: Any, tongue: Any) -> Optional[dict[str, Any]]:
        self.ran.append(settings)
        return self.document


class FakeZones:
    def __init__(self) -> None:
        self.added: list[Any] = []
        self.full = False

    def are_full(self) -> bool:
        return self.full

    def add(self, zone: Any) -> None:
        self.added.append(zone)


@pytest.fixture
def site() -> Any:
    """The four routes, a client, and what stands behind them."""
    tree = merged(defaults(FIELDS), {"backends": {"gadget": {"api_key": "STORED-KEY"}}})
    site = SimpleNamespace(
        runtime=FakeRuntime(),
        trials=FakeTrials(),
        tree=tree,
        learned=[],
        shelf=Shelf(Clock()),
        zones=FakeZones(),
        glance=vars,
    )
    web = Web(
        site.runtime,  # type: ignore[arg-type]
        site.trials,  # type: ignore[arg-type]
        FIELDS,
        lambda: site.tree,
        site.learned.append,
        site.shelf,
        site.zones,
    )
    app = flask.Flask("aiwatch-test")
    app.add_url_rule("/status", "status", web.status)
    app.add_url_rule("/command", "command", web.command, methods=["POST"])
    app.add_url_rule("/test", "test", web.test, methods=["POST"])
    glances: Any = SimpleNamespace(run=lambda camera, tongue: site.glance(camera))
    app.add_url_rule(
        "/snapshot", "snapshot", lambda: web.snapshot(glances), methods=["POST"]
    )
    app.add_url_rule("/check", "check", web.check, methods=["POST"])
    app.add_url_rule("/frame.jpg", "frame", web.frame)
    app.add_url_rule("/frame/<token>.jpg", "published", web.published)
    app.add_url_rule("/no", "no", lambda: refuse("forbidden", 403))
    site.client, site.app, site.web = app.test_client(), app, web
    return site


# -- the settings page ----------------------------------------------------------------


def test_a_glance_is_at_the_webcam_that_is_chosen_and_not_saved(site: Any) -> None:
    site.glance = lambda camera: {"seen": camera.name}
    answer = site.client.post("/snapshot", json={"camera": {"name": "attic"}})
    assert answer.get_json() == {"seen": "attic"}
    assert site.tree["camera"]["name"] == ""


def test_a_glance_that_is_not_ones_turn_is_refused(site: Any) -> None:
    site.glance = lambda camera: None
    assert site.client.post("/snapshot", json={}).status_code == 409


@pytest.mark.parametrize("camera", [{"name": 5}, {"timeout_s": "soon"}])
def test_a_glance_at_a_webcam_that_cannot_be_is_refused(site: Any, camera: Any) -> None:
    site.glance = lambda camera: {}
    answer = site.client.post("/snapshot", json={"camera": camera})
    assert answer.status_code == 400


def test_what_is_wrong_with_a_form_is_told_by_path(site: Any) -> None:
    typed = {"backend": "gadget", "watch": {"min_interval_s": 1}}
    answer = site.client.post("/check", json={"settings": typed, "secrets": []})
    problems = answer.get_json()["problems"]
    assert [one["path"] for one in problems] == [
        "watch.min_interval_s",
        "backends.gadget.api_key",
    ]


def test_a_key_that_the_form_has_is_not_missed(site: Any) -> None:
    body = {
        "settings": {"backend": "gadget"},
        "secrets": ["backends.gadget.api_key"],
    }
    assert site.client.post("/check", json=body).get_json() == {"problems": []}


@pytest.mark.parametrize("body", [{}, {"secrets": 5}, {"settings": [1], "secrets": [[]]}])
def test_a_form_that_makes_no_sense_is_no_error(site: Any, body: Any) -> None:
    assert site.client.post("/check", json=body).status_code == 200


# -- status and frame -----------------------------------------------------------------


def test_the_status_is_the_runtimes(site: Any) -> None:
    answer = site.client.get("/status")
    assert answer.status_code == 200
    assert answer.get_json() == {"v": 1, "phase": "idle"}


def test_without_a_frame_there_is_none(site: Any) -> None:
    answer = site.client.get("/frame.jpg")
    assert answer.status_code == 404
    assert answer.get_json() == {
        "error": {"code": "no_frame", "text": "There is no frame yet."}
    }


def test_the_frame_is_a_jpeg_that_nobody_may_keep_or_misread(site: Any) -> None:
    site.runtime.last = FRAME
    answer = site.client.get("/frame.jpg?n=5")
    assert (answer.status_code, answer.data) == (200, JPEG)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_published_frame_is_given_away_once(site: Any) -> None:
    path = f"/frame/{site.shelf.put(JPEG)}.jpg"
    answer = site.client.get(path)
    assert (answer.status_code, answer.data) == (200, JPEG)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "no-store"
    again = site.client.get(path)
    assert (again.status_code, again.get_json()["error"]["code"]) == (404, "no_frame")


def test_asking_for_the_headers_alone_does_not_use_a_token_up(site: Any) -> None:
    path = f"/frame/{site.shelf.put(JPEG)}.jpg"
    assert site.client.head(path).status_code == 404
    assert site.client.get(path).data == JPEG


def test_every_refusal_has_the_same_shape(site: Any) -> None:
    answer = site.client.get("/no")
    assert answer.status_code == 403
    assert answer.get_json() == {
        "error": {"code": "forbidden", "text": "You are not allowed to do this."}
    }


# -- commands -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["suppress", "unsuppress", "not_a_failure", "check_now"])
def test_each_command_is_handed_on_and_answered(site: Any, name: str) -> None:
    answer = site.client.post("/command", json={"command": name})
    assert answer.status_code == 200
    assert answer.get_json() == {
        "ok": True,
        "text": "Done.",
        "status": {"v": 1, "phase": "idle"},
    }
    assert site.runtime.asked == [name]


def may_print(site: Any, body: Any) -> Any:
    """The answer to somebody with OctoPrint's permission to print."""
    with site.app.test_request_context("/command", method="POST", json=body):
        answer, status = site.web.command(may_print=True)
    return status, answer.get_json()


@pytest.mark.parametrize("name", ["resume", "resume_unwatched", "cancel_print"])
def test_a_paused_print_is_told_what_to_do_by_who_may_print_alone(
    site: Any, name: str
) -> None:
    asked = {"command": name, "job": "id1"}
    assert site.client.post("/command", json=asked).status_code == 403
    assert site.runtime.asked == []
    assert may_print(site, asked)[0] == 200
    assert site.runtime.asked == [f"{name} id1"]


@pytest.mark.parametrize("job", [None, "", 5, ["id1"]])
def test_a_paused_print_must_be_named_by_its_job(site: Any, job: Any) -> None:
    status, answer = may_print(site, {"command": "resume", "job": job})
    assert (status, answer["error"]["code"]) == (400, "bad_request")
    assert may_print(site, {"command": "resume"})[0] == 400
    assert site.runtime.asked == []


BOX = {"x": 0.5, "y": 0.25, "w": 0.2, "h": 0.1}


def test_a_box_that_is_meant_is_handed_on(site: Any) -> None:
    asked = {"command": "not_a_failure", "box": BOX}
    assert site.client.post("/command", json=asked).status_code == 200
    assert vars(site.runtime.boxes[-1]) == {"confidence": 1.0, **BOX}
    assert site.zones.added == []


def test_a_place_that_is_always_to_be_ignored_becomes_a_zone_around_its_box(
    site: Any,
) -> None:
    asked = {"command": "always_ignore", "box": BOX}
    assert site.client.post("/command", json=asked).status_code == 200
    (zone,) = site.zones.added
    assert zone[0] == pytest.approx((0.38, 0.19))
    assert zone[2] == pytest.approx((0.62, 0.31))


def test_with_no_room_for_another_zone_nothing_is_done(site: Any) -> None:
    site.zones.full = True
    asked = {"command": "always_ignore", "box": BOX}
    answer = site.client.post("/command", json=asked)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "zones_full")
    assert site.runtime.asked == site.zones.added == []


def test_a_box_that_is_gone_makes_no_zone(site: Any) -> None:
    site.runtime.answer = (False, "That box is not there.")
    asked = {"command": "always_ignore", "box": BOX}
    assert site.client.post("/command", json=asked).status_code == 409
    assert site.zones.added == []


@pytest.mark.parametrize(
    "body",
    [
        {"command": "always_ignore"},
        {"command": "always_ignore", "box": {"x": 0.5}},
        {"command": "not_a_failure", "box": [0.5, 0.5, 0.1, 0.1]},
        {"command": "not_a_failure", "box": {**BOX, "w": 1.5}},
        {"command": "not_a_failure", "box": {**BOX, "x": "nan"}},
        {"command": "suppress", "box": BOX},
    ],
)
def test_a_box_that_makes_no_sense_is_a_bad_request(site: Any, body: Any) -> None:
    assert site.client.post("/command", json=body).status_code == 400
    assert site.runtime.asked == []


def test_a_command_that_is_not_possible_now_is_a_conflict(site: Any) -> None:
    site.runtime.answer = (False, "There is no print to do this for.")
    answer = site.client.post("/command", json={"command": "suppress"})
    assert answer.status_code == 409
    assert answer.get_json() == {
        "error": {"code": "not_now", "text": "There is no print to do this for."}
    }


def is_bad_request(answer: Any) -> bool:
    error = answer.get_json()["error"]
    assert error["text"].startswith("The request cannot be used: ")
    return (answer.status_code, error["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "body", [{}, {"command": "explode"}, {"command": None}, {"command": ["suppress"]}]
)
def test_an_unknown_command_is_a_bad_request(site: Any, body: Any) -> None:
    answer = site.client.post("/command", json=body)
    assert is_bad_request(answer)
    assert "suppress" in answer.get_json()["error"]["text"]
    assert site.runtime.asked == []


@pytest.mark.parametrize("path", ["/command", "/test"])
@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"null", "application/json"),
        (b"[1]", "application/json"),
        (b'"suppress"', "application/json"),
        (b"\xff", "application/json"),
        (b"[" * 50_000, "application/json"),
        (b'{"command": "suppress"}', "text/plain"),
        (b"command=suppress", "application/x-www-form-urlencoded"),
    ],
)
def test_a_body_that_is_no_json_object_is_a_bad_request(
    site: Any, path: str, data: bytes, content_type: str
) -> None:
    answer = site.client.post(path, data=data, content_type=content_type)
    assert is_bad_request(answer)
    assert site.runtime.asked == []
    assert site.trials.ran == []


# -- the test -------------------------------------------------------------------------


def test_a_test_runs_with_what_is_stored(site: Any) -> None:
    answer = site.client.post("/test", json={"backend": "gadget"})
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})
    (used,) = site.trials.ran
    assert used.backend == "gadget"
    assert used.fields("gadget")["api_key"] == "STORED-KEY"


def test_a_test_runs_with_what_is_typed(site: Any) -> None:
    body = {
        "backend": "obico",
        "fields": {"serial_no": "SN", "access_token": "TYPED-TOKEN"},
        "camera": {"name": "bed"},
    }
    site.client.post("/test", json=body)
    (used,) = site.trials.ran
    assert used.backend == "obico"
    assert used.fields("obico")["serial_no"] == "SN"
    assert used.camera.name == "bed"


def test_a_typed_secret_is_known_to_the_redaction_before_it_is_used(site: Any) -> None:
    def run(*_: Any) -> Any:
        assert site.learned, "used before it was known"
        return {"ok": True}

    site.trials.run = run
    body = {"backend": "gadget", "fields": {"api_key": "TYPED-KEY"}}
    site.client.post("/test", json=body)
    assert site.learned[0]["backends"]["gadget"]["api_key"] == "TYPED-KEY"


def test_a_stored_secret_does_not_go_to_a_typed_address(site: Any) -> None:
    body = {"backend": "gadget", "fields": {"url": "https://elsewhere.example"}}
    site.client.post("/test", json=body)
    (used,) = site.trials.ran
    assert used.fields("gadget") == {"url": "https://elsewhere.example", "api_key": ""}


def test_nothing_is_stored_by_a_test(site: Any) -> None:
    before = merged(site.tree, {})
    body = {"backend": "gadget", "fields": {"api_key": "TYPED-KEY"}}
    site.client.post("/test", json=body)
    assert site.tree == before


@pytest.mark.parametrize("backend", [None, "", "nobody", 5, ["gadget"], {}])
def test_an_unknown_backend_is_a_bad_request(site: Any, backend: Any) -> None:
    answer = site.client.post("/test", json={"backend": backend})
    assert is_bad_request(answer)
    known = ", ".join(sorted(FIELDS))
    assert known in answer.get_json()["error"]["text"]


@pytest.mark.parametrize(
    "body",
    [
        {"backend": "gadget", "fields": {"url": "http://outside.example"}},
        {"backend": "gadget", "fields": {"url": 5}},
        {"backend": "gadget", "fields": {"api_key": ["x"]}},
        {"backend": "gadget", "fields": {"api_key": "two\nlines"}},
        {"backend": "gadget", "camera": {"timeout_s": "soon"}},
        {"backend": "gadget", "camera": {"name": 5}},
    ],
)
def test_a_value_that_cannot_be_used_is_a_bad_request(site: Any, body: Any) -> None:
    assert is_bad_request(site.client.post("/test", json=body))
    assert site.trials.ran == []


def test_a_bad_value_elsewhere_does_not_keep_a_test_from_running(site: Any) -> None:
    site.tree = merged(site.tree, {"watch": {"min_interval_s": "broken"}})
    site.tree = merged(site.tree, {"backends": {"obico": {"url": "broken"}}})
    assert site.client.post("/test", json={"backend": "gadget"}).status_code == 200


def test_while_one_test_runs_another_is_a_conflict(site: Any) -> None:
    site.trials.document = None
    answer = site.client.post("/test", json={"backend": "gadget"})
    assert answer.status_code == 409
    assert answer.get_json() == {
        "error": {"code": "test_busy", "text": "Another test is still running."}
    }


def test_a_tests_picture_comes_through(site: Any) -> None:
    picture = "data:image/jpeg;base64," + base64.b64encode(JPEG).decode("ascii")
    site.trials.document = {"ok": True, "frame": picture}
    answer = site.client.post("/test", json={"backend": "gadget"})
    assert answer.get_json()["frame"] == picture


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=4) | st.sampled_from(["url", "api_key", "name"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "command": anything | st.just("suppress"),
            "backend": anything | st.just("gadget"),
            "fields": anything,
            "camera": anything,
        },
    )
)
def test_whatever_is_sent_is_answered(site: Any, body: Any) -> None:
    for path in ("/command", "/test"):
        answer = site.client.post(path, json=body)
        assert answer.status_code in (200, 400)
        assert isinstance(answer.get_json(), dict)
