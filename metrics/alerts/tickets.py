"""Rules about tickets, and about topics with many repeat contacts."""

from __future__ import annotations

from collections.abc import Iterator

from metrics.alerts.conditions import AnyMissed, in_window, ratio_of
from metrics.alerts.model import Alert, Audience, Group, Past, Severity
from metrics.alerts.present import NowAtLeast, now_of
from metrics.alerts.promql import BLIND, CLOSED, lines, summed
from metrics.catalog.model import TICKETS_ONLY
from streams.common.languages import Bilingual
from streams.config.settings import Settings

EMAIL = "email"
DUE_SOON = now_of("contact_center_tickets_due_soon")
OVERDUE = now_of("contact_center_tickets_overdue")
FIRST_RESPONSE = ratio_of("contact_center_first_response_within_ratio")
TOPIC = ("channel", "queue", "topic")
SURGING_REPEATS = 10
SURGE_OF_REPEATS = 2
"""Multiple of the daily mean of four weeks."""


def tickets_group(settings: Settings) -> Group:
    """The group of alerts on tickets and repeats."""
    return Group(name="veinte-tickets", alerts=(*_promises(), *_backlog(settings), _repeats()))


def _promises() -> Iterator[Alert]:
    """An answer to every e-mail within 24 hours. There is no error budget, so each miss counts.

    The window is not today: a limit that runs out in the evening must still alert in the morning, when people are at
    work.
    """
    missed = AnyMissed(in_window(FIRST_RESPONSE, "24h", limit="24h", medium=EMAIL))
    yield Alert(
        name="ContactCenterEmailMissed",
        expr=lines(
            missed.promql(),
            CLOSED,
        ),
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.SLICES,
        holds=missed.holds,
        channels=TICKETS_ONLY,
        short=Bilingual("E-mails past 24 h", "Correos de más de 24 h"),
        summary=Bilingual(
            "<queue>: e-mails that ran past 24 hours without an answer since yesterday: <number>",
            "<queue>: correos que desde ayer han pasado de 24 horas sin respuesta: <number>",
        ),
        description=Bilingual(
            "Everybody who writes is promised an answer within a day. Answer these first, even if only to say when.",
            "A todo el que escribe se le promete respuesta en un día. Conteste primero a estos, aunque solo sea para"
            " decir cuándo.",
        ),
    )
    due_soon = NowAtLeast(DUE_SOON, 1, EMAIL)
    yield Alert(
        name="ContactCenterEmailDueSoon",
        expr=lines(due_soon.promql(), CLOSED, BLIND),
        now=due_soon.holds,
        channels=TICKETS_ONLY,
        short=Bilingual("E-mails due within 1 h", "Correos que vencen en 1 h"),
        for_="5m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.IN_TIME,
        summary=Bilingual(
            "<queue>: e-mails due within the hour: <number>",
            "<queue>: correos que vencen en menos de una hora: <number>",
        ),
        description=Bilingual(
            "An answer now keeps the promise; in an hour it is broken.",
            "Una respuesta ahora cumple lo prometido; dentro de una hora ya no.",
        ),
    )


def _backlog(settings: Settings) -> Iterator[Alert]:
    due_soon = NowAtLeast(DUE_SOON, settings.alert_due_soon, f"!={EMAIL}")
    overdue = NowAtLeast(OVERDUE, settings.alert_overdue)
    yield Alert(
        name="ContactCenterTicketsDueSoon",
        expr=lines(due_soon.promql(), CLOSED, BLIND),
        now=due_soon.holds,
        channels=TICKETS_ONLY,
        short=Bilingual("Tickets due within 1 h", "Tickets que vencen en 1 h"),
        for_="5m",
        severity=Severity.INFO,
        audience=Audience.SUPERVISOR,
        past=Past.IN_TIME,
        summary=Bilingual(
            "<queue>: <number> tickets are due within the hour",
            "<queue>: <number> tickets vencen en menos de una hora",
        ),
        description=Bilingual(
            "Sorted by due time, the first of them come first.",
            "Ordenados por vencimiento, primero van los primeros.",
        ),
    )
    yield Alert(
        name="ContactCenterTicketsOverdue",
        expr=lines(overdue.promql(), CLOSED, BLIND),
        now=overdue.holds,
        channels=TICKETS_ONLY,
        short=Bilingual("Too many overdue", "Demasiados vencidos"),
        for_="15m",
        severity=Severity.TICKET,
        audience=Audience.SUPERVISOR,
        past=Past.HOW_LONG,
        summary=Bilingual(
            "<queue>: <number> tickets are overdue",
            "<queue>: <number> tickets están vencidos",
        ),
        description=Bilingual(
            "They are past their first answer or their solution. A backlog of this size does not go by itself: set"
            " people aside for it.",
            "Han pasado el plazo de la primera respuesta o de la solución. Una cartera así no se vacía sola: reserve"
            " gente para ella.",
        ),
    )


def _repeats() -> Alert:
    ratio = "contact_center_topic_repeat_contact"
    day, weeks = (summed(f"{ratio}_numerator", "medium", by=TOPIC, window=window) for window in ("24h", "28d"))
    of_day, of_weeks = (summed(f"{ratio}_denominator", "medium", by=TOPIC, window=window) for window in ("24h", "28d"))
    return Alert(
        name="ContactCenterRepeatsSurge",
        short=Bilingual("Repeats have surged", "Repeticiones disparadas"),
        expr=lines(
            f"{day} >= {SURGING_REPEATS}",
            f"and {day} > {SURGE_OF_REPEATS} * {weeks} / 28",
            f"and {day} / {of_day} > {weeks} / {of_weeks}",
            CLOSED,
            "unless on () veinte_repeats_blind == 1",
        ),
        for_="15m",
        severity=Severity.INFO,
        audience=Audience.PLANNER,
        past=Past.HINDSIGHT,
        summary=Bilingual(
            "<queue> (<contacts>): <number> customers had to come back about “<topic>” in 24 hours",
            "<queue> (<contacts>): <number> clientes han tenido que volver por «<topic>» en 24 horas",
        ),
        description=Bilingual(
            "That is more than twice the daily mean of four weeks, and a greater share. What is answered about this"
            " topic does not settle it.",
            "Es más del doble de la media diaria de cuatro semanas, y una proporción mayor. Lo que se responde sobre"
            " este tema no lo resuelve.",
        ),
    )
