"""Resending of refused records: the original from its topic, sent again once, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from streams.clients.kafka_clients import broker_errors, client_config
from streams.clients.redis_clients import SyncClient
from streams.clients.topic_configs import DEAD_LETTER_MAX_BYTES
from streams.clients.topic_reader import PATIENCE_MS, Place, Record, TopicReader
from streams.common.errors import UserError
from streams.common.vocabulary import Partitioner, Pseudonym
from streams.config.settings import Settings
from streams.contract.partitions import partition_of
from streams.contract.topics import INPUTS, Topic, dead_letter_topic
from streams.store.keys import HEAD_POSITION, generation_key, partition_keys
from streams.tools.dead_letters import Filter, Letter, Origin, read_letters

SEND_SECONDS = 30
POLL_SECONDS = 0.2


class Sent(NamedTuple):
    """A letter whose original was sent again, and the place of the new record."""

    letter: Letter
    again: Origin


class Fate(NamedTuple):
    """Fate of a record that was sent again: ``applied``, ``refused`` with reason and detail, or ``unread`` after
    the wait, with the position of the worker."""

    sent: Sent
    what: str
    detail: str = ""


def original_of(reader: TopicReader, letter: Letter, pseudonym: Pseudonym) -> Record | None:
    """The refused record itself; ``None`` where the retention of its topic has taken it.

    Raises:
        UserError: another record has its place, because the topic was deleted and made anew.
    """
    origin = letter.origin
    record = reader.record_at((origin.topic, origin.partition), origin.offset)
    if record is None:
        return None
    if not letter.is_of(record.value, pseudonym):
        raise UserError(
            f"{origin} holds another record than the one that was refused, or the hash key is not that of the worker "
            "that refused it: if the topic was made anew since, send the event again from its source"
        )
    return record


class Resender:
    """Producer that sends refused records again; a context manager.

    A record goes where the worker looks for its key: by the setting ``partitioner``, with ``any`` to the partition
    where it was.
    """

    def __init__(self, settings: Settings) -> None:
        from kafka import KafkaProducer

        self._settings = settings
        with broker_errors(settings):
            self._producer: Any = KafkaProducer(
                **client_config(settings),
                acks="all",
                max_request_size=DEAD_LETTER_MAX_BYTES,
                bootstrap_timeout_ms=PATIENCE_MS,
                max_block_ms=PATIENCE_MS,
                allow_auto_create_topics=False,
            )

    def __enter__(self) -> Resender:
        return self

    def __exit__(self, *_: object) -> None:
        self._producer.close(timeout=1)

    def send(self, letter: Letter, record: Record, partitions: int) -> Sent:
        """Send a record once, stamped with now, and wait for the broker's confirmation.

        Raises:
            UserError: the broker did not confirm it.
        """
        from kafka.errors import KafkaError

        partition = partition_for(self._settings, letter.topic, record.key, record.partition, partitions)
        try:
            with broker_errors(self._settings):
                done = self._producer.send(
                    record.topic, value=record.value, key=record.key, headers=list(record.headers), partition=partition
                ).get(SEND_SECONDS)
        except KafkaError as error:
            raise UserError(
                f"Kafka at {self._settings.kafka} did not confirm {letter.origin} ({error}); see whether the broker is "
                "up, then try again"
            ) from None
        return Sent(letter, Origin(record.topic, done.partition, done.offset))


def partition_for(settings: Settings, topic: Topic, key: bytes | None, partition: int, partitions: int) -> int:
    """Partition where the worker looks for a key: by the setting ``partitioner``, with ``any`` the one where it was."""
    rule = settings.partitioner if topic in INPUTS else Partitioner.MURMUR2
    return partition if rule is Partitioner.ANY or key is None else partition_of(rule, key, partitions)


def dead_letter_ends(reader: TopicReader, settings: Settings, topics: Iterable[Topic]) -> dict[Place, int]:
    """End offsets of the dead-letter topics, to be noted before anything is sent again."""
    names = [settings.topic(dead_letter_topic(topic)) for topic in topics]
    return {place: end for place, (_, end) in reader.bounds(names).items()}


def fates(
    sent: Sequence[Sent],
    reader: TopicReader,
    client: SyncClient,
    settings: Settings,
    ends: dict[Place, int],
    wait_seconds: float,
) -> list[Fate]:
    """Wait until the worker is past the records, and find those that it refused again.

    Dead letters are confirmed before the position is committed, so that past it every refusal can be read.

    Args:
        sent: the records.
        reader: of Kafka.
        client: of Redis.
        settings: names of topics and keys.
        ends: ends of the dead-letter topics before the records were sent.
        wait_seconds: longest wait for the worker.
    """
    positions = _positions_past(sent, client, settings, time.monotonic() + wait_seconds)
    topics = tuple(dict.fromkeys(each.letter.topic for each in sent))
    spans = {
        place: (ends.get(place, start), end)
        for place, (start, end) in reader.bounds(settings.topic(dead_letter_topic(topic)) for topic in topics).items()
    }
    refused = {letter.origin: letter for letter in read_letters(reader, settings, Filter(topics), spans)}
    return [_fate(each, refused.get(each.again), positions) for each in sent]


def _fate(sent: Sent, refused: Letter | None, positions: dict[tuple[Topic, int], int]) -> Fate:
    if refused is not None:
        return Fate(sent, "refused", f"{refused.reason}: {refused.detail}")
    position = positions.get((sent.letter.topic, sent.again.partition))
    if position is None:
        return Fate(sent, "unread", "no worker has read this partition")
    return (
        Fate(sent, "applied") if position > sent.again.offset else Fate(sent, "unread", f"the worker is at {position}")
    )


def _positions_past(
    sent: Sequence[Sent], client: SyncClient, settings: Settings, deadline: float
) -> dict[tuple[Topic, int], int]:
    """Positions of the partitions in Redis, once all records are behind them or the time is up."""
    redis: Any = client
    needed: dict[tuple[Topic, int], int] = {}
    for each in sent:
        place = each.letter.topic, each.again.partition
        needed[place] = max(needed.get(place, -1), each.again.offset)
    while True:
        generation = int(redis.get(generation_key(settings.namespace)) or 0)
        positions: dict[tuple[Topic, int], int] = {}
        for topic, partition in needed:
            head = partition_keys(settings.namespace, generation, topic, partition).head
            found = redis.hget(head, HEAD_POSITION)
            if found is not None:
                positions[topic, partition] = int(found)
        behind = [place for place, offset in needed.items() if positions.get(place, -1) <= offset]
        if not behind or time.monotonic() >= deadline:
            return positions
        time.sleep(POLL_SECONDS)
