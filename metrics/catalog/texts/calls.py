"""Texts of the KPIs of calls and chats: demand, waits, handling, and who waits now."""

from __future__ import annotations

from metrics.catalog.words import Text, texts

CALLS = {
    "contact_center_contacts_arrived_total": texts(
        Text(
            "Contacts arrived",
            "Contacts, each counted once at its first inbound leg.",
            "Every contact with an inbound leg, in the queue of the first one; refused demand, callbacks and outbound"
            " calls are not.",
        ),
        Text(
            "Contactos recibidos",
            "Contactos, cada uno contado una vez en su primer tramo entrante.",
            "Todo contacto con un tramo entrante, en la cola del primero; no la demanda rechazada, ni las devoluciones,"
            " ni las llamadas salientes.",
        ),
    ),
    "contact_center_contacts_offered_total": texts(
        Text(
            "Offered",
            "Legs that entered the queue.",
            "Every visit of a contact to the queue, transfers and overflows included; callbacks and outbound are not.",
        ),
        Text(
            "Ofrecidos",
            "Tramos que entraron en la cola.",
            "Cada paso de un contacto por la cola, incluidos traspasos y desbordamientos; no las devoluciones ni las"
            " salientes.",
        ),
    ),
    "contact_center_contacts_refused_total": texts(
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
    "contact_center_contacts_answered_total": texts(
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
    "contact_center_contacts_abandoned_total": texts(
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
    "contact_center_contacts_short_abandoned_total": texts(
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
    "contact_center_contacts_callback_requested_total": texts(
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
    "contact_center_contacts_left_queue_total": texts(
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
    "contact_center_speed_of_answer_seconds": texts(
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
    "contact_center_time_to_abandon_seconds": texts(
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
    "contact_center_abandonment_ratio": texts(
        Text(
            "Abandonment rate",
            "Abandoned legs among those with an outcome, short abandons in neither.",
            "Legs with an outcome but short abandons; who still waits is not in it, so it is always from 0 to 1.",
        ),
        Text(
            "Tasa de abandono",
            "Tramos abandonados entre los que tienen desenlace, sin los abandonos cortos.",
            "Tramos con desenlace salvo los abandonos cortos; quien aún espera no cuenta, así que va siempre de 0 a 1.",
        ),
    ),
    "contact_center_handle_time_seconds": texts(
        Text(
            "Handle time",
            "Talk, hold and wrap-up of a handled leg; for chats elapsed time, not effort.",
            "Answered legs with an end, callbacks and outbound included; wrap-up only where the queue reports it, cut"
            " at 10 minutes.",
        ),
        Text(
            "Tiempo medio de operación (TMO)",
            "Conversación, retención y trabajo posterior de un tramo; en chats es tiempo transcurrido, no esfuerzo.",
            "Tramos atendidos que ya terminaron, incluidas devoluciones y salientes; trabajo posterior solo donde la"
            " cola lo informa, hasta 10 minutos.",
        ),
    ),
    "contact_center_short_contacts_total": texts(
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
    "contact_center_callback_reached_ratio": texts(
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
    "contact_center_redial_ratio": texts(
        Text(
            "Redials",
            "Share of abandoned contacts whose customer came back within an hour: demand counted twice.",
            "Abandoned inbound contacts of known customers that nobody ever answered, in the queue of their first leg;"
            " another contact on any channel counts, callbacks and outbound do not.",
        ),
        Text(
            "Rellamadas tras abandono",
            "Proporción de contactos abandonados cuyo cliente volvió antes de una hora: demanda contada dos veces.",
            "Contactos entrantes abandonados, de clientes conocidos, que nadie llegó a atender, en la cola de su primer"
            " tramo; vale otro contacto por cualquier canal, no las devoluciones ni las salientes.",
        ),
    ),
    "contact_center_contacts_waiting": texts(
        Text(
            "Waiting",
            "Legs in the queue now, ghosts left out.",
            "Inbound, transferred and overflowed legs; one that has waited for an hour without an outcome (a setting)"
            " is a ghost.",
            "legs offered and without an outcome",
        ),
        Text(
            "En espera",
            "Tramos que están ahora en la cola, sin los fantasmas.",
            "Tramos entrantes, traspasados y desbordados; el que lleva una hora sin desenlace (configurable) es un"
            " fantasma.",
            "tramos ofrecidos y sin desenlace",
        ),
    ),
    "contact_center_contacts_waiting_past_target": texts(
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
    "contact_center_longest_wait_seconds": texts(
        Text(
            "Longest wait",
            "Age of the leg that has waited longest of those in the queue now.",
            "Legs in the queue now, ghosts left out.",
            "now - the earliest offer of the waiting legs",
        ),
        Text(
            "Espera más larga",
            "Antigüedad del tramo que más ha esperado de los que están ahora en la cola.",
            "Tramos que están ahora en la cola, sin los fantasmas.",
            "ahora - la entrada en cola más antigua de los tramos en espera",
        ),
    ),
    "contact_center_contacts_in_progress": texts(
        Text(
            "In progress",
            "Answered legs without an end, ghosts left out.",
            "All legs, callbacks and outbound included; one without an end for four hours (a setting) is a ghost.",
            "legs answered and without an end",
        ),
        Text(
            "En curso",
            "Tramos atendidos que no han terminado, sin los fantasmas.",
            "Todos los tramos, incluidas devoluciones y salientes; el que lleva cuatro horas sin final (configurable)"
            " es un fantasma.",
            "tramos atendidos y sin final",
        ),
    ),
    "contact_center_callbacks_pending": texts(
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
    "contact_center_oldest_callback_seconds": texts(
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
}
