"""Registry of the rows and dimensions of one partition; its limits bound the number of labels (design rule 19)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from streams.common.renames import NO_RENAMES, Renames
from streams.numbers.names import (
    DIMENSION_PREFIX,
    OTHER,
    ROW_PREFIX,
    Labels,
    dimension_labels,
    dimension_name,
    parse_row_name,
    row_name,
)

LABEL_SETS = 300
"""Rows of queues that no setting names, in a partition or as shown of a channel: each is a hundred to a thousand
series. A greater ``queue_limit`` is the bound in its place."""
DIMENSION_LIMITS = {"topic": 200, "team": 200, "kind": 50, "agent": 2_000}
"""Limits on the values of free-text dimensions in a partition; the contract's enumerations are short."""


def label_sets(queue_limit: int) -> int:
    """Bound of the rows of queues that no setting names."""
    return max(LABEL_SETS, queue_limit)


class Registry:
    """Names of a partition and their ids, from 1; new names wait in ``added`` for the next commit.

    Configured queues always keep their names, unknown ones up to ``limit``, with at most ``label_sets(limit)`` rows in
    all: a queue has one in each medium. Later ones are merged into ``other`` and counted in ``folded``, by label. Rows
    of an earlier name of a queue are kept, and take no place of an unknown one.
    """

    def __init__(
        self,
        stored: Mapping[str, int],
        configured: frozenset[str],
        limit: int,
        renames: Renames = NO_RENAMES,
    ) -> None:
        """``renames``: by the channel in the names of rows, "" in a partition of one channel."""
        self._ids = dict(stored)
        self._configured = configured
        self._limit = limit
        rows = {name: parse_row_name(name) for name in stored if name.startswith(ROW_PREFIX)}
        self._row_ids = {stored[name] for name in rows}
        self._present: dict[int, str] = {}
        self._unknown: set[str] = set()
        self._free_sets = label_sets(limit)
        for name, (queue, medium, channel) in rows.items():
            present = renames.get(channel, {}).get(queue)
            if present is not None:
                self._present[stored[name]] = row_name(present, medium, channel)
            elif queue not in configured and queue != OTHER:
                self._unknown.add(queue)
                self._free_sets -= 1
        self._rows: dict[tuple[str, str, str], int] = {}
        self._dimensions: dict[Labels, int] = {}
        self._values: defaultdict[str, set[str]] = defaultdict(set)
        for name in stored:
            self._note_values(name)
        self.added: dict[str, int] = {}
        self.folded: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._ids)

    def has_row(self, identity: int) -> bool:
        """True of the id of a row."""
        return identity in self._row_ids

    def has_dimension(self, identity: int) -> bool:
        """True of the id of a dimension."""
        return 0 < identity <= len(self._ids) and identity not in self._row_ids

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """Id of a queue, a medium and, in a partition with several, a channel; the limit is described in the class."""
        known = self._rows.get((queue, medium, channel))
        if known is not None:
            return known
        name = row_name(queue, medium, channel)
        if name not in self._ids and not self._keeps(queue):
            self.folded["queue"] += 1
            return self.row(OTHER, medium, channel)
        identity = self._rows[queue, medium, channel] = self._id(name)
        return identity

    def present(self, row: int) -> int:
        """Id of the row under the present name of its queue; the same id without another name, or without its row."""
        name = self._present.get(row)
        return row if name is None else self._ids.get(name, row)

    def dimension(self, *labels: tuple[str, str]) -> int:
        """Id of a dimension with these ``(label, value)`` pairs; a value past the limit of its label is ``other``."""
        identity = self._dimensions.get(labels)
        if identity is None:
            kept = tuple([(label, self._kept(label, value)) for label, value in labels])
            identity = self._id(dimension_name(*kept))
            if kept == labels:  # what is folded into `other` is counted each time
                self._dimensions[labels] = identity
        return identity

    def _kept(self, label: str, value: str) -> str:
        limit = DIMENSION_LIMITS.get(label)
        if limit is None or value == OTHER or value in self._values[label] or len(self._values[label]) < limit:
            return value
        self.folded[label] += 1
        return OTHER

    def _keeps(self, queue: str) -> bool:
        """True if a queue gets one more row; it is counted here."""
        if queue in self._configured or queue == OTHER:
            return True
        if self._free_sets <= 0 or (queue not in self._unknown and len(self._unknown) >= self._limit):
            return False
        self._unknown.add(queue)
        self._free_sets -= 1
        return True

    def _id(self, name: str) -> int:
        identity = self._ids.get(name)
        if identity is None:
            identity = self._ids[name] = self.added[name] = len(self._ids) + 1
            if name.startswith(ROW_PREFIX):
                self._row_ids.add(identity)
            self._note_values(name)
        return identity

    def _note_values(self, name: str) -> None:
        if name.startswith(DIMENSION_PREFIX):
            for label, value in dimension_labels(name.removeprefix(DIMENSION_PREFIX)):
                self._values[label].add(value)
