"""Contacts by hour of the week over four weeks, and the peak hour. Pure.

Hour 0 is Monday 00:00 to 01:00 in the queue's time zone. An hour repeated by a clock change counts as two, a skipped
hour as none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metrics.planning.reachable import has_service_level, tally
from metrics.planning.same_hours import PAST_WEEKS, WEEKS_KEPT, quarter_starts, weeks_before_ms
from metrics.snapshot.snapshot import Counts
from streams.common.vocabulary import Channel
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.domains import DOMAIN_OF_CHANNEL

HOURS_OF_WEEK = 7 * 24


def arrivals(channel: Channel, counts: Counts) -> int:
    """Contacts that arrived: legs offered of calls and chats, tickets opened."""
    measure = DOMAIN_OF_CHANNEL[channel].arrivals
    return 0 if measure is None else counts[measure]


class HourCounts(NamedTuple):
    """Counts of one hour of the week, summed over the weeks. Tickets fill ``contacts`` only: handled legs and the
    service level exist for calls and chats."""

    contacts: int = 0
    handled: int = 0
    handle_ms: int = 0
    met: int = 0
    judged: int = 0


class _Hour(NamedTuple):
    """One past hour, by local date and hour. ``repeated``: the second pass over a local time, after a clock
    change."""

    day: int
    hour: int
    repeated: bool

    @property
    def of_week(self) -> int:
        return (self.day - 1) % 7 * 24 + self.hour  # day 1 of the calendar is a Monday


@dataclass(frozen=True, slots=True)
class RowWeek:
    """Hour of the week → counts of one row in [``start_ms``, ``end_ms``), and the local dates with any contact.

    ``days`` are ordinals of dates. A date without any contact, such as a holiday, is no observation of its hours.
    """

    zone: str
    start_ms: int
    end_ms: int
    hours: Mapping[int, HourCounts]
    days: frozenset[int]


class HourOfWeek(NamedTuple):
    """Counts of one hour of the week. ``seen``: the number of such hours observed."""

    counts: HourCounts
    seen: int

    @property
    def contacts_per_hour(self) -> Fraction | None:
        """Mean number of contacts; ``None`` where no such hour was seen."""
        return Fraction(self.counts.contacts, self.seen) if self.seen else None


def row_week(channel: Channel, quarters: Mapping[int, Counts], zone: str, now_ms: int) -> RowWeek:
    """The full hours of the four weeks that end at the beginning of the running hour, for one row.

    Args:
        channel: decides whether legs or tickets are counted.
        quarters: start of a 15-minute slice, epoch ms → its counts.
        zone: the queue's time zone, an IANA name.
        now_ms: epoch milliseconds.
    """
    start_ms, end_ms = _four_weeks(zone, now_ms)
    hours: dict[int, list[int]] = {}
    days: set[int] = set()
    for slice_ms, hour in _hours_of(start_ms, end_ms, zone).items():
        counts = quarters.get(slice_ms)
        if counts is None:
            continue
        found = _hour_counts(channel, counts)
        if found.contacts:
            days.add(hour.day)
        if any(found):
            _add(hours.setdefault(hour.of_week, [0] * len(found)), found)
    return RowWeek(
        zone, start_ms, end_ms, {of_week: HourCounts(*sums) for of_week, sums in hours.items()}, frozenset(days)
    )


def week_of(rows: Iterable[RowWeek]) -> tuple[HourOfWeek, ...]:
    """The 168 hours of the week of many rows together, each row in its own time zone."""
    counts = [[0] * len(HourCounts()) for _ in range(HOURS_OF_WEEK)]
    days: dict[tuple[str, int, int], set[int]] = {}
    for row in rows:
        days.setdefault((row.zone, row.start_ms, row.end_ms), set()).update(row.days)
        for of_week, found in row.hours.items():
            _add(counts[of_week], found)
    hours = {
        hour
        for (zone, start_ms, end_ms), its_days in days.items()
        for hour in _hours_of(start_ms, end_ms, zone).values()
        if hour.day in its_days
    }
    times = [0] * HOURS_OF_WEEK
    for hour in hours:
        times[hour.of_week] += 1
    return tuple(HourOfWeek(HourCounts(*sums), seen) for sums, seen in zip(counts, times, strict=True))


def _add(sums: list[int], amounts: HourCounts) -> None:
    for index, amount in enumerate(amounts):
        sums[index] += amount


def peak_hour(week: Iterable[HourOfWeek]) -> int | None:
    """The hour of the week with the greatest mean of contacts, the first of equals; ``None`` without any contact."""
    means = [hour.contacts_per_hour or Fraction(0) for hour in week]
    most = max(means)
    return means.index(most) if most else None


def _hour_counts(channel: Channel, counts: Counts) -> HourCounts:
    if not has_service_level(channel):
        return HourCounts(arrivals(channel, counts))
    level = tally(counts)
    handle_ms = (
        counts[ConversationMeasure.TALK_MS] + counts[ConversationMeasure.HOLD_MS] + counts[ConversationMeasure.WRAP_MS]
    )
    return HourCounts(
        arrivals(channel, counts),
        counts[ConversationMeasure.HANDLED_LEGS],
        handle_ms,
        level.met,
        level.judged,
    )


def _four_weeks(zone: str, now_ms: int) -> tuple[int, int]:
    """Epoch ms of [same local time four weeks earlier, beginning of the running local hour)."""
    info = ZoneInfo(zone)
    local = datetime.fromtimestamp(now_ms // 1000, info)
    end_ms = (now_ms // 1000 - local.minute * 60 - local.second) * 1000
    return weeks_before_ms(end_ms, info, PAST_WEEKS), end_ms


@lru_cache(maxsize=WEEKS_KEPT)
def _hours_of(start_ms: int, end_ms: int, zone: str) -> dict[int, _Hour]:
    """Start of a 15-minute slice, epoch ms → its local hour."""
    info = ZoneInfo(zone)
    hours = {}
    for slice_ms in quarter_starts(start_ms, end_ms):
        local = datetime.fromtimestamp(slice_ms // 1000, UTC).astimezone(info)
        hours[slice_ms] = _Hour(local.toordinal(), local.hour, bool(local.fold))
    return hours
