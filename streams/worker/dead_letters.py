"""Dead letters: unusable records, copied to the topic's ``.dead`` twin with the reason in the headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordTooLargeError, UnknownTopicOrPartitionError

from streams.clients.kafka_clients import started_producer
from streams.clients.kafka_errors import KAFKA, missing_topic
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.names import printable
from streams.contract.remedies import REMEDIES
from streams.contract.topics import Topic, dead_letter_topic
from streams.store.patience import patiently
from streams.worker.intake import Refused

log = logging.getLogger(__name__)

CUT_BYTES = 64 * 1024
"""Kept bytes of a value that is too large even for the dead-letter topic; the header ``cut-from`` has its full size."""
_TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)


class DeadLetters:
    """Producer of dead letters, confirmed by the broker before the batch that refused them is committed.

    After a crash in between, a dead letter may exist twice; its headers identify it by partition and offset. The first
    refusal of each reason and topic is a warning in the log with its remedy. The others are not: a wrong producer
    would fill the log, and all of them are counted and kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self._warned: set[tuple[Topic, str]] = set()

    async def start(self) -> None:
        """Connect to Kafka."""
        self._producer = await started_producer(
            self._settings,
            acks="all",
            enable_idempotence=True,
            max_request_size=DEAD_LETTER_MAX_BYTES,
            compression_type="lz4",
        )

    async def stop(self) -> None:
        """Disconnect from Kafka."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, topic: Topic, partition: int, refused: Sequence[Refused]) -> None:
        """Send every refused record of a batch; returns once the broker has confirmed them all.

        Raises:
            KafkaError: the broker did not accept them for ``streams.store.patience.RETRY_SECONDS``.
            UserError: the dead-letter topic does not exist any more.
        """
        letters = [letter for letter in refused if letter.reason not in SKIPPED]
        await asyncio.gather(*(self._send(topic, partition, letter) for letter in letters))
        for each in refused:
            if (topic, each.reason) not in self._warned:
                self._warned.add((topic, each.reason))
                log.warning("%s", self._first_refusal(topic, partition, each))

    def _first_refusal(self, topic: Topic, partition: int, refused: Refused) -> str:
        name, detail = self._settings.topic(topic), printable(refused.detail)
        if refused.reason in SKIPPED:
            verb, kept = "skipped", f"Others of this reason on {name} are counted without a line"
        else:
            dead = self._settings.topic(dead_letter_topic(topic))
            verb, kept = (
                "refused",
                f"Kept in {dead}, as later ones are, which are not logged: `veinte dead-letters list`",
            )
        return (
            f"{name}-{partition} offset {refused.record.offset} {verb}: {refused.reason}: {detail}. "
            f"{REMEDIES[refused.reason]}. {kept}"
        )

    async def _send(self, topic: Topic, partition: int, letter: Refused) -> None:
        producer = self._producer
        assert producer is not None
        name = self._settings.topic(dead_letter_topic(topic))
        record = letter.record
        value = b"" if record.value is None and record.key is None else record.value  # Kafka wants one of the two
        headers = [
            ("reason", letter.reason.encode()),
            ("detail", letter.detail.encode()[:1024]),
            ("topic", self._settings.topic(topic).encode()),
            ("partition", str(partition).encode()),
            ("offset", str(record.offset).encode()),
        ]

        async def attempt() -> None:
            try:
                await producer.send_and_wait(name, value, key=record.key, headers=headers)
            except _TOO_LARGE:
                cut = [*headers, ("cut-from", str(len(value or b"")).encode())]
                key = (record.key or b"")[:CUT_BYTES]
                await producer.send_and_wait(name, (value or b"")[:CUT_BYTES], key=key, headers=cut)

        try:
            await patiently(attempt, KAFKA)
        except UnknownTopicOrPartitionError:
            raise missing_topic(self._settings, name) from None
