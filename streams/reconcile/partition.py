"""Reconciliation of one partition: its records read from Kafka, recounted, and compared with Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from streams.clients.redis_clients import SyncClient
from streams.clients.topic_reader import Place, Record, TopicReader
from streams.common.errors import UserError
from streams.common.renames import Renames
from streams.common.vocabulary import Clock, Pseudonym
from streams.config.counting_rules import counting_rules
from streams.config.limits import past_limit_ms, retentions_ms
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.topics import CHANNEL_OF, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import decode_book
from streams.facts.shared.renaming import renamed_book
from streams.reconcile.comparison import Comparison, Difference, Words, stored_slices
from streams.reconcile.reach import Cut, Log, cuts, is_whole
from streams.reconcile.recount import Arrived, Extent, Judgement, Known, Recount
from streams.reconcile.refusals import read_refusals
from streams.reconcile.spill import Spill, Spilled
from streams.reconcile.stored_numbers import StoredNumbers, newest_time, read_numbers, read_states
from streams.store.anchors import Anchor, read_anchors
from streams.store.judged import book_at
from streams.store.keys import partition_keys
from streams.store.registry import Registry
from streams.worker.contact_bounds import FACTS_LIMIT_BYTES
from streams.worker.event_clock import EventClock, WrongClock
from streams.worker.intake import Batch, Intake

CHUNK = 1_000
"""Records taken in at a time."""
OF_A_STATE = -1
"""Offset of a stored state among the spilled records."""
FOREVER_MS = 2**62

Progress = Callable[[str], None]


@dataclass(slots=True)
class _Raw:
    """A record as the intake reads it."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None


class Result(NamedTuple):
    """Result of one partition. ``cuts`` shorten the range; ``unsure`` contacts have several readings, and ``tolerated``
    amounts are those of another one."""

    records: int
    contacts: int
    cells: int
    differences: list[Difference]
    found: int
    cuts: list[Cut]
    unsure: int
    tolerated: int


class Sources(NamedTuple):
    """Kafka, Redis and the settings that the numbers were made with."""

    settings: Settings
    client: SyncClient
    reader: TopicReader
    pseudonym: Pseudonym
    generation: int


class Partition:
    """One partition of a topic."""

    def __init__(self, sources: Sources, topic: Topic, number: int, say: Progress) -> None:
        self._from = sources
        self._topic, self._number = topic, number
        self._say = say
        settings = sources.settings
        self._keys = partition_keys(settings.namespace, sources.generation, topic, number)
        self._place: Place = (settings.topic(topic), number)
        self._domain = DOMAIN_OF[topic]
        self._keep_ms = past_limit_ms(topic, settings) + settings.future_limit
        channel = CHANNEL_OF.get(topic)
        self._own = settings.renames.get(channel, {}) if channel else {}
        self._renames: Renames = ({channel: self._own} if self._own else {}) if channel else settings.renames
        self._decode = EventDecoder.of(topic, settings).decode
        self._source = ""
        self._records = self._contacts = 0

    def reconcile(
        self, from_ms: int | None, to_ms: int | None, check: Callable[[StoredNumbers], None], most: int
    ) -> Result | None:
        """Compare the slices of a range of whole quarters of an hour; ``None`` without numbers.

        Args:
            from_ms: start of the range; ``None`` for all that is kept.
            to_ms: its end.
            check: refuses numbers of another log.
            most: differences that the result names.

        Raises:
            UserError: the log is not the one that the numbers are of, or Kafka does not answer.
            Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis cannot serve.
        """
        with Spill() as spill:
            first = read_numbers(self._from.client, self._keys)
            if first is None:
                return None
            start, end = self._from.reader.bounds([self._place[0]])[self._place]
            whole = is_whole(Log(start, None), first.judged)
            if not whole:
                # Before the numbers: a state read after them might hold events of later records.
                self._say("reading states")
                for subject, packed in read_states(self._from.client, self._keys):
                    spill.put(Spilled(subject, OF_A_STATE, None, packed))
            numbers = first if whole else read_numbers(self._from.client, self._keys)
            assert numbers is not None
            check(numbers)
            if numbers.position > end:
                raise UserError(
                    f"{self._place[0]}-{self._number} ends at offset {end} but {numbers.position} is already counted: "
                    "not the log that the numbers are of; set its worker's VEINTE_NAMESPACE, or run `veinte rebuild`"
                )
            log_clock_ms = self._read(numbers, start, spill)
            begins, _ = self._from.reader.bounds([self._place[0]])[self._place]
            if begins > start:
                raise UserError(
                    f"Kafka deleted the oldest records of {self._place[0]}-{self._number} while they were read; run "
                    "it again"
                )
            return self._compared(numbers, Log(start, log_clock_ms), spill, from_ms, to_ms, most)

    def _read(self, numbers: StoredNumbers, start: int, spill: Spill) -> int | None:
        """Take in the records below the position of the numbers; the clock after the first of them."""
        self._source = numbers.stored.source
        settings, reader = self._from.settings, self._from.reader
        clock = self._clock(numbers)
        intake = Intake(self._topic, self._number, settings, self._source, clock)
        waiting = {int(offset) for offset in numbers.stored.aside}
        refusals = read_refusals(reader, settings, self._topic, self._number, numbers.status.statistics)
        begun = numbers.judged[0].position if numbers.judged and numbers.judged[0].clock_ms is None else 0
        first, end = max(start, begun), numbers.position
        clock_ms = first_ms = None
        for span in refusals.spans(first, end):
            for chunk in _chunks(reader.read({self._place: span})):
                raw = [
                    _Raw(record.offset, record.timestamp_ms, record.key, record.value)
                    for record in chunk
                    if record.offset not in waiting and not refusals.has(record, self._from.pseudonym)
                ]
                clock_ms = self._take(intake, raw, clock_ms, spill)
                first_ms = clock_ms if first_ms is None else first_ms
                self._records += len(chunk)
                self._say(f"{chunk[-1].offset - first + 1:,} of {end - first:,} records read")
        # What waits nowhere and was not refused was applied at the end of a drained log.
        rest = intake.waiting(clock_ms, 0, end, to_the_end=True)
        if rest is not None:
            self._keep((), rest, clock_ms, spill)
        return first_ms

    def _clock(self, numbers: StoredNumbers) -> EventClock:
        """The partition's event clock at its beginning. It knows how far the others have come by now, so that events
        wait for nothing but for each other."""
        settings = self._from.settings
        elsewhere: int | None = None
        anchors: tuple[Anchor, ...] = ()
        if settings.clock is Clock.EVENT:
            elsewhere = newest_time(self._from.client, settings, self._from.generation, but=self._keys)
            anchors = read_anchors(
                self._from.client, settings.namespace, str(self._topic), self._number, numbers.stored.topic_id
            )
        return EventClock.of(self._topic, settings, anchors=anchors, newest_elsewhere=lambda: elsewhere)

    def _take(self, intake: Intake, raw: Sequence[_Raw], clock_ms: int | None, spill: Spill) -> int | None:
        """Take records in, as many at a time as the intake likes; the clock after them."""
        start = 0
        while start < len(raw):
            try:
                batch = intake.take(raw[start:], (), clock_ms, 0)
            except WrongClock as wrong:
                raise UserError(
                    f"the event clock of {self._topic}-{self._number} is wrong ({wrong}); its worker counts the "
                    "partition anew once it has found out: run it again later"
                ) from None
            clock_ms = self._keep(raw[start : start + batch.taken], batch, clock_ms, spill)
            start += batch.taken
        return clock_ms

    def _keep(self, raw: Sequence[_Raw], batch: Batch, clock_ms: int | None, spill: Spill) -> int | None:
        """Spill the accepted records, each with the partition's clock before it; the clock after them."""
        passed_over = {each.record.offset for each in batch.refused} | batch.kept
        accepted = {subject: iter(events) for subject, events in batch.events.items()}
        for record in (*batch.released, *(each for each in raw if each.offset not in passed_over)):
            subject = "" if record.key is None else record.key.decode(errors="replace")
            if subject not in accepted or not self._is_own(record.value):
                continue
            spill.put(Spilled(subject, record.offset, clock_ms, record.value or b""))
            event = next(accepted[subject])
            if self._domain.seals is None or not self._domain.seals(event):
                clock_ms = event[1] if clock_ms is None else max(clock_ms, event[1])
        return clock_ms

    def _is_own(self, value: bytes | None) -> bool:
        """False for the outcomes of other numbers, which the intake passes over."""
        if not self._domain.is_derived:
            return True
        decoded = self._decode(value)
        assert self._domain.seals is not None
        return decoded[0].source == self._source or self._domain.seals(decoded)

    def _compared(
        self, numbers: StoredNumbers, log: Log, spill: Spill, from_ms: int | None, to_ms: int | None, most: int
    ) -> Result:
        settings, status = self._from.settings, numbers.status
        clock_ms = -FOREVER_MS if status.newest_ms is None else status.newest_ms
        found = list(
            cuts(
                log,
                numbers.judged,
                counting_rules(self._topic, settings),
                books=len(numbers.stored.policies),
                clock_ms=clock_ms,
                keep_ms=self._keep_ms,
                # An outcome changes what those before it count, and nothing later than its own window.
                reach_ms=settings.repeat_window if self._domain.is_derived else self._keep_ms,
                tail_ms=settings.repeat_window if self._domain.is_derived else 0,
            )
        )
        oldest = {
            tier.letter: (clock_ms - kept_ms) // tier.width_ms for tier, kept_ms in retentions_ms(settings).items()
        }
        begin_ms = max((each.from_ms for each in found), default=None)
        extent = Extent(_later(from_ms, begin_ms), to_ms, oldest)
        registry = self._registry(numbers)
        recount = Recount(self._judgement(numbers, registry, clock_ms), extent)
        self._count(recount, spill)
        comparison = Comparison(f"{self._topic}-{self._number}", Words({**registry.added, **numbers.names}))
        present = registry.present if self._renames else (lambda row: row)
        stored = stored_slices(numbers.numbers.items(), extent, present, self._keys.numbers)
        differences: list[Difference] = []
        count = 0
        for each in comparison.differences(recount.sums, stored, recount.slack):
            count += 1
            if len(differences) < most:
                differences.append(each)
        return Result(
            self._records,
            self._contacts,
            comparison.cells,
            differences,
            count,
            found,
            recount.unsure,
            comparison.tolerated,
        )

    def _registry(self, numbers: StoredNumbers) -> Registry:
        settings, channel = self._from.settings, CHANNEL_OF.get(self._topic)
        configured = {
            name
            for name, entries in settings.queues.items()
            if channel is None or any(entry.channel == channel for entry in entries)
        }
        return Registry(
            numbers.names, frozenset(configured), settings.queue_limit, {"": self._own} if channel else self._renames
        )

    def _judgement(self, numbers: StoredNumbers, registry: Registry, clock_ms: int) -> Judgement:
        books = {
            int(identity): renamed_book(decode_book(packed), self._own)
            for identity, packed in numbers.stored.policies.items()
        }
        history = numbers.judged
        oldest = min(books, default=0)

        def book_of(offset: int) -> int:
            known = book_at(history, books, offset)
            return oldest if known is None else known  # the range is cut behind such contacts

        return Judgement(
            self._domain,
            registry,
            books,
            book_of,
            self._from.pseudonym,
            self._keep_ms,
            clock_ms,
            FACTS_LIMIT_BYTES,
            numbers.live_subjects(frozenset(self._domain.live_types)),
            self._renames,
        )

    def _count(self, recount: Recount, spill: Spill) -> None:
        decode_state = self._domain.state_decoder()
        for grouped in spill.contacts():
            for subject, spilled in grouped.items():
                known = None
                arrived: list[Arrived] = []
                for each in spilled:
                    if each.offset == OF_A_STATE:
                        state = decode_state(each.value)
                        known = Known(self._domain.renamed(state.facts, self._renames), state.book)
                        continue
                    arrived.append(Arrived(each.offset, each.clock_ms, self._decode(each.value)))
                recount.add(subject, arrived, known)
            self._contacts += len(grouped)
            self._say(f"{self._contacts:,} contacts of {self._records:,} records counted")


def _later(one: int | None, other: int | None) -> int | None:
    return max((each for each in (one, other) if each is not None), default=None)


def _chunks(records: Iterator[Record]) -> Iterator[list[Record]]:
    while chunk := list(islice(records, CHUNK)):
        yield chunk
