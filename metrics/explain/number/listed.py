"""The contacts of the list, with their contributions and outcomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec import UNSET, structs

from metrics.catalog.quotients import MILLISECONDS
from metrics.explain.number.answer import Added, Contact
from metrics.explain.number.facts import legs_of, repeats_of, ticket_of
from metrics.explain.number.frame import Frame, Page
from metrics.explain.number.gather import Behind, Found
from metrics.explain.number.leg_names import shown_leg
from metrics.explain.number.split import decode_customer
from metrics.snapshot.instants import instant_text
from streams.common.renames import Renames
from streams.common.vocabulary import Channel, Pseudonym
from streams.contract.topics import Topic
from streams.facts.conversations.facts import Conversation
from streams.facts.domains import DOMAIN_OF, MEASURES
from streams.facts.shared.contributions import Amounts
from streams.facts.shared.policy import PolicyBook
from streams.facts.tickets.facts import Ticket
from streams.numbers.codes import split_code
from streams.numbers.live_entries import RowEntry
from streams.numbers.tiers import SLICE_MS


def decode_facts(topic: Topic, packed: bytes, renames: Renames) -> Conversation | Ticket:
    """The facts of a contact of an input topic, with the present names of renamed queues."""
    domain = DOMAIN_OF[topic]
    facts: Conversation | Ticket = domain.renamed(msgspec.msgpack.decode(packed, type=domain.facts), renames)
    return facts


Books = Mapping[int, PolicyBook]


class Listed(NamedTuple):
    """A contact to be shown: behind a number with a window, or with a live entry behind a live number."""

    page: Page
    subject: str
    at_ms: int
    behind: Behind | None = None
    entry: RowEntry | None = None


def since_ms(entry: RowEntry) -> int:
    """Beginning of a live entry in epoch milliseconds; of a waiting leg the deadline of its target, the only instant it
    keeps."""
    since = entry.due_ms if entry.since_ms is None else entry.since_ms
    assert since is not None
    return since


def contact_of(frame: Frame, item: Listed, found: Found | None, books: Books, pseudonym: Pseudonym) -> Contact:
    """A contact as the answer shows it. ``found``: its state; ``None`` if it was removed during the search."""
    behind = item.behind
    legs, ticket, repeats = [], None, None
    identifier = item.subject
    book = None if found is None else books.get(found.book)
    if item.page.partition[0] is Topic.CONTACTS and behind is not None:
        identifier = behind.contact.partition(":")[2]
        repeats = repeats_of(decode_customer(behind.found.facts).contacts[behind.contact][1])
    elif found is not None and book is not None:
        facts = decode_facts(item.page.partition[0], found.facts, frame.settings.renames)
        if isinstance(facts, Ticket):
            ticket = ticket_of(facts, book, frame.now_ms)
        else:
            legs = [
                structs.replace(leg, leg=shown_leg(leg.leg, pseudonym))
                for leg in legs_of(facts, book, chat=frame.channel is Channel.CHAT)
            ]
    contact = Contact(
        contact=pseudonym(identifier).hex(),
        channel=frame.channel,
        at=instant_text(item.at_ms),
        legs=legs,
        ticket=ticket,
        repeats=repeats,
    )
    if behind is None:
        age_ms = max(0, frame.now_ms - item.at_ms)
        return msgspec.structs.replace(contact, age_seconds=age_ms / MILLISECONDS)
    return msgspec.structs.replace(
        contact,
        missed=behind.missed,
        so_far=behind.so_far,
        numerator=behind.numerator / frame.question.reading.scale,
        denominator=behind.denominator if frame.question.reading.divides else UNSET,
        added=added_of(frame, item.page, behind.amounts),
    )


def added_of(frame: Frame, page: Page, amounts: Amounts) -> list[Added]:
    """Contributions of a contact, slice by slice, in the order of time."""
    added: list[Added] = []
    for (number, row_id), cells in sorted(amounts.items()):
        row = page.names.rows[row_id]
        for code, amount in sorted(page.names.ours(cells).items()):
            measure, dimension = split_code(code)
            added.append(
                Added(
                    MEASURES[measure].name.lower(),
                    instant_text(number * SLICE_MS),
                    row.queue,
                    row.medium or None,
                    amount,
                    frame.dimensions.name(dimension),
                )
            )
    return added
