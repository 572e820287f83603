"""Batches of kafka-python within a bound in bytes, in every codec of Kafka; imported before a consumer reads."""

from __future__ import annotations

from typing import Any

from kafka.record import memory_records
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint

from streams.clients.unpacking import TooLarge, unpack


class Batch(DefaultRecordBatch):  # type: ignore[misc]  # kafka-python has no types
    """A batch that is unpacked as a worker does it; one beyond ``limit_bytes`` has no records here."""

    limit_bytes = 64 << 20
    _buffer: bytearray
    _pos: int
    _decompressed: bool

    def _maybe_uncompress(self) -> None:
        codec = self.compression_type
        if self._decompressed or codec == self.CODEC_NONE:
            self._decompressed = True
            return
        packed = memoryview(self._buffer)[self._pos :]
        try:
            unpacked = unpack(codec, packed, self.limit_bytes)
        except TooLarge:
            unpacked, self._next_record_index = b"", self._num_records
        self._buffer, self._pos, self._decompressed = bytearray(unpacked), 0, True

    def _read_msg(self) -> Any:
        try:
            return super()._read_msg()
        except UnicodeDecodeError:
            return self._without_headers()

    def _without_headers(self) -> Any:
        """A record with a header whose name is no UTF-8: nothing of ours needs its headers."""
        buffer = self._buffer
        length, place = decode_varint(buffer, self._pos)
        self._pos = place + length
        _, place = decode_varint(buffer, place)
        after_ms, place = decode_varint(buffer, place)
        delta, place = decode_varint(buffer, place)
        parts: list[bytes | None] = []
        for _ in ("key", "value"):
            size, place = decode_varint(buffer, place)
            parts.append(bytes(buffer[place : place + size]) if size >= 0 else None)
            place += max(size, 0)
        is_appended = self.timestamp_type == self.LOG_APPEND_TIME
        timestamp = self.max_timestamp if is_appended else self.first_timestamp + after_ms
        return DefaultRecord(length, self.base_offset + delta, timestamp, self.timestamp_type, *parts, [])


# kafka-python creates the class by this name and accepts no other.
memory_records.DefaultRecordBatch = Batch
