"""The dashboard of one queue, or of several together: service level in all variants, outcomes, waits, handling,
callbacks."""

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
    one_each,
    points_from_objective,
    share_tile,
    state_column,
    tile,
    window_choice,
)
from grafana.panels.promql import BY_CHANNEL, BY_QUEUE, count, denominator, each, now, numerator, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape
from grafana.panels.words import KINDS, NO_TRAFFIC, NO_TRAFFIC_OR_DATA, NOBODY, PARTS, REASONS, VARIANTS
from streams.common.languages import Bilingual

WINDOW = {**CHOSEN, "window": "$window"}
TODAY = {**CHOSEN, "window": "today"}
LEVEL = {**WINDOW, **USUAL}
HANDLE = "contact_center_handle_time_seconds"
ANSWER = "contact_center_speed_of_answer_seconds"
GIVE_UP = "contact_center_time_to_abandon_seconds"
OUTCOMES = {
    "contact_center_contacts_arrived_total": Bilingual("contacts arrived", "contactos recibidos"),
    "contact_center_contacts_offered_total": Bilingual("offered", "ofrecidos"),
    "contact_center_contacts_answered_total": Bilingual("answered", "atendidos"),
    "contact_center_contacts_abandoned_total": Bilingual("abandoned", "abandonados"),
    "contact_center_contacts_short_abandoned_total": Bilingual("of them short", "de ellos cortos"),
    "contact_center_contacts_callback_requested_total": Bilingual("asked for a callback", "pidieron devolución"),
    "contact_center_short_contacts_total": Bilingual("conversations under 10 s", "conversaciones de menos de 10 s"),
}

_TILES = (
    share_tile(SERVICE_LEVEL, LEVEL),
    tile(
        SERVICE_LEVEL,
        points_from_objective(BY_CHANNEL, LEVEL),
        title=Bilingual("From the objective", "Respecto al objetivo"),
        unit=Measured.SHARE,
        scale="points",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, LEVEL),
    ),
    share_tile("contact_center_contact_service_level_ratio", WINDOW),
    share_tile("contact_center_abandonment_ratio", WINDOW, scale="unwanted_share"),
    tile(WAITING, now(WAITING, BY_CHANNEL, CHOSEN)),
    tile(
        "contact_center_longest_wait_seconds",
        now("contact_center_longest_wait_seconds", BY_CHANNEL, CHOSEN),
        unit=Measured.DURATION,
        counted=now(WAITING, BY_CHANNEL, CHOSEN),
        nobody=NOBODY,
    ),
)

_LEVELS = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Service level and objective", "Nivel de servicio y objetivo"),
        about=(SERVICE_LEVEL,),
        queries=(
            line(quotient(SERVICE_LEVEL, BY_QUEUE, LEVEL), QUEUE_NAME),
            line(
                each(OBJECTIVE, BY_QUEUE, CHOSEN),
                Bilingual("objective {{channel}} · {{queue}}", "objetivo {{channel}} · {{queue}}"),
            ),
        ),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
    ),
    Panel(
        shape=Shape.BARS,
        title=Bilingual("The six variants side by side, today", "Las seis variantes, una junto a otra, hoy"),
        about=(SERVICE_LEVEL,),
        queries=one_each(VARIANTS, lambda variant: quotient(SERVICE_LEVEL, (), {**TODAY, "variant": variant})),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
    ),
)

_QUEUES = Panel(
    shape=Shape.TABLE,
    title=Bilingual("Queue by queue", "Cola a cola"),
    keys=ROW_KEYS,
    columns=(
        state_column(LEVEL),
        column(
            Bilingual("Service level", "Nivel de servicio"), quotient(SERVICE_LEVEL, BY_QUEUE, LEVEL), Measured.SHARE
        ),
        column(Bilingual("met", "cumplidos"), numerator(SERVICE_LEVEL, BY_QUEUE, LEVEL)),
        column(Bilingual("of", "de"), denominator(SERVICE_LEVEL, BY_QUEUE, LEVEL)),
        column(Bilingual("Objective", "Objetivo"), each(OBJECTIVE, BY_QUEUE, CHOSEN), Measured.SHARE),
        column(
            Bilingual("Target", "Límite"),
            each("contact_center_service_level_target_seconds", BY_QUEUE, CHOSEN),
            Measured.DURATION,
        ),
        column(
            Bilingual("Speed of answer", "Espera de atendidos"), quotient(ANSWER, BY_QUEUE, WINDOW), Measured.DURATION
        ),
        column(
            Bilingual("Wait p90", "Espera p90"), each(ANSWER, BY_QUEUE, {**WINDOW, "stat": "p90"}), Measured.DURATION
        ),
        column(Bilingual("Patience", "Paciencia"), quotient(GIVE_UP, BY_QUEUE, WINDOW), Measured.DURATION),
        column(
            Bilingual("Handle time", "Tiempo de operación"),
            quotient(HANDLE, BY_QUEUE, {**WINDOW, "part": "total"}),
            Measured.DURATION,
        ),
        column(
            Bilingual("Handle time p90", "Tiempo de operación p90"),
            each(HANDLE, BY_QUEUE, {**WINDOW, "part": "total", "stat": "p90"}),
            Measured.DURATION,
        ),
    ),
    about=(ANSWER, GIVE_UP, HANDLE),
    empty=NO_TRAFFIC,
    width=24,
)

_OUTCOMES = (
    Panel(
        shape=Shape.BARS,
        title=Bilingual("What came, and what became of it", "Qué llegó y en qué quedó"),
        queries=tuple(Query(expr=count(name, (), WINDOW), legend=legend) for name, legend in OUTCOMES.items()),
        about=tuple(OUTCOMES),
        width=10,
    ),
    Panel(
        shape=Shape.BARS,
        about=("contact_center_contacts_refused_total",),
        queries=one_each(
            {reason: REASONS[reason] for reason in ("closed", "busy", "full")},
            lambda reason: count("contact_center_contacts_refused_total", (), {**WINDOW, "reason": reason}),
        ),
        width=7,
    ),
    Panel(
        shape=Shape.BARS,
        about=("contact_center_contacts_left_queue_total",),
        queries=one_each(
            {reason: REASONS[reason] for reason in ("timeout", "empty", "overflow", "key")},
            lambda reason: count("contact_center_contacts_left_queue_total", (), {**WINDOW, "reason": reason}),
        ),
        width=7,
    ),
)

_HANDLING = (
    Panel(
        shape=Shape.STACK,
        title=Bilingual("Handle time: talk, hold, wrap-up", "Tiempo de operación: conversación, retención, posterior"),
        about=(HANDLE,),
        queries=one_each(PARTS, lambda part: quotient(HANDLE, (), {**WINDOW, "part": part}), instant=False),
        unit=Measured.DURATION,
        empty=NO_TRAFFIC_OR_DATA,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Waiting, past target, in progress", "En espera, fuera de objetivo, en curso"),
        about=(WAITING, PAST_TARGET, "contact_center_contacts_in_progress"),
        queries=(
            line(now(WAITING, (), CHOSEN), Bilingual("waiting", "en espera")),
            line(now(PAST_TARGET, (), CHOSEN), Bilingual("past target", "fuera de objetivo")),
            line(now("contact_center_contacts_in_progress", (), CHOSEN), Bilingual("in progress", "en curso")),
        ),
    ),
)

_CALLBACKS = (
    tile("contact_center_callbacks_pending", now("contact_center_callbacks_pending", BY_CHANNEL, CHOSEN)),
    tile(
        "contact_center_oldest_callback_seconds",
        now("contact_center_oldest_callback_seconds", BY_CHANNEL, CHOSEN),
        unit=Measured.DURATION,
        counted=now("contact_center_callbacks_pending", BY_CHANNEL, CHOSEN),
        nobody=NOBODY,
    ),
    share_tile(
        "contact_center_callback_reached_ratio",
        {**CHOSEN, "window": "28d"},
        title=Bilingual("Callbacks reached, 28 days", "Devoluciones logradas, 28 días"),
    ),
    share_tile(
        "contact_center_redial_ratio",
        {**CHOSEN, "window": "24h"},
        title=Bilingual("Redials after an abandon, 24 h", "Rellamadas tras abandonar, 24 h"),
    ),
    Panel(
        shape=Shape.BARS,
        about=("contact_center_escalations_total",),
        queries=one_each(KINDS, lambda kind: count("contact_center_escalations_total", (), {**WINDOW, "kind": kind})),
        width=8,
        height=4,
    ),
)

QUEUE = Dashboard(
    name="queue",
    title=Bilingual("Veinte · Queue detail", "Veinte · Detalle de cola"),
    purpose=Bilingual(
        "One queue or several: every variant of the service level, outcomes, waits and handling.",
        "Una cola o varias: todas las variantes del nivel de servicio, desenlaces, esperas y gestión.",
    ),
    variables=(CHANNEL_CHOICE, QUEUE_CHOICE, window_choice("today")),
    rows=(banner({"channel": "$channel"}), _TILES, _LEVELS, (_QUEUES,), _OUTCOMES, _HANDLING, _CALLBACKS),
    refresh="10s",
)
