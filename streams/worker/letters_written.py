"""Dead letters that are written already: the end of a partition of a dead-letter topic, read by its next owner."""

from __future__ import annotations

import asyncio
from typing import Any
from zlib import crc32

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.clients.fetching import OversizedBatch
from streams.clients.kafka_clients import aiokafka_config
from streams.config.settings import Settings
from streams.worker.portions import REFUSED_IN_A_PORTION

TAIL = 2 * REFUSED_IN_A_PORTION
"""Letters that are looked at: at most one portion is written and not committed, and another owner may have begun."""
CUT_BYTES = 64 * 1024
"""Kept bytes of a value that is too large for the dead-letter topic; the header ``cut-from`` has its full size."""
POLL_MS = 500
PATIENCE_SECONDS = 30

LetterId = tuple[int, int]
"""Offset of the refused record, and a checksum of the kept part of its value. The offset alone would not do: a topic
that was made anew has the same offsets with other records."""


def letter_id(record: Any) -> LetterId:
    """The identity of the letter of a refused record or batch."""
    first = record.first if isinstance(record, OversizedBatch) else record.offset
    return first, crc32((record.value or b"")[:CUT_BYTES])


async def written_letters(settings: Settings, name: str, partition: int, origin: tuple[str, int]) -> set[LetterId]:
    """The last letters of a partition of a dead-letter topic that are about one partition of its origin.

    Args:
        settings: of Kafka.
        name: of the dead-letter topic.
        partition: of the dead-letter topic.
        origin: topic and partition of the refused records.

    Raises:
        KafkaError: Kafka does not answer for ``PATIENCE_SECONDS``.
    """
    consumer = AIOKafkaConsumer(**aiokafka_config(settings), group_id=None, enable_auto_commit=False)
    await consumer.start()
    try:
        place = TopicPartition(name, partition)
        consumer.assign([place])
        start = (await consumer.beginning_offsets([place]))[place]
        end = (await consumer.end_offsets([place]))[place]
        consumer.seek(place, max(start, end - TAIL))
        found: set[LetterId] = set()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while await consumer.position(place) < end:
                    for records in (await consumer.getmany(place, timeout_ms=POLL_MS)).values():
                        found.update(letter for each in records if (letter := _letter(each, origin)) is not None)
        except TimeoutError:
            raise KafkaTimeoutError(f"the letters at the end of {name}-{partition} cannot be read") from None
        return found
    finally:
        await consumer.stop()


def _letter(record: Any, origin: tuple[str, int]) -> LetterId | None:
    """Identity of a letter about the origin; ``None`` for any other record."""
    headers = dict(record.headers)
    topic, partition, offset = (headers.get(name) or b"" for name in ("topic", "partition", "offset"))
    if (topic.decode(errors="replace"), partition) != (origin[0], str(origin[1]).encode()) or not offset.isdigit():
        return None
    return int(offset), crc32((record.value or b"")[:CUT_BYTES])
