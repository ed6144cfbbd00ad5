"""Prints what CHANGELOG.md says of one version, for the page of its release.

`--tag` first sees that a release is fit to be made: that the tag is the version that
pyproject.toml names, and that the changelog has a section of it with a date and words.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "extras" / "dev"))

import archive  # noqa: E402  (the path comes first)

HEADING = re.compile(r"(?m)^## \[(?P<version>[^\]]+)\](?: - (?P<date>\S+))?[ \t]*$")
LINK = re.compile(r"(?m)^\[[^\]]+\]: \S+[ \t]*$\n?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class ChangelogError(Exception):
    """No such release can be made; the text says what to do."""


def section(text: str, version: str) -> str:
    """The words of a version's section, without its heading and links."""
    headings = list(HEADING.finditer(text))
    for heading, after in zip(headings, [*headings[1:], None]):
        if heading["version"] == version:
            words = text[heading.end() : after.start() if after else len(text)]
            return LINK.sub("", words).strip() + "\n"
    known = ", ".join(heading["version"] for heading in headings) or "none"
    raise ChangelogError(
        f"CHANGELOG.md has no section of {version}, only of: {known}. Rename "
        f'"Unreleased" to "[{version}] - YYYY-MM-DD" and begin a new one above it.'
    )


def release(text: str, tag: str, version: str) -> str:
    """The section for a tag, if everything fits together."""
    if tag != version:
        raise ChangelogError(
            f"The tag is {tag} and pyproject.toml says {version}; a tag is the version "
            "alone, with no letter before it."
        )
    words = section(text, version)
    (found,) = (one for one in HEADING.finditer(text) if one["version"] == version)
    if not DATE.fullmatch(found["date"] or ""):
        raise ChangelogError(f"The section of {version} needs its date: YYYY-MM-DD.")
    if not words.strip():
        raise ChangelogError(f"The section of {version} in CHANGELOG.md is empty.")
    return words


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("version", nargs="?", help="pyproject.toml's without one")
    parser.add_argument("--tag", help="check that a release of this tag can be made")
    chosen = parser.parse_args()
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    try:
        if chosen.tag is not None:
            words = release(text, chosen.tag, archive.version())
        else:
            words = section(text, chosen.version or archive.version())
    except ChangelogError as error:
        print(error, file=sys.stderr)
        return 1
    print(words, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
