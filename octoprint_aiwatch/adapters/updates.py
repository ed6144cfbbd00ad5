"""Where new versions come from, for OctoPrint's software update.

The package's own metadata says where its source is. If it names no repository, nothing
is offered: no place may be made up, since whatever lies there is installed. Nothing here
asks the network; OctoPrint does, if its user lets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import metadata
from typing import Any, Optional

DISTRIBUTION = "OctoPrint-AIWatch"
LABELS = ("source", "repository", "source code", "homepage")
"""Of the project's addresses; the first that is a repository counts."""
REPOSITORY = re.compile(
    r"https://github\.com/(?P<user>[A-Za-z0-9-]+)/(?P<repo>[A-Za-z0-9._-]+?)(\.git)?/?"
)


def project_urls() -> list[str]:
    """The addresses in the installed package's metadata, each as "label, address"."""
    try:
        return metadata.metadata(DISTRIBUTION).get_all("Project-URL") or []
    except metadata.PackageNotFoundError:
        return []


def repository(urls: Iterable[str]) -> Optional[tuple[str, str]]:
    """Owner and name of the repository on GitHub among a project's addresses."""
    named = {}
    for line in urls:
        label, _, url = line.partition(",")
        named[label.strip().lower()] = url.strip()
    for label in LABELS:
        found = REPOSITORY.fullmatch(named.get(label, ""))
        if found:
            return found["user"], found["repo"]
    return None


def check(version: str, user: str, repo: str) -> dict[str, Any]:
    """What OctoPrint's software update is to look at, and what it installs."""
    return {
        "displayName": "AI Watch",
        "displayVersion": version,
        "type": "github_release",
        "user": user,
        "repo": repo,
        "current": version,
        "pip": f"https://github.com/{user}/{repo}/archive/{{target_version}}.zip",
    }
