"""Records of a batch that the worker set aside because it unpacks to too much: read with a larger bound, sent again."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from typing import Any

from streams.clients.kafka_clients import aiokafka_config
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.tools.dead_letters import Letter, Origin
from streams.tools.resend import Sent, partition_for

POLL_MS = 500
PATIENCE_SECONDS = 30
"""Longest time without a record before the broker counts as away."""
LARGEST_SENT_BYTES = 1_000_000
"""A larger record is refused by a broker with the usual settings."""
SENT_TOGETHER_BYTES = 512 * 1024


class StillTooLarge(Exception):
    """The batch unpacks to more than the larger limit too."""


class BatchIsGone(Exception):
    """The retention of the topic has taken the batch."""


def send_again(settings: Settings, letter: Letter, limit_bytes: int) -> tuple[list[Sent], int]:
    """Send the records of a batch once each, stamped with now, and wait for the broker's confirmation.

    Args:
        settings: of Kafka.
        letter: the letter of the batch.
        limit_bytes: largest size of its unpacked records.

    Returns:
        The sent ones, and the number of those that are larger than Kafka takes.

    Raises:
        StillTooLarge: the batch unpacks to more than the limit.
        BatchIsGone: the topic no longer has it.
        UserError: the broker does not answer.
    """
    from aiokafka.errors import KafkaError

    try:
        return asyncio.run(_send_again(settings, letter, limit_bytes))
    except (KafkaError, TimeoutError) as error:
        raise UserError(
            f"Kafka at {settings.kafka} did not send or confirm the batch at {letter.origin} ({error}); see whether "
            "the broker is up, then try again"
        ) from None


async def _send_again(settings: Settings, letter: Letter, limit_bytes: int) -> tuple[list[Sent], int]:
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(
        **aiokafka_config(settings), enable_idempotence=True, max_batch_size=SENT_TOGETHER_BYTES, compression_type="lz4"
    )
    await producer.start()
    sent: list[Sent] = []
    large = 0
    try:
        async for records in _read(settings, letter, limit_bytes):
            by_partition: defaultdict[int, list[Any]] = defaultdict(list)
            for record in records:
                if len(record.key or b"") + len(record.value or b"") > LARGEST_SENT_BYTES:
                    large += 1
                    continue
                partition = partition_for(
                    settings, letter.topic, record.key, letter.origin.partition, settings.partitions
                )
                by_partition[partition].append(record)
            for partition, own in by_partition.items():
                sent += await _send(producer, letter, partition, own)
    finally:
        await producer.stop()
    return sent, large


async def _send(producer: Any, letter: Letter, partition: int, records: Sequence[Any]) -> list[Sent]:
    """Send records to one partition; returns their new places."""
    name = letter.origin.topic
    sent: list[Sent] = []

    async def hand_over(batch: Any) -> None:
        confirmed = await (await producer.send_batch(batch, name, partition=partition))
        places = range(confirmed.offset, confirmed.offset + batch.record_count())
        sent.extend(Sent(letter, Origin(name, partition, offset)) for offset in places)

    batch = producer.create_batch()
    for record in records:
        value = b"" if record.value is None and record.key is None else record.value
        if batch.append(key=record.key, value=value, timestamp=None) is None:
            await hand_over(batch)
            batch = producer.create_batch()
            batch.append(key=record.key, value=value, timestamp=None)
    await hand_over(batch)
    return sent


async def _read(settings: Settings, letter: Letter, limit_bytes: int) -> AsyncIterator[list[Any]]:
    """The records of the batch, some at a time."""
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from streams.clients.fetching import ALLOWANCE, Allowance, OversizedBatch

    assert letter.last_offset is not None
    origin, last = letter.origin, letter.last_offset
    consumer = AIOKafkaConsumer(
        **aiokafka_config(settings), group_id=None, enable_auto_commit=False, isolation_level="read_committed"
    )
    await consumer.start()
    try:
        place = TopicPartition(origin.topic, origin.partition)
        consumer.assign([place])
        if (await consumer.beginning_offsets([place]))[place] > origin.offset:
            raise BatchIsGone
        consumer.seek(place, origin.offset)
        async with asyncio.timeout(PATIENCE_SECONDS) as patience:
            while await consumer.position(place) <= last:
                ALLOWANCE.set(Allowance(batch_limit_bytes=limit_bytes))
                found = (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, [])
                wanted = [record for record in found if record.offset <= last]
                if any(isinstance(record, OversizedBatch) for record in wanted):
                    raise StillTooLarge
                if wanted:
                    patience.reschedule(None)
                    yield wanted
                    patience.reschedule(asyncio.get_running_loop().time() + PATIENCE_SECONDS)
    finally:
        await consumer.stop()
