"""KPIs of calls and chats: what came, and what became of it."""

from __future__ import annotations

from metrics.catalog.model import CALLS_AND_CHATS, Count, QueueKpi, Unit
from metrics.catalog.quotients import amount
from metrics.catalog.words import FIRST_OFFER, OFFER, OUTCOME, PBX, REFUSAL
from streams.contract.events import LeftReason, RefusedReason
from streams.numbers.measures import Measure

DEMAND: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_contacts_arrived_total",
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ARRIVED),
        attribution=FIRST_OFFER,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_offered_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.OFFERED),
        attribution=OFFER,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_refused_total",
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        labels=("reason",),
        amount=amount(Measure.REFUSED),
        known=tuple(RefusedReason),
        attribution=REFUSAL,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_answered_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_abandoned_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ABANDONED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_short_abandoned_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.SHORT_ABANDONED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_callback_requested_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.CALLBACK_REQUESTED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_left_queue_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        labels=("reason",),
        amount=amount(Measure.LEFT_QUEUE),
        known=tuple(LeftReason),
        attribution=OUTCOME,
        source=PBX,
    ),
)
