"""Owners of one partition over a real Redis, and a look into what they wrote there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.exceptions import ConnectionError as RedisConnectionError

from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.store.commit import COMMIT_SCRIPT
from streams.store.keys import PartitionKeys, Status, partition_keys
from streams.store.stored import load
from streams.worker.assembly import assemble_partition
from streams.worker.intake import Refused
from streams.worker.log_end import Progress
from streams.worker.outbox import OutboxMessage
from streams.worker.partition import OwnedPartition
from streams.worker.records import RawRecord
from tests.support.paper_books import PaperBooks
from tests.support.strategies import Event
from tests.support.words import Record, log_of, pseudonym

WALL_MS = 1_795_300_000_000
TOPIC_ID = "a-topic-id"
SOURCE = "/veinte/test/0"
NOBODY_KNOWS = Progress(at_end=False, caught_up=False, seen_ms=0, log_end=0)
"""Progress of an owner that has not looked at the log yet."""
CALL = log_of("call", ("offered", 0), ("answered", 9), ("ended", 70))
AGAIN = [{**each, "subject": "c-2", "id": f"again{each['id']}"} for each in CALL]
"""The same call once more, under another subject."""
Dump = dict[str, Any]


def records(log: Sequence[Event], first: int = 0) -> list[RawRecord]:
    """The log as records of one partition from offset ``first`` on."""
    return [
        Record(first + number, WALL_MS, each["subject"].encode(), json.dumps(each).encode())
        for number, each in enumerate(log)
    ]


def bad_records(count: int, first: int = 0) -> list[RawRecord]:
    """Records that nobody can use."""
    return [Record(first + number, WALL_MS, b"k", b"{") for number in range(count)]


class Store:
    """One partition's keys in a real Redis, and owners of it."""

    def __init__(self, settings: Settings, redis: Any, topic: Topic = Topic.CALLS) -> None:
        self.settings, self.redis, self.topic = settings, redis, topic
        self.keys: PartitionKeys = partition_keys(settings.namespace, 0, topic, 0)
        self.letters: list[Refused] = []
        self.wall_ms = WALL_MS
        self.told: list[OutboxMessage] = []

    async def owner(self, redis: Any = None) -> OwnedPartition:
        """A new owner, as after an assignment."""

        async def send(refused: Sequence[Refused]) -> None:
            self.letters += refused

        async def tell(told: Sequence[OutboxMessage]) -> None:
            self.told += told

        return assemble_partition(
            self.topic,
            0,
            await load(self.redis, self.keys),
            redis=redis or self.redis,
            keys=self.keys,
            settings=self.settings,
            pseudonym=pseudonym,
            topic_id=TOPIC_ID,
            send_dead_letters=send,
            send_outbox=tell,
            source=SOURCE,
            largest_batch=0,
            now_ms=lambda: self.wall_ms,
        )

    async def overtaken(self) -> OwnedPartition:
        """An owner that another one has replaced since."""
        stale = await self.owner()
        await (await self.owner()).heartbeat(NOBODY_KNOWS)
        return stale

    async def dump(self) -> dict[bytes, bytes]:
        """Every key of the namespace, as Redis would save it."""
        return {key: await self.redis.dump(key) for key in await self.all_keys()}

    async def all_keys(self) -> list[bytes]:
        """The names of all keys of the namespace."""
        return sorted([key async for key in self.redis.scan_iter(match=f"{self.settings.namespace}:*", count=1000)])

    async def everything(self) -> dict[bytes, Any]:
        """Every key of the namespace with what it holds. Dumps of equal values may differ: Redis compresses them."""
        found: dict[bytes, Any] = {}
        for key in await self.all_keys():
            is_hash = await self.redis.type(key) == b"hash"
            found[key] = await (self.redis.hgetall(key) if is_hash else self.redis.zrange(key, 0, -1, withscores=True))
        return found

    async def restore(self, dump: dict[bytes, bytes]) -> None:
        """Redis comes back as it was."""
        await self.empty()
        for key, value in dump.items():
            await self.redis.restore(key, 0, value)

    async def empty(self) -> None:
        """Redis forgets everything."""
        for key in await self.all_keys():
            await self.redis.unlink(key)

    async def head(self) -> dict[str, Any]:
        """The head, its status decoded."""
        found = {name.decode(): value for name, value in (await self.redis.hgetall(self.keys.head)).items()}
        return {
            name: msgspec.msgpack.decode(value, type=Status) if name == "status" else value.decode()
            for name, value in found.items()
        }

    async def statistics(self) -> dict[str, int]:
        """The counters of the partition."""
        return dict((await self.head())["status"].statistics)

    async def paper(self) -> PaperBooks:
        """Content of Redis in words."""
        paper = PaperBooks(self.topic)
        paper.numbers = {name.decode(): value for name, value in (await self.redis.hgetall(self.keys.numbers)).items()}
        paper.names = {name.decode(): int(value) for name, value in (await self.redis.hgetall(self.keys.names)).items()}
        return paper

    async def contents(self) -> Dump:
        """Numbers, states, sets and names: everything but head and the list of changes."""
        return {
            "numbers": await self.redis.hgetall(self.keys.numbers),
            "contacts": await self.redis.hgetall(self.keys.contacts),
            "expiry": await self.redis.zrange(self.keys.expiry, 0, -1, withscores=True),
            "ghosts": await self.redis.zrange(self.keys.live_expiry, 0, -1, withscores=True),
            "names": await self.redis.hgetall(self.keys.names),
            "policies": await self.redis.hgetall(self.keys.policies),
        }


class LosesAnswers:
    """A client whose commits work, but the answer of the first one is lost."""

    def __init__(self, redis: Any, lose: int = 1) -> None:
        self._redis, self._lose = redis, lose
        self.calls = 0

    def lose_next(self) -> None:
        """The answer of the next call is lost too."""
        self._lose = self.calls + 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._redis, name)

    def register_script(self, text: str) -> Any:
        script = self._redis.register_script(text)
        if text != COMMIT_SCRIPT:
            return script

        async def call(**arguments: Any) -> Any:
            self.calls += 1
            answer = await script(**arguments)
            if self.calls <= self._lose:
                raise RedisConnectionError("the answer was lost")
            return answer

        return call
