"""KPIs of tickets: opened, solved, and the durations between."""

from __future__ import annotations

from metrics.catalog.detail import Lean
from metrics.catalog.model import LONG_WINDOWS, TICKETS_ONLY, Average, Count, QueueKpi, Ratio, Unit
from metrics.catalog.quotients import quotient
from metrics.catalog.words import (
    ASSIGNMENT_AND_SOLVE,
    CALENDAR,
    CALENDAR_BUSINESS_OR_NET,
    CALENDAR_OR_BUSINESS,
    CLOCK_OF_LIMIT,
    DESK,
    FLOW_AND_COHORT,
    FRT,
    NRT,
    REPLY,
    REPLY_OR_LIMIT,
    SOLVE,
    SOLVE_OR_DAY,
    SOLVED_AT,
    TICKET_EVENT,
    TTR,
    VEINTE,
    Text,
    texts,
)
from metrics.snapshot.amounts import amount
from streams.facts.tickets.live import TicketLive
from streams.facts.tickets.measures import TicketMeasure, TicketSketch

TEAMS_SHOWN = 50
AGENTS_SHOWN = 50

FIRST = TicketMeasure.FIRST_RESOLUTIONS
"""Number of first resolutions, by either clock."""
FULL = TicketMeasure.SOLVED

TICKETS: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_tickets_opened_total",
        text=texts(
            Text(
                "Opened",
                "Tickets opened.",
                "Every ticket once, in its first queue; removed ones (spam, duplicates, tests) as if they had never"
                " come.",
            ),
            Text(
                "Abiertos",
                "Tickets que se abrieron.",
                "Cada ticket una vez, en su primera cola; los retirados (spam, duplicados, pruebas), como si nunca"
                " hubieran llegado.",
            ),
        ),
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        lean=Lean(more=("28d",)),
        amount=amount(TicketMeasure.OPENED),
        attribution=TICKET_EVENT,
        source=DESK,
    ),
    Count(
        name="contact_center_tickets_solved_total",
        text=texts(
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
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(TicketMeasure.SOLVED),
        total=amount(TicketMeasure.SOLVES),
        attribution=SOLVED_AT,
        source=DESK,
    ),
    Count(
        name="contact_center_tickets_reopened_total",
        text=texts(
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
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(TicketMeasure.REOPENED),
        attribution=TICKET_EVENT,
        source=DESK,
    ),
    Ratio(
        name="contact_center_reopened_ratio",
        text=texts(
            Text(
                "Reopening rate",
                "Reopenings per solve.",
                "Every reopening of a solved ticket and every solve, each at its own time and in the queue that it"
                " happened in; it may exceed 1. Removed tickets are in neither.",
            ),
            Text(
                "Tasa de reapertura",
                "Reaperturas por resolución.",
                "Cada reapertura de un ticket resuelto y cada resolución, cada una en su momento y en la cola donde"
                " ocurrió; puede pasar de 1. Los tickets retirados no están en ninguna de las dos.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=(quotient(TicketMeasure.REOPENED, TicketMeasure.SOLVES),),
        attribution=TICKET_EVENT,
        source=DESK,
    ),
    Average(
        name="contact_center_first_response_seconds",
        text=texts(
            Text(
                "First response",
                "Time from opening to the first public reply by a person.",
                "Tickets with such a reply; automated and private replies do not count, and a hold does not stop the"
                " clock.",
            ),
            Text(
                "Primera respuesta",
                "Tiempo desde la apertura hasta la primera respuesta pública de una persona.",
                "Tickets con esa respuesta; no cuentan las automáticas ni las internas, y una espera no detiene el"
                " reloj.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=(
            quotient(
                TicketMeasure.FIRST_RESPONSE_MS,
                TicketMeasure.FIRST_RESPONSES,
                sketch=TicketSketch.FIRST_RESPONSE,
                clock="calendar",
            ),
            quotient(
                TicketMeasure.FIRST_RESPONSE_BUSINESS_MS,
                TicketMeasure.FIRST_RESPONSES,
                sketch=TicketSketch.FIRST_RESPONSE_BUSINESS,
                clock="business",
            ),
        ),
        clock=CALENDAR_OR_BUSINESS,
        attribution=REPLY,
        source=FRT,
    ),
    Ratio(
        name="contact_center_first_response_within_ratio",
        text=texts(
            Text(
                "First response in time",
                "Share of tickets answered by a person within 15 minutes, 24 hours, or the queue's own target.",
                "One event a ticket, at the reply or when the limit passes; a late reply adds nothing. Solved before"
                " any reply and before the limit is no event.",
            ),
            Text(
                "Primera respuesta a tiempo",
                "Proporción de tickets respondidos por una persona en 15 minutos, en 24 horas o en el objetivo de la"
                " cola.",
                "Un evento por ticket, al responder o al vencer el límite; una respuesta tardía no suma. Resuelto"
                " antes de responder y del límite no es un evento.",
            ),
        ),
        channels=TICKETS_ONLY,
        lean=Lean(more=("7d", "28d")),
        series=(
            quotient(TicketMeasure.RESPONSE_15M_MET, TicketMeasure.RESPONSE_15M_JUDGED, limit="15m"),
            quotient(TicketMeasure.RESPONSE_24H_MET, TicketMeasure.RESPONSE_24H_JUDGED, limit="24h"),
            quotient(TicketMeasure.RESPONSE_TARGET_MET, TicketMeasure.RESPONSE_TARGET_JUDGED, limit="target"),
        ),
        clock=CLOCK_OF_LIMIT,
        attribution=REPLY_OR_LIMIT,
        source=FRT,
    ),
    Average(
        name="contact_center_next_response_seconds",
        text=texts(
            Text(
                "Next response",
                "Time from a customer's unanswered message to the next public reply by a person.",
                "From the first message since the last reply; messages of the customer that nobody has answered yet are"
                " not in it.",
            ),
            Text(
                "Siguiente respuesta",
                "Tiempo desde el mensaje sin contestar de un cliente hasta la siguiente respuesta pública de una"
                " persona.",
                "Desde el primer mensaje tras la última respuesta; no los mensajes que nadie ha contestado aún.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=(
            (
                quotient(
                    TicketMeasure.NEXT_RESPONSE_MS,
                    TicketMeasure.NEXT_RESPONSES,
                    sketch=TicketSketch.NEXT_RESPONSE,
                    pending=(TicketLive.AWAITING_REPLY,),
                ),
            )
        ),
        clock=CALENDAR,
        attribution=REPLY,
        source=NRT,
    ),
    Average(
        name="contact_center_resolution_seconds",
        text=texts(
            Text(
                "Resolution",
                "Time from opening to the solve: the first one, or the latest with all reopenings.",
                "Solved tickets. `first` stays where it was; `full` moves with each new solve, and a reopening takes it"
                " back until then.",
            ),
            Text(
                "Tiempo de resolución",
                "Tiempo desde la apertura hasta la resolución: la primera, o la última contando las reaperturas.",
                "Tickets resueltos. `first` no se mueve; `full` pasa a cada nueva resolución, y una reapertura la"
                " retira hasta entonces.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=tuple(
            (
                quotient(time_ms, solves, sketch=sketch, clock=clock, which=which)
                for which, solves, clock, time_ms, sketch in (
                    ("first", FIRST, "calendar", TicketMeasure.FIRST_RESOLUTION_MS, TicketSketch.FIRST_RESOLUTION),
                    (
                        "first",
                        FIRST,
                        "business",
                        TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS,
                        TicketSketch.FIRST_RESOLUTION_BUSINESS,
                    ),
                    ("first", FIRST, "net", TicketMeasure.FIRST_RESOLUTION_NET_MS, TicketSketch.FIRST_RESOLUTION_NET),
                    ("full", FULL, "calendar", TicketMeasure.FULL_RESOLUTION_MS, TicketSketch.FULL_RESOLUTION),
                    (
                        "full",
                        FULL,
                        "business",
                        TicketMeasure.FULL_RESOLUTION_BUSINESS_MS,
                        TicketSketch.FULL_RESOLUTION_BUSINESS,
                    ),
                    ("full", FULL, "net", TicketMeasure.FULL_RESOLUTION_NET_MS, TicketSketch.FULL_RESOLUTION_NET),
                )
            )
        ),
        clock=CALENDAR_BUSINESS_OR_NET,
        attribution=SOLVE,
        source=TTR,
    ),
    Ratio(
        name="contact_center_resolution_ratio",
        text=texts(
            Text(
                "Resolution rate",
                "Tickets solved per ticket opened: in the window's flow, or of those opened in it.",
                "flow compares what was solved in the window, whenever it was opened, and may exceed 1; cohort"
                " follows the tickets opened in the window and never does.",
            ),
            Text(
                "Tasa de resolución",
                "Tickets resueltos por ticket abierto: en el flujo de la ventana, o de los abiertos en ella.",
                "flow compara con lo resuelto en la ventana, se abriera cuando se abriera, y puede pasar de 1; cohort"
                " sigue a los abiertos en la ventana y nunca pasa.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=(
            quotient(TicketMeasure.SOLVED, TicketMeasure.OPENED, basis="flow"),
            quotient(TicketMeasure.COHORT_SOLVED, TicketMeasure.OPENED, basis="cohort"),
        ),
        attribution=FLOW_AND_COHORT,
        source=DESK,
    ),
    Ratio(
        name="contact_center_team_resolution_ratio",
        text=texts(
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
        channels=TICKETS_ONLY,
        lean=Lean(windows=()),
        by="team",
        top=TEAMS_SHOWN,
        windows=LONG_WINDOWS,
        series=(
            quotient(TicketMeasure.TEAM_SOLVED, TicketMeasure.TEAM_OPENED, basis="flow"),
            quotient(TicketMeasure.TEAM_COHORT_SOLVED, TicketMeasure.TEAM_OPENED, basis="cohort"),
        ),
        attribution=FLOW_AND_COHORT,
        source=DESK,
    ),
    Ratio(
        name="contact_center_agent_resolution_ratio",
        text=texts(
            Text(
                "Resolution rate by agent",
                "Tickets solved by an agent per distinct ticket assigned to them, of the 50 with most.",
                "Agents under a pseudonym, a keyed hash in hexadecimal, and in the API only. The solver is whom the"
                " solve names, else the last agent assigned before it.",
            ),
            Text(
                "Tasa de resolución por agente",
                "Tickets resueltos por un agente por ticket distinto que se le asignó, de los 50 con más.",
                "Agentes bajo seudónimo, un hash con clave en hexadecimal, y solo en la API. Resuelve quien nombra la"
                " resolución o, si no, el último asignado antes de ella.",
            ),
        ),
        channels=TICKETS_ONLY,
        by="agent",
        top=AGENTS_SHOWN,
        windows=LONG_WINDOWS,
        api_only=True,
        series=(quotient(TicketMeasure.AGENT_SOLVED, TicketMeasure.AGENT_ASSIGNED),),
        attribution=ASSIGNMENT_AND_SOLVE,
        source=DESK,
    ),
    Ratio(
        name="contact_center_resolved_within_24h_ratio",
        text=texts(
            Text(
                "Resolved within 24 h",
                "Share of tickets solved within 24 hours of opening.",
                "One event a ticket, when it is solved or when 24 h have passed; a reopened one counts by its first"
                " solve after the latest reopening.",
            ),
            Text(
                "Resueltos en 24 h",
                "Proporción de tickets resueltos antes de 24 horas desde su apertura.",
                "Un evento por ticket, al resolverse o al cumplirse 24 h; uno reabierto cuenta por su primera"
                " resolución tras la última reapertura.",
            ),
        ),
        channels=TICKETS_ONLY,
        series=(quotient(TicketMeasure.RESOLVED_24H_MET, TicketMeasure.RESOLVED_24H_JUDGED),),
        clock=CALENDAR,
        attribution=SOLVE_OR_DAY,
        source=VEINTE,
    ),
)
