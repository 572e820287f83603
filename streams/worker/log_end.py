"""End of one partition's log, followed by the broker's answers: up to when every record is applied, and which
transaction stays open. Pure; every time is an argument.

A consumer of committed records gets nothing from the first open transaction on, whoever wrote what lies behind it. The
end of the log is therefore the high watermark and not the last stable offset: records between the two are published and
not counted.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

TRANSACTION_SECONDS = 10.0
"""Time for which the last stable offset stands still behind the high watermark, from which on a transaction is said to
be open. A producer at work ends its transactions sooner, and each end moves the offset."""
MARKS = 64
"""Most remembered ends of the log; beyond it every second one is dropped."""


class Fetched(NamedTuple):
    """Fetch progress of one partition, as of the broker's last answer.

    Attributes:
        position: offset of the next record to hand out.
        stable: last stable offset; records from there on belong to an open transaction or lie behind it.
        end: high watermark.
        at: monotonic time of the answer in seconds.
        ms: its wall time in epoch milliseconds.
    """

    position: int
    stable: int
    end: int
    at: float
    ms: int


class Transaction(NamedTuple):
    """An open transaction: its first offset, and the wall time (epoch ms) at which it was first seen."""

    offset: int
    since_ms: int


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


class Applied(NamedTuple):
    """An instant by two clocks (monotonic seconds and epoch ms): every record published before it is applied."""

    at: float
    ms: int

    def by(self, now_at: float, now_ms: int) -> int:
        """The instant in epoch milliseconds of the wall clock that shows ``now_ms`` at the monotonic time ``now_at``.

        The earlier one by the two clocks: a wall clock may have been set since, and a monotonic clock stands still
        while a machine sleeps.
        """
        return min(self.ms, now_ms - round((now_at - self.at) * 1000))


class LogEnd:
    """The end of one partition's log. Call :meth:`look` at least every second.

    Attributes:
        applied: latest known instant before which everything published is applied; ``None`` before the first.
        caught_up: every record that can be read was applied at the last look.
        transaction: the transaction that stays open; ``None`` while there is none.
    """

    def __init__(self, transaction: Transaction | None = None) -> None:
        """``transaction``: the one that an earlier owner of the partition saw open."""
        self.applied: Applied | None = None
        self.caught_up = False
        self.transaction = transaction
        self._marks: deque[tuple[int, Applied]] = deque()
        self._held: tuple[int, float, int] | None = None

    def look(self, fetched: Fetched, position: int, handed: int | None) -> None:
        """Take in the broker's last answer.

        Args:
            fetched: the answer.
            position: offset of the next record to apply.
            handed: offset after all records handed to the agent; fetched ones may still wait for it.
        """
        self._follow_transaction(fetched)
        self._mark(fetched)
        self.caught_up = fetched.position >= fetched.stable and handed is not None and position >= handed
        # All below the stable offset is applied, so the log was at an end that is applied as long as it ended there. A
        # producer that is never without a transaction leaves no instant without a record that cannot be read yet.
        while self.caught_up and self._marks and self._marks[0][0] <= fetched.stable:
            self.applied = self._marks.popleft()[1]

    def _mark(self, fetched: Fetched) -> None:
        """Remember that the log ended at ``fetched.end`` at the time of the answer."""
        marks, now = self._marks, Applied(fetched.at, fetched.ms)
        if marks and marks[-1][0] >= fetched.end:
            marks[-1] = (fetched.end, now)
            return
        if len(marks) >= MARKS:
            self._marks = marks = deque(list(marks)[::2])
        marks.append((fetched.end, now))

    def _follow_transaction(self, fetched: Fetched) -> None:
        if fetched.stable >= fetched.end:
            self.transaction = self._held = None
            return
        known = self.transaction
        if known is not None and known.offset == fetched.stable:
            return
        if self._held is None or self._held[0] != fetched.stable:
            self.transaction, self._held = None, (fetched.stable, fetched.at, fetched.ms)
        # By the times of answers, not by now: a broker that is silent has not said that the transaction is still open.
        elif fetched.at - self._held[1] >= TRANSACTION_SECONDS:
            self.transaction = Transaction(fetched.stable, self._held[2])
