"""Addresses of the embedded stack, taken from the settings and refused unless they are unencrypted and on loopback."""

from __future__ import annotations

import ipaddress
import random
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from streams.common.errors import UserError
from streams.config.redis_password import made_redis_password, set_redis_password
from streams.config.settings import Settings

FREE_PORTS = range(20_000, 32_000)
"""Below the port range of outgoing connections on Linux and macOS, which could occupy a port between two starts."""
_ELSEWHERE = "`veinte stack` starts servers on this machine only; a broker or Redis elsewhere needs no stack"


class Endpoint(NamedTuple):
    """Address of one server: the name that clients use, the loopback address it binds, the port."""

    host: str
    bind: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def listener(self) -> str:
        """``address:port`` to bind, as Kafka writes it."""
        return f"[{self.bind}]:{self.port}" if ":" in self.bind else f"{self.bind}:{self.port}"


def _loopback(setting: str, host: str, port: int) -> Endpoint:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UserError(f"{setting} names the host {host!r}, which cannot be found ({error}); use 127.0.0.1") from None
    addresses = sorted(map(str, found), key=lambda text: (":" in text, text))
    if not all(ipaddress.ip_address(address).is_loopback for address in addresses):
        raise UserError(f"{setting} names {host}, which is not loopback: {_ELSEWHERE}")
    if not 1 <= port <= 65535:
        raise UserError(f"{setting} names port {port}; use one from 1 to 65535")
    return Endpoint(host, addresses[0], port)


def kafka_endpoint(settings: Settings) -> Endpoint:
    """Endpoint of the embedded Kafka.

    Raises:
        UserError: the settings name several servers, TLS or SASL, or another machine.
    """
    if "," in settings.kafka:
        raise UserError(f"kafka = {settings.kafka} names several servers: {_ELSEWHERE}")
    if settings.kafka_security != "PLAINTEXT":
        raise UserError(f"kafka_security = {settings.kafka_security}: {_ELSEWHERE}; the embedded Kafka is PLAINTEXT")
    host, _, port = settings.kafka.strip().rpartition(":")
    return _loopback("kafka", host.strip("[]"), int(port))


def redis_endpoint(settings: Settings) -> Endpoint:
    """Endpoint of the embedded Redis.

    Raises:
        UserError: the settings name TLS, a socket file, a cluster, an ACL user, or another machine.
    """
    url = urlsplit(settings.redis.get_secret_value())
    if url.scheme != "redis" or settings.redis_cluster:
        kind = "a cluster" if settings.redis_cluster else f"{url.scheme}://"
        raise UserError(f"redis asks for {kind}: {_ELSEWHERE}; the embedded Redis is one node on redis://")
    if url.username not in (None, "", "default"):
        raise UserError("the URL of redis names a user; the embedded Redis knows the user `default` only")
    try:
        port = url.port or 6379
    except ValueError:
        raise UserError("redis names no port number from 1 to 65535; use redis://127.0.0.1:6379/0") from None
    return _loopback("redis", url.hostname or "127.0.0.1", port)


def local_endpoint(port: int) -> Endpoint:
    """An endpoint on 127.0.0.1, for a server without remote clients."""
    return Endpoint("127.0.0.1", "127.0.0.1", port)


def redis_password(settings: Settings) -> str | None:
    """The password of the embedded Redis: that of the setting or the URL, else the one that the stack made.

    Raises:
        UserError: the file with the stack's password cannot be read.
    """
    password = set_redis_password(settings)
    return made_redis_password(settings) if password is None else password


def port_is_free(address: str, port: int) -> bool:
    """True if a server can listen on the port now."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port(address: str = "127.0.0.1", avoid: frozenset[int] = frozenset()) -> int:
    """A port that no server listens on now.

    Raises:
        UserError: none of the ports tried is free.
    """
    for port in random.SystemRandom().sample(FREE_PORTS, 200):
        if port not in avoid and port_is_free(address, port):
            return port
    raise UserError(f"no free port was found on {address} from {FREE_PORTS.start} to {FREE_PORTS.stop - 1}")
