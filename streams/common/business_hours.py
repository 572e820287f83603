"""Business clock: counts the time in which the desk is open and the contact is not on hold (kpis.md, "The business
clock").

Instants are epoch milliseconds, durations milliseconds. An interval includes its start and excludes its end: at closing
time a desk is closed. An instant is open if the wall clock of the calendar's time zone shows a time inside a period of
that day. So an hour skipped by daylight saving time does not count, and a repeated hour counts twice.

Open time is kept as prefix sums over blocks of 52 weeks: a query costs a few binary searches, however long the contact
lasted.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import chain, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
DAY_MINUTES = 24 * 60
BLOCK_MS = 52 * 7 * DAY_MS
FIRST_BLOCK, LAST_BLOCK = -70, 230
"""From 1900 to 2199. Every calendar is closed outside this range, so an absurd time costs little and overflows
nothing."""
LOOK_AHEAD_BLOCKS = 10
"""Range of the search for opening hours: a deadline not reached within about ten years is never reached."""
KEPT_BLOCKS = 256
"""Blocks of all calendars together that stay in memory, at about 20 kB each."""
FOREVER_MS = 2**62
"""End of a pause that has not ended."""
EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday; Monday is 0."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Periods = tuple[tuple[int, int], ...]
"""``(from, to)`` in minutes of the local day, 0 to 1440; disjoint and in order."""
Week = tuple[Periods, Periods, Periods, Periods, Periods, Periods, Periods]
"""From Monday to Sunday."""
Pauses = Iterable[tuple[int, int | None]]
"""``(from, to)`` in any order; they may overlap. ``None``: it has not ended."""

WHOLE_DAY: Periods = ((0, DAY_MINUTES),)


class Calendar(msgspec.Struct, array_like=True, frozen=True, cache_hash=True):
    """Opening hours of a desk, in the wall-clock time of ``time_zone``.

    ``closed`` and ``special`` number days since 1970-01-01. A special day has its own periods instead of those of its
    weekday, and takes precedence over ``closed``.
    """

    time_zone: str
    week: Week
    closed: tuple[int, ...] = ()
    special: tuple[tuple[int, Periods], ...] = ()

    @property
    def always_open(self) -> bool:
        """True if this calendar is open at every instant."""
        return not self.closed and not self.special and all(periods == WHOLE_DAY for periods in self.week)


class Kind(StrEnum):
    """Classification of a stretch of time by the business clock."""

    COUNTED = "counted"
    CLOSED = "closed"
    HOLIDAY = "holiday"
    PAUSED = "paused"


class Stretch(NamedTuple):
    """A stretch of time of one kind."""

    from_ms: int
    to_ms: int
    kind: Kind


class BusinessClock:
    """Clock that counts the open time of a calendar outside pauses; all time if the calendar is missing or always
    open."""

    __slots__ = ("_calendar",)

    def __init__(self, calendar: Calendar | None = None) -> None:
        self._calendar = None if calendar is None or calendar.always_open else calendar

    def elapsed_ms(self, from_ms: int, to_ms: int, pauses: Pauses = ()) -> int:
        """Open time in ``[from_ms, to_ms]`` outside ``pauses``, in milliseconds; 0 if the end is before the start."""
        open_ms = self._open_ms(from_ms, to_ms)
        if not pauses:
            return open_ms
        return open_ms - sum(self._open_ms(begin, end) for begin, end in _merged(pauses, from_ms, to_ms))

    def due_ms(self, start_ms: int, allowed_ms: int, pauses: Pauses = ()) -> int | None:
        """Deadline: the earliest instant from ``start_ms`` on by which ``allowed_ms`` of open time have elapsed.

        An allowance used up by the last minute of the day is due at closing time, not at the next opening. An allowance
        of zero is due at the start, even on a closed day.

        Returns:
            The instant in epoch milliseconds. ``None`` if it is never reached, because a pause has not ended or the
                calendar has too few open hours in the next ten years.
        """
        if allowed_ms <= 0:
            return start_ms
        if not pauses:
            return self._after(start_ms, allowed_ms)
        left_ms = allowed_ms
        begin = start_ms
        for pause_begin, pause_end in _merged(pauses, start_ms, FOREVER_MS):
            open_ms = self._open_ms(begin, pause_begin)
            if left_ms <= open_ms:
                break
            left_ms -= open_ms
            begin = pause_end
        return None if begin >= FOREVER_MS else self._after(begin, left_ms)

    def explain(self, start_ms: int, until_ms: int, pauses: Pauses = ()) -> list[Stretch]:
        """Timeline of ``[start_ms, until_ms]`` without gaps, in order: the counted stretches, and the reason why each
        other one is not.

        Closed hours stay closed under a pause, because a pause removes open time only. A holiday is the whole closed
        day.
        """
        opened = self._open_intervals(start_ms, until_ms)
        paused = _merged(pauses, start_ms, until_ms)
        holidays = self._holidays(start_ms, until_ms)
        borders = {start_ms, max(until_ms, start_ms)}.union(*opened, *paused, *holidays)
        stretches: list[Stretch] = []
        for begin, end in pairwise(sorted(borders)):
            if _inside(opened, begin):
                kind = Kind.PAUSED if _inside(paused, begin) else Kind.COUNTED
            else:
                kind = Kind.HOLIDAY if _inside(holidays, begin) else Kind.CLOSED
            if stretches and stretches[-1].kind is kind:
                begin = stretches.pop().from_ms
            stretches.append(Stretch(begin, end, kind))
        return stretches

    def is_open(self, time_ms: int) -> bool:
        """True if the desk is open at this instant."""
        return self._open_ms(time_ms, time_ms + 1) > 0

    def next_opening_ms(self, time_ms: int) -> int | None:
        """The first open instant from ``time_ms`` on, ``time_ms`` itself while open; ``None`` if there is none in ten
        years."""
        first_past = self._after(time_ms, 1)
        return None if first_past is None else first_past - 1

    def _open_ms(self, from_ms: int, to_ms: int) -> int:
        """Open time in ``[from_ms, to_ms]``, pauses ignored."""
        if to_ms <= from_ms:
            return 0
        if self._calendar is None:
            return to_ms - from_ms
        first, last = _block(from_ms), _block(to_ms)
        hours = _open_block(self._calendar, first)
        before = hours.passed_ms(from_ms)
        if first == last:
            return hours.passed_ms(to_ms) - before
        whole = sum(_open_block(self._calendar, block).total_ms for block in range(first, last))
        return whole + _open_block(self._calendar, last).passed_ms(to_ms) - before

    def _after(self, start_ms: int, open_ms: int) -> int | None:
        """The earliest instant by which ``open_ms``, at least 1, have been open since ``start_ms``."""
        if self._calendar is None:
            return start_ms + open_ms
        first = _block(start_ms)
        left_ms = open_ms + _open_block(self._calendar, first).passed_ms(start_ms)
        for block in range(first, min(first + LOOK_AHEAD_BLOCKS, LAST_BLOCK) + 1):
            hours = _open_block(self._calendar, block)
            if left_ms <= hours.total_ms:
                return hours.reached(left_ms)
            left_ms -= hours.total_ms
        return None

    def _open_intervals(self, from_ms: int, to_ms: int) -> list[tuple[int, int]]:
        if self._calendar is None:
            return _merged([(from_ms, to_ms)], from_ms, to_ms)
        blocks = (_open_block(self._calendar, block) for block in range(_block(from_ms), _block(to_ms) + 1))
        return _merged(
            chain.from_iterable(zip(hours.begins, hours.ends, strict=True) for hours in blocks), from_ms, to_ms
        )

    def _holidays(self, from_ms: int, to_ms: int) -> list[tuple[int, int]]:
        if self._calendar is None:
            return []
        closed = frozenset(self._calendar.closed)

        def periods(day: int) -> Periods:
            return WHOLE_DAY if day in closed else ()

        zone, blocks = self._calendar.time_zone, range(_block(from_ms), _block(to_ms) + 1)
        return _merged(chain.from_iterable(_instants(zone, block, periods) for block in blocks), from_ms, to_ms)


ALWAYS_OPEN = BusinessClock()


class _Hours(NamedTuple):
    """Open intervals of a calendar in one block; ``before`` is the open time of the block before each of them."""

    begins: array[int]
    ends: array[int]
    before: array[int]
    total_ms: int

    def passed_ms(self, time_ms: int) -> int:
        """Open time from the start of the block to an instant in it."""
        last = bisect_right(self.begins, time_ms) - 1
        return 0 if last < 0 else self.before[last] + min(time_ms, self.ends[last]) - self.begins[last]

    def reached(self, open_ms: int) -> int:
        """The earliest instant by which ``open_ms`` have passed; from 1 to the total."""
        last = bisect_left(self.before, open_ms) - 1
        return self.begins[last] + open_ms - self.before[last]


def _block(time_ms: int) -> int:
    """Number of the block that contains an instant; an instant outside the known range is in the empty block next to
    it."""
    return min(max(time_ms // BLOCK_MS, FIRST_BLOCK - 1), LAST_BLOCK + 1)


@lru_cache(maxsize=KEPT_BLOCKS)
def _open_block(calendar: Calendar, block: int) -> _Hours:
    special = dict(calendar.special)
    closed = frozenset(calendar.closed)

    def periods(day: int) -> Periods:
        found = special.get(day)
        if found is not None:
            return found
        return () if day in closed else calendar.week[(day + EPOCH_WEEKDAY) % 7]

    hours = _Hours(array("q"), array("q"), array("q"), 0)
    total_ms = 0
    for begin, end in _instants(calendar.time_zone, block, periods):
        hours.begins.append(begin)
        hours.ends.append(end)
        hours.before.append(total_ms)
        total_ms += end - begin
    return hours._replace(total_ms=total_ms)


def _instants(time_zone: str, block: int, periods: Callable[[int], Periods]) -> Iterable[tuple[int, int]]:
    """Intervals of a block in which the wall clock shows a time inside the periods of its day, in order."""
    for from_ms, to_ms, offset_ms in _offsets(time_zone, block):
        for day in range((from_ms + offset_ms) // DAY_MS, (to_ms - 1 + offset_ms) // DAY_MS + 1):
            midnight_ms = day * DAY_MS - offset_ms
            for begin, end in periods(day):
                begin_ms = max(midnight_ms + begin * MINUTE_MS, from_ms)
                end_ms = min(midnight_ms + end * MINUTE_MS, to_ms)
                if begin_ms < end_ms:
                    yield begin_ms, end_ms


@lru_cache(maxsize=KEPT_BLOCKS)
def _offsets(time_zone: str, block: int) -> tuple[tuple[int, int, int], ...]:
    """A block cut at the changes of the wall clock's offset: ``(from, to, offset)``; nothing for an unknown block."""
    if not FIRST_BLOCK <= block <= LAST_BLOCK:
        return ()
    zone = ZoneInfo(time_zone)

    def offset_ms(second: int) -> int:
        offset = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset() or timedelta()
        return round(offset.total_seconds() * 1000)

    day = DAY_MS // 1000
    start, stop = block * BLOCK_MS // 1000, (block + 1) * BLOCK_MS // 1000
    spans: list[tuple[int, int, int]] = []
    begin, current = start, offset_ms(start)
    for second in range(start, stop, day):
        following = offset_ms(second + day)
        if following != current:
            # The offset is compared once a day and the second of a change is bisected, because zoneinfo has no list of
            # its transitions. This assumes at most one change a day.
            change = bisect_left(range(second, second + day), True, key=lambda s: offset_ms(s) != current) + second
            spans.append((begin * 1000, change * 1000, current))
            begin, current = change, following
    spans.append((begin * 1000, stop * 1000, current))
    return tuple(span for span in spans if span[0] < span[1])


def _merged(intervals: Pauses, from_ms: int, to_ms: int) -> list[tuple[int, int]]:
    """Union of ``intervals`` within ``[from_ms, to_ms]`` as disjoint intervals that do not touch, in order."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted((begin, FOREVER_MS if end is None else end) for begin, end in intervals):
        begin, end = max(begin, from_ms), min(end, to_ms)
        if begin >= end:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def _inside(intervals: list[tuple[int, int]], time_ms: int) -> bool:
    """True if an instant is in one of these disjoint intervals, which are in order."""
    last = bisect_right(intervals, (time_ms, FOREVER_MS)) - 1
    return last >= 0 and time_ms < intervals[last][1]
