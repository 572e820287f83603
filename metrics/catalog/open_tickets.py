"""KPIs of open tickets, and of the time to work them off."""

from __future__ import annotations

from metrics.catalog.detail import Lean
from metrics.catalog.model import TICKETS_ONLY, Clearance, Now, QueueKpi, Unit, now_part
from metrics.catalog.words import CALENDAR, CLOCK_OF_DUE_TIMES, CLOSINGS, DESK, VEINTE, Text, texts
from metrics.snapshot.amounts import amount
from streams.facts.tickets.live import TicketLive
from streams.facts.tickets.measures import TicketMeasure

OPEN_TICKETS: tuple[QueueKpi, ...] = (
    Now(
        name="contact_center_tickets_awaiting_reply",
        text=texts(
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
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(now_part(TicketLive.AWAITING_REPLY),),
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_open",
        text=texts(
            Text(
                "Open",
                "Unsolved tickets, each in one state: on hold, else unattended (no public reply yet), else open.",
                "Tickets opened and not solved, in their current queue.",
                "unsolved tickets by state",
            ),
            Text(
                "Pendientes",
                "Tickets sin resolver, cada uno en un estado: en espera, si no sin atender (aún sin respuesta"
                " pública), si no abierto.",
                "Tickets abiertos y no resueltos, en su cola actual.",
                "tickets sin resolver por estado",
            ),
        ),
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(
            now_part(TicketLive.OPEN_ON_HOLD, state="on_hold"),
            now_part(TicketLive.OPEN_UNATTENDED, state="unattended"),
            now_part(TicketLive.OPEN_OPEN, state="open"),
        ),
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_overdue",
        text=texts(
            Text(
                "Overdue",
                "Tickets past the due time of their first response or of their resolution: what desks call the"
                " backlog.",
                "Unsolved tickets; a hold does not stop the first response, and a later hold does not undo a resolution"
                " that was already due.",
                "unsolved tickets with now > a due time",
            ),
            Text(
                "Cartera vencida",
                "Tickets que pasaron el vencimiento de su primera respuesta o de su resolución: la cartera de la mesa.",
                "Tickets sin resolver; una espera no detiene la primera respuesta, y una espera posterior no deshace"
                " una resolución ya vencida.",
                "tickets sin resolver con ahora > un vencimiento",
            ),
        ),
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(now_part(TicketLive.OVERDUE),),
        clock=CLOCK_OF_DUE_TIMES,
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_due_soon",
        text=texts(
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
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(now_part(TicketLive.DUE_SOON),),
        clock=CLOCK_OF_DUE_TIMES,
        source=VEINTE,
    ),
    Now(
        name="contact_center_ticket_backlog",
        text=texts(
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
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(
            now_part(TicketLive.AGE_UNDER_1H, age="under 1h"),
            now_part(TicketLive.AGE_1H_4H, age="1-4h"),
            now_part(TicketLive.AGE_4H_8H, age="4-8h"),
            now_part(TicketLive.AGE_8H_24H, age="8-24h"),
            now_part(TicketLive.AGE_1D_3D, age="1-3d"),
            now_part(TicketLive.AGE_3D_7D, age="3-7d"),
            now_part(TicketLive.AGE_OVER_7D, age="over 7d"),
        ),
        clock=CALENDAR,
        source=DESK,
    ),
    Now(
        name="contact_center_oldest_ticket_seconds",
        text=texts(
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
        unit=Unit.SECONDS,
        channels=TICKETS_ONLY,
        parts=(now_part(TicketLive.OLDEST_TICKET),),
        clock=CALENDAR,
        source=DESK,
    ),
    Now(
        name="contact_center_oldest_unattended_seconds",
        text=texts(
            Text(
                "Oldest unattended ticket",
                "Age of the oldest unsolved ticket that no person has answered.",
                "Unsolved tickets without a public reply by a person, also on hold.",
                "now - the earliest opening of an unsolved ticket without a public reply",
            ),
            Text(
                "Ticket sin atender más antiguo",
                "Antigüedad del ticket sin resolver más antiguo que nadie ha contestado.",
                "Tickets sin resolver y sin respuesta pública de una persona, también los que están en espera.",
                "ahora - la apertura más antigua de un ticket sin resolver y sin respuesta pública",
            ),
        ),
        unit=Unit.SECONDS,
        channels=TICKETS_ONLY,
        parts=(now_part(TicketLive.OLDEST_UNATTENDED),),
        clock=CALENDAR,
        source=DESK,
    ),
    Clearance(
        name="contact_center_backlog_clearance_seconds",
        text=texts(
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
                "Todos los tickets sin resolver; los cierres van netos de aperturas y reaperturas, y un ticket"
                " retirado cuenta en su apertura y en su retirada. 0 si no hay pendientes; sin muestra mientras la"
                " cartera crece.",
                "pendientes ahora / ((todas las resoluciones + retiradas - reaperturas - abiertos - aperturas de"
                " tickets retirados) / ventana)",
            ),
        ),
        channels=TICKETS_ONLY,
        lean=Lean(windows=("24h", "7d")),
        open_now=(TicketLive.OPEN_ON_HOLD, TicketLive.OPEN_UNATTENDED, TicketLive.OPEN_OPEN),
        net_closings=amount(
            TicketMeasure.SOLVES,
            TicketMeasure.REMOVED,
            minus=(TicketMeasure.REOPENED, TicketMeasure.OPENED, TicketMeasure.REMOVED_OPENED),
        ),
        windows=("24h", "7d", "28d"),
        clock=CALENDAR,
        attribution=CLOSINGS,
        source=VEINTE,
    ),
)
