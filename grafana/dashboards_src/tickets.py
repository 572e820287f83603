"""The dashboard of tickets: open and overdue ones, responses, resolution, and days until the backlog is cleared."""

from __future__ import annotations

from grafana.panels.panel_helpers import (
    CHOSEN_TICKETS,
    MEDIUM_CHOICE,
    TICKET_QUEUE_CHOICE,
    banner,
    column,
    line,
    one_each,
    tile,
    window_choice,
)
from grafana.panels.promql import BY_CHANNEL, count, each, now, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape
from grafana.panels.words import AGES, MEDIUM, NO_TRAFFIC_OR_DATA, NOTHING, QUEUE, TICKET_STATES
from streams.common.languages import Bilingual

WINDOW = {**CHOSEN_TICKETS, "window": "$window"}
TODAY = {**CHOSEN_TICKETS, "window": "today"}
TICKET_CHANNEL = {"channel": "ticket"}
BY_DESK = ("queue", "medium")
OPEN = "contact_center_tickets_open"
OVERDUE = "contact_center_tickets_overdue"
FIRST = "contact_center_first_response_seconds"
WITHIN = "contact_center_first_response_within_ratio"
NEXT = "contact_center_next_response_seconds"
RESOLUTION = "contact_center_resolution_seconds"
CLEARANCE = "contact_center_backlog_clearance_seconds"
LIMITS = {
    "15m": Bilingual("within 15 min", "en 15 min"),
    "24h": Bilingual("within 24 h", "en 24 h"),
    "target": Bilingual("within the target", "dentro del objetivo"),
}
CLOCKS = {
    "calendar": Bilingual("calendar", "naturales"),
    "business": Bilingual("open hours", "de atención"),
    "net": Bilingual("net of holds", "netas de espera"),
}
BASES = {
    "flow": Bilingual("solved / opened (may exceed 100 %)", "resueltos / abiertos (puede pasar de 100 %)"),
    "cohort": Bilingual("of those opened, solved by now", "de los abiertos, ya resueltos"),
}
KINDS = {"first": Bilingual("first solve", "primera"), "full": Bilingual("latest solve", "última")}

_NOW = (
    *(
        tile(
            OPEN,
            now(OPEN, BY_CHANNEL, {**CHOSEN_TICKETS, "state": state}),
            title=Bilingual(f"Open: {text.en}", f"Abiertos: {text.es}"),
            match=TICKET_CHANNEL,
            width=3,
        )
        for state, text in TICKET_STATES.items()
    ),
    tile(
        "contact_center_tickets_awaiting_reply",
        now("contact_center_tickets_awaiting_reply", BY_CHANNEL, CHOSEN_TICKETS),
        match=TICKET_CHANNEL,
        width=3,
    ),
    tile(OVERDUE, now(OVERDUE, BY_CHANNEL, CHOSEN_TICKETS), scale="unwanted", match=TICKET_CHANNEL, width=3),
    tile(
        "contact_center_tickets_due_soon",
        now("contact_center_tickets_due_soon", BY_CHANNEL, CHOSEN_TICKETS),
        scale="unwanted",
        match=TICKET_CHANNEL,
        width=3,
    ),
    tile(
        "contact_center_oldest_ticket_seconds",
        now("contact_center_oldest_ticket_seconds", BY_CHANNEL, CHOSEN_TICKETS),
        unit=Measured.LONG_DURATION,
        counted=now(OPEN, BY_CHANNEL, CHOSEN_TICKETS),
        nobody=NOTHING,
        match=TICKET_CHANNEL,
        width=6,
    ),
)

_BACKLOG = (
    Panel(
        shape=Shape.BARS,
        about=("contact_center_ticket_backlog",),
        queries=one_each(AGES, lambda age: now("contact_center_ticket_backlog", (), {**CHOSEN_TICKETS, "age": age})),
        width=8,
    ),
    Panel(
        shape=Shape.STACK,
        title=Bilingual("Open tickets over time", "Tickets abiertos en el tiempo"),
        about=(OPEN, OVERDUE),
        queries=one_each(TICKET_STATES, lambda state: now(OPEN, (), {**CHOSEN_TICKETS, "state": state}), instant=False),
        width=8,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Opened, solved, reopened", "Abiertos, resueltos, reabiertos"),
        about=(
            "contact_center_tickets_opened_total",
            "contact_center_tickets_solved_total",
            "contact_center_tickets_reopened_total",
        ),
        queries=tuple(
            line(count(f"contact_center_tickets_{what}_total", (), WINDOW), legend)
            for what, legend in (
                ("opened", Bilingual("opened", "abiertos")),
                ("solved", Bilingual("solved", "resueltos")),
                ("reopened", Bilingual("reopened", "reabiertos")),
            )
        ),
        width=8,
    ),
)

_SHARES = (
    Panel(
        shape=Shape.BARS,
        about=(WITHIN,),
        queries=one_each(LIMITS, lambda limit: quotient(WITHIN, (), {**WINDOW, "limit": limit})),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
        width=8,
        height=6,
    ),
    Panel(
        shape=Shape.BARS,
        about=("contact_center_resolution_ratio",),
        queries=one_each(
            BASES, lambda basis: quotient("contact_center_resolution_ratio", (), {**WINDOW, "basis": basis})
        ),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
        width=8,
        height=6,
    ),
    Panel(
        shape=Shape.BARS,
        about=("contact_center_resolved_within_24h_ratio",),
        queries=(
            Query(
                expr=quotient("contact_center_resolved_within_24h_ratio", (), WINDOW),
                legend=Bilingual("solved within 24 h", "resueltos en 24 h"),
            ),
        ),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
        width=8,
        height=6,
    ),
)

_TIMES = (
    Panel(
        shape=Shape.BARS,
        title=Bilingual("Average time to respond", "Tiempo medio de respuesta"),
        about=(FIRST, NEXT),
        queries=(
            *(
                Query(
                    expr=quotient(FIRST, (), {**WINDOW, "clock": clock}),
                    legend=Bilingual(f"first, {CLOCKS[clock].en} hours", f"primera, horas {CLOCKS[clock].es}"),
                )
                for clock in ("calendar", "business")
            ),
            Query(
                expr=quotient(NEXT, (), WINDOW),
                legend=Bilingual("next, calendar hours", "siguiente, horas naturales"),
            ),
        ),
        unit=Measured.LONG_DURATION,
        empty=NO_TRAFFIC_OR_DATA,
    ),
    Panel(
        shape=Shape.BARS,
        title=Bilingual("Average time to solve", "Tiempo medio de resolución"),
        about=(RESOLUTION,),
        queries=tuple(
            Query(
                expr=quotient(RESOLUTION, (), {**WINDOW, "clock": clock, "which": which}),
                legend=Bilingual(f"{kind.en}, {hours.en} hours", f"{kind.es}, horas {hours.es}"),
            )
            for which, kind in KINDS.items()
            for clock, hours in CLOCKS.items()
        ),
        unit=Measured.LONG_DURATION,
        empty=NO_TRAFFIC_OR_DATA,
    ),
)

_DESKS = Panel(
    shape=Shape.TABLE,
    title=Bilingual("Desk by desk", "Mesa a mesa"),
    about=(OVERDUE, CLEARANCE),
    keys={"queue": QUEUE, "medium": MEDIUM},
    leads_to="tickets",
    columns=(
        column(Bilingual("Overdue", "Vencidos"), now(OVERDUE, BY_DESK, CHOSEN_TICKETS), words="unwanted"),
        column(Bilingual("Open", "Abiertos"), now(OPEN, BY_DESK, CHOSEN_TICKETS)),
        column(
            Bilingual("Within the target", "Dentro del objetivo"),
            quotient(WITHIN, BY_DESK, {**WINDOW, "limit": "target"}),
            Measured.SHARE,
        ),
        column(
            Bilingual("First response p90, today", "Primera respuesta p90, hoy"),
            each(FIRST, BY_DESK, {**TODAY, "clock": "calendar", "stat": "p90"}),
            Measured.LONG_DURATION,
        ),
        column(
            Bilingual("Solved in p90, today", "Resuelto en p90, hoy"),
            each(RESOLUTION, BY_DESK, {**TODAY, "clock": "net", "which": "full", "stat": "p90"}),
            Measured.LONG_DURATION,
        ),
        column(
            Bilingual("Backlog gone in, at 24 h pace", "Cartera a cero, al ritmo de 24 h"),
            each(CLEARANCE, BY_DESK, {**CHOSEN_TICKETS, "window": "24h"}),
            Measured.LONG_DURATION,
        ),
        column(
            Bilingual("At 7 days' pace", "Al ritmo de 7 días"),
            each(CLEARANCE, BY_DESK, {**CHOSEN_TICKETS, "window": "7d"}),
            Measured.LONG_DURATION,
        ),
    ),
    empty=Bilingual("–", "–"),
    width=24,
)

TICKETS = Dashboard(
    name="tickets",
    title=Bilingual("Veinte · Tickets and backlog", "Veinte · Tickets y cartera"),
    purpose=Bilingual(
        "What is open, overdue and due within the hour; how fast tickets are answered and solved.",
        "Qué está abierto, vencido o por vencer en una hora; con qué rapidez se responde y se resuelve.",
    ),
    variables=(TICKET_QUEUE_CHOICE, MEDIUM_CHOICE, window_choice("24h")),
    rows=(banner(TICKET_CHANNEL), _NOW, _BACKLOG, _SHARES, _TIMES, (_DESKS,)),
    since="now-24h",
)
