"""The snapshot: one immutable state of the contact centre at one instant, read by all that show numbers.

Pure data: nothing here reads Redis or asks what time it is. Times are epoch milliseconds, durations milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from metrics.snapshot.blindness import Facts
from streams.common.vocabulary import Channel, Clock
from streams.facts.domains import MEASURES, SKETCHES
from streams.numbers.live_entries import LiveMeasure
from streams.numbers.measures import Measure, Sketch
from streams.numbers.names import dimension_labels
from streams.store.reconciled import Reconciled


class RowKey(NamedTuple):
    """The channel, queue and medium of a row. ``medium`` is the ticket's origin (email, web …), "" for calls and
    chats."""

    channel: Channel
    queue: str
    medium: str = ""


class Counts:
    """Amounts by measure. Immutable; ``a + b`` sums counts, never averages.

    The streams store a measure either plain or split by one kind of dimension, never both. Its amount is the sum of
    all.
    """

    __slots__ = ("_plain", "_sketches", "_split")

    def __init__(
        self,
        plain: Mapping[int, int] | None = None,
        split: Mapping[int, Mapping[str, int]] | None = None,
        sketches: Mapping[int, Mapping[int, int]] | None = None,
    ) -> None:
        """``plain``: measure → amount; ``split``: measure → labels (``streams.numbers.names.dimension_text``) → amount;
        ``sketches``: sketch → bucket → count. All are kept, not copied: the caller must not change them."""
        self._plain: Mapping[int, int] = plain if plain is not None else {}
        self._split: Mapping[int, Mapping[str, int]] = split if split is not None else {}
        self._sketches: Mapping[int, Mapping[int, int]] = sketches if sketches is not None else {}

    def __getitem__(self, measure: Measure) -> int:
        """The amount of a measure over all values of its dimension; 0 where nothing happened."""
        amount = self._plain.get(measure, 0)
        split = self._split.get(measure)
        return amount if split is None else amount + sum(split.values())

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
        """Amounts of a measure by the values of one label; no zeros."""
        # The usual dimension has one label, and most measures none: planning asks for thousands of these a second.
        values: dict[str, int] = {}
        split = self._split.get(measure)
        if split is None:
            return values
        for text, amount in split.items():
            for name, value in dimension_labels(text):
                if name == label and amount:
                    values[value] = values.get(value, 0) + amount
        return values

    def sketch(self, sketch: Sketch) -> Mapping[int, int]:
        """Bucket → how many durations fell into it (``streams.numbers.sketches``)."""
        return self._sketches.get(sketch, _EMPTY)

    def __add__(self, other: Counts) -> Counts:
        return total((self, other))

    def __bool__(self) -> bool:
        """True if any amount is not zero."""
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
    """The sum of several counts."""
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
    """Numbers of one row that are true now, from its live entries. Immutable."""

    __slots__ = ("_ages_ms", "_counts")

    def __init__(
        self, counts: Mapping[LiveMeasure, int] | None = None, ages_ms: Mapping[LiveMeasure, int] | None = None
    ) -> None:
        """``counts`` holds no zeros; ``ages_ms`` holds the age of the oldest entry by measure. Both are kept, not
        copied."""
        self._counts: Mapping[LiveMeasure, int] = {} if counts is None else counts
        self._ages_ms: Mapping[LiveMeasure, int] = {} if ages_ms is None else ages_ms

    def __getitem__(self, measure: LiveMeasure) -> int:
        """A count; 0 without an entry."""
        return self._counts.get(measure, 0)

    def age_ms(self, measure: LiveMeasure) -> int | None:
        """The age of the oldest entry in milliseconds; ``None`` without an entry."""
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
    """Sum of counts, and maximum of ages."""
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
    """Windows, totals and live numbers of a row.

    Attributes:
        windows: window name (``metrics.snapshot.windows.WINDOWS``, in that order) → counts, misses so far included.
        totals: counters since the keys began; they decrease when Redis is set back.
    """

    windows: Mapping[str, Counts]
    totals: Counts = NO_COUNTS
    live: LiveNumbers = NOTHING_LIVE


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """Trust in the numbers of one channel, or in the repeats across all.

    Attributes:
        blind_reason: "" or a name of ``metrics.snapshot.blindness.BLIND_REASONS``.
        watermark_ms: all earlier events of every partition are applied; ``None`` where no worker ever ran.
        age_ms: now − watermark, never negative; 0 for a drained log under the event clock.
        facts: values that the sentence of the reason names.
    """

    blind: bool
    blind_reason: str = ""
    age_ms: int | None = None
    watermark_ms: int | None = None
    facts: Facts = field(default_factory=dict)


SEEING = ChannelHealth(blind=False)


@dataclass(frozen=True, slots=True)
class TopicNumbers:
    """Counters of one topic, summed over its partitions. ``newest_ms``: newest applied event time; ``refused_ms``:
    wall time of the latest refusal, 0 without any; ``aside``: events that wait for a confirmation of their time;
    ``reanchored_ms``: wall time at which the clock of a partition was last found to be wrong, 0 if none was."""

    applied: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)
    late: int = 0
    lost: int = 0
    lost_unacknowledged: int = 0
    conflicting: int = 0
    folded: Mapping[str, int] = field(default_factory=dict)
    incomplete: int = 0
    newest_ms: int | None = None
    refused_ms: int = 0
    aside: int = 0
    reanchored_ms: int = 0


@dataclass(frozen=True, slots=True)
class PipelineNumbers:
    """The pipeline about itself. Topics are logical names (calls, chats, tickets, contacts).

    Attributes:
        topics: by name, every topic that was ever started.
        lag: (topic, partition) → number of events not yet applied.
        conflicts: reason → number of refused commits.
        stopped: (topic, partition) → one of ``streams.store.standing.STOP_REASONS``, "" while it goes on.
        reconciled: topic → result of the last ``veinte reconcile``; topics that it never compared are missing.
    """

    topics: Mapping[str, TopicNumbers] = field(default_factory=dict)
    lag: Mapping[tuple[str, int], int] = field(default_factory=dict)
    conflicts: Mapping[str, int] = field(default_factory=dict)
    stopped: Mapping[tuple[str, int], str] = field(default_factory=dict)
    reconciled: Mapping[str, Reconciled] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All numbers at ``now_ms``.

    Attributes:
        now_ms: now by the event clock or the wall clock, as configured.
        wall_ms: the wall clock at the read.
        channels: health of every channel.
        rows: every row with a count in a window or a live entry; sum them with ``total``.
        repeats: health of the numbers across channels, computed from the outcomes of contacts; such a number needs this
            and its channel's health.
    """

    now_ms: int
    wall_ms: int
    clock: Clock
    channels: Mapping[Channel, ChannelHealth]
    rows: Mapping[RowKey, RowNumbers]
    pipeline: PipelineNumbers
    repeats: ChannelHealth = SEEING
