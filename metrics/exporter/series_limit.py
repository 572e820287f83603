"""The bound on the series of a scrape: queues past it are summed under ``other``, configured ones last. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from metrics.exporter.sums import RowSums
from metrics.snapshot.snapshot import RowKey, RowNumbers
from streams.common.vocabulary import Channel
from streams.numbers.names import OTHER

Queue = tuple[Channel, str]


class Folding:
    """The queues that are summed under ``other``. One that is folded stays so while the exporter runs and the queue is
    there: a name that came and went with each scrape would be worse than one that is missing."""

    def __init__(self, limit: int) -> None:
        """``limit``: series of a scrape."""
        self.limit = limit
        self.queues: set[Queue] = set()
        self._sums = RowSums()

    def fit(
        self,
        rows: Mapping[RowKey, RowNumbers],
        configured: Collection[str],
        write: Callable[[RowKey, RowNumbers], int],
    ) -> dict[RowKey, RowNumbers]:
        """Fold the queues that do not fit, and give the rows that are shown, in their order.

        Args:
            rows: all there are.
            configured: names of queues that are folded last.
            write: writes the lines of a row and counts them; called again for a row it does only what changed.
        """
        self.queues &= {(key.channel, key.queue) for key in rows}
        while True:
            shown = self._shown(rows)
            by_queue: dict[Queue, list[RowKey]] = {}
            for key in sorted(shown, key=lambda key: (key.queue != OTHER, key.queue not in configured)):
                by_queue.setdefault((key.channel, key.queue), []).append(key)
            used, order = 0, list(by_queue)
            for place, queue in enumerate(order):
                used += sum(write(key, shown[key]) for key in by_queue[queue])
                further = {each for each in order[place:] if each[1] != OTHER} if used > self.limit else set()
                if further:
                    # Those behind are not written at all: a hundred thousand lines would be made to be thrown away.
                    self.queues |= further
                    break
            else:
                return shown

    def _shown(self, rows: Mapping[RowKey, RowNumbers]) -> dict[RowKey, RowNumbers]:
        """The rows with those of folded queues summed by channel and medium, at the end of their channel."""
        if not self.queues:
            return dict(rows)
        shown: dict[RowKey, RowNumbers] = {}
        parts: dict[RowKey, list[RowNumbers]] = {}
        for key, numbers in rows.items():
            if (key.channel, key.queue) in self.queues or key.queue == OTHER:
                parts.setdefault(key._replace(queue=OTHER), []).append(numbers)
            else:
                shown[key] = numbers
        shown |= {key: self._sums.of(key, own) for key, own in parts.items()}
        order = list(Channel)
        return {key: shown[key] for key in sorted(shown, key=lambda key: order.index(key.channel))}
