"""Redis clients for the settings: one server or a Cluster, TLS, ACL user; with short timeouts and few retries."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any, cast

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoPermissionError, ReadOnlyError, RedisClusterException, RedisError
from redis.retry import Retry

from streams.common.errors import Unavailable, UserError
from streams.config.redis_password import set_redis_password, stack_redis_password
from streams.config.settings import Settings
from streams.store.redis_errors import NOT_CLUSTER, PASSWORD, UNUSABLE, causes, failure_of

SOCKET_TIMEOUT_SECONDS = 1.0
"""redis-py's defaults are 5 s and 11 attempts; a stuck server would block its caller for a minute."""
RETRIES = 2
RETRY_BASE_SECONDS = 0.02
RETRY_CAP_SECONDS = 0.2
RECONNECTS: list[type[Exception]] = [ReadOnlyError]
"""Errors after which the connection is closed: the name in the setting may lead to a new master by now."""

SyncClient = redis.Redis | redis.RedisCluster
AsyncClient = redis.asyncio.Redis | redis.asyncio.RedisCluster
CLIENT_ERRORS = (RedisError, RedisClusterException, OSError)
"""Errors of a client when Redis cannot serve it; those of the Cluster client are not subclasses of ``RedisError``."""


class _FreshTls(redis.asyncio.SSLConnection):
    """A connection that reads the certificates again whenever it connects, as those of the plain client do."""

    def _connection_arguments(self) -> Mapping[str, Any]:
        self.ssl_context.context = None
        return cast(Mapping[str, Any], super()._connection_arguments())


def sync_client(settings: Settings, socket_timeout_seconds: float = SOCKET_TIMEOUT_SECONDS) -> SyncClient:
    """A connected client for the Redis of ``settings``; it returns bytes.

    Raises:
        UserError: Redis is unreachable or refuses the password, or ``redis_cluster`` is set wrongly.
    """
    options = _options(settings, socket_timeout_seconds)
    retry = Retry(ExponentialBackoff(cap=RETRY_CAP_SECONDS, base=RETRY_BASE_SECONDS), RETRIES)
    url = settings.redis.get_secret_value()
    try:
        if settings.redis_cluster:
            return redis.RedisCluster.from_url(url, retry=retry, **options)
        client = redis.Redis.from_url(url, retry=retry, retry_on_error=RECONNECTS, **options)
        with contextlib.suppress(NoPermissionError):  # an ACL user need not be allowed INFO
            _refuse_cluster_node(settings, client.info("cluster"))
    except (*CLIENT_ERRORS, ValueError, TypeError) as error:
        raise describe(settings, error) from None
    return client


async def async_client(settings: Settings, socket_timeout_seconds: float = SOCKET_TIMEOUT_SECONDS) -> AsyncClient:
    """The same client for asyncio, connected (a Cluster initialised) before it is returned.

    Raises:
        UserError: as ``sync_client``.
    """
    options = _options(settings, socket_timeout_seconds)
    retry = AsyncRetry(ExponentialBackoff(cap=RETRY_CAP_SECONDS, base=RETRY_BASE_SECONDS), RETRIES)
    url = settings.redis.get_secret_value()
    async with contextlib.AsyncExitStack() as closing:
        try:
            if settings.redis_cluster:
                cluster = redis.asyncio.RedisCluster.from_url(url, retry=retry, **options)
                closing.push_async_callback(cluster.aclose)
                await cluster.initialize()
                closing.pop_all()
                return cluster
            client = redis.asyncio.Redis.from_url(url, retry=retry, retry_on_error=RECONNECTS, **options)
            if url.startswith("rediss://"):
                client.connection_pool.connection_class = _FreshTls
            closing.push_async_callback(client.aclose)
            with contextlib.suppress(NoPermissionError):
                _refuse_cluster_node(settings, await client.info("cluster"))
        except (*CLIENT_ERRORS, ValueError, TypeError) as error:
            raise describe(settings, error) from None
        closing.pop_all()
    return client


def _refuse_cluster_node(settings: Settings, info: Mapping[str, Any]) -> None:
    """Refuse a plain client on a Cluster node: it would work until the first key of another node."""
    if info.get("cluster_enabled"):
        where = settings.redis_display()
        raise UserError(f"redis = {where} is a node of a Redis Cluster; set redis_cluster = true")


def describe(settings: Settings, error: BaseException) -> UserError:
    """One sentence for the user about a client's error, with what to correct; ``Unavailable`` where it passes."""
    where = settings.redis_display()
    failure = failure_of(error)
    if failure is None or (failure is NOT_CLUSTER and not settings.redis_cluster):
        failure = UNUSABLE
    text = str(list(causes(error))[-1] if isinstance(error, RedisClusterException) else error)
    detail = "" if failure in (PASSWORD, NOT_CLUSTER) else f" ({text})"
    sentence = f"redis = {where}{failure.says}{detail}; {failure.remedy}"
    return Unavailable(sentence) if failure.passes else UserError(sentence)


def _options(settings: Settings, socket_timeout_seconds: float) -> dict[str, Any]:
    options: dict[str, Any] = {
        "decode_responses": False,
        "driver_info": None,  # CLIENT SETINFO, for which an ACL user with the least rights has none
        "socket_timeout": socket_timeout_seconds,
        "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
    }
    password = set_redis_password(settings)
    if password is None:
        password = stack_redis_password(settings)
    if password:
        options["password"] = password
    if settings.redis.get_secret_value().startswith("rediss://"):
        options["ssl_cert_reqs"] = "required"
        if settings.redis_ca_file is not None:
            options["ssl_ca_certs"] = str(settings.redis_ca_file)
    return options
