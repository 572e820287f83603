"""Contributions of a contact: amounts by slice, row and counter code, and its entries in the live sets."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from streams.facts.shared.outcomes import Outcome
from streams.numbers.live_entries import LiveEntry
from streams.numbers.tiers import SLICE_MS

SKEW_MS = 5_000
"""Accepted difference between the clocks of two systems: a step back of up to 5 s is a duration of 0 (kpis.md)."""

Amounts = dict[tuple[int, int], dict[int, int]]
"""``(slice number of 10 s, row) → {counter code: amount}``; amounts are counts and milliseconds."""


class Stage(Enum):
    """Stage of a state when its contributions are computed: kept, or about to expire.

    A contact that expires leaves every live set, and a leg that still waits becomes a final miss.
    """

    KEPT = "kept"
    EXPIRED = "expired"


class Names(Protocol):
    """Ids of rows and dimensions within a partition."""

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """Id of the row of a queue and medium; ``channel`` only in a partition with rows of several channels."""
        ...

    def dimension(self, *labels: tuple[str, str]) -> int:
        """Id of a dimension with these ``(label, value)`` pairs."""
        ...


class Contributions:
    """Contributions of one contact, collected by ``add``."""

    __slots__ = ("amounts", "live", "outcome")

    def __init__(self) -> None:
        self.amounts: Amounts = {}
        self.live: dict[str, LiveEntry] = {}
        """Entries by kind and leg (without the subject)."""
        self.outcome: Outcome | None = None
        """Outcome for the repeat-contact fold; ``None`` without a known customer, or before the contact has begun."""

    def add(self, time_ms: int, row: int, *cells: tuple[int, int]) -> None:
        """Add ``(counter code, amount)`` pairs to the slice of ``time_ms`` (epoch ms); amounts of 0 are left out."""
        key = (time_ms // SLICE_MS, row)
        group = self.amounts.get(key)
        if group is None:
            group = self.amounts[key] = {}
        for code, amount in cells:
            if amount:
                group[code] = group.get(code, 0) + amount


def difference(new: Amounts, old: Amounts) -> Amounts:
    """``new − old`` without zeros: the amounts that turn sums with ``old`` into sums with ``new``."""
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
