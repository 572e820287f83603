"""Dead letters that are written already: the end of a partition of a dead-letter topic, read by its next owner."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from streams.clients.kafka_clients import aiokafka_config
from streams.config.settings import Settings
from streams.contract.letters import FINGERPRINT, SHA256
from streams.worker.portions import REFUSED_IN_A_PORTION

TAIL = 2 * REFUSED_IN_A_PORTION
"""Letters that are looked at: at most one portion is written and not committed, and another owner may have begun."""
POLL_MS = 500
PATIENCE_SECONDS = 30

LetterId = tuple[int, str]
"""Offset of the refused record, and the mark of its value (``streams.contract.letters.marks_of``). The offset alone
would not do: a topic that was made anew has the same offsets with other records."""


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
    mark: bytes = headers.get(FINGERPRINT) or headers.get(SHA256) or b""
    return int(offset), mark.decode(errors="replace")
