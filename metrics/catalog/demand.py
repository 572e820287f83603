"""KPIs of calls and chats: what came, and what became of it."""

from __future__ import annotations

from metrics.catalog.model import CALLS_AND_CHATS, Count, QueueKpi, Unit, amount, texts
from streams.events import LeftReason, RefusedReason
from streams.measures import Measure

PBX = "what the telephone system counts"
OUTCOME = "the outcome"

DEMAND: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_contacts_arrived_total",
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ARRIVED),
        attribution="first offered",
        source=PBX,
        text=texts(
            "Contacts arrived",
            "Contacts, each counted once at its first inbound leg.",
            "Contactos recibidos",
            "Contactos, cada uno contado una vez en su primer tramo entrante.",
        ),
    ),
    Count(
        name="contact_center_contacts_offered_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.OFFERED),
        attribution="offered",
        source=PBX,
        text=texts(
            "Offered",
            "Legs that entered the queue.",
            "Ofrecidos",
            "Tramos que entraron en la cola.",
        ),
    ),
    Count(
        name="contact_center_contacts_refused_total",
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        labels=("reason",),
        amount=amount(Measure.REFUSED),
        reasons=tuple(RefusedReason),
        attribution="refused",
        source=PBX,
        text=texts(
            "Refused",
            "Demand turned away before it could queue; in no service level.",
            "Rechazados",
            "Demanda rechazada antes de entrar en la cola; no cuenta en ningún nivel de servicio.",
        ),
    ),
    Count(
        name="contact_center_contacts_answered_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ANSWERED),
        attribution=OUTCOME,
        source=PBX,
        text=texts(
            "Answered",
            "Legs that a person answered.",
            "Atendidos",
            "Tramos que atendió una persona.",
        ),
    ),
    Count(
        name="contact_center_contacts_abandoned_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.ABANDONED),
        attribution=OUTCOME,
        source=PBX,
        text=texts(
            "Abandoned",
            "Legs whose customer left while waiting, short abandons included.",
            "Abandonados",
            "Tramos cuyo cliente se fue mientras esperaba, incluidos los abandonos cortos.",
        ),
    ),
    Count(
        name="contact_center_contacts_short_abandoned_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.SHORT_ABANDONED),
        attribution=OUTCOME,
        source=PBX,
        text=texts(
            "Short abandons",
            "First legs abandoned within the queue's short-abandon limit.",
            "Abandonos cortos",
            "Primeros tramos abandonados dentro del límite de abandono corto de la cola.",
        ),
    ),
    Count(
        name="contact_center_contacts_callback_requested_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.CALLBACK_REQUESTED),
        attribution=OUTCOME,
        source=PBX,
        text=texts(
            "Callbacks requested",
            "Legs that left the queue by asking to be called back.",
            "Devoluciones pedidas",
            "Tramos que dejaron la cola pidiendo que se les devuelva la llamada.",
        ),
    ),
    Count(
        name="contact_center_contacts_left_queue_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        labels=("reason",),
        amount=amount(Measure.LEFT_QUEUE),
        reasons=tuple(LeftReason),
        attribution=OUTCOME,
        source=PBX,
        text=texts(
            "Taken out of the queue",
            "Legs that the system took out of the queue: timeout, empty, overflow or key.",
            "Sacados de la cola",
            "Tramos que el sistema sacó de la cola: tiempo agotado, cola vacía, desbordamiento o tecla.",
        ),
    ),
)
