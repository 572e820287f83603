"""What a contact does to the numbers: amounts by slice, row and cell, and its entries in the live sets."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from streams.facts.shared.outcomes import Outcome
from streams.numbers.live_entries import LiveEntry
from streams.numbers.tiers import SLICE_MS

SKEW_MS = 5_000
"""Clocks of two systems may disagree this much: a step back up to here is a duration of zero (kpis.md)."""

Amounts = dict[tuple[int, int], dict[int, int]]
"""``(slice number of 10 s, row) → {cell: amount}``; amounts are counts and milliseconds."""


class Stage(Enum):
    """When contributions are computed: while the state is kept, or as it expires.

    A contact that expires leaves every live set, and what waited becomes a miss for good.
    """

    KEPT = "kept"
    EXPIRED = "expired"


class Names(Protocol):
    """Ids of rows and dimensions within a partition."""

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """Id of a queue and medium; of a channel too where a partition has rows of many."""
        ...

    def dimension(self, *labels: tuple[str, str]) -> int:
        """Id of a dimension with these ``(label, value)`` pairs."""
        ...


class Contributions:
    """Collects the contributions of one contact."""

    __slots__ = ("amounts", "live", "outcome")

    def __init__(self) -> None:
        self.amounts: Amounts = {}
        self.live: dict[str, LiveEntry] = {}
        """Entries by kind and leg (without the subject)."""
        self.outcome: Outcome | None = None
        """What the repeat-contact fold is told; ``None`` where no customer is known, or nothing has begun."""

    def add(self, time_ms: int, row: int, *cells: tuple[int, int]) -> None:
        """Add ``(cell, amount)`` pairs to the slice of ``time_ms``; zero amounts leave no trace."""
        key = (time_ms // SLICE_MS, row)
        group = self.amounts.get(key)
        if group is None:
            group = self.amounts[key] = {}
        for code, amount in cells:
            if amount:
                group[code] = group.get(code, 0) + amount


def difference(new: Amounts, old: Amounts) -> Amounts:
    """``new − old`` without zeros: what must be applied so that the sums hold ``new`` instead of ``old``."""
    if not old:
        return {key: group for key, group in new.items() if group}
    result: Amounts = {}
    for key, group in new.items():
        before = old.get(key)
        changed = (
            group
            if before is None
            else {
                code: amount
                for code in group.keys() | before.keys()
                if (amount := group.get(code, 0) - before.get(code, 0))
            }
        )
        if changed:
            result[key] = changed
    for key, before in old.items():
        if key not in new and before:
            result[key] = {code: -amount for code, amount in before.items()}
    return result
