"""Texts of the service level, its promise, and opening hours."""

from __future__ import annotations

from metrics.catalog.words import Text, texts

SERVICE = {
    "contact_center_service_level_events_total": texts(
        Text(
            "Judged",
            "Legs judged for the service level: an outcome within the target, or the target reached.",
            "Answered, abandoned, or taken out by timeout or empty within the target, and whoever reached it, even"
            " while still waiting; overflow, key and callback within the target are no event.",
        ),
        Text(
            "Evaluados",
            "Tramos evaluados para el nivel de servicio: un desenlace dentro del objetivo, o el objetivo alcanzado.",
            "Atendidos, abandonados o sacados por tiempo o sin agentes dentro del objetivo, y quien lo alcanzó, aunque"
            " siga esperando; desbordamiento, tecla y devolución dentro del objetivo no cuentan.",
        ),
    ),
    "contact_center_service_level_met_total": texts(
        Text(
            "Answered within target",
            "Legs answered within the queue's target.",
            "Answered legs with a wait of at most the target: 20.000 s of 20 s is within.",
        ),
        Text(
            "Atendidos a tiempo",
            "Tramos atendidos dentro del objetivo de la cola.",
            "Tramos atendidos con una espera no mayor que el objetivo: 20,000 s de 20 s está dentro.",
        ),
    ),
    "contact_center_service_level_ratio": texts(
        Text(
            "Service level",
            "Share of legs answered within the queue's target; the variants differ in how abandons count.",
            "A answered, B abandoned, b short-abandoned (part of B), F taken out by timeout or empty, each within the"
            " target; L reached the target, answered later or not. `short_removed` is what boards show.",
        ),
        Text(
            "Nivel de servicio",
            "Proporción de tramos atendidos dentro del objetivo de la cola; las variantes difieren en los abandonos.",
            "A atendidos, B abandonados, b abandonos cortos (parte de B), F sacados por tiempo o sin agentes, todos"
            " dentro del objetivo; L alcanzaron el objetivo, se atendieran después o no. Los paneles muestran"
            " `short_removed`.",
        ),
    ),
    "contact_center_contact_service_level_ratio": texts(
        Text(
            "Service level of contacts",
            "Share of contacts answered on any leg within the first queue's target, short abandons removed.",
            "One event a contact, from its first offer to its first answer on any leg; A, B, b, F and L as in the"
            " service level, of whole contacts.",
        ),
        Text(
            "Nivel de servicio por contacto",
            "Proporción de contactos atendidos en cualquier tramo dentro del objetivo de la primera cola, sin los"
            " abandonos cortos.",
            "Un evento por contacto, de su primera entrada en cola a la primera respuesta en cualquier tramo; A, B, b,"
            " F y L como en el nivel de servicio, de contactos enteros.",
        ),
    ),
    "contact_center_service_level_objective_ratio": texts(
        Text(
            "Service level objective",
            "The share promised for the queue.",
            "Every known queue of calls and chats.",
            "the setting `objective` in force",
        ),
        Text(
            "Meta de nivel de servicio",
            "La proporción comprometida para la cola.",
            "Todas las colas conocidas de llamadas y chats.",
            "el ajuste `objective` en vigor",
        ),
    ),
    "contact_center_service_level_target_seconds": texts(
        Text(
            "Service level target",
            "The wait within which an answer counts as in time.",
            "Every known queue of calls and chats.",
            "the setting `target_seconds` in force",
        ),
        Text(
            "Objetivo de espera",
            "La espera dentro de la cual una respuesta cuenta como a tiempo.",
            "Todas las colas conocidas de llamadas y chats.",
            "el ajuste `target_seconds` en vigor",
        ),
    ),
    "contact_center_queue_open": texts(
        Text(
            "Open",
            "1 while the queue is open by its calendar, 0 outside its opening hours.",
            "Configured queues; one without a calendar is always open.",
            "the calendar of the policy in force, now",
        ),
        Text(
            "Abierta",
            "1 mientras la cola está abierta según su calendario, 0 fuera de horario.",
            "Colas configuradas; una cola sin calendario está siempre abierta.",
            "el calendario de la política en vigor, ahora",
        ),
    ),
}
