"""Every page is in the list of pages, every link leads somewhere, every command is run.

A command is a line of a code block that is in no other language. Either a pattern of
RUN_BY fits it, which names the test that runs it, or a comment before the block says what
it needs that tests do not have: ``<!-- needs: a Raspberry Pi -->``.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from dev.pages import ROOT

from octoprint_aiwatch.backends import REGISTRY
from tests.dev.test_makefile import TARGETS

PAGES = sorted(
    path
    for top in (".", "extras", "octoprint_aiwatch")
    for path in (ROOT / top).glob("*.md" if top == "." else "**/*.md")
)
MAP = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = {"translations/nl/LC_MESSAGES/messages.po"}
"""Files that there would be."""
FENCED = r"(?ms)^```.*?^```$"
LANGUAGES = {"json", "yaml", "python", "mermaid", "text"}
"""Of blocks that hold no commands."""
RUN_BY = {
    r"make demo": "tests/e2e/test_demo.py::"
    "test_the_demo_pauses_a_failing_print_and_says_so",
    r"make zip": "tests/e2e/test_package.py::"
    "test_the_archive_installs_runs_and_uninstalls_through_the_plugin_manager",
    r"make (test|check)": ".ci/run",
    r"make languages": "tests/test_languages.py::"
    "test_every_file_is_what_the_tool_would_write",
    r"octoprint plugins aiwatch:evaluate \S+": "tests/e2e/test_evaluate_command.py::"
    "test_the_detector_judges_a_folder_and_draws_a_sheet",
    r"octoprint plugins aiwatch:export-model \S+": "tests/e2e/test_watch_kserve.py::"
    "test_the_model_is_exported_by_octoprints_own_command",
    r"python -m simulator clouds": "tests/simulator/test_command_line.py::"
    "test_both_clouds_are_served_until_they_are_interrupted",
    r"python -m simulator gcode .+": "tests/simulator/test_command_line.py::"
    "test_a_job_is_written",
    r"python -m simulator frame .+": "tests/simulator/test_command_line.py::"
    "test_one_frame_of_a_job_is_written_and_judged",
    r"python -m simulator camera .+": "tests/simulator/test_command_line.py::"
    "test_a_camera_of_a_job_is_served_until_it_is_interrupted",
    r"python -m simulator measure": "tests/simulator/test_command_line.py::"
    "test_the_judge_is_measured",
}

IN_TEXT = {
    **RUN_BY,
    r"make demo( FAIL=never)? ONCE=1": "tests/e2e/test_demo.py::"
    "test_the_demo_pauses_a_failing_print_and_says_so",
    r"(AIWATCH_\w+=\w+ )?make test ONLY=e2e ARGS='.+'": ".ci/run",
    r"make languages ADD=nl": "tests/dev/test_makefile.py::"
    "test_a_target_runs_what_it_says",
    r"make pages": "tests/dev/test_pages.py::"
    "test_what_is_drawn_from_the_code_is_up_to_date",
    r"make fuzz": "tests/test_fuzz.py::test_a_decoder_takes_anything",
    r"make audit": "needs: PyPI's database of vulnerabilities",
    r"make (bench|load)": "needs: a machine that does nothing else",
    r"make screenshots": "tests/e2e/test_ui_screenshots.py::test_the_tab",
    r"octoprint plugins aiwatch:replay": "tests/e2e/test_watch_history.py::"
    "test_a_print_is_in_the_history_with_who_paused_it",
    r"octoprint plugins aiwatch:evaluate": "tests/e2e/test_evaluate_command.py::"
    "test_the_detector_judges_a_folder_and_draws_a_sheet",
    r"octoprint plugins aiwatch:evaluate \S+ --backend …": "tests/e2e/"
    "test_evaluate_command.py::test_a_service_judges_with_the_key_of_the_settings",
    r"python -m tests\.(ladder|traces)\.tell": "tests/dev/test_told.py::"
    "test_a_pages_tables_are_what_its_command_prints",
    r"python -m benchmarks\.sight_shares .+": "tests/dev/test_told.py::"
    "test_the_shares_of_a_folder_of_frames_are_printed",
    r"python -m benchmarks\.history_view": "needs: a machine that does nothing else",
    r"python -m simulator measure .+": "tests/simulator/test_command_line.py::"
    "test_the_judge_is_measured",
    r"python -m pytest extras/detector": "needs: PyTorch",
    r"mlserver start \S+": "tests/e2e/test_kserve_mlserver.py::"
    "test_a_real_server_says_what_the_detector_on_this_machine_says",
    r"pip install [\w ]+": "needs: an environment of its own",
    r"~/oprint/bin/.+": "needs: OctoPi",
    r"tritonserver .+": "needs: a machine with Triton",
    r"ovms .+": "needs: a machine with OpenVINO Model Server",
    r"docker compose .+": "needs: Docker",
}
"""The same for commands within a sentence, where a comment would be in the way."""
PROGRAMS = "make|python|pip|octoprint|mlserver|tritonserver|ovms|docker|~/oprint"


class Block(NamedTuple):
    """A piece of a page that is code: where, which language, and what it needs."""

    page: Path
    language: str
    needs: str
    lines: tuple[str, ...]


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# -- reading Markdown -------------------------------------------------------------------


def blocks(page: Path, text: str) -> Iterator[Block]:
    """Fenced blocks, and those that are set in by four spaces after an empty line."""
    needs, before, lines, inside = "", "", [], ""
    for line in [*text.split("\n"), ""]:
        fence = re.match(r"```(\w*)$", line)
        indented = line.startswith("    ") and (
            inside == "indented" or not before.strip()
        )
        if inside.startswith("`"):
            if fence:
                yield Block(page, inside[1:], needs, tuple(lines))
                lines, inside, needs = [], "", ""
            else:
                lines.append(line)
        elif fence:
            inside = "`" + fence.group(1)
        elif indented and (inside or not is_in_a_list(text, line)):
            inside = "indented"
            lines.append(line[4:])
        else:
            if inside:
                yield Block(page, "", needs, tuple(lines))
                lines, inside, needs = [], "", ""
            marker = re.fullmatch(r"<!-- needs: (.+) -->", line)
            needs = marker.group(1) if marker else needs if not line.strip() else ""
        before = line


def is_in_a_list(text: str, line: str) -> bool:
    """Whether a line that is set in goes on with an item of a list."""
    above = text[: text.index(line)].rstrip("\n").split("\n")
    item = next((one for one in reversed(above) if one[:1].strip()), "")
    return bool(re.match(r"[-*] |\d+\. ", item))


def prose(text: str) -> str:
    """A page without its code."""
    text = re.sub(FENCED, "", text)
    return re.sub(r"`[^`\n]*`", "`code`", text)


def links(text: str) -> list[str]:
    found = re.findall(r"\]\(([^()\s]+)\)", prose(text))
    return [one for one in found if not re.match(r"[a-z]+:", one)]


def anchors(text: str) -> set[str]:
    """The places of a page that a link may name, as GitHub makes them of its headings."""
    found: dict[str, int] = {}
    for heading in re.findall(r"(?m)^#+ +(.+?) *$", re.sub(FENCED, "", text)):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)|[`*]", r"\1", heading).lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        if count:
            found[f"{slug}-{count}"] = 1
    return set(found)


def commands(block: Block) -> list[str]:
    """The lines without what is explained beside them."""
    return [
        re.sub(r"( {2,}| +#).*$", "", line.strip())
        for line in block.lines
        if line.strip()
    ]


def all_blocks() -> list[Block]:
    return [one for page in PAGES for one in blocks(page, page.read_text("utf-8"))]


# -- the list of pages ------------------------------------------------------------------


def test_every_page_is_in_the_list_of_pages() -> None:
    listed = {(ROOT / one.partition("#")[0]).resolve() for one in links(MAP)}
    ours = {page for page in PAGES if page.parent != ROOT and "extras" in page.parts}
    assert [names(page) for page in sorted(ours - listed)] == []
    assert len(ours) > 20


@pytest.mark.parametrize("key", REGISTRY)
def test_every_backend_is_in_the_tables_to_choose_from(key: str) -> None:
    label = REGISTRY[key].label.partition(" (")[0]
    assert f"| **{label}**" in (ROOT / "README.md").read_text("utf-8")
    rows = (ROOT / "extras" / "docs" / "backends.md").read_text("utf-8")
    assert rows.count(f"\n| `{key}` |") == 2
    assert f"\n## `{key}`: " in rows


# -- links ------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page.read_text("utf-8")):
        path, _, anchor = unquote(link).partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text("utf-8"))
        ):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    """Paths from the project's root, in code; those of a running installation are not."""
    text = page.read_text("utf-8")
    tops = "octoprint_aiwatch|extras|tests|translations"
    found = set(re.findall(rf"`((?:{tops})/[\w./-]+\.\w+)(?:::\w+)?`", text))
    lost = {one for one in found if not (ROOT / one).exists()}
    assert lost - EXAMPLES == set()


# -- commands ---------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_command_of_a_page_is_run_by_a_test_or_says_what_it_needs(page) -> None:
    found = blocks(page, page.read_text("utf-8"))
    unknown = [
        command
        for block in found
        if block.language not in LANGUAGES and not block.needs
        for command in commands(block)
        if not any(re.fullmatch(pattern, command) for pattern in RUN_BY)
    ]
    assert unknown == []


@pytest.mark.parametrize(
    "pattern", [one for one, by in IN_TEXT.items() if not by.startswith("needs: ")]
)
def test_the_test_that_runs_a_command_is_there(pattern: str) -> None:
    path, _, name = IN_TEXT[pattern].partition("::")
    source = (ROOT / path).read_text("utf-8")
    if name:
        defined = [node for node in ast.parse(source).body if hasattr(node, "name")]
        assert name in [node.name for node in defined]
    else:
        assert re.search(r"(?m)^make (check|test)$", source)


@pytest.mark.parametrize("pattern", RUN_BY)
def test_no_command_is_listed_that_no_page_has(pattern: str) -> None:
    found = [one for block in all_blocks() for one in commands(block)]
    assert any(re.fullmatch(pattern, one) for one in found)


def test_every_command_in_a_text_is_run_by_a_test_or_needs_something() -> None:
    found = {
        " ".join(code.split())
        for page in PAGES
        for code in re.findall(r"`([^`]+)`", re.sub(FENCED, "", page.read_text("utf-8")))
        if re.match(rf"(AIWATCH_\w+=\w+ )?({PROGRAMS})[ /]", " ".join(code.split()))
    }
    fits = {one: [p for p in IN_TEXT if re.fullmatch(p, one)] for one in found}
    bare = {one for one, patterns in fits.items() if not patterns}
    assert bare == set()
    used = {pattern for patterns in fits.values() for pattern in patterns}
    assert set(IN_TEXT) - set(RUN_BY) - used == set()


def inline(pattern: str) -> set[str]:
    """Names in commands that stand in the text."""
    return {
        name
        for page in PAGES
        for code in re.findall(r"`([^`]+)`", page.read_text("utf-8"))
        for name in re.findall(pattern, " ".join(code.split()))
    }


def test_every_make_target_in_a_text_is_one() -> None:
    found = inline(r"(?:^|[ ;])make ([a-z]+)")
    assert len(found) > 8
    assert found - TARGETS == set()


def test_every_command_of_octoprint_in_a_text_is_one_of_ours() -> None:
    source = "".join(
        path.read_text("utf-8")
        for path in (ROOT / "octoprint_aiwatch" / "adapters").glob("*/command.py")
    )
    ours = set(re.findall(r'"(?:aiwatch:)?([a-z]+(?:-[a-z]+)*)"', source))
    found = inline(r"aiwatch:([a-z-]+)")
    assert found == {"evaluate", "export-model", "replay"}
    assert found - ours == set()


def test_every_module_that_a_text_has_python_run_is_there() -> None:
    """Of our own: from the root or from extras/."""
    found = inline(r"python -m ((?:tests|benchmarks|simulator|fuzz|detector)[\w.]*)")
    assert len(found) >= 4
    missing = [name for name in found if importlib.util.find_spec(name) is None]
    assert missing == []


# -- the reading itself -----------------------------------------------------------------


PAGE = """# A page: `code` & more

- An item

    that goes on

```json
{}
```

<!-- needs: a Raspberry Pi -->

```
make demo     explained
```

Then:

    python -m one   # a remark

[a](x.md#there) `[no](link.md)` [b](https://example.org)

## A page: `code` & more
"""


def test_blocks_are_found_with_their_language_and_needs() -> None:
    found = [(one.language, one.needs, commands(one)) for one in blocks(Path("p"), PAGE)]
    assert found == [
        ("json", "", ["{}"]),
        ("", "a Raspberry Pi", ["make demo"]),
        ("", "", ["python -m one"]),
    ]


def test_links_to_other_places_of_the_project_are_found() -> None:
    assert links(PAGE) == ["x.md#there"]


def test_anchors_are_made_as_github_makes_them() -> None:
    assert anchors(PAGE) == {"a-page-code--more", "a-page-code--more-1"}
    assert anchors("## If you change …") == {"if-you-change-"}
    assert anchors("## What's `x_y`, *then*") == {"whats-x_y-then"}
