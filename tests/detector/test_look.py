"""The figures of made pictures, and what is said of them: the two fit each other."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Callable, Optional

import pytest
from PIL import Image

from octoprint_aiwatch.core import sight
from octoprint_aiwatch.core.sight import Look, is_alike
from octoprint_aiwatch.detector.look import THUMBNAIL, fit, look
from octoprint_aiwatch.detector.picture import decoded
from octoprint_aiwatch.detector.wire import THUMBNAIL_BYTES
from tests import scenes

ROOT = Path(__file__).parents[2]
NOW = "2026-11-21 10:30:05"
LATER = "2026-11-21 11:58:47"


def seen(picture: Image.Image, quality: int = 85) -> Look:
    figures, thumbnail = look(decoded(scenes.jpeg(picture, quality), fit))
    return Look(thumbnail=thumbnail, **figures)


def said(picture: Image.Image, quality: int = 85) -> Optional[str]:
    return sight.useless(seen(picture, quality))


# -- nothing to see -------------------------------------------------------------------

NOTHING: dict[str, tuple[Callable[[], Image.Image], str]] = {
    "black": (lambda: scenes.plain("black"), sight.BLACK),
    "black with noise": (lambda: scenes.plain((3, 3, 3), 6.0), sight.BLACK),
    "dark grey with noise": (lambda: scenes.plain((24, 24, 26), 8.0), sight.BLACK),
    "night": (scenes.night, sight.BLACK),
    "a noisy night": (lambda: scenes.night(12.0), sight.BLACK),
    "night with a clock": (lambda: scenes.stamped(scenes.night(), NOW), sight.BLACK),
    "hardly any light": (lambda: scenes.lit(scenes.view(), 0.05), sight.BLACK),
    "white": (lambda: scenes.plain("white"), sight.BURNT_OUT),
    "white with noise": (lambda: scenes.plain((254, 254, 254), 4.0), sight.BURNT_OUT),
    "far too much light": (lambda: scenes.lit(scenes.view(), 20.0), sight.BURNT_OUT),
    "grey": (lambda: scenes.plain(scenes.GREY), sight.FLAT),
    "grey with noise": (lambda: scenes.plain(scenes.GREY, 8.0), sight.FLAT),
    "grey with a clock": (
        lambda: scenes.stamped(scenes.plain(scenes.GREY, 2.0), NOW),
        sight.FLAT,
    ),
    "blue": (lambda: scenes.plain((20, 40, 200), 2.0), sight.FLAT),
    "covered": (scenes.covered, sight.BLURRED),
    "out of focus": (lambda: scenes.blurred(scenes.view(), 0.02), sight.BLURRED),
    "far out of focus": (lambda: scenes.blurred(scenes.view(), 0.05), sight.BLURRED),
    "out of focus, noisy": (
        lambda: scenes.blurred(scenes.view(), 0.05, 6.0),
        sight.BLURRED,
    ),
    "out of focus with a clock": (
        lambda: scenes.stamped(scenes.blurred(scenes.view(), 0.02), NOW),
        sight.BLURRED,
    ),
    **{name: (made, sight.PLACEHOLDER) for name, made in scenes.PLACEHOLDERS.items()},
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("quality", [60, 85, 95])
def test_a_picture_of_nothing_is_called_what_it_is(name: str, quality: int) -> None:
    made, code = NOTHING[name]
    assert said(made(), quality) == code


@pytest.mark.parametrize("size", [(320, 240), (800, 600), (1280, 720), (1920, 1080)])
def test_bars_are_known_in_any_size(size: tuple[int, int]) -> None:
    assert said(scenes.bars(scenes.BARS_75, size)) == sight.PLACEHOLDER


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (1920, 1080), (480, 640)])
def test_blur_is_known_in_any_size(size: tuple[int, int]) -> None:
    assert said(scenes.view(size=size)) is None
    assert said(scenes.blurred(scenes.view(size=size), 0.025)) == sight.BLURRED


# -- something to see -----------------------------------------------------------------

SOMETHING: dict[str, Callable[[], Image.Image]] = {
    "a view": scenes.view,
    "another": lambda: scenes.view(2, head_at=0.8),
    "small": lambda: scenes.view(size=(160, 120)),
    "large": lambda: scenes.view(size=(1920, 1080)),
    "upright": lambda: scenes.view(size=(480, 640)),
    "with a clock": lambda: scenes.stamped(scenes.view(), NOW),
    "noisy": lambda: scenes.noisy(scenes.view(), 10.0),
    "in a third of the light": lambda: scenes.lit(scenes.view(), 0.33),
    "in a fifth of the light": lambda: scenes.lit(scenes.view(), 0.2),
    "in a tenth of the light, noisy": lambda: scenes.lit(scenes.view(), 0.12, 3.0),
    "in twice the light": lambda: scenes.lit(scenes.view(), 2.0),
    "infrared": lambda: scenes.infrared(scenes.view()),
    "grey": lambda: scenes.view().convert("L").convert("RGB"),
    "a bit soft": lambda: scenes.blurred(scenes.view(), 0.003),
}


@pytest.mark.parametrize("name", SOMETHING)
@pytest.mark.parametrize("quality", [30, 60, 85, 95])
def test_a_picture_of_something_is_passed(name: str, quality: int) -> None:
    assert said(SOMETHING[name](), quality) is None


# -- one picture after the other ------------------------------------------------------


@pytest.mark.parametrize("noise", [0.5, 1.0, 3.0])
@pytest.mark.parametrize("light", [0.15, 0.5, 1.0])
@pytest.mark.parametrize("quality", [50, 75, 95])
def test_a_still_scene_is_never_twice_the_same(
    noise: float, light: float, quality: int
) -> None:
    still = scenes.lit(scenes.view(), light, 0.0)
    one, other = (
        seen(scenes.noisy(still, noise, seed), quality).thumbnail for seed in (7, 8)
    )
    assert not is_alike(one, other)


def test_a_frozen_picture_is_the_same_with_and_without_a_clock() -> None:
    frozen = scenes.view()
    assert is_alike(seen(frozen).thumbnail, seen(frozen).thumbnail)
    one, other = (seen(scenes.stamped(frozen, text)).thumbnail for text in (NOW, LATER))
    assert one != other
    assert is_alike(one, other)


def test_a_head_that_moved_is_another_picture() -> None:
    one, other = (seen(scenes.view(1, head_at=at)).thumbnail for at in (0.4, 0.5))
    assert not is_alike(one, other)


# -- the figures ----------------------------------------------------------------------


def test_the_figures_are_those_that_the_plugin_reads() -> None:
    figures, thumbnail = look(scenes.view(size=(256, 192)))
    assert set(figures) | {"thumbnail"} == set(Look.__annotations__)
    assert all(math.isfinite(value) for value in figures.values())
    assert len(thumbnail) == THUMBNAIL[0] * THUMBNAIL[1] == THUMBNAIL_BYTES


@pytest.mark.parametrize("size", [(16, 16), (16, 4096), (4096, 16), (33, 50)])
def test_pictures_of_any_shape_have_figures(size: tuple[int, int]) -> None:
    figures, thumbnail = look(scenes.plain((10, 200, 30), 5.0, size))
    assert figures["contrast"] < 40
    assert len(thumbnail) == THUMBNAIL_BYTES


def test_shares_and_levels_are_what_they_are_called() -> None:
    half = scenes.plain("black", size=(256, 192))
    half.paste("white", (0, 0, 128, 192))
    figures, _ = look(half)
    assert figures["white"] == pytest.approx(0.5)
    assert figures["odd"] == pytest.approx(0.5)
    assert figures["equal"] == pytest.approx(1.0)
    assert (figures["bright"], figures["contrast"]) == (255, 255)
    assert figures["smooth"] == pytest.approx(254 / 255)


def test_looking_needs_no_numpy() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from octoprint_aiwatch.detector.__main__ import Detector\n"
        "head, body = Detector().answer({'do': 'look'}, sys.stdin.buffer.read())\n"
        "print(sorted(head), len(body))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        input=scenes.jpeg(scenes.view()),
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode().strip() == f"['figures'] {THUMBNAIL_BYTES}"
