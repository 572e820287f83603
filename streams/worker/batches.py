"""Batches of one partition, each handed to the agent as one message (design rule 12).

Faust spends about 120 µs per message on its own machinery; one message per batch pays that cost once per batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from faust.types import TP
from faust.types.transports import SchedulingStrategyT

from streams.clients.fetching import HANDED_BYTES, Taken

LARGEST_BATCH = 40_000
"""Most records of one fetch over all partitions, and so of one batch and of one portion: less than a second of work,
and the most that is repeated after a crash."""


BUFFERED_BYTES = 64 << 20
"""Memory of records that were handed out and are not applied yet, over all partitions; fetching waits beyond it."""


class Backlog:
    """Bytes of the batches that are handed out and not applied yet."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self._room = asyncio.Event()

    def add(self, size_bytes: int) -> None:
        """Count a batch."""
        self.size_bytes += size_bytes

    def remove(self, size_bytes: int) -> None:
        """Count a batch as done."""
        self.size_bytes -= size_bytes
        self._room.set()

    @property
    def is_full(self) -> bool:
        """True while there is no room for what one fetch may hand out."""
        return self.size_bytes > BUFFERED_BYTES - HANDED_BYTES

    async def wait(self, seconds: float) -> None:
        """Wait until a batch is done, for at most ``seconds``."""
        self._room.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._room.wait(), seconds)


class RecordBatch:
    """Records of one fetch of one partition, in the shape of a single Kafka record.

    ``previous`` is the offset after the batch before it (or the position of the seek). If ``previous`` is above the
    partition's position, records in between are missing and the batch must not be applied.
    """

    __slots__ = ("_backlog", "_size_bytes", "offset", "partition", "previous", "records", "timestamp", "topic")

    timestamp_type = 0
    headers: tuple[()] = ()
    key = None
    value = None
    checksum = None
    serialized_key_size = 0
    serialized_value_size = 0

    def __init__(self, tp: TP, records: Sequence[Any], previous: int | None, backlog: Backlog | None = None) -> None:
        last = records[-1]
        self.topic = tp.topic
        self.partition = tp.partition
        self.records = records
        self.previous = previous
        self.offset = last.offset
        self.timestamp = last.timestamp
        self._backlog = backlog
        self._size_bytes = records.size_bytes if isinstance(records, Taken) else 0
        if backlog is not None:
            backlog.add(self._size_bytes)

    def release(self) -> None:
        """Let go of the records, which are applied or dropped; Faust may keep the batch itself for longer."""
        self.records = ()
        backlog, self._backlog = self._backlog, None
        if backlog is not None:
            backlog.remove(self._size_bytes)


class BatchScheduler(SchedulingStrategyT):
    """Scheduling strategy with one message per partition and fetch. ``handed`` is the offset after all records handed
    out, by partition."""

    def __init__(self) -> None:
        self.handed: dict[TP, int] = {}
        self.backlog = Backlog()

    def expect(self, positions: Mapping[TP, int]) -> None:
        """Set ``handed`` to the positions of a seek: no record after them has been handed out."""
        self.handed.update(positions)
        # Faust drops the batches of an earlier assignment, and nobody releases them; those in progress keep their own.
        self.backlog = Backlog()

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """All batches of a fetch; ``handed`` includes them from this moment on."""
        # A list and not a generator: `handed` must cover the whole fetch before Faust awaits anything. Otherwise a
        # heartbeat in between would report the end of the log as reached while a batch still waits. If Faust drops a
        # batch afterwards, at a rebalance, the `previous` of the next one exposes the hole.
        batches = []
        for tp, fetched in records.items():
            if fetched:
                batches.append((tp, RecordBatch(tp, fetched, self.handed.get(tp), self.backlog)))
                self.handed[tp] = fetched[-1].offset + 1
        return iter(batches)
