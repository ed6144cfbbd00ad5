"""Every page is in the list of pages, and every link of a page leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from dev.pages import ROOT

from octoprint_aiwatch.backends import REGISTRY
from tests.dev.markdown import PAGES, anchors, blocks, commands, links, names

MAP = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
EXAMPLES = {"translations/nl/LC_MESSAGES/messages.po"}
"""Files that there would be."""


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
