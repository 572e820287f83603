"""A partition as stored in Redis."""

from __future__ import annotations

from typing import Any, NamedTuple

from streams.store.keys import (
    HEAD_KEY_CHECK,
    HEAD_PARTITIONS,
    HEAD_POSITION,
    HEAD_SOURCE,
    HEAD_STATUS,
    HEAD_TOPIC_ID,
    PartitionKeys,
    decode_status,
)
from streams.store.redis_errors import patiently


class Stored(NamedTuple):
    """Content of a partition in Redis that an owner reads at assignment."""

    head: dict[bytes, bytes]
    names: dict[bytes, bytes]
    policies: dict[bytes, bytes]
    fields: list[bytes]

    @property
    def position(self) -> int | None:
        """Offset of the next record to apply; ``None`` before the first commit."""
        raw = self.head.get(HEAD_POSITION.encode())
        return None if raw is None else int(raw)

    @property
    def formula(self) -> int | None:
        """Version of the contributions that the numbers are made of; ``None`` before the first commit."""
        raw = self.head.get(HEAD_STATUS.encode())
        return None if raw is None else decode_status(raw).formula

    @property
    def topic_id(self) -> str:
        """Id of the topic of the position."""
        return self.head.get(HEAD_TOPIC_ID.encode(), b"").decode()

    @property
    def key_check(self) -> str:
        """Identifies the hash key of the stored identifiers (``streams.clients.pseudonyms.key_check``)."""
        return self.head.get(HEAD_KEY_CHECK.encode(), b"").decode()

    @property
    def source(self) -> str:
        """``source`` of the outcomes published for these numbers; "" if none is stored."""
        return self.head.get(HEAD_SOURCE.encode(), b"").decode()

    @property
    def partitions(self) -> int | None:
        """Number of partitions of the topic when the position was first stored; ``None`` before the first commit."""
        raw = self.head.get(HEAD_PARTITIONS.encode())
        return None if raw is None else int(raw)


async def load(redis: Any, keys: PartitionKeys) -> Stored:
    """Read the data that an owner needs at assignment, in one round trip."""

    async def read() -> Stored:
        pipe = redis.pipeline(transaction=True)
        pipe.hgetall(keys.head)
        pipe.hgetall(keys.names)
        pipe.hgetall(keys.policies)
        pipe.hkeys(keys.numbers)
        return Stored(*await pipe.execute())

    return await patiently(read)  # type: ignore[no-any-return]
