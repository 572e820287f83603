"""Live entries: what is true of a contact now, and the fields that keep it in Redis."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from streams.numbers.measures import SEPARATOR


class Live(StrEnum):
    """Kinds of live entries: what is true now. The kind is the first letter of the entry's field."""

    WAITING = "W"
    CONTACT_WAITING = "C"
    IN_PROGRESS = "P"
    WRAP_UP = "U"
    CALLBACK = "K"
    INCOMPLETE = "I"
    OPEN_TICKET = "O"


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A leg in its queue without an outcome. Past ``deadline_ms`` it is a miss (REACHED_TARGET in the slice of its
    deadline); from ``ghost_ms`` on it is a ghost: still a miss, no longer waiting."""

    row: int
    offered_ms: int
    deadline_ms: int
    ghost_ms: int
    last_event_ms: int


class ContactWaiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A contact that nobody has answered; past ``deadline_ms`` it is a CONTACT_REACHED_TARGET of its first queue."""

    row: int
    deadline_ms: int


class InProgress(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An answered leg without an end; a ghost from ``ghost_ms`` on."""

    row: int
    answered_ms: int
    ghost_ms: int
    last_event_ms: int
    agent: bytes | None = None


class WrapUp(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An ended leg whose after-contact work nobody has reported done; over from ``until_ms`` on."""

    row: int
    ended_ms: int
    until_ms: int
    agent: bytes | None = None


class Callback(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A callback that was asked for and not yet tried."""

    row: int
    requested_ms: int


class Incomplete(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A contact with events that add nothing until another event comes."""


class OpenTicket(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An unsolved ticket. A due time is ``None`` where nothing is due (answered; resolution clock stopped)."""

    row: int
    opened_ms: int
    on_hold: bool
    unattended: bool
    first_response_due_ms: int | None
    resolution_due_ms: int | None
    awaiting_reply: bool = False


LiveEntry = Waiting | ContactWaiting | InProgress | WrapUp | Callback | Incomplete | OpenTicket
ENTRY_TYPES: dict[Live, type] = {
    Live.WAITING: Waiting,
    Live.CONTACT_WAITING: ContactWaiting,
    Live.IN_PROGRESS: InProgress,
    Live.WRAP_UP: WrapUp,
    Live.CALLBACK: Callback,
    Live.INCOMPLETE: Incomplete,
    Live.OPEN_TICKET: OpenTicket,
}


def live_field(kind: Live, subject: str, leg: str = "") -> str:
    """The field of one live entry in the ``numbers`` hash."""
    return f"{kind}{subject}{SEPARATOR}{leg}"
