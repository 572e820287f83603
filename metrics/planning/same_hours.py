"""The same quarters of an hour in earlier weeks, on a queue's own clock. Pure.

What the clocks skipped in an earlier week has no counterpart, what they repeated is taken once, at its first.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from streams.numbers.tiers import QUARTER

PAST_WEEKS = 4
"""How many weeks a day, an hour or a topic is compared with."""
WEEKS_KEPT = 64
"""Answers kept: queues share their time zones, and each planning asks for a few ranges of each."""


def quarter_starts(from_ms: int, to_ms: int) -> range:
    """Starts of the 15-minute slices that begin from ``from_ms`` to before ``to_ms``."""
    return range(-(-from_ms // QUARTER.width_ms) * QUARTER.width_ms, to_ms, QUARTER.width_ms)


def weeks_before_ms(at_ms: int, zone: ZoneInfo, weeks: int) -> int:
    """The instant with the same local time ``weeks`` earlier; what the clocks skipped comes as much later."""
    then = _local(at_ms, zone) - timedelta(weeks=weeks)
    return int(then.replace(tzinfo=zone).timestamp()) * 1000


def utc_offset_ms(zone: str, at_ms: int) -> int:
    """How far the clocks of a zone are ahead of UTC at an instant."""
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
    """For each of ``starts`` its counterparts 1 to ``PAST_WEEKS`` weeks earlier."""
    info = ZoneInfo(zone)
    weeks = range(1, PAST_WEEKS + 1)
    return tuple(tuple(_counterpart_ms(start_ms, info, past) for past in weeks) for start_ms in starts)
