"""Errors of Redis by kind: which pass by themselves, and what a person can do about the others. One table for all
programs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ClusterDownError,
    MasterDownError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
    TryAgainError,
)

from streams.store import patience
from streams.store.patience import Failure, Server

AWAY = Failure(" cannot be reached", "start it or correct the setting redis", passes=True)
LOADING = Failure(" loads its data", "wait until it has", passes=True)
PASSWORD = Failure(" refuses the user or password", "set VEINTE_REDIS_PASSWORD, or the user in the URL", passes=False)
FORBIDDEN = Failure(" forbids its ACL user a command", "allow it with ACL SETUSER", passes=False)
NOT_CLUSTER = Failure(" is no Redis Cluster", "set redis_cluster = false or name a node of a Cluster", passes=False)
WRONG_TYPE = Failure(
    " holds a key of another kind than ours", "run `veinte rebuild`, or choose another VEINTE_NAMESPACE", passes=False
)
UNUSABLE = Failure(" cannot be used", "check the setting redis", passes=False)


class _Kind(NamedTuple):
    """A failure with what its errors are recognised by: their types, or the code that begins Redis's answer."""

    failure: Failure
    types: tuple[type[BaseException], ...] = ()
    code: str = ""


_KINDS = (
    _Kind(PASSWORD, (AuthenticationError,)),
    _Kind(FORBIDDEN, (NoPermissionError,)),
    _Kind(WRONG_TYPE, code="WRONGTYPE"),
    _Kind(
        Failure(" has no memory left", "raise its maxmemory, or free memory there", passes=True),
        (OutOfMemoryError,),
        "OOM",
    ),
    _Kind(
        Failure(" cannot write to its disk", "make room on the disk of Redis; its log says more", passes=True),
        code="MISCONF",
    ),
    _Kind(Failure(" is busy with a script", "end that script with SCRIPT KILL", passes=True), code="BUSY"),
    _Kind(LOADING, (BusyLoadingError,), "LOADING"),
    _Kind(
        Failure(" is a replica and takes no writes", "name the master in the setting redis", passes=True),
        (ReadOnlyError,),
        "READONLY",
    ),
    _Kind(
        Failure(" has too few replicas to take writes", "start them, or lower min-replicas-to-write", passes=True),
        code="NOREPLICAS",
    ),
    _Kind(
        Failure(" is without a master", "wait for the failover, or start the missing node", passes=True),
        (ClusterDownError, MasterDownError, TryAgainError),
    ),
    _Kind(UNUSABLE, (ResponseError,)),
    _Kind(AWAY, (RedisError, RedisClusterException, OSError)),
)
"""In order: the first kind that fits is the one."""


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes: the Cluster client hides a wrong password two levels down."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        yield error
        seen.add(id(error))
        error = error.__cause__ or error.__context__


def failure_of(error: BaseException) -> Failure | None:
    """The kind of a client's error; ``None`` for an error of another origin."""
    if isinstance(error, RedisClusterException):
        chain = list(causes(error))
        if any(isinstance(cause, AuthenticationError) for cause in chain):
            return PASSWORD
        if any("cluster support disabled" in str(cause).lower() for cause in chain):
            return NOT_CLUSTER
        return AWAY
    for kind in _KINDS:
        if isinstance(error, kind.types) or (kind.code and _has_code(error, kind.code)):
            return kind.failure
    return None


def _has_code(error: BaseException, code: str) -> bool:
    """True for an answer of Redis with this code, also inside the text that Redis 6 puts around the error of a script,
    and redis-py around that of a pipeline."""
    text = str(error)
    return isinstance(error, RedisError) and (
        text.startswith(f"{code} ") or f"-{code} " in text or f"caused error: {code} " in text
    )


REDIS = Server("Redis", failure_of)
"""The Redis of the numbers."""


async def patiently(call: Callable[[], Awaitable[Any]]) -> Any:
    """Result of a Redis call, retried with backoff for ``RETRY_SECONDS`` while Redis does not serve.

    A script is repeated only after an error that Redis raises before the first write of a script.
    """
    return await patience.patiently(call, REDIS)
