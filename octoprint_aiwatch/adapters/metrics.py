"""``GET metrics``: the status and the meters as Prometheus wants them.

prometheus_client is imported with the first scrape. Everything is made anew from what is
known already: a scrape touches no printer, no webcam, no backend and no disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, Optional

from .meters import BUCKETS_S, Meters, Times

if TYPE_CHECKING:
    from prometheus_client.registry import CollectorRegistry

PREFIX = "aiwatch_"
VERDICTS = ("ok", "warning", "failure", "unknown")
PHASES = ("idle", "opening", "watching", "held")


class Metrics:
    """Answers a scrape.

    Args:
        waiting: how many notifications are on their way.
        detectors: the numbers of the detector processes that run.
    """

    def __init__(
        self,
        status: Callable[[], Mapping[str, Any]],
        meters: Meters,
        waiting: Callable[[], int],
        detectors: Callable[[], Iterable[int]],
        printer_name: Callable[[], str],
    ) -> None:
        self._status = status
        self._meters = meters
        self._waiting = waiting
        self._detectors = detectors
        self._printer_name = printer_name
        self._registry: Optional[CollectorRegistry] = None

    def scrape(self) -> tuple[bytes, str]:
        """The text, and its content type."""
        from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry
        from prometheus_client import generate_latest as text_of

        if self._registry is None:
            registry = CollectorRegistry()
            registry.register(self)
            self._registry = registry
        return text_of(self._registry), CONTENT_TYPE_LATEST

    def describe(self) -> list[Any]:
        """For the registry, which would scrape once to know the names."""
        return []

    def collect(self) -> Iterator[Any]:
        """Called by the registry."""
        document, read = self._status(), self._meters.read()
        yield from self._about(document)
        yield from _gauges(document, read, self._waiting(), self._memory_bytes())
        yield from _counts(document, read)
        yield from _backends(document, read["times"])

    def _about(self, document: Mapping[str, Any]) -> Iterator[Any]:
        from prometheus_client.metrics_core import InfoMetricFamily

        about = {
            "printer": self._printer_name(),
            "version": str(document["version"]),
            "backend": str(document["backend"]),
        }
        yield InfoMetricFamily(PREFIX[:-1], "Which printer, backend and version.", about)

    def _memory_bytes(self) -> int:
        return sum(resident_bytes(pid) for pid in self._detectors())


def resident_bytes(pid: int) -> int:
    """A process's memory; 0 where it is gone or the system does not tell."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return 0
    return 0


def _gauges(
    document: Mapping[str, Any], read: Mapping[str, Any], waiting: int, memory: int
) -> Iterator[Any]:
    from prometheus_client.metrics_core import GaugeMetricFamily

    plain: list[tuple[str, str, Optional[float]]] = [
        ("score", "0 to 1, higher is worse; none while unknown.", document["score"]),
        ("blind", "Watching is wanted and impossible.", float(document["blind"])),
        ("suppressed", "No alerts for this print.", float(document["suppressed"])),
        ("printing", "There is a job.", float(document["job"] is not None)),
        ("job_pauses", "Confirmed pauses of this job.", float(document["pauses"])),
        ("snapshot_age_seconds", "Since the last frame.", read["frame_age_s"]),
        ("check_age_seconds", "Since the last check.", read["check_age_s"]),
        ("notifications_waiting", "Messages on their way.", float(waiting)),
        ("worker_memory_bytes", "Of the detector processes.", float(memory)),
    ]
    for name, text, value in plain:
        if value is not None:
            yield GaugeMetricFamily(PREFIX + name, text, value)
    for name, known in (("verdict", VERDICTS), ("phase", PHASES)):
        family = GaugeMetricFamily(PREFIX + name, f"1 for the {name}.", labels=[name])
        for one in known:
            family.add_metric([one], float(document[name] == one))
        yield family


def _counts(document: Mapping[str, Any], read: Mapping[str, Any]) -> Iterator[Any]:
    from prometheus_client.metrics_core import CounterMetricFamily

    events = read["events"]
    plain = [
        ("checks", "Frames judged.", read["checks"]),
        ("blind_seconds", "Time of being blind.", read["blind_s"]),
        ("pauses_requested", "Pauses asked for.", read["pauses_requested"]),
        ("pauses_confirmed", "Pauses seen.", events.get("pause_confirmed", 0)),
        ("pauses_failed", "Pauses that failed.", events.get("pause_failed", 0)),
    ]
    for name, text, value in plain:
        yield CounterMetricFamily(PREFIX + name, text, float(value))
    family = CounterMetricFamily(
        PREFIX + "errors", "Checks that failed.", labels=["source", "code"]
    )
    for (source, code), count in sorted(read["errors"].items()):
        family.add_metric([source, code], float(count))
    yield family
    family = CounterMetricFamily(PREFIX + "events", "Events raised.", labels=["event"])
    for name, count in sorted(events.items()):
        family.add_metric([name], float(count))
    yield family


def _backends(document: Mapping[str, Any], times: Mapping[str, Times]) -> Iterator[Any]:
    from prometheus_client.metrics_core import GaugeMetricFamily, HistogramMetricFamily

    label = ["backend"]
    columns = (
        ("calls_this_month", "Paid calls of this month.", "calls"),
        ("calls_left", "Paid calls left in this month's budget.", "calls_left"),
        ("cost_usd", "What this month's calls cost.", "cost_usd"),
    )
    for name, text, key in columns:
        gauge = GaugeMetricFamily(PREFIX + name, text, labels=label)
        for row in document["budget"]["backends"]:
            if row[key] is not None:
                gauge.add_metric([row["key"]], float(row[key]))
        yield gauge
    family = HistogramMetricFamily(
        PREFIX + "backend_latency_seconds", "From a frame to its judgement.", labels=label
    )
    for backend, one in sorted(times.items()):
        family.add_metric([backend], _buckets(one), one.total_s)
    yield family


def _buckets(times: Times) -> list[tuple[str, float]]:
    """Cumulative, as Prometheus wants them."""
    found, total = [], 0
    for most, count in zip((*map(str, BUCKETS_S), "+Inf"), times.counts):
        total += count
        found.append((most, float(total)))
    return found
