"""Reader of topics for people: from any offset, outside of every consumer group, so that no worker notices it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

from streams.clients.kafka_clients import broker_errors, client_config
from streams.common.errors import UserError
from streams.config.settings import Settings

POLL_MS = 500
PATIENCE_MS = 10_000
"""Longest wait for a broker that does not answer."""
PARTITION_BYTES = 4 * 1024 * 1024
"""Fetched of a partition at a time: above the largest dead letter."""

Place = tuple[str, int]
"""Name of a topic on the broker and number of a partition."""


class Record(NamedTuple):
    """A record of a topic; ``timestamp_ms`` is its own."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class TopicReader:
    """Consumer of whole partitions that commits nothing; a context manager.

    A batch that unpacks to more than ``batch_limit_bytes`` is passed over, as a worker sets it aside.

    Raises:
        UserError: no broker answers, or it refuses the user.
    """

    def __init__(self, settings: Settings) -> None:
        from kafka import KafkaConsumer

        from streams.clients.reader_batches import Batch

        self._settings = settings
        Batch.limit_bytes = settings.batch_limit_bytes
        with broker_errors(settings):
            self._consumer: Any = KafkaConsumer(
                **client_config(settings),
                group_id=None,
                enable_auto_commit=False,
                isolation_level="read_committed",
                max_partition_fetch_bytes=PARTITION_BYTES,
                bootstrap_timeout_ms=PATIENCE_MS,
                allow_auto_create_topics=False,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close()

    def bounds(self, topics: Iterable[str]) -> dict[Place, tuple[int, int]]:
        """First and end offset of each partition of the topics.

        Raises:
            UserError: a topic does not exist.
        """
        from kafka import TopicPartition

        partitions = []
        with broker_errors(self._settings):
            for name in topics:
                found = self._consumer.partitions_for_topic(name)
                if not found:
                    raise UserError(
                        f"topic {name} was not found on Kafka at {self._settings.kafka}; create it there, or start a "
                        "stack that has it with `veinte stack up`"
                    )
                partitions += [TopicPartition(name, number) for number in sorted(found)]
            starts = self._consumer.beginning_offsets(partitions)
            ends = self._consumer.end_offsets(partitions)
        return {(each.topic, each.partition): (starts[each], ends[each]) for each in partitions}

    def read(self, spans: Mapping[Place, tuple[int, int]]) -> Iterator[Record]:
        """The records from the first offset of each span up to its end; of one partition in order.

        Raises:
            UserError: the broker sends nothing for ``PATIENCE_MS``.
        """
        ends = {place: end for place, (start, end) in spans.items() if start < end}
        self._seek({place: spans[place][0] for place in ends})
        silent_ms = 0
        while ends:
            found = self._poll()
            yield from (record for record in found if record.offset < ends.get((record.topic, record.partition), 0))
            # By position and not by the last record: a log may end in markers that are never handed out.
            before, ends = len(ends), {place: end for place, end in ends.items() if self._position(place) < end}
            silent_ms = 0 if found or len(ends) < before else silent_ms + POLL_MS
            if silent_ms >= PATIENCE_MS:
                raise UserError(
                    f"Kafka at {self._settings.kafka} has sent nothing for {PATIENCE_MS // 1000} s; see whether the "
                    "broker is up, then try again"
                )

    def follow(self, starts: Mapping[Place, int]) -> Iterator[Record | None]:
        """The records from these offsets on, without an end; ``None`` after a poll without any."""
        self._seek(starts)
        while True:
            found = self._poll()
            yield from found
            if not found:
                yield None

    def record_at(self, place: Place, offset: int) -> Record | None:
        """The record at an offset; ``None`` if the log does not hold it any more, or not yet."""
        start, end = self.bounds([place[0]]).get(place, (0, 0))
        if not start <= offset < end:
            return None
        first = next(self.read({place: (offset, min(offset + 1, end))}), None)
        return first if first is not None and first.offset == offset else None

    def _seek(self, starts: Mapping[Place, int]) -> None:
        from kafka import TopicPartition

        self._consumer.assign([TopicPartition(*place) for place in starts])
        for place, offset in starts.items():
            self._consumer.seek(TopicPartition(*place), offset)

    def _position(self, place: Place) -> int:
        from kafka import TopicPartition

        with broker_errors(self._settings):
            return int(self._consumer.position(TopicPartition(*place), timeout_ms=PATIENCE_MS))

    def _poll(self) -> list[Record]:
        with broker_errors(self._settings):
            batches = self._consumer.poll(timeout_ms=POLL_MS)
        return [
            Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, tuple(r.headers))
            for batch in batches.values()
            for r in batch
        ]
