"""The embedded stack as a whole: up, down, status. All it keeps is below ``settings.data``."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from streams.create_topics import create_topics
from streams.errors import UserError
from streams.settings import Settings
from streams.stack import kafka_server, redis_server
from streams.stack.addresses import Endpoint, kafka_endpoint, port_is_free, redis_endpoint, redis_password
from streams.stack.hash_key import hash_key_file, make_hash_key
from streams.stack.jars import read_lock
from streams.stack.processes import Launch, Lifeline, ProcessId, Server, forget, recall, remember, spawn, stop
from streams.stack.programs import find_java, find_redis
from streams.stack.readiness import kafka_answers, redis_answers

log = logging.getLogger(__name__)

KAFKA, REDIS = "kafka", "redis"
SERVERS = (KAFKA, REDIS)
READY_TIMEOUT_SECONDS = 90.0
"""Kafka recovers its logs after a crash before it answers; a small machine may need most of this."""
LOCK_TIMEOUT_SECONDS = 30.0
"""Patience with another command on the same data directory; a stop takes less."""
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 5


class ServerStatus(NamedTuple):
    """One server as it is now."""

    name: str
    running: bool
    answers: bool
    address: str
    version: str | None
    pid: int | None


class Started(NamedTuple):
    """What ``up`` did: servers it started (the others ran already), topics it created, whether it made a hash key."""

    servers: tuple[str, ...]
    topics: tuple[str, ...]
    hash_key_made: bool


class Stack:
    """One Kafka and one Redis on the loopback addresses that the settings name."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is started yet.

        Raises:
            UserError: the settings name servers that cannot be embedded.
        """
        self.settings = settings
        self.data = settings.data.expanduser().absolute()
        self.endpoints: dict[str, Endpoint] = {KAFKA: kafka_endpoint(settings), REDIS: redis_endpoint(settings)}
        if self.endpoints[KAFKA].port == self.endpoints[REDIS].port:
            raise UserError(f"kafka and redis both name port {self.endpoints[KAFKA].port}; give each its own")
        self._run = self.data / "run"
        self._lifelines: dict[str, Lifeline] = {}

    @property
    def hash_key_file(self) -> Path:
        """Where the hash key is, if the stack made one."""
        return hash_key_file(self.settings)

    def log_file(self, name: str) -> Path:
        """Where the server ``kafka`` or ``redis`` logs."""
        return self.data / "logs" / f"{name}.log"

    def up(self, *, detach: bool = True, on_step: Callable[[str], None] = log.info) -> Started:
        """Start what does not run, wait until both answer, create topics and hash key.

        With ``detach`` the servers live on until :meth:`down`; without it they end with this process, however it ends.
        ``on_step`` is told what is being done, a few words each time.
        A start that fails or is interrupted stops what it had started.

        Raises:
            UserError: a port is taken, a program is missing, a server does not come up, topics do not fit.
        """
        with self._locked():
            started = self._start_missing(on_step)
            try:
                on_step("waiting until both answer")
                self._wait_until_ready()
                topics = create_topics(self.settings)
                made = make_hash_key(self.settings)
            except BaseException:
                self._stop(started)
                raise
            if detach:
                self.detach()
        return Started(started, tuple(topics), made)

    def detach(self) -> None:
        """Let the servers this object started outlive the process."""
        for lifeline in self._lifelines.values():
            lifeline.detach()
        self._lifelines.clear()

    def down(self) -> tuple[str, ...]:
        """Stop the servers, whoever started them, and wait until no process of theirs is left; gives their names."""
        if not self._run.exists():
            return ()
        with self._locked():
            return self._stop(SERVERS)

    @contextmanager
    def attached(self, *, on_step: Callable[[str], None] = log.info) -> Iterator[Started]:
        """Have the stack for the length of a block: what was not running before is stopped at its end."""
        started = self.up(detach=False, on_step=on_step)
        try:
            yield started
        finally:
            with self._locked():
                self._stop(started.servers)

    def status(self) -> tuple[ServerStatus, ...]:
        """Both servers as they are now; asks each that runs for an answer."""
        return tuple(self._server_status(name) for name in SERVERS)

    def processes(self) -> tuple[ProcessId, ...]:
        """Every process of the stack that its pid files name: the servers and their keepers."""
        known = [server for name in SERVERS if (server := recall(self._run, name)) is not None]
        return tuple(process for server in known for process in (server.process, server.keeper))

    def stopped_on_purpose(self, name: str) -> bool:
        """Whether a server that ended was ended by a `down`; waits for one that is under way."""
        with self._locked():
            return recall(self._run, name) is None

    def recalled(self, name: str) -> Server | None:
        """The server as its pid file describes it, if that process still runs."""
        server = recall(self._run, name)
        return server if server is not None and server.running() else None

    def _server_status(self, name: str) -> ServerStatus:
        server = self.recalled(name)
        if server is None:
            return ServerStatus(name, False, False, str(self.endpoints[name]), None, None)
        answers = server.address == str(self.endpoints[name]) and self._answers(server)
        return ServerStatus(name, True, answers, server.address, server.version, server.process.pid)

    def _answers(self, server: Server) -> bool:
        if server.name == KAFKA:
            return kafka_answers(self.settings, kafka_server.cluster_id(self.data / KAFKA))
        return redis_answers(self.settings, server.process.pid)

    def _start_missing(self, on_step: Callable[[str], None]) -> tuple[str, ...]:
        """Start the servers that do not run; all is checked before the first one is."""
        missing = []
        for name in SERVERS:
            server, endpoint = self.recalled(name), self.endpoints[name]
            if server is None:
                self._require_free_port(name, endpoint)
                missing.append(name)
            elif server.address != str(endpoint):
                raise UserError(
                    f"the {name} of {self.data} runs on {server.address}, but the settings name {endpoint}; "
                    "run `veinte stack down` with the old settings first"
                )
        starters: dict[str, Callable[[], None]] = {KAFKA: self._start_kafka, REDIS: self._start_redis}
        begun: list[str] = []
        try:
            for name in missing:
                begun.append(name)
                on_step(f"starting {name}")
                starters[name]()
        except BaseException:
            self._stop(begun)
            raise
        return tuple(missing)

    def _require_free_port(self, name: str, endpoint: Endpoint) -> None:
        if not port_is_free(endpoint.bind, endpoint.port):
            other = "kafka = 127.0.0.1:PORT" if name == KAFKA else "redis = redis://127.0.0.1:PORT/0"
            raise UserError(
                f"port {endpoint.port} on {endpoint.host}, where {name} should listen, is in use by another program; "
                f"stop that program or set VEINTE_{name.upper()} to a free port ({other})"
            )

    def _start_kafka(self) -> None:
        java = find_java()
        version = f"{read_lock().kafka_version} (Java {java.version})"
        launch = kafka_server.prepare(java, self.endpoints[KAFKA], self.data / KAFKA, self.log_file(KAFKA))
        self._launch(KAFKA, launch, self.data / "logs" / "kafka.out", version)

    def _start_redis(self) -> None:
        redis = find_redis()
        launch = redis_server.prepare(redis, self.endpoints[REDIS], redis_password(self.settings), self.data / REDIS)
        self._launch(REDIS, launch, self.log_file(REDIS), redis.version)

    def _launch(self, name: str, launch: Launch, output: Path, version: str) -> None:
        process, keeper, self._lifelines[name] = spawn(launch, output)
        remember(self._run, Server(name, process, keeper, str(self.endpoints[name]), version))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        for name in SERVERS:
            while True:
                server = self.recalled(name)
                if server is None:
                    raise UserError(f"{name} ended while it was starting: {self._last_words(name)}")
                if self._answers(server):
                    break
                if time.monotonic() > deadline:
                    raise UserError(
                        f"{name} did not answer on {server.address} within {READY_TIMEOUT_SECONDS:g} s; "
                        f"see {self.log_file(name)}"
                    )
                time.sleep(POLL_SECONDS)

    def _last_words(self, name: str) -> str:
        """The end of the server's output, on one line, and where the rest is."""
        lines: list[str] = []
        for file in (self.data / "logs" / f"{name}.out", self.log_file(name)):
            with suppress(OSError):
                lines = lines or file.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
        return f"{' / '.join(lines) or 'it said nothing'} (see {self.log_file(name)})"

    def _stop(self, names: tuple[str, ...] | list[str]) -> tuple[str, ...]:
        known = [server for name in names if (server := recall(self._run, name)) is not None]
        running = tuple(server.name for server in known if server.running())
        stop(known)
        for name in names:
            if (lifeline := self._lifelines.pop(name, None)) is not None:
                lifeline.cut()
            forget(self._run, name)
        return running

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One command at a time works on a data directory."""
        try:
            for folder in (self._run, self.data / "logs"):
                folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise UserError(f"data = {self.data} cannot be written ({error}); name a directory of yours") from None
        try:
            self._take(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _take(self, descriptor: int) -> None:
        deadline = time.monotonic() + LOCK_TIMEOUT_SECONDS
        while True:
            try:
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise UserError(f"another `veinte stack` command works on {self.data}; wait for its end") from None
                time.sleep(POLL_SECONDS)
