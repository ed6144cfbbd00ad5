"""A release gets its own words, and is not made when something does not fit."""

from __future__ import annotations

import pytest
from dev import archive, changelog

TEXT = """# Changelog

Words before.

## [Unreleased]

### Added

- What is coming.

## [1.1.0] - 2026-02-03

### Fixed

- Two things, see [here](https://owner.example/).

## [1.0.0] - 2026-01-02

First.

## [0.9.0]

No date.

## [0.8.0] - 2025-01-01

[1.1.0]: https://owner.example/compare
"""


def test_a_version_gets_its_own_section_without_the_heading():
    words = changelog.section(TEXT, "1.1.0")
    assert words == "### Fixed\n\n- Two things, see [here](https://owner.example/).\n"
    assert changelog.section(TEXT, "1.0.0") == "First.\n"
    assert changelog.section(TEXT, "Unreleased") == "### Added\n\n- What is coming.\n"


def test_the_last_section_ends_before_the_links():
    assert changelog.section(TEXT, "0.8.0").strip() == ""


def test_a_version_is_a_whole_name_and_no_pattern():
    with pytest.raises(changelog.ChangelogError, match=r"no section of 1\.1"):
        changelog.section(TEXT, "1.1")
    with pytest.raises(changelog.ChangelogError):
        changelog.section(TEXT, "1.1.")


def test_a_version_without_a_section_is_told_what_to_do():
    with pytest.raises(changelog.ChangelogError, match='Rename "Unreleased"'):
        changelog.section(TEXT, "2.0.0")


@pytest.mark.parametrize("tag", ["1.0.0", "v1.1.0", "1.1.0 ", ""])
def test_a_tag_that_is_not_the_version_makes_no_release(tag):
    with pytest.raises(changelog.ChangelogError, match="pyproject"):
        changelog.release(TEXT, tag, "1.1.0")


def test_a_section_without_a_date_or_words_makes_no_release():
    with pytest.raises(changelog.ChangelogError, match="date"):
        changelog.release(TEXT, "0.9.0", "0.9.0")
    with pytest.raises(changelog.ChangelogError, match="empty"):
        changelog.release(TEXT, "0.8.0", "0.8.0")


def test_a_tag_that_fits_gets_its_words():
    assert changelog.release(TEXT, "1.0.0", "1.0.0") == "First.\n"


def test_the_changelog_tells_of_this_version_or_of_what_comes_next(monkeypatch, capsys):
    text = (changelog.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    named = {heading["version"] for heading in changelog.HEADING.finditer(text)}
    version = next(one for one in (archive.version(), "Unreleased") if one in named)
    monkeypatch.setattr(changelog.sys, "argv", ["changelog.py", version])
    assert changelog.main() == 0
    assert capsys.readouterr().out.startswith("### ")


def test_a_wrong_tag_ends_in_a_sentence_and_an_exit_status(monkeypatch, capsys):
    wrong = archive.version() + "-wrong"
    monkeypatch.setattr(changelog.sys, "argv", ["changelog.py", "--tag", wrong])
    assert changelog.main() == 1
    assert wrong in capsys.readouterr().err
