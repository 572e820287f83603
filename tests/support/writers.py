"""Writers that commit a partition by hand as the worker does, for the tests of who reads it."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Self

import msgspec
from redis import Redis

from metrics.read.reader import Reader
from metrics.snapshot.snapshot import RowKey, Snapshot
from streams.common.durations import HOUR_MS
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.facts.conversations.live import Waiting
from streams.facts.conversations.measures import FORMULA
from streams.numbers.live_entries import live_field
from streams.numbers.names import row_name
from streams.numbers.tiers import TIERS, slice_field
from streams.store.keys import HEAD_PARTITIONS, Status, partition_keys

NOW_MS = 1_800_000_012_345
SALES = RowKey(Channel.CALL, "sales")
BEAT_SECONDS = 0.3
encode = msgspec.msgpack.encode


class Writer:
    """Owns one partition: each ``commit`` changes fields, moves the head and notes what changed. Any thread may
    commit."""

    def __init__(self, settings: Settings, topic: str = "calls", partition: int = 0, generation: int = 0) -> None:
        self.redis = Redis.from_url(settings.redis.get_secret_value())
        self.keys = partition_keys(settings.namespace, generation, topic, partition)
        self._one_at_a_time = threading.RLock()
        self.nonce = "first"
        self.number = 0
        self.partitions = settings.partitions
        self.channels = [""] if topic != "contacts" else ["call", "ticket"]
        self.ids: dict[str, int] = {}
        self.status: dict[str, Any] = {
            "watermark_ms": NOW_MS,
            "newest_ms": NOW_MS,
            "wall_ms": NOW_MS,
            "at_end": True,
            "log_end": 10,
            "statistics": {},
        }

    def id_of(self, name: str) -> int:
        """The id of a row or dimension in this partition."""
        return self.ids.setdefault(name, len(self.ids) + 1)

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """The id of a row in this partition."""
        return self.id_of(row_name(queue, medium, channel))

    def commit(self, changes: Mapping[str, Any] | None = None, **status: Any) -> None:
        """Set fields to values, delete those set to ``None``; ``status`` replaces parts of the head's."""
        with self._one_at_a_time, self.redis.pipeline() as pipeline:
            self.number += 1
            self.status |= status
            for field, value in (changes or {}).items():
                if value is None:
                    pipeline.hdel(self.keys.numbers, field)
                else:
                    pipeline.hset(self.keys.numbers, field, encode(value))
                pipeline.zadd(self.keys.changed, {field: self.number})
            if self.ids:
                pipeline.hset(self.keys.names, mapping={name: str(identity) for name, identity in self.ids.items()})
            packed = encode(Status(**{"formula": FORMULA, **self.status}, names=len(self.ids)))
            pipeline.hset(self.keys.head, "status", packed)
            pipeline.hset(self.keys.head, HEAD_PARTITIONS, str(self.partitions))
            pipeline.hset(self.keys.head, mapping={"position": 7, "nonce": self.nonce, "number": self.number})
            pipeline.execute()

    def add(self, at_ms: int, cells: Mapping[int, int], queue: str = "sales", *row: str) -> None:
        """Commit one slice in all three tiers; ``row``: medium and channel."""
        self.commit({slice_field(tier, at_ms, self.row(queue, *row)): cells for tier in TIERS})

    def beat(self, ahead_ms: int = 0) -> None:
        """Commit a heartbeat of now at the end of the log, as a worker does every second; its clock may be ahead."""
        now_ms = time.time_ns() // 1_000_000 + ahead_ms
        self.commit(watermark_ms=now_ms, wall_ms=now_ms)

    def wait(self, subject: str, offered_ms: int, queue: str = "sales") -> None:
        """Commit a leg that waits, with a target of 20 s."""
        self.commit({waiting_field(subject): waiting(self.row(queue), offered_ms)})


class Heart(threading.Thread):
    """Thread in which writers beat like workers: an exporter trusts no head that does not change."""

    def __init__(self, *writers: Writer) -> None:
        super().__init__(name="heart", daemon=True)
        self.beating = set(writers)
        """Writers that beat; one that is taken out is silent from then on."""
        self._end = threading.Event()

    def run(self) -> None:
        """Beat until the ``with`` block is left."""
        while not self._end.wait(BEAT_SECONDS):
            for writer in tuple(self.beating):
                writer.beat()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()


def waiting_field(subject: str) -> str:
    """The field of a waiting leg."""
    return live_field(Waiting.letter + "0", subject)


def waiting(row: int, offered_ms: int) -> Waiting:
    """A leg with a target of 20 s and an hour to become a ghost."""
    return Waiting(row, offered_ms, offered_ms + 20_000, offered_ms + HOUR_MS, offered_ms)


def cold(settings: Settings, now_ms: int) -> Snapshot:
    """The view of a reader that starts now."""
    fresh = Reader(settings)
    try:
        return fresh.refresh(now_ms)
    finally:
        fresh.close()
