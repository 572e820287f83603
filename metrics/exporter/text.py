"""A snapshot as Prometheus text. Ratios and averages carry their counts; nothing happened means no sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from metrics.catalog import PIPELINE, QUEUE_KPIS
from metrics.catalog.model import (
    AVERAGE,
    STAT,
    Average,
    Clearance,
    Count,
    Kpi,
    Now,
    OpeningKpi,
    Pipeline,
    QueueKpi,
    Ratio,
    Setting,
    Top,
    TopCount,
    TopRatio,
)
from metrics.catalog.planning import OutlookKpi
from metrics.evaluate.known_rows import known_rows
from metrics.evaluate.values import MILLISECONDS, clearing, counted, divided, live_value, percentiles_seconds
from metrics.planning.plan import outlook_of
from metrics.planning.view import View
from metrics.snapshot.opening import Openings
from metrics.snapshot.snapshot import Counts, RowKey, RowNumbers, Snapshot
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.policy_book import calendars_in_force, queue_in_force
from streams.config.settings import Settings

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Always this one: OpenMetrics forbids a counter ``x_total`` beside a gauge ``x``."""
LabelValues = Mapping[str, str]


class _Row:
    """A row with the labels of its series made once."""

    def __init__(self, key: RowKey, numbers: RowNumbers) -> None:
        self.channel = key.channel
        self.queue = key.queue
        self.numbers = numbers
        medium = {"medium": key.medium} if key.channel is Channel.TICKET else {}
        self.labels: LabelValues = {"channel": key.channel.value, "queue": key.queue, **medium}
        self._windows: list[tuple[str, LabelValues, Counts]] = [
            (window, {**self.labels, "window": window}, counts) for window, counts in numbers.windows.items()
        ]

    def windows(self, kpi: QueueKpi) -> Iterator[tuple[str, LabelValues, Counts]]:
        """The windows in which a KPI is shown: name, labels, counts."""
        shown = kpi.windows if isinstance(kpi, Top | Clearance) else None
        return (entry for entry in self._windows if shown is None or entry[0] in shown)


def _gauge(kpi: Kpi, name: str = "", help_prefix: str = "") -> Metric:
    return Metric(name or kpi.name, help_prefix + kpi.text[Language.ENGLISH].help, "gauge")


def _untyped(kpi: Kpi, name: str, help_prefix: str) -> Metric:
    return Metric(name, help_prefix + kpi.text[Language.ENGLISH].help, "untyped")


def _counter(kpi: Kpi) -> Metric:
    return Metric(kpi.name.removesuffix("_total"), kpi.text[Language.ENGLISH].help, "counter")


def _ratios(kpi: Ratio | TopRatio, rows: list[_Row]) -> Iterator[Metric]:
    """The quotients and, as gauges of their own, what is above and below the line."""
    quotients = _gauge(kpi)
    above = _gauge(kpi, f"{kpi.base}_numerator", "Numerator: ")
    below = _gauge(kpi, f"{kpi.base}_denominator", "Denominator: ")
    for row in rows:
        for _, window, counts in row.windows(kpi):
            for _, own, numerator, denominator in divided(kpi, counts):
                labels = {**window, **dict(own)}
                above.add_sample(above.name, labels, numerator)
                below.add_sample(below.name, labels, denominator)
                if denominator:
                    quotients.add_sample(kpi.name, labels, numerator / denominator)
    yield from (quotients, above, below)


def _averages(kpi: Average, rows: list[_Row]) -> Iterator[Metric]:
    """Averages and percentiles and, in families of their own, the seconds in all and how many there are.

    Those have no type: linters keep ``_sum`` and ``_count`` for histograms and summaries, whose sums never fall.
    """
    durations = _gauge(kpi)
    above = _untyped(kpi, f"{kpi.name}_sum", "Seconds in all: ")
    below = _untyped(kpi, f"{kpi.name}_count", "How many: ")
    for row in rows:
        for _, window, counts in row.windows(kpi):
            for series, own, total_ms, count in divided(kpi, counts):
                labels = {**window, **dict(own)}
                seconds = total_ms / MILLISECONDS
                above.add_sample(above.name, labels, seconds)
                below.add_sample(below.name, labels, count)
                if count:
                    durations.add_sample(kpi.name, {**labels, STAT: AVERAGE}, seconds / count)
                for stat, value in percentiles_seconds(series, counts, count).items():
                    durations.add_sample(kpi.name, {**labels, STAT: stat}, value)
    yield from (durations, above, below)


def _counts(kpi: Count, rows: list[_Row]) -> Iterator[Metric]:
    counter, gauge = _counter(kpi), _gauge(kpi, kpi.gauge)
    for row in rows:
        for own, value in counted(kpi, row.numbers.totals, in_total=True):
            counter.add_sample(kpi.name, {**row.labels, **dict(own)}, value)
        for _, window, counts in row.windows(kpi):
            for own, value in counted(kpi, counts):
                gauge.add_sample(kpi.gauge, {**window, **dict(own)}, value)
    yield from (counter, gauge)


def _top_counts(kpi: TopCount, rows: list[_Row]) -> Iterator[Metric]:
    gauge = _gauge(kpi)
    for row in rows:
        for _, window, counts in row.windows(kpi):
            for own, value in counted(kpi, counts):
                gauge.add_sample(kpi.name, {**window, **dict(own)}, value)
    yield gauge


def _clearances(kpi: Clearance, rows: list[_Row]) -> Iterator[Metric]:
    gauge = _gauge(kpi)
    for row in rows:
        for name, window, counts in row.windows(kpi):
            seconds = clearing(kpi, row.numbers.live, counts, name).seconds
            if seconds is not None:
                gauge.add_sample(kpi.name, dict(window), seconds)
    yield gauge


def _now(kpi: Now, rows: list[_Row]) -> Iterator[Metric]:
    gauge = _gauge(kpi)
    for row in rows:
        for part in kpi.parts:
            value = live_value(kpi, part.read(row.numbers.live))
            if value is not None:
                gauge.add_sample(kpi.name, {**row.labels, **dict(part.labels)}, value)
    yield gauge


def _setting(kpi: Setting, rows: list[_Row], settings: Settings, now_ms: int) -> Iterator[Metric]:
    gauge = _gauge(kpi)
    for row in rows:
        promise = queue_in_force(settings, row.channel, row.queue, now_ms)
        gauge.add_sample(kpi.name, dict(row.labels), kpi.read(promise))
    yield gauge


def _openings(kpi: OpeningKpi, settings: Settings, now_ms: int) -> Iterator[Metric]:
    """One series a configured queue and channel: the media of a ticket queue open together."""
    gauge, openings = _gauge(kpi), Openings(calendars_in_force(settings, now_ms), now_ms)
    for queue, entries in settings.queues.items():
        for channel in sorted({entry.channel for entry in entries}):
            is_open = openings.of(channel, queue).is_open
            gauge.add_sample(kpi.name, {"channel": channel.value, "queue": queue}, float(is_open))
    yield gauge


def _outlooks(kpi: OutlookKpi, rows: list[_Row], view: View, settings: Settings) -> Iterator[Metric]:
    gauge = _gauge(kpi)
    above = _gauge(kpi, f"{kpi.base}_numerator", "Numerator: ")
    below = _gauge(kpi, f"{kpi.base}_denominator", "Denominator: ")
    for row in rows:
        key = RowKey(row.channel, row.queue)
        found = outlook_of(view.planning, key, row.numbers, view.snapshot.now_ms, settings)
        for part in kpi.parts:
            labels, value = {**row.labels, **dict(part.labels)}, part.read(found)
            if value is not None:
                gauge.add_sample(kpi.name, labels, float(value))
                if part.met is not None:
                    above.add_sample(above.name, labels, float(part.met(found)))
                    below.add_sample(below.name, labels, float(found.all_judged))
    yield from (gauge, above, below)


def _pipeline(kpi: Pipeline, view: View) -> Metric:
    metric = _counter(kpi) if kpi.is_counter else _gauge(kpi)
    for sample in kpi.read(view):
        metric.add_sample(kpi.name, dict(sample.labels), sample.value)
    return metric


class SnapshotCollector(Collector):
    """Everything that does not change as a snapshot ages. No state, no IO."""

    def __init__(self, view: View, settings: Settings) -> None:
        """``settings``: for the promises in force."""
        self._view = view
        self._snapshot = view.snapshot
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        """The families in the order of the catalogue; those without a sample are left out."""
        rows = [_Row(key, numbers) for key, numbers in known_rows(self._snapshot, self._settings).items()]
        for kpi in QUEUE_KPIS:
            if isinstance(kpi, Top) and kpi.api_only:
                continue
            own = [row for row in rows if row.channel in kpi.channels]
            yield from filter(_has_samples, self._queue_families(kpi, own))
        view = View(self._snapshot, 0)
        yield from filter(_has_samples, (_pipeline(kpi, view) for kpi in PIPELINE if not kpi.moves))

    def _queue_families(self, kpi: QueueKpi, rows: list[_Row]) -> Iterable[Metric]:
        match kpi:
            case Ratio() | TopRatio():
                return _ratios(kpi, rows)
            case Average():
                return _averages(kpi, rows)
            case Count():
                return _counts(kpi, rows)
            case TopCount():
                return _top_counts(kpi, rows)
            case Clearance():
                return _clearances(kpi, rows)
            case Now():
                return _now(kpi, rows)
            case Setting():
                return _setting(kpi, rows, self._settings, self._snapshot.now_ms)
            case OpeningKpi():
                return _openings(kpi, self._settings, self._snapshot.now_ms)
            case OutlookKpi():
                return _outlooks(kpi, rows, self._view, self._settings)
        raise TypeError(f"{kpi.name} is of an unknown kind")


class ViewCollector(Collector):
    """What changes as a snapshot ages: its age, and who is blind."""

    def __init__(self, view: View) -> None:
        """``view``: the snapshot with its age now."""
        self._view = view

    def collect(self) -> Iterable[Metric]:
        """The families that move."""
        return (_pipeline(kpi, self._view) for kpi in PIPELINE if kpi.moves)


def _has_samples(metric: Metric) -> bool:
    return bool(metric.samples)


def text_of(collector: Collector) -> bytes:
    """The text format of one collector, in a registry of its own."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


class MetricsPage:
    """The body of ``/metrics``: each snapshot is rendered once, what moves each time. For one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: for the promises in force."""
        self._settings = settings
        self._rendered: tuple[Snapshot, bytes] | None = None

    def render(self, view: View | None, unread: View) -> bytes:
        """The page of ``view``; where Redis was never read, only that (``unread``)."""
        if view is None:
            return text_of(ViewCollector(unread))
        if self._rendered is None or self._rendered[0] is not view.snapshot:
            self._rendered = (view.snapshot, text_of(SnapshotCollector(view, self._settings)))
        return self._rendered[1] + text_of(ViewCollector(view))
