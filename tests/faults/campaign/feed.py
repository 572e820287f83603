"""Load of a campaign: simulated contacts at a steady pace, and canary calls whose arrival on the board is watched."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from streams.clients.kafka_clients import client_config
from streams.config.settings import Settings
from streams.contract.partitions import murmur2_partition
from streams.contract.topics import Topic
from streams.sources.outgoing import cloud_event
from streams.sources.simulator import SimulationConfig, simulate
from tests.faults.campaign.canaries import PREFIX, Canaries

SIMULATED_FROM_MS = 1_767_603_600_000  # Monday 2026-01-05T09:00:00Z, a busy morning
SIMULATED_MS = 2 * 3_600_000
CONTACTS_AN_HOUR = 2_000
YOUNGEST_MS = 60_000
"""The newest event of the load is so old when a case begins, the oldest two hours more."""
TICK_SECONDS = 0.05
CANARY_SECONDS = 0.5
DELIVERY_MS = 120_000
"""Longer than any outage of a campaign."""
encode = msgspec.json.Encoder().encode


class Record(NamedTuple):
    """A record to send; ``topic`` is the logical one."""

    topic: str
    key: bytes
    value: bytes


class Load:
    """Simulated events, made once and moved to the time of each case."""

    def __init__(self, seed: int, length_ms: int = SIMULATED_MS) -> None:
        config = SimulationConfig(
            start_ms=SIMULATED_FROM_MS,
            seed=seed,
            rate=CONTACTS_AN_HOUR,
            end_ms=SIMULATED_FROM_MS + length_ms,
        )
        self._events = list(simulate(config))

    def __len__(self) -> int:
        return len(self._events)

    def records(self, now_ms: int, late_ms: int = 0) -> Iterator[Record]:
        """The events as records, the last of them ``YOUNGEST_MS`` and ``late_ms`` before now."""
        from streams.sources.replay import moved

        shift = now_ms - YOUNGEST_MS - late_ms - self._events[-1].time_ms
        for event in moved(self._events, shift):
            yield Record(event.topic, event.key.encode(), encode(event.body))


class Sender:
    """Producer that sends each record again until the broker confirms it.

    ``ends``: the offset after the last confirmed record, by topic and partition: what a run must have read at its end.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.ends: dict[tuple[Topic, int], int] = {}
        self.confirmed = 0
        self._failed: deque[tuple[Record, int, Callable[[int, int], None] | None]] = deque()
        self._waiting = 0
        self._lock = threading.Lock()
        self._producer = self._connect()

    def send(self, record: Record, confirmed: Callable[[int, int], None] | None = None) -> None:
        """Hand over a record; ``confirmed`` is called with partition and offset, in another thread."""
        partition = murmur2_partition(record.key, self._settings.partitions)
        with self._lock:
            self._waiting += 1
        self._hand_over(record, partition, confirmed)

    def flush(self, seconds: float) -> bool:
        """Wait until the broker has confirmed everything; false if it did not in this time."""
        deadline = time.monotonic() + seconds
        while self._waiting and time.monotonic() < deadline:
            self.send_failed_again()
            time.sleep(TICK_SECONDS)
        return not self._waiting

    def send_failed_again(self) -> None:
        """Hand over what the producer gave up, through a new producer: an idempotent one stops after a loss."""
        if self._failed:
            self._producer.close(timeout=1)
            self._producer = self._connect()
            for _ in range(len(self._failed)):
                self._hand_over(*self._failed.popleft())

    def close(self) -> None:
        """Disconnect."""
        self._producer.close(timeout=1)

    def _connect(self) -> Any:
        return KafkaProducer(
            **client_config(self._settings),
            acks="all",
            linger_ms=5,
            delivery_timeout_ms=DELIVERY_MS,
            request_timeout_ms=30_000,
            max_block_ms=DELIVERY_MS,
            reconnect_backoff_max_ms=300,
            metrics_enabled=False,
        )

    def _hand_over(self, record: Record, partition: int, confirmed: Callable[[int, int], None] | None) -> None:
        topic = Topic(record.topic)

        def done(metadata: Any) -> None:
            with self._lock:
                self.ends[topic, partition] = max(self.ends.get((topic, partition), 0), metadata.offset + 1)
                self.confirmed += 1
                self._waiting -= 1
            if confirmed is not None:
                confirmed(partition, metadata.offset)

        def failed(_error: BaseException) -> None:
            self._failed.append((record, partition, confirmed))

        try:
            name = self._settings.topic(topic)
            future = self._producer.send(name, key=record.key, value=record.value, partition=partition)
        except KafkaError as error:
            failed(error)
            return
        future.add_callback(done)
        future.add_errback(failed)


class Feed(threading.Thread):
    """Sends records at a steady pace, and a canary call to every partition twice a second, until it is stopped."""

    def __init__(self, settings: Settings, records: Iterator[Record], rate: int, canaries: Canaries) -> None:
        """``rate``: records a second."""
        super().__init__(name="feed", daemon=True)
        self.sender = Sender(settings)
        self.exhausted = False
        self._settings = settings
        self._records = records
        self._rate = rate
        self._canaries = canaries
        self._number = itertools.count()
        self._stopping = threading.Event()
        self._lock = threading.RLock()

    def run(self) -> None:
        """Send until :meth:`stop`."""
        began = canary = time.monotonic()
        sent = 0
        while not self._stopping.wait(TICK_SECONDS):
            now = time.monotonic()
            due = int((now - began) * self._rate)
            with self._lock:
                self._send(due - sent)
                if now >= canary:
                    canary = now + CANARY_SECONDS
                    self.send_canaries()
                self.sender.send_failed_again()
            sent = due

    def burst(self, count: int) -> None:
        """Send so many records at once."""
        with self._lock:
            self._send(count)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Send nothing by itself during the block, and have everything confirmed that was sent before."""
        with self._lock:
            self.sender.flush(DELIVERY_MS / 1000)
            yield

    def log_made_anew(self, topic: Topic) -> None:
        """Forget what was sent to a topic that has been deleted, and connect anew: only while paused."""
        self.sender.close()
        ends = {place: end for place, end in self.sender.ends.items() if place[0] is not topic}
        self.sender = Sender(self._settings)
        self.sender.ends.update(ends)

    def more_partitions(self, settings: Settings) -> None:
        """Send to as many partitions as the settings say from now on: only while paused."""
        self._settings = settings
        ends = self.sender.ends
        self.sender.close()
        self.sender = Sender(settings)
        self.sender.ends.update(ends)

    def stop(self, seconds: float = 60.0) -> bool:
        """Stop sending; false if not everything sent was confirmed in time."""
        self._stopping.set()
        self.join(seconds)
        return self.sender.flush(seconds)

    def send_canaries(self) -> None:
        """Send one canary call to each partition."""
        for partition, subject in self.subjects(PREFIX):
            time_ms = time.time_ns() // 1_000_000
            queue = self._canaries.queue(partition)
            body = cloud_event("call.offered", "/canary", subject, time_ms, subject, {"queue": queue})
            record = Record(Topic.CALLS, subject.encode(), encode(body))
            self.sender.send(record, self._canaries.sent(queue, subject))

    def subjects(self, name: str) -> Iterator[tuple[int, str]]:
        """A subject that begins with ``name`` for each partition."""
        for partition in range(self._settings.partitions):
            yield partition, self._subject(partition, name)

    def _send(self, count: int) -> None:
        for record in itertools.islice(self._records, max(count, 0)):
            self.sender.send(record)

    def _subject(self, partition: int, name: str) -> str:
        """The next subject beginning with ``name`` that belongs on ``partition``."""
        for number in self._number:
            subject = f"{name}-{number}"
            if murmur2_partition(subject.encode(), self._settings.partitions) == partition:
                return subject
        raise AssertionError("unreachable")
