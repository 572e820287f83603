"""Words of the event contract for people, in English and Spanish: each type by its verb, each field by its name."""

from __future__ import annotations

from streams.common.languages import Bilingual
from streams.contract.topics import Topic

_LIVE = {
    "offered": Bilingual(
        "the contact entered a queue: a leg begins", "el contacto entró en una cola: empieza un tramo"
    ),
    "refused": Bilingual("the contact was turned away before it queued", "el contacto se rechazó antes de la cola"),
    "answered": Bilingual("a person answered", "respondió una persona"),
    "abandoned": Bilingual("the customer left while waiting", "el cliente se fue mientras esperaba"),
    "callback_requested": Bilingual(
        "the customer left the queue by asking to be called back; with `queue` and no leg, from the menu",
        "el cliente dejó la cola pidiendo que le llamen; con `queue` y sin tramo, desde el menú",
    ),
    "callback_cancelled": Bilingual(
        "a requested callback is no longer wanted", "ya no se quiere una devolución de llamada pedida"
    ),
    "left_queue": Bilingual("the system took the contact out of the queue", "el sistema sacó el contacto de la cola"),
    "transferred": Bilingual(
        "handed to another queue, an agent or a number: the leg ends",
        "pasado a otra cola, a un agente o a un número: acaba el tramo",
    ),
    "escalated": Bilingual("an escalation", "un escalado"),
    "held": Bilingual("the customer was put on hold", "el cliente quedó en retención"),
    "resumed": Bilingual("the hold is over", "acabó la retención"),
    "ended": Bilingual("the conversation is over", "acabó la conversación"),
    "wrapped_up": Bilingual("the work after the contact is over", "acabó el trabajo posterior al contacto"),
    "classified": Bilingual("what the agent noted; the latest wins", "lo que anotó el agente; vale lo último"),
    "corrected": Bilingual("what the sender learned later about a leg", "lo que el emisor supo después de un tramo"),
    "removed": Bilingual(
        "leaves every number as if it had never come; final",
        "sale de todas las cifras como si no hubiera llegado; definitivo",
    ),
    "message": Bilingual("a message of a chat", "un mensaje de un chat"),
}
_TICKET = {
    "opened": Bilingual("a ticket was opened", "se abrió un ticket"),
    "assigned": Bilingual("given to an agent or team", "asignado a un agente o equipo"),
    "replied": Bilingual(
        "a reply; only a public one by a person stops the clock of the first response",
        "una respuesta; solo la pública de una persona para el reloj de la primera respuesta",
    ),
    "customer_replied": Bilingual("the customer wrote again", "el cliente volvió a escribir"),
    "held": Bilingual("waits for somebody else", "a la espera de un tercero"),
    "resumed": Bilingual("the wait for somebody else is over", "acabó la espera de un tercero"),
    "transferred": Bilingual("moved to another queue", "pasado a otra cola"),
    "escalated": Bilingual("an escalation", "un escalado"),
    "solved": Bilingual("solved", "resuelto"),
    "reopened": Bilingual("open again after a solve", "abierto de nuevo tras resolverse"),
    "closed": Bilingual(
        "no more changes expected; solved, if it was not", "sin más cambios; resuelto, si no lo estaba"
    ),
    "removed": Bilingual(
        "leaves every number but the clearance time, until it is restored",
        "sale de todas las cifras menos del tiempo de vaciado, hasta que se restaure",
    ),
    "restored": Bilingual("a removed ticket counts again", "un ticket retirado vuelve a contar"),
    "classified": Bilingual("what the agent noted; the latest wins", "lo que anotó el agente; vale lo último"),
}
MEANINGS = {Topic.CALLS: _LIVE, Topic.CHATS: _LIVE, Topic.TICKETS: _TICKET}
"""Meaning of each type by topic and verb."""

FIELDS = {
    "queue": Bilingual("name of the queue", "nombre de la cola"),
    "leg": Bilingual(
        "names one visit to a queue; may be missing where only one can be meant",
        "nombra una visita a una cola; puede faltar donde solo se puede referir a una",
    ),
    "via": Bilingual("how the leg came", "cómo llegó el tramo"),
    "customer": Bilingual(
        "identifies the customer, only its keyed hash is stored; needed for repeats and redials",
        "identifica al cliente, solo se guarda su hash con clave; hace falta para repeticiones y rellamadas",
    ),
    "topic": Bilingual("what the contact is about", "de qué trata el contacto"),
    "priority": Bilingual("its priority", "su prioridad"),
    "site": Bilingual("not used yet", "aún sin uso"),
    "language": Bilingual("not used yet", "aún sin uso"),
    "agent": Bilingual(
        "identifies the agent, stored as a keyed hash", "identifica al agente, se guarda su hash con clave"
    ),
    "team": Bilingual("name of the team", "nombre del equipo"),
    "reason": Bilingual("why", "por qué"),
    "to": Bilingual("a queue, `agent:` and an id, or a number", "una cola, `agent:` y un id, o un número"),
    "kind": Bilingual(
        "kind of escalation: functional, hierarchical or other", "tipo de escalado: functional, hierarchical u otro"
    ),
    "outcome": Bilingual("how it ended", "cómo acabó"),
    "outcome_at": Bilingual("when that was", "cuándo fue"),
    "ended_at": Bilingual(
        "when the conversation ended; null: it did not", "cuándo acabó la conversación; null: no acabó"
    ),
    "transferred": Bilingual("false: it was not transferred", "false: no se transfirió"),
    "resolved": Bilingual("solved for the customer; null: not known", "resuelto para el cliente; null: no se sabe"),
    "fcr_eligible": Bilingual("judged by first-contact resolution", "cuenta para la resolución en el primer contacto"),
    "from": Bilingual("who wrote", "quién escribió"),
    "channel": Bilingual("how the ticket came", "cómo llegó el ticket"),
    "public": Bilingual("the customer can read it", "el cliente puede leerla"),
    "automated": Bilingual("written by a program", "la escribió un programa"),
}
"""Meaning of each field of ``data`` by its name in JSON."""

VALUES = {
    "text": Bilingual("text", "texto"),
    "number": Bilingual("number", "número"),
    "flag": Bilingual("true, false", "true, false"),
    "null": Bilingual("null", "null"),
    "time": Bilingual("RFC 3339 with an offset", "RFC 3339 con desfase horario"),
}
"""Kinds of values."""
