"""A partition as stored in Redis, and the retries of every call to Redis."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from redis.exceptions import ClusterDownError, MasterDownError, ReadOnlyError, TryAgainError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_delay, wait_random_exponential

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

log = logging.getLogger(__name__)

RETRY_SECONDS = 30
"""Longest time of retries for a Redis that does not answer, before the process ends."""
PASSING = (ClusterDownError, MasterDownError, ReadOnlyError, TryAgainError)
"""Errors of Redis during a failover: the process restarts and finds the new master."""


class Stored(NamedTuple):
    """Content of a partition in Redis that an owner reads at assignment."""

    head: dict[bytes, bytes]
    names: dict[bytes, bytes]
    policies: dict[bytes, bytes]
    fields: list[bytes]
    aside: Mapping[bytes, bytes] = MappingProxyType({})

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


def _say_that_redis_is_away(state: RetryCallState) -> None:
    assert state.outcome is not None
    log.warning("Redis does not answer (%s); asking again, for %s s in all", state.outcome.exception(), RETRY_SECONDS)


async def patiently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Result of a Redis call, retried with backoff for ``RETRY_SECONDS``. Script errors are never retried."""
    retrying = AsyncRetrying(
        retry=retry_if_exception_type((RedisConnectionError, RedisTimeoutError, OSError)),
        wait=wait_random_exponential(multiplier=0.05, max=2),
        stop=stop_after_delay(RETRY_SECONDS),
        before_sleep=_say_that_redis_is_away,
        reraise=True,
    )

    async def attempt() -> Any:
        return await call()

    return await retrying(attempt)


async def load(redis: Any, keys: PartitionKeys) -> Stored:
    """Read the data that an owner needs at assignment, in one round trip."""

    async def read() -> Stored:
        pipe = redis.pipeline(transaction=True)
        pipe.hgetall(keys.head)
        pipe.hgetall(keys.names)
        pipe.hgetall(keys.policies)
        pipe.hkeys(keys.numbers)
        pipe.hgetall(keys.aside)
        return Stored(*await pipe.execute())

    return await patiently(read)  # type: ignore[no-any-return]
