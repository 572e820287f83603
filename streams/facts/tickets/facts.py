"""Facts of a ticket: the merge of its events."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

import msgspec
from msgspec import UNSET

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.contract.events import VERB_OF
from streams.facts.shared.marks import (
    AgentStamp,
    Escalation,
    EventStamp,
    Note,
    QueueStamp,
    ReasonStamp,
    former_customers,
    hashed,
    insert,
    least,
    note_of,
    noted,
    noted_customer,
    prune_latest,
)

DEFAULT_MEDIUM = "other"


class Opening(QueueStamp, array_like=True, frozen=True, gc=False):
    """Opening of a ticket. Openings do not mix: the earliest wins with all its fields."""

    medium: str = DEFAULT_MEDIUM
    priority: str | None = None
    customer: bytes | None = None
    topic: str | None = None


class TeamStamp(AgentStamp, array_like=True, frozen=True, gc=False):
    """A stamp with agent and team."""

    team: str | None = None


class Ticket(msgspec.Struct, array_like=True, gc=False):
    """Facts of one ticket. A value: never changed after ``fold`` returned it.

    ``replied`` keeps public replies by a person only: no other reply stops a clock or is counted.
    """

    opened: Opening | None = None
    assigned: list[TeamStamp] = []
    replied: list[AgentStamp] = []
    customer_replied: list[EventStamp] = []
    held: list[EventStamp] = []
    resumed: list[EventStamp] = []
    transferred: list[QueueStamp] = []
    escalated: list[Escalation] = []
    solved: list[TeamStamp] = []
    reopened: list[EventStamp] = []
    closed: list[EventStamp] = []
    removed: ReasonStamp | None = None
    notes: list[Note] = []
    newest_ms: int = -(2**62)
    former: list[bytes] = []


def customers(facts: Ticket) -> tuple[bytes | None, list[bytes]]:
    """The customer of the ticket, and every other customer ever named by its events, in order.

    The customer classified last precedes that of the opening, even if the note says nobody.
    """
    named = _named(facts)
    in_force = named[0] if noted(facts.notes, "customer") is UNSET else named[1]
    return in_force, sorted({*filter(None, named), *facts.former} - {in_force})


def names_customer(facts: Ticket) -> bool:
    """True if any event of the ticket named a customer."""
    return any(_named(facts)) or bool(facts.former)


def _named(facts: Ticket) -> tuple[bytes | None, bytes | None]:
    """The customer of the opening and the one classified last."""
    return None if facts.opened is None else facts.opened.customer, noted_customer(facts.notes)


def fold(facts: Ticket | None, events: Iterable[Decoded], pseudonym: Pseudonym) -> tuple[Ticket, int]:
    """Merge of ``facts`` with ``events``, and the number of openings that named another queue than the known one.

    The facts given are not changed. Any order and any repetition of the same events gives equal facts.
    """
    merged = Ticket() if facts is None else copy(facts)
    lost: list[bytes | None] = []
    conflicts = 0
    for event, time_ms, sequence in events:
        merged.newest_ms = max(merged.newest_ms, time_ms)
        verb = VERB_OF[type(event)]
        data = event.data
        stamp = EventStamp(time_ms, sequence, event.source, event.id)
        if verb == "opened":
            opening = Opening(
                *stamp.order,
                data.queue,
                DEFAULT_MEDIUM if data.channel is UNSET else data.channel.value,
                None if data.priority is UNSET else data.priority.value,
                hashed(data.customer, pseudonym),
                data.topic or None,
            )
            if merged.opened is not None:
                conflicts += merged.opened.queue != opening.queue
                lost += (merged.opened.customer, opening.customer)
            merged.opened = least(merged.opened, opening)
        elif verb == "replied":
            if data.public and not data.automated:
                merged.replied = insert(merged.replied, AgentStamp(*stamp.order, hashed(data.agent, pseudonym)))
        elif verb in ("assigned", "solved"):
            by = TeamStamp(*stamp.order, hashed(data.agent, pseudonym), data.team or None)
            setattr(merged, verb, insert(getattr(merged, verb), by))
        elif verb == "transferred":
            merged.transferred = insert(merged.transferred, QueueStamp(*stamp.order, data.queue))
        elif verb == "escalated":
            merged.escalated = insert(merged.escalated, Escalation(*stamp.order, data.kind, data.topic or None))
        elif verb == "removed":
            merged.removed = least(merged.removed, ReasonStamp(*stamp.order, data.reason.value))
        elif verb == "classified":
            note = note_of(stamp, data, pseudonym)
            if note.values:
                lost += (noted_customer(merged.notes), noted_customer([note]))
                merged.notes = prune_latest(merged.notes, note)
        else:
            setattr(merged, verb, insert(getattr(merged, verb), stamp))
    if lost or merged.former:
        merged.former = former_customers(merged.former, lost, _named(merged))
    return merged, conflicts
