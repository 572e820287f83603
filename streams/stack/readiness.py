"""Readiness probes of the embedded servers, which also check the identity of the server that answers."""

from __future__ import annotations

import http.client
import logging

from streams.clients.kafka_clients import admin
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.addresses import Endpoint, kafka_endpoint, port_is_free, redis_endpoint, redis_password

PROBE_TIMEOUT_MS = 3_000
ALERT_PAGES = ("/alerts", "/classic/alerts", "/api/v1/alerts")
"""Pages of Prometheus itself, of Debian's package without the new pages, and the API, which always exists."""


def kafka_answers(settings: Settings, cluster_id: str) -> bool:
    """True if the broker with this cluster id answers a metadata request and names itself as a broker."""
    endpoint = kafka_endpoint(settings)
    if port_is_free(endpoint.bind, endpoint.port):
        return False  # no server listens yet; a client would only use up its timeout
    client_log = logging.getLogger("kafka")
    level = client_log.level
    client_log.setLevel(logging.CRITICAL)  # refused connections are what we are waiting out
    try:
        with admin(settings, PROBE_TIMEOUT_MS) as client:
            cluster = client.describe_cluster()
        return bool(cluster["brokers"]) and cluster["cluster_id"] == cluster_id
    except UserError:
        return False
    finally:
        client_log.setLevel(level)


def redis_answers(settings: Settings, pid: int) -> bool:
    """True if the Redis with this process id answers; false while it still loads its file."""
    from redis import Redis, RedisError
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    endpoint = redis_endpoint(settings)
    client = Redis(
        host=endpoint.bind,
        port=endpoint.port,
        password=redis_password(settings),
        socket_timeout=PROBE_TIMEOUT_MS / 1000,
        socket_connect_timeout=PROBE_TIMEOUT_MS / 1000,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        return bool(client.ping()) and client.info("server")["process_id"] == pid
    except RedisError:
        return False
    finally:
        client.close()


def alerts_page(prometheus: Endpoint) -> str:
    """URL of the alerts for people: Debian's Prometheus has other pages, and none if it was only fetched."""
    pages = (page for page in ALERT_PAGES if page_answers(prometheus, page))
    return f"http://{prometheus}{next(pages, ALERT_PAGES[-1])}"


def page_answers(endpoint: Endpoint, path: str) -> bool:
    """True if a GET of ``path`` returns status 200, as a ready server does."""
    connection = http.client.HTTPConnection(endpoint.bind, endpoint.port, timeout=PROBE_TIMEOUT_MS / 1000)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
