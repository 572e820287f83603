"""The dashboard of the objective: misses left today, their rate, and the service level still possible."""

from __future__ import annotations

from grafana.panels.panel_helpers import (
    CHANNEL_CHOICE,
    CHOSEN,
    OBJECTIVE,
    QUEUE_CHOICE,
    QUEUE_NAME,
    ROW_KEYS,
    SERVICE_LEVEL,
    USUAL,
    banner,
    burned,
    column,
    line,
    points_from_objective,
    share_tile,
    state_column,
    tile,
)
from grafana.panels.promql import BY_CHANNEL, BY_QUEUE, Match, denominator, each, numerator, quotient
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape
from grafana.panels.words import MEDIUM, NO_TRAFFIC, NO_TRAFFIC_OR_DATA, QUEUE, WINDOWS
from streams.common.languages import Bilingual

REACHABLE = "contact_center_service_level_reachable_ratio"
LOST_AT = "contact_center_service_level_lost_timestamp_seconds"
WITHIN = "contact_center_first_response_within_ratio"
BURN_WINDOWS = ("5m", "15m", "1h", "today")
BURN_NOTE = Bilingual(
    "Misses as a multiple of those that the objective allows: at 1 the day ends exactly on its objective, at 80 % no"
    " more than 5 is possible.",
    "Fallos como múltiplo de los que el objetivo permite: con 1 el día acaba justo en su objetivo; con 80 % no puede"
    " pasar de 5.",
)
NO_MARGIN = Bilingual("no margin", "sin margen")


def level(window: str) -> Match:
    """Labels of the service level in its usual variant, in one window."""
    return {**CHOSEN, "window": window, **USUAL}


TODAY, MONTH = level("today"), level("28d")

_TILES = (
    share_tile(SERVICE_LEVEL, TODAY, title=Bilingual("Service level, today", "Nivel de servicio, hoy")),
    tile(
        SERVICE_LEVEL,
        points_from_objective(BY_CHANNEL, TODAY),
        title=Bilingual("From the objective, today", "Respecto al objetivo, hoy"),
        unit=Measured.SHARE,
        scale="points",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, TODAY),
    ),
    tile(
        SERVICE_LEVEL,
        f"1 - {burned(BY_CHANNEL, TODAY)}",
        title=Bilingual("Today's margin left", "Margen que queda hoy"),
        note=Bilingual(
            "Share of today's allowed misses that is left; below zero it is overdrawn. An objective of 100 % has none.",
            "Parte de los fallos permitidos hoy que queda; bajo cero está agotado. Un objetivo de 100 % no tiene.",
        ),
        unit=Measured.SHARE,
        scale="budget",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, TODAY),
        few=NO_MARGIN,
    ),
    tile(
        SERVICE_LEVEL,
        f"1 - {burned(BY_CHANNEL, MONTH)}",
        title=Bilingual("Margin left, 28 days", "Margen que queda, 28 días"),
        unit=Measured.SHARE,
        scale="budget",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, MONTH),
        few=NO_MARGIN,
    ),
    tile(
        SERVICE_LEVEL,
        burned(BY_CHANNEL, level("1h")),
        title=Bilingual("Burn rate, 1 h", "Consumo del margen, 1 h"),
        note=BURN_NOTE,
        unit=Measured.TIMES,
        scale="burn",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, level("1h")),
        few=NO_MARGIN,
    ),
    tile(
        SERVICE_LEVEL,
        burned(BY_CHANNEL, level("5m")),
        title=Bilingual("Burn rate, 5 min", "Consumo del margen, 5 min"),
        note=BURN_NOTE,
        unit=Measured.TIMES,
        scale="burn",
        counted=denominator(SERVICE_LEVEL, BY_CHANNEL, level("5m")),
        few=NO_MARGIN,
    ),
)

_OVER_TIME = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Burn rate by window", "Consumo del margen por ventana"),
        note=BURN_NOTE,
        about=(SERVICE_LEVEL,),
        queries=tuple(line(burned((), level(window)), WINDOWS[window]) for window in BURN_WINDOWS),
        unit=Measured.TIMES,
        empty=NO_TRAFFIC_OR_DATA,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Today's margin left, queue by queue", "Margen que queda hoy, cola a cola"),
        about=(SERVICE_LEVEL,),
        queries=(line(f"1 - {burned(BY_QUEUE, TODAY)}", QUEUE_NAME),),
        unit=Measured.SHARE,
        empty=Bilingual("no margin, or no data", "sin margen, o sin datos"),
    ),
)

_QUEUES = Panel(
    shape=Shape.TABLE,
    title=Bilingual("Queue by queue, today", "Cola a cola, hoy"),
    about=(SERVICE_LEVEL, REACHABLE, LOST_AT),
    keys=ROW_KEYS,
    columns=(
        state_column(TODAY),
        column(
            Bilingual("Service level", "Nivel de servicio"), quotient(SERVICE_LEVEL, BY_QUEUE, TODAY), Measured.SHARE
        ),
        column(Bilingual("met", "cumplidos"), numerator(SERVICE_LEVEL, BY_QUEUE, TODAY)),
        column(Bilingual("of", "de"), denominator(SERVICE_LEVEL, BY_QUEUE, TODAY)),
        column(Bilingual("Objective", "Objetivo"), each(OBJECTIVE, BY_QUEUE, CHOSEN), Measured.SHARE),
        column(
            Bilingual("Verdict", "Veredicto"), points_from_objective(BY_QUEUE, TODAY), Measured.SHARE, words="objective"
        ),
        column(Bilingual("Margin left", "Margen"), f"1 - {burned(BY_QUEUE, TODAY)}", Measured.SHARE, words="budget"),
        column(
            Bilingual("Best still possible", "Lo mejor posible"),
            each(REACHABLE, BY_QUEUE, {**CHOSEN, "outlook": "best"}),
            Measured.SHARE,
        ),
        column(
            Bilingual("Likely", "Probable"),
            each(REACHABLE, BY_QUEUE, {**CHOSEN, "outlook": "likely"}),
            Measured.SHARE,
        ),
        column(
            Bilingual("Lost at, this pace", "Perdido a las, a este ritmo"),
            f"{each(LOST_AT, BY_QUEUE, {**CHOSEN, 'pace': 'current'})} * 1000",
            Measured.MOMENT,
        ),
        column(
            Bilingual("Lost at the earliest", "Perdido como pronto"),
            f"{each(LOST_AT, BY_QUEUE, {**CHOSEN, 'pace': 'worst'})} * 1000",
            Measured.MOMENT,
        ),
        column(Bilingual("28 days", "28 días"), quotient(SERVICE_LEVEL, BY_QUEUE, MONTH), Measured.SHARE),
    ),
    empty=Bilingual("–", "–"),
    width=24,
)

_LIMITS = {
    "24h": Bilingual("within 24 h", "en 24 h"),
    "target": Bilingual("within the target", "en el objetivo"),
}


def _missed(limit: str, window: str) -> str:
    match = {"window": window, "limit": limit}
    return f"{denominator(WITHIN, ('queue', 'medium'), match)} - {numerator(WITHIN, ('queue', 'medium'), match)}"


_TICKETS = (
    Panel(
        shape=Shape.TABLE,
        title=Bilingual("Tickets: promises without a margin", "Tickets: compromisos sin margen"),
        note=Bilingual(
            "E-mail is promised within 24 h to everybody: each miss counts.",
            "El correo se promete en 24 h a todos: cada fallo cuenta.",
        ),
        about=(WITHIN,),
        keys={"queue": QUEUE, "medium": MEDIUM},
        leads_to="tickets",
        columns=(
            *(
                column(
                    Bilingual(f"{text.en}, {WINDOWS[window].en}", f"{text.es}, {WINDOWS[window].es}"),
                    quotient(WITHIN, ("queue", "medium"), {"window": window, "limit": limit}),
                    Measured.SHARE,
                )
                for limit, text in _LIMITS.items()
                for window in ("7d", "28d")
            ),
            column(Bilingual("missed today", "fallos hoy"), _missed("24h", "today"), words="unwanted"),
            column(Bilingual("missed, 28 days", "fallos, 28 días"), _missed("24h", "28d"), words="unwanted"),
        ),
        empty=NO_TRAFFIC,
        width=16,
    ),
    Panel(
        shape=Shape.BARS,
        title=Bilingual("Tickets answered in time, 28 days", "Tickets respondidos a tiempo, 28 días"),
        about=(WITHIN,),
        queries=tuple(
            Query(expr=quotient(WITHIN, (), {"window": "28d", "limit": limit}), legend=text)
            for limit, text in _LIMITS.items()
        ),
        unit=Measured.SHARE,
        empty=NO_TRAFFIC_OR_DATA,
        width=8,
    ),
)

SLO = Dashboard(
    name="slo",
    title=Bilingual("Veinte · Objective and error budget", "Veinte · Objetivo y margen de error"),
    purpose=Bilingual(
        "How much of the day's margin is left, how fast it goes, and what the day can still reach.",
        "Cuánto margen queda hoy, a qué ritmo se gasta y a qué puede llegar aún el día.",
    ),
    variables=(CHANNEL_CHOICE, QUEUE_CHOICE),
    rows=(banner({}, 20), _TILES, _OVER_TIME, (_QUEUES,), _TICKETS),
    since="now-12h",
)
