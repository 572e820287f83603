"""The last weeks by quarter of an hour, for planning (``metrics.planning.plan``). No IO."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from metrics.read.partition_view import Aggregates
from metrics.snapshot.snapshot import Counts, RowKey
from streams.numbers.codes import is_composite


class QuarterHistory:
    """The 15-minute slices of a reader's aggregates; making one costs nothing.

    Only the reader's own thread may use it, and only between two refreshes.
    """

    def __init__(self, aggregates: Aggregates) -> None:
        self._aggregates = aggregates

    def rows(self) -> Collection[RowKey]:
        """The rows with counts in the last 28 days."""
        return self._aggregates.sums.rows()

    def quarters(self, row: RowKey, from_ms: int, to_ms: int) -> Iterator[tuple[int, Counts]]:
        """``(start, counts)`` of 15-minute slices that begin from ``from_ms`` to before ``to_ms``, in order.

        Misses so far are included, sketches are not. Empty quarters are left out, and so are those that begin after now
        or more than ``metrics.snapshot.windows.HISTORY_MS`` ago.
        """
        counts = self._aggregates.dimensions.counts
        for start_ms, cells in self._aggregates.sums.quarters(row, from_ms, to_ms):
            measured = {code: amount for code, amount in cells.items() if code > 0 or is_composite(code)}
            if measured:
                yield start_ms, counts(measured)
