"""The evaluator: KPIs of the catalogue and a row in, numbers with their states out. Pure.

/metrics, the API, explain, reports and the wallboard all read here, so that they cannot differ. Sums of time are
milliseconds until they are divided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from metrics.catalog.model import (
    AVERAGE,
    PERCENTILES,
    STAT,
    Average,
    Clearance,
    Count,
    DividedKpi,
    Now,
    NowPart,
    QueueKpi,
    Ratio,
    Setting,
    Unit,
    WindowedKpi,
)
from metrics.catalog.planning import OutlookKpi
from metrics.catalog.quotients import MILLISECONDS, Labels, Quotient
from metrics.evaluate.percentiles import percentiles_ms
from metrics.planning.reachable import Outlook
from metrics.snapshot.snapshot import Counts, LiveNumbers, RowNumbers
from metrics.snapshot.states import State, divided_state, plain_state
from metrics.snapshot.windows import SPANS_MS
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings


class Number(NamedTuple):
    """One number of one series.

    Attributes:
        labels: of the series, beyond channel, queue, medium and window.
        window: "" for a number without a window.
        value: in the base unit; ``None`` where there is no number.
        state: trust in the value.
        numerator, denominator: of a quotient, durations in seconds; ``None`` of other numbers.
    """

    labels: Labels
    window: str
    value: float | None
    state: State
    numerator: float | None = None
    denominator: float | None = None


class Row(NamedTuple):
    """A row with everything its numbers depend on.

    Attributes:
        channel: of the row.
        numbers: windows, totals and live numbers.
        blind: the numbers of its channel cannot be trusted.
        blind_derived: the numbers across channels cannot be trusted.
        closed: the queue is outside its opening hours.
        promise: settings of the queue in force; ``None`` in sums over queues.
        outlook: outlook of the day; ``None`` where it is not needed.
    """

    channel: Channel
    numbers: RowNumbers
    blind: bool = False
    blind_derived: bool = False
    closed: bool = False
    promise: QueueSettings | None = None
    outlook: Outlook | None = None


def numbers(kpi: QueueKpi, row: Row, windows: Collection[str] | None = None) -> Iterable[Number]:
    """Every number of a KPI for a row, in ``windows``; in all by default."""
    match kpi:
        case Average():
            return _averages(kpi, row, windows)
        case Ratio():
            return _ratios(kpi, row, windows)
        case Count():
            return _counts(kpi, row, windows)
        case Clearance():
            return _clearances(kpi, row, windows)
        case Now():
            return _now(kpi, row)
        case Setting():
            return _setting(kpi, row)
        case OutlookKpi():
            return _outlooks(kpi, row)
    return ()


def totals(kpi: Count, row: Row) -> Iterable[tuple[Labels, int]]:
    """The counter of a count, by series."""
    return counted(kpi, row.numbers.totals, in_total=True)


def _shown(kpi: WindowedKpi, row: Row, windows: Collection[str] | None) -> Iterator[tuple[str, Counts]]:
    for window, counts in row.numbers.windows.items():
        if window in kpi.windows and (windows is None or window in windows):
            yield window, counts


class Divided(NamedTuple):
    """One series of a ratio or an average in one window, before it is divided."""

    series: Quotient
    labels: Labels
    numerator: int
    denominator: int


def divided(kpi: DividedKpi, counts: Counts) -> Iterator[Divided]:
    """The series of a window; the labels of an average are without ``stat``."""
    if kpi.by:
        yield from _divided_by_value(kpi, counts)
        return
    for series in kpi.series:
        yield Divided(series, series.labels, series.numerator.of(counts), series.denominator.of(counts))


def _divided_by_value(kpi: DividedKpi, counts: Counts) -> Iterator[Divided]:
    """The series of the values with the largest denominators, then numerators, then by name."""
    by_value = [
        (series, series.numerator.by_value(counts, kpi.by), series.denominator.by_value(counts, kpi.by))
        for series in kpi.series
    ]
    values = {value for _, above, below in by_value for value in (*above, *below)}

    def rank(value: str) -> tuple[int, int, str]:
        below = sum(denominators.get(value, 0) for _, _, denominators in by_value)
        above = sum(numerators.get(value, 0) for _, numerators, _ in by_value)
        return -below, -above, value

    for value in sorted(values, key=rank)[: kpi.top or None]:
        for series, above, below in by_value:
            yield Divided(series, (*series.labels, (kpi.by, value)), above.get(value, 0), below.get(value, 0))


def _ratios(kpi: Ratio, row: Row, windows: Collection[str] | None) -> Iterator[Number]:
    for window, counts in _shown(kpi, row, windows):
        for part in divided(kpi, counts):
            numerator, denominator = part.numerator, part.denominator
            value = numerator / denominator if denominator else None
            yield Number(part.labels, window, value, series_state(part, counts, row), numerator, denominator)


def _averages(kpi: Average, row: Row, windows: Collection[str] | None) -> Iterator[Number]:
    for window, counts in _shown(kpi, row, windows):
        for part in divided(kpi, counts):
            state = series_state(part, counts, row)
            seconds, count = part.numerator / MILLISECONDS, part.denominator
            labels = (*part.labels, (STAT, AVERAGE))
            yield Number(labels, window, seconds / count if count else None, state, seconds, count)
            if part.series.sketch is None or not kpi.percentiles:
                continue
            found = percentiles_seconds(part.series, counts, count)
            for stat in kpi.percentiles:
                yield Number((*part.labels, (STAT, stat)), window, found.get(stat), state)


def series_state(part: Divided, counts: Counts, row: Row) -> State:
    """The state of a series that divides."""
    blind = row.blind_derived if part.series.is_derived else row.blind
    if part.denominator == 0:
        return empty_state(part.series, counts, row.numbers.live, blind=blind, closed=row.closed)
    return divided_state(blind, part.denominator, thin=_is_thin(part.series, counts, row.channel))


def empty_state(series: Quotient, counts: Counts, live: LiveNumbers, *, blind: bool, closed: bool) -> State:
    """The state of a series whose denominator is zero."""
    pending = any(live[measure] for measure in series.pending)
    early = series.early is not None and series.early.number(counts) > 0
    return divided_state(blind, 0, pending, closed=closed, abandoned_early=early)


def _is_thin(series: Quotient, counts: Counts, channel: Channel) -> bool:
    """True if less is known than the coverage of a ratio requires."""
    coverage = series.coverage
    if coverage is None or channel not in coverage.channels:
        return False
    whole = coverage.of.of(counts)
    return bool(whole) and coverage.covered.of(counts) / whole < coverage.minimum_ratio


def percentiles_seconds(series: Quotient, counts: Counts, count: int) -> Mapping[str, float]:
    """The percentiles in seconds beside an average of ``count``, by ``stat``; empty where there is no sketch."""
    if series.sketch is None:
        return {}
    buckets = counts.sketch(series.sketch)
    found = percentiles_ms(buckets, count - sum(buckets.values()), tuple(PERCENTILES.values()))
    if found is None:
        return {}
    return {stat: duration_ms / MILLISECONDS for stat, duration_ms in zip(PERCENTILES, found, strict=True)}


def counted(kpi: Count, counts: Counts, *, in_total: bool = False) -> Iterable[tuple[Labels, int]]:
    """The series of a count: one, or one a value of its label with the known values first, or the top ones.

    ``in_total``: read the amount of the counter instead of the window's.
    """
    amount = kpi.total if in_total and kpi.total is not None else kpi.amount
    if not kpi.by:
        return [((), amount.of(counts))]
    by_value = amount.by_value(counts, kpi.by)
    if kpi.top:
        values = sorted(by_value, key=lambda value: (-by_value[value], value))[: kpi.top]
    else:
        values = [*kpi.known, *sorted(by_value.keys() - set(kpi.known))]
    return [(((kpi.by, value),), by_value.get(value, 0)) for value in values]


def _counts(kpi: Count, row: Row, windows: Collection[str] | None) -> Iterator[Number]:
    blind = row.blind_derived if kpi.is_derived else row.blind
    for window, counts in _shown(kpi, row, windows):
        for labels, value in counted(kpi, counts):
            yield Number(labels, window, value, plain_state(blind, value))


class Clearing(NamedTuple):
    """Time to work off the open tickets. ``seconds``: ``None`` while the backlog grows."""

    open_now: int
    net_closings: int
    seconds: float | None


def clearing(kpi: Clearance, live: LiveNumbers, counts: Counts, window: str) -> Clearing:
    """Time to work off the open tickets at the pace of a window."""
    open_now, net = sum(live[measure] for measure in kpi.open_now), kpi.net_closings.of(counts)
    if not open_now:
        return Clearing(0, net, 0.0)
    return Clearing(open_now, net, open_now * SPANS_MS[window] / MILLISECONDS / net if net > 0 else None)


def _clearances(kpi: Clearance, row: Row, windows: Collection[str] | None) -> Iterator[Number]:
    for window, counts in _shown(kpi, row, windows):
        open_now, net, seconds = clearing(kpi, row.numbers.live, counts, window)
        state = plain_state(row.blind, seconds) if not open_now else divided_state(row.blind, max(net, 0))
        yield Number((), window, seconds, state, open_now, net)


def now_value(kpi: Now, part: NowPart, live: LiveNumbers) -> float | None:
    """A number that is true now, in its base unit."""
    raw = live.value(part.measure)
    return raw / MILLISECONDS if raw is not None and kpi.unit is Unit.SECONDS else raw


def _now(kpi: Now, row: Row) -> Iterator[Number]:
    for part in kpi.parts:
        value = now_value(kpi, part, row.numbers.live)
        yield Number(part.labels, "", value, plain_state(row.blind, value, row.closed))


def _setting(kpi: Setting, row: Row) -> Iterator[Number]:
    if row.promise is not None:
        value = float(getattr(row.promise, kpi.setting))
        yield Number((), "", value, State.OK)


def _outlooks(kpi: OutlookKpi, row: Row) -> Iterator[Number]:
    outlook = row.outlook
    if outlook is None:
        return
    for part in kpi.parts:
        value = part.read(outlook)
        if value is None:
            continue
        met = None if part.met is None else float(part.met(outlook))
        judged = None if part.met is None else float(outlook.all_judged)
        yield Number(part.labels, "", float(value), plain_state(row.blind, 0), met, judged)
