"""KPIs of calls and chats: demand and outcomes."""

from __future__ import annotations

from metrics.catalog.detail import Lean
from metrics.catalog.model import CALLS_AND_CHATS, Count, QueueKpi, Unit
from metrics.catalog.words import CANCELLATION, FIRST_OFFER, OFFER, OUTCOME, PBX, REFUSAL, Text, texts
from metrics.snapshot.amounts import amount
from streams.contract.events import LeftReason, RefusedReason
from streams.facts.conversations.measures import ConversationMeasure

DEMAND: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_contacts_arrived_total",
        text=texts(
            Text(
                "Contacts arrived",
                "Contacts, each counted once at its first inbound leg.",
                "Every contact with an inbound leg, in the queue of the first one; refused demand, callbacks and"
                " outbound calls are not.",
            ),
            Text(
                "Contactos recibidos",
                "Contactos, cada uno contado una vez en su primer tramo entrante.",
                "Todo contacto con un tramo entrante, en la cola del primero; no la demanda rechazada, ni las"
                " devoluciones, ni las llamadas salientes.",
            ),
        ),
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.ARRIVED),
        attribution=FIRST_OFFER,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_offered_total",
        text=texts(
            Text(
                "Offered",
                "Legs that entered the queue.",
                "Every visit of a contact to the queue, transfers and overflows included; callbacks and outbound are"
                " not.",
            ),
            Text(
                "Ofrecidos",
                "Tramos que entraron en la cola.",
                "Cada paso de un contacto por la cola, incluidos traspasos y desbordamientos; no las devoluciones ni"
                " las salientes.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("1h", "24h")),
        amount=amount(ConversationMeasure.OFFERED),
        attribution=OFFER,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_refused_total",
        text=texts(
            Text(
                "Refused",
                "Demand turned away before it could queue; in no service level.",
                "Who met a closed desk, a busy line or a full queue, by reason; never offered, so never waiting.",
            ),
            Text(
                "Rechazados",
                "Demanda rechazada antes de entrar en la cola; no cuenta en ningún nivel de servicio.",
                "Quien encontró cerrado, comunicando o la cola llena, por motivo; nunca entró en la cola ni esperó.",
            ),
        ),
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("24h",)),
        by="reason",
        amount=amount(ConversationMeasure.REFUSED),
        known=tuple(RefusedReason),
        attribution=REFUSAL,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_answered_total",
        text=texts(
            Text(
                "Answered",
                "Legs that a person answered.",
                "Offered legs whose first outcome is an answer, at any wait.",
            ),
            Text(
                "Atendidos",
                "Tramos que atendió una persona.",
                "Tramos ofrecidos cuyo primer desenlace es la respuesta, sea cual sea la espera.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.ANSWERED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_abandoned_total",
        text=texts(
            Text(
                "Abandoned",
                "Legs whose customer left while waiting, short abandons included.",
                "Offered legs whose first outcome is that the customer left.",
            ),
            Text(
                "Abandonados",
                "Tramos cuyo cliente se fue mientras esperaba, incluidos los abandonos cortos.",
                "Tramos ofrecidos cuyo primer desenlace es que el cliente se fue.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.ABANDONED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_short_abandoned_total",
        text=texts(
            Text(
                "Short abandons",
                "First legs abandoned within the queue's short-abandon limit.",
                "Abandoned first legs of a contact only: who was passed on and then leaves has waited long enough.",
            ),
            Text(
                "Abandonos cortos",
                "Primeros tramos abandonados dentro del límite de abandono corto de la cola.",
                "Solo el primer tramo de cada contacto: quien ya fue traspasado y se va no es un abandono corto.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.SHORT_ABANDONED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_callback_requested_total",
        text=texts(
            Text(
                "Callbacks requested",
                "Legs that left the queue by asking to be called back.",
                "Offered legs whose first outcome is that request.",
            ),
            Text(
                "Devoluciones pedidas",
                "Tramos que dejaron la cola pidiendo que se les devuelva la llamada.",
                "Tramos ofrecidos cuyo primer desenlace es esa petición.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.CALLBACK_REQUESTED),
        attribution=OUTCOME,
        source=PBX,
    ),
    Count(
        name="contact_center_callbacks_cancelled_total",
        text=texts(
            Text(
                "Callbacks cancelled",
                "Requested callbacks that were taken off the list before somebody called.",
                "Requests of legs and from the menu, each once, at its first cancellation and in its own queue.",
            ),
            Text(
                "Devoluciones canceladas",
                "Devoluciones pedidas que se retiraron de la lista antes de llamar.",
                "Peticiones de tramos y del menú, una vez cada una, en su primera cancelación y en su propia cola.",
            ),
        ),
        unit=Unit.CONTACTS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.CALLBACKS_CANCELLED),
        attribution=CANCELLATION,
        source=PBX,
    ),
    Count(
        name="contact_center_contacts_left_queue_total",
        text=texts(
            Text(
                "Taken out of the queue",
                "Legs that the system took out of the queue: timeout, empty, overflow or key.",
                "Offered legs whose first outcome is that, by reason; neither answered nor abandoned.",
            ),
            Text(
                "Sacados de la cola",
                "Tramos que el sistema sacó de la cola: tiempo agotado, cola sin agentes, desbordamiento o tecla.",
                "Tramos ofrecidos cuyo primer desenlace es ese, por motivo; ni atendidos ni abandonados.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        by="reason",
        amount=amount(ConversationMeasure.LEFT_QUEUE),
        known=tuple(LeftReason),
        attribution=OUTCOME,
        source=PBX,
    ),
)
