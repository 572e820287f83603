"""Portions of a batch: how many records are folded and committed together, with a position of their own.

A batch is cut by what its commit would hold, never by guesses about single records: a portion that turns out to be too
much is folded again with fewer records, and nothing of the first try is written.
"""

from __future__ import annotations

from typing import NamedTuple

REFUSED_IN_A_PORTION = 1_000
"""Most dead letters of one portion: a second of the broker's work, and the most that can be written twice."""
REFUSED_BYTES_IN_A_PORTION = 4 << 20
"""Bytes of refused records after which a portion ends."""
STATE_BYTES_IN_A_PORTION = 4 << 20
"""Bytes of states that are read from Redis for one portion; decoded they take up to twenty times as much."""
COMMIT_ENTRIES = 12_000
"""Most fields and members that one commit changes: Redis serves nobody else meanwhile, for 2 to 4 µs each."""
COMMIT_BYTES = 8 << 20
"""Most bytes of states that one commit writes."""
FILLED = 0.8
"""Share of a bound that the next portion aims at."""
GROWTH = 4
"""A portion holds at most so many times the records of the one before it."""
FIRST_RECORDS = 10_000
"""Records of the first portion, before anything is known about them."""


class Amount(NamedTuple):
    """Contents of a portion so far: events refused by the fold, changed entries, written bytes of states."""

    refused: int
    entries: int
    state_bytes: int

    @property
    def load(self) -> float:
        """Share of the bound that is nearest; above 1 the portion is too much for one commit."""
        return max(self.refused / REFUSED_IN_A_PORTION, self.entries / COMMIT_ENTRIES, self.state_bytes / COMMIT_BYTES)


class TooMuch(Exception):
    """A portion with more changes than one commit may hold; nothing of it was written.

    ``fitting`` is the share of its records that would probably have fitted.
    """

    def __init__(self, fitting: float) -> None:
        super().__init__(f"only {fitting:.2f} of the records fit into one commit")
        self.fitting = fitting


class PortionSize:
    """Number of records of the next portion, learned from those before it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._next = min(most, FIRST_RECORDS)

    def next(self, left: int, most: int) -> int:
        """Records to try, of ``left`` and at most ``most``."""
        return max(1, min(left, self._next, most))

    def cut(self, tried: int, fitting: float) -> None:
        """Note that a portion of ``tried`` records was too much."""
        self._next = max(1, min(tried - 1, int(tried * fitting * FILLED)))

    def fitted(self, taken: int, load: float) -> None:
        """Note that a portion of ``taken`` records was applied and filled ``load`` of a bound."""
        if taken >= self._next:
            self._next = min(self._most, 1 + int(taken * FILLED / max(load, FILLED / GROWTH)))
