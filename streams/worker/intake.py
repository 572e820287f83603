"""Intake of a partition: raw records decoded and grouped by contact; all refusals of records happen here, with a
reason."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Clock
from streams.config.limits import past_limit_ms
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED, Decoded, EventDecoder
from streams.contract.events import EPOCH, MILLISECOND, CorrectedData
from streams.contract.partitions import wrong_partition
from streams.contract.topics import Topic
from streams.numbers.names import SEPARATOR
from streams.worker.portions import REFUSED_BYTES_IN_A_PORTION, REFUSED_IN_A_PORTION


class RawRecord(Protocol):
    """Attributes used of a Kafka record; ``timestamp`` is the record's own, in epoch ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Refused(NamedTuple):
    """A record that cannot be used, with the reason."""

    record: RawRecord
    reason: str
    detail: str


class Batch(NamedTuple):
    """Decoded batch of a partition.

    ``revisions`` is the offset of each contact's last record. ``refused_in_a_row`` counts the refusals at the end of
    the batch. ``longest_refused`` is the longest run of refusals that this batch extended. ``taken`` is the number of
    records looked at: a batch ends where its dead letters are as many as one portion may have.
    """

    events: dict[str, list[Decoded]]
    revisions: dict[str, int]
    refused: list[Refused]
    applied: int
    newest_ms: int | None
    refused_in_a_row: int
    longest_refused: int
    taken: int


class Intake:
    """Decoder and validator of the records of one partition.

    Outcomes (``Topic.CONTACTS``) are our own: their times were checked as input events. Outcomes of another source
    belong to other numbers and are skipped.
    """

    def __init__(self, topic: Topic, partition: int, settings: Settings, source: str) -> None:
        self._decode = EventDecoder.of(topic, settings).decode
        self._partition = partition
        self._partitions = settings.partitions
        self._partitioner = settings.partitioner
        self._past_ms = past_limit_ms(topic, settings)
        self._future_ms = settings.future_limit
        self._jump_ms = settings.jump_limit
        self._event_clock = settings.clock is Clock.EVENT
        self._source = source if topic is Topic.CONTACTS else None

    def take(
        self, records: Sequence[RawRecord], known: Container[str], newest_ms: int | None, refused_in_a_row: int
    ) -> Batch:
        """Decode and validate a batch.

        Args:
            records: in offset order.
            known: contacts whose partition has been checked already.
            newest_ms: the partition's clock; ``None`` before its first event.
            refused_in_a_row: refusals directly before this batch.
        """
        events: dict[str, list[Decoded]] = {}
        revisions: dict[str, int] = {}
        refused: list[Refused] = []
        applied = foreign = letters = letter_bytes = 0
        longest = 0
        decode, event_clock, past_ms, future_ms = self._decode, self._event_clock, self._past_ms, self._future_ms
        source = self._source
        for record in records:
            try:
                decoded = decode(record.value)
                event, time_ms, _ = decoded
                if source is not None:
                    if event.source != source:
                        foreign += 1
                        continue
                elif event_clock:
                    if newest_ms is not None and not newest_ms - past_ms <= time_ms <= newest_ms + self._jump_ms:
                        raise self._implausible(time_ms, newest_ms)
                elif not record.timestamp - past_ms <= time_ms <= record.timestamp + future_ms:
                    raise self._untimely(time_ms, record.timestamp)
                elif newest_ms is not None and time_ms < newest_ms - past_ms - future_ms:
                    raise self._implausible(time_ms, newest_ms)  # its contact's state may be gone: it would count anew
                if type(event.data) is CorrectedData:
                    self._check_correction(event.data, newest_ms if event_clock else record.timestamp)
                subject = event.subject
                group = events.get(subject)
                if record.key != subject.encode():
                    raise InvalidEvent("wrong_key", "the record's key is not the event's subject")
                if group is None:
                    if source is None and subject not in known:
                        self._check_subject(subject)
                    group = events[subject] = []
            except InvalidEvent as error:
                refused.append(Refused(record, error.reason, error.detail))
                if error.reason not in SKIPPED:
                    refused_in_a_row += 1
                    longest = max(longest, refused_in_a_row)
                    letters += 1
                    letter_bytes += len(record.value or b"")
                    if letters >= REFUSED_IN_A_PORTION or letter_bytes >= REFUSED_BYTES_IN_A_PORTION:
                        break
                continue
            group.append(decoded)
            revisions[subject] = record.offset
            applied += 1
            refused_in_a_row = 0
            if newest_ms is None or time_ms > newest_ms:
                newest_ms = time_ms
        taken = applied + foreign + len(refused)
        return Batch(events, revisions, refused, applied, newest_ms, refused_in_a_row, longest, taken)

    def _check_correction(self, data: CorrectedData, now_ms: int | None) -> None:
        """Refuse the times of a correction beyond the past limit: the contact's numbers are final there."""
        for name in ("outcome_at", "ended_at"):
            moment = getattr(data, name)
            if isinstance(moment, datetime) and now_ms is not None:
                ago_ms = now_ms - (moment - EPOCH) // MILLISECOND
                if ago_ms > self._past_ms:
                    raise InvalidEvent(
                        "invalid_field", f"`{name}` is {ago_ms} ms ago, beyond the limit for late events"
                    )

    def _untimely(self, time_ms: int, record_ms: int) -> InvalidEvent:
        if time_ms > record_ms:
            return InvalidEvent("too_far_ahead", f"`time` is {time_ms - record_ms} ms after the record's timestamp")
        return InvalidEvent("too_old", f"`time` is {record_ms - time_ms} ms before the record's timestamp")

    def _implausible(self, time_ms: int, newest_ms: int) -> InvalidEvent:
        if time_ms > newest_ms:
            return InvalidEvent(
                "implausible_jump", f"`time` is {time_ms - newest_ms} ms after the newest event of its partition"
            )
        return InvalidEvent("too_old", f"`time` is {newest_ms - time_ms} ms before the newest of its partition")

    def _check_subject(self, subject: str) -> None:
        if SEPARATOR in subject:
            raise InvalidEvent("invalid_field", "`subject` holds the control character U+001F")
        wrong = wrong_partition(self._partitioner, subject.encode(), self._partition, self._partitions)
        if wrong:
            raise InvalidEvent("wrong_partition", wrong)
