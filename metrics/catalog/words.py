"""Texts of the catalogue shared by KPIs, in two languages: clocks, attribution, sources, empty rules."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from streams.common.languages import Bilingual, Language


class Text(NamedTuple):
    """Text for readers of a KPI: a short title for a tile, one sentence of help, and the contacts counted and left out.

    ``formula`` replaces the formula in words where no sum of measures expresses it.
    """

    title: str
    help: str
    counted: str
    formula: str = ""


Texts = Mapping[Language, Text]


def texts(english: Text, spanish: Text) -> Texts:
    """The texts of one KPI in both languages."""
    return {Language.ENGLISH: english, Language.SPANISH: spanish}


class Empty(StrEnum):
    """The value shown where nothing happened."""

    NO_SAMPLE = "no_sample"
    NO_SERIES = "no_series"
    ZERO = "zero"


EMPTY_WORDS: Mapping[Empty, Bilingual] = {
    Empty.NO_SAMPLE: Bilingual("no sample, null in the API; never 0 or 1", "sin muestra, null en la API; nunca 0 ni 1"),
    Empty.NO_SERIES: Bilingual("no series for a value that nobody had", "sin serie para un valor que nadie tuvo"),
    Empty.ZERO: Bilingual("0", "0"),
}

# Clocks
NO_CLOCK = Bilingual("none: no time is measured", "ninguno: no se mide tiempo")
CALENDAR = Bilingual("calendar: every hour counts", "horas naturales: cuentan todas")
CALENDAR_OR_BUSINESS = Bilingual(
    "calendar, or business: open hours of the queue's calendar only, by the label `clock`",
    "según la etiqueta `clock`: `calendar`, horas naturales; `business`, solo horas de atención de la cola",
)
CALENDAR_BUSINESS_OR_NET = Bilingual(
    "calendar, business (open hours only) or net (open hours without what it was on hold), by the label `clock`",
    "según la etiqueta `clock`: `calendar`, horas naturales; `business`, solo horas de atención; `net`, horas de"
    " atención sin el tiempo en espera",
)
CLOCK_OF_LIMIT = Bilingual(
    "calendar for 15m and 24h, business for target",
    "horas naturales para 15m y 24h, horas de atención para target",
)
CLOCK_OF_DUE_TIMES = Bilingual(
    "business for the first response, which a hold does not stop; net for the resolution",
    "horas de atención para la primera respuesta, que una espera no detiene; horas netas para la resolución",
)

# Attribution: the event whose slice counts an amount
NOW = Bilingual("now", "ahora")
FIRST_OFFER = Bilingual("first offered", "la primera entrada en cola")
OFFER = Bilingual("offered", "la entrada en cola")
REFUSAL = Bilingual("refused", "el rechazo")
OUTCOME = Bilingual("the outcome", "el desenlace")
CANCELLATION = Bilingual("the cancellation", "la cancelación")
ANSWER = Bilingual("the answer", "la respuesta")
ABANDONMENT = Bilingual("the abandonment", "el abandono")
JUDGED = Bilingual(
    "the event; offered + target where the target was reached",
    "el desenlace; entrada en cola + objetivo si se alcanzó el objetivo",
)
JUDGED_OR_ANSWERED = Bilingual(
    "the event; offered + target where the target was reached; for answered_only the answer",
    "el desenlace; entrada en cola + objetivo si se alcanzó el objetivo; en answered_only, la respuesta",
)
FIRST_JUDGED = Bilingual(
    "the event; first offered + target where the target was reached",
    "el desenlace; primera entrada en cola + objetivo si se alcanzó el objetivo",
)
LAST_PART = Bilingual("the leg's last part", "la última parte del tramo")
LEG_END = Bilingual("the end of the leg", "el final del tramo")
TICKET_EVENT = Bilingual("the event", "el evento")
SOLVE = Bilingual("the solve", "la resolución")
SOLVED_AT = Bilingual(
    "the first solve after the latest reopening; the counter: every solve",
    "la primera resolución tras la última reapertura; el contador: cada resolución",
)
REPLY = Bilingual("the reply", "la respuesta")
REPLY_OR_LIMIT = Bilingual(
    "the earlier of the reply and the limit", "lo que llegue antes: la respuesta o el vencimiento del límite"
)
SOLVE_OR_DAY = Bilingual(
    "the earlier of the solve and opened + 24 h", "lo que llegue antes: la resolución o la apertura + 24 h"
)
FLOW_AND_COHORT = Bilingual(
    "flow: solve and opening each at its own time; cohort: the opening",
    "flow: resolución y apertura, cada una en su momento; cohort: la apertura",
)
ASSIGNMENT_AND_SOLVE = Bilingual(
    "the first assignment to the agent; the solve", "la primera asignación al agente; la resolución"
)
CLOSINGS = Bilingual(
    "now; solves, reopenings and openings each at its own time",
    "ahora; resoluciones, reaperturas y aperturas, cada una en su momento",
)
HANDLING_END = Bilingual("the end of handling (tickets: the solve)", "el fin de la atención (tickets: la resolución)")
HANDLING_END_OR_FINAL = Bilingual(
    "the end of handling (tickets: the solve); final: the end of the repeat window, 7 days later by default",
    "el fin de la atención (tickets: la resolución); final: el fin de la ventana de repetición, por defecto 7 días"
    " después",
)
ESCALATION = Bilingual("the escalation", "el escalado")
BEGINNING = Bilingual("first offered; a ticket's opening", "la primera entrada en cola; la apertura del ticket")

# Whose formula
PBX = Bilingual("what the telephone system counts", "lo que cuenta la centralita")
ICMI = Bilingual("ICMI, service level variants", "ICMI, variantes del nivel de servicio")
ASA = Bilingual("average speed of answer (ASA)", "velocidad media de respuesta (ASA)")
ATA = Bilingual("average time to abandon (ATA)", "tiempo medio de abandono (ATA)")
ABANDONMENT_RATE = Bilingual("abandonment rate without short abandons", "tasa de abandono sin abandonos cortos")
AHT = Bilingual(
    "average handle time (AHT): talk + hold + wrap-up",
    "tiempo medio de operación (TMO, AHT): conversación + retención + trabajo posterior",
)
DESK = Bilingual("what help desks count", "lo que cuentan las mesas de ayuda")
FRT = Bilingual("first response time (FRT)", "tiempo de primera respuesta (FRT)")
NRT = Bilingual("next response time (NRT)", "tiempo de la siguiente respuesta (NRT)")
TTR = Bilingual("time to resolution (TTR)", "tiempo de resolución (TTR)")
FCR = Bilingual("first-contact resolution (FCR)", "resolución en el primer contacto (FCR)")
REPEATS = Bilingual("repeat contact rate", "tasa de contactos repetidos")
ESCALATION_RATE = Bilingual("escalation rate", "tasa de escalado")
SETTINGS = Bilingual("settings in force", "configuración en vigor")
VEINTE = Bilingual("Veinte's own", "propia de Veinte")
