"""KPIs of calls and chats: waits, handling and waiting contacts."""

from __future__ import annotations

from metrics.catalog.detail import Lean
from metrics.catalog.model import CALLS_AND_CHATS, Average, Count, Now, QueueKpi, Ratio, Unit, now_part
from metrics.catalog.quotients import quotient
from metrics.catalog.words import (
    ABANDONMENT,
    ABANDONMENT_RATE,
    AHT,
    ANSWER,
    ASA,
    ATA,
    CALENDAR,
    LAST_PART,
    LEG_END,
    OUTCOME,
    PBX,
    VEINTE,
    Text,
    texts,
)
from metrics.snapshot.amounts import amount
from streams.facts.conversations.live import ConversationLive
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.customers.measures import CustomerMeasure

HANDLED_LEGS = ConversationMeasure.HANDLED_LEGS

WAITS_AND_HANDLING: tuple[QueueKpi, ...] = (
    Average(
        name="contact_center_speed_of_answer_seconds",
        text=texts(
            Text(
                "Speed of answer",
                "Time from offered to answered, of answered legs.",
                "Answered legs only; who abandoned or still waits is not in it.",
            ),
            Text(
                "Velocidad media de respuesta",
                "Tiempo desde que entra en la cola hasta que se atiende, de los tramos atendidos.",
                "Solo tramos atendidos; no quien abandonó ni quien aún espera.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        series=(quotient(ConversationMeasure.WAIT_MS, ConversationMeasure.ANSWERED, sketch=ConversationSketch.WAIT),),
        clock=CALENDAR,
        attribution=ANSWER,
        source=ASA,
    ),
    Average(
        name="contact_center_time_to_abandon_seconds",
        text=texts(
            Text(
                "Time to abandon",
                "Time from offered to abandoned, of abandoned legs.",
                "Abandoned legs only, short abandons included.",
            ),
            Text(
                "Tiempo medio de abandono",
                "Tiempo desde que entra en la cola hasta que abandona, de los tramos abandonados.",
                "Solo tramos abandonados, incluidos los abandonos cortos.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        series=(
            (
                quotient(
                    ConversationMeasure.ABANDON_WAIT_MS,
                    ConversationMeasure.ABANDONED,
                    sketch=ConversationSketch.ABANDON_WAIT,
                ),
            )
        ),
        clock=CALENDAR,
        attribution=ABANDONMENT,
        source=ATA,
    ),
    Ratio(
        name="contact_center_abandonment_ratio",
        text=texts(
            Text(
                "Abandonment rate",
                "Abandoned legs among those with an outcome, short abandons in neither.",
                "Legs with an outcome but short abandons; who still waits is not in it, so it is always from 0 to 1.",
            ),
            Text(
                "Tasa de abandono",
                "Tramos abandonados entre los que tienen desenlace, sin los abandonos cortos.",
                "Tramos con desenlace salvo los abandonos cortos; quien aún espera no cuenta, así que va siempre de 0"
                " a 1.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("10m",)),
        series=(
            (
                quotient(
                    amount(ConversationMeasure.ABANDONED, minus=(ConversationMeasure.SHORT_ABANDONED,)),
                    amount(
                        ConversationMeasure.ANSWERED,
                        ConversationMeasure.ABANDONED,
                        ConversationMeasure.CALLBACK_REQUESTED,
                        ConversationMeasure.LEFT_QUEUE,
                        minus=(ConversationMeasure.SHORT_ABANDONED,),
                    ),
                ),
            )
        ),
        attribution=OUTCOME,
        source=ABANDONMENT_RATE,
    ),
    Average(
        name="contact_center_handle_time_seconds",
        text=texts(
            Text(
                "Handle time",
                "Talk, hold and wrap-up of a handled leg; for chats elapsed time, not effort.",
                "Answered legs with an end, callbacks and outbound included; wrap-up only where the queue reports it,"
                " cut at 10 minutes.",
            ),
            Text(
                "Tiempo medio de operación (TMO)",
                "Conversación, retención y trabajo posterior de un tramo; en chats es tiempo transcurrido, no"
                " esfuerzo.",
                "Tramos atendidos que ya terminaron, incluidas devoluciones y salientes; trabajo posterior solo donde"
                " la cola lo informa, hasta 10 minutos.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("1h",)),
        series=(
            quotient(
                amount(ConversationMeasure.TALK_MS, ConversationMeasure.HOLD_MS, ConversationMeasure.WRAP_MS),
                HANDLED_LEGS,
                sketch=ConversationSketch.HANDLE,
                part="total",
            ),
            quotient(ConversationMeasure.TALK_MS, HANDLED_LEGS, sketch=ConversationSketch.TALK, part="talk"),
            quotient(ConversationMeasure.HOLD_MS, HANDLED_LEGS, sketch=ConversationSketch.HOLD, part="hold"),
            quotient(ConversationMeasure.WRAP_MS, HANDLED_LEGS, sketch=ConversationSketch.WRAP, part="wrap"),
        ),
        clock=CALENDAR,
        attribution=LAST_PART,
        source=AHT,
    ),
    Ratio(
        name="contact_center_transferred_ratio",
        text=texts(
            Text(
                "Transferred",
                "Answered legs that were handed to another queue, agent or number, among those that ended.",
                "Answered legs that ended or were transferred; callbacks and outbound legs are in neither.",
            ),
            Text(
                "Traspasados",
                "Tramos atendidos que se pasaron a otra cola, agente o número, entre los que terminaron.",
                "Tramos atendidos que terminaron o se traspasaron; sin devoluciones ni llamadas salientes.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        series=(quotient(ConversationMeasure.TRANSFERRED_LEGS, ConversationMeasure.ENDED_LEGS),),
        clock=CALENDAR,
        attribution=LEG_END,
        source=PBX,
    ),
    Count(
        name="contact_center_short_contacts_total",
        text=texts(
            Text(
                "Short contacts",
                "Answered legs that ended within 10 seconds: hang-ups that flatter the handle time.",
                "Answered legs whose end comes less than 10 s after the answer.",
            ),
            Text(
                "Contactos cortos",
                "Tramos atendidos que terminaron en menos de 10 segundos: cuelgues que embellecen el TMO.",
                "Tramos atendidos cuyo final llega a menos de 10 s de la respuesta.",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(ConversationMeasure.SHORT_CONTACTS),
        attribution=LEG_END,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_callback_reached_ratio",
        text=texts(
            Text(
                "Callbacks that reached the customer",
                "Share of returned callbacks that were answered.",
                "Callback legs with an outcome; requests not yet tried are not in it.",
            ),
            Text(
                "Devoluciones logradas",
                "Proporción de llamadas devueltas que fueron atendidas.",
                "Tramos de devolución con desenlace; no las peticiones que aún no se han intentado.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("28d",)),
        series=(
            (
                quotient(
                    ConversationMeasure.CALLBACK_LEGS_ANSWERED,
                    ConversationMeasure.CALLBACK_LEGS_DECIDED,
                    pending=(ConversationLive.CALLBACKS_PENDING,),
                ),
            )
        ),
        attribution=OUTCOME,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_redial_ratio",
        text=texts(
            Text(
                "Redials",
                "Share of abandoned contacts whose customer came back within an hour: demand counted twice.",
                "Abandoned inbound contacts of known customers that nobody ever answered, in the queue of their first"
                " leg; another contact on any channel counts, callbacks and outbound do not.",
            ),
            Text(
                "Rellamadas tras abandono",
                "Proporción de contactos abandonados cuyo cliente volvió antes de una hora: demanda contada dos veces.",
                "Contactos entrantes abandonados, de clientes conocidos, que nadie llegó a atender, en la cola de su"
                " primer tramo; vale otro contacto por cualquier canal, no las devoluciones ni las salientes.",
            ),
        ),
        channels=CALLS_AND_CHATS,
        lean=Lean(more=("24h",)),
        series=(quotient(CustomerMeasure.REDIALED, CustomerMeasure.REDIAL_BASE),),
        attribution=ABANDONMENT,
        source=VEINTE,
    ),
)

NOW_WAITING: tuple[QueueKpi, ...] = (
    Now(
        name="contact_center_contacts_waiting",
        text=texts(
            Text(
                "Waiting",
                "Legs in the queue now, stale legs left out.",
                "Inbound, transferred and overflowed legs; one that has waited for an hour without an outcome (a"
                " setting) is stale.",
                "legs offered and without an outcome",
            ),
            Text(
                "En espera",
                "Tramos que están ahora en la cola, sin los caducados.",
                "Tramos entrantes, traspasados y desbordados; el que lleva una hora sin desenlace (configurable)"
                " ha caducado.",
                "tramos ofrecidos y sin desenlace",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.WAITING),),
        source=PBX,
    ),
    Now(
        name="contact_center_contacts_waiting_past_target",
        text=texts(
            Text(
                "Waiting past target",
                "Legs in the queue now that have waited longer than the target.",
                "Of those waiting, the ones offered longer ago than the queue's target.",
                "waiting legs with now > offered + target",
            ),
            Text(
                "En espera fuera de objetivo",
                "Tramos que están ahora en la cola y han esperado más que el objetivo.",
                "De los que esperan, los que entraron hace más que el objetivo de la cola.",
                "tramos en espera con ahora > entrada en cola + objetivo",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.WAITING_PAST_TARGET),),
        source=PBX,
    ),
    Now(
        name="contact_center_longest_wait_seconds",
        text=texts(
            Text(
                "Longest wait",
                "Age of the leg that has waited longest of those in the queue now.",
                "Legs in the queue now, stale legs left out.",
                "now - the earliest offer of the waiting legs",
            ),
            Text(
                "Espera más larga",
                "Antigüedad del tramo que más ha esperado de los que están ahora en la cola.",
                "Tramos que están ahora en la cola, sin los caducados.",
                "ahora - la entrada en cola más antigua de los tramos en espera",
            ),
        ),
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.LONGEST_WAIT),),
        clock=CALENDAR,
        source=PBX,
    ),
    Now(
        name="contact_center_contacts_in_progress",
        text=texts(
            Text(
                "In progress",
                "Answered legs without an end, stale legs left out.",
                "All legs, callbacks and outbound included; one without an end for four hours (a setting) is stale.",
                "legs answered and without an end",
            ),
            Text(
                "En curso",
                "Tramos atendidos que no han terminado, sin los caducados.",
                "Todos los tramos, incluidas devoluciones y salientes; el que lleva cuatro horas sin final"
                " (configurable) ha caducado.",
                "tramos atendidos y sin final",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.IN_PROGRESS),),
        source=PBX,
    ),
    Now(
        name="contact_center_callbacks_pending",
        text=texts(
            Text(
                "Callbacks pending",
                "Callbacks that were asked for and not yet tried.",
                "Requests without a callback leg offered at or after them.",
                "callback requests without a callback leg",
            ),
            Text(
                "Devoluciones pendientes",
                "Llamadas que se pidió devolver y aún no se han intentado.",
                "Peticiones sin un tramo de devolución ofrecido en ese momento o después.",
                "peticiones de devolución sin tramo de devolución",
            ),
        ),
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.CALLBACKS_PENDING),),
        source=VEINTE,
    ),
    Now(
        name="contact_center_oldest_callback_seconds",
        text=texts(
            Text(
                "Oldest callback",
                "Age of the oldest callback not yet tried.",
                "Pending callbacks.",
                "now - the earliest pending request",
            ),
            Text(
                "Devolución más antigua",
                "Antigüedad de la devolución más antigua aún sin intentar.",
                "Devoluciones pendientes.",
                "ahora - la petición pendiente más antigua",
            ),
        ),
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(now_part(ConversationLive.OLDEST_CALLBACK),),
        clock=CALENDAR,
        source=VEINTE,
    ),
)
