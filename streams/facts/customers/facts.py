"""Facts of a customer: the outcomes of all of their contacts (design rule 11)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

import msgspec

from streams.common.durations import DAY_MS
from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.contract.events import EPOCH, MILLISECOND, ForgottenData, OutcomeData
from streams.facts.shared.outcomes import Outcome, outcome_of

CONTACT_LIMIT = 1_000
"""Most contacts kept of a customer (events.md, "Bounds").

Nobody contacts a desk that often within a repeat window. An identifier with more belongs to many people ("anonymous", a
reseller), and the cost of an outcome grows with the contacts of its customer.
"""
SETTLED_MS = 44 * DAY_MS
"""A contact whose window was over so long before the newest outcome adds nothing any more: its slices are past their
retention of 36 days, and outcomes arrive up to 8 days late. It makes room for a new one."""

FORGOTTEN_KEPT_MS = 3_660 * DAY_MS
"""A customer is known as forgotten for ten years: longer than a ticket stays open, and than a topic is kept."""

Revised = tuple[int, Outcome]
"""The revision of a contact, and its outcome at that revision."""

_packed = msgspec.msgpack.Encoder().encode


class Customer(msgspec.Struct, array_like=True, gc=False):
    """Facts of one customer: the last outcome of each contact, by ``channel:contact``. A value: never changed after
    ``fold`` returned it.

    ``forgotten_ms``: time of the latest tombstone (epoch ms), before which no contact counts; ``None`` without one.
    """

    contacts: dict[str, Revised] = {}
    newest_ms: int = -(2**62)
    forgotten_ms: int | None = None


def fold(facts: Customer | None, events: Iterable[Decoded], _pseudonym: Pseudonym) -> tuple[Customer, int]:
    """Merge of ``facts`` with ``events``, and the number of outcomes that contradicted one of the same revision.

    The facts given are not changed. Any order and any repetition of the same events gives equal facts: the highest
    revision wins, of one revision the lesser content. Past ``CONTACT_LIMIT`` the contacts that are settled are dropped,
    and behind a tombstone those that began before it.

    Raises:
        InvalidEvent: ``too_many``, past ``CONTACT_LIMIT`` contacts that can still change.
    """
    merged = Customer() if facts is None else copy(facts)
    contacts = merged.contacts = dict(merged.contacts)
    conflicts = 0
    last_ms = merged.newest_ms
    for event, time_ms, _ in events:
        data = event.data
        if type(data) is ForgottenData:
            _forget(merged, time_ms)
            contacts = merged.contacts
            continue
        merged.newest_ms = max(merged.newest_ms, time_ms)
        last_ms = time_ms if merged.forgotten_ms is not None else merged.newest_ms
        if merged.forgotten_ms is not None and _begun_ms(data) < merged.forgotten_ms:
            continue
        key = f"{data.channel}:{data.contact}"
        new = data.revision, _kept(outcome_of(data))
        old = contacts.get(key)
        if old is not None and old[0] == new[0] and old[1] != new[1]:
            conflicts += 1
        contacts[key] = new if old is None else _later(old, new)
    if len(contacts) > CONTACT_LIMIT:
        settled_ms = last_ms - SETTLED_MS
        merged.contacts = {name: each for name, each in contacts.items() if _last_ms(each[1]) >= settled_ms}
        if len(merged.contacts) > CONTACT_LIMIT:
            raise InvalidEvent(
                "too_many",
                f"the customer has {CONTACT_LIMIT:,} contacts already, so this identifier stands for many people; "
                "add it to anonymous_customers",
            )
    return merged, conflicts


def is_tombstone(event: Decoded) -> bool:
    """True of the event that makes a customer forgotten."""
    return type(event[0].data) is ForgottenData


def _forget(facts: Customer, time_ms: int) -> None:
    """Drop the contacts that began before a tombstone's time, and keep the time."""
    facts.forgotten_ms = max(time_ms, facts.forgotten_ms or time_ms)
    facts.newest_ms = max(facts.newest_ms, facts.forgotten_ms + FORGOTTEN_KEPT_MS)
    facts.contacts = {name: each for name, each in facts.contacts.items() if each[1].begun_ms >= facts.forgotten_ms}


def _begun_ms(data: OutcomeData) -> int:
    return (data.begun - EPOCH) // MILLISECOND


def _kept(outcome: Outcome) -> Outcome:
    """The stored part of an outcome: of a removed contact only the beginning, so that no older revision restores it."""
    return Outcome(outcome.channel, "", outcome.begun_ms, 0, removed=True) if outcome.removed else outcome


def _last_ms(outcome: Outcome) -> int:
    """The last instant (epoch ms) at which a contact adds anything."""
    return max(outcome.begun_ms, (outcome.ended_ms or outcome.begun_ms) + outcome.window_ms)


def _later(old: Revised, new: Revised) -> Revised:
    if old[0] != new[0]:
        return old if old[0] > new[0] else new
    return old if _packed(old) <= _packed(new) else new
