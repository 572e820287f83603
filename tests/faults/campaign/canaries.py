"""Ledger of the canary calls: which of them the broker has confirmed, and when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

PREFIX = "canary"


class Confirmed(NamedTuple):
    """Confirmation of a canary by the broker; ``at`` is this process's monotonic time in seconds."""

    at: float
    partition: int
    offset: int


class Canaries:
    """Canary calls by queue, one queue a partition: within it calls appear on the board in their order, so that a
    count says which are there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._epoch = 0
        self._confirmed: dict[str, dict[str, Confirmed]] = {}

    def queue(self, partition: int) -> str:
        """Queue of the canaries of a partition."""
        return f"{PREFIX}-{self._epoch}-{partition}"

    def sent(self, queue: str, subject: str) -> Callable[[int, int], None]:
        """Called with partition and offset once the broker has confirmed it."""

        def confirm(partition: int, offset: int) -> None:
            with self._lock:
                known = self._confirmed.setdefault(queue, {})
                known.setdefault(subject, Confirmed(time.monotonic(), partition, offset))

        return confirm

    def due(self, until: float) -> dict[str, int]:
        """Number of canaries confirmed up to a moment, by queue."""
        with self._lock:
            return {queue: sum(each.at <= until for each in known.values()) for queue, known in self._confirmed.items()}

    def start_anew(self) -> None:
        """Expect none of the canaries so far: their log is gone. Later ones have queues of their own."""
        with self._lock:
            self._epoch += 1
            self._confirmed.clear()

    def forget(self, lost: dict[int, range]) -> int:
        """Expect none of the canaries at these offsets of a partition any more: they were deleted unread."""
        with self._lock:
            gone = 0
            for known in self._confirmed.values():
                for subject, each in list(known.items()):
                    if each.offset in lost.get(each.partition, range(0)):
                        del known[subject]
                        gone += 1
            return gone
