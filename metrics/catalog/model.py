"""What the catalogue says about a KPI, as plain immutable values; nothing here computes a board."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, NamedTuple

from metrics.snapshot import Counts, LiveNumbers
from metrics.states import View
from streams.measures import Measure
from streams.settings import Channel, QueueSettings

CALLS_AND_CHATS = (Channel.CALL, Channel.CHAT)
AVERAGE = ("stat", "avg")
"""The label of an average beside the percentiles of the same family."""


class Unit(StrEnum):
    """Base units only: seconds, ratios from 0 to 1, and things counted."""

    RATIO = "ratio"
    SECONDS = "seconds"
    CONTACTS = "contacts"
    LEGS = "legs"
    TICKETS = "tickets"
    EVENTS = "events"
    COMMITS = "commits"
    CONTRIBUTIONS = "contributions"
    FLAG = "flag"


class Kind(StrEnum):
    """How a KPI comes about, which decides how it is exposed."""

    RATIO = "ratio"
    AVERAGE = "average"
    COUNT = "count"
    NOW = "now"
    SETTING = "setting"
    PIPELINE = "pipeline"


class Empty(StrEnum):
    """What is shown where nothing happened."""

    NO_SAMPLE = "no_sample"
    ZERO = "zero"


class Language(StrEnum):
    """The languages of what people read on boards."""

    ENGLISH = "en"
    SPANISH = "es"


class Text(NamedTuple):
    """A short title for a tile and one sentence of help."""

    title: str
    help: str


Texts = Mapping[Language, Text]


def texts(en_title: str, en_help: str, es_title: str, es_help: str) -> Texts:
    """The texts of one KPI in both languages."""
    return {Language.ENGLISH: Text(en_title, en_help), Language.SPANISH: Text(es_title, es_help)}


@dataclass(frozen=True)
class Amount:
    """A sum of measures of one window: those in ``plus`` less those in ``minus``."""

    plus: tuple[Measure, ...]
    minus: tuple[Measure, ...] = ()

    def __call__(self, counts: Counts) -> int:
        """The amount in ``counts``: things or milliseconds."""
        return sum(counts[measure] for measure in self.plus) - sum(counts[measure] for measure in self.minus)

    def formula(self) -> str:
        """The sum in words, such as ``offered + answered - abandoned``."""
        added = " + ".join(measure.name.lower() for measure in self.plus)
        return added + "".join(f" - {measure.name.lower()}" for measure in self.minus)


def amount(*plus: Measure, minus: Iterable[Measure] = ()) -> Amount:
    """A sum of ``plus`` less ``minus``."""
    return Amount(plus, tuple(minus))


Labels = tuple[tuple[str, str], ...]
"""Label values of one series beyond channel, queue, medium and window, in the order of ``Kpi.labels``."""
Quotient = tuple[int, int]
"""Numerator and denominator, divided last; above the line of an average are milliseconds."""


class Series(NamedTuple):
    """One series of a ratio or an average. ``pending`` counts for whom the number is still waiting."""

    labels: Labels
    formula: str
    pending: Callable[[LiveNumbers], int]


@dataclass(frozen=True)
class Division:
    """Series that come from the same counts; ``divide`` gives their quotients in the same order."""

    series: tuple[Series, ...]
    divide: Callable[[Counts], Iterable[Quotient]]


def who_waits(live: LiveNumbers) -> int:
    """Legs in the queue (calls and chats), or unsolved tickets: what will come to something."""
    return live.waiting + live.open_on_hold + live.open_unattended + live.open_open


def division(*parts: tuple[Labels, Amount, Amount], pending: Callable[[LiveNumbers], int] = who_waits) -> Division:
    """A division of sums of measures: labels, numerator and denominator of each series."""

    def divide(counts: Counts) -> Iterable[Quotient]:
        return [(numerator(counts), denominator(counts)) for _, numerator, denominator in parts]

    def formula(numerator: Amount, denominator: Amount) -> str:
        return f"({numerator.formula()}) / ({denominator.formula()})"

    return Division(tuple(Series(labels, formula(above, below), pending) for labels, above, below in parts), divide)


@dataclass(frozen=True)
class NowPart:
    """One series of a number that is true now: reads it off the live numbers, ``None`` where there is none."""

    labels: Labels
    read: Callable[[LiveNumbers], int | None]


@dataclass(frozen=True)
class Coverage:
    """A share that must be reached before a ratio is more than a hint (state ``few``), on some channels."""

    covered: Amount
    of: Amount
    minimum_ratio: float
    channels: tuple[Channel, ...]


@dataclass(frozen=True, kw_only=True)
class Kpi:
    """What every entry says. ``attribution``: the moment whose slice an amount lands in; ``source``: whose formula."""

    kind: ClassVar[Kind]
    name: str
    unit: Unit
    text: Texts
    attribution: str
    source: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class QueueKpi(Kpi):
    """A KPI of queues: its series also have channel and queue, and medium on tickets."""

    channels: tuple[Channel, ...]


@dataclass(frozen=True, kw_only=True)
class Ratio(QueueKpi):
    """``x_ratio``: windowed, with the gauges ``x_numerator`` and ``x_denominator``."""

    kind: ClassVar[Kind] = Kind.RATIO
    empty: ClassVar[Empty] = Empty.NO_SAMPLE
    unit: Unit = Unit.RATIO
    division: Division
    coverage: Coverage | None = None

    @property
    def base(self) -> str:
        """The name of which numerator and denominator are made."""
        return self.name.removesuffix("_ratio")


@dataclass(frozen=True, kw_only=True)
class Average(QueueKpi):
    """``x_seconds{stat="avg"}``: windowed, with gauges ``x_seconds_sum`` and ``x_seconds_count`` without ``stat``."""

    kind: ClassVar[Kind] = Kind.AVERAGE
    empty: ClassVar[Empty] = Empty.NO_SAMPLE
    unit: Unit = Unit.SECONDS
    division: Division


@dataclass(frozen=True, kw_only=True)
class Count(QueueKpi):
    """``x_total`` counter and ``x`` windowed gauge; with ``reasons`` one series a reason, known ones from the start.

    ``total`` is what the counter adds up where that is another measure than the window's.
    """

    kind: ClassVar[Kind] = Kind.COUNT
    empty: ClassVar[Empty] = Empty.ZERO
    amount: Amount
    total: Amount | None = None
    reasons: tuple[str, ...] = ()

    @property
    def gauge(self) -> str:
        """The name of the windowed count."""
        return self.name.removesuffix("_total")


@dataclass(frozen=True, kw_only=True)
class Now(QueueKpi):
    """A gauge without a window. Ages are absent where nothing waits; counts are 0."""

    kind: ClassVar[Kind] = Kind.NOW
    attribution: str = "now"
    parts: tuple[NowPart, ...]

    @property
    def empty(self) -> Empty:
        """An age of nothing is no number; nobody is 0."""
        return Empty.NO_SAMPLE if self.unit is Unit.SECONDS else Empty.ZERO


@dataclass(frozen=True, kw_only=True)
class Setting(QueueKpi):
    """A promise in force now, of every known queue."""

    kind: ClassVar[Kind] = Kind.SETTING
    empty: ClassVar[Empty] = Empty.ZERO
    attribution: str = "now"
    source: str = "settings in force"
    read: Callable[[QueueSettings], float]


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
    empty: ClassVar[Empty] = Empty.ZERO
    attribution: str = "now"
    source: str = "Veinte"
    read: Callable[[View], Iterable[PipelineSample]]
    moves: bool = False

    @property
    def is_counter(self) -> bool:
        """Whether it only ever grows, until the pipeline's memory goes back."""
        return self.name.endswith("_total")
