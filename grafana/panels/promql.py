"""PromQL made from KPIs of the catalogue: an unknown KPI or label ends the generator with an error.

Sums over queues divide the sum of the numerators by the sum of the denominators; ratios are never averaged. Two
exporters serve the same numbers, so the greatest copy of a series is taken before anything is summed.
"""

from __future__ import annotations

from collections.abc import Mapping

from metrics.catalog import CATALOG
from metrics.catalog.model import STAT, Average, Count, Kpi, Now, Pipeline, QueueKpi, Ratio, Unit, WindowedKpi
from metrics.catalog.planning import OutlookKpi
from streams.facts.domains import has_medium

Match = Mapping[str, str]
"""Values of labels by name; one that begins with ``$`` is a variable of the dashboard and can match several values."""
Names = tuple[str, ...]
"""Labels kept by a sum."""

BY_CHANNEL: Names = ("channel",)
BY_QUEUE: Names = ("channel", "queue")
RATE_RANGE = "$__rate_interval"
_BY_NAME = {kpi.name: kpi for kpi in CATALOG}


def kpi(name: str) -> Kpi:
    """The KPI of this name.

    Raises:
        LookupError: the catalogue has none.
    """
    if name not in _BY_NAME:
        raise LookupError(f"the catalogue has no KPI {name}: use one of docs/kpis.md")
    return _BY_NAME[name]


def labels_of(name: str) -> frozenset[str]:
    """Labels by which series of a KPI can be selected and summed."""
    found = kpi(name)
    names = set(found.labels)
    if isinstance(found, QueueKpi):
        names |= {"channel", "queue"}
        if any(map(has_medium, found.channels)):
            names.add("medium")
        if isinstance(found, WindowedKpi):
            names.add("window")
    return frozenset(names)


def quotient(name: str, by: Names, match: Match, at_least: int = 1) -> str:
    """A ratio, or a mean in seconds; empty where fewer than ``at_least`` are judged.

    Args:
        name: a ratio or a duration of the catalogue.
        by: labels kept.
        match: labels selected.
        at_least: least denominator.

    Raises:
        LookupError: the catalogue lacks the KPI or one of the labels, or a windowed KPI has no window in ``match``.
        TypeError: the KPI is neither a ratio nor an average.
    """
    return f"{numerator(name, by, match)} / ({denominator(name, by, match)} >= {at_least})"


def numerator(name: str, by: Names, match: Match) -> str:
    """The numerator of a ratio, or the seconds of a mean."""
    return _sum(_line_names(name)[0], name, by, match)


def denominator(name: str, by: Names, match: Match) -> str:
    """The denominator of a ratio, or the count of a mean."""
    return _sum(_line_names(name)[1], name, by, match)


def both_lines(name: str, match: Match) -> tuple[str, str]:
    """Numerator and denominator of each queue, before any sum."""
    return numerator(name, BY_QUEUE, match), denominator(name, BY_QUEUE, match)


def gauge_of(name: str) -> str:
    """The gauge of a KPI: of a counter, the count of a window."""
    found = kpi(name)
    return found.gauge if isinstance(found, Count) else name


def count(name: str, by: Names, match: Match) -> str:
    """The count of a window.

    Raises:
        TypeError: the KPI is no count.
    """
    if not isinstance(kpi(name), Count):
        raise TypeError(f"{name} is no count of a window")
    return _sum(gauge_of(name), name, by, match)


def now(name: str, by: Names, match: Match) -> str:
    """The current number; of an age the longest.

    Raises:
        TypeError: the KPI is no number that is true now.
    """
    found = kpi(name)
    if not isinstance(found, Now):
        raise TypeError(f"{name} is no number that is true now")
    return each(name, by, match) if found.unit is Unit.SECONDS else _sum(name, name, by, match)


def each(name: str, by: Names, match: Match) -> str:
    """A number that cannot be summed, such as a percentile or an objective; ``by`` must distinguish its series."""
    _check(name, by, match)
    return f"max by ({', '.join(by)}) ({_series(name, name, match)})"


def rate(name: str, by: Names) -> str:
    """Growth a second of a counter of the pipeline."""
    return _grown("rate", name, by, RATE_RANGE)


def increase(name: str, by: Names, span: str) -> str:
    """Growth of a counter of the pipeline in ``span``; empty without growth."""
    return f"{_grown('increase', name, by, span)} > 0"


def _grown(function: str, name: str, by: Names, span: str) -> str:
    found = kpi(name)
    if not isinstance(found, Pipeline) or not found.is_counter:
        raise TypeError(f"{name} is no counter of the pipeline")
    _check(name, by, {})
    grown = f"{function}({_series(name, name, {})}[{span}])"
    return _added(grown, _apart(name, name, by, {}), by)


def own(name: str, by: Names, match: Match | None = None, how: str = "sum") -> str:
    """A metric of the pipeline itself, summed by its labels; without labels one series."""
    if not isinstance(kpi(name), Pipeline):
        raise TypeError(f"{name} is no number of the pipeline")
    if how == "sum":
        return _sum(name, name, by, match or {})
    _check(name, by, match or {})
    return f"{how}{_kept(by)} ({_series(name, name, match or {})})"


def at(expression: str, offset: str) -> str:
    """The same expression at another time: every selector of ``expression`` gets ``offset``, such as ``7d`` or
    ``-1h``."""
    return expression.replace("}", f"}} offset {offset}")


def _line_names(name: str) -> tuple[str, str]:
    found = kpi(name)
    match found:
        case Ratio():
            return f"{found.base}_numerator", f"{found.base}_denominator"
        case OutlookKpi() if found.unit is Unit.RATIO:
            return f"{found.base}_numerator", f"{found.base}_denominator"
        case Average():
            return f"{name}_sum", f"{name}_count"
    raise TypeError(f"{name} is no ratio and no average")


def _sum(series: str, name: str, by: Names, match: Match) -> str:
    _check(name, by, match)
    return _added(_series(series, name, match), _apart(series, name, by, match), by)


def _apart(series: str, name: str, by: Names, match: Match) -> Names:
    """Labels that can distinguish the selected series of a KPI, those of ``by`` first; only one window is selected."""
    fixed = {"window", *(label for label, value in match.items() if value[0] != "$")}
    known = labels_of(name) - fixed - (frozenset() if series == name else {STAT})
    return (*by, *sorted(known.difference(by)))


def _added(expression: str, apart: Names, by: Names) -> str:
    """The sum by ``by`` of the series distinguished by ``apart``; of copies with other labels only the greatest."""
    once = f"max{_kept(apart)} ({expression})"
    return once if apart == by else f"sum{_kept(by)} ({once})"


def _kept(by: Names) -> str:
    return f" by ({', '.join(by)})" if by else ""


def _series(series: str, name: str, match: Match) -> str:
    _check(name, (), match)
    chosen = ", ".join(f'{label}{"=~" if value[0] == "$" else "="}"{value}"' for label, value in match.items())
    return f"{series}{{{chosen}}}"


def _check(name: str, by: Names, match: Match) -> None:
    """Check that every label belongs to the KPI, and that a windowed KPI has its window; without, all would be
    summed."""
    known = labels_of(name)
    unknown = sorted({*by, *match} - known)
    if unknown:
        raise LookupError(f"{name} has no label {', '.join(unknown)}: it has {', '.join(sorted(known))}")
    if "window" in known and "window" not in match:
        raise LookupError(f"{name} is windowed: choose a window")
    if STAT in match and not isinstance(kpi(name), Average):
        raise LookupError(f"{name} has no {STAT}")
