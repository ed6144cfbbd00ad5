"""The picture follows the job: deterministic, growing, and quick enough."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulator.scene import Scene, SceneState
from simulator.strands import Site, make_strand
from simulator.toolpath import Toolpath, read_gcode


@pytest.fixture(scope="module")
def toolpath(job_path: Path) -> Toolpath:
    return read_gcode(job_path)


@pytest.fixture(scope="module")
def scene(toolpath: Toolpath) -> Scene:
    return Scene(toolpath, seed=0)


def filament_px(scene: Scene, state: SceneState) -> int:
    """Pixels that are much more orange than anything else there is."""
    drawn = scene.draw(state)
    orange = (drawn[..., 0] - drawn[..., 2] > 70) & (drawn[..., 1] < 140)
    return int(orange.sum())


def test_the_same_state_gives_the_same_bytes(toolpath: Toolpath, scene: Scene) -> None:
    state = SceneState(0.4 * toolpath.size_bytes, 20.0, 0.3 * toolpath.size_bytes, 9.0, 3)
    assert scene.render(state) == Scene(toolpath, seed=0).render(state)


def test_another_seed_is_another_printer(toolpath: Toolpath, scene: Scene) -> None:
    state = SceneState(0.5 * toolpath.size_bytes)
    difference = np.abs(scene.draw(state) - Scene(toolpath, seed=4).draw(state))
    assert difference.mean() > 5


def test_the_part_grows_with_the_jobs_progress(toolpath: Toolpath, scene: Scene) -> None:
    sizes = [
        filament_px(scene, SceneState(share * toolpath.size_bytes))
        for share in (0.0, 0.3, 0.6, 0.95)
    ]
    assert sizes[1] > sizes[0] + 2000
    assert sizes[2] > sizes[1] + 2000
    assert sizes[3] > sizes[2]


def test_going_back_to_an_earlier_place_takes_the_part_down(
    toolpath: Toolpath, scene: Scene
) -> None:
    early = SceneState(0.2 * toolpath.size_bytes)
    fresh = scene.draw(early)
    scene.draw(SceneState(0.9 * toolpath.size_bytes))
    assert np.array_equal(scene.draw(early), fresh)


def test_a_part_that_came_off_does_not_grow(toolpath: Toolpath, scene: Scene) -> None:
    size = toolpath.size_bytes
    failed = SceneState(0.95 * size, 0.0, 0.4 * size)
    going_on = SceneState(0.95 * size)
    assert filament_px(scene, failed) < filament_px(scene, going_on) - 2000


def test_the_head_is_where_the_job_is(toolpath: Toolpath, scene: Scene) -> None:
    far = [scene.toolpath.head_at(0.5 * toolpath.size_bytes)]
    assert far[0] != scene.toolpath.head_at(0.52 * toolpath.size_bytes)
    a = scene.draw(SceneState(0.5 * toolpath.size_bytes))
    b = scene.draw(SceneState(0.52 * toolpath.size_bytes))
    assert (np.abs(a - b).max(axis=2) > 20).mean() > 0.01


def test_an_empty_bed_shows_no_filament(scene: Scene) -> None:
    bed = scene.draw(SceneState())[250:470]
    assert (bed[..., 0] - bed[..., 2] > 70).sum() == 0


def test_strands_lie_on_or_above_the_bed_and_inside_it() -> None:
    site = Site((85.0, 90.0), (135.0, 130.0), 12.0)
    for number in range(0, 150, 10):
        points = make_strand(site, 3, number)
        assert points[:, 2].min() >= 0.6
        assert points[:, :2].min() >= 0.0
        assert points[:, :2].max() <= 220.0
