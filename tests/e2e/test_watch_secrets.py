"""No secret comes out anywhere, not at debug level, not through a server's own words."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from urllib.parse import quote

import pytest
import requests
from simulator.clouds import (
    InferenceServer,
    ObicoMlServer,
    ObicoSuperCloud,
    gadget_error,
    obico_error,
)
from simulator.replies import Reply

from tests.adapters.broker import USER, Broker, Ear
from tests.adapters.delivering import Service
from tests.e2e.support_watch import SOON_S, Rig, codes

# Each begins like nothing else that is written, and has what is often escaped.
MARK = "hush-hush"
KEY = "hush-hush-1-gadget/key+of=the tests&0"
SERIAL = "hush-hush-2-serial-of-the-tests-0"
TOKEN = "hush-hush-3-access%token'of\"the-tests-0"
PARTNER = "hush-hush-4-partner-token-of-the-tests-0"
TYPED = "hush-hush-5-typed-into-the-test-form-0"
REPLACED = "hush-hush-6-replaced-in-the-settings-0"
ML = "hush-hush-8-token-of-the-ml-api-0"
INFERENCE = "hush-hush-9-token-of-the-inference-server-0"
SUPER = "hush-hush-10-token-of-obicos-partner-0"
CAMERA = "hush-hush-7-password-of-the-webcam-0"
SERVICE = "hush-hush-10-password-of-the-service-0"
TOPIC = "hush-hush-11-topic-of-the-service-0"
BROKER = "hush-hush-12-password-of-the-broker-0"


@pytest.fixture(scope="module")
def rig(module_workshop) -> Rig:
    rig = Rig(module_workshop, debug_log=True)
    rig.gadget.cloud.api_keys = {KEY, REPLACED}
    rig.gadget.secrets = {"api_key": KEY}
    rig.obico.cloud.partner_tokens.add(PARTNER)
    rig.obico.secrets = {
        "serial_no": SERIAL,
        "access_token": TOKEN,
        "partner_token": PARTNER,
    }
    return rig


def press_test(rig: Rig, backend: str, **fields: str) -> str:
    body = {"backend": backend, "fields": fields}
    answer = rig.host.post("/plugin/aiwatch/api/test", json=body)
    assert answer.ok
    return answer.text


def wait_reason(rig: Rig, code: str) -> str:
    """Checks until a reason is said."""

    def said() -> str:
        status = rig.host.watch_command("check_now")["status"]
        return status["reason"] if codes(status)[0] == code else ""

    return rig.host.wait(said, SOON_S, f"reason {code}")


def echo(secret: str, filled_to: int = 0) -> str:
    """The words of a server that repeats what it was sent, in every spelling.

    Long words are cut, which must not bring the first half of a secret to light.
    """
    spelt = (secret, quote(secret, safe=""), json.dumps(secret), repr(secret))
    return "bad: " + " ".join(spelt) if not filled_to else "x" * filled_to + secret


def with_gadget(rig: Rig) -> list[str]:
    """Success, failures and echoes with Gadget; what people were told."""
    cloud, told = rig.gadget.cloud, []
    rig.prepare("gadget")
    with rig.printing():
        rig.check()
        rig.gadget.reply(gadget_error("OE_BAD_ARGS", echo(KEY), status=404))
        cloud.script_create(gadget_error("OE_BAD_ARGS", echo(KEY)), forever=True)
        told.append(wait_reason(rig, "args_refused"))
        told.append(press_test(rig, "gadget"))
        cloud.unscript_create()
        cloud.api_keys = {REPLACED}
        cloud.unscript()
        told.append(wait_reason(rig, "api_key_refused"))
        rig.host.save_settings({"backends": {"gadget": {"api_key": REPLACED}}})
        rig.wait_status(lambda status: status["verdict"] == "ok", "the new key at work")
        rig.gadget.reply(Reply(drop=True))
        told.append(wait_reason(rig, "reset"))
        rig.gadget.reply(Reply(302, headers={"Location": f"{cloud.url}/{quote(KEY)}"}))
        told.append(wait_reason(rig, "redirect"))
        # The key of before is still nobody's business.
        rig.gadget.reply(gadget_error("OE_BAD_ARGS", echo(KEY), status=404))
        cloud.script_create(gadget_error("OE_BAD_ARGS", echo(KEY)), forever=True)
        told.append(wait_reason(rig, "args_refused"))
        told.append(press_test(rig, "gadget", api_key=TYPED, url=cloud.url))
        cloud.unscript_create()
    return told


def with_obico(rig: Rig) -> list[str]:
    """The same with Obico."""
    cloud, told = rig.obico.cloud, []
    rig.prepare("obico")
    with rig.printing():
        rig.check()
        cloud.expire_token(SERIAL)
        cloud.unscript()
        rig.check()
        for secret in (TOKEN, SERIAL):
            for filled_to in (0, 140):
                rig.obico.reply(obico_error(400, echo(secret, filled_to)))
                told.append(wait_reason(rig, "request_refused"))
                told.append(press_test(rig, "obico"))
        cloud.script_create(obico_error(400, echo(PARTNER)), forever=True)
        rig.obico.reply(obico_error(401, echo(TOKEN)))
        told.append(wait_reason(rig, "args_refused"))
        told.append(press_test(rig, "obico", access_token=TYPED))
        cloud.unscript_create()
    return told


def with_a_webcam_that_has_a_password(rig: Rig) -> list[str]:
    """A webcam that refuses the login which stands in its address."""
    url = rig.camera.snapshot_url.replace("http://", f"http://user:{CAMERA}@")
    rig.gadget.secrets = {"api_key": REPLACED}
    rig.prepare("gadget")
    with rig.printing():
        rig.check()
        body = {"plugins": {"classicwebcam": {"snapshot": url}}}
        assert rig.host.post("/api/settings", json=body).ok
        rig.check()
        rig.camera.mode = "401"
        told = [wait_reason(rig, "snapshot_refused"), press_test(rig, "gadget")]
    # What OctoPrint itself shows of its webcam is OctoPrint's.
    body["plugins"]["classicwebcam"]["snapshot"] = rig.camera.snapshot_url
    assert rig.host.post("/api/settings", json=body).ok
    return told


def with_obico_ml(rig: Rig, server: ObicoMlServer) -> list[str]:
    """A server that repeats the token, that wants another, and that cannot fetch."""
    told = []
    fields = {"url": server.url, "token": ML, "callback_url": rig.host.url}
    rig.host.save_settings({"backends": {"obico_ml": fields}})
    for reply in (Reply(400, json={"detections": [], "message": echo(ML)}), Reply(401)):
        server.script(reply)
        told.append(press_test(rig, "obico_ml"))
    told.append(press_test(rig, "obico_ml", callback_url="http://127.0.0.1:1"))
    assert "Bearer " + ML in {
        call.headers.get("authorization") for call in server.calls("judge")
    }
    return told


def with_kserve(rig: Rig, server: InferenceServer) -> list[str]:
    """A server that repeats the token, and one that wants another."""
    fields = {"url": server.url, "token": INFERENCE}
    rig.host.save_settings({"backends": {"kserve": fields}})
    server.script(Reply(400, json={"error": echo(INFERENCE)}))
    told = [press_test(rig, "kserve")]
    server.token = "another"
    return [*told, press_test(rig, "kserve")]


def with_obico_super(rig: Rig, cloud: ObicoSuperCloud) -> list[str]:
    """A cloud that repeats the token, and one that wants another."""
    fields = {"url": cloud.url, "token": SUPER, "printer_id": "garage"}
    rig.host.save_settings({"backends": {"obico_super": fields}})
    cloud.script(obico_error(400, echo(SUPER)))
    told = [press_test(rig, "obico_super")]
    cloud.partner_tokens = {"another"}
    return [*told, press_test(rig, "obico_super")]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.stop()


@pytest.fixture(scope="module")
def broker(tmp_path_factory) -> Iterator[Broker]:
    broker = Broker(tmp_path_factory.mktemp("broker") / "home", password=BROKER)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def ear(broker) -> Iterator[Ear]:
    ear = Ear(broker)
    yield ear
    ear.close()


def with_a_broker(rig: Rig, broker: Broker, ear: Ear) -> None:
    """A broker that is told what goes on, and one that refuses the login."""
    login = {"host": "127.0.0.1", "port": broker.port, "user": USER, "password": BROKER}
    rig.gadget.secrets = {"api_key": REPLACED}
    rig.prepare("gadget", mqtt={**login, "user": "nobody"})
    refusal = "does not accept user name and password"
    rig.host.wait(lambda: refusal in rig.host.log_text(), SOON_S, "the refusal")
    rig.prepare("gadget", mqtt=login)
    with rig.printing():
        rig.check()
        rig.gadget.reply(gadget_error("OE_BAD_ARGS", echo(REPLACED), status=404))
        rig.gadget.cloud.script_create(
            gadget_error("OE_BAD_ARGS", echo(BROKER)), forever=True
        )
        rig.host.watch_command("check_now")
        rig.host.wait(
            lambda: any(b"[hidden]" in payload for _, payload in ear.heard),
            2 * SOON_S,
            "the server's words on MQTT",
        )
    rig.gadget.cloud.unscript_create()


def with_a_service(rig: Rig, service: Service) -> list[str]:
    """A service that takes messages, refuses, hangs up, and repeats what it was sent."""
    url = f"json://user:{quote(SERVICE)}@127.0.0.1:{service.port}/{TOPIC}"
    rig.gadget.secrets = {"api_key": REPLACED}
    rig.prepare("gadget", notify={"urls": [url], "min_gap_s": 0})
    with rig.printing():
        rig.gadget.say("warning")
        rig.host.watch_command("check_now")
        rig.host.wait(lambda: service.got, 2 * SOON_S, "the message")
    service.status, service.words = 401, echo(SERVICE) + echo(TOPIC)
    told = []
    for body in ({"url": url}, {"url": url + "?rto=1"}, {"url": f"json://{TOPIC}"}):
        answer = rig.host.post("/plugin/aiwatch/api/notify_test", json=body)
        assert answer.ok
        told.append(answer.text)
    with rig.printing():
        rig.host.watch_command("check_now")
        rig.host.wait(
            lambda: "could not be delivered through json" in rig.host.log_text(),
            2 * SOON_S,
            "the line",
        )
        service.status = 200
    return told


@pytest.fixture(scope="module")
def told(rig, module_workshop, service, broker, ear) -> str:
    """What people were told while all of it went on."""
    told = with_gadget(rig) + with_obico(rig)
    told += with_obico_ml(rig, module_workshop.obico_ml(token=ML))
    told += with_kserve(rig, module_workshop.inference(token=INFERENCE))
    told += with_obico_super(rig, module_workshop.obico_super(tokens={SUPER}))
    told += with_a_webcam_that_has_a_password(rig)
    with_a_broker(rig, broker, ear)
    told += with_a_service(rig, service)
    return "\n".join(told)


def test_the_words_of_a_server_are_shown_without_the_secrets_in_them(told):
    assert "[hidden]" in told, "the servers did repeat them"
    assert MARK not in told


def test_the_logs_have_no_secret_at_debug_level(rig, told):
    log = rig.host.log_text()
    assert " - urllib3.connectionpool - DEBUG - " in log, "the loudest of all was heard"
    assert "[hidden]" in log, "the servers' words were logged"
    files = [path for path in rig.host.basedir.rglob("*.log*") if path.is_file()]
    assert len(files) > 1
    for path in files:
        assert MARK not in path.read_text(errors="replace"), path.name


def test_nothing_that_is_kept_beside_the_settings_has_a_secret(rig, told):
    for path in rig.host.basedir.rglob("*"):
        if path.is_file() and not path.name.startswith("config.yaml"):
            assert MARK.encode() not in path.read_bytes(), path.name


def test_nothing_that_was_pushed_has_a_secret(rig, told):
    pushed = json.dumps([event.data for event in rig.host.events()])
    assert "[hidden]" in pushed
    assert MARK not in pushed


def test_the_status_and_the_settings_have_no_secret(rig, told):
    assert MARK not in rig.host.get("/plugin/aiwatch/api/status").text
    settings = rig.host.get("/api/settings")
    assert MARK not in settings.text
    known = settings.json()["plugins"]["aiwatch"]["secrets_set"]
    assert set(known.values()) == {True}, "they are there all the same"


def test_the_page_has_no_secret(rig, told):
    with requests.Session() as browser:
        browser.trust_env = False
        for cookie in rig.host.login_cookies():
            browser.cookies.set(cookie["name"], cookie["value"])
        page = browser.get(f"{rig.host.url}/?l10n=en", timeout=30).text
        assert "tab_plugin_aiwatch" in page
        assert MARK not in page


def test_the_bundle_for_support_has_no_secret(rig, told):
    answer = rig.host.get("/downloads/systeminfo.zip")
    assert answer.ok
    with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
        names = bundle.namelist()
        assert "octoprint.log" in names
        for name in names:
            assert MARK.encode() not in bundle.read(name), name


def test_no_message_has_a_secret(told, service):
    assert len(service.bodies) >= 3
    for body in service.bodies:
        assert MARK.encode() not in body


def test_nothing_on_mqtt_has_a_secret(told, ear):
    topics = {topic.rpartition("/")[2] for topic, _ in ear.heard}
    assert {"status", "reason", "event", "frame", "config"} <= topics
    for topic, payload in ear.heard:
        assert MARK.encode() not in topic.encode() + payload, topic


def test_the_metrics_have_no_secret(rig, told):
    text = rig.host.get("/plugin/aiwatch/metrics").text
    assert "aiwatch_errors_total{" in text
    assert MARK not in text


def test_the_diagnostics_have_no_secret(rig, told):
    answer = rig.host.get("/plugin/aiwatch/api/diagnostics")
    assert answer.ok
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert b"[hidden]" in zipped.read("log.txt")
        assert b"(set)" in zipped.read("settings.json")
        for name in zipped.namelist():
            assert MARK.encode() not in zipped.read(name), name
