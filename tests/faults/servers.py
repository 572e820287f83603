"""A Redis of a test's own, to be stopped, emptied, restarted from an older file, or made a Cluster of one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import redis

from streams.stack.addresses import free_port
from streams.stack.programs import find_redis
from tests.support.processes import DEADLINE_SECONDS, eventually

DUMP = "dump.rdb"
CLUSTER_SLOTS = 16_384


class RedisServer:
    """A redis-server on a free port; ``options`` are its command line's."""

    def __init__(self, folder: Path, *options: str, password: str | None = None, port: int | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port = free_port() if port is None else port
        self.password = password
        self.folder = folder
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Its address, without a password."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server on the data of its folder; returns once it answers."""
        command = [find_redis().path, "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", *self._options]
        if self.password is not None:
            command += ["--requirepass", self.password]
        with (self.folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        eventually("a Redis that answers", self._answers)

    def stop(self) -> None:
        """Kill the server, and wait until its process has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(DEADLINE_SECONDS)

    def client(self) -> Any:
        """A client of the server."""
        return redis.Redis(port=self.port, password=self.password, socket_timeout=5)

    def keep_copy(self) -> None:
        """Save the current data, for ``restart_from_copy``."""
        with contextlib.closing(self.client()) as client:
            client.save()
        shutil.copy(self.folder / DUMP, self.folder / "copy.rdb")

    def restart_from_copy(self) -> None:
        """Kill the server, and start it with the data of ``keep_copy``."""
        self.stop()
        shutil.copy(self.folder / "copy.rdb", self.folder / DUMP)
        self.start()

    def freeze(self) -> None:
        """Suspend the process: nobody gets an answer, and connections stay open."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the process."""
        os.kill(self.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "redis.log").read_text()
        with contextlib.suppress(redis.ConnectionError), contextlib.closing(self.client()) as client:
            return bool(client.ping())
        return False


@contextlib.contextmanager
def redis_server(
    folder: Path, *options: str, password: str | None = None, port: int | None = None
) -> Iterator[RedisServer]:
    """A Redis for the length of the block; ``port`` where somebody knows it already."""
    server = RedisServer(folder, *options, password=password, port=port)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def cluster_of_one(folder: Path) -> Iterator[RedisServer]:
    """A Redis Cluster whose only node has all slots."""
    bus = str(free_port())  # its default, 10,000 above the other port, may be taken
    with (
        redis_server(folder, "--cluster-enabled", "yes", "--cluster-port", bus) as server,
        contextlib.closing(server.client()) as client,
    ):
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, CLUSTER_SLOTS - 1)
        eventually("a Cluster that is up", lambda: b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"))
        yield server
