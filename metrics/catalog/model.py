"""What the catalogue says about a KPI, as plain immutable values; nothing here computes a board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from metrics.catalog.quotients import Amount, Division, Labels, Part
from metrics.catalog.words import NO_CLOCK, NOW, SETTINGS, VEINTE, Empty, Texts
from metrics.planning.view import View
from metrics.snapshot.snapshot import LiveNumbers
from streams.common.languages import Bilingual
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.numbers.measures import Measure

EVERY_CHANNEL = (Channel.CALL, Channel.CHAT, Channel.TICKET)
CALLS_AND_CHATS = (Channel.CALL, Channel.CHAT)
TICKETS_ONLY = (Channel.TICKET,)
STAT = "stat"
"""The label that tells an average from the percentiles of the same family."""
AVERAGE = "avg"
PERCENTILES = {"p50": 0.50, "p90": 0.90, "p95": 0.95}
"""Percentiles beside every average, by the value of ``stat``."""
LONG_WINDOWS = ("today", "24h", "7d", "28d")
"""Windows of what is split by topic, team or agent: in shorter ones there is next to nothing of each."""


class Unit(StrEnum):
    """Base units only: seconds, ratios from 0 to 1, and things counted."""

    RATIO = "ratio"
    SECONDS = "seconds"
    CONTACTS = "contacts"
    LEGS = "legs"
    TICKETS = "tickets"
    ESCALATIONS = "escalations"
    EVENTS = "events"
    COMMITS = "commits"
    CONTRIBUTIONS = "contributions"
    FLAG = "flag"


class Kind(StrEnum):
    """How a KPI comes about, which decides how it is exposed."""

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
    """Name, unit and texts of every KPI. ``attribution``: the moment whose slice an amount lands in; ``clock``: which
    hours count; ``source``: whose formula."""

    kind: ClassVar[Kind]
    name: str
    unit: Unit
    text: Texts
    attribution: Bilingual
    source: Bilingual
    clock: Bilingual = NO_CLOCK
    labels: tuple[str, ...] = ()

    @property
    def empty(self) -> Empty:
        """What is shown where nothing happened."""
        return EMPTY_OF[self.kind]


@dataclass(frozen=True, kw_only=True)
class QueueKpi(Kpi):
    """A KPI of queues: its series also have channel and queue, and medium on tickets."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True, kw_only=True)
class Ratio(QueueKpi):
    """``x_ratio``: windowed, with the gauges ``x_numerator`` and ``x_denominator``."""

    kind: ClassVar[Kind] = Kind.RATIO
    unit: Unit = Unit.RATIO
    division: Division

    @property
    def base(self) -> str:
        """The name of which numerator and denominator are made."""
        return self.name.removesuffix("_ratio")


@dataclass(frozen=True, kw_only=True)
class Average(QueueKpi):
    """``x_seconds{stat}``: windowed averages and percentiles, with gauges ``x_seconds_sum`` and ``x_seconds_count``
    without ``stat``. The labels of its series leave ``stat`` out."""

    kind: ClassVar[Kind] = Kind.AVERAGE
    unit: Unit = Unit.SECONDS
    division: Division


@dataclass(frozen=True, kw_only=True)
class Count(QueueKpi):
    """``x_total`` counter and ``x`` windowed gauge; with a label one series a value, ``known`` ones from the start.

    ``total`` is what the counter adds up where that is another measure than the window's.
    """

    kind: ClassVar[Kind] = Kind.COUNT
    amount: Amount
    total: Amount | None = None
    known: tuple[str, ...] = ()
    across_channels: bool = False

    @property
    def gauge(self) -> str:
        """The name of the windowed count."""
        return self.name.removesuffix("_total")


@dataclass(frozen=True, kw_only=True)
class Top(QueueKpi):
    """Shown for the ``limit`` values of a dimension with the most behind them, chosen anew at each reading.

    ``label`` is the dimension and the last of the labels; ``other`` is a value like any other. ``api_only``: never in
    Prometheus.
    """

    label: str
    limit: int
    windows: tuple[str, ...] = LONG_WINDOWS
    across_channels: bool = False
    api_only: bool = False


@dataclass(frozen=True, kw_only=True)
class TopRatio(Top):
    """``x_ratio`` by value, with ``x_numerator`` and ``x_denominator``; ranked by the denominators."""

    kind: ClassVar[Kind] = Kind.TOP_RATIO
    unit: Unit = Unit.RATIO
    parts: tuple[Part, ...]

    @property
    def base(self) -> str:
        """The name of which numerator and denominator are made."""
        return self.name.removesuffix("_ratio")


@dataclass(frozen=True, kw_only=True)
class TopCount(Top):
    """A windowed gauge by value, without a counter; ranked by itself."""

    kind: ClassVar[Kind] = Kind.TOP_COUNT
    measure: Measure


@dataclass(frozen=True, kw_only=True)
class Clearance(QueueKpi):
    """How long what is open now would last at the pace of a window: open / (net closings / window).

    0 where nothing is open; no sample while the backlog grows.
    """

    kind: ClassVar[Kind] = Kind.CLEARANCE
    unit: Unit = Unit.SECONDS
    attribution: Bilingual = NOW
    open_now: Callable[[LiveNumbers], int]
    net_closings: Amount
    windows: tuple[str, ...]


class NowPart(NamedTuple):
    """One series of a number that is true now: reads it off the live numbers, ``None`` where there is none."""

    labels: Labels
    read: Callable[[LiveNumbers], int | None]


@dataclass(frozen=True, kw_only=True)
class Now(QueueKpi):
    """A gauge without a window. Ages are absent where nothing waits; counts are 0."""

    kind: ClassVar[Kind] = Kind.NOW
    attribution: Bilingual = NOW
    parts: tuple[NowPart, ...]

    @property
    def empty(self) -> Empty:
        """An age of nothing is no number; nobody is 0."""
        return Empty.NO_SAMPLE if self.unit is Unit.SECONDS else Empty.ZERO


@dataclass(frozen=True, kw_only=True)
class Setting(QueueKpi):
    """A promise in force now, of every known queue."""

    kind: ClassVar[Kind] = Kind.SETTING
    attribution: Bilingual = NOW
    source: Bilingual = SETTINGS
    read: Callable[[QueueSettings], float]


@dataclass(frozen=True, kw_only=True)
class OpeningKpi(QueueKpi):
    """1 while a configured queue is open by its calendar, else 0."""

    kind: ClassVar[Kind] = Kind.OPENING
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

    kind: ClassVar[Kind] = Kind.PIPELINE
    attribution: Bilingual = NOW
    source: Bilingual = VEINTE
    read: Callable[[View], Iterable[PipelineSample]]
    moves: bool = False

    @property
    def is_counter(self) -> bool:
        """Whether it only ever grows, until the pipeline's memory goes back."""
        return self.name.endswith("_total")
