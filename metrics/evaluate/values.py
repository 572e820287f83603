"""What the KPIs of the catalogue come to: counts and live numbers in, values with their labels out. Pure.

Prometheus and the API show the same because both read here. Sums of time are milliseconds until they are divided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from metrics.catalog.model import (
    PERCENTILES,
    Average,
    Clearance,
    Count,
    Now,
    Ratio,
    TopCount,
    TopRatio,
    Unit,
)
from metrics.catalog.quotients import Amount, Labels, Series
from metrics.evaluate.percentiles import percentiles_ms
from metrics.snapshot.snapshot import Counts, LiveNumbers
from metrics.snapshot.windows import SPANS_MS
from streams.numbers.measures import Measure

MILLISECONDS = 1_000


class Divided(NamedTuple):
    """One series of a ratio or an average in one window, before it is divided."""

    series: Series
    labels: Labels
    numerator: int
    denominator: int


class Clearing(NamedTuple):
    """``seconds``: ``None`` while the backlog grows."""

    open_now: int
    net_closings: int
    seconds: float | None


def divided(kpi: Ratio | Average | TopRatio, counts: Counts) -> Iterator[Divided]:
    """The series of a window; the labels of an average are without ``stat``."""
    if isinstance(kpi, TopRatio):
        yield from _top(kpi, counts)
        return
    for series, (numerator, denominator) in zip(kpi.division.series, kpi.division.divide(counts), strict=True):
        yield Divided(series, series.labels, numerator, denominator)


def _top(kpi: TopRatio, counts: Counts) -> Iterator[Divided]:
    """The series of the values with the most below the line, then above it, then by name."""
    by_value = [
        (part.series, _split(part.above, counts, kpi.label), _split(part.below, counts, kpi.label))
        for part in kpi.parts
    ]
    values = {value for _, above, below in by_value for value in (*above, *below)}

    def rank(value: str) -> tuple[int, int, str]:
        below = sum(denominators.get(value, 0) for _, _, denominators in by_value)
        above = sum(numerators.get(value, 0) for _, numerators, _ in by_value)
        return -below, -above, value

    for value in sorted(values, key=rank)[: kpi.limit]:
        for series, above, below in by_value:
            labels = (*series.labels, (kpi.label, value))
            yield Divided(series, labels, above.get(value, 0), below.get(value, 0))


def _split(of: Amount, counts: Counts, label: str) -> dict[str, int]:
    """A sum of measures by the value of a dimension; no zeros."""
    sums: dict[str, int] = {}
    for sign, measures in ((1, of.plus), (-1, of.minus)):
        for measure in measures:
            for value, number in counts.by_value(measure, label).items():
                sums[value] = sums.get(value, 0) + sign * number
    return {value: number for value, number in sums.items() if number}


def percentiles_seconds(series: Series, counts: Counts, count: int) -> Mapping[str, float]:
    """By ``stat``, the percentiles beside an average of ``count``; nothing where there is none."""
    if series.sketch is None:
        return {}
    buckets = counts.sketch(series.sketch)
    found = percentiles_ms(buckets, count - sum(buckets.values()), tuple(PERCENTILES.values()))
    if found is None:
        return {}
    return {stat: duration_ms / MILLISECONDS for stat, duration_ms in zip(PERCENTILES, found, strict=True)}


def counted(kpi: Count | TopCount, counts: Counts, *, in_total: bool = False) -> Iterable[tuple[Labels, int]]:
    """The series of a count: one, or one a value of its label: the known values from the start, or the top ones.

    ``in_total``: what its counter adds up.
    """
    if isinstance(kpi, TopCount):
        return _top_counts(kpi.measure, kpi.label, kpi.limit, counts)
    amount = kpi.total if in_total and kpi.total is not None else kpi.amount
    if not kpi.labels:
        return [((), amount(counts))]
    (label,) = kpi.labels
    by_value = _split(amount, counts, label)
    values = (*kpi.known, *sorted(by_value.keys() - set(kpi.known)))
    return [(((label, value),), by_value.get(value, 0)) for value in values]


def _top_counts(measure: Measure, label: str, limit: int, counts: Counts) -> list[tuple[Labels, int]]:
    by_value = counts.by_value(measure, label)
    ranked = sorted(by_value, key=lambda value: (-by_value[value], value))
    return [(((label, value),), by_value[value]) for value in ranked[:limit]]


def clearing(kpi: Clearance, live: LiveNumbers, counts: Counts, window: str) -> Clearing:
    """How long the open tickets last at the pace of a window."""
    open_now, net = kpi.open_now(live), kpi.net_closings(counts)
    if not open_now:
        return Clearing(0, net, 0.0)
    return Clearing(open_now, net, open_now * SPANS_MS[window] / MILLISECONDS / net if net > 0 else None)


def live_value(kpi: Now, raw: int | None) -> float | None:
    """A live number in its base unit."""
    return raw / MILLISECONDS if raw is not None and kpi.unit is Unit.SECONDS else raw
