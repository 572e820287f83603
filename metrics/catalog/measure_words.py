"""How formulas call each measure, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from streams.common.languages import Bilingual
from streams.numbers.measures import Measure

MEASURE_WORDS: Mapping[Measure, Bilingual] = {
    Measure.ARRIVED: Bilingual("arrived", "recibidos"),
    Measure.OFFERED: Bilingual("offered", "ofrecidos"),
    Measure.REFUSED: Bilingual("refused", "rechazados"),
    Measure.ANSWERED: Bilingual("answered", "atendidos"),
    Measure.WAIT_MS: Bilingual("wait of the answered", "espera de los atendidos"),
    Measure.ABANDONED: Bilingual("abandoned", "abandonados"),
    Measure.SHORT_ABANDONED: Bilingual("short abandons", "abandonos cortos"),
    Measure.ABANDON_WAIT_MS: Bilingual("wait of the abandoned", "espera de los abandonados"),
    Measure.CALLBACK_REQUESTED: Bilingual("callbacks requested", "devoluciones pedidas"),
    Measure.LEFT_QUEUE: Bilingual("taken out of the queue", "sacados de la cola"),
    Measure.ANSWERED_WITHIN: Bilingual("answered within target", "atendidos a tiempo"),
    Measure.ABANDONED_WITHIN: Bilingual("abandoned within target", "abandonados antes del objetivo"),
    Measure.SHORT_WITHIN: Bilingual("short abandons within target", "abandonos cortos antes del objetivo"),
    Measure.LEFT_WITHIN: Bilingual(
        "taken out by timeout or empty within target", "sacados por tiempo o cola vacía antes del objetivo"
    ),
    Measure.REACHED_TARGET: Bilingual("reached the target", "alcanzaron el objetivo"),
    Measure.CONTACT_ANSWERED_WITHIN: Bilingual("contacts answered within target", "contactos atendidos a tiempo"),
    Measure.CONTACT_ABANDONED_WITHIN: Bilingual(
        "contacts abandoned within target", "contactos abandonados antes del objetivo"
    ),
    Measure.CONTACT_SHORT_WITHIN: Bilingual(
        "short-abandoned contacts within target", "contactos de abandono corto antes del objetivo"
    ),
    Measure.CONTACT_LEFT_WITHIN: Bilingual(
        "contacts taken out within target", "contactos sacados de la cola antes del objetivo"
    ),
    Measure.CONTACT_REACHED_TARGET: Bilingual(
        "contacts that reached the target", "contactos que alcanzaron el objetivo"
    ),
    Measure.HANDLED_LEGS: Bilingual("handled legs", "tramos gestionados"),
    Measure.TALK_MS: Bilingual("talk", "conversación"),
    Measure.HOLD_MS: Bilingual("hold", "retención"),
    Measure.WRAP_MS: Bilingual("wrap-up", "trabajo posterior"),
    Measure.SHORT_CONTACTS: Bilingual("short contacts", "contactos cortos"),
    Measure.CALLBACK_LEGS_ANSWERED: Bilingual("callback legs answered", "devoluciones atendidas"),
    Measure.CALLBACK_LEGS_DECIDED: Bilingual("callback legs with an outcome", "devoluciones con desenlace"),
    Measure.REDIAL_BASE: Bilingual(
        "abandoned contacts of known customers", "contactos abandonados de clientes conocidos"
    ),
    Measure.REDIALED: Bilingual("followed by another within 1 h", "seguidos de otro en 1 h"),
    Measure.HANDLED: Bilingual("handled", "gestionados"),
    Measure.CLASSIFIED: Bilingual("classified", "clasificados"),
    Measure.FCR_FLAGGED: Bilingual("flagged as resolved at once", "marcados como resueltos a la primera"),
    Measure.FCR_FLAGGED_BASE: Bilingual("judged by the flag", "evaluados por la marca"),
    Measure.FCR_NET: Bilingual("eligible and flagged as resolved at once", "elegibles y marcados a la primera"),
    Measure.FCR_NET_BASE: Bilingual("eligible and judged by the flag", "elegibles evaluados por la marca"),
    Measure.ESCALATIONS: Bilingual("escalations", "escalados"),
    Measure.ESCALATIONS_BY_TOPIC: Bilingual("escalations by topic", "escalados por tema"),
    Measure.ESCALATED: Bilingual("handled and escalated", "gestionados y escalados"),
    Measure.CONTACTS_BY_TOPIC: Bilingual("contacts by topic", "contactos por tema"),
    Measure.OPENED: Bilingual("opened", "abiertos"),
    Measure.SOLVED: Bilingual("solved", "resueltos"),
    Measure.SOLVES: Bilingual("all solves", "todas las resoluciones"),
    Measure.REOPENED: Bilingual("reopenings", "reaperturas"),
    Measure.FIRST_RESPONSES: Bilingual("first responses", "primeras respuestas"),
    Measure.FIRST_RESPONSE_MS: Bilingual("time to the first response", "tiempo hasta la primera respuesta"),
    Measure.FULL_RESOLUTION_MS: Bilingual("time to the latest solve", "tiempo hasta la última resolución"),
    Measure.FIRST_RESOLUTIONS: Bilingual("first solves", "primeras resoluciones"),
    Measure.FIRST_RESOLUTION_MS: Bilingual("time to the first solve", "tiempo hasta la primera resolución"),
    Measure.FIRST_RESPONSE_BUSINESS_MS: Bilingual(
        "open hours to the first response", "horas de atención hasta la primera respuesta"
    ),
    Measure.NEXT_RESPONSES: Bilingual("next responses", "siguientes respuestas"),
    Measure.NEXT_RESPONSE_MS: Bilingual("time to the next response", "tiempo hasta la siguiente respuesta"),
    Measure.RESPONSE_15M_JUDGED: Bilingual("judged at 15 min", "evaluados a los 15 min"),
    Measure.RESPONSE_15M_MET: Bilingual("answered within 15 min", "respondidos en 15 min"),
    Measure.RESPONSE_24H_JUDGED: Bilingual("judged at 24 h", "evaluados a las 24 h"),
    Measure.RESPONSE_24H_MET: Bilingual("answered within 24 h", "respondidos en 24 h"),
    Measure.RESPONSE_TARGET_JUDGED: Bilingual("judged at the target", "evaluados en el objetivo"),
    Measure.RESPONSE_TARGET_MET: Bilingual("answered within the target", "respondidos dentro del objetivo"),
    Measure.RESOLVED_24H_JUDGED: Bilingual("judged at 24 h", "evaluados a las 24 h"),
    Measure.RESOLVED_24H_MET: Bilingual("solved within 24 h", "resueltos en 24 h"),
    Measure.FIRST_RESOLUTION_BUSINESS_MS: Bilingual(
        "open hours to the first solve", "horas de atención hasta la primera resolución"
    ),
    Measure.FIRST_RESOLUTION_NET_MS: Bilingual(
        "net hours to the first solve", "horas netas hasta la primera resolución"
    ),
    Measure.FULL_RESOLUTION_BUSINESS_MS: Bilingual(
        "open hours to the latest solve", "horas de atención hasta la última resolución"
    ),
    Measure.FULL_RESOLUTION_NET_MS: Bilingual(
        "net hours to the latest solve", "horas netas hasta la última resolución"
    ),
    Measure.COHORT_SOLVED: Bilingual("opened and solved by now", "abiertos y ya resueltos"),
    Measure.REMOVED_OPENED: Bilingual("openings of removed tickets", "aperturas de tickets retirados"),
    Measure.REMOVED: Bilingual("removals", "retiradas"),
    Measure.TEAM_OPENED: Bilingual("opened, of the team", "abiertos, del equipo"),
    Measure.TEAM_SOLVED: Bilingual("solved, of the team", "resueltos, del equipo"),
    Measure.TEAM_COHORT_SOLVED: Bilingual(
        "opened and solved by now, of the team", "abiertos y ya resueltos, del equipo"
    ),
    Measure.AGENT_ASSIGNED: Bilingual(
        "distinct tickets assigned to the agent", "tickets distintos asignados al agente"
    ),
    Measure.AGENT_SOLVED: Bilingual("solved by the agent", "resueltos por el agente"),
    Measure.REPEAT_BASE: Bilingual(
        "handled contacts of known customers", "contactos gestionados de clientes conocidos"
    ),
    Measure.REPEATED: Bilingual("repeated contacts", "contactos repetidos"),
    Measure.REPEAT_BASE_BY_TOPIC: Bilingual(
        "handled contacts of known customers, of the topic", "contactos gestionados de clientes conocidos, del tema"
    ),
    Measure.REPEATED_BY_TOPIC: Bilingual("repeated contacts, of the topic", "contactos repetidos, del tema"),
    Measure.FCR_WINDOW_BASE: Bilingual(
        "eligible handled contacts of known customers", "contactos elegibles gestionados de clientes conocidos"
    ),
    Measure.FCR_WINDOW: Bilingual("without a repeat so far", "sin repetición hasta ahora"),
    Measure.FCR_FINAL_BASE: Bilingual(
        "eligible handled contacts whose window has ended", "contactos elegibles cuya ventana ha terminado"
    ),
    Measure.FCR_FINAL: Bilingual("without a repeat in the whole window", "sin repetición en toda la ventana"),
    Measure.FCR_GAP_BASE: Bilingual("eligible and classified", "elegibles y clasificados"),
    Measure.FCR_GAP: Bilingual("flagged as resolved and repeated", "marcados como resueltos y repetidos"),
}
