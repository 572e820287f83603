"""The embedded stack as a whole: up, down, status. All its files are below ``settings.data``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from streams.common.errors import UserError
from streams.config.hash_key import hash_key_file
from streams.config.redis_password import redis_password_file, set_redis_password
from streams.config.settings import Settings
from streams.stack import kafka_server, monitoring, redis_server
from streams.stack.addresses import (
    Endpoint,
    kafka_endpoint,
    local_endpoint,
    port_is_free,
    redis_endpoint,
    redis_password,
)
from streams.stack.data_lock import only_command
from streams.stack.hash_key import make_hash_key
from streams.stack.jars import read_lock
from streams.stack.monitoring import AlertRules
from streams.stack.processes import Launch, Lifeline, ProcessId, Server, forget, recall, remember, spawn, stop
from streams.stack.programs import find_alertmanager, find_java, find_prometheus, find_redis
from streams.stack.readiness import kafka_answers, page_answers, redis_answers
from streams.stack.scraping import exporter_job
from streams.stack.secret_file import make_secret
from streams.tools.create_topics import create_topics

log = logging.getLogger(__name__)

KAFKA, REDIS, PROMETHEUS, ALERTMANAGER = "kafka", "redis", "prometheus", "alertmanager"
SERVERS = (KAFKA, REDIS)
"""Servers of every stack."""
MONITORING = (ALERTMANAGER, PROMETHEUS)
"""Servers that run on request only."""
READY_TIMEOUT_SECONDS = 90.0
"""After a crash Kafka recovers its logs before it answers; a small machine may need most of this time."""
POLL_SECONDS = 0.1
LOG_TAIL_LINES = 5


class ServerStatus(NamedTuple):
    """Current state of one server."""

    name: str
    running: bool
    answers: bool
    address: str
    version: str | None
    pid: int | None


class Started(NamedTuple):
    """Result of ``up``: the servers and topics that it created (others existed already), and if it made a hash key."""

    servers: tuple[str, ...]
    topics: tuple[str, ...]
    hash_key_made: bool


class Stack:
    """Kafka and Redis on the loopback addresses that the settings name; Prometheus and Alertmanager on request."""

    def __init__(self, settings: Settings, *, alert_rules: AlertRules | None = None) -> None:
        """Check the settings; nothing is started yet. With ``alert_rules``, :meth:`up` starts Prometheus and
        Alertmanager too.

        Raises:
            UserError: the settings name servers that cannot be embedded, or one port twice.
        """
        self.settings = settings
        self.data = settings.data.expanduser().absolute()
        self.endpoints: dict[str, Endpoint] = {
            KAFKA: kafka_endpoint(settings),
            REDIS: redis_endpoint(settings),
            ALERTMANAGER: local_endpoint(settings.alertmanager_port),
            PROMETHEUS: local_endpoint(settings.prometheus_port),
        }
        self.wanted = SERVERS if alert_rules is None else SERVERS + MONITORING
        self._alert_rules = alert_rules
        owner: dict[int, str] = {}
        for name in self.wanted:
            other = owner.setdefault(self.endpoints[name].port, name)
            if other != name:
                raise UserError(f"{other} and {name} both name port {self.endpoints[name].port}; give each its own")
        self._run = self.data / "run"
        self._lifelines: dict[str, Lifeline] = {}

    @property
    def hash_key_file(self) -> Path:
        """Path of the hash key, if the stack made one."""
        return hash_key_file(self.settings)

    @property
    def redis_password_file(self) -> Path | None:
        """Path of the password of Redis, if the stack made one and the settings name no other."""
        path = redis_password_file(self.settings)
        return path if set_redis_password(self.settings) is None and path.exists() else None

    def log_file(self, name: str) -> Path:
        """Path of the log of this server."""
        return self.data / "logs" / f"{name}.log"

    def up(self, *, detach: bool = True, on_step: Callable[[str], None] = log.info) -> Started:
        """Start the servers that do not run, wait until all answer, create the topics and the hash key.

        A start that fails or is interrupted stops the servers that it had started.

        Args:
            detach: the servers run until :meth:`down`; else they end with this process, even if it is killed.
            on_step: called with a few words at each step.

        Raises:
            UserError: a port is in use, a program is missing, a server does not start, topics do not match the
                settings.
        """
        with self._locked():
            started = self._start_missing(on_step)
            try:
                on_step("waiting until all answer")
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
        """Let the servers started by this object outlive the process."""
        for lifeline in self._lifelines.values():
            lifeline.detach()
        self._lifelines.clear()

    def down(self) -> tuple[str, ...]:
        """Stop the servers, whoever started them, and wait until all their processes have ended.

        Returns:
            Names of the servers that ran.
        """
        if not self._run.exists():
            return ()
        with self._locked():
            return self._stop(SERVERS + MONITORING)

    @contextmanager
    def attached(self, *, on_step: Callable[[str], None] = log.info) -> Iterator[Started]:
        """Run the stack for the length of a block; servers that did not run before are stopped at its end."""
        started = self.up(detach=False, on_step=on_step)
        try:
            yield started
        finally:
            with self._locked():
                self._stop(started.servers)

    def status(self) -> tuple[ServerStatus, ...]:
        """Current state of each server; a running server is probed. Monitoring is included if it was started."""
        return tuple(self._server_status(name) for name in self.expected())

    def expected(self) -> tuple[str, ...]:
        """Names of the servers that should run: Kafka, Redis, those wanted by this object, and those that were
        started."""
        started = [name for name in MONITORING if name in self.wanted or recall(self._run, name) is not None]
        return SERVERS + tuple(started)

    def processes(self) -> tuple[ProcessId, ...]:
        """Every process of the stack named by its pid files: the servers and their keepers."""
        known = [server for name in SERVERS + MONITORING if (server := recall(self._run, name)) is not None]
        return tuple(process for server in known for process in (server.process, server.keeper))

    def stopped_on_purpose(self, name: str) -> bool:
        """True if a server that ended was stopped by `down`; waits for a `down` in progress."""
        with self._locked():
            return recall(self._run, name) is None

    def recalled(self, name: str) -> Server | None:
        """The server of the pid file, if its process still runs."""
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
        if server.name == REDIS:
            return redis_answers(self.settings, server.process.pid)
        return page_answers(self.endpoints[server.name], monitoring.READY_PAGE)

    def _start_missing(self, on_step: Callable[[str], None]) -> tuple[str, ...]:
        """Start the servers that do not run; ports and monitoring programs are checked before the first start."""
        missing = []
        for name in self.wanted:
            server, endpoint = self.recalled(name), self.endpoints[name]
            if server is None:
                self._require_free_port(name, endpoint)
                missing.append(name)
            elif server.address != str(endpoint):
                raise UserError(
                    f"the {name} of {self.data} runs on {server.address}, but the settings name {endpoint}; "
                    "run `veinte stack down` with the old settings first"
                )
        # Found before anything starts, because they start last: a missing program must not start Kafka and Redis and
        # then stop them again.
        for name, find in ((ALERTMANAGER, find_alertmanager), (PROMETHEUS, find_prometheus)):
            if name in missing:
                find()
        starters: dict[str, Callable[[], None]] = {
            KAFKA: self._start_kafka,
            REDIS: self._start_redis,
            ALERTMANAGER: self._start_alertmanager,
            PROMETHEUS: self._start_prometheus,
        }
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
            others = {
                KAFKA: "VEINTE_KAFKA to a free port (kafka = 127.0.0.1:PORT)",
                REDIS: "VEINTE_REDIS to a free port (redis = redis://127.0.0.1:PORT/0)",
            }
            raise UserError(
                f"port {endpoint.port} on {endpoint.host}, where {name} should listen, is in use by another program; "
                f"stop that program or set {others.get(name, f'VEINTE_{name.upper()}_PORT to a free port')}"
            )

    def _start_kafka(self) -> None:
        java = find_java()
        version = f"{read_lock().kafka_version} (Java {java.version})"
        launch = kafka_server.prepare(java, self.endpoints[KAFKA], self.data / KAFKA, self.log_file(KAFKA))
        self._launch(KAFKA, launch, self.data / "logs" / "kafka.out", version)

    def _start_redis(self) -> None:
        redis = find_redis()
        if redis_password(self.settings) is None:
            make_secret(redis_password_file(self.settings))
        launch = redis_server.prepare(redis, self.endpoints[REDIS], redis_password(self.settings), self.data / REDIS)
        self._launch(REDIS, launch, self.log_file(REDIS), redis.version)

    def _start_alertmanager(self) -> None:
        program = find_alertmanager()
        monitoring.write_alertmanager(self.settings, self.data / ALERTMANAGER, program.version)
        endpoint = self.endpoints[ALERTMANAGER]
        inner = monitoring.inner_endpoint(endpoint)
        launch = monitoring.alertmanager_launch(program, endpoint, self.data / ALERTMANAGER, inner)
        launch = monitoring.guarded(launch, endpoint, inner)
        self._launch(ALERTMANAGER, launch, self.log_file(ALERTMANAGER), program.version)

    def _start_prometheus(self) -> None:
        program = find_prometheus()
        addresses = monitoring.Addresses(
            exporter=monitoring.exporter_address(self.settings),
            prometheus=str(self.endpoints[PROMETHEUS]),
            alertmanager=str(self.endpoints[ALERTMANAGER]),
        )
        assert self._alert_rules is not None  # else Prometheus is not wanted
        rules, job = self._alert_rules(self.settings), exporter_job(self.settings)
        monitoring.write_prometheus(rules, addresses, self.data / PROMETHEUS, job)
        endpoint = self.endpoints[PROMETHEUS]
        inner = monitoring.inner_endpoint(endpoint)
        launch = monitoring.prometheus_launch(program, endpoint, self.data / PROMETHEUS, inner)
        launch = monitoring.guarded(launch, endpoint, inner)
        self._launch(PROMETHEUS, launch, self.log_file(PROMETHEUS), program.version)

    def _launch(self, name: str, launch: Launch, output: Path, version: str) -> None:
        process, keeper, self._lifelines[name] = spawn(launch, output)
        remember(self._run, Server(name, process, keeper, str(self.endpoints[name]), version))

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        for name in self.wanted:
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
        """End of the server's output on one line, and the path of the rest."""
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
        """Hold the lock of the data directory: one command at a time works on it."""
        with only_command(self.data, (self._run, self.data / "logs")):  # which makes the data private
            yield
