"""Watch of the partitions' heads by the reader's own monotonic clock: a head that does not change is no sign of life,
whatever its time says. Pure; every time is an argument.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from streams.common.durations import SECOND_MS
from streams.contract.topics import Topic

HEARTBEAT_MS = 10 * SECOND_MS
"""Age of a heartbeat, from which on the worker counts as dead."""

Partition = tuple[Topic, int]


class Head(NamedTuple):
    """Identity of a partition's last commit, which changes with each, and its wall time by the worker's clock."""

    nonce: bytes
    number: bytes
    wall_ms: int


class Sign(NamedTuple):
    """Sign of life of a partition's owner.

    Attributes:
        age_ms: most time that can have passed since the head last changed, or time since it was first seen.
        confirmed: the head has changed since the reader started, or since a clock was wrong.
        late: the last two changes were old when they came: the owner beats, and its clock is behind. One alone may
            have been under way for long.
    """

    age_ms: int
    confirmed: bool
    late: bool = False


class _Seen(NamedTuple):
    commit: tuple[bytes, bytes]
    changed_at: float
    confirmed: bool
    late_changes: int = 0


class HeadWatch:
    """The heads of all partitions as one process has seen them change. Not thread-safe."""

    def __init__(self, clock_limit_ms: int) -> None:
        """``clock_limit_ms``: a greater difference of two clocks, or jump of one, is a wrong clock."""
        self._limit_ms = clock_limit_ms
        self._seen: dict[Partition, _Seen] = {}
        self._generation: int | None = None
        self._looked: tuple[float, int] | None = None

    def look(self, generation: int, heads: Mapping[Partition, Head], at: float, wall_ms: int) -> dict[Partition, Sign]:
        """Signs of life of the owners.

        Args:
            generation: of the keys; another one's heads are new.
            heads: as just read.
            at: monotonic time in seconds.
            wall_ms: the reader's wall clock.
        """
        if generation != self._generation:
            self._generation, self._seen = generation, {}
        looked, self._looked = self._looked or (at, wall_ms), (at, wall_ms)
        # A step of the reader's own wall clock: heartbeats read before it say nothing about those after it.
        stepped = abs((wall_ms - looked[1]) - (at - looked[0]) * SECOND_MS) > self._limit_ms
        self._seen = {
            partition: self._compared(self._seen.get(partition), head, (at, wall_ms), looked[0], stepped)
            for partition, head in heads.items()
        }
        return {
            partition: Sign(round((at - seen.changed_at) * SECOND_MS), seen.confirmed, seen.late_changes > 1)
            for partition, seen in self._seen.items()
        }

    def _compared(
        self, before: _Seen | None, head: Head, now: tuple[float, int], looked_at: float, stepped: bool
    ) -> _Seen:
        at, wall_ms = now
        commit = head.nonce, head.number
        if before is None:
            return _Seen(commit, at, False)
        changed = before.commit != commit
        ahead = head.wall_ms - wall_ms > self._limit_ms
        confirmed = not (stepped or ahead) and (before.confirmed or changed)
        if not changed:
            return before._replace(confirmed=confirmed)
        late = wall_ms - head.wall_ms > HEARTBEAT_MS
        # Not `at`: of a reader that was stopped for a minute the owner may have died a minute ago.
        return _Seen(commit, looked_at, confirmed, before.late_changes + 1 if late else 0)
