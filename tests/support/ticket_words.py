"""One ticket put into words, for tests: what it adds by a policy of its queue, and where it stands."""

from __future__ import annotations

from typing import Any, NamedTuple

from streams.common.vocabulary import Channel
from tests.support.words import InWords, book_of, in_words, log_of, nonzero, told

HOUR = 3600
DAY = 24 * HOUR
MONDAY = 47 * HOUR
"""Seconds from the beginning of the tests, a Saturday, to Monday 9:00 in Madrid."""
OPENED = ("opened", 0)


class Open(NamedTuple):
    """The live entry of an open ticket; times are epoch ms."""

    queue: str
    medium: str
    opened_ms: int
    on_hold: bool
    unattended: bool
    first_response_due_ms: int | None
    resolution_due_ms: int | None
    awaiting_reply: bool


def words(*steps: tuple[Any, ...], **policy: Any) -> InWords:
    """A ticket of the queue ``sales`` with this policy, as the oracle has it; steps are those of ``log_of``."""
    return in_words(log_of("ticket", *steps), policies=book_of(Channel.TICKET, {"sales": [policy]}))


def adds(*steps: tuple[Any, ...], only: tuple[str, ...], **policy: Any) -> dict[str, int]:
    """Contributions of a ticket to some measures."""
    return told(nonzero(words(*steps, **policy).amounts), *only)


def stands(*steps: tuple[Any, ...], **policy: Any) -> Open | None:
    """The entry of a ticket that is open."""
    entry = words(*steps, **policy).live.get(("open_ticket", ""))
    return None if entry is None else Open(*entry)


def to(queue: str) -> dict[str, str]:
    """Data of a transfer."""
    return {"queue": queue}
