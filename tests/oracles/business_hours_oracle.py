"""Expected results of a business clock, found by looking at the wall clock once a minute.

Standard library only, and nothing of the product. All instants, durations and offsets of zones are whole minutes;
instants are counted from 1970 UTC. ``Desk`` holds opening hours as people write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

Hours = Sequence[tuple[str, str]]
"""``("15:30", "24:00")``: a time of the wall clock is inside from the first to before the last."""
Pauses = Sequence[tuple[int, int | None]]


class Desk(NamedTuple):
    """Opening hours from Monday to Sunday, the dates (``2026-12-25``) it is closed on, dates with own hours."""

    zone: str
    week: Sequence[Hours]
    closed: Sequence[str] = ()
    special: Mapping[str, Hours] = MappingProxyType({})


def kind(desk: Desk, minute: int, pauses: Pauses = ()) -> str:
    """Kind of one minute: counted, paused, holiday or closed."""
    day, time, weekday = wall_clock(desk.zone, minute)
    if day in desk.special:
        hours = desk.special[day]
    elif day in desk.closed:
        return "holiday"
    else:
        hours = desk.week[weekday]
    if not any(begin <= time < end for begin, end in hours):
        return "holiday" if day in desk.closed else "closed"
    if any(begin <= minute and (end is None or minute < end) for begin, end in pauses):
        return "paused"
    return "counted"


@lru_cache(maxsize=100_000)
def wall_clock(zone: str, minute: int) -> tuple[str, str, int]:
    """Date, time of day and weekday of a minute: remembered, for the same minutes are asked for again."""
    wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
    return wall.strftime("%Y-%m-%d"), wall.strftime("%H:%M"), wall.weekday()


def kinds(desk: Desk, start: int, until: int, pauses: Pauses = ()) -> list[str]:
    """The kind of each minute of ``[start, until]``."""
    return [kind(desk, minute, pauses) for minute in range(start, until)]


def elapsed(desk: Desk, start: int, until: int, pauses: Pauses = ()) -> int:
    """Minutes that count in ``[start, until]``."""
    return kinds(desk, start, until, pauses).count("counted")


def due(desk: Desk, start: int, allowed: int, horizon: int, pauses: Pauses = ()) -> int | None:
    """The first minute by which ``allowed`` minutes have counted since ``start``; ``None`` if not before
    ``horizon``."""
    minute = start
    while allowed > 0:
        if minute >= horizon:
            return None
        allowed -= kind(desk, minute, pauses) == "counted"
        minute += 1
    return minute


def next_opening(desk: Desk, start: int, horizon: int) -> int | None:
    """The first open minute from ``start`` on; ``None`` if not before ``horizon``."""
    return next((minute for minute in range(start, horizon) if kind(desk, minute) == "counted"), None)
