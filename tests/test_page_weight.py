"""What the page weighs, and that the dial is drawn as the status has its zones."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from octoprint_aiwatch.core.values import GAUGE_FAILURE, GAUGE_WARNING
from octoprint_aiwatch.plugin import AiWatchPlugin

PACKAGE = Path(__file__).parents[1] / "octoprint_aiwatch"
SCRIPTS = sorted((PACKAGE / "static" / "js").glob("*.js"))
LATER = (PACKAGE / "static" / "js" / "aiwatch_later.js").read_text("utf-8")
MOST_BYTES = 60_000
GAUGE = (PACKAGE / "templates/aiwatch_snippets/gauge.jinja2").read_text("utf-8")
OUTER, GAP = 88.0, 0.006
"""The arc's radius, and half of what is left free between two bands, as a share of it."""
BANDS = {
    "ok": (0.0, GAUGE_WARNING - GAP),
    "warning": (GAUGE_WARNING + GAP, GAUGE_FAILURE - GAP),
    "failure": (GAUGE_FAILURE + GAP, 1.0),
}


def test_the_scripts_stay_light() -> None:
    assert sum(path.stat().st_size for path in SCRIPTS) <= MOST_BYTES


def test_what_every_page_loads_stays_light_styles_included() -> None:
    assets = AiWatchPlugin().get_assets().values()
    files = [PACKAGE / "static" / name for names in assets for name in names]
    assert sum(path.stat().st_size for path in files) <= MOST_BYTES


def test_each_script_is_loaded_by_every_page_or_later() -> None:
    at_once = {Path(name).stem for name in AiWatchPlugin().get_assets()["js"]}
    found = re.search(r"const SCRIPTS = (\[[^]]+\]);", LATER)
    assert found is not None
    later = {f"aiwatch_{name}" for name in json.loads(found[1])}
    assert at_once | later == {path.stem for path in SCRIPTS}
    assert not at_once & later


def band(name: str) -> list[float]:
    """The numbers of a band's outline."""
    found = re.search(rf'aiwatch-band aiwatch-{name}" d="([^"]+)"', GAUGE)
    assert found is not None
    return [float(one) for one in re.findall(r"[\d.]+", found.group(1))]


@pytest.mark.parametrize("name", BANDS)
def test_a_band_of_the_dial_ends_where_the_score_changes_zones(name: str) -> None:
    x0, y0, _, _, _, _, _, x1, y1, *_ = band(name)
    for (x, y), share in zip(((x0, y0), (x1, y1)), BANDS[name]):
        turn = math.pi * (1.0 - share)
        assert x == pytest.approx(100.0 + OUTER * math.cos(turn), abs=0.01)
        assert y == pytest.approx(100.0 - OUTER * math.sin(turn), abs=0.01)


def test_the_worse_the_zone_the_thicker_its_band() -> None:
    inner = [band(name)[11] for name in BANDS]
    assert inner == sorted(inner, reverse=True)
    assert len(set(inner)) == len(inner)
