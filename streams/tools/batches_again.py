"""Records of a batch that the worker set aside because it unpacks to too much, read again with a larger bound."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from streams.clients.kafka_clients import aiokafka_config
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.tools.dead_letters import Letter

POLL_MS = 500
PATIENCE_SECONDS = 30
"""Longest time without a record before the broker counts as away."""


class StillTooLarge(Exception):
    """The batch unpacks to more than the larger limit too."""


def read_batch(settings: Settings, letter: Letter, limit_bytes: int, take: Callable[[Sequence[Any]], None]) -> bool:
    """Read the records of a batch again and give them to ``take``, some at a time.

    Args:
        settings: of Kafka.
        letter: the letter of the batch.
        limit_bytes: largest size of its unpacked records.
        take: called with records in offset order.

    Returns:
        False where the retention of the topic has taken the batch.

    Raises:
        StillTooLarge: it unpacks to more than the limit.
        UserError: the broker does not answer.
    """
    from aiokafka.errors import KafkaError

    try:
        return asyncio.run(_read(settings, letter, limit_bytes, take))
    except (KafkaError, TimeoutError) as error:
        raise UserError(
            f"Kafka at {settings.kafka} did not send the batch at {letter.origin} ({error}); see whether the broker is "
            "up, then try again"
        ) from None


async def _read(settings: Settings, letter: Letter, limit_bytes: int, take: Callable[[Sequence[Any]], None]) -> bool:
    from aiokafka import AIOKafkaConsumer, TopicPartition

    from streams.clients.fetching import ALLOWANCE, Allowance

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
            return False
        consumer.seek(place, origin.offset)
        while await consumer.position(place) <= last:
            ALLOWANCE.set(Allowance(batch_limit_bytes=limit_bytes))
            async with asyncio.timeout(PATIENCE_SECONDS):
                found = (await consumer.getmany(place, timeout_ms=POLL_MS)).get(place, [])
            take(_wanted(found, letter))
        return True
    finally:
        await consumer.stop()


def _wanted(found: Sequence[Any], letter: Letter) -> list[Any]:
    from streams.clients.fetching import OversizedBatch

    assert letter.last_offset is not None
    wanted = [record for record in found if record.offset <= letter.last_offset]
    if any(isinstance(record, OversizedBatch) for record in wanted):
        raise StillTooLarge
    return wanted
