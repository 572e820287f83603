"""Registry of the rows and dimensions of one partition; its limits bound the number of labels (design rule 19)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from streams.numbers.measures import DIMENSION_PREFIX, ROW_PREFIX, dimension_name, parse_row_name, row_name

OTHER = "other"
"""The queue, topic, team … for all names beyond the limit."""
DIMENSION_LIMITS = {"topic": 200, "team": 200, "kind": 50, "agent": 2_000}
"""Limits on the values of free-text dimensions in a partition; the contract's enumerations are short."""


class Registry:
    """Names of a partition and their ids, from 1; new names wait in ``added`` for the next commit.

    Configured queues always keep their names, unknown ones up to ``limit``. Later ones are merged into ``other`` and
    counted in ``folded``, by label.
    """

    def __init__(self, stored: Mapping[str, int], configured: frozenset[str], limit: int) -> None:
        self._ids = dict(stored)
        self._configured = configured
        self._limit = limit
        rows = (parse_row_name(name)[0] for name in stored if name.startswith(ROW_PREFIX))
        self._unknown = {queue for queue in rows if queue not in configured and queue != OTHER}
        self._rows: dict[tuple[str, str, str], int] = {}
        self._values: Counter[str] = Counter()
        for name in stored:
            self._count_value(name)
        self.added: dict[str, int] = {}
        self.folded: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._ids)

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """Id of a queue, a medium and, in a partition with several, a channel; the limit is described in the class."""
        known = self._rows.get((queue, medium, channel))
        if known is not None:
            return known
        if not self._keeps(queue):
            self.folded["queue"] += 1
            return self.row(OTHER, medium, channel)
        identity = self._rows[queue, medium, channel] = self._id(row_name(queue, medium, channel))
        return identity

    def dimension(self, kind: str, value: str) -> int:
        """Id of a dimension's value; beyond the kind's limit the id of ``other``."""
        name = dimension_name(kind, value)
        identity = self._ids.get(name)
        if identity is not None:
            return identity
        limit = DIMENSION_LIMITS.get(kind)
        if limit is not None and value != OTHER and self._values[kind] >= limit:
            self.folded[kind] += 1
            return self.dimension(kind, OTHER)
        return self._id(name)

    def _keeps(self, queue: str) -> bool:
        if queue in self._configured or queue in self._unknown or queue == OTHER:
            return True
        if len(self._unknown) >= self._limit:
            return False
        self._unknown.add(queue)
        return True

    def _id(self, name: str) -> int:
        identity = self._ids.get(name)
        if identity is None:
            identity = self._ids[name] = self.added[name] = len(self._ids) + 1
            self._count_value(name)
        return identity

    def _count_value(self, name: str) -> None:
        if name.startswith(DIMENSION_PREFIX):
            self._values[name[1:].partition("=")[0]] += 1
