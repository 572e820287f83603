"""Reach of a recomputation: from which instant on the log and the history hold all that the numbers were made of.
Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.store.judged import Judged


class Cut(NamedTuple):
    """An instant (epoch ms) before which numbers cannot be recomputed, and the reason."""

    from_ms: int
    reason: str


class Log(NamedTuple):
    """Beginning of a partition's log.

    Attributes:
        start: offset of the first record that is there.
        clock_ms: newest event time among its first records; ``None`` without any.
    """

    start: int
    clock_ms: int | None


def is_whole(log: Log, history: Sequence[Judged]) -> bool:
    """True if the log still has every record that the numbers were made of."""
    begun = history[0].position if history and history[0].clock_ms is None else 0
    return log.start <= begun


def cuts(
    log: Log,
    history: Sequence[Judged],
    rules: str,
    *,
    books: int,
    clock_ms: int,
    keep_ms: int,
    reach_ms: int,
    tail_ms: int,
) -> Iterator[Cut]:
    """The instants before which numbers of a partition cannot be recomputed.

    Args:
        log: its beginning.
        history: of the partition's judging.
        rules: those of this process.
        books: number of stored policy books.
        clock_ms: the partition's clock.
        keep_ms: lifetime of a contact's state after its newest event.
        reach_ms: longest time after an event in which it changes what later events count.
        tail_ms: longest time after a contact's newest event at which it counts something.
    """
    if not is_whole(log, history):
        # While its state lives, a contact of before the log's start is recomputed from its stored events; where the
        # state has expired, its last event is older than that.
        begin_ms = clock_ms if log.clock_ms is None else log.clock_ms
        yield Cut(
            min(clock_ms - keep_ms + tail_ms, begin_ms + reach_ms),
            "the log no longer has all the events of earlier contacts",
        )
    other = [each for each in history if each.rules != rules]
    if other:
        since = next((each for each in history if each.position > other[-1].position), None)
        at_ms = clock_ms if since is None or since.clock_ms is None else since.clock_ms
        yield Cut(at_ms + keep_ms, "earlier contacts were counted under other settings")
    if books > 1 and (not history or history[0].clock_ms is not None):
        at_ms = clock_ms if not history or history[0].clock_ms is None else history[0].clock_ms
        yield Cut(at_ms + keep_ms, "the policies of earlier contacts were not noted by the release that counted them")
