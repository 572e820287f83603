"""Replays on a real Kafka: where records land, what time they carry, and what a broker's absence sounds like."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import pytest
import typer
from kafka import KafkaConsumer, TopicPartition
from kafka.partitioner.default import murmur2
from typer.testing import CliRunner

from streams.clients.kafka_clients import client_config
from streams.commands import replay as replay_command
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources import publisher as publisher_module
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from streams.sources.publisher import Publisher

SettingsFactory = Callable[..., Settings]
READ_DEADLINE_SECONDS = 60


class Record(NamedTuple):
    """A record as the broker keeps it."""

    partition: int
    key: str
    timestamp_ms: int
    body: dict[str, Any]


def records(settings: Settings, topic: str) -> list[Record]:
    """Everything on a topic."""
    return list(_read(settings, settings.topic(topic)))


def _read(settings: Settings, name: str) -> Iterator[Record]:
    consumer = KafkaConsumer(**client_config(settings), enable_auto_commit=False, group_id=None)
    try:
        partitions = [TopicPartition(name, number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        deadline = time.monotonic() + READ_DEADLINE_SECONDS
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            assert time.monotonic() < deadline, f"{name} could not be read to its end"
            for batch in consumer.poll(timeout_ms=200).values():
                for record in batch:
                    yield Record(record.partition, record.key.decode(), record.timestamp, json.loads(record.value))
    finally:
        consumer.close()


def events(count: int, first_ms: int, step_ms: int = 1000) -> list[OutgoingEvent]:
    """Calls offered one after the other."""
    times = [first_ms + number * step_ms for number in range(count)]
    return [
        outgoing(cloud_event("call.offered", "/t", str(number), time_ms, f"c-{number}", {"queue": "q"}), time_ms)
        for number, time_ms in enumerate(times)
    ]


def test_records_land_where_the_default_partitioner_says(settings_factory: SettingsFactory) -> None:
    """Key = subject, partition = murmur2 of it, all of them once and in order, stamped with the time of sending."""
    settings = settings_factory(partitions=3)
    sent = events(2_000, first_ms=917_845_375_000)
    before_ms = int(time.time() * 1000)
    with Publisher(settings) as publisher:
        for event in sent:
            publisher.send(event)
    after_ms = int(time.time() * 1000)
    found = records(settings, "calls")
    assert {event.key: event.body for event in sent} == {record.key: record.body for record in found}
    assert len(sent) == len(found) == publisher.sent
    assert all(record.partition == (murmur2(record.key.encode()) & 0x7FFFFFFF) % 3 for record in found)
    assert all(before_ms <= record.timestamp_ms <= after_ms for record in found)
    for partition in range(3):
        times = [record.body["time"] for record in found if record.partition == partition]
        assert sorted(times) == times


def test_records_land_where_the_setting_says(settings_factory: SettingsFactory) -> None:
    """With partitioner = crc32 our own producers put contacts where librdkafka's default does."""
    settings = settings_factory(partitions=3, partitioner="crc32")
    with Publisher(settings) as publisher:
        for event in events(50, first_ms=917_845_375_000):
            publisher.send(event)
    found = records(settings, "calls")
    assert [crc32(record.key.encode()) % 3 for record in found] == [record.partition for record in found]
    assert 50 == len(found)


def test_event_timestamps_and_what_is_too_old(settings_factory: SettingsFactory) -> None:
    """With event timestamps a record carries the event's time; what the topic would not keep is only counted."""
    settings = settings_factory()
    now_ms = int(time.time() * 1000)
    sent = events(10, first_ms=now_ms - 9 * DAY_MS, step_ms=DAY_MS)
    with Publisher(settings, event_timestamps=True, retention_ms={"calls": 5 * DAY_MS}) as publisher:
        for event in sent:
            publisher.send(event)
    assert (5, 5) == (publisher.sent, publisher.too_old)
    assert [event.time_ms for event in sent[5:]] == sorted(record.timestamp_ms for record in records(settings, "calls"))


def test_more_than_may_wait_unconfirmed(settings_factory: SettingsFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unconfirmed records are bounded, and everything still arrives."""
    monkeypatch.setattr(publisher_module, "UNCONFIRMED_LIMIT", 100)
    settings = settings_factory()
    with Publisher(settings) as publisher:
        for event in events(1_050, first_ms=0):
            publisher.send(event)
    assert 1_050 == len(records(settings, "calls"))


def test_a_missing_topic_is_one_sentence(settings_factory: SettingsFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic that is not there is named, and not created on the way."""
    monkeypatch.setattr(publisher_module, "CONNECT_TIMEOUT_MS", 1_000)
    settings = settings_factory(create=False)
    with (
        pytest.raises(UserError, match=f"topic {settings.topic('calls')} was not found on Kafka"),
        Publisher(settings) as p,
    ):
        p.send(events(1, first_ms=0)[0])


def test_an_unreachable_broker_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody there: the address is named within the time limit."""
    monkeypatch.setattr(publisher_module, "CONNECT_TIMEOUT_MS", 500)
    with pytest.raises(UserError, match=r"Kafka at 127\.0\.0\.1:9 cannot be reached"):
        Publisher(Settings(kafka="127.0.0.1:9"))


@pytest.mark.parametrize("size", [1_500_000, publisher_module.LARGEST_RECORD_BYTES])
def test_a_record_that_is_refused(size: int, settings_factory: SettingsFactory) -> None:
    """A record over the broker's limit, or over the client's, fails the replay instead of vanishing."""
    incompressible = random.Random(size).randbytes(size)
    with pytest.raises(UserError, match="did not confirm what was sent"), Publisher(settings_factory()) as publisher:
        publisher.send_raw("calls", b"k", incompressible)


@pytest.mark.parametrize("wrong", [1, 2])
def test_a_record_of_the_far_future(wrong: int, settings_factory: SettingsFactory) -> None:
    """The broker refuses what is stamped more than an hour ahead, also beside others, and one sentence says why."""
    settings = settings_factory(partitions=1)
    now_ms = int(time.time() * 1000)
    publisher = Publisher(settings, event_timestamps=True)
    for event in (*events(3, now_ms), *events(wrong, now_ms + DAY_MS)):
        publisher.send(event)
    with pytest.raises(
        UserError, match=r"refused a record for its timestamp .* ahead of the broker's clock"
    ) as refusal:
        publisher.close()
    assert "\n" not in str(refusal.value)
    assert all(record.timestamp_ms < now_ms + DAY_MS for record in records(settings, "calls"))


def test_a_replay_to_kafka(settings_factory: SettingsFactory, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Shuffled and with repeats, every event arrives; the older than the topics keep are counted."""
    settings = settings_factory(past_limit=60 * DAY_MS)
    monkeypatch.setattr(replay_command, "load_settings", lambda: settings)
    path = tmp_path / "events.jsonl"
    sent = events(100, first_ms=0, step_ms=DAY_MS // 2)
    path.write_text("".join(json.dumps(event.body) + "\n" for event in sent))
    app = typer.Typer()
    app.callback()(lambda: None)
    replay_command.register(app)
    options = ["--as-of-now", "--shuffle", "7", "--duplicate", "1", "--format", "json"]
    result = CliRunner().invoke(app, ["replay", "events", str(path), *options])
    summary = json.loads(result.stdout)
    assert (100, 100, 2 * 28, 144) == tuple(summary[name] for name in ("events", "duplicates", "too_old", "sent"))
    found = records(settings, "calls")
    assert {f"c-{number}" for number in range(28, 100)} == {record.key for record in found}
    assert 144 == len(found)
