"""Declarations of KPIs as plain immutable values; nothing here computes a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import ClassVar, NamedTuple

from metrics.catalog.detail import USUAL, Lean
from metrics.catalog.quotients import Labels, Quotient
from metrics.catalog.words import NO_CLOCK, NOW, SETTINGS, VEINTE, Empty, Texts
from metrics.planning.view import View
from metrics.snapshot.amounts import Amount
from metrics.snapshot.windows import WINDOWS
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel
from streams.facts.domains import DERIVED_MEASURES
from streams.numbers.live_entries import LiveMeasure
from streams.numbers.measures import Measure

EVERY_CHANNEL = (Channel.CALL, Channel.CHAT, Channel.TICKET)
CALLS_AND_CHATS = (Channel.CALL, Channel.CHAT)
TICKETS_ONLY = (Channel.TICKET,)
STAT = "stat"
"""Label that separates an average from the percentiles of the same family."""
AVERAGE = "avg"
PERCENTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95}
"""Percentiles beside every average, by the value of ``stat``."""
LONG_WINDOWS = ("today", "24h", "7d", "28d")
"""Windows of a KPI split by topic, team or agent: shorter ones hold too few contacts of each."""


LABELS_OF_PERSONS = frozenset({"agent"})
"""Labels whose values each stand for a person, if under a pseudonym."""


class Unit(StrEnum):
    """Base units: seconds, ratios from 0 to 1, and counts."""

    RATIO = "ratio"
    SECONDS = "seconds"
    CONTACTS = "contacts"
    LEGS = "legs"
    TICKETS = "tickets"
    ESCALATIONS = "escalations"
    EVENTS = "events"
    COMMITS = "commits"
    CONTRIBUTIONS = "contributions"
    QUEUES = "queues"
    REQUESTS = "requests"
    AMOUNTS = "amounts"
    FLAG = "flag"


class Kind(StrEnum):
    """Shape of a KPI; the exposition follows from it."""

    RATIO = "ratio"
    AVERAGE = "average"
    COUNT = "count"
    TOP_RATIO = "top ratio"
    TOP_COUNT = "top count"
    CLEARANCE = "clearance"
    NOW = "now"
    SETTING = "setting"
    OPENING = "opening"
    OUTLOOK = "outlook"
    PIPELINE = "pipeline"


EMPTY_OF: Mapping[Kind, Empty] = {
    **dict.fromkeys(Kind, Empty.ZERO),
    **dict.fromkeys((Kind.RATIO, Kind.AVERAGE, Kind.CLEARANCE, Kind.OUTLOOK), Empty.NO_SAMPLE),
    **dict.fromkeys((Kind.TOP_RATIO, Kind.TOP_COUNT), Empty.NO_SERIES),
}


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """Name, unit and texts of every KPI.

    Attributes:
        attribution: event whose slice an amount is counted in.
        clock: hours that count.
        source: origin of the formula.
    """

    own_kind: ClassVar[Kind]
    name: str
    unit: Unit
    text: Texts
    attribution: Bilingual
    source: Bilingual
    clock: Bilingual = NO_CLOCK

    @property
    def kind(self) -> Kind:
        """The shape of the KPI."""
        return self.own_kind

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of its series beyond channel, queue, medium and window."""
        return ()

    @property
    def is_of_persons(self) -> bool:
        """True where it tells persons apart: shown to who may see that only."""
        return not LABELS_OF_PERSONS.isdisjoint(self.labels)

    @property
    def empty(self) -> Empty:
        """The value shown where nothing happened."""
        return EMPTY_OF[self.kind]


@dataclass(frozen=True, kw_only=True)
class QueueKpi(Kpi):
    """A KPI of queues: its series also have channel and queue, and medium on tickets."""

    channels: tuple[Channel, ...]

    @property
    def measures(self) -> frozenset[Measure]:
        """Every measure of its formula; none for live numbers and settings."""
        return frozenset()


@dataclass(frozen=True, kw_only=True)
class WindowedKpi(QueueKpi):
    """A KPI that is counted in windows.

    Attributes:
        windows: those in which it is shown.
        lean: those of them on the lean page of /metrics.
        by: a label whose values are found in the counts, the last of its labels; "" for none.
        top: number of values of ``by`` that are shown, the ones with the largest counts; 0 for all.
        api_only: never in Prometheus.
    """

    windows: tuple[str, ...] = WINDOWS
    lean: Lean = USUAL
    by: str = ""
    top: int = 0
    api_only: bool = False


def _label_names(series: Iterable[Labels]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for labels in series for name, _ in labels))


@dataclass(frozen=True, kw_only=True)
class DividedKpi(WindowedKpi):
    """A KPI with a numerator and a denominator for each series; a top KPI is ranked by the denominators."""

    series: tuple[Quotient, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the series, and the label it is split by."""
        return (*_label_names(series.labels for series in self.series), *((self.by,) if self.by else ()))

    @property
    def measures(self) -> frozenset[Measure]:
        """Measures of all quotients, each in whichever series."""
        return frozenset(measure for series in self.series for measure in series.measures)


@dataclass(frozen=True, kw_only=True)
class Ratio(DividedKpi):
    """``x_ratio``: windowed, with the gauges ``x_numerator`` and ``x_denominator``.

    ``report``: name of the ratios in reports, by their one label; "" where reports show only the counts.
    """

    unit: Unit = Unit.RATIO
    report: str = ""

    @property
    def kind(self) -> Kind:
        """``Kind.TOP_RATIO`` where only the largest values of a label are shown, else ``Kind.RATIO``."""
        return Kind.TOP_RATIO if self.top else Kind.RATIO

    @property
    def base(self) -> str:
        """Base of the names of numerator and denominator."""
        return self.name.removesuffix("_ratio")


@dataclass(frozen=True, kw_only=True)
class Average(DividedKpi):
    """``x_seconds{stat}``: windowed averages and percentiles, with gauges ``x_seconds_sum`` and ``x_seconds_count``
    without ``stat``."""

    own_kind: ClassVar[Kind] = Kind.AVERAGE
    unit: Unit = Unit.SECONDS
    percentiles: tuple[str, ...] = tuple(PERCENTILES)

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the series, and ``stat``."""
        return (*super().labels, STAT)


@dataclass(frozen=True, kw_only=True)
class Count(WindowedKpi):
    """``x_total`` counter and ``x`` windowed gauge; split by a label one series a value, ``known`` ones from the start.

    ``total``: amount of the counter where it is not the window's amount. A top count is a gauge without a counter,
    ranked by itself.
    """

    amount: Amount
    total: Amount | None = None
    known: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        """``Kind.TOP_COUNT`` where only the largest values of a label are shown, else ``Kind.COUNT``."""
        return Kind.TOP_COUNT if self.top else Kind.COUNT

    @property
    def labels(self) -> tuple[str, ...]:
        """The label it is split by."""
        return (self.by,) if self.by else ()

    @property
    def measures(self) -> frozenset[Measure]:
        """Every measure of the window's amount."""
        return frozenset(self.amount.measures)

    @property
    def gauge(self) -> str:
        """The name of the windowed count."""
        return self.name.removesuffix("_total")

    @cached_property
    def is_derived(self) -> bool:
        """True if it is computed across channels, from the outcomes of contacts."""
        return not DERIVED_MEASURES.isdisjoint(self.amount.measures)


@dataclass(frozen=True, kw_only=True)
class Clearance(WindowedKpi):
    """Time to work off the open tickets at the pace of a window, in seconds: open / (net closings / window).

    0 where nothing is open; no sample while the backlog grows.
    """

    own_kind: ClassVar[Kind] = Kind.CLEARANCE
    unit: Unit = Unit.SECONDS
    attribution: Bilingual = NOW
    open_now: tuple[LiveMeasure, ...]
    net_closings: Amount

    @property
    def measures(self) -> frozenset[Measure]:
        """Openings and closings."""
        return frozenset(self.net_closings.measures)


class NowPart(NamedTuple):
    """One series of a number that is true now."""

    measure: LiveMeasure
    labels: Labels = ()


def now_part(measure: LiveMeasure, **labels: str) -> NowPart:
    """A live measure under ``labels``."""
    return NowPart(measure, tuple(labels.items()))


@dataclass(frozen=True, kw_only=True)
class Now(QueueKpi):
    """A gauge without a window. Ages are absent where nothing waits; counts are 0."""

    own_kind: ClassVar[Kind] = Kind.NOW
    attribution: Bilingual = NOW
    parts: tuple[NowPart, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the parts."""
        return _label_names(part.labels for part in self.parts)

    @property
    def empty(self) -> Empty:
        """The value shown where nothing happened: none for an age, 0 for a count."""
        return Empty.NO_SAMPLE if self.unit is Unit.SECONDS else Empty.ZERO


@dataclass(frozen=True, kw_only=True)
class Setting(QueueKpi):
    """A setting in force now, of every known queue; ``setting`` is its name in ``[queues.NAME]``."""

    own_kind: ClassVar[Kind] = Kind.SETTING
    attribution: Bilingual = NOW
    source: Bilingual = SETTINGS
    setting: str


@dataclass(frozen=True, kw_only=True)
class OpeningKpi(QueueKpi):
    """1 while a configured queue is open by its calendar, else 0."""

    own_kind: ClassVar[Kind] = Kind.OPENING
    unit: Unit = Unit.FLAG
    attribution: Bilingual = NOW
    source: Bilingual = SETTINGS


class PipelineSample(NamedTuple):
    """One series of the pipeline about itself."""

    labels: Labels
    value: float


@dataclass(frozen=True, kw_only=True)
class Pipeline(Kpi):
    """A number of the pipeline about itself; a counter where the name ends in ``_total``, a gauge otherwise.

    ``moves``: it changes with time although the snapshot does not.
    """

    own_kind: ClassVar[Kind] = Kind.PIPELINE
    attribution: Bilingual = NOW
    source: Bilingual = VEINTE
    label_names: tuple[str, ...] = ()
    read: Callable[[View], Iterable[PipelineSample]]
    moves: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of its series."""
        return self.label_names

    @property
    def is_counter(self) -> bool:
        """True for a counter; it only decreases when the pipeline's memory is set back."""
        return self.name.endswith("_total")
