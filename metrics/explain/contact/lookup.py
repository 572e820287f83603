"""Redis → one contact, found by its identifier in clear."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from metrics.explain.contact.answer import AddedTo, ContactExplanation, Stored, added_to, judged_by, live_facts, removal
from metrics.explain.contact.moments import moments_of
from metrics.explain.number.facts import judged_of, legs_of, ticket_of
from metrics.explain.number.gather import Found, decode_found
from metrics.explain.number.leg_names import shown_leg
from metrics.explain.number.listed import decode_facts
from metrics.explain.number.reader import StateReader
from metrics.explain.number.split import StoredNames, decode_customer
from metrics.read.entries import EntryDecoders, entry_decoders
from metrics.read.health import now_by
from metrics.read.partition_names import pairs, stored_row
from metrics.read.partition_reader import Partition
from metrics.read.queue_names import QueueNames
from metrics.read.reader import wall_clock_ms
from metrics.web.differing import differing_settings
from streams.common.business_hours import Calendar
from streams.common.durations import DAY_MS
from streams.common.errors import UserError
from streams.common.vocabulary import Channel, Pseudonym
from streams.config.limits import past_limit_ms
from streams.config.policy_book import queue_in_force
from streams.config.settings import Settings
from streams.config.stored_settings import Difference
from streams.contract.topics import CHANNEL_OF, INPUTS, Topic
from streams.facts.conversations.facts import Conversation
from streams.facts.customers.contributions import by_contact
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Amounts
from streams.facts.shared.policy import PolicyBook
from streams.facts.shared.states import unpack_amounts
from streams.facts.tickets.explanation import TicketExplanation, explain_ticket
from streams.facts.tickets.facts import Ticket
from streams.numbers.live_entries import RowEntry, live_field
from streams.numbers.names import DIMENSION_PREFIX, ROW_PREFIX
from streams.store.damage import damage_of


class FoundTicket(NamedTuple):
    """A ticket with its clocks. ``calendar``: the name of its opening hours; ``zone``: time zone of the local times."""

    ticket: str
    removed: str
    explanation: TicketExplanation
    calendar: str | None
    zone: str
    differing: tuple[Difference, ...] = ()


def explain_contact(settings: Settings, identifier: str) -> list[ContactExplanation]:
    """Every contact of this identifier: a call and a chat may have the same.

    Raises:
        UserError: no contact has it, there is no hash key or another than that of the numbers, or Redis cannot be
            reached or does not match the settings.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis failed in between.
    """
    reader = StateReader(settings)
    try:
        settings, pseudonym = reader.judging.settings, reader.pseudonym()
        now_ms = now_by(settings.clock, reader.statuses(), wall_clock_ms())
        found = [
            _explained(reader, settings, partition, identifier, state, pseudonym, now_ms)
            for partition, state in _states(reader, identifier)
        ]
    finally:
        reader.close()
    if not found:
        raise unknown("contact", identifier, settings)
    return found


def find_ticket(settings: Settings, identifier: str) -> FoundTicket:
    """The clocks of a ticket.

    Raises:
        UserError: no ticket has the identifier, its opening is missing, or Redis cannot be reached or does not match
            the settings.
        Exception: one of ``streams.clients.redis_clients.CLIENT_ERRORS``: Redis failed in between.
    """
    reader = StateReader(settings)
    try:
        settings = reader.judging.settings
        now_ms = now_by(settings.clock, reader.statuses(), wall_clock_ms())
        found = {partition[0]: (partition, state) for partition, state in _states(reader, identifier)}
        if Topic.TICKETS not in found:
            for topic in found:
                raise UserError(
                    f"{identifier} is a {CHANNEL_OF[topic]} and no ticket; use `veinte explain contact {identifier}`"
                )
            raise unknown("ticket", identifier, settings)
        partition, state = found[Topic.TICKETS]
        books = reader.books(partition)
        with reader.reading(partition), damage_of("contacts", identifier):
            facts = decode_facts(Topic.TICKETS, state.facts, settings.renames)
            assert isinstance(facts, Ticket)
            explanation = explain_ticket(facts, books[state.book], now_ms)
    finally:
        reader.close()
    if explanation is None:
        raise UserError(f"the opening of ticket {identifier} has not come yet, so nothing is due; check its events")
    calendar = explanation.policy.calendar
    opened = explanation.opened
    of_queue = queue_in_force(settings, Channel.TICKET, opened.queue, opened.time_ms).time_zone
    zone = calendar.time_zone if calendar is not None else of_queue or settings.time_zone
    name = calendar_name(settings, calendar)
    return FoundTicket(identifier, removal(facts) or "", explanation, name, zone, reader.judging.differing)


def unknown(what: str, identifier: str, settings: Settings) -> UserError:
    """The error for an unknown identifier, with the possible reasons."""
    live, tickets = (past_limit_ms(topic, settings) / DAY_MS for topic in (Topic.CALLS, Topic.TICKETS))
    return UserError(
        f"{what} {identifier} is unknown: it never came, or its state has expired (calls and chats are known for "
        f"{live:g} days after their newest event, tickets for {tickets:g} days and as long as they are open); "
        "check the identifier"
    )


def calendar_name(settings: Settings, calendar: Calendar | None) -> str | None:
    """The name of opening hours in the settings; their time zone if the settings have changed since."""
    if calendar is None:
        return None
    names = (name for name, known in settings.calendars.items() if known.built == calendar)
    return next(names, f"an earlier one in {calendar.time_zone}")


def _states(reader: StateReader, identifier: str) -> Iterator[tuple[Partition, Found]]:
    """States of a contact in any partition, since its producer chose it. An identifier that is no UTF-8 has none."""
    if not _is_unicode(identifier):
        return
    for partition in reader.partitions():
        if partition[0] in INPUTS:
            packed = reader.state(partition, identifier)
            if packed is not None:
                with reader.reading(partition), damage_of("contacts", identifier):
                    found = decode_found(packed)
                yield partition, found


def _is_unicode(text: str) -> bool:
    """False for bytes of a command line that the system could not decode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _explained(
    reader: StateReader,
    settings: Settings,
    partition: Partition,
    identifier: str,
    state: Found,
    pseudonym: Pseudonym,
    now_ms: int,
) -> ContactExplanation:
    with reader.reading(partition), damage_of("contacts", identifier):
        return _explanation(reader, settings, partition, identifier, state, pseudonym, now_ms)


def _explanation(
    reader: StateReader,
    settings: Settings,
    partition: Partition,
    identifier: str,
    state: Found,
    pseudonym: Pseudonym,
    now_ms: int,
) -> ContactExplanation:
    channel = CHANNEL_OF[partition[0]]
    book = reader.books(partition)[state.book]
    facts = decode_facts(partition[0], state.facts, settings.renames)
    names = reader.registry(partition)
    shown = QueueNames(renames=settings.renames)
    own = _stored(unpack_amounts(state.amounts), names, channel, shown)
    entries = reader.entries(partition, identifier, state.live)
    decoders = entry_decoders(partition[0])
    decoded = [(key, _entry(key, identifier, raw, decoders)) for key, raw in entries.items()]
    added = added_to(channel, own)
    chat = channel is Channel.CHAT
    judged = None if isinstance(facts, Ticket) else judged_of(facts, book, chat=chat)
    customer, _ = DOMAIN_OF[partition[0]].customers(facts)
    if customer is not None:
        added += _repeats(reader, channel, identifier, customer, shown)
    legs = [] if isinstance(facts, Ticket) else legs_of(facts, book, chat=chat)
    live = live_facts(decoded, DOMAIN_OF[partition[0]].live_types, own.rows)
    leg_of = partial(shown_leg, pseudonym=pseudonym)
    return ContactExplanation(
        contact=identifier,
        hash=pseudonym(identifier).hex(),
        channel=channel,
        partition=partition[1],
        moments=[
            each if each.leg is None else replace(each, leg=leg_of(each.leg)) for each in moments_of(facts, judged)
        ],
        legs=[replace(each, leg=leg_of(each.leg)) for each in legs],
        ticket=ticket_of(facts, book, now_ms) if isinstance(facts, Ticket) else None,
        judged=judged_by(facts, book, _calendar_of(settings, facts, book)),
        added=added,
        live=[replace(each, leg=leg_of(each.leg)) for each in live],
        time_zone=settings.time_zone,
        removed=removal(facts),
        settings_differ=differing_settings(reader.judging.differing),
    )


def _entry(key: str, subject: str, packed: bytes | None, decoders: EntryDecoders) -> RowEntry | None:
    if packed is None or key[0] not in decoders:
        return None
    return decoders[key[0]](live_field(key, subject).encode(), packed, lambda _: True)


def _calendar_of(settings: Settings, facts: Conversation | Ticket, book: PolicyBook) -> str | None:
    opening = facts.opening if isinstance(facts, Ticket) else None
    return None if opening is None else calendar_name(settings, book.policy(opening.queue, opening.time_ms).calendar)


def _stored(amounts: Amounts, flat: list[bytes], channel: Channel | None, queues: QueueNames) -> Stored:
    rows, dimensions = {}, {}
    for raw, identity in pairs(flat):
        name = raw.decode()
        if name.startswith(ROW_PREFIX):
            row = stored_row(name, channel)
            rows[int(identity)] = row._replace(queue=queues.shown(row.channel, row.queue))
        else:
            dimensions[int(identity)] = name.removeprefix(DIMENSION_PREFIX)
    return Stored(amounts, rows, dimensions)


def _repeats(
    reader: StateReader, channel: Channel, identifier: str, customer: bytes, queues: QueueNames
) -> list[AddedTo]:
    """Contributions of the contact to the repeats of its customer."""
    for partition in reader.partitions():
        packed = reader.state(partition, customer.hex()) if partition[0] is Topic.CONTACTS else None
        if packed is not None:
            names = reader.registry(partition)
            with reader.reading(partition), damage_of("contacts", customer.hex()):
                found = decode_customer(decode_found(packed).facts)
                for contact, contributed in by_contact(found, StoredNames(names)):
                    if contact == f"{channel}:{identifier}":
                        return added_to(channel, _stored(contributed.amounts, names, None, queues))
    return []
