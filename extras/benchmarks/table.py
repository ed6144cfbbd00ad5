"""From the rounds' figures to a table: medians, differences, noise, aims.

A difference is the median of the rounds' differences, each from the plain OctoPrint of
the same round. The noise is the most by which the two plain ones differed in any round.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

from .aims import FIGURES, Figure
from .sides import AGAIN, PLAIN

Round = Mapping[str, Mapping[str, float]]
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
HEADS = ("what", "unit", "plain", "noise", "with", "more", "ratio", "aim", "")


@dataclass(frozen=True)
class Row:
    """One line; None is what there is not."""

    title: str
    unit: str
    value: float
    plain: Optional[float] = None
    noise: Optional[float] = None
    more: Optional[float] = None
    most: Optional[float] = None
    is_over: bool = False

    @property
    def ratio(self) -> Optional[float]:
        return self.value / self.plain if self.plain else None

    def cells(self) -> tuple[str, ...]:
        return (
            self.title,
            self.unit,
            shown(self.plain),
            shown(self.noise, "±"),
            shown(self.value),
            shown(self.more, signed=True),
            "" if self.ratio is None else f"{self.ratio:.2f}",
            shown(self.most, "≤ "),
            "OVER" if self.is_over else "",
        )

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def shown(value: Optional[float], before: str = "", signed: bool = False) -> str:
    """A number with as many digits as mean something."""
    if value is None:
        return ""
    digits = (
        3 if abs(value) < 1 else 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    )
    return f"{before}{value:{'+' if signed else ''}.{digits}f}"


# ------------------------------------------------------------------------ from the rounds


def rows(rounds: Sequence[Round]) -> list[Row]:
    """A line for each figure and side."""
    return [
        row_of(figure, side, rounds)
        for figure in FIGURES
        for side in figure.sides
        if all(_has(figure, one[side]) for one in rounds)
    ]


def row_of(figure: Figure, side: str, rounds: Sequence[Round]) -> Row:
    """One figure on one side."""
    values = [_value(figure, one[side]) for one in rounds]
    title, value = f"{figure.title}: {side}", statistics.median(values)
    if not figure.compared:
        is_over = figure.most is not None and value > figure.most
        return Row(title, figure.unit, value, most=figure.most, is_over=is_over)
    plain = [_value(figure, one[PLAIN]) for one in rounds]
    again = [_value(figure, one[AGAIN]) for one in rounds]
    more = statistics.median(one - base for one, base in zip(values, plain))
    noise = max(abs(one - base) for one, base in zip(again, plain))
    most = noise if figure.in_noise else figure.most
    counts = -more if figure.more_is_better else more
    is_over = most is not None and counts > most
    return Row(
        title,
        figure.unit,
        value,
        statistics.median(plain),
        noise,
        more,
        most,
        is_over,
    )


def _has(figure: Figure, figures: Mapping[str, float]) -> bool:
    return any(key in figures for key in figure.key)


def _value(figure: Figure, figures: Mapping[str, float]) -> float:
    # A plain OctoPrint has no helper: it costs nothing there.
    return sum(figures.get(key, 0.0) for key in figure.key)


def alone(
    title: str, unit: str, values: Sequence[float], most: Optional[float] = None
) -> Row:
    """A figure that no plain OctoPrint has."""
    value = statistics.median(values)
    return Row(title, unit, value, most=most, is_over=most is not None and value > most)


# --------------------------------------------------------------------------------- shown


def markdown(found: Iterable[Row]) -> str:
    """The table, for readers and for documents."""
    lines = [HEADS, *(row.cells() for row in found)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADS))]
    texts = [_line(line, widths) for line in lines]
    rule = "|".join(
        "-" * (width + 1) + ("-" if at < 2 else ":") for at, width in enumerate(widths)
    )
    return "\n".join([texts[0], f"|{rule}|", *texts[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.ljust(width) if at < 2 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths))
    )
    return "| " + " | ".join(padded) + " |"


def put_between(path: Path, text: str) -> None:
    """Replace what is between the two marks of a document.

    Raises:
        ValueError: it has no such marks.
    """
    document = path.read_text("utf-8")
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no lines {BEGIN} and {END}: add them first")
    path.write_text(f"{before}{begin}\n{text}\n{end}{after}", "utf-8")
