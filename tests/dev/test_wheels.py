"""The table of wheels: what is read from pyproject.toml and pip, and what follows."""

from __future__ import annotations

import json

import pytest
from dev import wheels

TEXT = """
[project]
dependencies = [
  # A comment with a "word".
  "requests>=2.31,<3",
  "numpy>=1.21", # why
]
[project.optional-dependencies]
mqtt = [
  "paho-mqtt>=2,<3", # why
]
"""


def reported(*files: str) -> str:
    """A report as pip writes it, cut down to what is read."""
    return json.dumps(
        {
            "install": [
                {
                    "metadata": {"name": file.split("-")[0], "version": "1"},
                    "download_info": {"url": f"https://index.example/x/{file}"},
                }
                for file in files
            ]
        }
    )


class FakeIndex(wheels.Index):
    """Has the wheels that are listed for each platform; none elsewhere."""

    def __init__(self, **found: str) -> None:
        self.found = found

    def python(self, version):
        return None, True

    def ask(self, version, wanted, platforms, *more):
        kind = {wheels.ARM_64: "arm64", wheels.ARM_32: "arm32"}.get(platforms, "none")
        names = self.found.get(kind, "").split()
        if kind != "arm64":
            names = [one for one in names if one.split("-")[0] in wanted[0]]
        return wheels.wheels_in(reported(*names)) if names else None


def test_the_requirements_are_those_of_pyproject_and_of_the_extras_asked_for():
    assert wheels.requirements(TEXT) == ["requests>=2.31,<3", "numpy>=1.21"]
    assert wheels.requirements(TEXT, ["mqtt"])[-1] == "paho-mqtt>=2,<3"
    with pytest.raises(wheels.packages.PackageError, match="no list called other"):
        wheels.requirements(TEXT, ["other"])


def test_our_own_requirements_are_found():
    text = (wheels.ROOT / "pyproject.toml").read_text("utf-8")
    names = [one.split(">")[0] for one in wheels.requirements(text)]
    assert names[0] == "requests"
    assert {"numpy", "Pillow", "apprise", "prometheus_client"} <= set(names)


def test_a_wheel_is_pure_if_it_is_for_any_machine():
    pure, built = wheels.wheels_in(
        reported("a-1-py3-none-any.whl", "b-1-cp39-cp39-manylinux2014_aarch64.whl")
    )
    assert (pure.is_pure, built.is_pure) == (True, False)


def test_the_table_says_where_32_bits_get_each_package():
    index = FakeIndex(
        arm64="a-1-py3-none-any.whl b-1-cp39.whl c-1-cp39.whl d-1-cp39.whl",
        arm32="c-1-cp39-armv7l.whl",
        none="b-1-py3-none-any.whl",
    )
    line, fits = wheels.row(index, "3.9", ["a"])
    assert fits
    assert (
        line == "| 3.9 | 1 | b 1, c 1, d 1 | pure wheel: b 1; PyPI: c 1; piwheels: d 1 |"
    )


def test_a_requirement_without_a_wheel_for_64_bits_is_said_and_fails():
    line, fits = wheels.row(FakeIndex(), "3.9", ["a"])
    assert not fits
    assert "not all have wheels" in line
