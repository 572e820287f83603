"""Intake of a partition: raw records decoded and grouped by contact; all refusals of records happen here, with a
reason."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime
from typing import NamedTuple

from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Clock
from streams.config.limits import past_limit_ms
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED, Decoded, EventDecoder
from streams.contract.events import EPOCH, MILLISECOND, CorrectedData, ForgottenData
from streams.contract.partitions import wrong_partition
from streams.contract.topics import Topic
from streams.numbers.names import SEPARATOR
from streams.worker.event_clock import ClockMark, EventClock
from streams.worker.portions import REFUSED_BYTES_IN_A_PORTION, REFUSED_IN_A_PORTION
from streams.worker.records import RawRecord


class Refused(NamedTuple):
    """A record that cannot be used, with the reason."""

    record: RawRecord
    reason: str
    detail: str


class Batch(NamedTuple):
    """Decoded batch of a partition.

    ``revisions`` is the offset of each contact's last record. ``refused_in_a_row`` counts the refusals at the end of
    the batch. ``longest_refused`` is the longest run of refusals that this batch extended. ``taken`` is the number of
    records looked at: a batch ends where its dead letters are as many as one portion may have. ``released``: records
    that had waited aside and whose events come first of their contact's; ``kept``: offsets that were set aside.
    """

    events: dict[str, list[Decoded]]
    revisions: dict[str, int]
    refused: list[Refused]
    applied: int
    newest_ms: int | None
    refused_in_a_row: int
    longest_refused: int
    taken: int
    released: list[RawRecord]
    kept: set[int]


class Intake:
    """Decoder and validator of the records of one partition.

    Outcomes (``Topic.CONTACTS``) are our own: their times were checked as input events. Outcomes of another source
    belong to other numbers and are skipped.
    """

    def __init__(
        self, topic: Topic, partition: int, settings: Settings, source: str, clock: EventClock | None = None
    ) -> None:
        """``clock``: judge of times under the event clock, in place of one that has seen nothing."""
        self._decode = EventDecoder.of(topic, settings).decode
        self._partition = partition
        self._partitions = settings.partitions
        self._partitioner = settings.partitioner
        self._past_ms = past_limit_ms(topic, settings)
        self._future_ms = settings.future_limit
        self._jump_ms = settings.clock_jump
        self.by_events = settings.clock is Clock.EVENT
        self.clock = clock or EventClock.of(topic, settings)
        self._applied = 0
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
        decode, event_clock, past_ms, future_ms = self._decode, self.by_events, self._past_ms, self._future_ms
        source = self._source
        kept: set[int] = set()
        before_ms = newest_ms
        distrusts = event_clock and bool(records) and records[0].offset < self.clock.distrusted_below
        for record in records:
            try:
                decoded = decode(record.value)
                event, time_ms, _ = decoded
                if source is not None:
                    if event.source != source:
                        if type(event.data) is ForgottenData:  # of a person, for the numbers of every generation
                            self._forget(record, decoded, events, revisions)
                            applied += 1
                            refused_in_a_row = 0
                        else:
                            foreign += 1
                        continue
                elif event_clock:
                    if (
                        newest_ms is None
                        or distrusts
                        or not newest_ms - past_ms <= time_ms <= newest_ms + self._jump_ms
                    ):
                        self._check_place(record, event.subject, known)
                        if not self.clock.admits(record, event.subject, time_ms, newest_ms, self._applied + applied):
                            self.clock.keep(record, event.subject, time_ms, newest_ms)
                            kept.add(record.offset)
                            continue
                        if self.clock.aside:
                            newest_ms = self.clock.release(time_ms if newest_ms is None else max(newest_ms, time_ms))
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
        taken = applied + foreign + len(refused) + len(kept)
        self._applied += applied
        if source is not None and event_clock:
            newest_ms = self.clock.within_reach(newest_ms, before_ms)
        batch = Batch(events, revisions, refused, applied, newest_ms, refused_in_a_row, longest, taken, [], kept)
        if self.clock.aside or self.clock.due:
            return self._with_waiting(batch, records[taken - 1].offset)
        return batch

    def mark(self) -> tuple[int, ClockMark]:
        """The state before a portion."""
        return self._applied, self.clock.mark()

    def restore(self, mark: tuple[int, ClockMark]) -> None:
        """Go back to the state before a portion that is taken again with fewer records."""
        self._applied = mark[0]
        self.clock.restore(mark[1])

    def waiting(self, newest_ms: int | None, refused_in_a_row: int, revision: int, *, to_the_end: bool) -> Batch | None:
        """A batch of the events aside that are confirmed by now, or were not in time; ``None`` without any.

        Args:
            newest_ms: the partition's clock.
            refused_in_a_row: refusals just before the position.
            revision: of the contacts.
            to_the_end: the log is read to its end, which confirms all of them.
        """
        if not self.clock.aside:
            return None
        if to_the_end:
            newest_ms = self.clock.release_all(newest_ms)
        else:
            self.clock.expire()
        batch = self._with_waiting(Batch({}, {}, [], 0, newest_ms, refused_in_a_row, 0, 0, [], set()), revision)
        return batch if batch.events or batch.refused else None

    def _with_waiting(self, batch: Batch, revision: int) -> Batch:
        """The batch with the events that no longer wait aside, each before the others of its contact."""
        newest_ms = self.clock.release(batch.newest_ms)
        released: list[RawRecord] = []
        for each, error in self.clock.take_due():
            record = each.record
            assert record is not None
            try:
                if error is not None:
                    raise error
                decoded = self._decode(record.value)
                if type(decoded[0].data) is CorrectedData:
                    self._check_correction(decoded[0].data, newest_ms)
            except InvalidEvent as refusal:
                batch.refused.append(Refused(record, refusal.reason, refusal.detail))
                continue
            batch.events.setdefault(each.subject, []).insert(0, decoded)
            released.insert(0, record)
            batch.revisions[each.subject] = revision
        self._applied += len(released)
        return batch._replace(newest_ms=newest_ms, applied=batch.applied + len(released), released=released)

    def _forget(
        self, record: RawRecord, decoded: Decoded, events: dict[str, list[Decoded]], revisions: dict[str, int]
    ) -> None:
        """Take a tombstone in. It is no event of the log's time, so the partition's clock does not follow it."""
        subject = decoded[0].subject
        if record.key != subject.encode():
            raise InvalidEvent("wrong_key", "the record's key is not the event's subject")
        events.setdefault(subject, []).append(decoded)
        revisions[subject] = record.offset

    def _check_place(self, record: RawRecord, subject: str, known: Container[str]) -> None:
        """Refuse a record whose key or partition is not that of its contact."""
        if record.key != subject.encode():
            raise InvalidEvent("wrong_key", "the record's key is not the event's subject")
        if subject not in known:
            self._check_subject(subject)

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
        return InvalidEvent("too_old", f"`time` is {newest_ms - time_ms} ms before the newest of its partition")

    def _check_subject(self, subject: str) -> None:
        if SEPARATOR in subject:
            raise InvalidEvent("invalid_field", "`subject` holds the control character U+001F")
        wrong = wrong_partition(self._partitioner, subject.encode(), self._partition, self._partitions)
        if wrong:
            raise InvalidEvent("wrong_partition", wrong)
