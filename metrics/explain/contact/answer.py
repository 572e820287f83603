"""One contact, explained: its events, its contributions by slice and KPI, and its live entries. Pure.

The identifier is in clear, because the caller has named it; customers and agents are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from metrics.catalog import QUEUE_KPIS
from metrics.explain.contact.moments import Moment
from metrics.explain.number.answer import Added
from metrics.explain.number.facts import LegFacts, TicketFacts
from metrics.snapshot.instants import Instant, instant_text
from metrics.snapshot.snapshot import RowKey
from metrics.web.differing import DifferingSetting
from streams.common.vocabulary import Channel
from streams.facts.conversations.facts import Conversation
from streams.facts.domains import MEASURES, parts
from streams.facts.shared.contributions import Amounts
from streams.facts.shared.policy import ALWAYS_MS, Policy, PolicyBook
from streams.facts.tickets.clocks import priority_of
from streams.facts.tickets.facts import Ticket
from streams.numbers.codes import split_code
from streams.numbers.live_entries import LiveEntry, RowEntry
from streams.numbers.measures import Measure
from streams.numbers.tiers import SLICE_MS


class AddedTo(Added, frozen=True, kw_only=True):
    """A contribution of the contact, with the KPIs that read its measure."""

    kpis: list[str]


class LiveFact(Struct, frozen=True):
    """A live entry of the contact. ``due``: the next instant at which it becomes a miss or overdue."""

    what: str
    leg: str
    queue: str
    since: Instant | None
    due: Instant | None


class Judged(Struct, frozen=True):
    """The policy that judges the contact: the one of its first queue, in force at its arrival."""

    queue: str
    since: Annotated[Instant | None, Meta(description="null: always")]
    calendar: Annotated[str | None, Meta(description="name of its opening hours; null: always open")]
    limits: Annotated[dict[str, float], Meta(description="seconds")]


class ContactExplanation(Struct, frozen=True, kw_only=True):
    """One contact, explained."""

    contact: str
    hash: Annotated[str, Meta(description="what stands for it in lists")]
    channel: Channel
    partition: int
    moments: list[Moment]
    legs: list[LegFacts]
    ticket: TicketFacts | None
    judged: Judged | None
    added: list[AddedTo]
    live: list[LiveFact]
    time_zone: Annotated[str, Meta(description="of the installation: local times are by its clock")]
    removed: Annotated[str | None, Meta(description="why it was removed, and is in no number; null: it is not")] = None
    settings_differ: Annotated[list[DifferingSetting], Meta(description="empty where all is alike")] = []


class Stored(NamedTuple):
    """Amounts as a partition keeps them, with the names of its ids."""

    amounts: Amounts
    rows: Mapping[int, RowKey]
    dimensions: Mapping[int, str]


@cache
def kpis_by_measure(channel: Channel) -> Mapping[Measure, list[str]]:
    """The KPIs of a channel by the measures they read."""
    found: defaultdict[Measure, list[str]] = defaultdict(list)
    for kpi in QUEUE_KPIS:
        if channel in kpi.channels:
            for measure in kpi.measures:
                found[measure].append(kpi.name)
    return found


def added_to(channel: Channel, stored: Stored) -> list[AddedTo]:
    """The contact's contributions, slice by slice. Buckets of percentiles are left out: their sums and counts are
    listed."""
    added: list[AddedTo] = []
    for (number, row_id), cells in sorted(stored.amounts.items()):
        row = stored.rows[row_id]
        for code, amount in sorted((part, amount) for whole, amount in cells.items() for part in parts(whole)):
            if code > 0:
                measure, dimension = split_code(code)
                added.append(
                    AddedTo(
                        MEASURES[measure].name.lower(),
                        instant_text(number * SLICE_MS),
                        row.queue,
                        row.medium or None,
                        amount,
                        stored.dimensions.get(dimension, ""),
                        kpis=kpis_by_measure(channel).get(MEASURES[measure], []),
                    )
                )
    return added


def live_facts(
    entries: Iterable[tuple[str, RowEntry | None]], types: Mapping[str, type[LiveEntry]], rows: Mapping[int, RowKey]
) -> list[LiveFact]:
    """The contact's live entries, by the keys in its state; an incomplete contact has none."""
    found = []
    for key, entry in entries:
        said, leg = types[key[0]].words, key[1:]
        if entry is None:
            found.append(LiveFact(said, leg, "", None, None))
        else:
            found.append(LiveFact(said, leg, rows[entry.row].queue, _instant(entry.since_ms), _instant(entry.due_ms)))
    return found


def _instant(at_ms: int | None) -> Instant | None:
    return None if at_ms is None else instant_text(at_ms)


def beginning(facts: Conversation | Ticket) -> tuple[str, int] | None:
    """The first queue of a contact and the arrival there, in epoch milliseconds; ``None`` while unknown."""
    if isinstance(facts, Ticket):
        opening = facts.opening
        return None if opening is None else (opening.queue, opening.time_ms)
    offers = [leg.offered for leg in facts.legs.values() if leg.offered is not None]
    if offers:
        first = min(offers, key=lambda offer: offer.order)
        return first.queue, first.time_ms
    return None if facts.refused is None else (facts.refused.queue, facts.refused.time_ms)


def removal(facts: Conversation | Ticket) -> str | None:
    """Why a contact was removed; ``None`` for one that is not, or was restored."""
    if facts.removed is None or (isinstance(facts, Ticket) and not facts.is_removed):
        return None
    return facts.removed.reason


def judged_by(facts: Conversation | Ticket, book: PolicyBook, calendar: str | None) -> Judged | None:
    """The policy that judges a contact; ``None`` while its first queue is unknown."""
    begun = beginning(facts)
    if begun is None:
        return None
    queue, first_ms = begun
    policy = book.policy(queue, first_ms)
    dated = [since_ms for since_ms, _ in book.queues.get(queue, ()) if ALWAYS_MS < since_ms <= first_ms]
    limits = _ticket_limits(policy, facts) if isinstance(facts, Ticket) else _conversation_limits(policy)
    return Judged(queue, instant_text(dated[-1]) if dated else None, calendar, limits)


def _ticket_limits(policy: Policy, ticket: Ticket) -> dict[str, float]:
    opened = ticket.opening
    assert opened is not None
    limits = policy.limits(opened.medium, priority_of(ticket, opened))
    return {
        "first_response_seconds": limits.first_response_ms / 1000,
        "next_response_seconds": limits.next_response_ms / 1000,
        "resolution_seconds": limits.resolution_ms / 1000,
    }


def _conversation_limits(policy: Policy) -> dict[str, float]:
    return {"target_seconds": policy.target_ms / 1000, "short_abandon_seconds": policy.short_abandon_ms / 1000}
