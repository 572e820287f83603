"""Unpacking of compressed Kafka batches with a bound in bytes: a few kilobytes can be packed gigabytes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import cramjam
from aiokafka.errors import CorruptRecordException, UnsupportedCodecError
from lz4.frame import LZ4FrameDecompressor

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
PART_BYTES = 1 << 20
"""Bytes that are unpacked in one step: most batches are done then, and a larger one is known to be larger."""
XERIAL_MAGIC = b"\x82SNAPPY\0"
XERIAL_HEADER_BYTES = 16
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"

Packed = bytes | memoryview
Unpacked = bytes | bytearray


class TooLarge(Exception):
    """A batch that unpacks to more bytes than the limit; no more than the limit was ever in memory."""


def unpack(codec: int, packed: Packed, limit_bytes: int) -> Unpacked:
    """The bytes that were packed.

    Raises:
        TooLarge: they are more than ``limit_bytes``.
        CorruptRecordException: they cannot be unpacked.
        UnsupportedCodecError: a codec that Kafka does not have.
    """
    try:
        if codec == ZSTD:
            return _zstd(packed, limit_bytes)
        if codec == SNAPPY and bytes(packed[:8]) != XERIAL_MAGIC:
            return _snappy_block(packed, limit_bytes)
        return _joined(_parts(codec, packed, limit_bytes), limit_bytes)
    except (zlib.error, RuntimeError, OSError, ValueError, struct.error, cramjam.DecompressionError) as error:
        raise CorruptRecordException(f"a batch cannot be unpacked: {error}") from error


def _parts(codec: int, packed: Packed, limit_bytes: int) -> Iterator[Unpacked]:
    if codec == GZIP:
        return _gzip(packed)
    if codec == LZ4:
        return _lz4(packed)
    if codec == SNAPPY:
        return _xerial(memoryview(packed)[XERIAL_HEADER_BYTES:], limit_bytes)
    raise UnsupportedCodecError(f"Kafka has no compression codec {codec}")


def _joined(parts: Iterator[Unpacked], limit_bytes: int) -> Unpacked:
    whole: Unpacked = next(parts, b"")
    for part in parts:
        if not isinstance(whole, bytearray):
            whole = bytearray(whole)
        whole += part
        if len(whole) > limit_bytes:
            raise TooLarge
    if len(whole) > limit_bytes:
        raise TooLarge
    return whole


def _gzip(packed: Packed) -> Iterator[Unpacked]:
    """Parts of one gzip member after the other, as the format allows."""
    left: Packed = packed
    while left:
        member = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        while not member.eof:
            part = member.decompress(left, PART_BYTES)
            left = member.unconsumed_tail
            if not part and not member.eof:
                raise ValueError("the gzip data ends too soon")
            yield part
        left = member.unused_data.lstrip(b"\0")


def _lz4(packed: Packed) -> Iterator[Unpacked]:
    """Parts of one LZ4 frame after the other."""
    left: Packed | None = packed
    while left:
        frame = LZ4FrameDecompressor()
        more: Packed = left
        while not frame.eof:
            part = frame.decompress(more, max_length=PART_BYTES)
            if not part and frame.needs_input and not frame.eof:
                raise ValueError("the LZ4 frame ends too soon")
            yield part
            more = b""
        left = frame.unused_data


def _xerial(packed: memoryview, limit_bytes: int) -> Iterator[Unpacked]:
    """Blocks of the framing that Java's Snappy writes: a length and a Snappy block each."""
    place = 0
    while place < len(packed):
        (length,) = struct.unpack_from(">i", packed, place)
        place += 4
        if not 0 <= length <= len(packed) - place:
            raise ValueError("the Snappy data ends too soon")
        yield _snappy_block(packed[place : place + length], limit_bytes)
        place += length


def _snappy_block(packed: Packed, limit_bytes: int) -> Unpacked:
    """A Snappy block, which begins with its unpacked length."""
    length = cramjam.snappy.decompress_raw_len(packed)
    if length > limit_bytes:
        raise TooLarge
    block = bytearray(length)
    cramjam.snappy.decompress_raw_into(packed, block)
    return block


def _zstd(packed: Packed, limit_bytes: int) -> Unpacked:
    """Zstandard frames. The library has no stream, but it stops at the end of the room that it is given."""
    declared = _zstd_content_bytes(packed)
    if declared is not None and declared > limit_bytes:
        raise TooLarge
    for room_bytes in (min(limit_bytes, PART_BYTES if declared is None else declared), limit_bytes):
        # Untouched pages of a new bytearray take no memory, so that large room costs nothing by itself.
        room = bytearray(room_bytes)
        try:
            written = cramjam.zstd.decompress_into(packed, room)
        except cramjam.DecompressionError as error:
            if "whole buffer" not in str(error):
                raise
            continue
        del room[written:]
        return room
    raise TooLarge


def _zstd_content_bytes(packed: Packed) -> int | None:
    """Unpacked bytes that the header of the first frame declares (RFC 8878, 3.1.1.1); ``None`` without them."""
    header: Any = bytes(packed[:18])
    if len(header) < 6 or header[:4] != ZSTD_MAGIC:
        return None
    descriptor = header[4]
    single = bool(descriptor & 0x20)
    size_flag = descriptor >> 6
    length = (1 if single else 0, 2, 4, 8)[size_flag]
    place = 5 + (0 if single else 1) + (0, 1, 2, 4)[descriptor & 3]
    if not length or len(header) < place + length:
        return None
    return int.from_bytes(header[place : place + length], "little") + (256 if length == 2 else 0)
