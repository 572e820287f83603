"""A snapshot as Prometheus text. Ratios and averages have their counts beside them; an empty number has no sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from metrics.catalog import PIPELINE, QUEUE_KPIS
from metrics.catalog.model import STAT, Average, Count, Kpi, OpeningKpi, Pipeline, QueueKpi, Ratio, WindowedKpi
from metrics.catalog.planning import OUTLOOK_CHANNELS, OutlookKpi
from metrics.evaluate.evaluator import Number, Row, numbers, totals
from metrics.evaluate.known_rows import known_rows
from metrics.evaluate.row_answers import evaluated_row
from metrics.planning.plan import outlook_of
from metrics.planning.view import View
from metrics.snapshot.opening import Openings
from metrics.snapshot.snapshot import RowKey, Snapshot
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.policy_book import calendars_in_force
from streams.config.settings import Settings

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Fixed format: OpenMetrics forbids a counter ``x_total`` beside a gauge ``x``."""
LabelValues = dict[str, str]


class _Row:
    """A row with the labels of its series, built once."""

    def __init__(self, key: RowKey, row: Row) -> None:
        self.row = row
        medium = {"medium": key.medium} if key.medium else {}
        self.labels: LabelValues = {"channel": key.channel.value, "queue": key.queue, **medium}
        self.windows: dict[str, LabelValues] = {
            "": self.labels,
            **{window: {**self.labels, "window": window} for window in row.numbers.windows},
        }

    def numbers(self, kpi: QueueKpi) -> Iterator[tuple[LabelValues, Number]]:
        """The numbers of a KPI with all their labels."""
        windows = self.windows
        for number in numbers(kpi, self.row):
            own = windows[number.window]
            yield ({**own, **dict(number.labels)} if number.labels else own), number


def _gauge(kpi: Kpi, name: str = "", help_prefix: str = "") -> Metric:
    return Metric(name or kpi.name, help_prefix + kpi.text[Language.ENGLISH].help, "gauge")


def _untyped(kpi: Kpi, name: str, help_prefix: str) -> Metric:
    return Metric(name, help_prefix + kpi.text[Language.ENGLISH].help, "untyped")


def _counter(kpi: Kpi) -> Metric:
    return Metric(kpi.name.removesuffix("_total"), kpi.text[Language.ENGLISH].help, "counter")


def _ratios(kpi: Ratio | OutlookKpi, rows: list[_Row]) -> Iterator[Metric]:
    """The quotients and, as gauges of their own, numerators and denominators."""
    quotients = _gauge(kpi)
    above = _gauge(kpi, f"{kpi.base}_numerator", "Numerator: ")
    below = _gauge(kpi, f"{kpi.base}_denominator", "Denominator: ")
    for row in rows:
        for labels, number in row.numbers(kpi):
            if number.numerator is not None and number.denominator is not None:
                above.add_sample(above.name, labels, number.numerator)
                below.add_sample(below.name, labels, number.denominator)
            if number.value is not None:
                quotients.add_sample(kpi.name, labels, number.value)
    yield from (quotients, above, below)


def _averages(kpi: Average, rows: list[_Row]) -> Iterator[Metric]:
    """Averages and percentiles and, in families of their own, the sum in seconds and the count.

    Those have no type: linters keep ``_sum`` and ``_count`` for histograms and summaries, whose sums never fall.
    """
    durations = _gauge(kpi)
    above = _untyped(kpi, f"{kpi.name}_sum", "Seconds in all: ")
    below = _untyped(kpi, f"{kpi.name}_count", "How many: ")
    for row in rows:
        for labels, number in row.numbers(kpi):
            if number.value is not None:
                durations.add_sample(kpi.name, labels, number.value)
            if number.numerator is not None and number.denominator is not None:
                own = {name: value for name, value in labels.items() if name != STAT}
                above.add_sample(above.name, own, number.numerator)
                below.add_sample(below.name, own, number.denominator)
    yield from (durations, above, below)


def _counts(kpi: Count, rows: list[_Row]) -> Iterator[Metric]:
    """The counter and the windowed gauge; for a top count the gauge alone."""
    counter, gauge = _counter(kpi), _gauge(kpi, kpi.gauge)
    for row in rows:
        if not kpi.top:
            for own, value in totals(kpi, row.row):
                counter.add_sample(kpi.name, {**row.labels, **dict(own)}, value)
        for labels, number in row.numbers(kpi):
            assert number.value is not None
            gauge.add_sample(kpi.gauge, labels, number.value)
    yield from (counter, gauge)


def _gauges(kpi: QueueKpi, rows: list[_Row]) -> Iterator[Metric]:
    """One gauge; no sample where there is no number."""
    gauge = _gauge(kpi)
    for row in rows:
        for labels, number in row.numbers(kpi):
            if number.value is not None:
                gauge.add_sample(kpi.name, labels, number.value)
    yield gauge


def _openings(kpi: OpeningKpi, settings: Settings, openings: Openings) -> Iterator[Metric]:
    """One series a configured queue and channel: all media of a ticket queue open together."""
    gauge = _gauge(kpi)
    for queue, entries in settings.queues.items():
        for channel in sorted({entry.channel for entry in entries}):
            is_open = openings.of(channel, queue).is_open
            gauge.add_sample(kpi.name, {"channel": channel.value, "queue": queue}, float(is_open))
    yield gauge


def _pipeline(kpi: Pipeline, view: View) -> Metric:
    metric = _counter(kpi) if kpi.is_counter else _gauge(kpi)
    for sample in kpi.read(view):
        metric.add_sample(kpi.name, dict(sample.labels), sample.value)
    return metric


class SnapshotCollector(Collector):
    """Metrics that stay the same as a snapshot ages. No state, no IO."""

    def __init__(self, view: View, settings: Settings) -> None:
        """``settings``: for the targets in force."""
        self._view = View(view.snapshot, 0, view.planning)
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        """The families in the order of the catalogue; those without a sample are left out."""
        view, settings, now_ms = self._view, self._settings, self._view.snapshot.now_ms
        openings = Openings(calendars_in_force(settings, now_ms), now_ms)
        rows: dict[Channel, list[_Row]] = {channel: [] for channel in Channel}
        for key, own in known_rows(view.snapshot, settings).items():
            row = evaluated_row(view, key, own, openings.of(key.channel, key.queue), settings)
            outlook = outlook_of(view.planning, key, own, now_ms, settings) if key.channel in OUTLOOK_CHANNELS else None
            rows[key.channel].append(_Row(key, row._replace(outlook=outlook)))
        for kpi in QUEUE_KPIS:
            if not (isinstance(kpi, WindowedKpi) and kpi.api_only):
                of_kpi = [row for channel in Channel if channel in kpi.channels for row in rows[channel]]
                yield from filter(_has_samples, self._queue_families(kpi, of_kpi, openings))
        yield from filter(_has_samples, (_pipeline(kpi, view) for kpi in PIPELINE if not kpi.moves))

    def _queue_families(self, kpi: QueueKpi, rows: list[_Row], openings: Openings) -> Iterable[Metric]:
        match kpi:
            case Average():
                return _averages(kpi, rows)
            case Ratio() | OutlookKpi():
                return _ratios(kpi, rows)
            case Count():
                return _counts(kpi, rows)
            case OpeningKpi():
                return _openings(kpi, self._settings, openings)
            case _:
                return _gauges(kpi, rows)


class ViewCollector(Collector):
    """Metrics that change as a snapshot ages: its age, and the blind channels."""

    def __init__(self, view: View) -> None:
        """``view``: the snapshot with its age now."""
        self._view = view

    def collect(self) -> Iterable[Metric]:
        """The families that change with time."""
        return (_pipeline(kpi, self._view) for kpi in PIPELINE if kpi.moves)


def _has_samples(metric: Metric) -> bool:
    return bool(metric.samples)


def text_of(collector: Collector) -> bytes:
    """The text format of one collector, in a registry of its own."""
    registry = CollectorRegistry()
    registry.register(collector)
    return generate_latest(registry)


class MetricsPage:
    """The body of ``/metrics``: each snapshot is rendered once, its age and health each time. For one thread at a
    time."""

    def __init__(self, settings: Settings) -> None:
        """``settings``: for the targets in force."""
        self._settings = settings
        self._rendered: tuple[Snapshot, bytes] | None = None

    def render(self, view: View | None, unread: View) -> bytes:
        """The page of ``view``; before the first read of Redis, the text of ``unread`` alone."""
        if view is None:
            return text_of(ViewCollector(unread))
        if self._rendered is None or self._rendered[0] is not view.snapshot:
            self._rendered = (view.snapshot, text_of(SnapshotCollector(view, view.settings(self._settings))))
        return self._rendered[1] + text_of(ViewCollector(view))
