"""History of one contact, event by event, from its facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from metrics.snapshot.instants import Instant, instant_text
from streams.contract.events import Rank
from streams.facts.conversations.facts import Conversation, Leg, Offer, Refusal
from streams.facts.shared.marks import NOTE_KEYS, Escalation, EventStamp, Note, QueueStamp, ReasonStamp
from streams.facts.tickets.facts import Opening, TeamStamp, Ticket

NAMES_OF_NOTES = {key: name for name, key in NOTE_KEYS.items()}
HIDDEN = ("customer", "agent")
"""Fields with identifiers of persons."""
LEG_MARKS = (
    "offered",
    "answered",
    "abandoned",
    "callback_requested",
    "left_queue",
    "transferred",
    "ended",
    "wrapped_up",
    "held",
    "resumed",
    "agent_messages",
)
TICKET_MARKS = (
    "opened",
    "assigned",
    "replied",
    "customer_replied",
    "held",
    "resumed",
    "transferred",
    "escalated",
    "solved",
    "reopened",
    "closed",
    "removed",
    "notes",
)
CALLED = {"agent_messages": "message", "notes": "classified"}


class Moment(Struct, frozen=True):
    """One event kept in the facts. An event without effect, such as a second answer, is not kept."""

    at: Instant
    what: str
    leg: Annotated[str | None, Meta(description="of a call or chat; null where it concerns the whole contact")]
    detail: str


def moments_of(facts: Conversation | Ticket) -> list[Moment]:
    """The events of a contact in the order of their times."""
    found = list(_of_ticket(facts) if isinstance(facts, Ticket) else _of_live(facts))
    found.sort(key=lambda item: _place(item[0], item[1]))
    return [Moment(instant_text(stamp.time_ms), what, leg, _detail(stamp)) for stamp, what, leg in found]


def _place(stamp: EventStamp, what: str) -> tuple[int, int, int, str, str]:
    return stamp.time_ms, stamp.sequence, Rank[what.upper()], stamp.source, stamp.id


def _of_live(facts: Conversation) -> Iterator[tuple[EventStamp, str, str | None]]:
    for name, leg in facts.legs.items():
        for field in LEG_MARKS:
            for stamp in _marks(leg, field):
                yield stamp, CALLED.get(field, field), name
    whole = (("refused", _marks(facts, "refused")), ("escalated", facts.escalated), ("classified", facts.notes))
    for what, stamps in whole:
        for stamp in stamps:
            yield stamp, what, None


def _of_ticket(facts: Ticket) -> Iterator[tuple[EventStamp, str, str | None]]:
    for field in TICKET_MARKS:
        for stamp in _marks(facts, field):
            yield stamp, CALLED.get(field, field), None


def _marks(facts: Conversation | Leg | Ticket, field: str) -> list[EventStamp]:
    found: EventStamp | list[EventStamp] | None = getattr(facts, field)
    return found if isinstance(found, list) else [] if found is None else [found]


def _detail(stamp: EventStamp) -> str:
    """Details of an event beside its time, without persons."""
    words: dict[str, object] = {}
    match stamp:
        case Offer():
            words = {"queue": stamp.queue, "via": stamp.via, "topic": stamp.topic, "priority": stamp.priority}
        case Refusal():
            words = {"queue": stamp.queue, "reason": stamp.reason}
        case Opening():
            words = {"queue": stamp.queue, "medium": stamp.medium, "priority": stamp.priority, "topic": stamp.topic}
        case QueueStamp():
            words = {"queue": stamp.queue}
        case ReasonStamp():
            words = {"reason": stamp.reason}
        case Escalation():
            words = {"kind": stamp.kind, "topic": stamp.topic}
        case TeamStamp():
            words = {"team": stamp.team}
        case Note():
            noted = {NAMES_OF_NOTES[key]: value for key, value in stamp.values.items()}
            words = {name: value for name, value in noted.items() if name not in HIDDEN}
            return " ".join(f"{name}={_word(value)}" for name, value in words.items())
    return " ".join(f"{name}={value}" for name, value in words.items() if value is not None)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
