"""What the browser tests share: a logged-in page that keeps account of what went wrong.

A page ends with an assertion that nothing went wrong on it. Must not know single views;
it only knows how the views mark their elements (`data-aiwatch`).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Optional

from PIL import Image, ImageDraw
from simulator.http_server import HttpRequest, HttpServer
from simulator.replies import Reply

from tests.scenes import jpeg, noisy

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Response
    from simulator.host import OctoPrintHost

WIDE = (1280, 1000)
PHONE = (390, 844)
SIZE_PX = (640, 480)
NEVER_SEEN: Any = {"server": {"seenWizards": {"aiwatch": None}}}
"""The configuration of an OctoPrint that has not shown the wizard yet."""
POST_PX = (64, 72, 128, 168)
"""The one red thing on a frame, left and above: tells how the frame is turned."""

# OctoPrint's own page does not fold for phones, themes do that. This is what they do.
FOLDED = """
html, body, .octoprint-container, .navbar .container, .page-container {
    min-width: 0 !important; width: auto !important }
.row { margin-left: 0 !important }
#sidebar, .tabbable.span8 {
    width: 100% !important; min-width: 0 !important;
    float: none !important; margin-left: 0 !important }
"""


DIALOG = "ko.dataFor(document.querySelector('#settings_dialog'))"
LISTEN = """name => OctoPrint.socket.onMessage("event", ({data}) => {
    if (data.type === "FolderAdded" && data.payload.name === name) window.told = name;
})"""
TOLD = f"name => window.told === name && !{DIALOG}.receiving()"
STILL = """const still = new CSSStyleSheet();
still.replaceSync(
    ".progress .bar { animation: none !important; transition: none !important }"
);
document.adoptedStyleSheets = [still];"""
"""While a job prints, the bar of OctoPrint's own progress never stands still. Without a
graphics card that takes as much of the processor as all the rest of the page."""
_NUMBERS = itertools.count(1)


class StillCamera:
    """A webcam whose frames differ only in a number and in the sensor's noise.

    It can be switched off.
    """

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._server = HttpServer(self._serve, 0, "still-camera")
        self.broken: Optional[Reply] = None

    @property
    def snapshot_url(self) -> str:
        return self._server.url + "/snapshot"

    def _serve(self, request: HttpRequest) -> Reply:
        if self.broken is not None:
            return self.broken
        picture = Image.new("RGB", SIZE_PX, (96, 104, 112))
        pen = ImageDraw.Draw(picture)
        pen.rectangle((160, 280, 480, 430), fill=(60, 60, 66))
        pen.rectangle((260, 180, 380, 300), fill=(220, 140, 60))
        pen.rectangle(POST_PX, fill=(200, 30, 30))
        number = next(self._numbers)
        pen.text((20, 20), str(number), fill=(255, 255, 255))
        body = jpeg(noisy(picture, 4.0, number))
        return Reply(200, body=body, content_type="image/jpeg")

    def __enter__(self) -> StillCamera:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def watch_settings(**changes: Any) -> dict[str, Any]:
    """A watch that checks only when told to: tests press Check now instead of waiting."""
    settings: dict[str, Any] = {
        "watch": {
            "min_interval_s": 600,
            "warmup": False,
            "give_way": False,
            "grace_start_s": 0,
            "grace_resume_s": 0,
            "blind_after_s": 10,
        },
        "actions": {"on_failure": "notify"},
    }
    settings.update(changes)
    return settings


class View:
    """One OctoPrint page in a browser."""

    def __init__(self, page: Page, host: OctoPrintHost) -> None:
        self.page = page
        self.host = host
        self.trouble: list[str] = []
        self.requested: list[str] = []
        self._expected: list[str] = []
        page.add_init_script(STILL)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.trouble.append(f"page error: {error}"))
        page.on("response", self._on_response)

    def _on_console(self, message: Any) -> None:
        # A refused request is reported by _on_response, with its address.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.trouble.append(f"console: {message.text}")

    def _on_response(self, response: Response) -> None:
        self.requested.append(response.url)
        if response.status >= 400:
            self.trouble.append(f"HTTP {response.status} {response.url}")

    def expect_refusal(self, pattern: str) -> None:
        """This test makes the server refuse something on purpose."""
        self._expected.append(pattern)

    def unexpected(self) -> list[str]:
        return [
            line
            for line in self.trouble
            if not any(re.search(pattern, line) for pattern in self._expected)
        ]

    @contextmanager
    def anew(self) -> Iterator[None]:
        """For a page that tests share: what went wrong belongs to the test it went in."""
        self.trouble.clear()
        self._expected.clear()
        self.page.evaluate("PNotify.removeAll()")
        yield
        found = self.unexpected()
        self.trouble.clear()
        assert not found, "\n".join(found)

    def frames_fetched(self) -> int:
        return sum("/api/frame.jpg" in url for url in self.requested)

    def load(self, language: str = "en") -> None:
        self.page.goto(f"{self.host.url}/?l10n={language}")
        # As long as navigating may take, see `opened`.
        started = "window.OctoPrint?.coreui?.startedUp"
        self.page.wait_for_function(started, timeout=60000)

    def catch_up(self) -> None:
        """Until it has the settings as they are stored, and no news of them on their way.

        For a page that tests share: news that come late would overwrite what is typed.
        OctoPrint tells pages of its events in order, so after one that is caused here
        nothing is left of those before it.
        """
        folder = f"told-{next(_NUMBERS)}"
        self.page.evaluate(LISTEN, folder)
        form = {"foldername": (None, folder)}
        assert self.host.post("/api/files/local", files=form).ok
        self.page.wait_for_function(TOLD, arg=folder)
        self.page.evaluate(f"{DIALOG}.requestData()")

    def answered(self) -> None:
        """Until it has the answers to all that it asked."""
        self.page.wait_for_function("jQuery.active === 0")

    def leave_tab(self) -> None:
        self.page.click("#term_link a")

    def open_tab(self) -> Locator:
        """The tab, as a person gets at it: with wide fonts its link is in a menu."""
        link = self.page.locator("#tab_plugin_aiwatch_link a")
        if not link.is_visible():
            self.page.click("#tabs .tabdrop > a")
        link.click()
        return self.tab

    @property
    def tab(self) -> Locator:
        return self.page.locator("#tab_plugin_aiwatch")

    @property
    def sidebar(self) -> Locator:
        return self.page.locator("#sidebar_plugin_aiwatch")

    @property
    def navbar(self) -> Locator:
        return self.page.locator("#navbar_plugin_aiwatch")

    @property
    def settings(self) -> Locator:
        return self.page.locator("#settings_plugin_aiwatch")

    def part(self, name: str) -> Locator:
        """An element of the tab by its data-aiwatch."""
        return self.tab.locator(f'[data-aiwatch="{name}"]')

    def setting(self, path: str) -> Locator:
        return self.settings.locator("#aiwatch-" + path.replace(".", "-"))

    def open_settings(self, expert: bool = True) -> Locator:
        """The settings; an expert's have every part opened."""
        self.page.click('[data-test-id="settings-open"]')
        self.page.click("#settings_plugin_aiwatch_link a")
        self.settings.locator('[data-aiwatch="backend"]').wait_for(state="visible")
        parts = "parts => parts.forEach(part => (part.open = %s))"
        self.settings.locator("details").evaluate_all(parts % str(expert).lower())
        return self.settings

    def save_settings(self) -> None:
        with self.page.expect_response(
            lambda response: (
                response.request.method == "POST"
                and response.url.endswith("/api/settings")
            )
        ):
            self.page.click('[data-test-id="settings-save"]')
        self.page.locator("#settings_dialog").wait_for(state="hidden")

    def close_settings(self) -> None:
        self.page.click('[data-test-id="settings-close-button"]')
        self.page.locator("#settings_dialog").wait_for(state="hidden")

    def notice(self, text: str) -> Locator:
        """A pop-up notification that has this text."""
        return self.page.locator(".ui-pnotify", has_text=text)

    def wider_than(self, width_px: int) -> list[str]:
        """Our visible elements that stick out of a page of this width."""
        found: list[str] = self.page.evaluate(
            """width => [...document.querySelectorAll('.aiwatch, .aiwatch *')]
                .filter(element => {
                    const box = element.getBoundingClientRect();
                    return box.width > 0 && (box.right > width + 1 || box.left < -1);
                })
                .map(element => element.outerHTML.slice(0, 80))""",
            width_px,
        )
        return found


def _without_mouse(page: Page) -> None:
    """As on a phone: no pointer rests in a corner and leaves what a finger has tapped."""
    devtools = page.context.new_cdp_session(page)
    alone = {"enabled": True, "configuration": "mobile"}
    devtools.send("Emulation.setEmitTouchEventsForMouse", alone)


@contextmanager
def opened(
    browser: Browser,
    host: OctoPrintHost,
    user: str = "admin",
    size: tuple[int, int] = WIDE,
    language: str = "en",
    touch: bool = False,
) -> Iterator[View]:
    """A page of this user, loaded; at the end nothing must have gone wrong on it.

    The browser asks for its language too, as what it sends later is answered in that.
    """
    viewport: Any = {"width": size[0], "height": size[1]}
    with browser.new_context(
        viewport=viewport, locale=language, has_touch=touch
    ) as context:
        context.set_default_timeout(15000)
        # With four OctoPrints and browsers on a small machine a page takes its time.
        context.set_default_navigation_timeout(60000)
        cookies: Any = host.login_cookies(user)
        context.add_cookies(cookies)
        view = View(context.new_page(), host)
        if touch:
            _without_mouse(view.page)
        view.load(language)
        yield view
        assert not view.unexpected(), "\n".join(view.unexpected())
