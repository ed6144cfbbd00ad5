"""The environments' bookkeeping: when they are made anew, and what failures say."""

from __future__ import annotations

import pytest
from dev import envs


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of its own, so that nothing touches the environments in use."""
    dev = tmp_path / "extras" / "dev"
    dev.mkdir(parents=True)
    (dev / "requirements-octoprint-1.0.txt").write_text("OctoPrint==1.0\n")
    (dev / "requirements-tools.txt").write_text("ruff==1.0\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "a"\n[tool.ruff]\na = 1\n'
    )
    (tmp_path / "setup.py").write_text("import setuptools\n")
    monkeypatch.setattr(envs, "ROOT", tmp_path)
    monkeypatch.setattr(envs, "HOME", tmp_path / ".venv")
    monkeypatch.setattr(envs, "DEV", dev)
    (tmp_path / ".venv").mkdir()
    return tmp_path


@pytest.fixture
def no_programs(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.delenv("AIWATCH_CHROMIUM", raising=False)


def program(path, code: int):
    path.write_text(f"#!/bin/sh\nexit {code}\n")
    path.chmod(0o755)
    return path


def test_the_stamp_stays_while_nothing_changes(checkout):
    assert envs.stamp_of("octoprint-1.0") == envs.stamp_of("octoprint-1.0")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pyproject.toml", '[project]\nname = "b"\n[tool.ruff]\na = 1\n'),
        ("setup.py", "import setuptools  # changed\n"),
        ("extras/dev/requirements-octoprint-1.0.txt", "OctoPrint==1.0.1\n"),
    ],
)
def test_what_an_environment_is_made_from_changes_its_stamp(checkout, name, content):
    before = envs.stamp_of("octoprint-1.0")
    (checkout / name).write_text(content)
    assert envs.stamp_of("octoprint-1.0") != before


def test_settings_of_tools_change_no_stamp(checkout):
    before = envs.stamp_of("octoprint-1.0")
    changed = '[project]\nname = "a"\n[tool.ruff]\na = 2\n'
    (checkout / "pyproject.toml").write_text(changed)
    assert envs.stamp_of("octoprint-1.0") == before


@pytest.mark.parametrize("name", ["tools", "mlserver", "coverage", "mutants"])
def test_what_lives_apart_does_not_depend_on_the_package(checkout, name):
    (checkout / f"extras/dev/requirements-{name}.txt").write_text("a==1\n")
    before = envs.stamp_of(name)
    (checkout / "pyproject.toml").write_text('[project]\nname = "b"\n')
    assert envs.stamp_of(name) == before


def test_every_version_with_requirements_is_an_environment(checkout):
    assert envs.octoprint_environments() == ["octoprint-1.0"]


def test_an_unknown_environment_is_refused_with_the_known_ones(checkout):
    with pytest.raises(envs.SetupError, match=r"octoprint-9\.9.*octoprint-1\.0"):
        envs.stamp_of("octoprint-9.9")


def test_a_finished_environment_is_left_alone(checkout, monkeypatch):
    home = checkout / ".venv" / "octoprint-1.0"
    (home / "bin").mkdir(parents=True)
    program(home / "bin" / "python", 0)
    (home / "stamp").write_text(envs.stamp_of("octoprint-1.0"))
    monkeypatch.setattr(envs, "create", lambda *a: pytest.fail("made anew"))
    monkeypatch.setattr(envs, "pip_install", lambda *a: pytest.fail("installed"))
    envs.ensure_environment("octoprint-1.0")


def test_a_failing_pip_is_an_error_with_its_last_lines_and_leaves_no_stamp(
    checkout, monkeypatch
):
    monkeypatch.setattr(envs, "create", lambda *a: None)
    python = checkout / ".venv" / "octoprint-1.0" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho no such release\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(envs.SetupError, match=r"(?s)could not install.*no such release"):
        envs.ensure_environment("octoprint-1.0")
    assert not (checkout / ".venv" / "octoprint-1.0" / "stamp").exists()


def test_a_missing_compiler_is_named(checkout, monkeypatch):
    monkeypatch.setattr(envs, "create", lambda *a: None)
    monkeypatch.setattr(envs, "system_install", lambda *a: False)
    python = checkout / ".venv" / "octoprint-1.0" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho \"error: command 'gcc' failed\"\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(envs.SetupError, match="Install a C compiler"):
        envs.ensure_environment("octoprint-1.0")


@pytest.fixture
def only_ours(no_programs, tmp_path):
    """A folder that alone is searched for programs; the shell's own are built in."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    return folder


def test_a_browser_on_the_path_that_starts_is_found(checkout, only_ours):
    found = program(only_ours / "google-chrome", 0)
    assert envs.find_chromium() == str(found)


def test_the_browser_without_windows_is_taken_before_one_with_windows(
    checkout, only_ours
):
    program(only_ours / "chromium", 0)
    found = program(only_ours / "chromium-headless-shell", 0)
    assert envs.find_chromium() == str(found)


def test_one_with_windows_is_installed_where_there_is_none_without(
    checkout, only_ours, monkeypatch
):
    asked = []

    def install(log, packages):
        asked.extend(packages)
        if packages == ["chromium"]:
            program(only_ours / "chromium", 0)

    monkeypatch.setattr(envs, "system_install", install)
    envs.ensure_chromium()
    assert asked == ["chromium-headless-shell", "chromium"]


def test_where_one_without_windows_is_installed_no_other_is(
    checkout, only_ours, monkeypatch
):
    asked = []

    def install(log, packages):
        asked.extend(packages)
        program(only_ours / packages[0], 0)

    monkeypatch.setattr(envs, "system_install", install)
    envs.ensure_chromium()
    assert asked == ["chromium-headless-shell"]


def test_a_browser_that_does_not_start_is_none(checkout, no_programs, tmp_path):
    (checkout / ".venv" / "chromium.path").write_text(str(program(tmp_path / "c", 1)))
    assert envs.find_chromium() is None


def test_a_browser_that_was_downloaded_is_remembered(checkout, no_programs, tmp_path):
    path = program(tmp_path / "c", 0)
    (checkout / ".venv" / "chromium.path").write_text(str(path))
    assert envs.find_chromium() == str(path)


def test_a_chosen_browser_that_does_not_start_is_an_error(checkout, monkeypatch):
    monkeypatch.setenv("AIWATCH_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(envs.SetupError, match="/nowhere/chromium"):
        envs.find_chromium()


def test_a_browser_that_cannot_be_had_is_an_error_that_says_what_to_do(
    checkout, no_programs
):
    with pytest.raises(envs.SetupError, match="Install chromium or google-chrome"):
        envs.ensure_chromium()


# ------------------------------------------------------------- other programs


def test_a_server_is_found_where_only_root_looks(checkout, monkeypatch) -> None:
    found = program(checkout / "mosquitto", 0)
    monkeypatch.setattr(envs, "SYSTEM_PATH", str(found.parent))
    assert envs.find_program("mosquitto") == str(found)
    envs.ensure_program("mosquitto")


def test_a_server_that_cannot_be_installed_is_told(checkout, monkeypatch) -> None:
    monkeypatch.setattr(envs, "SYSTEM_PATH", "")
    monkeypatch.setattr(envs, "system_install", lambda *_: False)
    (checkout / ".venv").mkdir(exist_ok=True)
    with pytest.raises(envs.SetupError, match=r"(?s)prometheus.*Install it by hand"):
        envs.ensure_program("prometheus")
    with pytest.raises(envs.SetupError, match="use make test"):
        envs.program("prometheus")


# -------------------------------------------------------------- accessibility


def put_axe(version: str) -> None:
    envs.axe_script().parent.mkdir(parents=True)
    envs.axe_script().write_text("axe")
    package = envs.axe_script().with_name("package.json")
    package.write_text(f'{{"version": "{version}"}}')


def test_axe_that_is_there_is_not_fetched_again(checkout, no_programs) -> None:
    put_axe(envs.AXE)
    envs.ensure_axe()
    assert envs.axe() == "axe"


def test_another_axe_is_none(checkout) -> None:
    put_axe("1.0.0")
    with pytest.raises(envs.SetupError, match="use make test"):
        envs.axe()


def test_axe_that_cannot_be_installed_is_told(checkout, no_programs, monkeypatch) -> None:
    monkeypatch.setattr(envs, "system_install", lambda *_: False)
    with pytest.raises(envs.SetupError, match="npm could not install it"):
        envs.ensure_axe()
