"""The benchmark's sums: medians, differences, noise and aims."""

from __future__ import annotations

from pathlib import Path

import pytest
from benchmarks import table
from benchmarks.aims import FIGURES, Figure
from benchmarks.sides import AGAIN, PLAIN, SIDES

MEMORY = Figure("memory", "MB", ("uss_mb",), ("gadget",), most=6.0)
LINES = Figure("lines", "", ("lines",), ("gadget",), more_is_better=True, in_noise=True)
BOTH = Figure("together", "s", ("cpu_s", "helper_s"), ("gadget",), most=0.08)


def rounds(name: str, *values: tuple[float, float, float]) -> list[table.Round]:
    """One figure of a plain OctoPrint, another plain one, and one that watches."""
    return [
        {PLAIN: {name: plain}, AGAIN: {name: again}, "gadget": {name: watching}}
        for plain, again, watching in values
    ]


def test_what_comes_on_top_is_the_median_of_each_rounds_difference() -> None:
    played = rounds("uss_mb", (60, 61, 65), (70, 70, 74), (80, 78, 90))
    row = table.row_of(MEMORY, "gadget", played)
    assert (row.plain, row.value, row.more) == (70, 74, 5)
    assert row.noise == 2, "the most that two plain ones differ by"
    assert row.ratio == pytest.approx(74 / 70)
    assert not row.is_over


def test_a_missed_aim_is_said() -> None:
    row = table.row_of(MEMORY, "gadget", rounds("uss_mb", (60, 60, 67)))
    assert row.is_over
    assert row.cells()[-2:] == ("≤ 6.00", "OVER")


@pytest.mark.parametrize(
    ("watching", "is_over"), [(990, False), (970, True), (2000, False)]
)
def test_of_lines_only_fewer_than_the_noise_are_too_few(
    watching: float, is_over: bool
) -> None:
    row = table.row_of(LINES, "gadget", rounds("lines", (1000, 1020, watching)))
    assert row.is_over is is_over


def test_two_processes_are_added_up_and_a_plain_one_has_no_helper() -> None:
    played = [
        {
            PLAIN: {"cpu_s": 1.0},
            AGAIN: {"cpu_s": 1.01},
            "gadget": {"cpu_s": 1.05, "helper_s": 0.04},
        }
    ]
    row = table.row_of(BOTH, "gadget", played)
    assert row.more == pytest.approx(0.09)
    assert row.is_over


def test_a_figure_by_itself_is_held_against_its_aim() -> None:
    assert table.alone("import", "ms", [20, 30, 26], 25.0).is_over
    assert not table.alone("import", "ms", [20, 30, 24], 25.0).is_over


def test_every_figure_is_of_sides_that_there_are() -> None:
    for figure in FIGURES:
        assert set(figure.sides) <= set(SIDES)
        assert figure.most is None or not figure.in_noise


def test_the_table_is_markdown_with_as_many_cells_in_each_line() -> None:
    played = rounds("uss_mb", (60, 60.5, 67))
    found = [table.row_of(MEMORY, "gadget", played), table.alone("page", "kB", [93.1])]
    lines = table.markdown(found).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert len({len(line) for line in lines}) == 1
    assert "OVER" in lines[2]
    assert "93.1" in lines[3]


def test_the_documents_table_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "bench.md"
    page.write_text(f"# Cost\n{table.BEGIN}\nold\n{table.END}\nend\n")
    table.put_between(page, "new")
    assert page.read_text() == f"# Cost\n{table.BEGIN}\nnew\n{table.END}\nend\n"


def test_a_document_without_a_place_for_it_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "bench.md"
    page.write_text("# Cost\n")
    with pytest.raises(ValueError, match="add them first"):
        table.put_between(page, "new")
    assert page.read_text() == "# Cost\n"
