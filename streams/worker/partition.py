"""Owned partition: reads its states, folds records, commits the changes."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn

from streams.clients.fetching import OversizedBatch
from streams.contract.topics import Topic
from streams.store.keys import HEAD_RESUME
from streams.store.redis_errors import patiently
from streams.store.standing import INTERNAL, Stop, resume_mode
from streams.store.stored import naming_damage
from streams.worker.attempts import Attempts
from streams.worker.clock_watch import ClockWatch
from streams.worker.committer import Committer
from streams.worker.current_status import CurrentStatus, expiry_clock_ms
from streams.worker.event_clock import WrongClock
from streams.worker.intake import Refused
from streams.worker.ledger import Ledger, Rolled
from streams.worker.log_end import Progress, Transaction
from streams.worker.outbox import OutboxMessage
from streams.worker.portion_fold import Folded, PortionFold
from streams.worker.records import RawRecord
from streams.worker.refusal_limit import RefusalLimit
from streams.worker.standstill import INTERNAL_IN_A_ROW, internal_stop
from streams.worker.state_reader import StateReader

SendDeadLetters = Callable[[Sequence[Refused]], Awaitable[None]]
SendOutbox = Callable[[Sequence[OutboxMessage]], Awaitable[None]]


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
        number: int,
        position: int,
        *,
        attempts: Attempts,
        ledger: Ledger,
        states: StateReader,
        status: CurrentStatus,
        watch: ClockWatch,
        limit: RefusalLimit,
        fold: PortionFold,
        committer: Committer,
        send_dead_letters: SendDeadLetters,
        send_outbox: SendOutbox,
        now_ms: Callable[[], int],
        never_stops: bool,
    ) -> None:
        """Join the parts of a partition, which ``streams.worker.assembly`` makes.

        Args:
            topic: logical topic.
            number: of the partition.
            position: offset of the next record.
            attempts: bound of portions after trouble.
            ledger: states and slices.
            states: reader of states into the ledger.
            status: counters, clock and stop.
            watch: over the event clock.
            limit: of refused records in a row.
            fold: of portions into the ledger.
            committer: writer of the partition's keys.
            send_dead_letters: publishes refused records and returns once they are confirmed.
            send_outbox: publishes outcomes and returns once they are confirmed.
            now_ms: wall clock.
            never_stops: any number of records in a row may go to the dead letters.
        """
        self.topic = topic
        self.number = number
        self.position = position
        self.attempts = attempts
        self.committer = committer
        self.lock = asyncio.Lock()
        self.closed = False
        self._ledger = ledger
        self._states = states
        self._status = status
        self._watch = watch
        self._limit = limit
        self._fold = fold
        self._send_dead_letters = send_dead_letters
        self._send_outbox = send_outbox
        self._now_ms = now_ms
        self._never_stops = never_stops

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
        self._limit.check(self.position, self._status.refused_in_a_row + 1, refused)
        self._status.refused_in_a_row += 1
        self._status.count_refused(refused.reason, batch.records)
        await self._send_dead_letters([refused])
        await self._commit_head(batch.offset + 1)

    async def _apply_portion(self, records: Sequence[RawRecord], start: int) -> int:
        """Apply the next records, as many as fit into one commit.

        Returns:
            Their number.
        """
        await self._read_aside()
        size = self._fold.size(len(records) - start, self.attempts.limit)
        self._status.attempt = self.attempts.begin(self.position, size)
        if self._status.attempt is not None:
            await self._commit_head(self.position)
        try:
            folded = await self._fold.fold(records, start, size, self.position, expires=self._expires)
        except WrongClock as wrong:
            await self._reanchor(wrong)
        await self._publish(folded)
        return folded.batch.taken

    @property
    def _expires(self) -> bool:
        """True where old states may expire: an expiry that breaks our code must not look like a fault of the records in
        hand."""
        return not self.attempts.careful

    async def _publish(self, folded: Folded) -> None:
        """Send the dead letters and outcomes of a folded portion, and commit it."""
        self._status.count_batch(folded.batch, folded.refused)
        # Dead letters and outcomes are confirmed by Kafka before the commit. After a crash in between they are
        # published again, and readers recognise the repetition; published after the commit, they could be lost.
        if folded.refused:
            await self._send_dead_letters(folded.refused)
        told = self._ledger.take_outbox()
        if told:
            await self._send_outbox(told)
        await self._commit(folded.position, folded.rolled, touched=len(folded.batch.events))

    async def _commit_head(self, position: int) -> None:
        """Commit a position and the status, without any event."""
        await self._commit(position, self._ledger.roll_up(expiry_clock_ms(self._status.newest_ms)), touched=0)

    async def _commit(self, position: int, rolled: Rolled, *, touched: int) -> None:
        """Commit all changes; ``touched``: contacts with an event among them."""
        answer = await self.committer.commit(self.position, position, rolled, sweep=self._fold.sweep(touched))
        self.position = position
        self._states.swept = (answer.expired, answer.expired_live)

    async def _set_aside(self, record: RawRecord, detail: str) -> None:
        """Move past a record that breaks our code; the last of too many in a row stops the partition."""
        status = self._status
        status.count_refused(INTERNAL, 1)
        status.internal_in_a_row += 1
        if status.internal_in_a_row >= INTERNAL_IN_A_ROW and not self._never_stops:
            where = f"offset {record.offset} ({detail})"
            status.stop = internal_stop(record.offset + 1, status.internal_in_a_row, self._now_ms(), where)
        await self._send_dead_letters([Refused(record, INTERNAL, detail)])
        await self._commit_head(record.offset + 1)

    @naming_damage
    async def stand_still(self, stop: Stop) -> None:
        """Stop at the position until ``resume``; the stop is in the head before this returns."""
        async with self.lock:
            if not self.closed:
                self._status.stop = stop
                await self._commit_head(self.position)

    @naming_damage
    async def resume(self, *, try_again: bool) -> None:
        """End the stop. With ``try_again`` the limits hold as ever; else the records up to the next usable one are let
        go to the dead letters, however many they are."""
        async with self.lock:
            if self.closed:
                return
            self._status.resume(try_again=try_again)
            self.committer.head_fields += [HEAD_RESUME, ""]
            await self._commit_head(self.position)

    async def asked_to_resume(self) -> bool | None:
        """``try_again`` of a request to end the stop (``streams.store.standing.resume_request``); ``None`` without."""
        if self.stop is None:
            return None
        head = self.committer.keys.head
        request = await patiently(lambda: self.committer.redis.hget(head, HEAD_RESUME))
        return resume_mode(self.stop, bytes(request or b"").decode(errors="replace"))

    @naming_damage
    async def heartbeat(self, progress: Progress) -> None:
        """Commit the progress of the owner (design rule 5), and expire old states and slices."""
        async with self.lock:
            if self.closed:
                return
            self._status.progress = progress
            if self.stop is None:
                await self._look_at_clock()
                if await self._apply_waiting(to_the_end=False):
                    return
                await self._states.read({})
            await self._commit_head(self.position)

    @naming_damage
    async def settle(self) -> bool:
        """Apply the events that wait aside, at the end of the log; false without any."""
        async with self.lock:
            return not self.closed and self.stop is None and await self._apply_waiting(to_the_end=True)

    async def _apply_waiting(self, *, to_the_end: bool) -> bool:
        """Apply and commit the events aside whose wait is over; false without any."""
        await self._read_aside()
        folded = await self._fold.fold_waiting(self.position, to_the_end=to_the_end, expires=self._expires)
        if folded is not None:
            await self._publish(folded)
        return folded is not None

    async def _read_aside(self) -> None:
        """Read the events aside from the log again, after a restart."""
        self._status.count("lost", await self._watch.read_aside())

    async def _reanchor(self, wrong: WrongClock) -> NoReturn:
        """Drop the partition's numbers, and note what its events are not to be believed any more."""
        await self._drop()
        raise await self._watch.store_anchor(wrong)

    async def _look_at_clock(self) -> None:
        """Count the outcomes anew if their clock follows a wrong one of the inputs that was set right."""
        error = self._watch.look(self._status.newest_ms)
        if error is not None:
            await self._drop()
            raise error

    async def _drop(self) -> None:
        """Remove the partition's numbers; nothing is committed any more."""
        await self.committer.drop()
        self.closed = True

    @naming_damage
    async def move(self, log_start: int) -> None:
        """Move the position to the start of a log that begins above it. The loss is counted, and the partition stays
        blind until it is acknowledged."""
        async with self.lock:
            self._status.count("lost", log_start - self.position)
            await self._commit_head(log_start)

    @property
    def name(self) -> str:
        """Logical topic and number of the partition."""
        return f"{self.topic}-{self.number}"

    @property
    def in_hand(self) -> int:
        """Number of the records tried last."""
        return self._fold.in_hand

    @property
    def stop(self) -> Stop | None:
        """The stop in force; ``None`` while the partition goes on."""
        return self._status.stop

    @property
    def transaction(self) -> Transaction | None:
        """The transaction that stays open, as of the last heartbeat."""
        return self._status.progress.transaction

    @property
    def expires_next(self) -> bool:
        """True if the next heartbeat expires contacts: the last commit named them."""
        return any(self._states.swept)

    @property
    def statistics(self) -> Mapping[str, int]:
        """Counters since the partition's numbers began (``streams.store.keys.Status``)."""
        return self._status.statistics

    @property
    def formula(self) -> int:
        """Version of the formula of contributions with which the partition's numbers began."""
        return self._status.formula

    @property
    def newest_ms(self) -> int | None:
        """The partition's clock: its newest applied event time."""
        return self._status.newest_ms
