"""The domain of tickets."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.common.renames import Renames
from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.shared.domain import Domain
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.tickets.contributions import contributions
from streams.facts.tickets.facts import Ticket, customers, fold
from streams.facts.tickets.live import OpenTicket
from streams.facts.tickets.measures import (
    COMPOSITES,
    FORMULA,
    SHARED_SKETCHES,
    SHARED_SUMS,
    TicketMeasure,
    TicketSketch,
)
from streams.facts.tickets.renaming import renamed, unmoved
from streams.numbers.live_entries import Incomplete


def _renamed(facts: Ticket, renames: Renames) -> Ticket:
    return renamed(facts, renames.get(Channel.TICKET, {}))


def _unmoved(facts: Ticket, renames: Renames) -> Ticket:
    return unmoved(facts, renames.get(Channel.TICKET, {}))


TICKETS = Domain(
    topic=Topic.TICKETS,
    channel=Channel.TICKET,
    row_labels=("queue", "medium"),
    facts=Ticket,
    fold=fold,
    contributions=contributions,
    renamed=_renamed,
    unmoved=_unmoved,
    customers=customers,
    formula=FORMULA,
    late_ms=36 * DAY_MS,
    retention_ms=36 * DAY_MS,
    arrivals=TicketMeasure.OPENED,
    live=(OpenTicket, Incomplete),
    measures=(TicketMeasure, HandlingMeasure),
    sketches=(TicketSketch,),
    composites=(*COMPOSITES, HANDLING),
    shared_sums=SHARED_SUMS,
    shared_sketches=SHARED_SKETCHES,
)
