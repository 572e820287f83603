"""Rows as shown: those of the snapshot, configured queues without contacts yet, and sums. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from unicodedata import combining, normalize

from metrics.snapshot.snapshot import NO_COUNTS, RowKey, RowNumbers, total, total_live
from metrics.snapshot.windows import WINDOWS
from streams.common.vocabulary import ALL_QUEUES, Channel
from streams.facts.domains import has_medium

ALL = ALL_QUEUES
"""Queue or medium of a row that is the sum over all queues or media."""
NOTHING = RowNumbers(dict.fromkeys(WINDOWS, NO_COUNTS))
_NUMBER = re.compile("([0-9]{1,18})")


@lru_cache(maxsize=4096)
def reading_order(name: str) -> tuple[tuple[str | int, ...], str]:
    """Sort key of a name in reading order: Ábaco before Zona, line 2 before line 10, whatever the case."""
    plain = "".join(letter for letter in normalize("NFKD", name.casefold()) if not combining(letter))
    parts = _NUMBER.split(plain)  # text and number in turn, so that a place has one type in all names
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), name


def sum_rows(rows: Iterable[RowNumbers]) -> RowNumbers:
    """The sum of several rows: counts are added, of ages the greatest is kept."""
    parts = tuple(rows)
    return RowNumbers(
        windows={window: total(part.windows[window] for part in parts) for window in WINDOWS},
        totals=total(part.totals for part in parts),
        live=total_live(part.live for part in parts),
    )


def with_sums(rows: Mapping[RowKey, RowNumbers], channels: Iterable[Channel] = Channel) -> dict[RowKey, RowNumbers]:
    """The rows with sums before their parts: a channel's sum over queues, a ticket queue's sum over media."""
    result: dict[RowKey, RowNumbers] = {}
    for channel in channels:
        own = {key: numbers for key, numbers in rows.items() if key.channel is channel}
        by_medium = has_medium(channel)
        result[RowKey(channel, ALL, ALL if by_medium else "")] = sum_rows(own.values())
        for queue in dict.fromkeys(key.queue for key in own):
            media = {key: numbers for key, numbers in own.items() if key.queue == queue}
            if by_medium:
                result[RowKey(channel, queue, ALL)] = sum_rows(media.values())
            result |= media
    return result
