"""Conditions on a KPI: one declaration yields both the PromQL and the evaluation on 15-minute slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from metrics.alerts.moments import Moment
from metrics.alerts.promql import ON_QUEUE, QUEUE, exact, lines, of, summed
from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Count, QueueKpi, Ratio
from metrics.catalog.quotients import Quotient
from metrics.planning.reachable import Tally
from metrics.snapshot.snapshot import Counts

_BY_NAME: Mapping[str, QueueKpi] = {kpi.name: kpi for kpi in QUEUE_KPIS}


class Condition(Protocol):
    """A condition on one queue, either true or false."""

    def promql(self) -> str:
        """The PromQL expression: one series for each queue that meets the condition."""
        ...

    def holds(self, at: Moment) -> bool:
        """True if the queue met the condition at the end of a past quarter of an hour."""
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
    """A count of a window reaches a bound; a count split by a label is summed first."""

    kpi: Count
    window: str
    bound: int

    def promql(self) -> str:
        """The count and the bound."""
        if self.kpi.by:
            return f"{summed(self.kpi.gauge, self.kpi.by, window=self.window)} >= {self.bound}"
        return f"{of(self.kpi.gauge, window=self.window)} >= {self.bound}"

    def holds(self, at: Moment) -> bool:
        """The same comparison on whole quarters of an hour."""
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
    """A ratio of a window is above a limit, with a denominator of at least ``minimum``."""

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
        """The same comparison on whole quarters of an hour."""
        numerator, denominator = self.of_ratio.tally(at.counts(self.of_ratio.window))
        return denominator >= self.minimum and numerator > self.limit * denominator


class AnyMissed(NamedTuple):
    """The denominator of a ratio exceeds its numerator: at least one miss."""

    of_ratio: _OfRatio

    def promql(self) -> str:
        """The number of misses."""
        numerator, denominator = self.of_ratio.lines()
        return lines(denominator, f"- {numerator} > 0")

    def holds(self, at: Moment) -> bool:
        """The same comparison on whole quarters of an hour."""
        met, judged = self.of_ratio.tally(at.counts(self.of_ratio.window))
        return judged > met


class AllOf(NamedTuple):
    """A count of a window reaches ``minimum``, and another count has them all."""

    whole: Count
    part: Count
    window: str
    minimum: int

    def promql(self) -> str:
        """The count, where all of it is in the other."""
        whole, part = (of(kpi.gauge, window=self.window) for kpi in (self.whole, self.part))
        return lines(f"{whole} >= {self.minimum}", f"<= {ON_QUEUE} {part}")

    def holds(self, at: Moment) -> bool:
        """The same comparison on whole quarters of an hour."""
        counts = at.counts(self.window)
        return self.minimum <= self.whole.amount.of(counts) <= self.part.amount.of(counts)


def in_window(kpi: Ratio, window: str, **labels: str) -> _OfRatio:
    """A ratio in a window, with the series picked by labels; other labels select rows."""
    return _OfRatio(kpi, window, tuple(labels.items()))
