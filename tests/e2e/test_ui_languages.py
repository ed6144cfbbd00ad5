"""Every view in every language: nothing of ours stays English, and nothing overflows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from dev import languages
from playwright.sync_api import expect

from octoprint_aiwatch.core import words
from tests.adapters.filling import fill
from tests.e2e import support_ui as ui
from tests.scenes import jpeg
from tests.scenes import view as scene

LANGUAGES = ["de", "fr", "es", "it", "zh"]
SIZES = {"wide": ui.WIDE, "phone": ui.PHONE}
PICTURES = os.environ.get("AIWATCH_LANGUAGE_PICTURES", "")
"""A folder to keep pictures of all of it in."""

ALL_FIELDS = ".aiwatch-card-fields { display: block !important }"
"""The fields of every backend, not only of those that are asked."""

pytestmark = pytest.mark.timeout(240)

TEXTS = """root => {
    const found = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.replace(/\\s+/g, " ").trim();
        const shown = walker.currentNode.parentElement.getClientRects().length > 0;
        if (shown && text) found.push(text);
    }
    for (const element of root.querySelectorAll("[title], [alt], [aria-label]")) {
        if (!element.getClientRects().length) continue;
        for (const name of ["title", "alt", "aria-label", "placeholder"]) {
            const text = element.getAttribute(name);
            if (text) found.push(text.replace(/\\s+/g, " ").trim());
        }
    }
    return found;
}"""

STICKING_OUT = """([root, width]) => {
    const found = [];
    const edge = Math.min(width, root.getBoundingClientRect().right);
    for (const element of root.querySelectorAll("*")) {
        const box = element.getBoundingClientRect();
        const scrolls = element.closest(".aiwatch-scroll, pre, .aiwatch-live, select");
        if (!box.width || (scrolls && scrolls !== element)) continue;
        const name = element.outerHTML.slice(0, 90);
        if (box.right > edge + 1 || box.left < -1) found.push("out: " + name);
        const clips = element.matches("button, .btn, th, dt, dd, label");
        if (clips && element.scrollWidth > element.clientWidth + 1 && element.clientWidth)
            found.push("clipped: " + name);
    }
    return found;
}"""


def patterns_of(language: str) -> dict[str, re.Pattern[str]]:
    """English texts that are another one in the language, as what would be seen."""
    catalog = languages.read(language)
    theirs = {str(one.string) for one in catalog}
    found = {}
    for one in catalog:
        text = str(one.id)
        if text and text not in theirs and len(languages.MARKS.sub("", text)) > 3:
            parts = [re.escape(part) for part in languages.MARKS.split(text)]
            found[text] = re.compile(".+".join(parts))
    return found


@pytest.fixture(scope="module")
def host(module_workshop):
    """A print that Obico judges, a ladder, a budget, and jobs in the history."""
    cloud = module_workshop.obico()
    obico = {"url": cloud.url, "serial_no": "SN-TEST-1", "access_token": "test-token"}
    settings = ui.watch_settings(
        backend="obico",
        fallback=["gadget", "local"],
        backends={"obico": obico},
        budget={"monthly_calls": 500},
    )
    settings["actions"]["park"] = {"enabled": True}
    with ui.StillCamera() as camera:
        host = module_workshop.host(
            start=False,
            camera_snapshot_url=camera.snapshot_url,
            plugin_settings=settings,
        )
        folder = Path(host.basedir) / "data" / "aiwatch"
        fill(folder, 3, 40, jpeg(scene()))
        host.start()
        host.upload_text("G28\n" + "G4 P50\n" * 40000, "job.gcode")
        host.wait(lambda: host.status()["checks"], 30, "a check")
        yield host


@pytest.fixture(scope="module")
def fresh(module_workshop):
    """An OctoPrint in which AI Watch has just been installed."""
    with ui.StillCamera() as camera:
        yield module_workshop.host(
            camera_snapshot_url=camera.snapshot_url, config=ui.NEVER_SEEN
        )


@contextmanager
def opened(browser, host, language: str, size: str) -> Iterator[ui.View]:
    with ui.opened(browser, host, size=SIZES[size], language=language) as view:
        dress(view, size)
        yield view


def dress(view: ui.View, size: str) -> None:
    """Whatever a test wants to see of a page of this size."""
    style = ALL_FIELDS + (ui.FOLDED if size == "phone" else "")
    view.page.evaluate(
        """style => {
            document.querySelector("#dressed")?.remove();
            $("<style id=dressed>").text(style).appendTo("head");
        }""",
        style,
    )


class Pages:
    """One page, in the language that is asked for; loaded again for another one."""

    def __init__(self, browser, host) -> None:
        self._browser, self._host = browser, host
        self._stack = ExitStack()
        self._language = ""
        self._view: ui.View

    @contextmanager
    def opened(self, language: str, size: str) -> Iterator[ui.View]:
        if language != self._language:
            self.close()
            page = ui.opened(self._browser, self._host, language=language)
            self._view = self._stack.enter_context(page)
            self._language = language
        width, height = SIZES[size]
        self._view.page.set_viewport_size({"width": width, "height": height})
        dress(self._view, size)
        with self._view.anew():
            try:
                yield self._view
            finally:
                put_back(self._view)

    def close(self) -> None:
        self._language = ""
        self._stack.close()


def put_back(view: ui.View) -> None:
    """The tab and the dialog as they are on a page that was just loaded."""
    view.page.evaluate(
        """() => {
            $("#settings_dialog").modal("hide");
            const seen = name => $(`#tab_plugin_aiwatch [data-aiwatch="${name}"]`);
            if (seen("replay").is(":visible")) seen("replay-close").click();
            if (seen("tuner").is(":visible")) seen("history-tuner").click();
            if (seen("history").is(":visible")) seen("history-open").click();
        }"""
    )
    view.page.locator("#settings_dialog").wait_for(state="hidden")


@pytest.fixture(scope="module")
def pages(browser, host) -> Iterator[Pages]:
    pages = Pages(browser, host)
    yield pages
    pages.close()


EVERYWHERE = [(language, size) for language in LANGUAGES for size in SIZES]
LONGEST = [(language, size) for language, size in EVERYWHERE if language in ("de", "fr")]
"""Where there is no room for a word, it is in one of these."""
ALL = bool(os.environ.get("AIWATCH_ALL_LANGUAGES"))


def over(cases: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("language", "size"), EVERYWHERE if ALL else cases)


def keep(view: ui.View, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        view.page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def check(view: ui.View, root, language: str, width: int) -> None:
    texts = root.evaluate(TEXTS)
    patterns = patterns_of(language)
    english = {
        text
        for text in texts
        for known in patterns.values()
        if known.fullmatch(text.rstrip(":"))
    }
    assert english == set()
    element = root.element_handle()
    out = view.page.evaluate(STICKING_OUT, [element, width])
    assert out == [], root.bounding_box()


@over([*LONGEST, *((language, "wide") for language in ("es", "it", "zh"))])
def test_nothing_stays_english_and_nothing_overflows(host, pages, language, size) -> None:
    with pages.opened(language, size) as view:
        look_at_the_tab(view, host, language, size)
        look_at_the_settings(view, language, size)


def look_at_the_tab(view: ui.View, host, language: str, size: str) -> None:
    width = SIZES[size][0]
    view.page.evaluate("$('#tab_plugin_aiwatch_link a').tab('show')")
    expect(view.part("frame")).to_be_visible()
    code = host.status()["why"]["code"]
    reason = str(languages.read(language).get(words.SHOWN[code]).string)
    said = re.compile(re.escape(reason.split("{")[0]))
    expect(view.part("reason")).to_have_text(said)
    expect(view.part("ladder")).to_be_visible()
    view.part("history-open").click()
    expect(view.part("job").first).to_be_visible()
    view.part("history-tuner").click()
    # Each job judged anew moves the list down, from under the pointer.
    judged = view.part("tuner-results").locator("tbody tr")
    expect(judged).to_have_count(view.part("job").count())
    view.part("job-open").nth(1).click()
    expect(view.part("replay-reasons").locator("li").first).to_be_visible()
    check(view, view.tab, language, width)
    check(view, view.sidebar, language, width)
    keep(view, f"tab-{language}-{size}")


def look_at_the_settings(view: ui.View, language: str, size: str) -> None:
    view.page.evaluate("$('#navbar_show_settings').click()")
    view.page.evaluate("$('#settings_plugin_aiwatch_link a').tab('show')")
    shown = "parts => parts.forEach(part => (part.open = true))"
    view.settings.locator("details").evaluate_all(shown)
    expect(view.setting("watch.min_interval_s")).to_be_visible()
    expect(view.settings.locator('[data-aiwatch="park-lines"]')).to_be_visible()
    expect(view.settings.locator('[data-aiwatch="drill-plan"] li').first).to_be_visible()
    check(view, view.settings, language, SIZES[size][0])
    keep(view, f"settings-{language}-{size}")


@over([("de", "phone"), ("fr", "wide"), ("zh", "wide")])
def test_the_wizard_and_the_drill_stay_in_the_language_and_in_their_place(
    fresh, browser, language, size
) -> None:
    width = SIZES[size][0]
    with opened(browser, fresh, language, size) as view:
        for name in ("", "_camera", "_drill"):
            if name:
                view.page.click("#wizard_dialog .button-next")
            step = view.page.locator(f"#wizard_plugin_aiwatch{name}")
            expect(step).to_be_visible()
            if name == "_camera":
                said = step.locator('[data-aiwatch="camera-words"]')
                expect(said).to_contain_text("640 x 480", timeout=30_000)
            if name == "_drill":
                step.locator('[data-aiwatch="drill-run"]').click()
                last = step.locator('[data-aiwatch="drill-link"]').last
                expect(last).to_be_visible(timeout=60_000)
            check(view, step, language, width)
            keep(view, f"wizard{name}-{language}-{size}")


def test_answers_to_a_request_are_in_the_language_of_the_page(pages) -> None:
    with pages.opened("de", "wide") as view:
        view.open_tab()
        view.part("check-now").click()
        answer = view.tab.locator(".aiwatch-answer")
        expect(answer).to_contain_text("Die nächste Prüfung ist in")
        view.open_settings()
        view.settings.locator('[data-aiwatch="test"]').click()
        result = view.settings.locator('[data-aiwatch="test-result"]')
        expect(result).to_contain_text("Der Test war erfolgreich", timeout=30_000)
        expect(result).to_contain_text("ein Bild mit 640 x 480")
