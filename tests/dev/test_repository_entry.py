"""The entry for OctoPrint's plugin repository follows its schema and says what is so."""

from __future__ import annotations

import datetime
import re
from typing import Any

import pytest
import yaml
from dev.pages import ROOT

import octoprint_aiwatch as package
from octoprint_aiwatch.backends import REGISTRY

ENTRY = ROOT / "extras" / "aiwatch.md"
PROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
REQUIRED = {"layout", "id", "title", "description", "authors", "license", "date"}
AT_HOME = {"homepage", "source", "archive", "privacypolicy"}
"""Addresses of a repository; the project has none as long as pyproject.toml has none."""
OPTIONAL = {"tags", "screenshots", "featuredimage", "compatibility", "attributes"}
ATTRIBUTES = {"cloud", "commercial", "free-tier", "ai-developed"}
SYSTEMS = {"windows", "linux", "macos", "freebsd", "posix", "nix"}
IMAGES = "/assets/img/plugins/aiwatch/"


def front_matter() -> dict[str, Any]:
    _, head, body = re.split(r"(?m)^---\n", ENTRY.read_text("utf-8"), maxsplit=2)
    assert body.strip()
    found: dict[str, Any] = yaml.safe_load(head)
    return found


@pytest.fixture(scope="module")
def entry() -> dict[str, Any]:
    return front_matter()


def project(name: str) -> str:
    """A value of pyproject.toml's first table; Python 3.9 has no reader for the file."""
    found = re.search(rf'(?m)^{name} = "([^"]+)"', PROJECT)
    assert found is not None
    return found.group(1)


def test_the_keys_are_those_of_the_repositorys_schema(entry) -> None:
    assert set(entry) - AT_HOME <= REQUIRED | OPTIONAL
    assert set(entry) >= REQUIRED
    assert entry["layout"] == "plugin"
    assert isinstance(entry["date"], datetime.date)


def test_it_has_the_addresses_of_the_project_and_makes_none_up(entry) -> None:
    urls = re.search(r"(?m)^\[project\.urls\]\n((?:.+\n)*)", PROJECT)
    if urls is None:
        assert set(entry) & AT_HOME == set()
        text = ENTRY.read_text("utf-8")
        assert {name for name in AT_HOME if name not in text} == set()
        return
    assert set(entry) >= AT_HOME
    home = re.search(r'(?im)^"?(?:source|repository)"? = "([^"]+?)/?"', urls.group(1))
    assert home is not None, "pyproject.toml names no source"
    for name in ("source", "archive", "privacypolicy"):
        assert entry[name].startswith(home.group(1))


def test_it_names_the_plugin_as_the_package_does(entry) -> None:
    entry_point = re.search(r'octoprint\.plugin"\]\n(\w+) = "(\w+)"', PROJECT)
    assert entry_point is not None
    assert (entry["id"], "octoprint_aiwatch") == entry_point.groups()
    assert entry["id"] == ENTRY.stem
    assert entry["title"] == package.__plugin_name__
    assert entry["authors"] == [package.__plugin_author__]
    assert entry["description"].startswith(package.__plugin_description__)
    assert entry["description"].startswith(project("description"))


def test_it_has_the_packages_licence(entry) -> None:
    assert entry["license"] == package.__plugin_license__
    assert f'license="{entry["license"]}"' in (ROOT / "setup.py").read_text("utf-8")


def test_it_has_the_packages_python(entry) -> None:
    python = entry["compatibility"]["python"]
    assert python == project("requires-python") == package.__plugin_pythoncompat__


def test_its_oldest_octoprint_is_of_the_oldest_release_that_is_tested(entry) -> None:
    (oldest,) = entry["compatibility"]["octoprint"]
    dev = ROOT / "extras" / "dev"
    names = [path.stem for path in dev.glob("requirements-octoprint-*.txt")]
    tested = sorted(re.findall(r"octoprint-(\d+)\.(\d+)", " ".join(names)))
    assert tuple(str(oldest).split(".")[:2]) == tested[0]
    assert set(entry["compatibility"]["os"]) <= SYSTEMS


def test_its_attributes_say_what_is_so(entry) -> None:
    attributes = set(entry["attributes"])
    assert attributes <= ATTRIBUTES
    sending = [one for one in REGISTRY.values() if one.sends != "Nothing."]
    free = [one for one in REGISTRY.values() if one.tariff and one.tariff.free]
    assert ("cloud" in attributes) == bool(sending)
    assert ("free-tier" in attributes) == bool(free)
    assert "ai-developed" in attributes


def test_its_free_calls_are_those_of_the_price_table(entry) -> None:
    tariff = REGISTRY["gadget"].tariff
    assert tariff is not None
    assert f"{tariff.free:,} checks a month" in ENTRY.read_text("utf-8")


def test_each_picture_is_one_of_ours_and_has_words(entry) -> None:
    for one in entry["screenshots"]:
        assert one["url"].startswith(IMAGES)
        assert (ROOT / "extras/docs/img" / one["url"][len(IMAGES) :]).is_file()
        assert one["alt"]
        assert one["caption"]
    assert entry["featuredimage"] in [one["url"] for one in entry["screenshots"]]
