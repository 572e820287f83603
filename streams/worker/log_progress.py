"""Fetch progress of the owned partitions, followed by the consumer's answers about the log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Protocol

from streams.config.settings import Settings
from streams.worker.log_end import Fetched, LogEnd, Progress
from streams.worker.partition import OwnedPartition

TopicPartition = tuple[str, int]
"""Topic by its name on the broker, and number of the partition."""


class Log(Protocol):
    """Questions of the runtime to the consumer about the log itself."""

    async def bounds(self, partitions: list[TopicPartition]) -> Mapping[TopicPartition, tuple[int, int]]:
        """First offset and end offset of each partition."""
        ...

    def fetched(self, partition: TopicPartition) -> Fetched | None:
        """Fetch progress of a partition; ``None`` if it is not known yet."""
        ...

    def handed(self, partition: TopicPartition) -> int | None:
        """The offset after all records handed to the agent; ``None`` before the first assignment."""
        ...

    def partition_count(self, topic: str) -> int:
        """Number of partitions of a topic on the broker; 0 while it is not known."""
        ...


def wall_ms() -> int:
    """Now, in epoch milliseconds."""
    return time.time_ns() // 1_000_000


class LogProgress:
    """Fetch progress of all owned partitions of a process."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._partitions = settings.partitions
        self._log = log
        self._ends: dict[TopicPartition, LogEnd] = {}

    def of(self, partition: TopicPartition, owned: OwnedPartition) -> Progress:
        """Fetch progress of a partition now."""
        fetched, end = self._log.fetched(partition), self._ends.setdefault(partition, LogEnd(owned.transaction))
        partitions = self.partitions_found(partition)
        if fetched is None:
            return Progress(False, False, 0, owned.position, end.transaction, partitions)
        end.look(fetched, owned.position, self._log.handed(partition))
        at_end = end.caught_up and fetched.stable >= fetched.end
        # At the end ``log_end`` is the position itself, because the log can end in markers that are never handed out.
        log_end = owned.position if at_end else max(fetched.end, owned.position)
        seen_ms = 0 if end.applied is None else end.applied.by(time.monotonic(), wall_ms())
        return Progress(at_end, end.caught_up, seen_ms, log_end, end.transaction, partitions)

    def seen_since(self, partition: TopicPartition, owned: OwnedPartition, since: float) -> bool:
        """True if all that can be read is applied, and with it all published before the monotonic time ``since``,
        unless a transaction stays open."""
        progress, end = self.of(partition, owned), self._ends[partition]
        seen = end.applied is not None and end.applied.at >= since
        return progress.caught_up and (seen or progress.transaction is not None)

    def partitions_found(self, partition: TopicPartition) -> int:
        """Partitions that the topic has on the broker where they are not those of the numbers, else 0."""
        found = self._log.partition_count(partition[0])
        return found if found not in (0, self._partitions) else 0

    def forget(self, partition: TopicPartition) -> None:
        """Forget the answers about a partition."""
        self._ends.pop(partition, None)

    def clear(self) -> None:
        """Forget all answers."""
        self._ends.clear()
