"""Dead letters: unusable records, copied to the topic's ``.dead`` twin with the reason in the headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError
from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, stop_after_delay, wait_random_exponential

from streams.clients.kafka_clients import aiokafka_config
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.names import printable
from streams.contract.remedies import REMEDIES
from streams.contract.topics import Topic, dead_letter_topic
from streams.worker.intake import Refused

log = logging.getLogger(__name__)

RETRY_SECONDS = 30
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
        self._producer = AIOKafkaProducer(
            **aiokafka_config(self._settings),
            acks="all",
            enable_idempotence=True,
            max_request_size=DEAD_LETTER_MAX_BYTES,
            compression_type="lz4",
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Disconnect from Kafka."""
        if self._producer is not None:
            await self._producer.stop()

    async def send(self, topic: Topic, partition: int, refused: Sequence[Refused]) -> None:
        """Send every refused record of a batch; returns once the broker has confirmed them all.

        Raises:
            KafkaError: the broker did not accept them for ``RETRY_SECONDS``.
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
        assert self._producer is not None
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
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(lambda e: isinstance(e, KafkaError | OSError) and not isinstance(e, _TOO_LARGE)),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            stop=stop_after_delay(RETRY_SECONDS),
            before_sleep=before_sleep_log(log, logging.WARNING),
            reraise=True,
        ):
            with attempt:
                try:
                    await self._producer.send_and_wait(name, value, key=record.key, headers=headers)
                except _TOO_LARGE:
                    cut = [*headers, ("cut-from", str(len(value or b"")).encode())]
                    key = (record.key or b"")[:CUT_BYTES]
                    await self._producer.send_and_wait(name, (value or b"")[:CUT_BYTES], key=key, headers=cut)
