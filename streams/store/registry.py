"""Ids of the rows and dimensions of one partition: what keeps labels bounded (design rule 19)."""

from __future__ import annotations

from collections.abc import Mapping

from streams.measures import ROW_PREFIX, SEPARATOR, dimension_name, row_name

OTHER = "other"
"""The queue that takes what comes past the limit."""


class Registry:
    """Names of a partition and their ids, 1 and up; new ones wait in ``added`` for the next commit.

    Configured queues always keep their names; unknown ones up to ``limit``, later ones are folded into ``other``
    and counted in ``folded``.
    """

    def __init__(self, stored: Mapping[str, int], configured: frozenset[str], limit: int) -> None:
        self._ids = dict(stored)
        self._configured = configured
        self._limit = limit
        rows = (name[1:].rpartition(SEPARATOR)[0] for name in stored if name.startswith(ROW_PREFIX))
        self._unknown = {queue for queue in rows if queue not in configured and queue != OTHER}
        self._rows: dict[tuple[str, str], int] = {}
        self.added: dict[str, int] = {}
        self.folded = 0

    def __len__(self) -> int:
        return len(self._ids)

    def row(self, queue: str, medium: str = "") -> int:
        """Id of a queue and medium; see the class for queues past the limit."""
        known = self._rows.get((queue, medium))
        if known is not None:
            return known
        if not self._keeps(queue):
            self.folded += 1
            return self.row(OTHER, medium)
        identity = self._rows[queue, medium] = self._id(row_name(queue, medium))
        return identity

    def dimension(self, kind: str, value: str) -> int:
        """Id of a dimension's value. The values are those of the contract's enumerations: bounded."""
        return self._id(dimension_name(kind, value))

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
        return identity
