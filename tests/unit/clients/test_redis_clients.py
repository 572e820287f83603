"""Errors of Redis clients, each in one sentence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from pydantic import SecretStr
from redis.exceptions import AuthenticationError, NoPermissionError, RedisClusterException, ResponseError

from streams.clients.redis_clients import async_client, describe, sync_client
from streams.common.errors import UserError
from streams.config.settings import Settings


def connect_async(settings: Settings) -> None:
    """Connect with asyncio, once."""
    asyncio.run(async_client(settings))


@pytest.mark.parametrize("connect", [sync_client, connect_async])
@pytest.mark.parametrize("cluster", [False, True])
def test_an_unreachable_redis_is_named(connect: Callable[[Settings], object], cluster: bool) -> None:
    """Nobody listening there is one sentence with the address, without user and password."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        settings = Settings(redis=SecretStr(f"redis://me:secret@127.0.0.1:{port}/0"), redis_cluster=cluster)
        with pytest.raises(UserError, match=rf"redis = redis://\*\*\*:\*\*\*@127.0.0.1:{port}/0 cannot be reached"):
            connect(settings)


def cluster_error(message: str, cause: Exception) -> Exception:
    """An error of the first node, wrapped as by the Cluster client."""
    error = RedisClusterException(message)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cluster,error,sentence",
    [
        (False, AuthenticationError("WRONGPASS"), "refuses the user or password"),
        (True, cluster_error("no node", AuthenticationError("WRONGPASS")), "refuses the user or password"),
        (False, NoPermissionError("no EVALSHA"), r"forbids its ACL user a command \(no EVALSHA\)"),
        (
            True,
            cluster_error("no", ResponseError("This instance has cluster support disabled")),
            "is no Redis Cluster; set redis_cluster = false",
        ),
        (False, ResponseError("DB index is out of range"), r"cannot be used \(DB index is out of range\)"),
        (True, cluster_error("no node", OSError("refused")), r"cannot be reached \(refused\)"),
        (False, TimeoutError("too slow"), r"cannot be reached \(too slow\)"),
    ],
)
def test_every_refusal_says_what_to_do(cluster: bool, error: Exception, sentence: str) -> None:
    """The sentence names the setting that can mend it."""
    with pytest.raises(UserError, match=sentence):
        raise describe(Settings(redis_cluster=cluster), error)
