"""The domain of tickets."""

from __future__ import annotations

from streams.common.durations import DAY_MS
from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.shared.domain import Domain
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.tickets.contributions import contributions
from streams.facts.tickets.facts import Ticket, customers, fold
from streams.facts.tickets.live import OpenTicket
from streams.facts.tickets.measures import (
    FIRST_RESPONSE_BOTH,
    FIRST_RESPONSE_BOTH_MS,
    OPENING,
    REPLY,
    RESOLUTION,
    RESOLUTION_ALL,
    RESOLUTION_ALL_MS,
    RESOLUTION_MS,
    SOLVE,
    TicketMeasure,
    TicketSketch,
)
from streams.numbers.live_entries import Incomplete

FORMULA = 3

TICKETS = Domain(
    topic=Topic.TICKETS,
    channel=Channel.TICKET,
    row_labels=("queue", "medium"),
    facts=Ticket,
    fold=fold,
    contributions=contributions,
    customers=customers,
    formula=FORMULA,
    late_ms=36 * DAY_MS,
    retention_ms=36 * DAY_MS,
    arrivals=TicketMeasure.OPENED,
    live=(OpenTicket, Incomplete),
    measures=(TicketMeasure, HandlingMeasure),
    sketches=(TicketSketch,),
    composites=(OPENING, REPLY, SOLVE, HANDLING),
    shared_sums=(FIRST_RESPONSE_BOTH_MS, RESOLUTION_ALL_MS, *RESOLUTION_MS),
    shared_sketches=(FIRST_RESPONSE_BOTH, RESOLUTION_ALL, *RESOLUTION),
)
