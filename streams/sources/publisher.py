"""Producer of events to Kafka: confirmed by all replicas, in large compressed batches, with a bound on every wait."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import msgspec
from kafka import KafkaProducer
from kafka.errors import InvalidRecordError, InvalidTimestampError, KafkaError, KafkaTimeoutError

from streams.clients.kafka_clients import broker_errors, client_config
from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.contract.partitions import partition_of
from streams.sources.outgoing import OutgoingEvent

logging.getLogger("kafka").addHandler(logging.NullHandler())  # our one sentence instead of the client's own lines

CONNECT_TIMEOUT_MS = 10_000
"""Longest wait for a broker's first answer, and for the metadata of a topic."""
DELIVERY_TIMEOUT_MS = 30_000
"""Longest wait for one record, from ``send`` to the confirmation by all replicas."""
LINGER_MS = 20
BATCH_BYTES = 256 * 1024
UNCONFIRMED_LIMIT = 20_000
"""Records in memory without a confirmation; the client itself has no limit."""
LARGEST_RECORD_BYTES = 2 * 1024 * 1024
"""Above a default broker's own limit, so that the broker refuses a larger record and not the client."""


class Publisher:
    """A producer of events; as a context manager it confirms every record at the end of the block.

    Args:
        settings: address of Kafka, and the topic prefix.
        event_timestamps: the record's timestamp is the event's time instead of now.
        retention_ms: retention of each logical topic. With ``event_timestamps``, an event older than that is counted in
            ``too_old`` and not sent, since the broker would delete it at once.

    Raises:
        UserError: no broker answers, a topic is missing, or a record was not confirmed (for example because its
            timestamp is further ahead of the broker's clock than the topic accepts).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        event_timestamps: bool = False,
        retention_ms: Mapping[str, int] | None = None,
    ) -> None:
        self.sent = 0
        self.too_old = 0
        self._settings = settings
        self._event_timestamps = event_timestamps
        self._retention_ms = retention_ms or {}
        self._topics: dict[str, tuple[str, int]] = {}
        self._encode = msgspec.json.Encoder().encode
        self._unconfirmed = 0
        self._failure: BaseException | None = None
        self._producer = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abandon()

    def send(self, event: OutgoingEvent) -> None:
        """Queue one event for sending.

        Raises:
            UserError: the topic is missing, or an earlier record could not be confirmed.
        """
        timestamp_ms = None
        if self._event_timestamps:
            kept_ms = self._retention_ms.get(event.topic)
            if kept_ms is not None and event.time_ms < time.time() * 1000 - kept_ms:
                self.too_old += 1
                return
            timestamp_ms = event.time_ms
        self.send_raw(event.topic, event.key.encode(), self._encode(event.body), timestamp_ms)

    def send_raw(self, topic: str, key: bytes, value: bytes, timestamp_ms: int | None = None) -> None:
        """Queue bytes as they are for the logical ``topic``; no ``timestamp_ms`` means now.

        Raises:
            UserError: as for ``send``.
        """
        name, partitions = self._topics.get(topic) or self._find(topic)
        partition = partition_of(self._settings.partitioner, key, partitions)
        try:
            future = self._producer.send(name, value=value, key=key, partition=partition, timestamp_ms=timestamp_ms)
        except KafkaError as error:
            raise self._refused(error) from None
        future.add_errback(self._failed)
        self.sent += 1
        self._unconfirmed += 1
        # Confirmed in bulk and not one by one: waiting for each record would send one batch per round trip.
        if self._unconfirmed >= UNCONFIRMED_LIMIT:
            self.flush()

    def flush(self) -> None:
        """Wait until every record sent so far is confirmed.

        Raises:
            UserError: a record was not confirmed within the delivery timeout.
        """
        try:
            self._producer.flush(timeout=DELIVERY_TIMEOUT_MS / 1000)
        except KafkaError as error:
            raise self._refused(self._failure or error) from None
        self._unconfirmed = 0
        if self._failure is not None:
            raise self._refused(self._failure)

    def close(self) -> None:
        """Wait until every record is confirmed, then close the connection.

        Raises:
            UserError: as for ``flush``.
        """
        try:
            self.flush()
        finally:
            self._abandon()

    def _connect(self) -> Any:
        with broker_errors(self._settings):
            return KafkaProducer(
                **client_config(self._settings),
                acks="all",
                compression_type="lz4",
                linger_ms=LINGER_MS,
                batch_size=BATCH_BYTES,
                max_request_size=LARGEST_RECORD_BYTES,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                request_timeout_ms=DELIVERY_TIMEOUT_MS - LINGER_MS,
                max_block_ms=CONNECT_TIMEOUT_MS,
                bootstrap_timeout_ms=CONNECT_TIMEOUT_MS,
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )

    def _find(self, topic: str) -> tuple[str, int]:
        """Name of a logical topic on the broker and the number of its partitions."""
        name = self._settings.topic(topic)
        try:
            partitions = len(self._producer.partitions_for(name))
        except KafkaTimeoutError:
            raise UserError(
                f"topic {name} was not found on Kafka at {self._settings.kafka}; "
                "create it there, or start a stack that has it with `veinte stack up`"
            ) from None
        except KafkaError as error:
            raise self._refused(error) from None
        self._topics[topic] = name, partitions
        return name, partitions

    def _failed(self, error: BaseException) -> None:
        if self._failure is None or _is_of_timestamp(error):  # the only error of a batch that names the cause
            self._failure = error

    def _refused(self, error: BaseException) -> UserError:
        if _is_of_timestamp(error):
            return UserError(
                f"Kafka at {self._settings.kafka} refused a record for its timestamp ({_words(error)}): an event lies "
                "too far ahead of the broker's clock; set the clock of its source right or leave the event out, then "
                "send again"
            )
        return UserError(
            f"Kafka at {self._settings.kafka} did not confirm what was sent ({_words(error)}); "
            "see whether the broker is up, then send again"
        )

    def _abandon(self) -> None:
        try:
            self._producer.close(timeout=1)
        except KafkaError:
            logging.getLogger(__name__).debug("the producer did not close in time", exc_info=True)


def _is_of_timestamp(error: BaseException) -> bool:
    """True if the broker refused a record for its timestamp; for one of several in a batch only the error's text names
    it."""
    return isinstance(error, InvalidTimestampError) or (
        isinstance(error, InvalidRecordError) and "timestamp" in str(error).lower()
    )


def _words(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
