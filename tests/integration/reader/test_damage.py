"""Damage in Redis: whatever a key of a partition holds, worker and readers name the key, and other topics go on."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import redis as redis_client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr

from metrics.explain.contact.lookup import explain_contact, find_ticket
from metrics.explain.number.question import Question
from metrics.explain.number.reader import explain
from metrics.read.history import read_history
from metrics.read.reader import Reader
from metrics.snapshot.blindness import DAMAGED
from metrics.snapshot.snapshot import Snapshot
from metrics.web.problems import BadQuery
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.redis_clients import async_client
from streams.common.errors import UserError
from streams.common.vocabulary import Channel, Clock
from streams.config.settings import Settings
from streams.contract.topics import INPUTS, Topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.store.commit import Conflict
from streams.store.damage import Unreadable
from streams.store.keys import KINDS, SORTED_SETS, PartitionKeys, partition_keys
from streams.store.stored import load
from streams.worker.assembly import assemble_partition
from streams.worker.log_end import Progress
from tests.faults.servers import redis_server
from tests.support.boards import settings as settings_of
from tests.support.owners import records
from tests.support.strategies import Event
from tests.support.words import log_of

NOW_MS = 1_795_251_700_000
SOURCE = "/veinte/test/0"
encode = msgspec.msgpack.encode

LOGS: dict[Topic, list[Event]] = {
    Topic.CALLS: [
        *log_of("call", ("offered", 0), ("answered", 9), ("ended", 70), ("escalated", 80, {"kind": "second line"})),
        *({**each, "subject": "c-2"} for each in log_of("call", ("offered", 20, {"customer": "ana"}))),
    ],
    Topic.CHATS: log_of("chat", ("offered", 0), ("answered", 5)),
    Topic.TICKETS: log_of("ticket", ("opened", 0, {"channel": "email"}), ("assigned", 5, {"agent": "a", "team": "t"})),
}


class Damaged:
    """One partition of each input topic in a Redis of its own, with numbers that a worker wrote."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.redis = redis_client.Redis.from_url(settings.redis.get_secret_value())
        for topic in INPUTS:
            asyncio.run(self._write(topic, LOGS[topic]))
        self._sound = {key: self.redis.dump(key) for key in self.all_keys()}

    def all_keys(self) -> list[bytes]:
        """The names of all keys."""
        found: Any = self.redis.keys()
        return sorted(found)

    def keys(self, topic: Topic) -> PartitionKeys:
        """The keys of a partition."""
        return partition_keys(self.settings.namespace, 0, topic, 0)

    def mend(self) -> None:
        """Put every key back as it was."""
        self.redis.flushdb()
        for key, packed in self._sound.items():
            assert packed is not None
            self.redis.restore(key, 0, packed)

    def work(self, topic: Topic) -> None:
        """Load the partition, apply the same log again and sweep, as a worker does after an assignment."""
        again = [{**each, "id": f"again-{each['id']}"} for each in LOGS[topic]]
        asyncio.run(self._write(topic, again))

    def subjects(self, topic: Topic) -> list[str]:
        """The contacts of a topic."""
        return list(dict.fromkeys(each["subject"] for each in LOGS[topic]))

    async def _write(self, topic: Topic, log: list[Event]) -> None:
        redis = await async_client(self.settings)
        try:
            keys = self.keys(topic)
            stored = await load(redis, keys)

            async def nothing(_: object) -> None:
                return None

            owner = assemble_partition(
                topic, 0, stored, redis=redis, keys=keys, settings=self.settings,
                pseudonym=pseudonym_of(self.settings), topic_id="id", send_dead_letters=nothing, send_outbox=nothing,
                source=SOURCE, largest_batch=0, now_ms=lambda: NOW_MS,
            )  # fmt: skip
            await owner.apply(records(log, first=owner.position))
            await owner.heartbeat(Progress(at_end=True, caught_up=True, seen_ms=NOW_MS, log_end=owner.position))
            await owner.heartbeat(Progress(at_end=True, caught_up=True, seen_ms=NOW_MS, log_end=owner.position))
        finally:
            await redis.aclose()


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Damaged]:
    """Sound numbers, to be damaged."""
    with redis_server(tmp_path / "redis") as server:
        yield Damaged(
            settings_of(
                tmp_path,
                redis=SecretStr(server.url),
                partitions=1,
                clock=Clock.EVENT,
                namespace="damage",
                hash_key=SecretStr("a long random text"),
            )
        )


def read(settings: Settings) -> Snapshot:
    """The snapshot of a reader that starts now."""
    reader = Reader(settings)
    try:
        return reader.refresh(NOW_MS)
    finally:
        reader.close()


def reads(damaged: Damaged, topic: Topic) -> Iterator[Callable[[], object]]:
    """Every way of reading the numbers."""
    settings = damaged.settings
    for kpi, channel in (
        ("contact_center_service_level_ratio", Channel.CALL),
        ("contact_center_contacts_waiting", Channel.CALL),
        ("contact_center_tickets_opened_total", Channel.TICKET),
        ("contact_center_tickets_open", Channel.TICKET),
    ):
        question = Question.parse([("kpi", kpi), ("queue", "*"), ("channel", channel)])
        yield lambda question=question: explain(settings, question, NOW_MS)  # type: ignore[misc]
    for subject in damaged.subjects(topic):
        yield lambda subject=subject: explain_contact(settings, subject)  # type: ignore[misc]
        yield lambda subject=subject: find_ticket(settings, subject)  # type: ignore[misc]
    yield lambda: read_history(settings, NOW_MS)


def foreign_bytes() -> st.SearchStrategy[bytes]:
    """Bytes, MessagePack of any shape, digits."""
    whole = st.integers(-(2**63), 2**64 - 1)
    leaves = st.none() | st.booleans() | whole | st.text(max_size=5) | st.binary(max_size=5)
    trees = st.recursive(
        leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(whole, inner, max_size=4), max_leaves=8
    )
    return st.binary(max_size=20) | trees.map(encode) | st.integers(-5, 2**70).map(lambda n: str(n).encode())


@hypothesis_settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_bytes_anywhere(damaged: Damaged, data: st.DataObject) -> None:
    """Any bytes in any field of any key of a partition, a field more or less, another type: never an exception but the
    one that names the key, and the other topics are read all the same."""
    damaged.mend()
    topic = data.draw(st.sampled_from(list(INPUTS)))
    kind = data.draw(st.sampled_from(KINDS))
    key = getattr(damaged.keys(topic), kind)
    client: Any = damaged.redis
    fields = sorted(client.hkeys(key) if kind not in SORTED_SETS else client.zrange(key, 0, -1))
    field = data.draw((st.sampled_from(fields) if fields else st.nothing()) | foreign_bytes())
    match data.draw(st.sampled_from(["value", "mutated", "gone", "type"])):
        case "type":
            client.delete(key)
            client.set(key, b"x")
        case "gone":
            (client.zrem if kind in SORTED_SETS else client.hdel)(key, field)
        case "mutated" if kind not in SORTED_SETS and field in fields:
            value = bytearray(client.hget(key, field))
            place = data.draw(st.integers(0, max(0, len(value) - 1)))
            value[place : place + 1] = data.draw(st.binary(max_size=2))
            client.hset(key, field, bytes(value))
        case _ if kind in SORTED_SETS:
            client.zadd(key, {field: data.draw(st.floats(-(2**60), 2**60))})
        case _:
            client.hset(key, field, data.draw(foreign_bytes()))
    refused = ""
    try:
        snapshot = read(damaged.settings)
    except UserError as error:
        refused = str(error)
    else:
        others = {channel for channel in Channel if f"{channel}s" != topic}
        assert DAMAGED not in {snapshot.channels[channel].blind_reason for channel in others}
    # All topics are refused where the numbers were made with another count of partitions, or by another release.
    assert not refused or "partitions" in refused or "release" in refused
    for question in reads(damaged, topic):
        with contextlib.suppress(UserError, BadQuery):
            question()
    with contextlib.suppress(UserError, Conflict):
        damaged.work(topic)


GARBAGE: dict[str, tuple[str, str, Any]] = {
    "an amount below 0": ("numbers", "q", {int(ConversationMeasure.OFFERED): -3}),
    "an amount out of range": ("numbers", "q", {int(ConversationMeasure.OFFERED): 2**60}),
    "an unknown counter": ("numbers", "q", {511: 1}),
    "a composite counter of nobody": ("numbers", "q", {-8_000: 1}),
    "an unknown dimension": ("numbers", "q", {int(TicketMeasure.SOLVES) | 500 << 9: 1}),
    "no MessagePack": ("numbers", "q", None),
    "counters of nothing": ("numbers", "t", None),
    "a live entry of an unknown row": ("numbers", "W", [999, 1, 1, 1, 1]),
    "a state of nobody": ("contacts", "c-2", [1, 2, 3]),
    "a policy of nobody": ("policies", "1", ["x"]),
    "an id of nobody": ("names", "r", None),
    "a position of letters": ("head", "position", None),
    "a status of nobody": ("head", "status", ["x"]),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_the_sentence_names_key_field_partition_and_the_way_out(damaged: Damaged, name: str) -> None:
    """Each kind of garbage: the worker ends with one sentence; the exporter blinds calls, and chats go on."""
    kind, begins, value = GARBAGE[name]
    client: Any = damaged.redis
    key = getattr(damaged.keys(Topic.CALLS), kind)
    field = next(each for each in sorted(client.hkeys(key)) if each.startswith(begins.encode()))
    client.hset(key, field, b"garbage" if value is None else encode(value))
    snapshot = None
    if kind in ("head", "names", "numbers"):
        snapshot = read(damaged.settings)
        health = snapshot.channels[Channel.CALL]
        assert (True, DAMAGED) == (health.blind, health.blind_reason)
        assert {"calls-0", key} <= set(map(str, health.facts.values()))
        assert DAMAGED != snapshot.channels[Channel.CHAT].blind_reason
        assert {Channel.CHAT, Channel.TICKET} == {row.channel for row in snapshot.rows}
    if not begins.isupper():  # a worker writes live entries, and never reads them
        with pytest.raises(Unreadable) as found:
            damaged.work(Topic.CALLS)
        sentence = str(found.value)
        assert all(part in sentence for part in (key, "calls-0", "veinte rebuild", "VEINTE_NAMESPACE")), sentence
        assert field.decode("ascii", "ignore").strip("\x1f")[:5] in sentence


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_another_type(damaged: Damaged, kind: str) -> None:
    """A key overwritten by hand is named by whoever reads it, and a commit changes nothing."""
    client: Any = damaged.redis
    key = getattr(damaged.keys(Topic.CALLS), kind)
    client.delete(key)
    client.set(key, "x")
    before = {each: client.dump(each) for each in damaged.all_keys()}
    with pytest.raises(Unreadable, match="is a string") as found:
        damaged.work(Topic.CALLS)
    assert key == found.value.key
    assert before == {each: client.dump(each) for each in damaged.all_keys()}


def test_a_mended_partition_is_read_again(damaged: Damaged) -> None:
    """The same reader shows the numbers as before once the field is put back."""
    client: Any = damaged.redis
    reader = Reader(damaged.settings)
    before = reader.refresh(NOW_MS)
    keys = damaged.keys(Topic.CALLS)
    field = next(each for each in sorted(client.hkeys(keys.numbers)) if each.startswith(b"q"))
    sound = client.hget(keys.numbers, field)
    client.hset(keys.numbers, field, b"garbage")
    client.hset(keys.head, "nonce", "another owner")
    assert DAMAGED == reader.refresh(NOW_MS).channels[Channel.CALL].blind_reason
    client.hset(keys.numbers, field, sound)
    again = reader.refresh(NOW_MS)
    reader.close()
    assert (before.rows, before.channels) == (again.rows, again.channels)


def test_keys_beside_the_partitions(damaged: Damaged) -> None:
    """The generation and the settings of the numbers are named too."""
    client: Any = damaged.redis
    for key in (f"{damaged.settings.namespace}:1:generation", f"{damaged.settings.namespace}:1:settings:0"):
        client.delete(key)
        client.rpush(key, json.dumps({}))
        with pytest.raises(Unreadable, match=f"key {key} is of another type"):
            read(damaged.settings)
        client.delete(key)
