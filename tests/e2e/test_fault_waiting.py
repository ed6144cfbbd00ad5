"""Services that take the call and never come to an end with it, or are somebody else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from simulator.clouds import gadget_answer
from simulator.replies import Reply

from tests.e2e.support_faults import Spell, nothing_left, own_temporary_folder
from tests.e2e.support_watch import SOON_S, Rig

GIVEN_UP_S = 45.0
"""A call may take 40 s, connecting and answering together."""
LATE_S = 4.0
TIMEOUT = ("timeout", "did not answer in time")
PEM = Path(__file__).parents[1] / "adapters" / "data" / "self_signed.pem"


@pytest.fixture(scope="module")
def rig(module_workshop, tmp_path_factory) -> Iterator[Rig]:
    with own_temporary_folder(tmp_path_factory.mktemp("temporary")):
        made = Rig(module_workshop)
    with made.printing(lines=60000):
        yield made


@pytest.fixture
def watched(rig) -> Rig:
    rig.prepare("gadget")
    rig.host.watch_command("check_now")
    rig.wait_status(lambda status: status["verdict"] == "ok", "a good check", 40.0)
    return rig


BODIES = {
    "says-nothing": lambda: Reply(hang=True),
    "drips": lambda: Reply(json={"Score": 1, "WarningSuggested": False}, drip_s=1.0),
}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("body", BODIES)
def test_an_answer_that_does_not_end_is_given_up_and_the_print_goes_on(watched, body):
    spell = Spell(watched, TIMEOUT)
    watched.gadget.reply(BODIES[body]())
    spell.comes(checks=1, timeout_s=GIVEN_UP_S)
    watched.gadget.release()
    watched.gadget.say("ok")
    watched.host.watch_command("check_now")
    spell.ends()


@contextmanager
def deaf() -> Iterator[str]:
    """An address at which nobody picks up: its queue of callers is full."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port = server.getsockname()[1]
        callers = [socket.socket() for _ in range(3)]
        try:
            for caller in callers:
                caller.setblocking(False)
                caller.connect_ex(("127.0.0.1", port))
            yield f"http://127.0.0.1:{port}"
        finally:
            for caller in callers:
                caller.close()


@contextmanager
def untrusted() -> Iterator[str]:
    """A service whose certificate nobody vouches for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=_shake_hands, args=(server, context))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(SOON_S)


def _shake_hands(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return  # over
        with connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True).close()


ADDRESSES = {"deaf": (deaf, TIMEOUT), "untrusted": (untrusted, ("tls", "not trusted"))}


@pytest.mark.timeout(150)
@pytest.mark.parametrize("name", ADDRESSES)
def test_a_wrong_address_saved_in_mid_print_is_named_and_mended_in_it(watched, name):
    make, fault = ADDRESSES[name]
    with make() as url:
        spell = Spell(watched, fault)
        fields = {**watched.gadget.fields(), "url": url}
        watched.host.save_settings({"backends": {"gadget": fields}})
        status = watched.wait_status(
            lambda status: status["blind"] and fault[0] in status["reasons"][0]["code"],
            "the fault to be named",
            GIVEN_UP_S,
        )
        assert (status["verdict"], status["score"]) == ("unknown", None)
        spell.print_goes_on()
    fields = {**watched.gadget.fields()}
    watched.host.save_settings({"backends": {"gadget": fields}})
    spell.is_over()


def test_an_answer_that_outlived_its_settings_pauses_nothing(watched):
    spell = Spell(watched, ("", ""))
    before = len(watched.gadget.frames())
    failure = gadget_answer(95, True, True, interval_s=0)
    watched.gadget.reply(failure.later(LATE_S))
    watched.host.watch_command("check_now")
    watched.host.wait(
        lambda: len(watched.gadget.frames()) > before, SOON_S, "a call under way"
    )
    watched.host.save_settings({"backend": "obico"})
    status = watched.wait_status(
        lambda status: status["backend"] == "obico" and status["verdict"] == "ok",
        "the other backend to judge",
        GIVEN_UP_S,
    )
    assert status["pauses"] == 0
    assert watched.fired("failure_detected", spell.since_s) == []
    spell.print_goes_on()
    nothing_left(watched.host, spell.before)
