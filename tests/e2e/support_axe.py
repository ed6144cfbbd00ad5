"""axe-core in a page: what keeps people from using a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev import envs

if TYPE_CHECKING:
    from playwright.sync_api import Page

GRAVE = ("serious", "critical")


def findings(page: Page, *selectors: str) -> list[str]:
    """The grave ones in these parts, each with the element that has it."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(envs.axe())
    for selector in selectors:
        assert page.locator(selector).count() > 0, f"there is no {selector}"
    violations = page.evaluate(
        """selectors => axe.run({include: selectors.map(one => [one])},
            {resultTypes: ['violations']}).then(found => found.violations)""",
        list(selectors),
    )
    return [
        f"{found['id']}: {node['html'][:160]} {_why(node)}"
        for found in violations
        if found["impact"] in GRAVE
        for node in found["nodes"]
    ]


def _why(node: dict) -> str:
    return " ".join(node["failureSummary"].split())
