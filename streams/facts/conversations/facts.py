"""Facts of a call or chat: the merge of its events, leg by leg."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

import msgspec
from msgspec import UNSET

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded, leg_name
from streams.contract.events import VERB_OF, MessageFrom
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

LEG_LIMIT = 32
"""Legs of a contact; past it the legs whose names sort last are left out, so that the order of events cannot matter."""


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


class Leg(msgspec.Struct, array_like=True, gc=False):
    """Facts of one leg. A value: never changed after ``fold`` returned it."""

    offered: Offer | None = None
    answered: AgentStamp | None = None
    abandoned: EventStamp | None = None
    callback_requested: EventStamp | None = None
    left_queue: ReasonStamp | None = None
    transferred: EventStamp | None = None
    ended: EventStamp | None = None
    wrapped_up: EventStamp | None = None
    held: list[EventStamp] = []
    resumed: list[EventStamp] = []
    agent_messages: list[EventStamp] = []


class Conversation(msgspec.Struct, array_like=True, gc=False):
    """Facts of one call or chat. A value: never changed after ``fold`` returned it."""

    legs: dict[str, Leg] = {}
    refused: Refusal | None = None
    escalated: list[Escalation] = []
    notes: list[Note] = []
    newest_ms: int = -(2**62)
    former: list[bytes] = []
    """Customers named by earlier events and no longer by the facts."""


def fold(facts: Conversation | None, events: Iterable[Decoded], pseudonym: Pseudonym) -> tuple[Conversation, int]:
    """Merge of ``facts`` with ``events``, and the number of offers that named another queue for a known leg.

    The facts given are not changed. Any order and any repetition of the same events gives equal facts.
    """
    merged = Conversation() if facts is None else copy(facts)
    legs = merged.legs = dict(merged.legs)
    fresh: set[str] = set()
    lost: list[bytes | None] = []
    conflicts = 0
    newest_ms = merged.newest_ms
    for event, time_ms, sequence in events:
        if time_ms > newest_ms:
            newest_ms = time_ms
        verb = VERB_OF[type(event)]
        data = event.data
        if verb in _WHOLE:
            _WHOLE[verb](merged, EventStamp(time_ms, sequence, event.source, event.id), data, pseudonym, lost)
            continue
        name = leg_name(data.leg)
        if name in fresh:
            leg = legs[name]
        else:
            # Copied once a call, at its first event: the facts given must not change, and most legs have no event here.
            leg = legs[name] = copy(legs[name]) if name in legs else Leg()
            fresh.add(name)
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
        elif verb == "answered":
            answer = AgentStamp(time_ms, sequence, event.source, event.id, hashed(data.agent, pseudonym))
            leg.answered = least(leg.answered, answer)
        elif verb == "left_queue":
            left = ReasonStamp(time_ms, sequence, event.source, event.id, data.reason.value)
            leg.left_queue = least(leg.left_queue, left)
        elif verb == "message":
            if data.sender is MessageFrom.AGENT:
                leg.agent_messages = insert(leg.agent_messages, EventStamp(time_ms, sequence, event.source, event.id))
        elif verb in ("held", "resumed"):
            setattr(leg, verb, insert(getattr(leg, verb), EventStamp(time_ms, sequence, event.source, event.id)))
        else:
            setattr(leg, verb, least(getattr(leg, verb), EventStamp(time_ms, sequence, event.source, event.id)))
    merged.newest_ms = newest_ms
    # Legs are cut by name, not by time or arrival. A leg cut once has 32 lesser names before it for good, so none of
    # its later events can bring it back without the earlier ones; a time can still move when an earlier event arrives.
    if len(legs) > LEG_LIMIT:
        lost += _offered_to(legs)
        merged.legs = {name: legs[name] for name in sorted(legs)[:LEG_LIMIT]}
    if lost or merged.former:
        merged.former = former_customers(merged.former, lost, _named(merged))
    return merged, conflicts


def _refused(facts: Conversation, stamp: EventStamp, data: Any, pseudonym: Pseudonym, lost: list[bytes | None]) -> None:
    refusal = Refusal(*stamp.order, data.queue, data.reason.value, hashed(data.customer, pseudonym))
    if facts.refused is not None:
        lost += (facts.refused.customer, refusal.customer)
    facts.refused = least(facts.refused, refusal)


def _escalated(
    facts: Conversation, stamp: EventStamp, data: Any, _pseudonym: Pseudonym, _lost: list[bytes | None]
) -> None:
    escalation = Escalation(*stamp.order, data.kind, data.topic or None)
    facts.escalated = insert(facts.escalated, escalation)


def _classified(
    facts: Conversation, stamp: EventStamp, data: object, pseudonym: Pseudonym, lost: list[bytes | None]
) -> None:
    note = note_of(stamp, data, pseudonym)
    if not note.values:
        return
    if facts.notes:
        lost += (noted_customer(facts.notes), noted_customer([note]))
        facts.notes = prune_latest(facts.notes, note)
    else:
        facts.notes = [note]


_WHOLE = {"refused": _refused, "escalated": _escalated, "classified": _classified}


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
    yield from _offered_to(facts.legs)
    if facts.refused is not None:
        yield facts.refused.customer
    if facts.notes:
        yield noted_customer(facts.notes)


def _offered_to(legs: dict[str, Leg]) -> Iterator[bytes | None]:
    return (leg.offered.customer for leg in legs.values() if leg.offered is not None)
