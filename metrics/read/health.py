"""Whether numbers can be trusted (design rule 18), from the heads of a topic's partitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from metrics.snapshot.snapshot import BEHIND, BLIND_REASONS, HEARTBEAT, LOSS, NEVER_STARTED, ChannelHealth
from streams.common.durations import SECOND_MS
from streams.common.vocabulary import Clock
from streams.contract.topics import INPUTS, Topic
from streams.store.keys import Status

HEARTBEAT_MS = 10 * SECOND_MS
"""A heartbeat that is older by the wall clock means that the worker may be dead."""
BEHIND_MS = 10 * SECOND_MS
"""A worker that has seen less than now by more than this shows the past."""
SETTLING_MS = SECOND_MS
"""Events of the last second that a partition has seen may still be on their way."""


def now_by(clock: Clock, statuses: Mapping[tuple[Topic, int], Status | None], wall_ms: int) -> int:
    """Now: the wall's, or the newest event's of all partitions (the wall's where there was none yet).

    ``statuses``: by topic and partition. What follows from events moves no clock: the topic of outcomes may be ahead of
    inputs that are read anew from their beginning, and now would lie after everything that is still to be counted.
    """
    if clock is Clock.WALL:
        return wall_ms
    newest = (status.newest_ms for (topic, _), status in statuses.items() if topic in INPUTS and status is not None)
    return max((newest_ms for newest_ms in newest if newest_ms is not None), default=wall_ms)


def watermark_of(status: Status | None, clock: Clock, now_ms: int) -> int:
    """Deadlines before this are misses: nothing that would say otherwise can still come in time."""
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
    """A topic is as blind as its blindest partition, and has seen as much as the one that has seen least.

    ``statuses``: one a partition, ``None`` where nobody ever owned it.
    """
    reasons = {_blind_reason(status, clock, now_ms, wall_ms) for status in statuses} - {""}
    reason = next((reason for reason in BLIND_REASONS if reason in reasons), "")
    known = [status for status in statuses if status is not None]
    if not known:
        return ChannelHealth(blind=True, blind_reason=reason)
    watermark_ms = min(status.watermark_ms for status in known)
    drained = clock is Clock.EVENT and all(status.at_end for status in known)
    return ChannelHealth(bool(reason), reason, 0 if drained else max(0, now_ms - watermark_ms), watermark_ms)
