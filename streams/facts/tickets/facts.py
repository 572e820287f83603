"""Facts of a ticket: the merge of its events."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

import msgspec
from msgspec import UNSET, structs

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
    greatest,
    hashed,
    insert,
    least,
    note_of,
    noted,
    noted_customer,
    prune_latest,
)

DEFAULT_MEDIUM = "other"
UNASSIGNED = "unassigned"
"""Queue of a ticket that was opened without one and not transferred soon after."""
ROUTING_MS = 60_000
"""A ticket opened without a queue takes that of its first transfer up to 60 s (ms) after the opening."""


class Opening(QueueStamp, array_like=True, frozen=True, gc=False):
    """Opening of a ticket. Openings do not mix: the earliest wins with all its fields but the queue, which is that of
    the earliest one with a queue."""

    medium: str = DEFAULT_MEDIUM
    priority: str | None = None
    customer: bytes | None = None
    topic: str | None = None


class TeamStamp(AgentStamp, array_like=True, frozen=True, gc=False):
    """A stamp with agent and team."""

    team: str | None = None


class Ticket(msgspec.Struct, array_like=True, gc=False):
    """Facts of one ticket. A value: never changed after ``fold`` returned it.

    ``queued``: the earliest opening with a queue, where the earliest opening has none. ``replied`` keeps public replies
    by a person only: no other reply stops a clock or is counted.
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
    queued: QueueStamp | None = None
    restored: EventStamp | None = None

    @property
    def is_removed(self) -> bool:
        """True if the latest of removals and restorations is a removal; at one instant and sequence a restoration is
        later."""
        if self.removed is None or self.restored is None:
            return self.removed is not None
        return (self.removed.time_ms, self.removed.sequence) > (self.restored.time_ms, self.restored.sequence)

    @property
    def opening(self) -> Opening | None:
        """The opening with the queue that the ticket was opened in; ``None`` before it is known."""
        opened = self.opened
        if opened is None or opened.queue:
            return opened
        return structs.replace(opened, queue=self.queued.queue if self.queued else self._routed_to or UNASSIGNED)

    @property
    def _routed_to(self) -> str:
        """The queue of a first transfer that is the routing of a ticket opened without a queue; else ""."""
        if self.opened is None or self.opened.queue or self.queued is not None or not self.transferred:
            return ""
        first = self.transferred[0]
        return first.queue if first.time_ms <= self.opened.time_ms + ROUTING_MS else ""

    @property
    def moves(self) -> list[QueueStamp]:
        """The transfers between queues, without routing."""
        return self.transferred[1:] if self._routed_to else self.transferred


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
    """Merge of ``facts`` with ``events``, and the number of events that contradicted one of them.

    Contradictions are openings that name another queue than the known one, and events that repeat the name of another
    with other content. The facts given are not changed. Any order and any repetition of the same events gives equal
    facts.

    Raises:
        InvalidEvent: ``too_many``, past a bound of the ticket.
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
                "" if data.queue is UNSET else data.queue,
                DEFAULT_MEDIUM if data.channel is UNSET else data.channel.value,
                None if data.priority is UNSET else data.priority.value,
                hashed(data.customer, pseudonym),
                data.topic or None,
            )
            if merged.opened is not None:
                known = merged.opened if merged.queued is None else merged.queued
                conflicts += bool(known.queue and opening.queue) and known.queue != opening.queue
                lost += (merged.opened.customer, opening.customer)
            _merge_opening(merged, opening)
        elif verb == "removed":
            merged.removed = greatest(merged.removed, ReasonStamp(*stamp.order, data.reason.value))
        elif verb == "restored":
            merged.restored = greatest(merged.restored, stamp)
        elif verb == "classified":
            note = note_of(stamp, data, pseudonym)
            if note.values:
                lost += (noted_customer(merged.notes), noted_customer([note]))
                merged.notes = prune_latest(merged.notes, note)
        elif verb != "replied" or (data.public and not data.automated):
            if verb == "replied":
                stamp = AgentStamp(*stamp.order, hashed(data.agent, pseudonym))
            elif verb in ("assigned", "solved"):
                stamp = TeamStamp(*stamp.order, hashed(data.agent, pseudonym), data.team or None)
            elif verb == "transferred":
                stamp = QueueStamp(*stamp.order, data.queue)
            elif verb == "escalated":
                stamp = Escalation(*stamp.order, data.kind, data.topic or None)
            kept, conflicting = insert(getattr(merged, verb), stamp, verb)
            setattr(merged, verb, kept)
            conflicts += conflicting
    if lost or merged.former:
        merged.former = former_customers(merged.former, lost, _named(merged))
    return merged, conflicts


def _merge_opening(merged: Ticket, opening: Opening) -> None:
    """Merge an opening: the least of all, and the least with a queue where that one has none."""
    queued = [
        QueueStamp(*each.order, each.queue) for each in (merged.opened, opening) if each is not None and each.queue
    ]
    if merged.queued is not None:
        queued.append(merged.queued)
    merged.opened = least(merged.opened, opening)
    merged.queued = None
    if not merged.opened.queue:
        for stamp in queued:
            merged.queued = least(merged.queued, stamp)
