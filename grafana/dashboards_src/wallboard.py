"""The dashboard for a screen across the room: no names of people, no variants, percentages of ten contacts or more."""

from __future__ import annotations

from grafana.panels.panel_helpers import (
    CHANNEL_CHOICE,
    CHOSEN,
    OBJECTIVE,
    PAST_TARGET,
    QUEUE_CHOICE,
    QUEUE_NAME,
    ROW_KEYS,
    SERVICE_LEVEL,
    USUAL,
    WAITING,
    banner,
    column,
    line,
    points_from_objective,
    share_tile,
    state_column,
    tile,
)
from grafana.panels.promql import BY_CHANNEL, BY_QUEUE, count, denominator, each, now, numerator, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Shape
from grafana.panels.words import NO_DATA, NOBODY, NOTHING
from metrics.snapshot.states import FEW_BELOW
from streams.common.languages import Bilingual

HALF_HOUR = {**CHOSEN, "window": "30m", **USUAL}
TODAY = {**CHOSEN, "window": "today"}
TODAY_LEVEL = {**TODAY, **USUAL}
TICKETS = {"channel": "ticket"}
ABANDONMENT = "contact_center_abandonment_ratio"

_LEVELS = (
    share_tile(
        SERVICE_LEVEL,
        HALF_HOUR,
        at_least=FEW_BELOW,
        title=Bilingual("Service level, last 30 min", "Nivel de servicio, últimos 30 min"),
        height=5,
    ),
    tile(
        SERVICE_LEVEL,
        points_from_objective(BY_CHANNEL, HALF_HOUR),
        title=Bilingual("From the objective, 30 min", "Respecto al objetivo, 30 min"),
        note=Bilingual(
            "Service level less objective, weighted by contacts: + is above it.",
            "Nivel de servicio menos objetivo, ponderado por contactos: + es por encima.",
        ),
        unit=Measured.SHARE,
        scale="points",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, HALF_HOUR),
        height=5,
    ),
    share_tile(
        SERVICE_LEVEL,
        TODAY_LEVEL,
        at_least=FEW_BELOW,
        title=Bilingual("Service level, today", "Nivel de servicio, hoy"),
        height=5,
    ),
    tile(WAITING, now(WAITING, BY_CHANNEL, CHOSEN), height=5),
    tile(
        "contact_center_longest_wait_seconds",
        now("contact_center_longest_wait_seconds", BY_CHANNEL, CHOSEN),
        unit=Measured.DURATION,
        counted=now(WAITING, BY_CHANNEL, CHOSEN),
        nobody=NOBODY,
        height=5,
    ),
    tile(PAST_TARGET, now(PAST_TARGET, BY_CHANNEL, CHOSEN), scale="unwanted", height=5),
)

_QUEUES = Panel(
    shape=Shape.TABLE,
    title=Bilingual("Queue by queue", "Cola a cola"),
    note=Bilingual(
        "A percentage is shown from ten contacts on. The state says what the number is worth.",
        "El porcentaje se muestra a partir de diez contactos. El estado dice cuánto vale el número.",
    ),
    about=(SERVICE_LEVEL,),
    keys=ROW_KEYS,
    columns=(
        column(
            Bilingual("Open", "Abierta"),
            each("contact_center_queue_open", BY_QUEUE, CHOSEN),
            unit=Measured.TIMES,
            words="open",
        ),
        state_column(HALF_HOUR),
        column(
            Bilingual("SL 30 min", "NS 30 min"),
            quotient(SERVICE_LEVEL, BY_QUEUE, HALF_HOUR, FEW_BELOW),
            Measured.SHARE,
        ),
        column(Bilingual("met", "cumplidos"), numerator(SERVICE_LEVEL, BY_QUEUE, HALF_HOUR)),
        column(Bilingual("of", "de"), denominator(SERVICE_LEVEL, BY_QUEUE, HALF_HOUR)),
        column(
            Bilingual("SL today", "NS hoy"),
            quotient(SERVICE_LEVEL, BY_QUEUE, TODAY_LEVEL, FEW_BELOW),
            Measured.SHARE,
        ),
        column(Bilingual("Objective", "Objetivo"), each(OBJECTIVE, BY_QUEUE, CHOSEN), Measured.SHARE),
        column(
            Bilingual("Today's objective", "Objetivo de hoy"),
            points_from_objective(BY_QUEUE, TODAY_LEVEL),
            Measured.SHARE,
            words="objective",
        ),
        column(
            Bilingual("Best still possible", "Lo mejor posible"),
            each(
                "contact_center_service_level_reachable_ratio",
                BY_QUEUE,
                {**CHOSEN, "outlook": "best"},
            ),
            Measured.SHARE,
        ),
        column(Bilingual("Waiting", "Esperan"), now(WAITING, BY_QUEUE, CHOSEN)),
        column(
            Bilingual("Longest wait", "Espera mayor"),
            now("contact_center_longest_wait_seconds", BY_QUEUE, CHOSEN),
            Measured.DURATION,
        ),
        column(Bilingual("Past target", "Fuera de objetivo"), now(PAST_TARGET, BY_QUEUE, CHOSEN), words="unwanted"),
        column(Bilingual("In progress", "En curso"), now("contact_center_contacts_in_progress", BY_QUEUE, CHOSEN)),
        column(
            Bilingual("Offered today", "Ofrecidos hoy"), count("contact_center_contacts_offered_total", BY_QUEUE, TODAY)
        ),
        column(
            Bilingual("Answered today", "Atendidos hoy"),
            count("contact_center_contacts_answered_total", BY_QUEUE, TODAY),
        ),
        column(
            Bilingual("Abandoned today", "Abandonados hoy"),
            count("contact_center_contacts_abandoned_total", BY_QUEUE, TODAY),
        ),
        column(Bilingual("Abandonment", "Abandono"), quotient(ABANDONMENT, BY_QUEUE, TODAY, FEW_BELOW), Measured.SHARE),
        column(Bilingual("Callbacks", "Devoluciones"), now("contact_center_callbacks_pending", BY_QUEUE, CHOSEN)),
        column(
            Bilingual("Oldest callback", "Devolución más antigua"),
            now("contact_center_oldest_callback_seconds", BY_QUEUE, CHOSEN),
            Measured.DURATION,
        ),
    ),
    empty=NO_DATA,
    width=24,
    height=10,
)

_TICKETS = (
    tile(
        "contact_center_tickets_open",
        now("contact_center_tickets_open", BY_CHANNEL, {**TICKETS, "state": "unattended"}),
        title=Bilingual("Tickets without a reply", "Tickets sin respuesta"),
        match=TICKETS,
    ),
    tile(
        "contact_center_tickets_due_soon",
        now("contact_center_tickets_due_soon", BY_CHANNEL, TICKETS),
        scale="unwanted",
        match=TICKETS,
    ),
    tile(
        "contact_center_tickets_overdue",
        now("contact_center_tickets_overdue", BY_CHANNEL, TICKETS),
        scale="unwanted",
        match=TICKETS,
    ),
    tile(
        "contact_center_oldest_ticket_seconds",
        now("contact_center_oldest_ticket_seconds", BY_CHANNEL, TICKETS),
        unit=Measured.LONG_DURATION,
        counted=now("contact_center_tickets_open", BY_CHANNEL, TICKETS),
        nobody=NOTHING,
        match=TICKETS,
    ),
    share_tile(
        ABANDONMENT,
        TODAY,
        at_least=FEW_BELOW,
        title=Bilingual("Abandonment today", "Abandono hoy"),
        scale="unwanted_share",
    ),
    tile(
        "contact_center_callbacks_pending",
        now("contact_center_callbacks_pending", BY_CHANNEL, CHOSEN),
        scale="unwanted",
    ),
)

_LAST_HOUR = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Service level of 30 min, last hour", "Nivel de servicio de 30 min, última hora"),
        about=(SERVICE_LEVEL,),
        queries=(line(quotient(SERVICE_LEVEL, BY_QUEUE, HALF_HOUR, FEW_BELOW), QUEUE_NAME),),
        unit=Measured.SHARE,
        empty=Bilingual("fewer than 10, or no data", "menos de 10, o sin datos"),
        height=7,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Waiting, last hour", "En espera, última hora"),
        about=(WAITING,),
        queries=(line(now(WAITING, BY_QUEUE, CHOSEN), QUEUE_NAME),),
        height=7,
    ),
)

WALLBOARD = Dashboard(
    name="wallboard",
    title=Bilingual("Veinte · Wallboard", "Veinte · Panel de sala"),
    purpose=Bilingual(
        "For the screen in the room: who waits, how today goes, what is overdue.",
        "Para la pantalla de la sala: quién espera, cómo va el día, qué está vencido.",
    ),
    variables=(CHANNEL_CHOICE, QUEUE_CHOICE),
    rows=(banner({}, 20), _LEVELS, (_QUEUES,), _TICKETS, _LAST_HOUR),
    since="now-1h",
    refresh="5s",
    kiosk=True,
)
