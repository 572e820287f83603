"""Event stamps: the stored part of one event, and the three ways in which stamps merge.

Every merge is commutative, associative and idempotent, so a contact's facts depend on the set of its events alone
(design rule 1). Events of one type are ordered by (time, sequence, source, id), events of several types also by the
rank of their type.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sized
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from streams.common.errors import InvalidEvent

MARK_LIMIT = 1_000
"""Most stamps of one kind in a contact (events.md, "Bounds"); an event beyond it is refused as ``too_many``."""

Order = tuple[int, int, str, str]
Pseudonym = Callable[[str], bytes]
"""Keyed hash of a personal identifier."""


class EventStamp(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Time (epoch ms) and identity of an event; ``sequence`` is −1 where missing."""

    time_ms: int
    sequence: int
    source: str
    id: str

    @property
    def order(self) -> Order:
        """The position among stamps of one type."""
        return (self.time_ms, self.sequence, self.source, self.id)


class AgentStamp(EventStamp, array_like=True, frozen=True, gc=False):
    """A stamp with the keyed hash of the agent."""

    agent: bytes | None = None


class QueueStamp(EventStamp, array_like=True, frozen=True, gc=False):
    """A stamp with a queue."""

    queue: str = ""


class ReasonStamp(EventStamp, array_like=True, frozen=True, gc=False):
    """A stamp with a reason."""

    reason: str = ""


class Escalation(EventStamp, array_like=True, frozen=True, gc=False):
    """An escalation of some kind."""

    kind: str = ""
    topic: str | None = None


M = TypeVar("M", bound=EventStamp)

_order = attrgetter("order")


_packed = msgspec.msgpack.Encoder().encode


def least(old: M | None, new: M) -> M:
    """The earlier of two stamps; of two stamps of one event, the one with the lesser content."""
    if old is None:
        return new
    if new.time_ms != old.time_ms:
        return new if new.time_ms < old.time_ms else old
    a, b = old.order, new.order
    if a == b:
        return old if _packed(old) <= _packed(new) else new
    return old if a < b else new


def insert(stamps: list[M], new: M, what: str) -> tuple[list[M], int]:
    """``stamps`` with ``new`` in its place, and 1 if it contradicts a stamp of the same name; the list is not changed.

    ``(source, id)`` names an event: of several stamps with one name the least is kept, so that a producer which stamps
    the time anew at each retry counts once.

    Args:
        stamps: in order.
        new: of the same kind.
        what: the kind, for the sentence of a refusal.

    Raises:
        InvalidEvent: ``too_many``.
    """
    if not stamps:
        return [new], 0
    conflicts = 0
    for at, stamp in enumerate(stamps):
        if stamp.id == new.id and stamp.source == new.source:
            conflicts = int(stamp != new)
            if least(stamp, new) is stamp:
                return stamps, conflicts
            stamps = stamps[:at] + stamps[at + 1 :]
            break
    at = bisect_left(stamps, new.order, key=_order)
    merged = [*stamps[:at], new, *stamps[at:]]
    check_count(merged, f"events `{what}`")
    return merged, conflicts


def insert_all(stamps: list[M], others: Iterable[M], what: str) -> list[M]:
    """``stamps`` with all ``others`` in their places; see ``insert``."""
    for stamp in others:
        stamps, _ = insert(stamps, stamp, what)
    return stamps


def greatest(old: M | None, new: M) -> M:
    """The later of two stamps; of two stamps of one event, the one with the lesser content."""
    if old is None or new.order > old.order:
        return new
    return least(old, new) if new.order == old.order else old


def check_count(kept: Sized, what: str) -> None:
    """Refuse the event that would make ``kept`` longer than ``MARK_LIMIT``.

    Raises:
        InvalidEvent: ``too_many``.
    """
    if len(kept) > MARK_LIMIT:
        raise InvalidEvent("too_many", f"the contact has {MARK_LIMIT:,} {what} already, the most that are counted")


class Note(EventStamp, array_like=True, frozen=True, gc=False):
    """Fields of a contact noted by one event: only those that were present, under their ``NOTE_KEYS``."""

    values: dict[str, Any] = {}


# Free text, such as an outcome or the target of a transfer, may name people; no number needs it, so it is not kept.
NOTE_KEYS = {
    "topic": "t",
    "resolved": "r",
    "fcr_eligible": "e",
    "customer": "c",
    "agent": "a",
    "priority": "p",
}
PERSONAL = ("customer", "agent")
"""Noted fields that are hashed before they are kept."""


def noted(notes: list[Note], field: str) -> Any:
    """The value of ``field`` in the newest note that has it, or ``UNSET``."""
    key = NOTE_KEYS[field]
    for note in reversed(notes):
        if key in note.values:
            return note.values[key]
    return UNSET


def noted_customer(notes: list[Note]) -> bytes | None:
    """The customer noted last; ``None`` where none was noted, or the last note says nobody."""
    customer: bytes | None = noted(notes, "customer") or None
    return customer


def prune_latest(notes: list[Note], new: Note) -> list[Note]:
    """The notes with ``new``, each cut to the fields whose latest value it has; notes without any are left out.

    So the latest value of each field wins exactly, without one stamp a field. Of two values of a field from one event
    the lesser is kept.
    """
    latest: dict[str, tuple[Order, Any]] = {}
    for note in (*notes, new):
        order = note.order
        for key, value in note.values.items():
            known = latest.get(key)
            if known is None or order > known[0] or (order == known[0] and _packed(value) < _packed(known[1])):
                latest[key] = (order, value)
    values: dict[Order, dict[str, Any]] = {}
    for key, (order, value) in latest.items():
        values.setdefault(order, {})[key] = value
    return [Note(*order, values[order]) for order in sorted(values)]


def note_of(stamp: EventStamp, data: object, pseudonym: Pseudonym) -> Note:
    """The note in an event's ``data``: every ``NOTE_KEYS`` field that was sent."""
    values: dict[str, Any] = {}
    for name, key in NOTE_KEYS.items():
        value = getattr(data, name, UNSET)
        if value is not UNSET:
            values[key] = pseudonym(value) if name in PERSONAL and value else value
    return Note(*stamp.order, values)


def former_customers(former: list[bytes], named: Iterable[bytes | None], still: Iterable[bytes | None]) -> list[bytes]:
    """Customers named by earlier events and no longer by the facts, in order.

    Each of them must receive a removal of the contact (design rule 11).

    Args:
        former: former customers before these events.
        named: customers named by these events or by the facts before them; at least those no longer named.
        still: customers that the facts name now.

    Raises:
        InvalidEvent: ``too_many``.
    """
    kept = set(still)
    found = sorted(customer for customer in {*former, *named} - kept if customer is not None)
    check_count(found, "customers")
    return found


def hashed(identifier: str | None | UnsetType, pseudonym: Pseudonym) -> bytes | None:
    """The keyed hash of an identifier; ``None`` where there is none."""
    return pseudonym(identifier) if isinstance(identifier, str) and identifier else None
