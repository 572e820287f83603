"""The planners' dashboard: today's volume, handle time and workload beside last week's, and the busy hours.

The dashboard shows the whole of today. A point at 9:00 is the hour from 9:00 to 10:00, read when that hour is over.
"""

from __future__ import annotations

from collections.abc import Callable

from grafana.panels.panel_helpers import CHANNEL_CHOICE, CHOSEN, QUEUE_CHOICE, ROW_KEYS, banner, column, line
from grafana.panels.promql import BY_QUEUE, Names, count, each, numerator, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape
from grafana.panels.words import NO_HISTORY, NO_TRAFFIC, TOPIC
from streams.common.languages import Bilingual

OFFERED = "contact_center_contacts_offered_total"
REFUSED = "contact_center_contacts_refused_total"
HANDLE = "contact_center_handle_time_seconds"
ABANDONMENT = "contact_center_abandonment_ratio"
REACHABLE = "contact_center_service_level_reachable_ratio"
USUAL_VOLUME = "contact_center_contacts_expected"
TOPIC_CONTACTS = "contact_center_topic_contacts"
HOUR = {**CHOSEN, "window": "1h"}
DAY = {**CHOSEN, "window": "24h"}
TODAY = {**CHOSEN, "window": "today"}
TOTAL = {"part": "total"}
HOUR_SECONDS = 3600
HOUR_NOTE = Bilingual(
    "A point at 9:00 is the hour from 9:00 to 10:00, in the time zone of the browser.",
    "Un punto a las 9:00 es la hora de 9:00 a 10:00, en la zona horaria del navegador.",
)
A_WEEK = 7 * 24
DAYS = {
    0: Bilingual("today", "hoy"),
    1: Bilingual("yesterday", "ayer"),
    **{back: Bilingual(f"{back} days ago", f"hace {back} días") for back in range(2, 7)},
    7: Bilingual("a week ago", "hace una semana"),
}
"""Rows of the heatmaps, by their distance from today in days."""


def hours_of(expr: str, back: int) -> Query:
    """``expr`` of one hour, ``back`` days ago, drawn at the beginning of that hour."""
    return line(expr, DAYS[back], hours_back=24 * back - 1)


def _heat(title: Bilingual, about: str, expr: str, unit: Measured) -> Panel:
    return Panel(
        shape=Shape.HEAT,
        title=title,
        note=HOUR_NOTE,
        about=(about,),
        queries=tuple(hours_of(expr, back) for back in DAYS),
        unit=unit,
        empty=NO_HISTORY,
        interval="1h",
        width=24,
        height=9,
    )


def _beside_last_week(
    title: Bilingual, about: str, expr: Callable[[Names], str], unit: Measured, note: Bilingual = HOUR_NOTE
) -> Panel:
    return Panel(
        shape=Shape.TREND,
        title=title,
        note=note,
        about=(about,),
        queries=(
            line(expr(()), Bilingual("today, last hour", "hoy, última hora")),
            line(expr(()), DAYS[7], hours_back=A_WEEK),
        ),
        unit=unit,
        empty=NO_HISTORY,
        width=8,
    )


def workload(by: Names) -> str:
    """Mean number of people busy in the last hour: seconds of handling over the seconds of an hour."""
    return f"{numerator(HANDLE, by, {**HOUR, **TOTAL})} / {HOUR_SECONDS}"


_TODAY = (
    _beside_last_week(
        Bilingual("Volume an hour", "Volumen por hora"),
        OFFERED,
        lambda by: count(OFFERED, by, HOUR),
        Measured.THINGS,
    ),
    _beside_last_week(
        Bilingual("Handle time", "Tiempo de operación"),
        HANDLE,
        lambda by: quotient(HANDLE, by, {**HOUR, **TOTAL}),
        Measured.DURATION,
    ),
    _beside_last_week(
        Bilingual("Workload, people busy on average", "Carga, personas ocupadas de media"),
        HANDLE,
        workload,
        Measured.TIMES,
        Bilingual(
            "Handling of the last hour over an hour: so many people were busy on average (erlangs).",
            "Gestión de la última hora entre una hora: tantas personas ocupadas de media (erlangs).",
        ),
    ),
)

_PEAKS = _heat(
    Bilingual("Peak hours: contacts offered an hour", "Horas punta: contactos ofrecidos por hora"),
    OFFERED,
    count(OFFERED, (), HOUR),
    Measured.THINGS,
)
_LENGTHS = _heat(
    Bilingual("Handle time, hour by hour", "Tiempo de operación, hora a hora"),
    HANDLE,
    quotient(HANDLE, (), {**HOUR, **TOTAL}),
    Measured.DURATION,
)

_QUEUES = (
    Panel(
        shape=Shape.TABLE,
        title=Bilingual("Queue by queue, today", "Cola a cola, hoy"),
        about=(OFFERED, USUAL_VOLUME, REFUSED, HANDLE, REACHABLE),
        keys=ROW_KEYS,
        columns=(
            column(Bilingual("Offered", "Ofrecidos"), count(OFFERED, BY_QUEUE, TODAY)),
            column(Bilingual("Last 15 min", "Últimos 15 min"), count(OFFERED, BY_QUEUE, {**CHOSEN, "window": "15m"})),
            column(Bilingual("Usual", "Lo habitual"), each(USUAL_VOLUME, BY_QUEUE, {**CHOSEN, "window": "15m"})),
            column(Bilingual("Refused", "Rechazados"), count(REFUSED, BY_QUEUE, TODAY)),
            column(
                Bilingual("Handle time", "Tiempo de operación"),
                quotient(HANDLE, BY_QUEUE, {**TODAY, **TOTAL}),
                Measured.DURATION,
            ),
            column(
                Bilingual("Busy, last hour", "Ocupados, última hora"),
                workload(BY_QUEUE),
                Measured.TIMES,
            ),
            column(Bilingual("Abandonment", "Abandono"), quotient(ABANDONMENT, BY_QUEUE, TODAY), Measured.SHARE),
            column(
                Bilingual("Likely service level", "Nivel de servicio probable"),
                each(REACHABLE, BY_QUEUE, {**CHOSEN, "outlook": "likely"}),
                Measured.SHARE,
            ),
        ),
        empty=NO_TRAFFIC,
        width=16,
    ),
    Panel(
        shape=Shape.TABLE,
        title=Bilingual("What people ask about, 24 h", "Por qué preguntan, 24 h"),
        about=(TOPIC_CONTACTS,),
        keys={"topic": TOPIC},
        columns=(column(Bilingual("Contacts", "Contactos"), count(TOPIC_CONTACTS, ("topic",), DAY)),),
        empty=NO_TRAFFIC,
        width=8,
    ),
)

_MONTH = Panel(
    shape=Shape.TREND,
    title=Bilingual("Volume of 24 h, four weeks", "Volumen de 24 h, cuatro semanas"),
    about=(OFFERED, REFUSED),
    queries=(
        line(count(OFFERED, (), DAY), Bilingual("offered", "ofrecidos")),
        line(count(REFUSED, (), DAY), Bilingual("refused", "rechazados")),
    ),
    empty=NO_HISTORY,
    since="28d",
    interval="1h",
    width=24,
    height=7,
)

PLANNING = Dashboard(
    name="planning",
    title=Bilingual("Veinte · Planning", "Veinte · Planificación"),
    purpose=Bilingual(
        "Volume, handle time and workload of today beside last week's, and the peak hours of eight days.",
        "Volumen, tiempo de operación y carga de hoy junto a los de hace una semana, y horas punta de ocho días.",
    ),
    variables=(CHANNEL_CHOICE, QUEUE_CHOICE),
    rows=(banner({"channel": "$channel"}), _TODAY, (_PEAKS,), (_LENGTHS,), _QUEUES, (_MONTH,)),
    since="now/d",
    until="now/d",
    refresh="1m",
    live_view="view=week&",
)
