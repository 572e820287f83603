"""Policies: the targets and limits that judge a contact, in force at its first event (design rule 20)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, TypeVar

import msgspec

from streams.common.business_hours import ALWAYS_OPEN, BusinessClock, Calendar
from streams.common.durations import DAY_MS

ALWAYS_MS = -(2**62)
"""``since`` of a policy that was always in force."""
BOOK_HASH_BYTES = 8
CLOCKS_KEPT = 256
"""Clocks of different calendars that stay in memory."""


T = TypeVar("T")


def in_force(dated: Iterable[tuple[int, T]], at_ms: int, default: T) -> T:
    """The latest of ``(since_ms, value)`` pairs, oldest first, that has begun by ``at_ms``; else ``default``."""
    found = default
    for since_ms, value in dated:
        if since_ms > at_ms:
            break
        found = value
    return found


class Limits(NamedTuple):
    """SLA limits of one ticket, in milliseconds."""

    first_response_ms: int
    next_response_ms: int
    resolution_ms: int


class Target(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Limits of the tickets of one medium, one priority, or both; ``None`` leaves a limit, or a medium, as it is."""

    medium: str | None
    priority: str | None
    first_response_ms: int | None
    next_response_ms: int | None
    resolution_ms: int | None

    @property
    def precision(self) -> int:
        """Precedence, rising: a medium, a priority, both."""
        return (self.medium is not None) + 2 * (self.priority is not None)

    def applies(self, medium: str, priority: str) -> bool:
        """True if these are limits of a ticket of this medium and priority."""
        return (self.medium is None or self.medium == medium) and (self.priority is None or self.priority == priority)


class Policy(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Targets and limits of one queue; times in milliseconds. ``targets`` are in order: the later one wins."""

    target_ms: int
    short_abandon_ms: int
    wrap_up: bool
    answer_by_message: bool
    waiting_stale_ms: int
    in_progress_stale_ms: int
    first_response_ms: int
    next_response_ms: int
    resolution_ms: int
    repeat_window_ms: int = 7 * DAY_MS
    calendar: Calendar | None = None
    targets: tuple[Target, ...] = ()

    def limits(self, medium: str, priority: str) -> Limits:
        """The limits of a ticket: the queue's, overridden by the targets of its medium, its priority, or both."""
        first, following, resolution = self.first_response_ms, self.next_response_ms, self.resolution_ms
        for target in self.targets:
            if target.applies(medium, priority):
                first = first if target.first_response_ms is None else target.first_response_ms
                following = following if target.next_response_ms is None else target.next_response_ms
                resolution = resolution if target.resolution_ms is None else target.resolution_ms
        return Limits(first, following, resolution)

    @property
    def clock(self) -> BusinessClock:
        """The clock of the queue's opening hours."""
        return ALWAYS_OPEN if self.calendar is None else _clock(self.calendar)


_clock = lru_cache(maxsize=CLOCKS_KEPT)(BusinessClock)


class PolicyBook(msgspec.Struct, array_like=True, frozen=True):
    """All policies of one channel by one version of the settings. The state of a contact names its book, so a later
    edit of the settings judges new contacts only. ``queues`` maps a name to ``(since_ms, policy)``, oldest first."""

    default: Policy
    queues: dict[str, list[tuple[int, Policy]]] = {}

    def policy(self, queue: str, first_ms: int) -> Policy:
        """The policy for a contact whose first offered or opened event happened at ``first_ms``."""
        return in_force(self.queues.get(queue, ()), first_ms, self.default)


encode_book = msgspec.msgpack.Encoder().encode


def book_hash(book: PolicyBook) -> str:
    """Short hash of a policy book: the same in every process, another one after any change of a policy."""
    return blake2b(encode_book(book), digest_size=BOOK_HASH_BYTES).hexdigest()


decode_book = msgspec.msgpack.Decoder(PolicyBook).decode
