"""Liveness of a worker: time since its last heartbeat round, and partitions with a lag that do not move."""

from __future__ import annotations

import time
from collections.abc import Mapping

from streams.common.durations import SECOND_MS
from streams.config.settings import Settings
from streams.worker.log_progress import LogProgress, TopicPartition
from streams.worker.partition import OwnedPartition

UNREADY_SECONDS = 5
"""Without a heartbeat round for this long the process is not ready: Redis does not answer."""


class Liveness:
    """Liveness of one process, by its own heartbeat rounds and not by how often somebody asks."""

    def __init__(self, settings: Settings, progress: LogProgress) -> None:
        self._limit_seconds = settings.stall_limit / SECOND_MS
        self._progress = progress
        self._beat_at = time.monotonic()
        self._moved: dict[TopicPartition, tuple[int, float]] = {}

    def beat(self, owned: Mapping[TopicPartition, OwnedPartition]) -> None:
        """Record a heartbeat round, and since when each partition has had a lag without progress."""
        now = time.monotonic()
        watched = {}
        for partition, each in owned.items():
            if each.stop is not None:
                continue
            position, since = self._moved.get(partition, (-1, now))
            standing = position == each.position and not self._progress.of(partition, each).caught_up
            watched[partition] = (each.position, since if standing else now)
        self._moved = watched
        self._beat_at = time.monotonic()

    def not_ready(self) -> str:
        """Reason why the process is not ready: no heartbeat round for too long; empty if it is."""
        silent = time.monotonic() - self._beat_at
        return f"no heartbeat for {silent:.0f} s: Redis does not answer" if silent > UNREADY_SECONDS else ""

    def stalled(self) -> str:
        """Reason why the process is no longer live; empty while it is. A lag without progress counts as not live.

        Any thread may ask.
        """
        now, limit = time.monotonic(), self._limit_seconds
        if now - self._beat_at > limit:
            return f"no heartbeat round for {now - self._beat_at:.0f} s"
        for partition, (_, since) in self._moved.items():
            if now - since > limit:
                return f"{partition[0]}-{partition[1]} has a lag and has not moved for {now - since:.0f} s"
        return ""
