"""Names of queues as shown: labels stay bounded however many names the partitions keep (design rule 19)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable

from metrics.snapshot.rows import ALL
from streams.common.renames import NO_RENAMES, Renames
from streams.common.vocabulary import Channel
from streams.numbers.names import OTHER
from streams.store.registry import label_sets

log = logging.getLogger(__name__)


class QueueNames:
    """Configured queues keep their names, and of the others the first ``limit`` of each channel, over all partitions.

    Further queues are shown as ``other``, and so is a queue stored as ``*``, the name of the sum over all. A name once
    shown stays shown, so that no queue changes between two names. An earlier name of a queue is shown as its present
    one, so that the rows of both are one.
    """

    def __init__(
        self, configured: Collection[str] = (), limit: int | None = None, renames: Renames = NO_RENAMES
    ) -> None:
        """``limit``: number of names a channel beside the ``configured`` ones; ``None`` for no bound."""
        self._renames = renames
        self._configured = configured
        self._limit = limit
        self._sets: defaultdict[Channel, set[tuple[str, str]]] = defaultdict(set)
        self._kept: defaultdict[Channel, set[str]] = defaultdict(set)
        self._full: set[Channel] = set()

    def add(self, channel: Channel, queues: Iterable[str]) -> None:
        """Register names in the order of first use; known ones may be repeated."""
        if self._limit is None:
            return
        kept = self._kept[channel]
        renamed = self._renames.get(channel, {})
        for queue in (renamed.get(name, name) for name in queues):
            if queue in kept or queue in self._configured or queue in (ALL, OTHER):
                continue
            if len(kept) < self._limit:
                kept.add(queue)
            elif channel not in self._full:
                self._full.add(channel)
                log.warning(
                    "channel %s has more than queue_limit = %d queues that are not configured, later ones are shown as "
                    "`other`; configure the queues you need or raise queue_limit",
                    channel,
                    self._limit,
                )

    def add_rows(self, channel: Channel, rows: Iterable[tuple[str, str]]) -> None:
        """Register queues and media in the order of first use, as ``add``; past the bound of rows they are ``other``
        too."""
        found = list(rows)
        self.add(channel, (queue for queue, _ in found))
        if self._limit is None:
            return
        sets = self._sets[channel]
        for queue, medium in found:
            name = self.shown(channel, queue)
            if name != OTHER and name not in self._configured and len(sets) < label_sets(self._limit):
                sets.add((name, medium))

    def shown_in(self, channel: Channel, queue: str, medium: str) -> str:
        """The name under which a stored row is shown."""
        name = self.shown(channel, queue)
        kept = self._limit is None or name in self._configured or (name, medium) in self._sets[channel]
        return name if kept else OTHER

    def shown(self, channel: Channel, queue: str) -> str:
        """The name under which a stored queue is shown."""
        queue = self._renames.get(channel, {}).get(queue, queue)
        if queue == ALL:
            return OTHER
        kept = self._limit is None or queue in self._configured or queue in self._kept[channel]
        return queue if kept else OTHER
