"""What one series of a KPI takes from counts, or from what is true now. Pure.

Every quotient of the catalogue is linear in the counts: what is divided for a window is the sum of what each of its
contacts adds above and below the line. So a contact is behind a number where the KPI's own formula makes something of
the contact's amounts alone, and no list of who counted for what is kept beside the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from metrics.catalog.model import (
    AVERAGE,
    PERCENTILES,
    STAT,
    Average,
    Clearance,
    Count,
    Now,
    QueueKpi,
    Ratio,
    TopCount,
    TopRatio,
    Unit,
)
from metrics.catalog.quotients import Amount, Labels, Part, Quotient, amount
from metrics.evaluate.values import MILLISECONDS
from metrics.snapshot.snapshot import Counts, LiveNumbers
from metrics.web.problems import BadQuery
from streams.common.languages import Bilingual
from streams.facts.domains import MEASURES
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
    divide: Callable[[Counts], Quotient] | None = None
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
        case Ratio():
            return _divided(kpi, asked, kpi.division.divide, [(s.labels, s.formula) for s in kpi.division.series])
        case Average():
            own, stat = _value(STAT, asked)
            if stat not in ("", AVERAGE, *PERCENTILES):
                raise BadQuery(f"stat = {stat!r} is no series of {kpi.name}; use {', '.join((AVERAGE, *PERCENTILES))}")
            found = _divided(kpi, own, kpi.division.divide, [(s.labels, s.formula) for s in kpi.division.series])
            labels = (*found.labels, (STAT, stat or AVERAGE))
            return found._replace(labels=labels, judged=False, scale=MILLISECONDS)
        case TopRatio():
            own, value = _value(kpi.label, asked)
            chosen = kpi.parts[_series(kpi, own, [part.series.labels for part in kpi.parts])]
            return _split(chosen, kpi.label, value)
        case TopCount():
            _, value = _value(kpi.label, asked)
            return _counted(amount(kpi.measure), kpi.label, value)
        case Count():
            label = kpi.labels[0] if kpi.labels else ""
            return _counted(kpi.amount, label, _value(label, asked)[1])
        case Clearance():
            return _counted(kpi.net_closings, "", "")
        case Now():
            return _now(kpi, asked)
    raise nothing_behind(kpi.name)


def nothing_behind(name: str) -> BadQuery:
    """That a number is none of contacts."""
    return BadQuery(f"no contacts are behind {name}: it does not count them")


def _divided(
    kpi: QueueKpi,
    asked: Labels,
    divide_all: Callable[[Counts], Iterable[Quotient]],
    series: Sequence[tuple[Labels, Bilingual]],
) -> Reading:
    index = _series(kpi, asked, [labels for labels, _ in series])

    def divide(counts: Counts) -> Quotient:
        return tuple(divide_all(counts))[index]

    labels, formula = series[index]
    return Reading(labels, formula, looked_at(divide), divide, divides=True, judged=True)


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


def _split(part: Part, label: str, value: str) -> Reading:
    def divide(counts: Counts) -> Quotient:
        return _amount_of(part.above, counts, label, value), _amount_of(part.below, counts, label, value)

    labels = (*part.series.labels, *(((label, value),) if value else ()))
    measures = (*part.above.plus, *part.above.minus, *part.below.plus, *part.below.minus)
    return Reading(labels, part.series.formula, tuple(dict.fromkeys(measures)), divide, divides=True, judged=True)


def _counted(of: Amount, label: str, value: str) -> Reading:
    def divide(counts: Counts) -> Quotient:
        return _amount_of(of, counts, label, value), 0

    return Reading(((label, value),) if value else (), of.formula(), (*of.plus, *of.minus), divide)


def _amount_of(of: Amount, counts: Counts, label: str, value: str) -> int:
    """The sum of measures, of all values of a dimension or of one."""
    if not value:
        return of(counts)

    def part(measures: Iterable[Measure]) -> int:
        return sum(counts.by_value(measure, label).get(value, 0) for measure in measures)

    return part(of.plus) - part(of.minus)


def _now(kpi: Now, asked: Labels) -> Reading:
    first = _series(kpi, asked, [part.labels for part in kpi.parts])
    parts = [part for part in kpi.parts if set(asked) <= set(part.labels)]
    if len(parts) == 1 or kpi.unit is Unit.SECONDS:
        return Reading(kpi.parts[first].labels, read=kpi.parts[first].read)

    def read(live: LiveNumbers) -> int | None:
        return sum(part.read(live) or 0 for part in parts)

    return Reading((), read=read)


def looked_at(divide: Callable[[Counts], Quotient]) -> tuple[Measure, ...]:
    """The measures that a quotient is made of, found by asking it about each alone: it is linear in the counts."""
    return tuple(measure for measure in MEASURES.values() if any(divide(Counts({measure: 1}))))


def measures_of(kpi: QueueKpi) -> frozenset[Measure]:
    """Everything that a KPI looks at, whichever of its series; nothing of what is true now or promised."""
    match kpi:
        case Ratio() | Average():

            def any_of(counts: Counts) -> Quotient:
                return int(any(any(quotient) for quotient in kpi.division.divide(counts))), 0

            return frozenset(looked_at(any_of))
        case TopRatio():
            return frozenset(m for part in kpi.parts for of in (part.above, part.below) for m in (*of.plus, *of.minus))
        case TopCount():
            return frozenset((kpi.measure,))
        case Count():
            return frozenset((*kpi.amount.plus, *kpi.amount.minus))
        case Clearance():
            return frozenset((*kpi.net_closings.plus, *kpi.net_closings.minus))
    return frozenset()
