"""What the reader hands to everyone who shows numbers: one immutable state of the contact centre at one instant.

Pure data: nothing here reads Redis or asks what time it is. Times are epoch milliseconds, durations milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from streams.common.vocabulary import Channel, Clock
from streams.facts.domains import MEASURES, SKETCHES
from streams.numbers.live_entries import LiveMeasure
from streams.numbers.measures import Measure, Sketch
from streams.numbers.names import dimension_labels

NEVER_STARTED = "never_started"
HEARTBEAT = "heartbeat"
BEHIND = "behind"
LOSS = "loss"
BLIND_REASONS = (NEVER_STARTED, HEARTBEAT, BEHIND, LOSS)
"""Why a channel is blind, the gravest first: nobody has ever read its topic, the worker is silent, it lags behind, or
events were lost and nobody has acknowledged it."""


class RowKey(NamedTuple):
    """What numbers belong to. ``medium`` is how a ticket came (email, web …), "" for calls and chats."""

    channel: Channel
    queue: str
    medium: str = ""


class Counts:
    """Amounts by measure. Immutable; ``a + b`` sums counts, never averages.

    The streams store a measure whole or split by one kind of dimension, never both, so its amount is the sum of all.
    """

    __slots__ = ("_plain", "_sketches", "_split")

    def __init__(
        self,
        plain: Mapping[int, int] | None = None,
        split: Mapping[int, Mapping[str, int]] | None = None,
        sketches: Mapping[int, Mapping[int, int]] | None = None,
    ) -> None:
        """``plain``: measure → amount; ``split``: measure → labels
        (``streams.numbers.names.dimension_text``) → amount; ``sketches``: sketch → bucket →
        count. The caller hands them over."""
        self._plain: Mapping[int, int] = plain if plain is not None else {}
        self._split: Mapping[int, Mapping[str, int]] = split if split is not None else {}
        self._sketches: Mapping[int, Mapping[int, int]] = sketches if sketches is not None else {}

    def __getitem__(self, measure: Measure) -> int:
        """The amount of a measure over all values of its dimension; 0 where nothing happened."""
        return self._plain.get(measure, 0) + sum(self._split.get(measure, _NOTHING).values())

    def by(self, measure: Measure, *labels: str) -> dict[tuple[str, ...], int]:
        """Values of ``labels`` → amount, of the dimensions that have them all; no zeros."""
        values: dict[tuple[str, ...], int] = {}
        for text, amount in self._split.get(measure, _NOTHING).items():
            named = dict(dimension_labels(text))
            if amount and named.keys() >= set(labels):
                key = tuple(named[label] for label in labels)
                values[key] = values.get(key, 0) + amount
        return values

    def by_value(self, measure: Measure, label: str) -> dict[str, int]:
        """The same by the values of one label."""
        return {value: amount for (value,), amount in self.by(measure, label).items()}

    def sketch(self, sketch: Sketch) -> Mapping[int, int]:
        """Bucket → how many durations fell into it (``streams.numbers.sketches``)."""
        return self._sketches.get(sketch, _EMPTY)

    def __add__(self, other: Counts) -> Counts:
        return total((self, other))

    def __bool__(self) -> bool:
        """Whether anything was counted."""
        return any(self._plain.values()) or any(any(values.values()) for values in self._split.values())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counts) and self._nonzero() == other._nonzero()

    def __hash__(self) -> int:
        return hash(frozenset(self._nonzero().items()))

    def __repr__(self) -> str:
        named = (
            f"{(MEASURES[code] if code > 0 else SKETCHES[-code - 1]).name}{f'[{name}]' if name else ''}={n}"
            for (code, name), n in self._nonzero().items()
        )
        return f"Counts({', '.join(named)})"

    def _nonzero(self) -> dict[tuple[int, str], int]:
        cells = {(measure, ""): amount for measure, amount in self._plain.items() if amount}
        for measure, values in self._split.items():
            cells |= {(measure, name): amount for name, amount in values.items() if amount}
        for sketch, buckets in self._sketches.items():
            cells |= {(-sketch - 1, str(bucket)): amount for bucket, amount in buckets.items() if amount}
        return dict(sorted(cells.items()))


_NOTHING: Mapping[str, int] = MappingProxyType({})
_EMPTY: Mapping[int, int] = MappingProxyType({})
NO_COUNTS = Counts()


def total(counts: Iterable[Counts]) -> Counts:
    """The sum of many."""
    plain: dict[int, int] = {}
    split: dict[int, dict[str, int]] = {}
    sketches: dict[int, dict[int, int]] = {}
    for one in counts:
        for measure, amount in one._plain.items():
            plain[measure] = plain.get(measure, 0) + amount
        for measure, values in one._split.items():
            into = split.setdefault(measure, {})
            for name, amount in values.items():
                into[name] = into.get(name, 0) + amount
        for sketch, buckets in one._sketches.items():
            held = sketches.setdefault(sketch, {})
            for bucket, amount in buckets.items():
                held[bucket] = held.get(bucket, 0) + amount
    return Counts(plain, split, sketches)


class LiveNumbers:
    """Numbers of one row that are true now, as its live entries add up. Immutable."""

    __slots__ = ("_ages_ms", "_counts")

    def __init__(
        self, counts: Mapping[LiveMeasure, int] | None = None, ages_ms: Mapping[LiveMeasure, int] | None = None
    ) -> None:
        """``counts`` without zeros, ``ages_ms`` of the oldest where there is one. The caller hands them over."""
        self._counts: Mapping[LiveMeasure, int] = {} if counts is None else counts
        self._ages_ms: Mapping[LiveMeasure, int] = {} if ages_ms is None else ages_ms

    def __getitem__(self, measure: LiveMeasure) -> int:
        """A count; 0 where there is nothing."""
        return self._counts.get(measure, 0)

    def age_ms(self, measure: LiveMeasure) -> int | None:
        """The age of the oldest; ``None`` where there is none."""
        return self._ages_ms.get(measure)

    def value(self, measure: LiveMeasure) -> int | None:
        """A count, or an age in milliseconds."""
        return self.age_ms(measure) if measure.is_age else self[measure]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LiveNumbers) and (self._counts, self._ages_ms) == (other._counts, other._ages_ms)

    def __hash__(self) -> int:
        return hash((frozenset(self._counts.items()), frozenset(self._ages_ms.items())))

    def __repr__(self) -> str:
        named = (f"{measure}={value}" for part in (self._counts, self._ages_ms) for measure, value in part.items())
        return f"LiveNumbers({', '.join(sorted(named))})"


def total_live(parts: Iterable[LiveNumbers]) -> LiveNumbers:
    """Counts are added, of ages the greatest is taken."""
    counts: dict[LiveMeasure, int] = {}
    ages_ms: dict[LiveMeasure, int] = {}
    for part in parts:
        for measure, amount in part._counts.items():
            counts[measure] = counts.get(measure, 0) + amount
        for measure, age_ms in part._ages_ms.items():
            ages_ms[measure] = max(ages_ms.get(measure, 0), age_ms)
    return LiveNumbers(counts, ages_ms)


NOTHING_LIVE = LiveNumbers()


@dataclass(frozen=True, slots=True)
class RowNumbers:
    """``windows``: window name (``metrics.snapshot.windows.WINDOWS``, in that order) → counts, misses so far included.
    ``totals``: counters since the keys began (they may go back when Redis does)."""

    windows: Mapping[str, Counts]
    totals: Counts = NO_COUNTS
    live: LiveNumbers = NOTHING_LIVE


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """Whether the numbers of a channel, or the repeats of all, can be trusted. ``blind_reason`` is "" or one of
    ``BLIND_REASONS``.

    ``watermark_ms``: everything up to then is applied, on all its partitions; ``None`` where no worker ever ran.
    ``age_ms``: now − seen, never negative; 0 for a drained log under the event clock.
    """

    blind: bool
    blind_reason: str = ""
    age_ms: int | None = None
    watermark_ms: int | None = None


SEEING = ChannelHealth(blind=False)


@dataclass(frozen=True, slots=True)
class TopicNumbers:
    """Counters of one topic, summed over its partitions. ``newest_ms``: newest applied event time."""

    applied: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    lost: int = 0
    lost_unacknowledged: int = 0
    conflicting: int = 0
    folded: Mapping[str, int] = field(default_factory=dict)
    incomplete: int = 0
    newest_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PipelineNumbers:
    """The pipeline about itself. Topics are logical names (calls, chats, tickets, contacts).

    ``topics``: of every topic that was ever started. ``lag``: (topic, partition) → events not yet applied.
    ``conflicts``: reason → refused commits.
    """

    topics: Mapping[str, TopicNumbers] = field(default_factory=dict)
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    conflicts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything at ``now_ms`` (the event clock's or the wall's now); ``wall_ms`` is when it was read.

    ``channels`` has every channel. ``rows`` has every row with something in a window or live; sum them with ``total``.
    ``repeats``: what is found across channels, from the outcomes of contacts; to be trusted it needs both its channel
    and this.
    """

    now_ms: int
    wall_ms: int
    clock: Clock
    channels: Mapping[Channel, ChannelHealth]
    rows: Mapping[RowKey, RowNumbers]
    pipeline: PipelineNumbers
    repeats: ChannelHealth = SEEING
