"""Owned partition: reads its states, folds records, commits the changes. Only this code writes a partition's keys."""

from __future__ import annotations

import asyncio
import secrets
import sys
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec
from redis.exceptions import ResponseError

from streams.clients.fetching import OversizedBatch
from streams.clients.pseudonyms import key_check
from streams.common.errors import UserError
from streams.common.renames import Renames
from streams.common.vocabulary import Pseudonym
from streams.config.counting_rules import counting_rules
from streams.config.limits import past_limit_ms, retentions_ms
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.contract.decoding import SKIPPED
from streams.contract.times import moment_text
from streams.contract.topics import CHANNEL_OF, FOLDED, INPUTS, Topic
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.policy import book_hash, decode_book, encode_book
from streams.facts.shared.renaming import renamed_book
from streams.store.anchors import drop_numbers
from streams.store.cells import CellDecoder
from streams.store.commit import COMMIT_SCRIPT, Answer, Commit, CommitId, Conflict
from streams.store.damage import Damaged
from streams.store.field_reader import FieldReader
from streams.store.judged import judged_fields
from streams.store.keys import (
    CHANGES_KEPT,
    HEAD_ACKNOWLEDGED,
    HEAD_KEY_CHECK,
    HEAD_PARTITIONS,
    HEAD_RESUME,
    HEAD_SOURCE,
    HEAD_TOPIC_ID,
    PartitionKeys,
    Status,
)
from streams.store.redis_errors import WRONG_TYPE, failure_of, patiently
from streams.store.registry import Registry
from streams.store.slices import Slices
from streams.store.standing import INTERNAL, LET_GO, Attempt, Stop, resume_mode
from streams.store.stored import Stored, naming_damage
from streams.worker.attempts import Attempts
from streams.worker.batches import LARGEST_BATCH
from streams.worker.clock_links import NO_LINKS, ClockLinks, Reanchored
from streams.worker.event_clock import WRONG_AFTER, ClockMark, EventClock, WrongClock
from streams.worker.intake import Batch, Intake, Refused
from streams.worker.ledger import STATES_CACHED_BYTES, Ledger
from streams.worker.log_end import Transaction
from streams.worker.outbox import OutboxMessage
from streams.worker.portions import PortionSize, TooMuch
from streams.worker.records import RawRecord
from streams.worker.standstill import (
    INTERNAL_IN_A_ROW,
    RunAhead,
    before_run,
    internal_stop,
    refused_stop,
    standing,
    stop_sentence,
)
from streams.worker.state_reader import Beyond, StateReader, place_of, refused_of

SWEPT_A_COMMIT = 500
"""Most expired states that one commit's answer names, besides twice the contacts it touched."""
MOST_SWEPT = 5_000
"""Most expired states that one commit's answer names at all: the next commit deletes them."""
CACHED_BYTES = 16 << 20
"""Packed bytes of cached states over all partitions of a process, if it owns them all (``STATES_CACHED_BYTES``)."""

_pack = msgspec.msgpack.Encoder().encode
_unpack_status = msgspec.msgpack.Decoder(Status).decode


class Progress(NamedTuple):
    """Fetch progress of a partition.

    Attributes:
        at_end: the log was drained.
        caught_up: every record that can be read is applied; not the end of the log while a transaction is open.
        seen_ms: everything published before this wall time is applied; 0 while that is not known.
        log_end: end of the log, open transactions included.
        transaction: the transaction that stays open; ``None`` while there is none.
        partitions: partitions that the topic has on the broker where they are not those of the numbers, else 0.
    """

    at_end: bool
    caught_up: bool
    seen_ms: int
    log_end: int
    transaction: Transaction | None = None
    partitions: int = 0


SendDeadLetters = Callable[[Sequence[Refused]], Awaitable[None]]
SendOutbox = Callable[[Sequence[OutboxMessage]], Awaitable[None]]
AHEAD_HEARTBEATS = 10
"""Heartbeats in a row after which a clock of outcomes that is ahead of the inputs is wrong: heads are read one after
the other, so it may seem to be ahead for a moment."""


class _Unread(Exception):
    """States of a portion that take more bytes than it may read; ``subjects`` are those not read yet."""

    def __init__(self, subjects: set[str]) -> None:
        super().__init__(f"{len(subjects)} states are not read")
        self.subjects = subjects


class TooManyRefused(Exception):
    """Limit of refused records in a row reached: the cause is probably not the records; nothing was committed.

    ``stop``: what the partition is to be stopped with.
    """

    def __init__(self, text: str, stop: Stop) -> None:
        super().__init__(text)
        self.stop = stop


class OwnedPartition:
    """A partition of a topic between assignment and revocation.

    ``position`` is the offset of the next record to apply. ``attempts`` bounds the records that are committed together,
    and ``in_hand`` is the number of those tried last. ``stop`` is set while the partition stands still. Every method
    that commits raises :class:`Conflict` when the fence refuses it; the process must then end, because memory no longer
    agrees with Redis.
    """

    def __init__(
        self,
        topic: Topic,
        partition: int,
        stored: Stored,
        *,
        redis: Any,
        keys: PartitionKeys,
        settings: Settings,
        pseudonym: Pseudonym,
        topic_id: str,
        send_dead_letters: SendDeadLetters,
        send_outbox: SendOutbox,
        source: str,
        largest_batch: int,
        now_ms: Callable[[], int],
        never_stops: bool = False,
        links: ClockLinks = NO_LINKS,
    ) -> None:
        """Load the partition from ``stored``.

        Args:
            topic: logical topic.
            partition: number of the partition.
            stored: content of its keys in Redis.
            redis: asyncio client.
            keys: its keys in Redis.
            settings: limits, retentions and policies.
            pseudonym: keyed hash of identifiers.
            topic_id: of Kafka.
            send_dead_letters: publishes refused records and returns once they are confirmed.
            send_outbox: publishes outcomes and returns once they are confirmed.
            source: ``source`` of the outcomes of these numbers (``streams.worker.publisher.outcome_source``).
            largest_batch: most records in progress when an owner crashes or loses the partition.
            now_ms: wall clock.
            never_stops: any number of records in a row may go to the dead letters.
            links: of the event clock.
        """
        self.topic = topic
        self.position = stored.position or 0
        self.lock = asyncio.Lock()
        self.closed = False
        self._partition = partition
        self._redis = redis
        self._size = PortionSize(LARGEST_BATCH)
        self._fields = FieldReader(redis)
        self._keys = keys
        self._now_ms = now_ms
        self._send_dead_letters = send_dead_letters
        self._send_outbox = send_outbox
        self._never_stops = never_stops
        self._refused_limit = sys.maxsize if never_stops else settings.dead_letters_in_a_row
        self._script = redis.register_script(COMMIT_SCRIPT)
        self._nonce = secrets.token_hex(8)
        self._commit_id = CommitId.of(stored.head)
        raw_status = stored.head.get(b"status")
        status = None if raw_status is None else _unpack_status(raw_status)
        self._statistics: dict[str, int] = {} if status is None else dict(status.statistics)
        self._newest_ms = None if status is None else status.newest_ms
        self._watermark_ms = 0 if status is None else status.watermark_ms
        self._acknowledged = int(stored.head.get(HEAD_ACKNOWLEDGED.encode(), 0))
        self._formula = DOMAIN_OF[topic].formula if status is None else status.formula
        self.transaction = None if status is None else _transaction(status)
        self._progress = Progress(False, False, 0, self.position, self.transaction)
        self._clock_limit = settings.clock_limit
        self._head_fields = [
            *(HEAD_TOPIC_ID, topic_id),
            *(HEAD_PARTITIONS, str(settings.partitions)),
            *(HEAD_KEY_CHECK, key_check(pseudonym)),
            *(HEAD_SOURCE, source),
        ]
        self._refused_in_a_row = 0 if status is None else status.refused_in_a_row
        self._refused_ms = 0 if status is None else status.refused_ms
        self._internal_in_a_row = 0 if status is None else status.internal_in_a_row
        self.stop = None if status is None or never_stops else standing(status.stop, settings)
        self._attempt: Attempt | None = None
        self.attempts = Attempts(None if status is None else status.attempt, self.position, LARGEST_BATCH)
        self.in_hand = 0
        self._most_swept = MOST_SWEPT

        channel = CHANNEL_OF.get(topic)
        book = policy_book(channel, settings)
        books = {int(identity): decode_book(packed) for identity, packed in stored.policies.items()}
        same = [identity for identity, candidate in books.items() if candidate == book]
        current = same[0] if same else len(books) + 1
        books[current] = book
        self._policy = book_hash(book)
        self._judging = partial(
            judged_fields, stored.head, clock_ms=self._newest_ms, book=current, rules=counting_rules(topic, settings)
        )
        self._new_policies: list[str | bytes] = [] if same else [str(current), encode_book(book)]
        own = settings.renames.get(channel, {}) if channel else {}
        renames: Renames = ({channel: own} if own else {}) if channel else settings.renames
        books = {identity: renamed_book(candidate, own) for identity, candidate in books.items()}
        self._registry = Registry(
            {name.decode(): int(identity) for name, identity in stored.names.items()},
            frozenset(book.queues if channel else settings.queues),
            settings.queue_limit,
            {"": own} if channel else renames,
        )
        self._clock = EventClock.of(
            topic,
            settings,
            aside=stored.aside,
            anchors=links.anchors,
            newest_elsewhere=links.newest_elsewhere,
            wall_ms=now_ms,
        )
        self._links = links
        self._ahead = 0
        self._intake = Intake(topic, partition, settings, source, self._clock)
        self._ledger = Ledger(
            DOMAIN_OF[topic],
            self._registry,
            books,
            current,
            Slices(
                (field.decode() for field in stored.fields),
                {tier.letter: kept_ms for tier, kept_ms in retentions_ms(settings).items()},
                CellDecoder(self._registry.has_dimension),
            ),
            pseudonym,
            past_limit_ms(topic, settings) + settings.future_limit,
            self.position + largest_batch,
            renames,
            max(STATES_CACHED_BYTES, CACHED_BYTES // (len(FOLDED) * settings.partitions)),
        )
        self._states = StateReader(self._fields, keys.contacts, self._ledger)
        self._rolled: tuple[list[str], int] = ([], 0)

    @naming_damage
    async def apply(self, records: Sequence[RawRecord]) -> None:
        """Apply a batch of records in offset order, exactly once. Records below the position are skipped.

        The batch is applied in portions, each committed with a position of its own. A heartbeat may come in between,
        and a portion that fails leaves those before it applied.

        Raises:
            TooManyRefused: the limit of refused records in a row is reached.
            Conflict: the fence refused the commit.
            UserError: Redis refused the commit for another reason, or its contents are damaged.
        """
        start = 0
        while start < len(records):
            async with self.lock:
                if self.closed or self.stop is not None:
                    return
                # Records below the position were fetched twice: they are counted already.
                if records[start].offset < self.position:
                    start = bisect_left(records, self.position, key=lambda record: record.offset)
                    continue
                start += await self._apply_next(records, start)

    async def _apply_next(self, records: Sequence[RawRecord], start: int) -> int:
        """Apply the next records, or set the next one aside.

        Returns:
            Their number.
        """
        first, detail, taken = records[start], self.attempts.condemned, 1
        if detail is not None:
            await self._set_aside(first, detail)
        elif isinstance(first, OversizedBatch):
            await self._refuse_batch(first)
        else:
            taken = await self._apply_portion(records, start)
        self.attempts.succeeded(taken)
        return taken

    async def _refuse_batch(self, batch: OversizedBatch) -> None:
        """Set a batch that was not unpacked aside: one dead letter, counted by its records."""
        refused = Refused(
            batch,
            "too_large",
            f"a batch of {batch.records:,} records, sent as {batch.packed_bytes:,} bytes, unpacks to more than "
            f"{batch.limit_bytes:,}",
        )
        self._check_run(self._refused_in_a_row + 1, refused)
        self._refused_in_a_row += 1
        self._count(f"rejected.{refused.reason}", batch.records)
        self._refused_ms = self._now_ms()
        await self._send_dead_letters([refused])
        self._rolled = self._ledger.roll_up(_clock_ms(self._newest_ms))
        await self._commit(batch.offset + 1, touched=0)

    def _check_run(self, in_a_row: int, last: Refused) -> None:
        """Stop before a run of refused records that is too long; after the repair they are read again.

        Raises:
            TooManyRefused: it is.
        """
        if in_a_row >= self._refused_limit:
            detail = f"offset {last.record.offset} ({last.reason}: {last.detail})"
            stop = refused_stop(self.position, in_a_row, self._refused_limit, self._now_ms(), detail)
            raise TooManyRefused(stop_sentence(self.topic, self._partition, stop), stop)

    async def _apply_portion(self, records: Sequence[RawRecord], start: int) -> int:
        """Apply the next records, as many as fit into one commit.

        Returns:
            Their number.
        """
        await self._read_aside()
        size = self._size.next(len(records) - start, self.attempts.limit)
        await self._note(size)
        before = self._intake.mark()
        while True:
            self.in_hand = size
            portion = records if size == len(records) else records[start : start + size]
            try:
                batch, beyond = await self._fold(portion)
                break
            except RunAhead as error:
                self._undo(before)
                size = error.usable
            except TooMuch as error:
                self._undo(before)
                self._size.cut(size, error.fitting)
                self._most_swept = max(SWEPT_A_COMMIT, self._most_swept // 2)
                size = self._size.next(size, size)
        self._size.fitted(batch.taken, self._ledger.amount.load)
        self._most_swept = min(MOST_SWEPT, 2 * self._most_swept)
        await self._publish(batch, beyond, portion, portion[batch.taken - 1].offset + 1)
        return batch.taken

    async def _publish(self, batch: Batch, beyond: Beyond, portion: Sequence[RawRecord], position: int) -> None:
        """Send the dead letters and outcomes of a folded batch, and commit it with ``position``."""
        refusals = batch.refused
        if beyond:
            refusals = [*refusals, *refused_of(beyond, portion, batch)]
        self._newest_ms, self._refused_in_a_row = batch.newest_ms, batch.refused_in_a_row
        if batch.applied:
            self._internal_in_a_row = 0
        self._count("applied", batch.applied - len(refusals) + len(batch.refused))
        for refused in refusals:
            self._count(f"rejected.{refused.reason}", 1)
        # Dead letters and outcomes are confirmed by Kafka before the commit. After a crash in between they are
        # published again, and readers recognise the repetition; published after the commit, they could be lost.
        if refusals:
            if any(refused.reason not in SKIPPED for refused in refusals):
                self._refused_ms = self._now_ms()
            await self._send_dead_letters(refusals)
        told = self._ledger.take_outbox()
        if told:
            await self._send_outbox(told)
        await self._commit(position, touched=len(batch.events))

    def _undo(self, before: tuple[int, ClockMark]) -> None:
        """Take back a portion that is to be folded again with fewer records; ``before`` is the clock before it."""
        self._intake.restore(before)
        self._ledger.undo()
        self._registry.folded.clear()

    async def _fold(self, portion: Sequence[RawRecord]) -> tuple[Batch, Beyond]:
        """Decode and fold a portion.

        Returns:
            The batch, and the events past a bound of their contact by contact.

        Raises:
            TooMuch: the changes do not fit into one commit.
            RunAhead: the limit is reached behind records that are to be counted first.
            TooManyRefused: the limit of refused records in a row is reached.
        """
        try:
            batch = self._intake.take(portion, self._ledger.states, self._newest_ms, self._refused_in_a_row)
        except WrongClock as wrong:
            await self._reanchor(wrong)
        if batch.longest_refused >= self._refused_limit:
            # Before the fold and before any dead letter, so that none of the records is lost.
            usable = before_run(portion, batch.refused, self._refused_in_a_row, self._refused_limit)
            if usable:
                raise RunAhead(usable)
            self._check_run(batch.longest_refused, batch.refused[-1])
        try:
            return batch, await self._fold_batch(batch, whole=len(portion) == 1)
        except _Unread as error:
            raise TooMuch(place_of(error.subjects, portion) / len(portion)) from None

    async def _fold_batch(self, batch: Batch, *, whole: bool) -> Beyond:
        """Fold a decoded batch.

        Args:
            batch: decoded records.
            whole: it is folded whatever it takes, because there is nothing smaller.

        Returns:
            The events past a bound of their contact.

        Raises:
            TooMuch: the changes do not fit into one commit.
            _Unread: the states do not fit into a portion.
        """
        # An expiry that breaks our code must not look like a fault of the records in hand.
        while unread := await self._states.read(batch.events, expires=not self.attempts.careful):
            if not whole:
                raise _Unread(unread)
        ledger = self._ledger
        beyond: Beyond = {}
        for folded, (subject, events) in enumerate(batch.events.items()):
            if ledger.is_full and not whole:
                raise TooMuch(folded / len(batch.events))
            refused = ledger.fold(subject, events, batch.revisions[subject])
            if refused:
                beyond[subject] = refused
        self._rolled = ledger.roll_up(_clock_ms(batch.newest_ms))
        if ledger.amount.load > 1 and not whole:
            raise TooMuch(1 / ledger.amount.load)
        return beyond

    async def _note(self, records: int) -> None:
        """Write into the head which records come next, where a failure must be remembered."""
        self._attempt = self.attempts.begin(self.position, records)
        if self._attempt is not None:
            await self._commit_head(self.position)

    async def _commit_head(self, position: int) -> None:
        """Commit a position and the status, without any event."""
        self._rolled = self._ledger.roll_up(_clock_ms(self._newest_ms))
        await self._commit(position, touched=0)

    async def _set_aside(self, record: RawRecord, detail: str) -> None:
        """Move past a record that breaks our code; the last of too many in a row stops the partition."""
        self._count(f"rejected.{INTERNAL}", 1)
        self._internal_in_a_row += 1
        self._refused_ms = self._now_ms()
        if self._internal_in_a_row >= INTERNAL_IN_A_ROW and not self._never_stops:
            where = f"offset {record.offset} ({detail})"
            self.stop = internal_stop(record.offset + 1, self._internal_in_a_row, self._now_ms(), where)
        await self._send_dead_letters([Refused(record, INTERNAL, detail)])
        await self._commit_head(record.offset + 1)

    async def stand_still(self, stop: Stop) -> None:
        """Stop at the position until ``resume``; the stop is in the head before this returns."""
        async with self.lock:
            if not self.closed:
                self.stop = stop
                await self._commit_head(self.position)

    async def resume(self, *, try_again: bool) -> None:
        """End the stop. With ``try_again`` the limits hold as ever; else the records up to the next usable one are let
        go to the dead letters, however many they are."""
        async with self.lock:
            if self.closed:
                return
            self.stop = None
            self._refused_in_a_row = self._internal_in_a_row = 0 if try_again else LET_GO
            self._head_fields = [*self._head_fields, HEAD_RESUME, ""]
            await self._commit_head(self.position)

    @naming_damage
    async def heartbeat(self, progress: Progress) -> None:
        """Commit the progress of the owner (design rule 5), and expire old states and slices."""
        async with self.lock:
            if self.closed:
                return
            self._progress, self.transaction = progress, progress.transaction
            if self.stop is None:
                await self._look_at_clock()
                if await self._apply_waiting(to_the_end=False):
                    return
                await self._states.read({})
            self._rolled = self._ledger.roll_up(_clock_ms(self._newest_ms))
            await self._commit(self.position, touched=0)

    async def settle(self) -> bool:
        """Apply the events that wait aside, at the end of the log; false without any."""
        async with self.lock:
            return not self.closed and self.stop is None and await self._apply_waiting(to_the_end=True)

    async def _apply_waiting(self, *, to_the_end: bool) -> bool:
        """Apply and commit the events aside whose wait is over; false without any."""
        await self._read_aside()
        # The position is no revision of any record yet, so an outcome of it is newer than all before.
        batch = self._intake.waiting(self._newest_ms, self._refused_in_a_row, self.position, to_the_end=to_the_end)
        if batch is not None:
            await self._publish(batch, await self._fold_batch(batch, whole=True), (), self.position)
        return batch is not None

    async def _read_aside(self) -> None:
        """Read the events aside from the log again, after a restart."""
        if self._clock.unread:
            gone = self._clock.fill(await self._links.read_records(self._clock.unread))
            self._count("lost", gone)

    async def _reanchor(self, wrong: WrongClock) -> None:
        """Drop the partition's numbers, and note what its events are not to be believed any more."""
        await drop_numbers(self._redis, self._keys, self._commit_id)
        self.closed = True
        await self._links.store_anchors((*self._links.anchors, wrong.anchor))
        raise Reanchored(
            f"{self.topic}-{self._partition}: the clock was wrong. It stood at {moment_text(wrong.newest_ms)}, but "
            f"{WRONG_AFTER} contacts in a row before offset {wrong.anchor.until} agree that it was not; the numbers "
            "of the partition are counted anew from the beginning of its log"
        )

    async def _look_at_clock(self) -> None:
        """Count the outcomes anew if their clock follows a wrong one of the inputs that was set right."""
        if self.topic in INPUTS or not self._intake.by_events:
            return
        self._ahead = self._ahead + 1 if self._clock.is_ahead(self._newest_ms) else 0
        if self._ahead > AHEAD_HEARTBEATS and self._newest_ms is not None:
            await drop_numbers(self._redis, self._keys, self._commit_id)
            self.closed = True
            raise Reanchored(
                f"{self.topic}-{self._partition}: the clock of the outcomes stood at {moment_text(self._newest_ms)}, "
                "ahead of all events; the repeats of the partition are counted anew from the beginning of its log"
            )

    @naming_damage
    async def move(self, log_start: int) -> None:
        """Move the position to the start of a log that begins above it. The loss is counted, and the partition stays
        blind until it is acknowledged."""
        async with self.lock:
            lost = log_start - self.position
            self._count("lost", lost)
            self._rolled = self._ledger.roll_up(_clock_ms(self._newest_ms))
            await self._commit(log_start, touched=0)

    @property
    def number(self) -> int:
        """Number of the partition."""
        return self._partition

    @property
    def name(self) -> str:
        """Logical topic and number of the partition."""
        return f"{self.topic}-{self._partition}"

    @property
    def expires_next(self) -> bool:
        """True if the next heartbeat expires contacts: the last commit named them."""
        return any(self._states.swept)

    async def asked_to_resume(self) -> bool | None:
        """``try_again`` of a request to end the stop (``streams.store.standing.resume_request``); ``None`` without."""
        if self.stop is None:
            return None
        request = await patiently(lambda: self._redis.hget(self._keys.head, HEAD_RESUME))
        return resume_mode(self.stop, bytes(request or b"").decode(errors="replace"))

    @property
    def statistics(self) -> Mapping[str, int]:
        """Counters since the partition's numbers began (``streams.store.keys.Status``)."""
        return self._statistics

    @property
    def formula(self) -> int:
        """Version of the formula of contributions with which the partition's numbers began."""
        return self._formula

    @property
    def newest_ms(self) -> int | None:
        """The partition's clock: its newest applied event time."""
        return self._newest_ms

    def _count(self, name: str, amount: int) -> None:
        if amount:
            self._statistics[name] = self._statistics.get(name, 0) + amount

    async def _commit(self, position: int, *, touched: int) -> None:
        clock_ms = _clock_ms(self._newest_ms)
        unread, late = self._rolled
        self._count("late", late)
        async for slices in self._fields.read(self._keys.numbers, unread):
            self._ledger.load_slices(slices)
        writes = self._ledger.take_writes({}, clock_ms)
        self._count("conflicting", self._ledger.conflicting)
        self._ledger.conflicting = 0
        for label, folded in self._registry.folded.items():
            self._count(f"folded.{label}", folded)
        self._registry.folded.clear()
        number = int(self._commit_id.number or 0) + 1
        next_id = CommitId(str(position), self._nonce, str(number))
        commit = Commit(
            *next_id,
            *self._commit_id,
            clock=f"({clock_ms}",
            sweep=min(SWEPT_A_COMMIT + 2 * touched, self._most_swept),
            changed_floor=str(number - CHANGES_KEPT),
            head=[*self._head_fields, *self._judging(position=self.position)] if self._head_fields else [],
            names=[text for name, identity in self._registry.added.items() for text in (name, str(identity))],
            deleted=writes.deleted,
            contacts_deleted=writes.contacts_deleted,
            expiry=writes.expiry,
            expiry_deleted=writes.expiry_deleted,
            live_expiry=writes.live_expiry,
            live_expiry_deleted=writes.live_expiry_deleted,
            aside=self._clock.written(),
            aside_deleted=[str(offset) for offset in self._clock.removed],
        )
        status = _pack(self._status(position))
        arguments = commit.arguments(status, writes.set, writes.contacts, self._new_policies)
        # A retry sends the same arguments: after a lost answer the script finds this commit's id and changes nothing.
        try:
            answer = Answer.of(await patiently(lambda: self._script(keys=list(self._keys), args=arguments)))
        except Damaged as damage:
            damage.why += (
                f", found by the commit of {self.topic}-{self._partition} from offset {self.position} to {position} "
                f"({'nothing' if damage.field is None else 'all of it'} is committed)"
            )
            raise
        except ResponseError as error:
            failure = failure_of(error)
            if failure is WRONG_TYPE or (failure is not None and failure.passes):
                raise
            raise UserError(
                f"Redis refuses the commit of {self.topic}-{self._partition} from offset {self.position} to {position} "
                f"({error}); mend Redis, then start again"
            ) from error
        if answer.outcome != "done":
            raise Conflict(f"{self.topic}-{self._partition}: {answer.detail}")
        self.position = position
        self._commit_id = next_id
        # Cleared only after the commit succeeded: after a conflict the process ends, so nothing has to be undone.
        self._registry.added.clear()
        self._clock.committed()
        self._new_policies = []
        self._head_fields = []
        self._acknowledged = answer.acknowledged
        self._states.swept = (answer.expired, answer.expired_live)

    def _status(self, position: int) -> Status:
        now_ms = self._now_ms()
        at_end = self._progress.at_end and position <= self._progress.log_end
        self._move_watermark(now_ms, at_end)
        transaction = self._progress.transaction
        return Status(
            watermark_ms=self._watermark_ms,
            newest_ms=self._newest_ms,
            wall_ms=now_ms,
            at_end=at_end,
            log_end=max(self._progress.log_end, position),
            formula=self._formula,
            names=len(self._registry),
            statistics=self._statistics,
            lost_unacknowledged=self._statistics.get("lost", 0) - self._acknowledged,
            refused_in_a_row=self._refused_in_a_row,
            policy=self._policy,
            refused_ms=self._refused_ms,
            internal_in_a_row=self._internal_in_a_row,
            attempt=self._attempt if self._attempt is not None and self._attempt.position == position else None,
            stop=self.stop,
            transaction_offset=-1 if transaction is None else transaction.offset,
            transaction_ms=0 if transaction is None else transaction.since_ms,
            partitions_found=self._progress.partitions,
            aside=len(self._clock.aside),
            reanchored_ms=self._clock.reanchored_ms,
        )

    def _move_watermark(self, now_ms: int, at_end: bool) -> None:
        """Move the watermark to the latest time before which every event is applied; never past ``now_ms``."""
        # A watermark of a clock that was ahead says nothing any more, and a newer one would never pass it.
        before_ms = self._watermark_ms if self._watermark_ms <= now_ms + self._clock_limit else 0
        found_ms = max(before_ms, self._progress.seen_ms)
        # In a backlog event times say more than the log, cut at now, because a sender's clock may be ahead.
        if not at_end and self._newest_ms is not None:
            found_ms = max(found_ms, min(self._newest_ms, now_ms))
        self._watermark_ms = min(found_ms, now_ms)


def _transaction(status: Status) -> Transaction | None:
    """The transaction that the last owner saw open."""
    return None if status.transaction_offset < 0 else Transaction(status.transaction_offset, status.transaction_ms)


def _clock_ms(newest_ms: int | None) -> int:
    """The clock of a partition; before its first event a time at which nothing expires."""
    return -(2**62) if newest_ms is None else newest_ms
