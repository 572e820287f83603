"""Live numbers from the live entries of a row. Pure.

The entries of one row in one partition are a group. The sum of a group stays valid until an entry changes or the clock
passes the group's next deadline. A refresh recomputes no other group.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from metrics.snapshot.snapshot import LiveNumbers
from streams.numbers.live_entries import Instant, LiveMeasure, RowEntry


def observed(entries: Iterable[RowEntry], now_ms: int, watermark_ms: int) -> Instant:
    """The entries of one row at an instant. ``watermark_ms``: all events of the partition before it are applied."""
    instant = Instant(now_ms, watermark_ms)
    for entry in entries:
        entry.observe(instant)
    return instant


def live_numbers(instants: Iterable[Instant], now_ms: int) -> LiveNumbers:
    """The sum of one row's groups over all partitions; a person in several of them counts once."""
    counts: Counter[LiveMeasure] = Counter()
    members: dict[LiveMeasure, set[bytes]] = {}
    oldest_ms: dict[LiveMeasure, int] = {}
    for instant in instants:
        counts.update(instant.counts)
        for measure, persons in instant.members.items():
            # Persons are united and not their numbers added: one may be in entries of several partitions.
            members.setdefault(measure, set()).update(persons)
        for measure, since_ms in instant.oldest_ms.items():
            oldest_ms[measure] = min(oldest_ms.get(measure, since_ms), since_ms)
    for measure, persons in members.items():
        counts[measure] += len(persons)
    return LiveNumbers(
        {measure: amount for measure, amount in counts.items() if amount},
        # The clock of a source may be ahead of now: no age is negative.
        {measure: max(0, now_ms - since_ms) for measure, since_ms in oldest_ms.items()},
    )
