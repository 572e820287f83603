"""The same quarters of an hour in earlier weeks, by a queue's local time. Pure.

A local time skipped in an earlier week has no counterpart; of a repeated one the first pass is taken.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from streams.numbers.tiers import QUARTER

PAST_WEEKS = 4
"""Earlier weeks with which a day, an hour or a topic is compared."""
WEEKS_KEPT = 64
"""Cached results: queues share their time zones, and each planning asks for a few ranges of each."""


def quarter_starts(from_ms: int, to_ms: int) -> range:
    """Starts of the 15-minute slices that begin in [``from_ms``, ``to_ms``), epoch milliseconds."""
    return range(-(-from_ms // QUARTER.width_ms) * QUARTER.width_ms, to_ms, QUARTER.width_ms)


def weeks_before_ms(at_ms: int, zone: ZoneInfo, weeks: int) -> int:
    """The instant with the same local time ``weeks`` earlier; a skipped local time is shifted by the length of the
    skip."""
    then = _local(at_ms, zone) - timedelta(weeks=weeks)
    return int(then.replace(tzinfo=zone).timestamp()) * 1000


def utc_offset_ms(zone: str, at_ms: int) -> int:
    """Milliseconds by which a time zone is ahead of UTC at an instant."""
    ahead = datetime.fromtimestamp(at_ms // 1000, ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    return ahead // timedelta(milliseconds=1)


def _local(at_ms: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, zone).replace(tzinfo=None)


def _counterpart_ms(at_ms: int, zone: ZoneInfo, weeks: int) -> int | None:
    past_ms = weeks_before_ms(at_ms, zone, weeks)
    return past_ms if _local(past_ms, zone) == _local(at_ms, zone) - timedelta(weeks=weeks) else None


@lru_cache(maxsize=WEEKS_KEPT)
def same_quarters(starts: range, zone: str) -> tuple[tuple[int | None, ...], ...]:
    """For each of ``starts`` its counterparts 1 to ``PAST_WEEKS`` weeks earlier; ``None`` where the local time was
    skipped."""
    info = ZoneInfo(zone)
    weeks = range(1, PAST_WEEKS + 1)
    return tuple(tuple(_counterpart_ms(start_ms, info, past) for past in weeks) for start_ms in starts)
