"""Texts of events in all that is written or shown: found only where the page about privacy says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

from streams.clients.kafka_clients import client_config
from streams.clients.redis_clients import sync_client
from streams.config.settings import Settings
from streams.contract.topics import FOLDED, Topic, dead_letter_topic
from streams.stack.addresses import free_port
from tests.conftest import SettingsFactory
from tests.support.markers import MINUTE_MS, Sent, days_events, found_in, marker, table_of
from tests.support.monitoring import chat_message
from tests.support.paths import ROOT
from tests.support.processes import MEMBER, Program, Programs, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
PLACES = (
    "Redis",
    "contacts",
    "dead letters",
    "log",
    "metrics",
    "API and pages",
    "report",
    "explain contact",
    "dead-letters show",
    "tail",
    "chat message",
)
"""Columns of the page's table."""
PAGES = (
    "/metrics",
    "/metrics?detail=full",
    "/api/v1/snapshot?window=5m&window=today&window=24h&window=28d",
    "/api/v1/trends",
    "/api/v1/week",
    "/",
    "/about",
    "/livez",
    "/readyz",
    "/api/v1/explain?kpi=contact_center_service_level_ratio&channel=call&window=24h",
    "/api/v1/explain?kpi=contact_center_handle_time_seconds&channel=chat&window=24h",
    "/api/v1/explain?kpi=contact_center_first_response_seconds&channel=ticket&window=24h",
    "/api/v1/explain?kpi=contact_center_repeat_contact_ratio&channel=call&window=24h",
)


def publish(settings: Settings, records: list[Sent]) -> None:
    """Publish records with Kafka's own partitioner."""
    producer = KafkaProducer(**client_config(settings), acks="all", max_request_size=4_000_000)
    for each in records:
        producer.send(settings.topic(each.topic), key=each.key, value=each.value)
    producer.flush()
    producer.close()


def in_redis(settings: Settings) -> Iterator[bytes]:
    """Every key, field, member and value of the namespace."""
    client: Any = sync_client(settings)
    readers: dict[bytes, Callable[[bytes], Any]] = {
        b"hash": lambda key: [part for pair in client.hgetall(key).items() for part in pair],
        b"zset": lambda key: [member for member, _ in client.zrange(key, 0, -1, withscores=True)],
        b"string": lambda key: [client.get(key)],
    }
    for key in client.scan_iter(match=f"{settings.namespace}:*"):
        yield key
        yield from readers[client.type(key)](key)


def on_topics(settings: Settings, names: list[str]) -> Iterator[bytes]:
    """Keys, values and headers of every record."""
    consumer: Any = KafkaConsumer(**client_config(settings), group_id=None, enable_auto_commit=False)
    places = [TopicPartition(settings.topic(name), number) for name in names for number in range(settings.partitions)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    while any(consumer.position(place) < ends[place] for place in places):
        for batch in consumer.poll(timeout_ms=200).values():
            for record in batch:
                yield from (each for each in (record.key, record.value) if each is not None)
                yield from (value for _, value in record.headers)
    consumer.close()


def said(*run: Program) -> Iterator[bytes]:
    """The output of programs."""
    for each in run:
        yield (each.stdout + each.stderr).encode()


def ended(run: Programs, *arguments: str) -> Program:
    """A command that has ended."""
    program = run.veinte(*arguments)
    program.end()
    return program


def range_of(records: list[Sent]) -> tuple[str, ...]:
    """Options of a report over the day of the events."""
    first = min(str(json.loads(each.value)["time"]) for each in records if each.topic is Topic.TICKETS)
    day = datetime.fromisoformat(first).astimezone(UTC).date()
    return "--from", str(day), "--to", str(day + timedelta(days=2))


def page(port: int, path: str) -> bytes:
    """The body of an answer, once there is one."""

    def body() -> bytes:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
                found: bytes = answer.read()
                return found
        except HTTPError as error:
            raise AssertionError(f"{path}: {error.read()!r}") from None
        except OSError:
            return b""

    return eventually(f"an answer of {path}", body)


def test_texts_are_only_where_the_page_says(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Each kind of text of a day's events is searched in each place where something is written or shown."""
    settings = settings_factory()
    records = days_events(time.time_ns() // 1_000_000 - 120 * MINUTE_MS)
    publish(settings, records)
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER, "--log-level", "debug")
        worker.wait_until_ready()
        port = free_port()
        exporter = run.veinte("exporter", "--log-level", "debug", VEINTE_EXPORTER_PORT=str(port))
        eventually("a number", lambda: marker("queue").encode() in page(port, "/metrics"))
        pages = {path: page(port, path) for path in PAGES}
        contact = f"{marker('contact')}-calls-0"
        shown = {
            "Redis": in_redis(settings),
            "contacts": on_topics(settings, [Topic.CONTACTS]),
            "dead letters": on_topics(settings, [dead_letter_topic(topic) for topic in FOLDED]),
            "metrics": [body for path, body in pages.items() if path.startswith("/metrics")],
            "API and pages": [body for path, body in pages.items() if not path.startswith("/metrics")],
            "report": said(ended(run, "report", *range_of(records), "--by", "queue", "--format", "csv")),
            "explain contact": said(ended(run, "explain", "contact", contact, "--format", "json")),
            "dead-letters show": said(
                *(ended(run, "dead-letters", *a) for a in (("list",), ("show", "--newest", "100")))
            ),
            "tail": said(ended(run, "tail", "-n", "200", "--once")),
            "chat message": [chat_message(tmp_path, marker("queue"))],
        }
        found = {place: found_in(texts) for place, texts in shown.items()}
        found["log"] = found_in(said(worker, exporter))
        assert 0 == worker.ask_to_stop()
    print("\n".join(f"MATRIX {place}: {sorted(kinds)}" for place, kinds in found.items()))
    for name in ("privacy.md", "privacy.es.md"):
        stated = table_of((ROOT / "docs" / name).read_text())
        assert [found[place] for place in PLACES] == stated, name
