"""Facts of a customer: the outcomes of all of their contacts (design rule 11)."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy

import msgspec

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.facts.shared.outcomes import Outcome, outcome_of

CONTACT_LIMIT = 1000
"""Most contacts kept of a customer: those that began last.

Nobody contacts a desk that often within a repeat window. An identifier with more belongs to many people ("anonymous", a
reseller), and the cost of an outcome grows with the contacts of its customer. The last ones are kept because the
numbers of the others reach the end of their retention first; a limit by name would keep the first contacts for ever.
"""

Revised = tuple[int, Outcome]
"""The revision of a contact, and its outcome at that revision."""

_packed = msgspec.msgpack.Encoder().encode


class Customer(msgspec.Struct, array_like=True, gc=False):
    """Facts of one customer: the last outcome of each contact, by ``channel:contact``. A value: never changed after
    ``fold`` returned it."""

    contacts: dict[str, Revised] = {}
    newest_ms: int = -(2**62)


def fold(facts: Customer | None, events: Iterable[Decoded], _pseudonym: Pseudonym) -> tuple[Customer, int]:
    """Merge of ``facts`` with ``events``, and the number of outcomes that contradicted one of the same revision.

    The facts given are not changed. Any order and any repetition of the same events gives equal facts: the highest
    revision wins, of one revision the lesser content. Above ``CONTACT_LIMIT`` this holds only while beginnings do not
    change: a contact that was dropped cannot be restored.
    """
    merged = Customer() if facts is None else copy(facts)
    contacts = merged.contacts = dict(merged.contacts)
    conflicts = 0
    for event, time_ms, _ in events:
        merged.newest_ms = max(merged.newest_ms, time_ms)
        data = event.data
        key = f"{data.channel}:{data.contact}"
        new = data.revision, _kept(outcome_of(data))
        old = contacts.get(key)
        if old is not None and old[0] == new[0] and old[1] != new[1]:
            conflicts += 1
        contacts[key] = new if old is None else _later(old, new)
    if len(contacts) > CONTACT_LIMIT:
        merged.contacts = _last_begun(contacts)
    return merged, conflicts


def _kept(outcome: Outcome) -> Outcome:
    """The stored part of an outcome: of a removed contact only the beginning, so that no older revision restores it."""
    return Outcome(outcome.channel, "", outcome.begun_ms, 0, removed=True) if outcome.removed else outcome


def _later(old: Revised, new: Revised) -> Revised:
    if old[0] != new[0]:
        return old if old[0] > new[0] else new
    return old if _packed(old) <= _packed(new) else new


def _last_begun(contacts: dict[str, Revised]) -> dict[str, Revised]:
    names = sorted(contacts, key=lambda name: (contacts[name][1].begun_ms, name))
    return {name: contacts[name] for name in names[-CONTACT_LIMIT:]}
