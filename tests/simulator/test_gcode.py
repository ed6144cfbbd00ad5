"""Jobs are written as G-code and read back as the geometry they came from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from simulator.gcode import write_job
from simulator.shapes import SHAPES, infill
from simulator.toolpath import parse_gcode, read_gcode


def dwell_s(path: Path) -> float:
    lines = path.read_text().splitlines()
    return sum(int(line.split("P")[1]) for line in lines if line.startswith("G4")) / 1000


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_job_has_its_layers_at_even_heights(tmp_path: Path, shape: str) -> None:
    toolpath = read_gcode(write_job(tmp_path / "j.gcode", 30, 16, shape, height_mm=32))
    assert toolpath.layer_z_mm == pytest.approx(np.arange(1, 17) * 2.0)
    assert toolpath.extrudes.sum() > 100


def test_a_job_looks_like_a_slicers(job_path: Path) -> None:
    text = job_path.read_text()
    for line in (";LAYER:0", ";LAYER:19", "M190 S50", "M109 S90", "G28 ;home", "M104 S0"):
        assert f"\n{line}\n" in text


def test_a_cold_job_does_not_heat(tmp_path: Path) -> None:
    text = write_job(tmp_path / "j.gcode", 30, 8, heat=False).read_text()
    assert "M190" not in text
    assert "M109" not in text


@pytest.mark.parametrize("duration_s", [30, 60, 300])
def test_the_dwells_fill_most_of_the_time_that_was_asked_for(
    tmp_path: Path, duration_s: int
) -> None:
    path = write_job(tmp_path / "j.gcode", duration_s, 30, heat=False)
    assert 0.8 * duration_s < dwell_s(path) <= duration_s


def test_the_dwells_are_short_and_spread_evenly(job_path: Path) -> None:
    lines = job_path.read_text().splitlines()
    dwells = [index for index, line in enumerate(lines) if line.startswith("G4")]
    assert {lines[index] for index in dwells} == {"G4 P50"}
    half = sum(lines[index] == "G4 P50" for index in range(len(lines) // 2))
    assert 0.35 < half / len(dwells) < 0.65


def test_an_unknown_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="teapot"):
        write_job(tmp_path / "j.gcode", 30, 8, "teapot")


def test_infill_stays_inside_a_part_with_a_notch() -> None:
    notch = [(0.0, 0.0), (20.0, 0.0), (20.0, 20.0), (10.0, 8.0), (0.0, 20.0)]
    lines = infill(notch, 2.0, rising=True)
    assert len(lines) > 10
    for (x0, y0), (x1, y1) in lines:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        roof = 20 - 1.2 * x if x < 10 else 8 + 1.2 * (x - 10)
        assert 0 <= x <= 20
        assert -1e-9 <= y <= roof + 1e-9


def test_moves_are_told_from_travels_and_places_in_the_file() -> None:
    data = b"G90\nG1 Z0.2 F600\nG0 X10 Y0\nG1 X20 Y0 E1 ; wall\nG1 X20 Y5 E2\n"
    toolpath = parse_gcode(data)
    assert toolpath.extrudes.tolist() == [False, False, True, True]
    assert toolpath.moves_done(len(data)) == 4
    assert toolpath.moves_done(len(data) - 1) == 3
    assert toolpath.head_at(len(data) - 1) == (20.0, 0.0, 0.2)


def test_relative_moves_and_reset_extruders_are_understood() -> None:
    data = (
        b"G91\nG1 X5 Y5 E1\nG90\nG92 E0\nM83\nG1 X7 E1\nG1 X9 E1\nM82\nG92 E0\nG1 X1 E0\n"
    )
    toolpath = parse_gcode(data)
    assert toolpath.end[:, 0].tolist() == [5.0, 7.0, 9.0, 1.0]
    assert toolpath.extrudes.tolist() == [True, True, True, False]


def test_a_lift_between_lines_starts_no_layer() -> None:
    data = b"G1 Z0.2\nG1 X1 E1\nG1 Z3\nG1 X5\nG1 Z0.2\nG1 X9 E2\nG1 Z0.4\nG1 X1 E3\n"
    toolpath = parse_gcode(data)
    assert toolpath.layer[toolpath.extrudes].tolist() == [0, 0, 1]


def test_a_file_without_moves_is_an_empty_job() -> None:
    toolpath = parse_gcode(b"M117 nothing\n")
    assert len(toolpath.layer_z_mm) == 0
    assert toolpath.head_at(5) == (0.0, 0.0, 10.0)
