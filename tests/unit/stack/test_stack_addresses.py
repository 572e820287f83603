"""Where the embedded stack may listen."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.stack.addresses import (
    FREE_PORTS,
    free_port,
    kafka_endpoint,
    port_is_free,
    redis_endpoint,
    redis_password,
)
from streams.stack.embedded import Stack
from streams.stack.redis_server import redis_conf


@pytest.mark.parametrize(
    "kafka, bind, port, shown",
    [
        ("127.0.0.1:9092", "127.0.0.1", 9092, "127.0.0.1:9092"),
        ("localhost:1234", "127.0.0.1", 1234, "localhost:1234"),
        ("[::1]:9092", "::1", 9092, "[::1]:9092"),
    ],
)
def test_kafka_on_loopback_is_taken_from_the_settings(kafka: str, bind: str, port: int, shown: str) -> None:
    """The embedded Kafka binds the loopback address and port that the setting names."""
    endpoint = kafka_endpoint(Settings(kafka=kafka))
    assert (bind, port, shown) == (endpoint.bind, endpoint.port, str(endpoint))


@pytest.mark.parametrize(
    "values, words",
    [
        ({"kafka": "10.1.2.3:9092"}, "10.1.2.3, which is not loopback"),
        ({"kafka": "0.0.0.0:9092"}, "0.0.0.0, which is not loopback"),
        ({"kafka": "127.0.0.1:9092,127.0.0.1:9093"}, "several servers"),
        ({"kafka": "broker.invalid:9092"}, "cannot be found"),
        ({"kafka_security": "SSL"}, "kafka_security = SSL"),
        ({"redis": "redis://10.1.2.3:6379/0"}, "10.1.2.3, which is not loopback"),
        ({"redis": "rediss://127.0.0.1:6379/0"}, "rediss://"),
        ({"redis": "redis://worker:secret@127.0.0.1:6379/0"}, "names a user"),
        ({"redis_cluster": True}, "a cluster"),
        ({"kafka": "127.0.0.1:6379"}, "both name port 6379"),
    ],
)
def test_what_cannot_be_embedded_is_refused_in_one_sentence(values: dict[str, Any], words: str) -> None:
    """A stack for servers elsewhere, with TLS, with users or on one port is refused, naming the setting's value."""
    with pytest.raises(UserError, match=words) as refusal:
        Stack(Settings(**values))
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "values, password",
    [
        ({}, None),
        ({"redis": "redis://:p%40ss@127.0.0.1:6379/0"}, "p@ss"),
        ({"redis": "redis://default:url@127.0.0.1:6379/0"}, "url"),
        ({"redis_password": "setting"}, "setting"),
        ({"redis_password": ""}, ""),
    ],
)
def test_the_password_is_the_one_clients_give(values: dict[str, Any], password: str | None, tmp_path: Path) -> None:
    """The embedded Redis asks for the password of the URL, decoded, or of the setting."""
    assert password == redis_password(Settings(data=tmp_path, **values))


def test_any_password_stays_on_its_line_of_the_configuration() -> None:
    """Quotes, line ends and letters beyond ASCII in a password cannot break out of Redis' configuration file."""
    conf = redis_conf(redis_endpoint(Settings()), 'a"b\\c\nñ')
    assert r'"a\x22b\x5cc\x0a\xc3\xb1"' == conf["requirepass"]


def test_a_port_with_a_listener_is_not_free() -> None:
    """A port somebody listens on, on this address or on all, counts as taken, and as free once it is closed."""
    for address in ("127.0.0.1", "0.0.0.0"):
        with socket.socket() as listener:
            listener.bind((address, 0))
            listener.listen(1)
            port = listener.getsockname()[1]
            assert not port_is_free("127.0.0.1", port)
        assert port_is_free("127.0.0.1", port)


def test_free_port_avoids_what_it_is_told_to() -> None:
    """A free port is never one that the caller keeps for something else."""
    with pytest.raises(UserError, match="no free port"):
        free_port(avoid=frozenset(FREE_PORTS))
