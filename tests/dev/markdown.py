"""Reads the project's Markdown: pages, their blocks of code, links and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from dev.pages import ROOT

PAGES = sorted(
    path
    for top in (".", "extras", "octoprint_aiwatch")
    for path in (ROOT / top).glob("*.md" if top == "." else "**/*.md")
)
FENCED = r"(?ms)^```.*?^```$"


class Block(NamedTuple):
    """A piece of a page that is code: where, which language, and what it needs."""

    page: Path
    language: str
    needs: str
    lines: tuple[str, ...]


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


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
