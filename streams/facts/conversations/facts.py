"""Facts of a call or chat: the merge of its events, leg by leg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

import msgspec
from msgspec import UNSET

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded, leg_name
from streams.contract.events import EPOCH, MILLISECOND, VERB_OF, MessageFrom
from streams.facts.shared.marks import (
    AgentStamp,
    Escalation,
    EventStamp,
    Note,
    Order,
    QueueStamp,
    ReasonStamp,
    check_count,
    former_customers,
    hashed,
    insert,
    insert_all,
    least,
    note_of,
    noted,
    noted_customer,
    prune_latest,
)

LEGLESS = "0"
"""The leg of an offer that names none; events without a leg mean it, where it was offered."""


class Offer(QueueStamp, array_like=True, frozen=True, gc=False):
    """Entry of a leg into a queue. Offers of a leg do not mix: the earliest wins with all its fields."""

    via: str = "inbound"
    customer: bytes | None = None
    topic: str | None = None
    priority: str | None = None


class Refusal(QueueStamp, array_like=True, frozen=True, gc=False):
    """Refusal of a contact before it could queue."""

    reason: str = ""
    customer: bytes | None = None


OUTCOME, ENDED_AT, TRANSFERRED, VIA = "o", "e", "x", "v"
"""Keys of a correction: ``[outcome, reason, outcome_at (ms) or None, agent or None]``, the end (ms) or ``None``,
``False``, the origin. Each is replaced as a whole by the latest correction that has it."""


class Leg(msgspec.Struct, array_like=True, gc=False):
    """Facts of one leg. A value: never changed after ``fold`` returned it.

    Outcomes, transfers and ends are sets, although only one of each counts: which one depends on the answer, and on
    corrections, that may arrive later. The queue of a callback request is "" unless it may come from the menu.
    """

    offered: Offer | None = None
    answered: list[AgentStamp] = []
    abandoned: list[EventStamp] = []
    callback_requested: list[QueueStamp] = []
    left_queue: list[ReasonStamp] = []
    transferred: list[EventStamp] = []
    ended: list[EventStamp] = []
    wrapped_up: list[EventStamp] = []
    held: list[EventStamp] = []
    resumed: list[EventStamp] = []
    agent_messages: list[EventStamp] = []
    callback_cancelled: list[EventStamp] = []
    corrected: list[Note] = []


SETS = tuple(name for name in Leg.__struct_fields__ if name not in ("offered", "corrected"))
"""Fields of a leg that are sets of stamps."""


class Conversation(msgspec.Struct, array_like=True, gc=False):
    """Facts of one call or chat. A value: never changed after ``fold`` returned it.

    ``legless``: events without a leg in a contact without leg 0; which leg they mean is decided when the contact is
    judged, because a later offer can change it.
    """

    legs: dict[str, Leg] = {}
    refused: Refusal | None = None
    escalated: list[Escalation] = []
    notes: list[Note] = []
    newest_ms: int = -(2**62)
    former: list[bytes] = []
    """Customers named by earlier events and no longer by the facts."""
    legless: Leg | None = None
    removed: ReasonStamp | None = None


def fold(facts: Conversation | None, events: Iterable[Decoded], pseudonym: Pseudonym) -> tuple[Conversation, int]:
    """Merge of ``facts`` with ``events``, and the number of events that contradicted one of them.

    Contradictions are offers that name another queue for a known leg, and events that repeat the name of another with
    other content. The facts given are not changed. Any order and any repetition of the same events gives equal facts.

    Raises:
        InvalidEvent: ``too_many``, past a bound of the contact.
    """
    merged = Conversation() if facts is None else copy(facts)
    legs = merged.legs = dict(merged.legs)
    fresh: set[str | None] = set()
    lost: list[bytes | None] = []
    conflicts = 0
    newest_ms = merged.newest_ms
    for event, time_ms, sequence in events:
        if time_ms > newest_ms:
            newest_ms = time_ms
        verb = VERB_OF[type(event)]
        data = event.data
        if verb in _WHOLE:
            stamp = EventStamp(time_ms, sequence, event.source, event.id)
            conflicts += _WHOLE[verb](merged, stamp, data, pseudonym, lost)
            continue
        if verb == "message" and data.sender is not MessageFrom.AGENT and data.leg is UNSET:
            continue
        # Copied once a call, at its first event: the facts given must not change, and most legs have no event here.
        if data.leg is UNSET and ((zero := legs.get(LEGLESS)) is None or zero.offered is None):
            name = None
            if None not in fresh:
                merged.legless = Leg() if merged.legless is None else copy(merged.legless)
            leg = merged.legless
        else:
            name = LEGLESS if data.leg is UNSET else leg_name(data.leg)
            if name not in fresh:
                legs[name] = copy(legs[name]) if name in legs else Leg()
            leg = legs[name]
        fresh.add(name)
        assert leg is not None
        if verb == "offered":
            offer = Offer(
                time_ms,
                sequence,
                event.source,
                event.id,
                data.queue,
                data.via.value,
                hashed(data.customer, pseudonym),
                data.topic or None,
                None if data.priority is UNSET or data.priority is None else str(data.priority),
            )
            old = leg.offered
            if old is not None:
                conflicts += old.queue != offer.queue
                lost += (old.customer, offer.customer)
            leg.offered = least(old, offer)
            if name == LEGLESS and merged.legless is not None:
                add_events(leg, merged.legless)
                merged.legless = None
                fresh.discard(None)
        elif verb == "corrected":
            correction = _correction(time_ms, sequence, event, pseudonym)
            leg.corrected, conflicting = insert(leg.corrected, correction, verb)
            conflicts += conflicting
        elif verb != "message" or data.sender is MessageFrom.AGENT:
            field = "agent_messages" if verb == "message" else verb
            order = time_ms, sequence, event.source, event.id
            stamp = _STAMPED[verb](order, data, pseudonym) if verb in _STAMPED else EventStamp(*order)
            kept = getattr(leg, field)
            if kept:
                kept, conflicting = insert(kept, stamp, verb)
                conflicts += conflicting
            else:  # nearly always: a function less for each event
                kept = [stamp]
            setattr(leg, field, kept)
    merged.newest_ms = newest_ms
    check_count(legs, "legs")
    if lost or merged.former:
        merged.former = former_customers(merged.former, lost, _named(merged))
    return merged, conflicts


def add_events(leg: Leg, others: Leg) -> None:
    """Add the events of ``others`` to a leg; the offers stay as they are."""
    for name in SETS:
        stamps = getattr(others, name)
        if stamps:
            setattr(leg, name, insert_all(getattr(leg, name), stamps, name))
    if others.corrected:
        leg.corrected = insert_all(leg.corrected, others.corrected, "corrected")


def _correction(time_ms: int, sequence: int, event: Any, pseudonym: Pseudonym) -> Note:
    data = event.data
    values: dict[str, Any] = {}
    if data.outcome is not UNSET:
        at_ms = None if data.outcome_at is UNSET else (data.outcome_at - EPOCH) // MILLISECOND
        reason = data.reason if isinstance(data.reason, str) else ""
        values[OUTCOME] = [data.outcome.value, reason, at_ms, hashed(data.agent, pseudonym)]
    if data.ended_at is not UNSET:
        values[ENDED_AT] = None if data.ended_at is None else (data.ended_at - EPOCH) // MILLISECOND
    if data.transferred is not UNSET:
        values[TRANSFERRED] = False
    if data.via is not UNSET:
        values[VIA] = data.via.value
    return Note(time_ms, sequence, event.source, event.id, values)


def _answered(order: Order, data: Any, pseudonym: Pseudonym) -> EventStamp:
    return AgentStamp(*order, hashed(data.agent, pseudonym))


def _callback_requested(order: Order, data: Any, _pseudonym: Pseudonym) -> EventStamp:
    return QueueStamp(*order, "" if data.queue is UNSET else data.queue)


def _left_queue(order: Order, data: Any, _pseudonym: Pseudonym) -> EventStamp:
    return ReasonStamp(*order, data.reason.value)


_STAMPED = {"answered": _answered, "callback_requested": _callback_requested, "left_queue": _left_queue}
"""Stamps of the events that keep more of a leg than their time and name."""


def _refused(facts: Conversation, stamp: EventStamp, data: Any, pseudonym: Pseudonym, lost: list[bytes | None]) -> int:
    refusal = Refusal(*stamp.order, data.queue, data.reason.value, hashed(data.customer, pseudonym))
    if facts.refused is not None:
        lost += (facts.refused.customer, refusal.customer)
    facts.refused = least(facts.refused, refusal)
    return 0


def _escalated(
    facts: Conversation, stamp: EventStamp, data: Any, _pseudonym: Pseudonym, _lost: list[bytes | None]
) -> int:
    escalation = Escalation(*stamp.order, data.kind, data.topic or None)
    facts.escalated, conflicts = insert(facts.escalated, escalation, "escalated")
    return conflicts


def _classified(
    facts: Conversation, stamp: EventStamp, data: object, pseudonym: Pseudonym, lost: list[bytes | None]
) -> int:
    note = note_of(stamp, data, pseudonym)
    if not note.values:
        return 0
    if facts.notes:
        lost += (noted_customer(facts.notes), noted_customer([note]))
        facts.notes = prune_latest(facts.notes, note)
    else:
        facts.notes = [note]
    return 0


def _removed(
    facts: Conversation, stamp: EventStamp, data: Any, _pseudonym: Pseudonym, _lost: list[bytes | None]
) -> int:
    facts.removed = least(facts.removed, ReasonStamp(*stamp.order, data.reason.value))
    return 0


_WHOLE = {"refused": _refused, "escalated": _escalated, "classified": _classified, "removed": _removed}


def names_customer(facts: Conversation) -> bool:
    """True if any event of the contact named a customer."""
    for leg in facts.legs.values():
        if leg.offered is not None and leg.offered.customer is not None:
            return True
    return bool(facts.former) or any(_named(facts))


def customers(facts: Conversation) -> tuple[bytes | None, list[bytes]]:
    """The customer in force, and every other customer ever named, in order.

    In force is the customer noted last, even if the note says nobody; else that of the first offer with a customer,
    else that of the refusal.
    """
    usual = len(facts.legs) == 1 and not facts.former and facts.refused is None
    if usual and (not facts.notes or noted(facts.notes, "customer") is UNSET):
        (leg,) = facts.legs.values()
        return None if leg.offered is None else leg.offered.customer, []
    named = {customer for customer in (*facts.former, *_named(facts)) if customer is not None}
    if noted(facts.notes, "customer") is not UNSET:
        current = noted_customer(facts.notes)
    else:
        offers = [(leg.offered.order, name, leg.offered) for name, leg in facts.legs.items() if leg.offered is not None]
        offers.sort(key=lambda item: item[:2])
        refused = None if facts.refused is None else facts.refused.customer
        current = next((offer.customer for _, _, offer in offers if offer.customer is not None), refused)
    return current, sorted(named - {current})


def _named(facts: Conversation) -> Iterator[bytes | None]:
    """The customers that the facts name."""
    for leg in facts.legs.values():
        if leg.offered is not None:
            yield leg.offered.customer
    if facts.refused is not None:
        yield facts.refused.customer
    if facts.notes:
        yield noted_customer(facts.notes)
