"""The two versions of a comparison: their worker on the same log, and what else runs within each of their folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from kafka import TopicPartition
from pydantic import SecretStr
from redis import Redis

from streams.clients.kafka_clients import admin
from streams.common.errors import UserError
from streams.common.vocabulary import Clock
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.stack import Stack
from streams.stack.addresses import free_port
from tests.bench.checkouts import Checkout
from tests.bench.command_line import say

POLL_SECONDS = 0.02
HASH_KEY = "a key for benchmarks only"
INSIDE = Path(__file__).with_name("inside.py")


class Run(NamedTuple):
    """One run of a worker over a log.

    ``seconds``: from its first commit to its last, scaled to all events. ``cpu_seconds``: user and system time of the
    whole process.
    """

    seconds: float
    cpu_seconds: float


class Side:
    """A version of the project on the servers of ``settings``, counting under ``namespace``."""

    def __init__(self, version: Checkout, settings: Settings, namespace: str, **variables: str) -> None:
        """``variables``: more settings of its worker, by their names in lower case."""
        self.name = version.name
        self.namespace = namespace
        self._version = version
        self._settings = settings
        self._variables = variables

    def environment(self, **variables: str) -> dict[str, str]:
        """Variables of a program of this version; none of the caller's own settings."""
        values = {
            "kafka": self._settings.kafka,
            "redis": self._settings.redis.get_secret_value(),
            "topic_prefix": self._settings.topic_prefix,
            "partitions": str(self._settings.partitions),
            "namespace": self.namespace,
            "clock": "event",
            "hash_key": HASH_KEY,
            **self._variables,
            **variables,
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("VEINTE_")}
        own = {f"VEINTE_{name.upper()}": value for name, value in values.items() if value}
        return {**inherited, **own, "PYTHONPATH": str(self._version.folder)}

    def command(self, task: str, *arguments: str) -> list[str]:
        """The command line of a task of ``tests.bench.inside``; no folder but the version's own is searched first."""
        modules = json.dumps(self._version.modules)
        return [sys.executable, "-P", str(INSIDE), str(self._version.folder), modules, task, *arguments]

    def output(self, task: str, *arguments: str, into: Path | None = None, **variables: str) -> str:
        """Output of a task, or "" where that goes to a file.

        Raises:
            UserError: the task failed; the message has the last line that it said.
        """
        with tempfile.TemporaryFile() if into is None else into.open("w+b") as out:
            done = subprocess.run(
                self.command(task, *arguments),
                check=False,
                cwd=self._version.folder,
                env=self.environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.PIPE,
            )
            if done.returncode != 0:
                said = done.stderr.decode(errors="replace").strip().splitlines() or ["nothing"]
                raise UserError(f"{self.name} failed at `{task}`: {said[-1]}")
            out.seek(0)
            return "" if into is not None else out.read().decode()

    @cached_property
    def _names(self) -> Any:
        return json.loads(self.output("names", self.namespace, str(self._settings.partitions)))

    @property
    def inputs(self) -> list[str]:
        """Topics that it reads and does not write."""
        return list(self._names["inputs"])

    @property
    def keys(self) -> Mapping[str, list[dict[str, str]]]:
        """The Redis keys of each partition, by topic and kind."""
        return dict(self._names["keys"])

    def positions(self, redis: Redis) -> tuple[int, int]:
        """Input events that its worker has committed, and what that told itself of customers."""
        pipe = redis.pipeline(transaction=False)
        owners = [(topic, keys["head"]) for topic, partitions in self.keys.items() for keys in partitions]
        for _, head in owners:
            pipe.hget(head, "position")
        found = [int(position or 0) for position in pipe.execute()]
        inputs = set(self.inputs)
        committed = sum(position for (topic, _), position in zip(owners, found, strict=True) if topic in inputs)
        return committed, sum(found) - committed

    def drain(self, redis: Redis, events: int) -> Run:
        """Run its worker until it has committed every one of ``events`` events, and what they told the fold of repeats.

        Raises:
            UserError: the worker ended before that.
        """
        forget_outcomes(self._settings)
        self.positions(redis)  # asks for the names of the keys now, and not while the worker is measured
        process = subprocess.Popen(
            self.command("veinte", "worker", "--drain"),
            env=self.environment(worker_port=str(free_port())),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=self._version.folder,
        )
        try:
            first: tuple[float, int] | None = None
            last = 0.0
            known = (0, 0)
            while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                committed = self.positions(redis)
                now = time.perf_counter()
                if committed != known:
                    known, last = committed, now
                    first = first or (now, committed[0])
                time.sleep(POLL_SECONDS)
            _, status, usage = ended
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        done, _ = self.positions(redis)
        if process.returncode != 0 or done != events or first is None:
            raise UserError(
                f"the worker of {self.name} ended with {process.returncode} at {done:,} of {events:,} events; "
                "what it said is above"
            )
        seconds = (last - first[0]) * events / max(events - first[1], 1)
        return Run(seconds, usage.ru_utime + usage.ru_stime)


@contextmanager
def own_servers() -> Iterator[tuple[Settings, Redis]]:
    """A Kafka and a Redis on free ports, stopped at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="veinte-bench-") as folder:
        kafka = free_port()
        settings = Settings(
            kafka=f"127.0.0.1:{kafka}",
            redis=SecretStr(f"redis://127.0.0.1:{free_port(avoid=frozenset({kafka}))}/0"),
            data=Path(folder),
            clock=Clock.EVENT,
            hash_key=SecretStr(HASH_KEY),
            redis_password=SecretStr(""),  # an earlier version does not know where to find it
        )
        stack = Stack(settings)
        try:
            say("starting Kafka and Redis")
            stack.up(detach=False)
            with Redis.from_url(settings.redis.get_secret_value()) as redis:
                yield settings, redis
        finally:
            stack.down()


def forget_outcomes(settings: Settings) -> None:
    """Empty the internal topic: the next worker need not pass over what the one before wrote."""
    name = settings.topic(Topic.CONTACTS)
    with admin(settings) as client:
        client.delete_records({TopicPartition(name, number): -1 for number in range(settings.partitions)})
