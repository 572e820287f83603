"""Limit of refused records in a row: a partition that reaches it stops before the run, and none of its records is
lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from streams.contract.topics import Topic
from streams.store.standing import Stop
from streams.worker.intake import Batch, Refused
from streams.worker.records import RawRecord
from streams.worker.standstill import RunAhead, before_run, refused_stop, stop_sentence


class TooManyRefused(Exception):
    """Limit of refused records in a row reached: the cause is probably not the records; nothing was committed.

    ``stop``: what the partition is to be stopped with.
    """

    def __init__(self, text: str, stop: Stop) -> None:
        super().__init__(text)
        self.stop = stop


class RefusalLimit:
    """Limit of one partition."""

    def __init__(self, topic: Topic, partition: int, limit: int, now_ms: Callable[[], int]) -> None:
        """``limit``: refused records in a row; ``now_ms``: wall clock."""
        self._topic = topic
        self._partition = partition
        self._limit = limit
        self._now_ms = now_ms

    def check(self, position: int, in_a_row: int, last: Refused) -> None:
        """Stop at ``position`` before a run of refused records that is too long; after the repair they are read again.

        Raises:
            TooManyRefused: it is.
        """
        if in_a_row >= self._limit:
            detail = f"offset {last.record.offset} ({last.reason}: {last.detail})"
            stop = refused_stop(position, in_a_row, self._limit, self._now_ms(), detail)
            raise TooManyRefused(stop_sentence(self._topic, self._partition, stop), stop)

    def check_batch(self, position: int, in_a_row: int, portion: Sequence[RawRecord], batch: Batch) -> None:
        """Stop before the longest run of a decoded batch that is not folded yet.

        Args:
            position: offset of the first record.
            in_a_row: refusals directly before it.
            portion: records of the batch.
            batch: result of the intake.

        Raises:
            RunAhead: the limit is reached behind records that are to be counted first.
            TooManyRefused: the limit is reached.
        """
        if batch.longest_refused >= self._limit:
            # Before the fold and before any dead letter, so that none of the records is lost.
            usable = before_run(portion, batch.refused, in_a_row, self._limit)
            if usable:
                raise RunAhead(usable)
            self.check(position, batch.longest_refused, batch.refused[-1])
