"""Health of a topic, from the heads of its partitions (design rule 18). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics.snapshot.snapshot import BEHIND, BLIND_REASONS, HEARTBEAT, LOSS, NEVER_STARTED, ChannelHealth
from streams.common.durations import DAY_MS, SECOND_MS
from streams.common.vocabulary import Clock
from streams.contract.times import EARLIEST_MS, LATEST_MS
from streams.contract.topics import INPUTS, Topic
from streams.store.keys import Status

HEARTBEAT_MS = 10 * SECOND_MS
"""Age of a heartbeat by the wall clock, from which on the worker counts as dead."""
BEHIND_MS = 10 * SECOND_MS
"""Distance of the watermark from now, from which on the numbers are those of the past."""
NOW_MARGIN_MS = 800 * DAY_MS
EARLIEST_NOW_MS, LATEST_NOW_MS = EARLIEST_MS + NOW_MARGIN_MS, LATEST_MS - NOW_MARGIN_MS
"""Range of now by the event clock: weeks before it, and days after it, are dates of the calendar too. An event may have
a time outside, and must not keep all others from being shown."""
SETTLING_MS = SECOND_MS
"""Allowance for events still in flight: the last second before a partition's watermark may be incomplete."""


def now_by(clock: Clock, statuses: Mapping[tuple[Topic, int], Status | None], wall_ms: int) -> int:
    """Now by the configured clock: the wall's, or the newest event of all partitions (the wall's before any event).

    Only input topics move the event clock. The topic of outcomes may be ahead of inputs that are read again from the
    beginning, and a now from it would be after all events still to be counted.

    Args:
        clock: wall or event.
        statuses: status by topic and partition.
        wall_ms: the wall clock, epoch milliseconds.
    """
    if clock is Clock.WALL:
        return wall_ms
    newest = (status.newest_ms for (topic, _), status in statuses.items() if topic in INPUTS and status is not None)
    now_ms = max((newest_ms for newest_ms in newest if newest_ms is not None), default=wall_ms)
    return min(max(now_ms, EARLIEST_NOW_MS), LATEST_NOW_MS)


def watermark_of(status: Status | None, clock: Clock, now_ms: int) -> int:
    """Watermark of a partition in epoch milliseconds: a deadline before it without an outcome is a miss."""
    if status is None:
        return now_ms
    if clock is Clock.EVENT and status.at_end:
        return now_ms
    return min(now_ms, status.watermark_ms - SETTLING_MS)


def _blind_reason(status: Status | None, clock: Clock, now_ms: int, wall_ms: int) -> str:
    if status is None:
        return NEVER_STARTED
    drained = clock is Clock.EVENT and status.at_end
    if not drained and wall_ms - status.wall_ms > HEARTBEAT_MS:
        return HEARTBEAT
    if clock is Clock.WALL and now_ms - status.watermark_ms > BEHIND_MS:
        return BEHIND
    return LOSS if status.lost_unacknowledged > 0 else ""


def channel_health(statuses: Sequence[Status | None], clock: Clock, now_ms: int, wall_ms: int) -> ChannelHealth:
    """Health of a topic: as blind as its blindest partition, with the least watermark of all.

    ``statuses``: one a partition, ``None`` without an owner so far.
    """
    reasons = {_blind_reason(status, clock, now_ms, wall_ms) for status in statuses} - {""}
    reason = next((reason for reason in BLIND_REASONS if reason in reasons), "")
    known = [status for status in statuses if status is not None]
    if not known:
        return ChannelHealth(blind=True, blind_reason=reason)
    watermark_ms = min(status.watermark_ms for status in known)
    drained = clock is Clock.EVENT and all(status.at_end for status in known)
    return ChannelHealth(bool(reason), reason, 0 if drained else max(0, now_ms - watermark_ms), watermark_ms)
