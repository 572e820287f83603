"""The kinds of contact: which facts, contributions and stored state belong to a topic."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from streams.common.vocabulary import Pseudonym
from streams.contract.decoding import Decoded
from streams.contract.topics import Topic
from streams.facts.conversations import contributions as live_contributions
from streams.facts.conversations import facts as live_contacts
from streams.facts.customers import contributions as customer_contributions
from streams.facts.customers import facts as customers
from streams.facts.shared.contributions import Effects, Names
from streams.facts.shared.policy import PolicyBook
from streams.facts.states import ContactState, decode_customer_state, decode_live_state, decode_ticket_state
from streams.facts.tickets import contributions as ticket_contributions
from streams.facts.tickets import facts as tickets
from streams.numbers.live_entries import Live


class ContactKind(NamedTuple):
    """The pure functions of one topic's contacts. Facts are values of the type that ``fold`` returns.

    ``customers`` gives whom the contact is with, and everybody it was ever said to be with.
    """

    fold: Callable[[Any, Iterable[Decoded], Pseudonym], tuple[Any, int]]
    contributions: Callable[[Any, PolicyBook, Names], Effects]
    when_expired: Callable[[Any, PolicyBook, Names], Effects]
    decode_state: Callable[[bytes], ContactState[Any]]
    customers: Callable[[Any], tuple[bytes | None, list[bytes]]]


def _calls(facts: Any, book: PolicyBook, names: Names) -> Effects:
    return live_contributions.contributions(facts, book, names)


def _expired_calls(facts: Any, book: PolicyBook, names: Names) -> Effects:
    return live_contributions.contributions(facts, book, names, expired=True)


def _chats(facts: Any, book: PolicyBook, names: Names) -> Effects:
    return live_contributions.contributions(facts, book, names, chat=True)


def _expired_chats(facts: Any, book: PolicyBook, names: Names) -> Effects:
    return live_contributions.contributions(facts, book, names, chat=True, expired=True)


def _expired_tickets(facts: Any, book: PolicyBook, names: Names) -> Effects:
    """A ticket in a live set that may expire has no opening: it added nothing and leaves."""
    effects = ticket_contributions.contributions(facts, book, names)
    effects.live.clear()
    return effects


def _nobody(_facts: Any) -> tuple[bytes | None, list[bytes]]:
    """A customer's own facts tell nobody of anything."""
    return None, []


KIND_OF: dict[Topic, ContactKind] = {
    Topic.CALLS: ContactKind(live_contacts.fold, _calls, _expired_calls, decode_live_state, live_contacts.customers),
    Topic.CHATS: ContactKind(live_contacts.fold, _chats, _expired_chats, decode_live_state, live_contacts.customers),
    Topic.TICKETS: ContactKind(
        tickets.fold,
        ticket_contributions.contributions,
        _expired_tickets,
        decode_ticket_state,
        tickets.customers,
    ),
    Topic.CONTACTS: ContactKind(
        customers.fold,
        customer_contributions.contributions,
        customer_contributions.contributions,
        decode_customer_state,
        _nobody,
    ),
}


def lives_on(live: Iterable[str]) -> bool:
    """Whether a contact with these live entries keeps its state for as long as it takes: an open ticket does."""
    return Live.OPEN_TICKET in live
