"""Count of the customers that events name: known ones, withheld numbers, and spellings of one telephone number."""

from __future__ import annotations

from collections import Counter

import msgspec

from streams.common.plurals import counted
from streams.contract.events import Event


class _RawData(msgspec.Struct, frozen=True, gc=False):
    customer: str | None = None


class _Raw(msgspec.Struct, frozen=True, gc=False):
    data: _RawData = _RawData()


_raw = msgspec.json.Decoder(_Raw).decode


class CustomerCount:
    """Customers of the events added so far.

    ``withheld`` counts events by the word that stands for nobody (``anonymous_customers``). The identifiers stay in
    memory and are never printed.
    """

    def __init__(self) -> None:
        self.withheld: Counter[str] = Counter()
        self._spellings: dict[str, set[str]] = {}

    def add(self, event: Event, line: bytes) -> None:
        """Add the customer of a decoded event, and the spelling in its line."""
        customer = getattr(event.data, "customer", None)
        if not isinstance(customer, str):
            return
        written = (_raw(line).data.customer or "").strip()
        if customer:
            self._spellings.setdefault(customer, set()).add(written)
        else:
            self.withheld[written.lower() or "blank"] += 1

    @property
    def known(self) -> int:
        """Number of different customers."""
        return len(self._spellings)

    @property
    def joined(self) -> int:
        """Number of customers whose identifier is written in several ways, all telephone numbers."""
        return sum(len(written) > 1 for written in self._spellings.values())

    def summary(self) -> str:
        """``customers: 812 known, 40 events of nobody known (36 anonymous, 4 unknown)``; empty where none is named."""
        if not self._spellings and not self.withheld:
            return ""
        parts = [f"{self.known:,} known"]
        if self.withheld:
            words = ", ".join(f"{count:,} {word}" for word, count in self.withheld.most_common())
            parts.append(f"{counted(self.withheld.total(), 'event')} of nobody known ({words})")
        if self.joined:
            parts.append(f"{self.joined:,} joined: one telephone number written in several ways")
        return f"customers: {', '.join(parts)}"
