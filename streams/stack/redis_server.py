"""The embedded Redis: its configuration and its command line."""

from __future__ import annotations

import os
from pathlib import Path

from streams.stack.addresses import Endpoint
from streams.stack.processes import Launch
from streams.stack.programs import Program
from streams.stack.server_environment import only

DATA, CONF = "data", "redis.conf"


def redis_conf(endpoint: Endpoint, password: str | None) -> dict[str, str]:
    """Configuration of the server.

    Its append-only file is synced every second. A crash loses at most the last second or two, and the stored positions
    are lost together with the numbers, so the worker reads that part of Kafka again. Snapshots (`save`) would lose
    minutes; a sync at each commit would cost throughput and gain nothing. Nothing is ever evicted.
    """
    conf = {
        "bind": endpoint.bind,
        "port": str(endpoint.port),
        "protected-mode": "yes",
        "daemonize": "no",
        "dir": DATA,
        "save": '""',
        "appendonly": "yes",
        "appendfsync": "everysec",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
        "tcp-backlog": "128",
    }
    if password:
        conf["requirepass"] = _quoted(password)
    return conf


def _quoted(text: str) -> str:
    plain = set(range(0x20, 0x7F)) - set(b'"\\')
    return '"' + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in text.encode()) + '"'


def prepare(redis: Program, endpoint: Endpoint, password: str | None, folder: Path) -> Launch:
    """Write the configuration into ``folder`` (readable by its owner only) and return the launch of Redis."""
    (folder / DATA).mkdir(parents=True, exist_ok=True)
    text = "".join(f"{name} {value}\n" for name, value in redis_conf(endpoint, password).items())
    with os.fdopen(os.open(folder / CONF, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return Launch([redis.path, CONF], folder, only(frozenset(), os.environ))
