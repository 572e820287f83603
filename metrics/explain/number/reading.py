"""The part of counts, or of what is true now, that one series of a KPI takes. Pure.

Every formula of the catalogue is linear in the counts: the quotient of a window is the sum of what each of its contacts
adds above and below the line. So a contact is behind a number where the KPI's own formula makes something of the
contact's amounts alone, and no list of who counted for what is kept beside the numbers.
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
    """One series of a KPI, under the labels that it has on boards.

    ``divide`` is for what has a window: what is counted above and below the line, nothing below where only something is
    counted (``divides`` is false); ``measures`` are all that it looks at. ``read`` is for what is true now. ``judged``:
    who is below the line and not above it is a miss. ``scale``: how many of what is counted above the line make one.
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
    """The first series of the KPI that has the labels asked for; of what is split by values with none of them named,
    all values together.

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
    """That a number is none of contacts."""
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
    """The labels without the one whose values are not known beforehand, and its value, "" where none is asked for."""
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
    """The sum of measures, of all values of a dimension or of one."""
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
