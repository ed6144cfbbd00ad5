"""What each trace must give: the table that the tests and the docs share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from tests.traces.make import FRAMES, STATISTICS, Plot

HOUR_S = 3600.0
CADENCES_S = (10.0, 20.0, 40.0, 60.0)
PAUSED_WITHIN_S = 300.0
BOTH = (FRAMES, STATISTICS)


@dataclass(frozen=True)
class Row:
    """A plot, and what it must give: a pause in time, or at most so many warnings.

    ``together``: for these kinds cadences lead to the same belief within one interval of
    the slowest. Not where chance or gaps hide from one what the other sees; and what
    grows slowly is caught by the means of Obico's server, which count frames, not time.
    """

    plot: Plot
    paused: bool
    warnings: Optional[int] = None
    kinds: tuple[str, ...] = BOTH
    together: tuple[str, ...] = BOTH


LOGO = (0.3, 0.9)

FAILING = (
    Row(Plot("from the first frame", 1800.0, 0.0), True),
    Row(Plot("after 10 minutes", 2400.0, 600.0), True),
    Row(Plot("after an hour", 5400.0, 3600.0), True),
    Row(
        Plot(
            "growing slowly",
            5400.0,
            600.0,
            area=0.01,
            doubles_s=200.0,
            clear_area=0.03,
        ),
        True,
        together=(FRAMES,),
    ),
    Row(Plot("flickering", 3600.0, 600.0, shows=0.85), True, together=()),
    Row(
        Plot("on a noisy baseline of 0.2", 3600.0, 1200.0, clutter=0.2, noise=0.06), True
    ),
    Row(
        Plot(
            "with gaps",
            3600.0,
            1500.0,
            gaps=((600.0, 840.0), (1000.0, 1180.0), (1560.0, 1660.0)),
        ),
        True,
        together=(),
    ),
    Row(Plot("beside a logo", 3600.0, 1200.0, fixed=LOGO), True),
    Row(Plot("over a logo", 3600.0, 1200.0, fixed=LOGO, fixed_at=(0.6, 0.55)), True),
)

GOOD = (
    Row(
        Plot("one bad frame in ten", 4 * HOUR_S, 600.0, doubles_s=1e9, every_tenth=True),
        False,
        warnings=1,
    ),
    Row(Plot("a noisy baseline of 0.2", 10 * HOUR_S, clutter=0.2, noise=0.06), False),
    Row(Plot("a logo, a cable or a LED", 10 * HOUR_S, fixed=LOGO), False, warnings=0),
    Row(
        Plot("a logo in changing light", 10 * HOUR_S, fixed=(0.1, 0.95), drifts=0.1),
        False,
        warnings=0,
    ),
    Row(
        Plot("boxes that jump about", 4 * HOUR_S, strays=1.0),
        False,
        warnings=0,
        kinds=(FRAMES,),
    ),
    Row(
        Plot("a head that moves to and fro", 10 * HOUR_S, moving_head=True),
        False,
        warnings=1,
        kinds=(FRAMES,),
    ),
)

ORDINARY = Plot(
    "a good print of ten hours",
    10 * HOUR_S,
    clutter=0.02,
    drifts=0.13,
    spikes_per_h=1.5,
    hands_per_h=0.4,
)
