"""Records of one Kafka batch in pieces of bounded size, whatever its codec and message format."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any, ClassVar, NamedTuple

from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch

from streams.clients.unpacking import TooLarge, Unpacked, unpack

PIECE_BYTES = 1 << 20
"""Bytes of unpacked records that become objects together."""
CODEC_MASK = 0x07
APPEND_TIME_MASK = 0x08

HEADER = struct.Struct(">qiibIhiqqqhii")
"""Header of a batch of message format 2: base offset, length, leader epoch, magic, CRC, attributes, last offset delta,
first and greatest timestamp, producer id and epoch, base sequence, number of records."""
MESSAGE = struct.Struct(">qiIbb")
"""Header of a message of the formats 0 and 1: offset, length, CRC, magic, attributes."""
MESSAGE_OVERHEAD = 12
"""Bytes of offset and length, which the length does not count."""


class PlainRecord(NamedTuple):
    """A record without its headers; ``timestamp`` in epoch ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[()] = ()


class Piece(NamedTuple):
    """Records of a part of a batch; ``records`` may be asked for an iterator again, unlike the library's batch.

    ``plainly`` reads them again without their headers, because the library refuses a header's name that is not UTF-8;
    ``None`` where headers were not read.
    """

    records: Iterator[Any]
    size_bytes: int
    plainly: Callable[[], Iterable[PlainRecord]] | None


class _Body:
    """Packed records of a batch, unpacked when they are needed.

    One large body is unpacked at a time: while one partition is in the middle of a batch another may begin with its
    own, and the first one is unpacked again when it goes on.
    """

    _held: ClassVar[_Body | None] = None

    def __init__(self, codec: int, packed: memoryview, limit_bytes: int) -> None:
        self._codec = codec
        self._packed = packed
        self._limit_bytes = limit_bytes
        self._unpacked: Unpacked | None = None

    def unpacked(self) -> Unpacked | memoryview:
        """The unpacked records.

        Raises:
            TooLarge: they are more than the limit.
        """
        if not self._codec:
            return self._packed
        if self._unpacked is None:
            self.release()
            self._unpacked = unpack(self._codec, self._packed, self._limit_bytes)
            if len(self._unpacked) > PIECE_BYTES:
                _Body._held = self
        return self._unpacked

    @staticmethod
    def release() -> None:
        """Let go of the large body that is unpacked now."""
        held, _Body._held = _Body._held, None
        if held is not None:
            held._unpacked = None


def pieces(raw: memoryview, batch: Any, limit_bytes: int) -> Iterator[Piece]:
    """The records of a batch.

    Args:
        raw: the batch as the broker sent it.
        batch: the library's view of it.
        limit_bytes: largest size of its unpacked records.

    Raises:
        TooLarge: they are more, before the first piece.
        CorruptRecordException: they cannot be read.
    """
    if raw[16] >= 2:
        return _pieces(raw, batch, limit_bytes)
    return _legacy_pieces(raw, batch, limit_bytes)


def _pieces(raw: memoryview, batch: Any, limit_bytes: int) -> Iterator[Piece]:
    header = HEADER.unpack_from(raw)
    body = _Body(header[5] & CODEC_MASK, raw[HEADER.size :], limit_bytes)
    unpacked = body.unpacked()
    size = len(unpacked)
    if size > limit_bytes:
        raise TooLarge
    if size <= PIECE_BYTES:
        if header[5] & CODEC_MASK:
            batch = _batch_of(header, bytes(unpacked), header[12])
        yield Piece(chain(batch), size, lambda: _plain(header, bytes(body.unpacked())))
        return
    del unpacked
    place = 0
    while place < size:
        whole = body.unpacked()
        end, count = _piece_end(whole, place)
        part = bytes(memoryview(whole)[place:end])
        del whole
        place = end
        if len(part) > PIECE_BYTES:  # one record, whose headers may be millions
            yield Piece(_plain(header, part), len(part), None)
        else:
            yield Piece(chain(_batch_of(header, part, count)), len(part), partial(_plain, header, part))


def _batch_of(header: tuple[int, ...], records: bytes, count: int) -> Any:
    """A batch of unpacked records with the offsets and times of the one that they are of."""
    length = HEADER.size - MESSAGE_OVERHEAD + len(records)
    plain = (header[0], length, *header[2:5], header[5] & ~CODEC_MASK, *header[6:12], count)
    return DefaultRecordBatch(HEADER.pack(*plain) + records)


def _piece_end(records: Any, start: int) -> tuple[int, int]:
    """End and number of the records from ``start`` on that make a piece: one record at least."""
    place, count = start, 0
    while place < len(records):
        length, body = _varint(records, place)
        end = body + length
        if length < 0 or end > len(records):
            raise CorruptRecordException(f"a record of {length} bytes reaches beyond its batch")
        if count and end - start > PIECE_BYTES:
            break
        place, count = end, count + 1
    return place, count


def _plain(header: tuple[int, ...], records: bytes) -> Iterator[PlainRecord]:
    """Records of message format 2 without their headers."""
    place = 0
    while place < len(records):
        length, place = _varint(records, place)
        end = place + length
        delta_ms, after = _varint(records, place + 1)  # after the attributes, which nobody uses
        delta, after = _varint(records, after)
        key, after = _sized(records, after)
        value, after = _sized(records, after)
        time_ms = header[8] if header[5] & APPEND_TIME_MASK else header[7] + delta_ms
        yield PlainRecord(header[0] + delta, time_ms, key, value)
        place = end


def _sized(records: bytes, place: int) -> tuple[bytes | None, int]:
    length, place = _varint(records, place)
    return (None, place) if length < 0 else (records[place : place + length], place + length)


def _varint(records: Any, place: int) -> tuple[int, int]:
    """A zigzag varint, and the place after it."""
    value = shift = 0
    try:
        while True:
            byte = records[place]
            place += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1), place
            shift += 7
            if shift > 63:
                raise CorruptRecordException("a number of a record is longer than ten bytes")
    except IndexError:
        raise CorruptRecordException("a record ends in the middle of a number") from None


def _legacy_pieces(raw: memoryview, batch: Any, limit_bytes: int) -> Iterator[Piece]:
    offset, _, _, magic, attributes = MESSAGE.unpack_from(raw)
    codec = attributes & CODEC_MASK
    if not codec:
        yield Piece(chain(batch), len(raw), None)
        return
    place = MESSAGE.size + (8 if magic else 0)
    (time_ms,) = struct.unpack_from(">q", raw, MESSAGE.size) if magic else (-1,)
    _, place = _message_bytes(raw, place)
    packed, _ = _message_bytes(raw, place)
    if packed is None:
        raise CorruptRecordException("a compressed message has no value")
    body = _Body(codec, packed, limit_bytes)
    appended_ms = time_ms if magic and attributes & APPEND_TIME_MASK else None
    # In format 1 the offsets inside are relative, and the outer offset is that of the last message.
    places = deque(_message_places(body.unpacked()), maxlen=1)
    base = offset - places[-1][1] if magic and places else 0

    def records() -> Iterator[PlainRecord]:
        messages = body.unpacked()
        for start, inner in _message_places(messages):
            yield _message(messages, start, base + inner, magic, appended_ms)

    yield Piece(records(), len(body.unpacked()), None)


def _message_places(messages: Any) -> Iterator[tuple[int, int]]:
    """Place and offset of each message inside a compressed one."""
    place = 0
    while place + MESSAGE.size <= len(messages):
        offset, length, *_ = MESSAGE.unpack_from(messages, place)
        if length < MESSAGE.size - MESSAGE_OVERHEAD or place + MESSAGE_OVERHEAD + length > len(messages):
            raise CorruptRecordException(f"a message of {length} bytes reaches beyond its batch")
        yield place, offset
        place += MESSAGE_OVERHEAD + length


def _message(messages: Any, place: int, offset: int, magic: int, appended_ms: int | None) -> PlainRecord:
    view = memoryview(messages)
    place += MESSAGE.size
    time_ms = -1
    if magic:
        (time_ms,) = struct.unpack_from(">q", view, place)
        place += 8
    key, place = _message_bytes(view, place)
    value, _ = _message_bytes(view, place)
    return PlainRecord(
        offset,
        time_ms if appended_ms is None else appended_ms,
        None if key is None else bytes(key),
        None if value is None else bytes(value),
    )


def _message_bytes(messages: memoryview, place: int) -> tuple[memoryview | None, int]:
    (length,) = struct.unpack_from(">i", messages, place)
    place += 4
    return (None, place) if length < 0 else (messages[place : place + length], place + length)
