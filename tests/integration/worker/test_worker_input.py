"""Bad input over Kafka: a record that cannot be used is kept whole, named and counted; good ones around it count."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.clients.kafka_clients import client_config
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.redis_clients import sync_client
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES
from streams.common.durations import DAY_MS
from streams.common.errors import EXIT_USER_ERROR
from streams.config.settings import Settings
from streams.contract.letters import marks_of
from streams.contract.partitions import murmur2_partition
from streams.contract.topics import Topic, dead_letter_topic
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.live_entries import Incomplete
from streams.numbers.names import ROW_PREFIX
from streams.sources.outgoing import rfc3339
from streams.store.keys import partition_keys
from tests.conftest import SettingsFactory
from tests.faults.load import call_events, call_numbers, counted, publish
from tests.support.numbers import Numbers
from tests.support.processes import DEADLINE_SECONDS, MEMBER, programs

Environment = Callable[[Settings], dict[str, str]]
QUEUE_NAMES = 10_000
REGISTRY_LIMIT = 200


class Bad(NamedTuple):
    """A record that cannot be used. Without a ``key`` it is that of a call; ``partition`` is the key's by default."""

    reason: str
    value: bytes | None
    key: bytes = b"call-0"
    partition: int | None = None


class Letter(NamedTuple):
    """A dead letter."""

    value: bytes | None
    key: bytes | None
    headers: dict[str, str]


def event(now_ms: int, **changes: Any) -> bytes:
    """An event that would be good but for ``changes``; a field changed to ``...`` is left out."""
    good = {
        "specversion": "1.0",
        "id": "bad",
        "source": "/test",
        "type": "call.offered",
        "time": rfc3339(now_ms),
        "subject": "call-0",
        "data": {"queue": "support"},
    }
    return json.dumps({name: value for name, value in {**good, **changes}.items() if value is not ...}).encode()


def bad_records(now_ms: int, partitions: int) -> list[Bad]:
    """One of each kind."""
    good = event(now_ms)
    noise = random.Random(1).randbytes(1_040_000)
    home = murmur2_partition(b"call-0", partitions)
    return [
        Bad("not_utf8", good.replace(b"support", b"a\xf1o")),
        Bad("not_utf8", noise[:1000]),
        Bad("not_json", b"{"),
        Bad("not_json", b""),
        Bad("not_json", good.replace(b'"support"', b"NaN")),
        Bad("invalid_field", b"[]"),
        Bad("invalid_field", event(now_ms, data={"queue": 5})),
        Bad("invalid_field", event(now_ms, data={"queue": "support", "leg": {}})),
        Bad("invalid_field", event(now_ms, sequence=-7)),
        Bad("invalid_field", event(now_ms, id="")),
        Bad("missing_field", event(now_ms, data={})),
        Bad("missing_field", event(now_ms, subject=...)),
        Bad("no_offset", event(now_ms, time="2026-01-01T10:00:00")),
        Bad("too_far_ahead", event(now_ms, time=rfc3339(now_ms + DAY_MS))),
        Bad("too_far_ahead", event(now_ms, time="9999-12-30T00:00:00Z")),
        Bad("invalid_field", event(now_ms, time="9999-12-31T23:59:59Z")),
        Bad("too_old", event(now_ms, time=rfc3339(now_ms - 9 * DAY_MS))),
        Bad("too_old", event(now_ms, time="0001-01-02T00:00:00Z")),
        Bad("invalid_field", event(now_ms, time="0001-01-01T00:00:00Z")),
        Bad("string_too_long", event(now_ms, data={"queue": "q" * 257})),
        Bad("too_large", event(now_ms, note="n" * (1024 * 1024 - 1024))),
        Bad("too_large", noise),
        Bad("no_value", None),
        Bad("wrong_key", good, key=b"call-1"),
        Bad("wrong_topic", event(now_ms, type="ticket.opened")),
        Bad("wrong_partition", event(now_ms, subject="stray"), b"stray", 1 - murmur2_partition(b"stray", partitions)),
        Bad("wrong_key", good, key=b"\xff\xfe", partition=home),
    ]


def send(settings: Settings, records: Sequence[Bad]) -> None:
    """Publish records as they are to the topic calls."""
    producer = KafkaProducer(
        **client_config(settings), acks="all", compression_type="lz4", max_request_size=DEAD_LETTER_MAX_BYTES
    )
    name = settings.topic(Topic.CALLS)
    futures = [producer.send(name, value=bad.value, key=bad.key, partition=bad.partition) for bad in records]
    producer.flush()
    for future in futures:
        future.get(30)
    producer.close()


def letters(settings: Settings, topic: Topic = Topic.CALLS) -> list[Letter]:
    """Everything in the dead-letter topic."""
    name = settings.topic(dead_letter_topic(topic))
    consumer = KafkaConsumer(**client_config(settings), enable_auto_commit=False, group_id=None)
    found: list[Letter] = []
    try:
        partitions = [TopicPartition(name, number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            assert time.monotonic() < deadline, f"{name} could not be read to its end"
            for batch in consumer.poll(timeout_ms=200).values():
                for record in batch:
                    headers = {key: value.decode() for key, value in record.headers}
                    found.append(Letter(record.value, record.key, headers))
    finally:
        consumer.close()
    return found


def test_every_kind_of_bad_record(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Each is in the dead-letter topic, with reason, origin, offset and the mark of its original, and good calls around
    it count."""
    settings = settings_factory()
    now_ms = time.time_ns() // 1_000_000 - 3_600_000
    bad = bad_records(now_ms, settings.partitions)
    publish(settings, call_events(50, first_ms=now_ms))
    for number, record in enumerate(bad):
        send(settings, [record])
        publish(settings, call_events(10, first=50 + 10 * number, first_ms=now_ms))
    send(settings, [Bad("unknown_type", event(now_ms, type="call.whispered"))] * 3)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
    numbers = Numbers(settings)
    calls = 50 + 10 * len(bad)
    reasons = Counter(f"rejected.{record.reason}" for record in bad)
    applied = len(call_events(calls))
    assert call_numbers(calls) == counted(numbers.totals())
    assert {"applied": applied, "rejected.unknown_type": 3, **reasons} == numbers.statistics()
    found = letters(settings)
    assert sorted(r.reason for r in bad) == sorted(letter.headers["reason"] for letter in found)
    origins = {(letter.headers["partition"], letter.headers["offset"]) for letter in found}
    assert len(bad) == len(origins)
    assert {settings.topic(Topic.CALLS)} == {letter.headers["topic"] for letter in found}
    assert all(letter.headers["detail"] for letter in found)
    originals = original(settings, found)
    assert Counter(record.value for record in bad) == Counter(originals)
    assert all(
        mark_of(letter) in marks_of(value, pseudonym_of(settings))
        for letter, value in zip(found, originals, strict=True)
    )


def mark_of(letter: Letter) -> str:
    """The mark of the original of a letter."""
    return letter.headers.get("fingerprint") or letter.headers.get("sha256") or ""


def original(settings: Settings, found: Sequence[Letter]) -> list[bytes | None]:
    """Values of the log at the offsets in the dead letters."""
    name = settings.topic(Topic.CALLS)
    consumer = KafkaConsumer(**client_config(settings), enable_auto_commit=False, group_id=None)
    values: list[bytes | None] = []
    try:
        for letter in found:
            place = TopicPartition(name, int(letter.headers["partition"]))
            offset = int(letter.headers["offset"])
            consumer.assign([place])
            consumer.seek(place, offset)
            deadline = time.monotonic() + DEADLINE_SECONDS
            while not (batch := consumer.poll(timeout_ms=500, max_records=1).get(place)):
                assert time.monotonic() < deadline, f"nothing at offset {offset}"
            assert offset == batch[0].offset
            values.append(batch[0].value)
    finally:
        consumer.close()
    return values


def test_ten_thousand_queues(settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path) -> None:
    """Past the limit queues are folded into `other` and counted; totals over all queues stay exact."""
    settings = settings_factory()
    now_ms = time.time_ns() // 1_000_000 - DAY_MS
    for number in range(0, QUEUE_NAMES, 1000):
        events = [
            one
            for call in range(number, number + 1000)
            for one in call_events(1, first=call, first_ms=now_ms, queue=f"queue {call}")
        ]
        publish(settings, events)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
    numbers = Numbers(settings)
    assert call_numbers(QUEUE_NAMES) == counted(numbers.totals())
    assert numbers.totals("other")[ConversationMeasure.OFFERED] >= QUEUE_NAMES - settings.partitions * REGISTRY_LIMIT
    assert numbers.statistics()["folded.queue"] > 0
    client: Any = sync_client(settings)
    for number in range(settings.partitions):
        names = client.hkeys(partition_keys(settings.namespace, 0, Topic.CALLS, number).names)
        assert REGISTRY_LIMIT + 1 == sum(name.decode().startswith(ROW_PREFIX) for name in names)
    client.close()
    assert [] == numbers.live(Incomplete.letter)


def test_too_many_bad_records_in_a_row(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A stretch of bad records stops its partition before it is thrown away, a restart does not get past it either, and
    the other partition is counted."""
    settings = settings_factory(dead_letters_in_a_row=50)
    now_ms = time.time_ns() // 1_000_000 - 3_600_000
    sent = publish(settings, call_events(100, first_ms=now_ms))
    bad = Bad("missing_field", event(now_ms, data={}))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        run.drain()
        send(settings, [bad] * 30)
        run.drain()
        assert 30 == len(letters(settings))
        send(settings, [bad] * 30)
        sent += publish(settings, call_events(100, first=100, first_ms=now_ms))
        for _ in range(2):
            worker = run.worker("--drain", *MEMBER)
            assert EXIT_USER_ERROR == worker.end(), str(worker)
            assert 1 == len(worker.stderr.splitlines()), str(worker)
            assert "records in a row of calls-" in worker.stderr
        assert 30 == len(letters(settings))
        assert 200 > Numbers(settings).totals()[ConversationMeasure.OFFERED] > 100
        run.drain(VEINTE_DEAD_LETTERS_IN_A_ROW="1000")
    assert 60 == len(letters(settings))
    assert call_numbers(200) == counted(Numbers(settings).totals())
    assert {"applied": sent, "rejected.missing_field": 60} == Numbers(settings).statistics()


def test_a_bad_stretch_inside_one_batch(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """A stretch that ends within the batch stops the partition all the same; the good ones before it are counted."""
    settings = settings_factory(dead_letters_in_a_row=50, partitions=1)
    now_ms = time.time_ns() // 1_000_000 - 3_600_000
    publish(settings, call_events(10, first_ms=now_ms))
    send(settings, [Bad("missing_field", event(now_ms, data={}))] * 60)
    publish(settings, call_events(10, first=10, first_ms=now_ms))
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker("--drain", *MEMBER)
        assert EXIT_USER_ERROR == worker.end(), str(worker)
        assert "records in a row of calls-0 cannot be used" in worker.stderr
    assert [] == letters(settings)
    assert call_numbers(10) == counted(Numbers(settings).totals())
