"""The part of counts or of live numbers that one series of a KPI reads. Pure.

Every formula of the catalogue is linear in the counts: numerator and denominator of a window are the sums of its
contacts' contributions. A contact is therefore behind a number if either is not zero for its amounts alone. No list of
contacts is kept beside the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    QueueKpi,
    Ratio,
    Unit,
)
from metrics.catalog.quotients import Labels
from metrics.snapshot.amounts import Amount
from metrics.snapshot.snapshot import Counts, LiveNumbers
from metrics.web.problems import BadQuery
from streams.common.languages import Bilingual
from streams.numbers.measures import Measure

NO_FORMULA = Bilingual("", "")


class Reading(NamedTuple):
    """One series of a KPI, under its labels as shown.

    Attributes:
        divide: numerator and denominator of windowed counts; the denominator is 0 where only something is counted.
        divides: the series has a denominator.
        measures: all measures of the formula.
        read: value of a live number.
        judged: a contact in the denominator and not in the numerator is a miss.
        scale: units of the numerator in one base unit.
    """

    labels: Labels
    formula: Bilingual = NO_FORMULA
    measures: tuple[Measure, ...] = ()
    divide: Callable[[Counts], tuple[int, int]] | None = None
    read: Callable[[LiveNumbers], int | None] | None = None
    divides: bool = False
    judged: bool = False
    scale: int = 1


def reading_of(kpi: QueueKpi, asked: Labels) -> Reading:
    """The first series of the KPI with the labels asked for; of a split KPI all values together unless one is named.

    Raises:
        BadQuery: no series has these labels, or no contacts are behind the KPI.
    """
    match kpi:
        case Average():
            own, stat = _value(STAT, asked)
            if stat not in ("", AVERAGE, *PERCENTILES):
                raise BadQuery(f"stat = {stat!r} is no series of {kpi.name}; use {', '.join((AVERAGE, *PERCENTILES))}")
            found = _divided(kpi, own)
            return found._replace(labels=(*found.labels, (STAT, stat or AVERAGE)), judged=False)
        case Ratio():
            return _divided(kpi, asked)
        case Count():
            return _counted(kpi.amount, kpi.by, _value(kpi.by, asked)[1])
        case Clearance():
            return _counted(kpi.net_closings, "", "")
        case Now():
            return _now(kpi, asked)
    raise nothing_behind(kpi.name)


def nothing_behind(name: str) -> BadQuery:
    """The error for a number without contacts behind it."""
    return BadQuery(f"no contacts are behind {name}: it does not count them")


def _divided(kpi: DividedKpi, asked: Labels) -> Reading:
    own, value = _value(kpi.by, asked) if kpi.by else (asked, "")
    series = kpi.series[_series(kpi, own, [series.labels for series in kpi.series])]

    def divide(counts: Counts) -> tuple[int, int]:
        return _amount_of(series.numerator, counts, kpi.by, value), _amount_of(
            series.denominator, counts, kpi.by, value
        )

    labels = (*series.labels, *(((kpi.by, value),) if value else ()))
    return Reading(labels, series.formula(), series.measures, divide, divides=True, judged=True, scale=series.scale)


def _value(label: str, asked: Labels) -> tuple[Labels, str]:
    """The labels without the one of the split, and that label's value; "" where it is not named."""
    return tuple(pair for pair in asked if pair[0] != label), dict(asked).get(label, "")


def _series(kpi: QueueKpi, asked: Labels, series: Sequence[Labels]) -> int:
    for index, labels in enumerate(series):
        if set(asked) <= set(labels):
            return index
    known = ", ".join("&".join(f"{name}={value}" for name, value in labels) for labels in series)
    wrong = " ".join(f"{name} = {value!r}" for name, value in asked)
    raise BadQuery(f"{wrong} is no series of {kpi.name}; use {known}")


def _counted(of: Amount, label: str, value: str) -> Reading:
    def divide(counts: Counts) -> tuple[int, int]:
        return _amount_of(of, counts, label, value), 0

    return Reading(((label, value),) if value else (), of.words(), of.measures, divide)


def _amount_of(of: Amount, counts: Counts, label: str, value: str) -> int:
    """The sum of measures, over all values of a dimension or for one."""
    return of.by_value(counts, label).get(value, 0) if value else of.of(counts)


def _now(kpi: Now, asked: Labels) -> Reading:
    first = _series(kpi, asked, [part.labels for part in kpi.parts])
    parts = [part for part in kpi.parts if set(asked) <= set(part.labels)]
    if len(parts) == 1 or kpi.unit is Unit.SECONDS:
        part = kpi.parts[first]
        return Reading(part.labels, read=lambda live: live.value(part.measure))

    def read(live: LiveNumbers) -> int | None:
        return sum(live[part.measure] for part in parts)

    return Reading((), read=read)
