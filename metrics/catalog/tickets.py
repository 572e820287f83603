"""KPIs of tickets: opened and solved, how long it took, what is open."""

from __future__ import annotations

from metrics.catalog.model import AVERAGE, Average, Count, Now, NowPart, QueueKpi, Unit, amount, division, texts
from streams.measures import Measure
from streams.settings import Channel

TICKETS_ONLY = (Channel.TICKET,)
EVENT = "the event"
SOLVE = "the solve"
DESK = "what help desks count"
CALENDAR = ("clock", "calendar")

TICKETS: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_tickets_opened_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.OPENED),
        attribution=EVENT,
        source=DESK,
        text=texts(
            "Opened",
            "Tickets opened.",
            "Abiertos",
            "Tickets que se abrieron.",
        ),
    ),
    Count(
        name="contact_center_tickets_solved_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.SOLVED),
        total=amount(Measure.SOLVES),
        attribution="the first solve after the latest reopening; the counter: every solve",
        source=DESK,
        text=texts(
            "Solved",
            "Tickets solved: a window counts a ticket once, the counter every solve.",
            "Resueltos",
            "Tickets resueltos: una ventana cuenta cada ticket una vez, el contador cada resolución.",
        ),
    ),
    Count(
        name="contact_center_tickets_reopened_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.REOPENED),
        attribution=EVENT,
        source=DESK,
        text=texts(
            "Reopened",
            "Reopenings of solved tickets.",
            "Reabiertos",
            "Reaperturas de tickets resueltos.",
        ),
    ),
    Average(
        name="contact_center_first_response_seconds",
        channels=TICKETS_ONLY,
        labels=("clock", "stat"),
        division=division(((CALENDAR, AVERAGE), amount(Measure.FIRST_RESPONSE_MS), amount(Measure.FIRST_RESPONSES))),
        attribution="the reply",
        source="first response time (FRT)",
        text=texts(
            "First response",
            "Time from opening to the first public reply by a person.",
            "Primera respuesta",
            "Tiempo desde la apertura hasta la primera respuesta pública de una persona.",
        ),
    ),
    Average(
        name="contact_center_resolution_seconds",
        channels=TICKETS_ONLY,
        labels=("clock", "stat", "which"),
        division=division(
            (
                (CALENDAR, AVERAGE, ("which", "first")),
                amount(Measure.FIRST_RESOLUTION_MS),
                amount(Measure.FIRST_RESOLUTIONS),
            ),
            ((CALENDAR, AVERAGE, ("which", "full")), amount(Measure.FULL_RESOLUTION_MS), amount(Measure.SOLVED)),
        ),
        attribution=SOLVE,
        source="time to resolution (TTR)",
        text=texts(
            "Resolution",
            "Time from opening to the solve; the full one moves with each new solve.",
            "Resolución",
            "Tiempo desde la apertura hasta la resolución; la completa se mueve con cada nueva resolución.",
        ),
    ),
    Now(
        name="contact_center_tickets_open",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        labels=("state",),
        parts=(
            NowPart((("state", "on_hold"),), lambda live: live.open_on_hold),
            NowPart((("state", "unattended"),), lambda live: live.open_unattended),
            NowPart((("state", "open"),), lambda live: live.open_open),
        ),
        source=DESK,
        text=texts(
            "Open",
            "Unsolved tickets, each in one state: on hold, else unattended (no public reply yet), else open.",
            "Abiertos ahora",
            "Tickets sin resolver, cada uno en un estado: en espera, si no sin atender (aún sin respuesta pública), si"
            " no abierto.",
        ),
    ),
    Now(
        name="contact_center_tickets_overdue",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.overdue),),
        source="what desks call the backlog",
        text=texts(
            "Overdue",
            "Tickets past the due time of their first response or of their resolution.",
            "Cartera vencida",
            "Tickets que pasaron el vencimiento de su primera respuesta o de su resolución.",
        ),
    ),
    Now(
        name="contact_center_tickets_due_soon",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.due_soon),),
        source="Veinte: due within 1 h",
        text=texts(
            "Due soon",
            "Tickets whose first response or resolution is due within one hour.",
            "Por vencer",
            "Tickets cuya primera respuesta o resolución vence dentro de una hora.",
        ),
    ),
    Now(
        name="contact_center_oldest_ticket_seconds",
        unit=Unit.SECONDS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.oldest_ticket_ms),),
        source=DESK,
        text=texts(
            "Oldest ticket",
            "Age of the oldest unsolved ticket.",
            "Ticket más antiguo",
            "Antigüedad del ticket sin resolver más antiguo.",
        ),
    ),
)
