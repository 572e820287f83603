"""Dead letters: unusable records on the topic's ``.dead`` twin, without persons, with the reason in the headers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from aiokafka import AIOKafkaProducer
from aiokafka.errors import MessageSizeTooLargeError, RecordTooLargeError, UnknownTopicOrPartitionError

from streams.clients.fetching import OversizedBatch
from streams.clients.kafka_clients import started_producer
from streams.clients.kafka_errors import KAFKA, missing_topic
from streams.clients.pseudonyms import pseudonym_of
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.letters import Header, LetterWriter, marks_of
from streams.contract.names import printable
from streams.contract.remedies import REMEDIES
from streams.contract.topics import FOLDED, Topic, dead_letter_topic
from streams.store.patience import patiently
from streams.worker.intake import Refused
from streams.worker.letters_written import LetterId, written_letters
from streams.worker.records import RawRecord

log = logging.getLogger(__name__)

BATCH_BYTES = 512 * 1024
"""Bytes of the letters that are sent together."""
LARGEST_VALUE = DEAD_LETTER_MAX_BYTES - 64 * 1024
"""Beyond it a record is not decoded, and its letter has no value; the rest of a letter is smaller than the difference:
a key of 256 characters, and headers."""
SMALL_BYTES = 64 * 1024
"""Letters up to this size keep their value even where the topic takes less than it was made for."""
_TOO_LARGE = (MessageSizeTooLargeError, RecordTooLargeError)


class _Letter:
    """A letter as it is sent: the refused record without persons, with headers about its origin and the reason."""

    def __init__(self, origin: str, partition: int, refused: Refused, writer: LetterWriter) -> None:
        record = refused.record
        content = writer.content(record.key, record.value)
        self.key = content.key
        # Kafka wants a key or a value.
        self.value = b"" if content.value is None and content.key is None else content.value
        first = record.first if isinstance(record, OversizedBatch) else record.offset
        self.headers: list[Header] = [
            ("reason", refused.reason.encode()),
            ("detail", refused.detail.encode()[:1024]),
            ("topic", origin.encode()),
            ("partition", str(partition).encode()),
            ("offset", str(first).encode()),
            *content.headers,
        ]
        if isinstance(record, OversizedBatch):
            self.headers.append(("last-offset", str(record.offset).encode()))

    def without_value(self) -> None:
        """Keep the headers only: the topic takes less than it was made for."""
        self.key, self.value = None, b""


class DeadLetters:
    """Producer of dead letters, confirmed by the broker before the records that they are of are committed.

    The letters of a partition go to the partition of the same number. After a crash in between, the next owner finds
    those that are written already at the end of it and leaves them out. The first refusal of each reason and topic is a
    warning in the log with its remedy. The others are not: a wrong producer would fill the log, and all of them are
    counted and kept.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: AIOKafkaProducer | None = None
        self.pseudonym = pseudonym_of(settings)
        self._writers = {
            topic: LetterWriter(topic, self.pseudonym, settings.anonymous_words, most_bytes=LARGEST_VALUE)
            for topic in FOLDED
        }
        self._warned: set[tuple[Topic, str]] = set()

    async def start(self) -> None:
        """Connect to Kafka."""
        self._producer = await started_producer(
            self._settings,
            acks="all",
            enable_idempotence=True,
            max_request_size=DEAD_LETTER_MAX_BYTES,
            max_batch_size=BATCH_BYTES,
            compression_type="lz4",
        )

    async def stop(self) -> None:
        """Disconnect from Kafka."""
        if self._producer is not None:
            await self._producer.stop()

    def box(self, topic: Topic, partition: int) -> LetterBox:
        """Sender of the letters of one partition, for the time of one assignment."""
        return LetterBox(self, topic, partition)

    async def send(self, topic: Topic, partition: int, refused: Sequence[Refused]) -> None:
        """Send the refused records of a portion; returns once the broker has confirmed them all.

        Raises:
            KafkaError: the broker did not accept them for ``streams.store.patience.RETRY_SECONDS``.
            UserError: the dead-letter topic does not exist any more.
        """
        assert self._producer is not None
        name, origin = self._settings.topic(dead_letter_topic(topic)), self._settings.topic(topic)
        writer = self._writers[topic]
        letters = [_Letter(origin, partition, each, writer) for each in refused if each.reason not in SKIPPED]
        if letters:
            place = await self._place(name, partition)
            await asyncio.gather(*(self._send(name, place, batch) for batch in self._batches(letters)))
        for each in refused:
            if (topic, each.reason) not in self._warned:
                self._warned.add((topic, each.reason))
                log.warning("%s", self._first_refusal(topic, partition, each))

    async def written(self, topic: Topic, partition: int) -> set[LetterId]:
        """The letters at the end of the partition that those of an origin's partition go to."""
        name = self._settings.topic(dead_letter_topic(topic))
        place = await self._place(name, partition)
        origin = self._settings.topic(topic), partition
        found: set[LetterId] = await patiently(partial(written_letters, self._settings, name, place, origin), KAFKA)
        return found

    async def _place(self, name: str, partition: int) -> int:
        """The partition of the dead-letter topic ``name`` for an origin's partition."""
        assert self._producer is not None
        producer = self._producer
        try:
            return partition % len(await patiently(lambda: producer.partitions_for(name), KAFKA))
        except UnknownTopicOrPartitionError:
            raise missing_topic(self._settings, name) from None

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

    def _batches(self, letters: Iterable[_Letter]) -> Iterator[list[_Letter]]:
        """The letters in groups of ``BATCH_BYTES``; a larger letter is alone."""
        group: list[_Letter] = []
        size = 0
        for letter in letters:
            more = len(letter.value or b"") + len(letter.key or b"") + 2048
            if group and size + more > BATCH_BYTES:
                yield group
                group, size = [], 0
            group.append(letter)
            size += more
        yield group

    async def _send(self, name: str, partition: int, letters: list[_Letter]) -> None:
        async def attempt() -> None:
            try:
                await self._hand_over(name, partition, letters)
            except _TOO_LARGE:
                for letter in letters:
                    if len(letter.value or b"") + len(letter.key or b"") > SMALL_BYTES:
                        letter.without_value()
                    await self._hand_over(name, partition, [letter])

        try:
            await patiently(attempt, KAFKA)
        except UnknownTopicOrPartitionError:
            raise missing_topic(self._settings, name) from None

    async def _hand_over(self, name: str, partition: int, letters: Sequence[_Letter]) -> None:
        assert self._producer is not None
        batch = self._producer.create_batch()
        for letter in letters:
            added = batch.append(key=letter.key, value=letter.value, timestamp=None, headers=letter.headers)
            assert added is not None, "the groups of letters are smaller than a batch"
        await (await self._producer.send_batch(batch, name, partition=partition))


class LetterBox:
    """Sender of the letters of one partition during an assignment; letters that an earlier owner wrote are left out."""

    def __init__(self, dead_letters: DeadLetters, topic: Topic, partition: int) -> None:
        self._dead_letters = dead_letters
        self._topic = topic
        self._partition = partition
        self._written: set[LetterId] | None = None

    async def send(self, refused: Sequence[Refused]) -> None:
        """Send those that are not written yet (``DeadLetters.send``)."""
        if self._written is None:
            # Asked once: whoever wrote letters and did not commit them is not the owner any more.
            self._written = await self._dead_letters.written(self._topic, self._partition)
        if self._written:
            refused = [each for each in refused if not self._is_written(each.record)]
        await self._dead_letters.send(self._topic, self._partition, refused)
        if refused:
            last = refused[-1].record.offset
            self._written = {letter for letter in self._written if letter[0] > last}

    def _is_written(self, record: RawRecord | OversizedBatch) -> bool:
        """True if a letter of this very record is written already."""
        assert self._written is not None
        first = record.first if isinstance(record, OversizedBatch) else record.offset
        marks = marks_of(record.value, self._dead_letters.pseudonym)
        return any((first, mark) in self._written for mark in marks)
