"""Range and intervals of a report: bounds as written, and the intervals into which each queue's clock cuts them. Pure.

Times are epoch milliseconds but for bounds without an offset. A bound that is a date means the queue's own day of that
date; a local time is read on the queue's own clock.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from metrics.snapshot.windows import DayRule, date_start_ms, day_of, day_start_ms
from streams.common.durations import HOUR_MS, MINUTE_MS
from streams.common.errors import UserError
from streams.numbers.tiers import QUARTER

YEARS = range(1971, 9999)
"""Years of bounds: outside these a local time may have no instant, or an instant no local time."""
STARTS_REMEMBERED = 50_000
"""Slices whose interval is remembered: those of 36 days by a dozen different clocks."""


class Interval(StrEnum):
    """Length of an interval of the range, on the local clock."""

    QUARTER = "15m"
    HALF_HOUR = "30m"
    HOUR = "1h"
    DAY = "day"


_WIDTHS_MS = {Interval.QUARTER: 15 * MINUTE_MS, Interval.HALF_HOUR: 30 * MINUTE_MS, Interval.HOUR: HOUR_MS}


class Grouping(NamedTuple):
    """Grouping by ``--by``, beside the channel, which every row has."""

    by_queue: bool
    interval: Interval | None


def parse_grouping(text: str) -> Grouping:
    """The value of ``--by``, such as ``channel,queue,interval=day``.

    Raises:
        UserError: a part of it is unknown or repeated.
    """
    by_queue, interval = False, None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names = [part.partition("=")[0] for part in parts]
    for name, part in zip(names, parts, strict=True):
        if names.count(name) > 1:
            raise UserError(f"--by names {name} twice; give each part once")
        if part == "queue":
            by_queue = True
        elif name == "interval" and part.partition("=")[2] in list(Interval):
            interval = Interval(part.partition("=")[2])
        elif part != "channel":
            raise UserError(f"--by {part} is unknown; use channel, queue and interval=15m, 30m, 1h or day")
    return Grouping(by_queue, interval)


class Bound:
    """One end of the range as written: an instant, a local time that each queue reads on its own clock, or a date: the
    beginning of each queue's own day."""

    def __init__(self, option: str, text: str) -> None:
        """Parses ``text``, a date or a date and time of ISO 8601.

        Raises:
            UserError: ``text`` is neither.
        """
        self._option, self._text = option, text
        self._date: date | None = None
        try:
            self._moment = datetime.fromisoformat(text)
        except ValueError:
            raise UserError(
                f"{option} {text} is no time; write a date or a time such as 2026-01-31, 2026-01-31T09:00 or "
                "2026-01-31T09:00+01:00"
            ) from None
        if self._moment.year not in YEARS:
            raise UserError(f"{option} {text} is out of reach; use a year from {YEARS[0]} to {YEARS[-1]}")
        with suppress(ValueError):
            self._date = date.fromisoformat(text)

    def at_ms(self, rule: DayRule) -> int:
        """The instant on the clock of a queue.

        Raises:
            UserError: it is not on a quarter of an hour.
        """
        if self._date is not None:
            at_ms = date_start_ms(rule, self._date)
        else:
            local = self._moment.tzinfo is None
            moment = self._moment.replace(tzinfo=ZoneInfo(rule.zone)) if local else self._moment
            at_ms = round(moment.timestamp() * 1000)
        if at_ms % QUARTER.width_ms:
            raise UserError(
                f"{self._option} {self._text} is not on a quarter of an hour in {rule.zone}; "
                "numbers are kept in slices of 15 min"
            )
        return at_ms


class Range(NamedTuple):
    """From ``first`` up to but without ``last``."""

    first: Bound
    last: Bound

    def at_ms(self, rule: DayRule) -> tuple[int, int]:
        """Both ends on the clock of a queue.

        Raises:
            UserError: an end is not on a quarter of an hour, or the range is empty.
        """
        first_ms, last_ms = self.first.at_ms(rule), self.last.at_ms(rule)
        if first_ms >= last_ms:
            raise UserError(
                "--to must be later than --from; it is not part of the range itself "
                f"(where days begin at {rule.starts} in {rule.zone})"
            )
        return first_ms, last_ms


@lru_cache(maxsize=STARTS_REMEMBERED)
def interval_start_ms(interval: Interval, start_ms: int, rule: DayRule) -> int:
    """Start of a slice's interval on a queue's clock, in epoch milliseconds.

    A day begins where the window ``today`` began. A shorter interval also ends where the clocks change.
    """
    if interval is Interval.DAY:
        return day_start_ms(rule, start_ms)
    zone = ZoneInfo(rule.zone)
    local = local_time(start_ms, zone)
    width_ms = _WIDTHS_MS[interval]
    back_ms = (local.hour * HOUR_MS + local.minute * MINUTE_MS) % width_ms
    while back_ms and local_time(start_ms - back_ms, zone).utcoffset() != local.utcoffset():
        back_ms -= QUARTER.width_ms
    return start_ms - max(back_ms, 0)


@lru_cache(maxsize=STARTS_REMEMBERED)
def same_date_ms(start_ms: int, own: DayRule, shown: DayRule) -> int:
    """Start, on the clock ``shown``, of the date that a slice has on its queue's ``own`` clock."""
    return date_start_ms(shown, day_of(own, start_ms)[1])


def local_time(at_ms: int, zone: ZoneInfo) -> datetime:
    """An instant on the local clock of a time zone."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(zone)
