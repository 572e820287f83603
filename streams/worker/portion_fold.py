"""Fold of a partition's next records into its ledger, as many as fit into one commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from streams.store.registry import Registry
from streams.worker.batches import LARGEST_BATCH
from streams.worker.current_status import CurrentStatus, expiry_clock_ms
from streams.worker.event_clock import ClockMark
from streams.worker.intake import Batch, Intake, Refused
from streams.worker.ledger import Ledger, Rolled
from streams.worker.portions import PortionSize, TooMuch
from streams.worker.records import RawRecord
from streams.worker.refusal_limit import RefusalLimit
from streams.worker.standstill import RunAhead
from streams.worker.state_reader import Beyond, StateReader, place_of, refused_of

SWEPT_A_COMMIT = 500
"""Most expired states that one commit's answer names, besides twice the contacts it touched."""
MOST_SWEPT = 5_000
"""Most expired states that one commit's answer names at all: the next commit deletes them."""


class Folded(NamedTuple):
    """Folded portion, whose changes wait in the ledger for their commit.

    Attributes:
        batch: result of the intake.
        refused: records refused by the intake, and those past a bound of their contact.
        rolled: result of the ledger's ``roll_up``.
        position: offset after the portion.
    """

    batch: Batch
    refused: list[Refused]
    rolled: Rolled
    position: int


class PortionFold:
    """Fold of portions. ``in_hand`` is the number of records tried last."""

    def __init__(
        self,
        intake: Intake,
        ledger: Ledger,
        registry: Registry,
        states: StateReader,
        status: CurrentStatus,
        limit: RefusalLimit,
    ) -> None:
        self.in_hand = 0
        self._intake = intake
        self._ledger = ledger
        self._registry = registry
        self._states = states
        self._status = status
        self._limit = limit
        self._size = PortionSize(LARGEST_BATCH)
        self._most_swept = MOST_SWEPT

    def size(self, left: int, most: int) -> int:
        """Records to try next, of ``left`` and at most ``most``."""
        return self._size.next(left, most)

    def sweep(self, touched: int) -> int:
        """Most expired states that the answer of a commit names, which touches so many contacts."""
        return min(SWEPT_A_COMMIT + 2 * touched, self._most_swept)

    async def fold(
        self, records: Sequence[RawRecord], start: int, size: int, position: int, *, expires: bool
    ) -> Folded:
        """Fold ``size`` records or fewer: where they are too much for one commit, they are folded again.

        Args:
            records: of a batch.
            start: place of the first record.
            size: records to try.
            position: offset of the first record that is not applied yet.
            expires: expire the states that the last commit named.

        Raises:
            TooManyRefused: the limit of refused records in a row is reached.
            WrongClock: the event clock of the partition was wrong.
        """
        before = self._intake.mark()
        while True:
            self.in_hand = size
            portion = records if size == len(records) else records[start : start + size]
            try:
                batch, beyond, rolled = await self._fold(portion, position, expires=expires)
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
        return Folded(batch, _refused(batch, beyond, portion), rolled, portion[batch.taken - 1].offset + 1)

    async def fold_waiting(self, position: int, *, to_the_end: bool, expires: bool) -> Folded | None:
        """Fold the events aside whose wait is over; ``None`` without any.

        Args:
            position: offset of the next record.
            to_the_end: the log is read to its end, which confirms all of them.
            expires: expire the states that the last commit named.
        """
        newest_ms, in_a_row = self._status.newest_ms, self._status.refused_in_a_row
        batch = self._intake.waiting(newest_ms, in_a_row, position, to_the_end=to_the_end)
        if batch is None:
            return None
        beyond, rolled = await self._fold_batch(batch, whole=True, expires=expires)
        return Folded(batch, _refused(batch, beyond, ()), rolled, position)

    def _undo(self, before: tuple[int, ClockMark]) -> None:
        """Take back a portion that is to be folded again with fewer records; ``before`` is the clock before it."""
        self._intake.restore(before)
        self._ledger.undo()
        self._registry.folded.clear()

    async def _fold(
        self, portion: Sequence[RawRecord], position: int, *, expires: bool
    ) -> tuple[Batch, Beyond, Rolled]:
        """Decode and fold a portion.

        Returns:
            The batch, the events past a bound of their contact by contact, and the result of ``roll_up``.

        Raises:
            TooMuch: the changes do not fit into one commit.
            RunAhead: the limit is reached behind records that are to be counted first.
            TooManyRefused: the limit of refused records in a row is reached.
        """
        in_a_row = self._status.refused_in_a_row
        batch = self._intake.take(portion, self._ledger.states, self._status.newest_ms, in_a_row)
        self._limit.check_batch(position, in_a_row, portion, batch)
        try:
            return batch, *await self._fold_batch(batch, whole=len(portion) == 1, expires=expires)
        except _Unread as error:
            raise TooMuch(place_of(error.subjects, portion) / len(portion)) from None

    async def _fold_batch(self, batch: Batch, *, whole: bool, expires: bool) -> tuple[Beyond, Rolled]:
        """Fold a decoded batch.

        Args:
            batch: decoded records.
            whole: it is folded whatever it takes, because there is nothing smaller.
            expires: expire the states that the last commit named.

        Returns:
            The events past a bound of their contact, and the result of ``roll_up``.

        Raises:
            TooMuch: the changes do not fit into one commit.
            _Unread: the states do not fit into a portion.
        """
        while unread := await self._states.read(batch.events, expires=expires):
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
        rolled = ledger.roll_up(expiry_clock_ms(batch.newest_ms))
        if ledger.amount.load > 1 and not whole:
            raise TooMuch(1 / ledger.amount.load)
        return beyond, rolled


class _Unread(Exception):
    """States of a portion that take more bytes than it may read; ``subjects`` are those not read yet."""

    def __init__(self, subjects: set[str]) -> None:
        super().__init__(f"{len(subjects)} states are not read")
        self.subjects = subjects


def _refused(batch: Batch, beyond: Beyond, portion: Sequence[RawRecord]) -> list[Refused]:
    """All refused records of a folded portion."""
    return [*batch.refused, *refused_of(beyond, portion, batch)] if beyond else batch.refused
