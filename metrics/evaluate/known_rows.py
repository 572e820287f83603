"""Rows as shown: those of the snapshot, and configured queues without contacts yet. Pure."""

from __future__ import annotations

from metrics.snapshot.rows import NOTHING, reading_order
from metrics.snapshot.snapshot import RowKey, RowNumbers, Snapshot
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.facts.domains import has_medium


def known_rows(snapshot: Snapshot, settings: Settings) -> dict[RowKey, RowNumbers]:
    """Every row by channel, queue and medium, with the configured queues of calls and chats that have no contacts yet.

    A ticket queue appears with its first ticket, because its media are unknown before.
    """
    configured = {
        RowKey(entry.channel, queue): NOTHING
        for queue, entries in settings.queues.items()
        for entry in entries
        if not has_medium(entry.channel)
    }
    order = list(Channel)
    rows = configured | dict(snapshot.rows)
    return {
        key: rows[key]
        for key in sorted(rows, key=lambda key: (order.index(key.channel), reading_order(key.queue), key.medium))
    }
