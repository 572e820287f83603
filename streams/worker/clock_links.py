"""Links of a partition's event clock to the world outside: other partitions, the log, and what earlier wrong clocks
have taught."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from streams.clients.topic_reader import TopicReader
from streams.config.settings import Settings
from streams.contract.topics import INPUTS, Topic
from streams.store.anchors import Anchor, load_anchors, store_anchors
from streams.store.keys import HEAD_STATUS, decode_status, partition_keys
from streams.store.redis_errors import patiently
from streams.worker.event_clock import NewestOf
from streams.worker.records import RawRecord

ReadRecords = Callable[[Sequence[int]], Awaitable[Sequence[RawRecord]]]
StoreAnchors = Callable[[tuple[Anchor, ...]], Awaitable[None]]


async def _no_records(_offsets: Sequence[int]) -> Sequence[RawRecord]:
    return ()


async def _no_anchors(_anchors: tuple[Anchor, ...]) -> None:
    return None


class ClockLinks(NamedTuple):
    """Links of one partition's event clock.

    Attributes:
        anchors: what earlier wrong clocks have taught.
        newest_elsewhere: newest event time of the inputs' partitions.
        read_records: reads records of the partition from the log again.
        store_anchors: stores the anchors of the partition.
    """

    anchors: tuple[Anchor, ...] = ()
    newest_elsewhere: NewestOf = lambda: None
    read_records: ReadRecords = _no_records
    store_anchors: StoreAnchors = _no_anchors


NO_LINKS = ClockLinks()


class Reanchored(Exception):
    """The partition's clock was wrong: its numbers are dropped, and counted anew from the beginning of the log."""


@dataclass(slots=True)
class _Read:
    """A record that was read from the log again."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


def _records(settings: Settings, name: str, partition: int, offsets: Sequence[int]) -> Sequence[RawRecord]:
    """The records at ``offsets`` that the log still holds."""
    found: list[RawRecord] = []
    with TopicReader(settings) as reader:
        for offset in offsets:
            record = reader.record_at((name, partition), offset)
            if record is not None:
                found.append(_Read(record.offset, record.timestamp_ms, record.key, record.value))
    return found


async def link(
    settings: Settings, redis: Any, topic: Topic, partition: int, topic_id: str, newest_elsewhere: NewestOf
) -> ClockLinks:
    """The links of one partition under ``clock = "event"``."""
    where = (settings.namespace, str(topic), partition, topic_id)

    async def read(offsets: Sequence[int]) -> Sequence[RawRecord]:
        return await asyncio.to_thread(_records, settings, settings.topic(topic), partition, offsets)

    async def store(anchors: tuple[Anchor, ...]) -> None:
        await store_anchors(redis, *where, anchors)

    return ClockLinks(await load_anchors(redis, *where), newest_elsewhere, read, store)


class NewestEvents:
    """Newest event time over all partitions of the inputs: of those owned here, and of the others by their heads."""

    def __init__(
        self, settings: Settings, redis: Any, generation: int, owned: Callable[[], Iterable[int | None]]
    ) -> None:
        self._redis = redis
        self._owned = owned
        self._elsewhere_ms: int | None = None
        self._heads: Mapping[tuple[Topic, int], str] = {
            (topic, number): partition_keys(settings.namespace, generation, topic, number).head
            for topic in INPUTS
            for number in range(settings.partitions)
        }

    def newest_ms(self) -> int | None:
        """Epoch milliseconds; ``None`` before the first event."""
        return max((each for each in (self._elsewhere_ms, *self._owned()) if each is not None), default=None)

    async def look(self, owned: Iterable[tuple[Topic, int]]) -> None:
        """Read the heads of the partitions that are not ``owned`` here."""
        mine = set(owned)
        heads = [head for partition, head in self._heads.items() if partition not in mine]
        calls = (patiently(partial(self._redis.hget, head, HEAD_STATUS)) for head in heads)
        found = [decode_status(packed).newest_ms for packed in await asyncio.gather(*calls) if packed is not None]
        self._elsewhere_ms = max((each for each in found if each is not None), default=None)
