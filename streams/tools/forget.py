"""Forgetting of a customer: tombstones on the topic ``contacts``, and what Kafka still holds afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from streams.clients.kafka_clients import admin, broker_errors, client_config
from streams.clients.redis_clients import SyncClient
from streams.clients.topic_reader import PATIENCE_MS
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Pseudonym
from streams.config.limits import past_limit_ms
from streams.config.settings import Settings
from streams.contract.events import OUTCOME_EVENTS, ForgottenData
from streams.contract.names import customer_identity
from streams.contract.partitions import customer_partition
from streams.contract.topics import INPUTS, Topic, dead_letter_topic
from streams.facts.customers.facts import FORGOTTEN_KEPT_MS
from streams.store.forgotten import forgotten, note_forgotten
from streams.store.keys import HEAD_POSITION, generation_key, partition_keys

SOURCE = "/veinte/forget"
"""CloudEvents source of tombstones: they hold for the numbers of every generation."""
SEND_SECONDS = 30
POLL_SECONDS = 0.2
_HASH = re.compile(r"#([0-9a-f]{24})")
"""With its sign: a customer's own identifier may look like the digits alone."""
_Forgotten = OUTCOME_EVENTS["forgotten"]


class Place(NamedTuple):
    """A published tombstone: partition of ``contacts``, and offset."""

    partition: int
    offset: int


class Remains(NamedTuple):
    """Records of a customer that a topic may still hold.

    ``last_day``: the last day on which Kafka may have it; ``None`` where its topic is kept for ever.
    """

    topic: str
    what: str
    last_day: str | None


def hash_of(customer: str, pseudonym: Pseudonym, anonymous: frozenset[str]) -> str:
    """The keyed hash of a customer, in hex; # and a hash, as `veinte tail` shows it, stay that hash.

    Raises:
        UserError: it stands for nobody.
    """
    known = _HASH.fullmatch(customer.strip())
    if known is not None:
        return known[1]
    identity = customer_identity(customer, anonymous)
    if not identity:
        raise UserError(
            "this customer is blank or one of anonymous_customers, which stand for nobody; give the identifier as "
            "events have it"
        )
    return pseudonym(identity).hex()


def forget(settings: Settings, client: SyncClient, customer: str, now_ms: int) -> Place:
    """Note and publish the tombstone of a customer.

    Args:
        settings: of Kafka and Redis.
        client: of Redis.
        customer: keyed hash in hex.
        now_ms: contacts that began before it will count for nobody.

    Raises:
        UserError: Kafka does not confirm it.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    note_forgotten(client, settings.namespace, customer, now_ms, kept_ms=FORGOTTEN_KEPT_MS)
    return publish_tombstones(settings, {customer: now_ms})[0]


def forget_again(settings: Settings, client: SyncClient) -> None:
    """Publish the tombstones of all customers that were forgotten, for a rebuild.

    Raises:
        UserError: Kafka does not confirm them, or the notes in Redis are damaged.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
    """
    publish_tombstones(settings, forgotten(client, settings.namespace))


def publish_tombstones(settings: Settings, customers: Mapping[str, int]) -> list[Place]:
    """Publish the tombstones of customers (keyed hash in hex → epoch ms); returns once Kafka has confirmed all.

    Raises:
        UserError: Kafka does not confirm them.
    """
    if not customers:
        return []
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    topic = settings.topic(Topic.CONTACTS)
    try:
        with broker_errors(settings):
            producer: Any = KafkaProducer(
                **client_config(settings),
                acks="all",
                bootstrap_timeout_ms=PATIENCE_MS,
                max_block_ms=PATIENCE_MS,
                allow_auto_create_topics=False,
            )
            try:
                sent = [
                    producer.send(
                        topic,
                        key=customer.encode(),
                        value=tombstone(customer, time_ms),
                        partition=customer_partition(bytes.fromhex(customer), settings.partitions),
                    )
                    for customer, time_ms in customers.items()
                ]
                done = [each.get(SEND_SECONDS) for each in sent]
            finally:
                producer.close(timeout=1)
    except KafkaError as error:
        raise UserError(
            f"Kafka at {settings.kafka} did not confirm the tombstone on {topic} ({error}); see whether the broker is "
            "up and the topic exists, then try again"
        ) from None
    return [Place(each.partition, each.offset) for each in done]


def tombstone(customer: str, time_ms: int) -> bytes:
    """The record that makes a customer forgotten."""
    return msgspec.json.encode(
        _Forgotten(
            specversion="1.0",
            id=f"{customer}/{time_ms}",
            source=SOURCE,
            subject=customer,
            time=datetime.fromtimestamp(time_ms / 1000, UTC),
            data=ForgottenData(),
        )
    )


def is_applied(settings: Settings, client: SyncClient, place: Place, wait_seconds: float) -> bool:
    """Wait until the owner of the partition is past a tombstone; false if the time is up before."""
    redis: Any = client
    deadline = time.monotonic() + wait_seconds
    while True:
        generation = int(redis.get(generation_key(settings.namespace)) or 0)
        head = partition_keys(settings.namespace, generation, Topic.CONTACTS, place.partition).head
        position = redis.hget(head, HEAD_POSITION)
        if position is not None and int(position) > place.offset:
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_SECONDS)


def remains(settings: Settings, now_ms: int) -> list[Remains]:
    """Records that Kafka may still hold of a customer, topic by topic, by the topics' own retention.

    A record goes with its segment, which Kafka closes after ``segment.ms`` at the latest and deletes once its newest
    record is past ``retention.ms``.

    Raises:
        UserError: the broker cannot be reached, or the user may not describe topics.
    """
    from kafka.admin import ConfigResource, ConfigResourceType

    contents = {settings.topic(topic): "events as they came, the customer in clear" for topic in INPUTS}
    contents[settings.topic(Topic.CONTACTS)] = "outcomes of contacts, the customer as a hash"
    for topic in (*INPUTS, Topic.CONTACTS):
        contents[settings.topic(dead_letter_topic(topic))] = (
            "refused records, the customer as a hash; in clear where an earlier release wrote them"
        )
    with admin(settings) as client:
        resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in contents]
        configs = client.describe_configs(resources, config_filter="all")["topic"]
    found = []
    for name, what in contents.items():
        kept_ms, segment_ms = (int(configs[name][each]["value"]) for each in ("retention.ms", "segment.ms"))
        found.append(Remains(name, what, None if kept_ms < 0 else day_after(now_ms, kept_ms + segment_ms)))
    return found


def states_until(settings: Settings, now_ms: int) -> dict[Topic, str]:
    """Last day of the states of contacts that keep the hash of their customer, by topic."""
    return {
        topic: day_after(now_ms, past_limit_ms(topic, settings) + settings.future_limit + DAY_MS) for topic in INPUTS
    }


def day_after(now_ms: int, span_ms: int) -> str:
    """The date (UTC) that is ``span_ms`` after now."""
    try:
        return f"{datetime.fromtimestamp(now_ms / 1000, UTC) + timedelta(milliseconds=span_ms):%Y-%m-%d}"
    except OverflowError:
        return "9999-12-31"
