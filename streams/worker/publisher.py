"""Publisher of the outcomes of contacts to the topic ``contacts``, confirmed before the commit (design rule 11).

After a crash in between, an outcome may be published twice; its revision identifies the repetition.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError

from streams.clients.kafka_clients import started_producer
from streams.clients.kafka_errors import KAFKA, missing_topic
from streams.config.settings import Settings
from streams.contract.partitions import customer_partition
from streams.contract.topics import FOLDED, Topic
from streams.facts.shared.outcomes import outcome_event
from streams.store.damage import Unreadable
from streams.store.keys import HEAD_SOURCE, partition_keys, source_key
from streams.store.patience import patiently as patient
from streams.store.redis_errors import patiently
from streams.store.single_keys import whole_key
from streams.worker.outbox import OutboxMessage

BATCH_BYTES = 512 * 1024
SOURCE_REMEDY = "run `veinte rebuild`, or choose another VEINTE_NAMESPACE"


async def outcome_source(redis: Any, settings: Settings, generation: int) -> str:
    """The ``source`` of one generation's outcomes; readers ignore outcomes of any other source.

    It ends in a token that is drawn at the start of the generation. So outcomes of an interrupted rebuild, or from
    before Redis was emptied, never count for new numbers. A worker may have committed right after Redis was emptied:
    its source is adopted, so that the outcomes it published remain valid.

    Raises:
        Unreadable: the key has something else.
    """
    key = source_key(settings.namespace, generation)

    async def drawn() -> str:
        with whole_key(key, SOURCE_REMEDY):
            known = await redis.get(key)
            if known is None:
                token = secrets.token_hex(8)
                fresh = f"/veinte/{settings.namespace}/{generation}/{token}"
                await redis.set(key, await _noted(redis, settings, generation) or fresh, nx=True)
                known = await redis.get(key)
        try:
            return bytes(known).decode()
        except UnicodeDecodeError:
            raise Unreadable(key, None, "is no text of UTF-8", SOURCE_REMEDY) from None

    source: str = await patiently(drawn)
    return source


async def _noted(redis: Any, settings: Settings, generation: int) -> str:
    """The source in the head of a partition; "" if none has numbers yet."""
    for topic in FOLDED:
        for number in range(settings.partitions):
            head = partition_keys(settings.namespace, generation, topic, number).head
            with whole_key(head, SOURCE_REMEDY):
                noted = await redis.hget(head, HEAD_SOURCE)
            if noted:
                return bytes(noted).decode(errors="replace")  # the owner of the partition refuses a damaged one
    return ""


class OutcomeSender:
    """Producer of outcomes; it sends whole batches, because one call per outcome would cost more than all other
    steps."""

    def __init__(self, settings: Settings, source: str) -> None:
        """``source``: see ``outcome_source``."""
        self._settings = settings
        self._topic = settings.topic(Topic.CONTACTS)
        self.source = source
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect to Kafka."""
        self._producer = await started_producer(self._settings, acks="all", max_batch_size=BATCH_BYTES)

    async def stop(self) -> None:
        """Disconnect from Kafka."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, told: Sequence[OutboxMessage]) -> None:
        """Publish the outcomes to every customer's partition; returns once the broker has confirmed them all.

        Raises:
            KafkaError: the broker did not accept them for ``streams.store.patience.RETRY_SECONDS``.
            UserError: the topic does not exist any more.
        """
        by_partition: dict[int, list[tuple[bytes, bytes]]] = {}
        for customer, value in self._events(told):
            partition = customer_partition(customer, self._settings.partitions)
            by_partition.setdefault(partition, []).append((customer.hex().encode(), value))
        await asyncio.gather(*(self._send(partition, records) for partition, records in by_partition.items()))

    def _events(self, told: Iterable[OutboxMessage]) -> Iterator[tuple[bytes, bytes]]:
        """Customer and event: the outcome for the contact's current customer, a removal for all others."""
        for each in told:
            named = [(customer, True) for customer in each.others]
            if each.customer is not None:
                named.append((each.customer, each.outcome.removed))
            for customer, removed in named:
                yield (
                    customer,
                    outcome_event(
                        each.outcome,
                        customer=customer,
                        contact=each.contact,
                        revision=each.revision,
                        source=self.source,
                        time_ms=each.time_ms,
                        removed=removed,
                    ),
                )

    async def _send(self, partition: int, records: Sequence[tuple[bytes, bytes]]) -> None:
        async def attempt() -> None:
            await asyncio.gather(*await self._hand_over(partition, records))

        try:
            await patient(attempt, KAFKA)
        except UnknownTopicOrPartitionError:
            raise missing_topic(self._settings, self._topic) from None

    async def _hand_over(self, partition: int, records: Sequence[tuple[bytes, bytes]]) -> list[asyncio.Future[object]]:
        """Give the records to the producer in as few batches as possible.

        Returns:
            A future per batch, done when the broker has confirmed it.
        """
        assert self._producer is not None
        confirmed: list[asyncio.Future[object]] = []
        batch = self._producer.create_batch()
        for key, value in records:
            if batch.append(key=key, value=value, timestamp=None) is None:
                confirmed.append(await self._producer.send_batch(batch, self._topic, partition=partition))
                batch = self._producer.create_batch()
                batch.append(key=key, value=value, timestamp=None)
        confirmed.append(await self._producer.send_batch(batch, self._topic, partition=partition))
        return confirmed
