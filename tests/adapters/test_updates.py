"""Where updates come from: what the package itself names, and else nowhere."""

from __future__ import annotations

from importlib import metadata

import pytest

from octoprint_aiwatch.adapters import updates


@pytest.mark.parametrize(
    ("urls", "found"),
    [
        ([], None),
        (["Source, https://github.com/owner/Some-Repo"], ("owner", "Some-Repo")),
        (["Repository, https://github.com/owner/a.b.git"], ("owner", "a.b")),
        (["homepage,https://github.com/owner/repo/"], ("owner", "repo")),
        (
            ["Homepage, https://github.com/owner/site", "Source, https://github.com/o/r"],
            ("o", "r"),
        ),
        (
            ["Homepage, https://owner.example/", "Source, https://github.com/o/r"],
            ("o", "r"),
        ),
        (["Homepage, https://owner.example/"], None),
        (["Source, http://github.com/owner/repo"], None),
        (["Source, https://github.com.owner.example/owner/repo"], None),
        (["Source, https://github.com/owner/repo/tree/main"], None),
        (["Source, https://github.com/owner"], None),
        (["Documentation, https://github.com/owner/other"], None),
        (["nonsense"], None),
    ],
)
def test_only_a_repository_that_the_metadata_names_is_one(urls, found):
    assert updates.repository(urls) == found


def test_the_check_asks_for_releases_and_installs_the_source_of_one():
    check = updates.check("1.2.3", "owner", "repo")
    assert (check["type"], check["user"], check["repo"]) == (
        "github_release",
        "owner",
        "repo",
    )
    assert (check["current"], check["displayVersion"]) == ("1.2.3", "1.2.3")
    assert check["pip"].format(target_version="1.3.0") == (
        "https://github.com/owner/repo/archive/1.3.0.zip"
    )


def test_a_plugin_that_is_not_installed_as_a_package_names_no_address(monkeypatch):
    def missing(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(updates.metadata, "metadata", missing)
    assert updates.project_urls() == []


def test_the_metadata_that_is_asked_is_this_packages():
    assert metadata.metadata(updates.DISTRIBUTION)["Name"] == "OctoPrint-AIWatch"
    (entry,) = [
        entry
        for entry in metadata.distribution(updates.DISTRIBUTION).entry_points
        if entry.group == "octoprint.plugin"
    ]
    assert (entry.name, entry.value) == ("aiwatch", "octoprint_aiwatch")
