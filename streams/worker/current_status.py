"""Status of an owned partition: counters, clock, watermark and refusals in a row, written with every commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from streams.contract.decoding import SKIPPED
from streams.store.keys import Status
from streams.store.standing import LET_GO, Attempt, Stop
from streams.worker.event_clock import EventClock
from streams.worker.intake import Batch, Refused
from streams.worker.log_end import Progress, Transaction

_pack = msgspec.msgpack.Encoder().encode


class CurrentStatus:
    """Status of one partition between its assignment and its revocation.

    Attributes:
        statistics: counters since the partition's numbers began.
        newest_ms: the partition's clock, its newest applied event time; ``None`` before the first event.
        formula: version of the formula with which its numbers began.
        acknowledged: lost events that a person has acknowledged.
        refused_in_a_row: refusals directly before the position.
        internal_in_a_row: records directly before the position that broke our code.
        attempt: portion in progress, where a failure must be remembered.
        stop: set while the partition stands still.
        progress: fetch progress as of the last heartbeat.
    """

    def __init__(
        self,
        stored: Status | None,
        *,
        position: int,
        formula: int,
        acknowledged: int,
        policy: str,
        stop: Stop | None,
        clock_limit_ms: int,
        now_ms: Callable[[], int],
    ) -> None:
        """Continue the status that an earlier owner stored.

        Args:
            stored: ``None`` before the first commit.
            position: offset of the next record.
            formula: version of a partition without a stored status.
            acknowledged: lost events that a person has acknowledged.
            policy: hash of the policy book of new contacts.
            stop: the stop in force.
            clock_limit_ms: a stored watermark further ahead of the wall clock is not believed.
            now_ms: wall clock.
        """
        self.statistics: dict[str, int] = {} if stored is None else dict(stored.statistics)
        self.newest_ms = None if stored is None else stored.newest_ms
        self.formula = formula if stored is None else stored.formula
        self.acknowledged = acknowledged
        self.refused_in_a_row = 0 if stored is None else stored.refused_in_a_row
        self.internal_in_a_row = 0 if stored is None else stored.internal_in_a_row
        self.attempt: Attempt | None = None
        self.stop = stop
        self.progress = Progress(False, False, 0, position, None if stored is None else _transaction(stored))
        self._refused_ms = 0 if stored is None else stored.refused_ms
        self._watermark_ms = 0 if stored is None else stored.watermark_ms
        self._policy = policy
        self._clock_limit_ms = clock_limit_ms
        self._now_ms = now_ms

    def count(self, name: str, amount: int) -> None:
        """Add to a counter."""
        if amount:
            self.statistics[name] = self.statistics.get(name, 0) + amount

    def count_batch(self, batch: Batch, refusals: Sequence[Refused]) -> None:
        """Count a folded batch; ``refusals`` are those of its intake and of its fold."""
        self.newest_ms, self.refused_in_a_row = batch.newest_ms, batch.refused_in_a_row
        if batch.applied:
            self.internal_in_a_row = 0
        self.count("applied", batch.applied - len(refusals) + len(batch.refused))
        for refused in refusals:
            self.count(f"rejected.{refused.reason}", 1)
        if any(refused.reason not in SKIPPED for refused in refusals):
            self._refused_ms = self._now_ms()

    def count_refused(self, reason: str, records: int) -> None:
        """Count records that are refused without being decoded."""
        self.count(f"rejected.{reason}", records)
        self._refused_ms = self._now_ms()

    def resume(self, *, try_again: bool) -> None:
        """End the stop; without ``try_again`` any number of refusals in a row is let go."""
        self.stop = None
        self.refused_in_a_row = self.internal_in_a_row = 0 if try_again else LET_GO

    def packed(self, position: int, *, names: int, clock: EventClock) -> bytes:
        """The status of a commit with ``position``, which moves the watermark.

        Args:
            position: offset of the next record after the commit.
            names: number of names in the registry.
            clock: event clock of the partition.
        """
        now_ms = self._now_ms()
        progress, transaction = self.progress, self.progress.transaction
        at_end = progress.at_end and position <= progress.log_end
        self._move_watermark(now_ms, at_end)
        return _pack(
            Status(
                watermark_ms=self._watermark_ms,
                newest_ms=self.newest_ms,
                wall_ms=now_ms,
                at_end=at_end,
                log_end=max(progress.log_end, position),
                formula=self.formula,
                names=names,
                statistics=self.statistics,
                lost_unacknowledged=self.statistics.get("lost", 0) - self.acknowledged,
                refused_in_a_row=self.refused_in_a_row,
                policy=self._policy,
                refused_ms=self._refused_ms,
                internal_in_a_row=self.internal_in_a_row,
                attempt=self.attempt if self.attempt is not None and self.attempt.position == position else None,
                stop=self.stop,
                transaction_offset=-1 if transaction is None else transaction.offset,
                transaction_ms=0 if transaction is None else transaction.since_ms,
                partitions_found=progress.partitions,
                aside=len(clock.aside),
                reanchored_ms=clock.reanchored_ms,
            )
        )

    def _move_watermark(self, now_ms: int, at_end: bool) -> None:
        """Move the watermark to the latest time before which every event is applied; never past ``now_ms``."""
        # A watermark of a clock that was ahead says nothing any more, and a newer one would never pass it.
        before_ms = self._watermark_ms if self._watermark_ms <= now_ms + self._clock_limit_ms else 0
        found_ms = max(before_ms, self.progress.seen_ms)
        # In a backlog event times say more than the log, cut at now, because a sender's clock may be ahead.
        if not at_end and self.newest_ms is not None:
            found_ms = max(found_ms, min(self.newest_ms, now_ms))
        self._watermark_ms = min(found_ms, now_ms)


def expiry_clock_ms(newest_ms: int | None) -> int:
    """The clock by which states and slices expire; before the first event a time at which nothing does."""
    return -(2**62) if newest_ms is None else newest_ms


def _transaction(status: Status) -> Transaction | None:
    """The transaction that the last owner saw open."""
    return None if status.transaction_offset < 0 else Transaction(status.transaction_offset, status.transaction_ms)
