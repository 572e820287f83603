"""Records of a partition on disk, in buckets by contact, so that one bucket at a time is in memory."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import IO, Self
from zlib import crc32

import msgspec

from streams.common.errors import UserError

BUCKETS = 32
IN_MEMORY_BYTES = 1024 * 1024
"""Bytes of a bucket that are kept in memory before it becomes a file."""
BUCKET_BYTES = 16 * 1024 * 1024
"""Bytes of a bucket that are unpacked at a time, about a tenth of the memory they take then; a larger one is read in
several passes."""

_LENGTH = struct.Struct("<I")


class Spilled(msgspec.Struct, array_like=True, gc=False):
    """An accepted record: its offset, the partition's clock before it and its bytes; or, at offset −1, a state."""

    subject: str
    offset: int
    clock_ms: int | None
    value: bytes


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Spilled).decode


class Spill:
    """Buckets of records. The files have no name, so that nothing of them is left however the process ends."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        enter = self._closing.enter_context
        self._files: list[IO[bytes]] = [enter(_bucket()) for _ in range(BUCKETS)]
        self._sizes = [0] * BUCKETS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def put(self, record: Spilled) -> None:
        """Keep a record.

        Raises:
            UserError: the disk is full.
        """
        bucket = _hash(record.subject) % BUCKETS
        packed = _encode(record)
        try:
            self._files[bucket].write(_LENGTH.pack(len(packed)) + packed)
        except OSError as error:
            raise UserError(
                f"the records of a partition do not fit into {tempfile.gettempdir()} ({error.strerror}); free some "
                "space, or name another folder in TMPDIR"
            ) from None
        self._sizes[bucket] += len(packed)

    def contacts(self) -> Iterator[dict[str, list[Spilled]]]:
        """The records by contact, some contacts at a time; those of one contact in the order of ``put``."""
        for bucket, file in enumerate(self._files):
            passes = 1 + self._sizes[bucket] // BUCKET_BYTES
            for number in range(passes):
                grouped: dict[str, list[Spilled]] = {}
                for record in _read(file):
                    if _hash(record.subject) // BUCKETS % passes == number:
                        grouped.setdefault(record.subject, []).append(record)
                if grouped:
                    yield grouped


def _bucket() -> tempfile.SpooledTemporaryFile[bytes]:
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)


def _read(file: IO[bytes]) -> Iterator[Spilled]:
    file.seek(0)
    while header := file.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(header)
        yield _decode(file.read(length))


def _hash(subject: str) -> int:
    return crc32(subject.encode())
