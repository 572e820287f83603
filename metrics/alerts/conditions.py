"""Conditions on a KPI: one declaration that is both PromQL and a question to a quarter of an hour of the past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from metrics.alerts.moments import Moment
from metrics.alerts.promql import QUEUE, exact, lines, of, summed
from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Count, QueueKpi, Ratio
from metrics.catalog.quotients import Quotient
from metrics.planning.reachable import Tally
from metrics.snapshot.snapshot import Counts

_BY_NAME: Mapping[str, QueueKpi] = {kpi.name: kpi for kpi in QUEUE_KPIS}


class Condition(Protocol):
    """Something that holds or not, of a queue."""

    def promql(self) -> str:
        """The expression: it gives a series a queue of which the condition holds."""
        ...

    def holds(self, at: Moment) -> bool:
        """True if it held at the end of a quarter of an hour of the past."""
        ...


def count_of(name: str) -> Count:
    """A count of the catalogue."""
    kpi = _BY_NAME[name]
    assert isinstance(kpi, Count)
    return kpi


def ratio_of(name: str) -> Ratio:
    """A ratio of the catalogue."""
    kpi = _BY_NAME[name]
    assert isinstance(kpi, Ratio)
    return kpi


class AtLeast(NamedTuple):
    """A count of a window reaches a bound; one that is split by a label is added up."""

    kpi: Count
    window: str
    bound: int

    def promql(self) -> str:
        """The count and the bound."""
        if self.kpi.by:
            return f"{summed(self.kpi.gauge, self.kpi.by, window=self.window)} >= {self.bound}"
        return f"{of(self.kpi.gauge, window=self.window)} >= {self.bound}"

    def holds(self, at: Moment) -> bool:
        """The same in whole quarters."""
        return self.kpi.amount.of(at.counts(self.window)) >= self.bound


class _OfRatio(NamedTuple):
    """A series of a ratio in a window."""

    kpi: Ratio
    window: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def series(self) -> Quotient:
        """The formula of the series."""
        return next(series for series in self.kpi.series if set(series.labels) <= set(self.labels))

    def lines(self) -> tuple[str, str]:
        """Selectors of numerator and denominator."""
        labels = dict(self.labels)
        numerator, denominator = (
            of(f"{self.kpi.base}_{part}", QUEUE, **{**labels, "window": self.window})
            for part in ("numerator", "denominator")
        )
        return numerator, denominator

    def tally(self, counts: Counts) -> Tally:
        """Numerator and denominator."""
        return Tally(self.series.numerator.of(counts), self.series.denominator.of(counts))


class ShareAbove(NamedTuple):
    """A ratio of a window is above a limit, of at least ``minimum`` below its line."""

    of_ratio: _OfRatio
    limit: float
    minimum: int = 1

    def percent(self) -> str:
        """The share in percent, where it is above the limit: the value of an alert."""
        numerator, denominator = self.of_ratio.lines()
        return lines(f"100 * {numerator}", f"/ ({denominator} >= {self.minimum}) > {exact(100 * self.limit)}")

    def promql(self) -> str:
        """The comparison without a division."""
        numerator, denominator = self.of_ratio.lines()
        return f"{numerator} > {exact(self.limit)} * {denominator}"

    def holds(self, at: Moment) -> bool:
        """The same in whole quarters."""
        numerator, denominator = self.of_ratio.tally(at.counts(self.of_ratio.window))
        return denominator >= self.minimum and numerator > self.limit * denominator


class AnyMissed(NamedTuple):
    """Somebody below the line of a ratio is not above it."""

    of_ratio: _OfRatio

    def promql(self) -> str:
        """Their number."""
        numerator, denominator = self.of_ratio.lines()
        return lines(denominator, f"- {numerator} > 0")

    def holds(self, at: Moment) -> bool:
        """The same in whole quarters."""
        met, judged = self.of_ratio.tally(at.counts(self.of_ratio.window))
        return judged > met


def in_window(kpi: Ratio, window: str, **labels: str) -> _OfRatio:
    """A series of a ratio in a window, picked by labels; those that it does not have select its rows."""
    return _OfRatio(kpi, window, tuple(labels.items()))
