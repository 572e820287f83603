"""Rows of ticket queues on the lean page: a medium that a target or a rule names has its own, all others share one."""

from __future__ import annotations

from collections.abc import Mapping

from metrics.catalog.detail import LEAN_MEDIA
from metrics.exporter.sums import RowSums
from metrics.snapshot.snapshot import RowKey, RowNumbers
from streams.config.settings import Settings


class NamedMedia:
    """Sums the media that nobody names. A row without a medium then has the tickets that came in any other way."""

    def __init__(self) -> None:
        self._sums = RowSums()

    def rows(self, rows: Mapping[RowKey, RowNumbers], settings: Settings) -> dict[RowKey, RowNumbers]:
        """The rows in their order; sums over media stay exact."""
        parts: dict[RowKey, list[RowNumbers]] = {}
        named = {queue: named_media(settings, queue) for queue in settings.queues}
        for key, numbers in rows.items():
            own = not key.medium or key.medium in named.get(key.queue, LEAN_MEDIA)
            parts.setdefault(key if own else key._replace(medium=""), []).append(numbers)
        self._sums.keep(parts)
        return {key: own[0] if len(own) == 1 else self._sums.of(key, own) for key, own in parts.items()}


def named_media(settings: Settings, queue: str) -> frozenset[str]:
    """Media of a queue's tickets that have a row of their own, whichever of its policies names them."""
    targets = (target for entry in settings.queues.get(queue, ()) for target in entry.targets)
    return LEAN_MEDIA | {target.medium.value for target in targets if target.medium is not None}
