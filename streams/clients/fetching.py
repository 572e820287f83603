"""Fetched records of Kafka handed out by bytes: a batch is unpacked within a bound, and its records come in pieces.

Replaces three classes in aiokafka's fetcher, which creates them by name and accepts no others. Theirs unpack a batch
whole, however large it becomes, and hand out a number of records, however large they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import ContextVar
from itertools import islice
from operator import attrgetter
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.memory_records import MemoryRecords

from streams.clients.record_pieces import HEADER, MESSAGE, MESSAGE_OVERHEAD, Piece, pieces
from streams.clients.unpacking import TooLarge

HANDED_BYTES = 16 << 20
"""Bytes of records of one fetch over all partitions, and so of one batch; the last record may reach beyond."""
RECORD_BYTES = 250
"""Memory of a record's objects besides its key and value."""
HEADER_BYTES = 120
"""Memory of a header's objects."""
BATCH_LIMIT_BYTES = 64 << 20
"""Default of ``batch_limit_bytes``."""


class Allowance:
    """Bound of one fetch: it hands out ``left_bytes``, of batches of up to ``batch_limit_bytes`` unpacked."""

    def __init__(self, left_bytes: int = HANDED_BYTES, batch_limit_bytes: int = BATCH_LIMIT_BYTES) -> None:
        self.left_bytes = left_bytes
        self.batch_limit_bytes = batch_limit_bytes


ALLOWANCE: ContextVar[Allowance] = ContextVar("allowance")
"""Allowance of the fetch in progress; without one each partition has an allowance of its own."""


class OversizedBatch:
    """Batch that was not unpacked because it is larger than the limit, in the shape of one record without a value.

    Attributes:
        first, offset: offsets of its first record that was not applied, and of its last.
        packed_bytes: its size as it was sent.
        limit_bytes: the limit in force.
    """

    __slots__ = ("first", "key", "limit_bytes", "offset", "packed_bytes", "timestamp", "value")

    def __init__(self, first: int, offset: int, timestamp: int, packed_bytes: int, limit_bytes: int) -> None:
        self.first = first
        self.offset = offset
        self.timestamp = timestamp
        self.key: bytes | None = None
        self.value: bytes | None = None
        self.packed_bytes = packed_bytes
        self.limit_bytes = limit_bytes

    @property
    def records(self) -> int:
        """Number of its offsets, which is that of its records where none was removed by compaction."""
        return self.offset - self.first + 1


class Taken(list[Any]):
    """Records of one partition handed out together, either an ``OversizedBatch`` alone or records of any number;
    ``size_bytes`` is the memory that they take."""

    size_bytes = 0


class _Batches:
    """Batches of a partition in a broker's answer: each as the library reads it, and as it was sent."""

    def __init__(self, data: bytes) -> None:
        self._view = memoryview(data)
        self._place = 0
        self._batches = MemoryRecords(data)

    def size_in_bytes(self) -> int:
        return len(self._view)

    def has_next(self) -> bool:
        return bool(self._batches.has_next())

    def next_batch(self) -> tuple[Any, memoryview]:
        start = self._place
        length = int.from_bytes(self._view[start + 8 : start + MESSAGE_OVERHEAD], "big")
        self._place = start + MESSAGE_OVERHEAD + length
        return self._batches.next_batch(), self._view[start : self._place]


class _Records(fetcher.PartitionRecords):  # type: ignore[misc]  # aiokafka has no types
    """Records of a partition in a broker's answer. They are passed on as they were unpacked: a copy of each into
    another object costs as much as decoding its JSON."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._current: Piece | OversizedBatch | None = None
        self.is_read = False

    def take(self, most_records: int, allowance: Allowance) -> Taken:
        """The next records, within the allowance; one record at least, or one batch that is too large."""
        taken = Taken()
        while taken.size_bytes < allowance.left_bytes and len(taken) < most_records:
            if self._current is None:
                self._current = next(self._records_iterator, None)
            current = self._current
            if current is None:
                self.is_read = True
                break
            if isinstance(current, OversizedBatch):
                if not taken:
                    self._current = None
                    self.next_fetch_offset = current.offset + 1
                    taken.append(current)
                    # Finding out has cost as much as unpacking that many bytes; then others shall have their turn.
                    taken.size_bytes = allowance.left_bytes
                break
            self._take_of(current, most_records - len(taken), taken)
        allowance.left_bytes -= taken.size_bytes
        return taken

    def _take_of(self, piece: Piece, most: int, taken: Taken) -> None:
        try:
            found = list(islice(piece.records, most))
        except (CorruptRecordException, UnicodeDecodeError):
            if piece.plainly is None:
                raise
            piece = self._current = Piece(iter(piece.plainly()), piece.size_bytes, None)
            found = list(islice(piece.records, most))
        if len(found) < most:
            self._current = None
        if found and found[0].offset < self.next_fetch_offset:
            # A compressed batch begins before the position where a part of it was read already.
            found = [record for record in found if record.offset >= self.next_fetch_offset]
        if found:
            self.next_fetch_offset = found[-1].offset + 1
            taken += found
            taken.size_bytes += RECORD_BYTES * len(found) + HEADER_BYTES * sum(map(len, map(_headers, found)))
        if self._current is None:
            taken.size_bytes += piece.size_bytes

    def _unpack_records(self) -> Iterator[Piece | OversizedBatch]:
        """The pieces of each batch that a consumer is to see."""
        while self._records.has_next():
            batch, raw = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            if not self._is_skipped(batch):
                limit_bytes = ALLOWANCE.get(_DEFAULT).batch_limit_bytes
                try:
                    yield from pieces(raw, batch, limit_bytes)
                except TooLarge:
                    yield _oversized(raw, self.next_fetch_offset, limit_bytes)
            # The last record of a batch may be gone by compaction: without this the batch would be fetched again.
            self.next_fetch_offset = max(self.next_fetch_offset, batch.next_offset)

    def _is_skipped(self, batch: Any) -> bool:
        """True for a control batch, and for a batch of an aborted transaction."""
        if self._isolation_level == fetcher.READ_COMMITTED and batch.producer_id is not None:
            self._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and self._contains_abort_marker(batch):
                self._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in self._aborted_producers:
                return True
        return bool(batch.is_control_batch)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        taken = self.take(1, Allowance())
        if not taken:
            raise StopIteration
        return taken[0]


class _Result(fetcher.FetchResult):  # type: ignore[misc]  # aiokafka has no types
    """Fetched records of one partition, handed out within the allowance of the fetch."""

    _partition_records: Any

    def getall(self, max_records: int | None = None) -> list[Any]:
        if not self.check_assignment(self._topic_partition) or not self.has_more():
            return []
        allowance = ALLOWANCE.get(None) or Allowance()
        if allowance.left_bytes <= 0:
            return []
        records = self._partition_records
        taken: list[Any] = records.take(max_records or 1 << 31, allowance)
        self._update_position()
        if records.is_read:
            self._partition_records = None
        return taken


def _oversized(raw: memoryview, position: int, limit_bytes: int) -> OversizedBatch:
    if raw[16] >= 2:
        header = HEADER.unpack_from(raw)
        first, last, timestamp = header[0], header[0] + header[6], header[8]
    else:
        # The offset of a compressed message is that of its last record; only unpacked would it say the first.
        last = MESSAGE.unpack_from(raw)[0]
        first, timestamp = position, -1
    return OversizedBatch(max(first, position), last, timestamp, len(raw), limit_bytes)


_headers = attrgetter("headers")
_DEFAULT = Allowance()

fetcher.MemoryRecords = _Batches
fetcher.PartitionRecords = _Records
fetcher.FetchResult = _Result
