"""Sums of rows that are summed at each scrape: the counts of a sum are one object until one of its parts changes."""

from __future__ import annotations

from collections.abc import Container, Sequence

from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers, total, total_live

TOTALS = ""


class RowSums:
    """Sums by the row that shows them. Where no part changed, neither does the sum, and its lines are not rewritten."""

    def __init__(self) -> None:
        self._kept: dict[tuple[RowKey, str], tuple[list[Counts], Counts]] = {}

    def of(self, key: RowKey, parts: Sequence[RowNumbers]) -> RowNumbers:
        """The sum of ``parts``, shown as the row ``key``."""
        windows = dict.fromkeys(window for part in parts for window in part.windows)
        return RowNumbers(
            windows={
                window: self._total(key, window, [part.windows.get(window, NO_COUNTS) for part in parts])
                for window in windows
            },
            totals=self._total(key, TOTALS, [part.totals for part in parts]),
            live=total_live(part.live for part in parts),
        )

    def keep(self, rows: Container[RowKey]) -> None:
        """Forget the sums of all other rows."""
        self._kept = {at: kept for at, kept in self._kept.items() if at[0] in rows}

    def _total(self, key: RowKey, window: str, parts: list[Counts]) -> Counts:
        """The sum of counts; the one of the last scrape where no part is another object."""
        before = self._kept.get((key, window))
        if before is not None and len(before[0]) == len(parts) and all(map(_is, before[0], parts)):
            return before[1]
        found = total(parts)
        self._kept[key, window] = parts, found
        return found


def _is(before: Counts, now: Counts) -> bool:
    return before is now
