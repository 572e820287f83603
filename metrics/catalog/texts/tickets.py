"""Texts of the KPIs of tickets."""

from __future__ import annotations

from metrics.catalog.words import Text, texts

TICKETS = {
    "contact_center_tickets_opened_total": texts(
        Text(
            "Opened",
            "Tickets opened.",
            "Every ticket once, in its first queue; removed ones (spam, duplicates, tests) as if they had never come.",
        ),
        Text(
            "Abiertos",
            "Tickets que se abrieron.",
            "Cada ticket una vez, en su primera cola; los retirados (spam, duplicados, pruebas), como si nunca hubieran"
            " llegado.",
        ),
    ),
    "contact_center_tickets_solved_total": texts(
        Text(
            "Solved",
            "Tickets solved: a window counts a ticket once, the counter every solve.",
            "Tickets that are solved; a closing without a solve is one. A reopening takes the solve back.",
        ),
        Text(
            "Resueltos",
            "Tickets resueltos: una ventana cuenta cada ticket una vez, el contador cada resolución.",
            "Tickets que están resueltos; un cierre sin resolución cuenta como tal. Una reapertura la anula.",
        ),
    ),
    "contact_center_tickets_reopened_total": texts(
        Text(
            "Reopened",
            "Reopenings of solved tickets.",
            "Every reopening of a ticket that was solved; one of an open ticket changes nothing.",
        ),
        Text(
            "Reaperturas",
            "Reaperturas de tickets resueltos.",
            "Cada reapertura de un ticket que estaba resuelto; reabrir uno abierto no cambia nada.",
        ),
    ),
    "contact_center_first_response_seconds": texts(
        Text(
            "First response",
            "Time from opening to the first public reply by a person.",
            "Tickets with such a reply; automated and private replies do not count, and a hold does not stop the"
            " clock.",
        ),
        Text(
            "Primera respuesta",
            "Tiempo desde la apertura hasta la primera respuesta pública de una persona.",
            "Tickets con esa respuesta; no cuentan las automáticas ni las internas, y una espera no detiene el reloj.",
        ),
    ),
    "contact_center_first_response_within_ratio": texts(
        Text(
            "First response in time",
            "Share of tickets answered by a person within 15 minutes, 24 hours, or the queue's own target.",
            "One event a ticket, at the reply or when the limit passes; a late reply adds nothing. Solved before any"
            " reply and before the limit is no event.",
        ),
        Text(
            "Primera respuesta a tiempo",
            "Proporción de tickets respondidos por una persona en 15 minutos, en 24 horas o en el objetivo de la cola.",
            "Un evento por ticket, al responder o al vencer el límite; una respuesta tardía no suma. Resuelto antes de"
            " responder y del límite no es un evento.",
        ),
    ),
    "contact_center_next_response_seconds": texts(
        Text(
            "Next response",
            "Time from a customer's unanswered message to the next public reply by a person.",
            "From the first message since the last reply; messages of the customer that nobody has answered yet are"
            " not in it.",
        ),
        Text(
            "Siguiente respuesta",
            "Tiempo desde el mensaje sin contestar de un cliente hasta la siguiente respuesta pública de una persona.",
            "Desde el primer mensaje tras la última respuesta; no los mensajes que nadie ha contestado aún.",
        ),
    ),
    "contact_center_resolution_seconds": texts(
        Text(
            "Resolution",
            "Time from opening to the solve: the first one, or the latest with all reopenings.",
            "Solved tickets. `first` stays where it was; `full` moves with each new solve, and a reopening takes it"
            " back until then.",
        ),
        Text(
            "Tiempo de resolución",
            "Tiempo desde la apertura hasta la resolución: la primera, o la última contando las reaperturas.",
            "Tickets resueltos. `first` no se mueve; `full` pasa a cada nueva resolución, y una reapertura la retira"
            " hasta entonces.",
        ),
    ),
    "contact_center_resolution_ratio": texts(
        Text(
            "Resolution rate",
            "Tickets solved per ticket opened: in the window's flow, or of those opened in it.",
            "flow compares what was solved in the window, whenever it was opened, and may exceed 1; cohort follows the"
            " tickets opened in the window and never does.",
        ),
        Text(
            "Tasa de resolución",
            "Tickets resueltos por ticket abierto: en el flujo de la ventana, o de los abiertos en ella.",
            "flow compara con lo resuelto en la ventana, se abriera cuando se abriera, y puede pasar de 1; cohort sigue"
            " a los abiertos en la ventana y nunca pasa.",
        ),
    ),
    "contact_center_team_resolution_ratio": texts(
        Text(
            "Resolution rate by team",
            "The resolution rate of each team, of the 50 with most tickets.",
            "Tickets whose latest assignment or solve names a team; flow and cohort as in the resolution rate.",
        ),
        Text(
            "Tasa de resolución por equipo",
            "La tasa de resolución de cada equipo, de los 50 con más tickets.",
            "Tickets cuya última asignación o resolución nombra un equipo; flow y cohort como en la tasa de"
            " resolución.",
        ),
    ),
    "contact_center_agent_resolution_ratio": texts(
        Text(
            "Resolution rate by agent",
            "Tickets solved by an agent per distinct ticket assigned to them, of the 50 with most.",
            "Agents under a pseudonym, a keyed hash in hexadecimal, and in the API only. The solver is whom the solve"
            " names, else the last agent assigned before it.",
        ),
        Text(
            "Tasa de resolución por agente",
            "Tickets resueltos por un agente por ticket distinto que se le asignó, de los 50 con más.",
            "Agentes bajo seudónimo, un hash con clave en hexadecimal, y solo en la API. Resuelve quien nombra la"
            " resolución o, si no, el último asignado antes de ella.",
        ),
    ),
    "contact_center_resolved_within_24h_ratio": texts(
        Text(
            "Resolved within 24 h",
            "Share of tickets solved within 24 hours of opening.",
            "One event a ticket, when it is solved or when 24 h have passed; a reopened one counts by its first solve"
            " after the latest reopening.",
        ),
        Text(
            "Resueltos en 24 h",
            "Proporción de tickets resueltos antes de 24 horas desde su apertura.",
            "Un evento por ticket, al resolverse o al cumplirse 24 h; uno reabierto cuenta por su primera resolución"
            " tras la última reapertura.",
        ),
    ),
    "contact_center_tickets_awaiting_reply": texts(
        Text(
            "Awaiting our reply",
            "Unsolved tickets with a message of the customer that nobody has answered.",
            "A message is answered by the next public reply of a person.",
            "unsolved tickets with an unanswered message",
        ),
        Text(
            "Esperan respuesta nuestra",
            "Tickets sin resolver con un mensaje del cliente que nadie ha contestado.",
            "Un mensaje lo contesta la siguiente respuesta pública de una persona.",
            "tickets sin resolver con un mensaje sin contestar",
        ),
    ),
    "contact_center_tickets_open": texts(
        Text(
            "Open",
            "Unsolved tickets, each in one state: on hold, else unattended (no public reply yet), else open.",
            "Tickets opened and not solved, in their current queue.",
            "unsolved tickets by state",
        ),
        Text(
            "Pendientes",
            "Tickets sin resolver, cada uno en un estado: en espera, si no sin atender (aún sin respuesta pública), si"
            " no abierto.",
            "Tickets abiertos y no resueltos, en su cola actual.",
            "tickets sin resolver por estado",
        ),
    ),
    "contact_center_tickets_overdue": texts(
        Text(
            "Overdue",
            "Tickets past the due time of their first response or of their resolution: what desks call the backlog.",
            "Unsolved tickets; a hold does not stop the first response, and a later hold does not undo a resolution"
            " that was already due.",
            "unsolved tickets with now > a due time",
        ),
        Text(
            "Cartera vencida",
            "Tickets que pasaron el vencimiento de su primera respuesta o de su resolución: la cartera de la mesa.",
            "Tickets sin resolver; una espera no detiene la primera respuesta, y una espera posterior no deshace una"
            " resolución ya vencida.",
            "tickets sin resolver con ahora > un vencimiento",
        ),
    ),
    "contact_center_tickets_due_soon": texts(
        Text(
            "Due soon",
            "Tickets whose first response or resolution is due within one hour.",
            "Unsolved tickets that are not overdue.",
            "unsolved tickets with now < a due time <= now + 1 h",
        ),
        Text(
            "Por vencer",
            "Tickets cuya primera respuesta o resolución vence dentro de una hora.",
            "Tickets sin resolver que no están vencidos.",
            "tickets sin resolver con ahora < un vencimiento <= ahora + 1 h",
        ),
    ),
    "contact_center_ticket_backlog": texts(
        Text(
            "Backlog by age",
            "Unsolved tickets by how long ago they were opened.",
            "Every unsolved ticket in one age; exactly 1 h old is in 1-4h.",
            "unsolved tickets by now - opened",
        ),
        Text(
            "Cartera por antigüedad",
            "Tickets sin resolver según cuánto hace que se abrieron.",
            "Cada ticket sin resolver en un tramo de antigüedad; con 1 h justa está en 1-4h.",
            "tickets sin resolver por ahora - apertura",
        ),
    ),
    "contact_center_oldest_ticket_seconds": texts(
        Text(
            "Oldest ticket",
            "Age of the oldest unsolved ticket.",
            "Every unsolved ticket, also on hold.",
            "now - the earliest opening of an unsolved ticket",
        ),
        Text(
            "Ticket más antiguo",
            "Antigüedad del ticket sin resolver más antiguo.",
            "Todos los tickets sin resolver, también los que están en espera.",
            "ahora - la apertura más antigua de un ticket sin resolver",
        ),
    ),
    "contact_center_backlog_clearance_seconds": texts(
        Text(
            "Time to clear the backlog",
            "How long today's open tickets would last at the pace of the window.",
            "All unsolved tickets; closings are net of openings and reopenings, and a removed ticket counts at its"
            " opening and at its removal. 0 where nothing is open; no sample while the backlog grows.",
            "open now / ((all solves + removals - reopenings - opened - openings of removed tickets) / window)",
        ),
        Text(
            "Tiempo para vaciar la cartera",
            "Cuánto durarían los tickets pendientes al ritmo de la ventana.",
            "Todos los tickets sin resolver; los cierres van netos de aperturas y reaperturas, y un ticket retirado"
            " cuenta en su apertura y en su retirada. 0 si no hay pendientes; sin muestra mientras la cartera crece.",
            "pendientes ahora / ((todas las resoluciones + retiradas - reaperturas - abiertos - aperturas de tickets"
            " retirados) / ventana)",
        ),
    ),
}
