"""Growing topics: contacts and repeats by topic against the same hours of earlier weeks. Pure.

The number of topics is bounded at their storage (200 a partition); further ones are stored as ``other``, which never
trends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from metrics.planning.peak_hours import arrivals
from metrics.planning.same_hours import PAST_WEEKS, quarter_starts, same_quarters
from metrics.snapshot.snapshot import NO_COUNTS, Counts
from streams.common.durations import DAY_MS, HOUR_MS
from streams.common.vocabulary import Channel
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.numbers.measures import Measure
from streams.numbers.names import OTHER
from streams.numbers.tiers import QUARTER

LEAST_CONTACTS = 5
"""A topic with fewer contacts is noise."""
MOST_TRENDS = 20
SPANS_MS: Mapping[str, int] = {"24h": DAY_MS, "1h": HOUR_MS}


class About(StrEnum):
    """The measure counted by topic."""

    CONTACTS = "contacts"
    REPEATS = "repeats"


_MEASURES = {About.CONTACTS: HandlingMeasure.CONTACTS_BY_TOPIC, About.REPEATS: CustomerMeasure.REPEATED_BY_TOPIC}


class TopicCounts(NamedTuple):
    """Counts of a topic in a span, and in the same hours of each earlier week.

    ``before`` is in contacts × ms of a slice. Of the running slice only the elapsed part is weighed in, so that a full
    quarter of last week is not compared with the first minutes of this one.
    """

    now: int
    before: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RowTrends:
    """Topics of one row. ``weeks``: for each earlier week whether it had any contact in the same 24 hours; ``topics``:
    by span and measure."""

    weeks: tuple[bool, ...]
    topics: Mapping[tuple[str, About], Mapping[str, TopicCounts]]


class Trend(NamedTuple):
    """A topic with more contacts than expected. ``growth`` is ``None`` where none were expected: the topic is new."""

    topic: str
    now: int
    expected: Fraction

    @property
    def growth(self) -> Fraction | None:
        """Contacts divided by the expected number."""
        return self.now / self.expected if self.expected else None

    @property
    def excess(self) -> Fraction:
        """Contacts above the expected number."""
        return self.now - self.expected


def row_trends(channel: Channel, quarters: Mapping[int, Counts], zone: str, now_ms: int) -> RowTrends:
    """Topics of one row in the slices that began in (``now_ms`` − span, ``now_ms``].

    Args:
        channel: decides whether legs or tickets show that a week had traffic.
        quarters: start of a 15-minute slice, epoch ms → its counts.
        zone: the queue's time zone, an IANA name.
        now_ms: epoch milliseconds.
    """
    topics = {}
    for span, span_ms in SPANS_MS.items():
        starts = quarter_starts(now_ms - span_ms + 1, now_ms + 1)
        for about, measure in _MEASURES.items():
            topics[span, about] = _topics(quarters, measure, starts, zone, now_ms)
    longest = quarter_starts(now_ms - max(SPANS_MS.values()) + 1, now_ms + 1)
    weeks = tuple(
        any(arrivals(channel, quarters[start_ms]) for start_ms in past if start_ms in quarters)
        for past in zip(*same_quarters(longest, zone), strict=True)
    )
    return RowTrends(weeks, topics)


def _topics(
    quarters: Mapping[int, Counts], measure: Measure, starts: range, zone: str, now_ms: int
) -> dict[str, TopicCounts]:
    now: dict[str, int] = {}
    before: dict[str, list[int]] = {}
    for start_ms, past in zip(starts, same_quarters(starts, zone), strict=True):
        for topic, amount in quarters.get(start_ms, NO_COUNTS).by_value(measure, "topic").items():
            now[topic] = now.get(topic, 0) + amount
        over_ms = min(now_ms - start_ms, QUARTER.width_ms)
        for week, past_ms in enumerate(past):
            if past_ms is not None and past_ms in quarters:
                for topic, amount in quarters[past_ms].by_value(measure, "topic").items():
                    before.setdefault(topic, [0] * PAST_WEEKS)[week] += amount * over_ms
    never = (0,) * PAST_WEEKS
    return {
        topic: TopicCounts(now.get(topic, 0), tuple(before.get(topic, never))) for topic in now.keys() | before.keys()
    }


def weeks_seen(rows: Iterable[RowTrends]) -> tuple[bool, ...]:
    """For each earlier week, the nearest first, whether any of the rows had a contact."""
    return tuple(map(any, zip((False,) * PAST_WEEKS, *(row.weeks for row in rows), strict=True)))


def trends_of(rows: Iterable[RowTrends], span: str, about: About) -> list[Trend]:
    """Topics of many rows together with more contacts than expected, the greatest excess first, at most
    ``MOST_TRENDS``.

    Expected is the mean over the weeks with any contact. Without such a week every topic would look new, so none
    trends.
    """
    parts = tuple(rows)
    weeks = [week for week, seen in enumerate(weeks_seen(parts)) if seen]
    if not weeks:
        return []
    now: dict[str, int] = {}
    before: dict[str, int] = {}
    for row in parts:
        for topic, counts in row.topics[span, about].items():
            now[topic] = now.get(topic, 0) + counts.now
            before[topic] = before.get(topic, 0) + sum(counts.before[week] for week in weeks)
    scale = len(weeks) * QUARTER.width_ms
    trends = [Trend(topic, amount, Fraction(before[topic], scale)) for topic, amount in now.items() if topic != OTHER]
    growing = [trend for trend in trends if trend.now >= LEAST_CONTACTS and trend.excess > 0]
    return sorted(growing, key=lambda trend: (-trend.excess, trend.topic))[:MOST_TRENDS]
