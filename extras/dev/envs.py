"""Creates and updates the virtual environments and the browser that the Makefile needs.

Each environment lives under `.venv/` and carries a stamp of what it was made from, so
that a second call does nothing and a changed requirement installs again. Only the
standard library is used, from Python 3.9 on, and pip keeps its own configuration: this
file names no package host. Every failure ends in a sentence and a non-zero exit.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Optional

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / ".venv"
DEV = Path(__file__).resolve().parent
LOWEST_PYTHON = (3, 9)
CHROMIUM_PACKAGES = ("chromium-headless-shell", "chromium")
"""Best first: the one without windows is the same engine, and a page takes half of the
processor there."""
CHROMIUM_NAMES = (
    *CHROMIUM_PACKAGES,
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)

_checkout = threading.Lock()  # an editable install writes into the checkout itself
_packages = threading.Lock()  # the system's package manager runs once at a time


class SetupError(Exception):
    """Something the person at the keyboard has to know; the text is one for people."""


def python_of(name: str) -> Path:
    return HOME / name / "bin" / "python"


def octoprint_environments() -> list[str]:
    names = [path.stem for path in sorted(DEV.glob("requirements-octoprint-*.txt"))]
    return [name[len("requirements-") :] for name in names]


def has_plugin(name: str) -> bool:
    """Whether the plugin is installed there; the tools and MLServer do without it."""
    return name.startswith("octoprint-")


def requirements_of(name: str) -> Path:
    path = DEV / f"requirements-{name}.txt"
    if not path.is_file():
        known = ", ".join(octoprint_environments())
        raise SetupError(
            f"There is no environment called {name}. Known ones: tools, coverage, "
            f"mutants, fuzz, mlserver, {known}. "
            f"For another OctoPrint add {path.relative_to(ROOT)} with its exact version."
        )
    return path


def project_tables(text: str) -> str:
    """The parts of pyproject.toml that pip reads; tool settings change no environment."""
    tables = re.split(r"(?m)^(?=\[)", text)
    wanted = re.compile(r"\[(project|build-system|tool\.setuptools)\b")
    return "".join(table for table in tables if wanted.match(table))


def stamp_of(name: str) -> str:
    """A text that changes when the environment has to be installed again."""
    digest = hashlib.sha256(requirements_of(name).read_bytes())
    if has_plugin(name):
        digest.update(project_tables((ROOT / "pyproject.toml").read_text()).encode())
        digest.update((ROOT / "setup.py").read_bytes())
    base = f"{sys.version_info[:3]} {os.path.realpath(sys.executable)} {ROOT}"
    return f"{base}\n{digest.hexdigest()}\n"


def say(text: str) -> None:
    print(text, flush=True)


def logged(log: Path, command: Sequence[str], **env: str) -> bool:
    with log.open("a") as out:
        out.write(f"$ {' '.join(command)}\n")
        out.flush()
        done = subprocess.run(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env},
        )
    return done.returncode == 0


def tail(log: Path, lines: int = 25) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


# ---------------------------------------------------------------- environments


def create(name: str, log: Path) -> None:
    shutil.rmtree(HOME / name, ignore_errors=True)
    if not logged(log, [sys.executable, "-m", "venv", str(HOME / name)]):
        raise SetupError(
            f"{sys.executable} cannot create virtual environments. On Debian and Ubuntu "
            f"the module is in a package of its own: install python3-venv.\n{tail(log)}"
        )


def pip_install(name: str, log: Path, *arguments: str) -> None:
    """Installs, and once more after getting a compiler if one was what was missing."""
    python = str(python_of(name))
    command = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    if logged(log, [*command, *arguments]):
        return
    output = log.read_text(errors="replace")
    if re.search(r"Python\.h|gcc|'cc' failed|C compiler|netifaces", output):
        version = "{}.{}".format(*sys.version_info[:2])
        headers = (f"python{version}-dev", "python3-dev")
        found = any(system_install(log, ["gcc", package]) for package in headers)
        if found and logged(log, [*command, *arguments]):
            return
        raise SetupError(
            f"{name}: a requirement has no ready wheel for this Python and could not be "
            "compiled (OctoPrint 1.11 needs netifaces). Install a C compiler and the "
            f"Python headers, on Debian and Ubuntu: gcc and python3-dev.\n{tail(log)}"
        )
    raise SetupError(
        f"{name}: pip could not install the requirements, see {log}.\n{tail(log)}"
    )


def ensure_environment(name: str) -> None:
    stamp, recorded = stamp_of(name), HOME / name / "stamp"
    old = recorded.read_text() if recorded.is_file() else ""
    if old == stamp and python_of(name).exists():
        return
    started = time.monotonic()
    log = HOME / f"{name}.log"
    log.write_text("")
    say(f"{name}: installing, this takes a minute (log: {log.relative_to(ROOT)})")
    same_base = old.split("\n")[0] == stamp.split("\n")[0]
    if not (same_base and python_of(name).exists()):
        create(name, log)
    else:
        recorded.unlink()  # an interrupted update must not look finished
    wanted = ["--requirement", str(requirements_of(name))]
    pip_install(name, log, *wanted)
    if has_plugin(name):
        with _checkout:
            pip_install(name, log, *wanted, "--editable", ".[develop]")
    recorded.write_text(stamp)
    say(f"{name}: ready after {time.monotonic() - started:.0f} s")


# --------------------------------------------------------------------- browser


def runs(program: str) -> bool:
    """Whether it starts: some systems have a stub that only tells how to install it."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def find_chromium() -> Optional[str]:
    """The path of a Chromium that starts, or None. AIWATCH_CHROMIUM names another."""
    chosen = os.environ.get("AIWATCH_CHROMIUM")
    if chosen:
        if not runs(chosen):
            raise SetupError(f"AIWATCH_CHROMIUM is {chosen}, and that does not start.")
        return chosen
    recorded = HOME / "chromium.path"
    names = [shutil.which(name) for name in CHROMIUM_NAMES]
    if recorded.is_file():
        names.append(recorded.read_text().strip())
    return next((name for name in names if name and runs(name)), None)


def system_install(log: Path, packages: Sequence[str]) -> bool:
    """Through apt-get, where there is one and we may use it."""
    if not shutil.which("apt-get"):
        return False
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if prefix and not shutil.which("sudo"):
        return False
    get = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    with _packages:
        say(f"installing {' '.join(packages)} with apt-get")
        logged(log, [*get, "update"])  # one broken source must not stop the rest
        return logged(log, [*get, "install", "-y", "--no-install-recommends", *packages])


def playwright_install(log: Path) -> None:
    """Playwright's own download; needs an environment that has Playwright."""
    name = next((n for n in octoprint_environments() if python_of(n).exists()), None)
    if name is None:
        return
    python = str(python_of(name))
    ask = "from playwright.sync_api import sync_playwright as s\nwith s() as p: "
    say("installing Chromium through Playwright")
    if not logged(log, [python, "-m", "playwright", "install", "chromium"]):
        return
    path = subprocess.run(
        [python, "-c", ask + "print(p.chromium.executable_path)"],
        capture_output=True,
        text=True,
    ).stdout.strip()
    (HOME / "chromium.path").write_text(path)


def ensure_chromium() -> None:
    if find_chromium():
        return
    log = HOME / "chromium.log"
    log.write_text("")
    for package in CHROMIUM_PACKAGES:
        if not find_chromium():
            system_install(log, [package])
    if not find_chromium():
        playwright_install(log)
    if not find_chromium():
        raise SetupError(
            "The browser tests need Chromium and it could not be installed, neither with "
            "apt-get nor through Playwright. Install chromium or google-chrome, or name "
            f"one in AIWATCH_CHROMIUM. What was tried is in {log}.\n{tail(log)}"
        )


# ------------------------------------------------------------- other programs


PROGRAMS = {name: name for name in ("prometheus", "mosquitto", "faketime")}
"""What tests start on loopback, and the Debian package that has it."""
SYSTEM_PATH = os.pathsep.join(
    (os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin")
)


def find_program(name: str) -> Optional[str]:
    """Its path, or None; servers are often where only root looks for programs."""
    return shutil.which(name, path=SYSTEM_PATH)


def program(name: str) -> str:
    """Its path, for a test that cannot do without."""
    found = find_program(name)
    if found is None:
        raise SetupError(f"The tests need {name} and it is not installed: use make test.")
    return found


def ensure_program(name: str) -> None:
    if find_program(name):
        return
    log = HOME / f"{name}.log"
    log.write_text("")
    system_install(log, [PROGRAMS[name]])
    if not find_program(name):
        raise SetupError(
            f"The end-to-end tests start {name} on loopback and apt-get could not "
            f"install it. Install it by hand. What was tried is in {log}.\n{tail(log)}"
        )


# -------------------------------------------------------------- accessibility


AXE = "4.14.1"
"""The release of axe-core, which looks for what keeps people from using a page."""


def axe_script() -> Path:
    return HOME / "axe" / "node_modules" / "axe-core" / "axe.min.js"


def has_axe() -> bool:
    package = axe_script().with_name("package.json")
    if not (axe_script().is_file() and package.is_file()):
        return False
    return str(json.loads(package.read_text()).get("version")) == AXE


def axe() -> str:
    """The script's text, for a test that runs it in a page."""
    if not has_axe():
        raise SetupError(f"The tests need axe-core {AXE} from npm: use make test.")
    return axe_script().read_text(encoding="utf-8")


def ensure_axe() -> None:
    if has_axe():
        return
    log = HOME / "axe.log"
    log.write_text("")
    if not shutil.which("npm"):
        system_install(log, ["npm"])
    folder = HOME / "axe"
    folder.mkdir(exist_ok=True)
    options = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit"]
    command = ["npm", "install", "--prefix", str(folder), *options, f"axe-core@{AXE}"]
    if not (shutil.which("npm") and logged(log, command) and has_axe()):
        raise SetupError(
            f"The accessibility tests need axe-core {AXE}, and npm could not install it. "
            f"Install npm, or see what was tried in {log}.\n{tail(log)}"
        )


# ------------------------------------------------------------------------ main


@contextmanager
def only_one() -> Iterator[None]:
    """Two calls at the same time would install into the same folders."""
    with (HOME / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def ensure(names: Sequence[str]) -> None:
    if sys.version_info < LOWEST_PYTHON:
        raise SetupError(
            f"Python 3.9 or newer is needed, {sys.executable} is "
            f"{sys.version.split()[0]}. Name another with make PYTHON=..."
        )
    HOME.mkdir(exist_ok=True)
    environments = [one for one in names if one not in ("chromium", "axe", *PROGRAMS)]
    with only_one(), ThreadPoolExecutor(max_workers=4) as pool:
        for done in [pool.submit(ensure_environment, name) for name in environments]:
            done.result()
        if "chromium" in names:
            ensure_chromium()
        if "axe" in names:
            ensure_axe()
        for name in PROGRAMS:
            if name in names:
                ensure_program(name)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "names",
        nargs="+",
        help="tools, chromium, axe, coverage, mutants, fuzz, mlserver, prometheus, "
        "mosquitto, faketime, octoprint-<version>, or octoprint for every one",
    )
    names = []
    for name in parser.parse_args().names:
        names += octoprint_environments() if name == "octoprint" else [name]
    try:
        ensure(names)
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
