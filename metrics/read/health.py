"""Health of a topic, from the heads of its partitions (design rule 18). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from metrics.read.head_watch import HEARTBEAT_MS, Sign
from metrics.snapshot.blindness import (
    BEHIND,
    BLIND_REASONS,
    CLOCK,
    DAMAGED,
    HEARTBEAT,
    LOSS,
    NEVER_STARTED,
    PARTITIONS,
    STOPPED,
    TRANSACTION,
    UNCONFIRMED,
    Facts,
)
from metrics.snapshot.snapshot import ChannelHealth
from streams.common.durations import DAY_MS, SECOND_MS
from streams.common.vocabulary import Clock
from streams.contract.times import EARLIEST_MS, LATEST_MS
from streams.contract.topics import INPUTS, Topic
from streams.store.damage import Unreadable
from streams.store.keys import Status

BEHIND_MS = 10 * SECOND_MS
"""Distance of the watermark from now, from which on the numbers are those of the past."""
UNWATCHED = Sign(age_ms=0, confirmed=True)
"""Stands for a partition that is read once: only the wall can say how old its heartbeat is."""
NO_SIGNS: Mapping[int, Sign] = MappingProxyType({})
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


class Trust(NamedTuple):
    """Measures by which heartbeats are judged.

    Attributes:
        clock: of the numbers.
        now_ms: now by that clock.
        wall_ms: the reader's wall clock.
        clock_limit_ms: most that a heartbeat may be ahead of it.
    """

    clock: Clock
    now_ms: int
    wall_ms: int
    clock_limit_ms: int


def channel_health(
    topic: Topic, statuses: Sequence[Status | None], trust: Trust, signs: Mapping[int, Sign] = NO_SIGNS
) -> ChannelHealth:
    """Health of a topic: as blind as its blindest partition, with the least watermark of all.

    Args:
        topic: of the partitions.
        statuses: one a partition, ``None`` without an owner so far.
        trust: measures of the judgement.
        signs: by partition, of a reader that reads again and again; without them heartbeats are judged by the wall.
    """
    counted = len(statuses)
    found: dict[str, Facts] = {}
    for number, status in enumerate(statuses):
        reason, facts = _trouble(status, signs.get(number, UNWATCHED), trust)
        found.setdefault(reason, {"topic": topic, "partition": f"{topic}-{number}", "counted": counted, **facts})
    reason = next((reason for reason in BLIND_REASONS if reason in found), "")
    known = [status for status in statuses if status is not None]
    if not known:
        return ChannelHealth(blind=True, blind_reason=reason)
    watermark_ms = min(status.watermark_ms for status in known)
    drained = trust.clock is Clock.EVENT and all(status.at_end for status in known)
    age_ms = 0 if drained else max(0, trust.now_ms - watermark_ms)
    if trust.clock is Clock.WALL:
        age_ms = max([age_ms, *(sign.age_ms for sign in signs.values())])
    return ChannelHealth(bool(reason), reason, age_ms, watermark_ms, found[reason] if reason else {})


def _trouble(status: Status | None, sign: Sign, trust: Trust) -> tuple[str, Facts]:
    """The gravest reason for blindness of one partition, and the facts that its sentence names."""
    if status is None:
        return NEVER_STARTED, {}
    if not (trust.clock is Clock.EVENT and status.at_end):
        reason = _heartbeat_trouble(trust.wall_ms - status.wall_ms, sign, trust.clock_limit_ms)
        if reason:
            return reason, {"seconds": round(abs(trust.wall_ms - status.wall_ms) / SECOND_MS)}
    if status.partitions_found:
        return PARTITIONS, {"found": status.partitions_found}
    if status.transaction_offset >= 0:
        return TRANSACTION, {"offset": status.transaction_offset, "since_ms": status.transaction_ms}
    if status.stop is not None:
        return STOPPED, {"since_ms": status.stop.since_ms}
    if trust.clock is Clock.WALL and trust.now_ms - status.watermark_ms > BEHIND_MS:
        return BEHIND, {}
    return (LOSS if status.lost_unacknowledged > 0 else ""), {}


def _heartbeat_trouble(age_ms: int, sign: Sign, clock_limit_ms: int) -> str:
    """Trouble with the heartbeat of a partition; ``age_ms`` is its age by the wall, negative for one of the future."""
    if sign.age_ms > HEARTBEAT_MS:
        return HEARTBEAT
    if age_ms < -clock_limit_ms:
        return CLOCK
    if age_ms > HEARTBEAT_MS:
        return CLOCK if sign.late else HEARTBEAT
    return "" if sign.confirmed else UNCONFIRMED


def damaged_health(health: ChannelHealth, damage: Unreadable) -> ChannelHealth:
    """Health of a topic of which a partition cannot be read: its numbers are missing in all sums."""
    facts = {"partition": damage.partition, "key": damage.key, "field": damage.field or "*"}
    return replace(health, blind=True, blind_reason=DAMAGED, facts=facts)
