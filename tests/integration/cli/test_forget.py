"""`veinte forget` on a real Kafka, Redis and worker: the state goes, the amounts stay, and a rebuild brings nothing
back."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kafka import KafkaProducer

from streams.clients.kafka_clients import admin, client_config
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.redis_clients import sync_client
from streams.config.settings import Settings
from streams.contract.partitions import customer_partition
from streams.contract.topics import INPUTS, Topic
from streams.facts.customers.domain import CUSTOMERS
from streams.facts.customers.measures import CustomerMeasure
from streams.sources.outgoing import rfc3339
from streams.store.keys import generation_key, partition_keys
from tests.conftest import SettingsFactory
from tests.support.numbers import Numbers
from tests.support.processes import MEMBER, Programs, eventually, programs

Environment = Callable[[Settings], dict[str, str]]
CUSTOMER, OTHER = "+34 600 11 22 33", "ana@example.org"
MINUTE_MS = 60_000


def call(name: str, customer: str, at_ms: int) -> list[dict[str, Any]]:
    """A call of two minutes."""
    steps: tuple[tuple[str, int, dict[str, str]], ...] = (
        ("offered", 0, {"queue": "sales", "customer": customer}),
        ("answered", 1, {}),
        ("ended", 2, {}),
    )
    return [of(name, verb, at_ms + minute * MINUTE_MS, **data) for verb, minute, data in steps]


def of(name: str, verb: str, at_ms: int, **data: Any) -> dict[str, Any]:
    """An event of a call."""
    head = {"specversion": "1.0", "id": f"{name}-{verb}", "source": "/pbx", "type": f"call.{verb}"}
    return {**head, "time": rfc3339(at_ms), "subject": name, "data": data}


def publish(settings: Settings, events: list[dict[str, Any]]) -> None:
    """Publish events with Kafka's own partitioner."""
    producer = KafkaProducer(**client_config(settings), acks="all")
    for each in events:
        producer.send(settings.topic(Topic.CALLS), key=each["subject"].encode(), value=json.dumps(each).encode())
    producer.flush()
    producer.close()


def contacts_of(settings: Settings, customer: str) -> set[str] | None:
    """The contacts in the state of a customer of the generation in force; ``None`` without a state."""
    client: Any = sync_client(settings)
    generation = int(client.get(generation_key(settings.namespace)) or 0)
    number = customer_partition(bytes.fromhex(customer), settings.partitions)
    key = partition_keys(settings.namespace, generation, Topic.CONTACTS, number).contacts
    packed = client.hget(key, customer)
    return None if packed is None else set(CUSTOMERS.state_decoder()(packed).facts.contacts)


def repeats(settings: Settings) -> int:
    """Calls that were repeated."""
    return Numbers(settings).totals()[CustomerMeasure.REPEATED]


def forget(run: Programs) -> str:
    """The output of `veinte forget`."""
    return run.veinte("forget", "+34 (600) 112-233", "--wait", "60s").succeed()


def test_a_customer_is_forgotten_for_good(
    settings_factory: SettingsFactory, environment_of: Environment, tmp_path: Path
) -> None:
    """Its state and what comes late are gone, those of others and all amounts stay, a later call is that of a new
    customer; after a rebuild too, even if the topic has lost the tombstone."""
    settings = settings_factory()
    hashed, other = (pseudonym_of(settings)(each).hex() for each in ("34600112233", OTHER))
    start_ms = time.time_ns() // 1_000_000 - 60 * MINUTE_MS
    publish(
        settings, [e for n, c in enumerate((CUSTOMER, OTHER) * 2) for e in call(f"c-{n}", c, start_ms + n * 300_000)]
    )
    with programs(environment_of(settings), tmp_path / "programs") as run:
        worker = run.worker(*MEMBER)
        eventually("both repeats", lambda: repeats(settings) == 2)
        assert {"call:c-0", "call:c-2"} == contacts_of(settings, hashed)
        said = forget(run)
        assert f"#{hashed}: contacts that began before now count for nobody" in said
        assert "the worker has dropped the state" in said
        assert all(settings.topic(topic) in said for topic in INPUTS)
        assert "600" not in said.replace(hashed, "")
        publish(settings, [of("c-0", "classified", start_ms + 30 * MINUTE_MS, topic="bill")])
        publish(settings, call("c-9", CUSTOMER, time.time_ns() // 1_000_000 + 1_000))
        eventually("the later call", lambda: contacts_of(settings, hashed) == {"call:c-9"})
        assert {"call:c-1", "call:c-3"} == contacts_of(settings, other)
        assert 2 == repeats(settings)
        assert ": 0 differences" in run.veinte("reconcile", "--topic", "contacts").succeed()
        assert 0 == worker.ask_to_stop()
        delete_tombstones(settings)
        run.veinte("rebuild").succeed()
        run.drain()
        assert {"call:c-9"} == contacts_of(settings, hashed)
        assert {"call:c-1", "call:c-3"} == contacts_of(settings, other)
        assert 1 == repeats(settings)


def delete_tombstones(settings: Settings) -> None:
    """Delete all records of the topic contacts, as retention does."""
    from kafka import TopicPartition

    places = [TopicPartition(settings.topic(Topic.CONTACTS), number) for number in range(settings.partitions)]
    with admin(settings) as client:
        client.delete_records(dict.fromkeys(places, -1))
