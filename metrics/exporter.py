"""A snapshot as Prometheus text. Ratios and averages carry their counts; nothing happened means no sample."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from metrics.catalog import PIPELINE, QUEUE_KPIS
from metrics.catalog.model import Average, Count, Kpi, Labels, Language, Now, Pipeline, QueueKpi, Ratio, Setting, Unit
from metrics.rows import known_rows, queue_in_force
from metrics.snapshot import Counts, RowKey, RowNumbers, Snapshot
from metrics.states import View
from streams.settings import Channel, Settings

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
"""Always this one: OpenMetrics forbids a counter ``x_total`` beside a gauge ``x``."""
MILLISECONDS = 1_000
LabelValues = Mapping[str, str]


class _Row:
    """A row with the labels of its series made once."""

    def __init__(self, key: RowKey, numbers: RowNumbers) -> None:
        self.channel = key.channel
        self.queue = key.queue
        self.numbers = numbers
        medium = {"medium": key.medium} if key.channel is Channel.TICKET else {}
        self.labels: LabelValues = {"channel": key.channel.value, "queue": key.queue, **medium}
        self.windows: list[tuple[LabelValues, Counts]] = [
            ({**self.labels, "window": window}, counts) for window, counts in numbers.windows.items()
        ]


def _gauge(kpi: Kpi, name: str = "", help_prefix: str = "") -> Metric:
    return Metric(name or kpi.name, help_prefix + kpi.text[Language.ENGLISH].help, "gauge")


def _counter(kpi: Kpi) -> Metric:
    return Metric(kpi.name.removesuffix("_total"), kpi.text[Language.ENGLISH].help, "counter")


def _divided(kpi: Ratio | Average, rows: list[_Row]) -> Iterator[Metric]:
    """The quotients and, as gauges of their own, what is above and below the line."""
    seconds = isinstance(kpi, Average)
    if isinstance(kpi, Ratio):
        above = _gauge(kpi, f"{kpi.base}_numerator", "Numerator: ")
        below = _gauge(kpi, f"{kpi.base}_denominator", "Denominator: ")
    else:
        above = _gauge(kpi, f"{kpi.name}_sum", "Seconds in all: ")
        below = _gauge(kpi, f"{kpi.name}_count", "How many: ")
    quotients = _gauge(kpi)
    labels = [dict(series.labels) for series in kpi.division.series]
    count_labels = [{name: value for name, value in own.items() if not (seconds and name == "stat")} for own in labels]
    for row in rows:
        for window, counts in row.windows:
            for index, (numerator, denominator) in enumerate(kpi.division.divide(counts)):
                amount = numerator / MILLISECONDS if seconds else numerator
                of_counts = {**window, **count_labels[index]}
                above.add_sample(above.name, of_counts, amount)
                below.add_sample(below.name, of_counts, denominator)
                if denominator:
                    quotients.add_sample(kpi.name, {**window, **labels[index]}, amount / denominator)
    yield from (quotients, above, below)


def counted(kpi: Count, counts: Counts, *, in_total: bool = False) -> Iterator[tuple[Labels, int]]:
    """The series of a count: one, or one a reason, known reasons from the start."""
    amount = kpi.total if in_total and kpi.total is not None else kpi.amount
    if not kpi.reasons:
        yield (), amount(counts)
        return
    by_reason: dict[str, int] = {}
    for measure in amount.plus:
        for reason, value in counts.by(measure, "reason").items():
            by_reason[reason] = by_reason.get(reason, 0) + value
    for reason in (*kpi.reasons, *sorted(by_reason.keys() - set(kpi.reasons))):
        yield (("reason", reason),), by_reason.get(reason, 0)


def _counts(kpi: Count, rows: list[_Row]) -> Iterator[Metric]:
    counter, gauge = _counter(kpi), _gauge(kpi, kpi.gauge)
    for row in rows:
        for labels, value in counted(kpi, row.numbers.totals, in_total=True):
            counter.add_sample(kpi.name, {**row.labels, **dict(labels)}, value)
        for window, counts in row.windows:
            for labels, value in counted(kpi, counts):
                gauge.add_sample(kpi.gauge, {**window, **dict(labels)}, value)
    yield from (counter, gauge)


def live_value(kpi: Now, raw: int | None) -> float | None:
    """A live number in its base unit."""
    return raw / MILLISECONDS if raw is not None and kpi.unit is Unit.SECONDS else raw


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


def _pipeline(kpi: Pipeline, view: View) -> Metric:
    metric = _counter(kpi) if kpi.is_counter else _gauge(kpi)
    for sample in kpi.read(view):
        metric.add_sample(kpi.name, dict(sample.labels), sample.value)
    return metric


class SnapshotCollector(Collector):
    """Everything that a snapshot alone decides. No state, no IO."""

    def __init__(self, snapshot: Snapshot, settings: Settings) -> None:
        """``settings``: for the promises in force."""
        self._snapshot = snapshot
        self._settings = settings

    def collect(self) -> Iterable[Metric]:
        """The families in the order of the catalogue; those without a sample are left out."""
        rows = [_Row(key, numbers) for key, numbers in known_rows(self._snapshot, self._settings).items()]
        for kpi in QUEUE_KPIS:
            own = [row for row in rows if row.channel in kpi.channels]
            yield from filter(_has_samples, self._queue_families(kpi, own))
        view = View(self._snapshot, 0)
        yield from filter(_has_samples, (_pipeline(kpi, view) for kpi in PIPELINE if not kpi.moves))

    def _queue_families(self, kpi: QueueKpi, rows: list[_Row]) -> Iterable[Metric]:
        match kpi:
            case Ratio() | Average():
                return _divided(kpi, rows)
            case Count():
                return _counts(kpi, rows)
            case Now():
                return _now(kpi, rows)
            case Setting():
                return _setting(kpi, rows, self._settings, self._snapshot.now_ms)
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
            self._rendered = (view.snapshot, text_of(SnapshotCollector(view.snapshot, self._settings)))
        return self._rendered[1] + text_of(ViewCollector(view))
