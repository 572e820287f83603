"""Cases of the alerts on tickets and repeats."""

from __future__ import annotations

from tests.alerts.cases import CALLS, CALLS_CLOSED, MAIL, MAIL_CLOSED, AlertCase, Kind, Series, call, mail, s

SUPERVISOR = {"severity": "ticket", "audience": "supervisor", **MAIL}
SEEING, NOT_SEEING = {s("veinte_blind", channel="ticket"): 0}, {s("veinte_blind", channel="ticket"): 1}
ONE_IS_ENOUGH = {Kind.LOW_VOLUME: "one promise is enough"}


def answered(met: int, judged: int) -> Series:
    """E-mails answered within 24 hours, of those due in the last 24."""
    return {
        mail("first_response_within_numerator", limit="24h", window="24h"): met,
        mail("first_response_within_denominator", limit="24h", window="24h"): judged,
    }


def repeated(window: str, repeats: int, handled: int) -> Series:
    """Handled contacts about one topic, and the number followed by a repeat."""
    return {
        call("topic_repeat_contact_numerator", topic="factura", window=window): repeats,
        call("topic_repeat_contact_denominator", topic="factura", window=window): handled,
    }


TICKETS = (
    AlertCase(
        title="ContactCenterEmailMissed",
        fires=answered(38, 40),
        labels=SUPERVISOR,
        says=(
            "Soporte: e-mails that ran past 24 hours without an answer since yesterday: 2",
            "Soporte: correos que desde ayer han pasado de 24 horas sin respuesta: 2",
            "Everybody who writes is promised an answer within a day. Answer these first, even if only to say when.",
            "A todo el que escribe se le promete respuesta en un día. Conteste primero a estos, aunque solo sea para"
            " decir cuándo.",
        ),
        below=(answered(40, 40),),
        well=answered(40, 40),
        quiet=answered(0, 0),
        closed=MAIL_CLOSED,
        why_not=ONE_IS_ENOUGH,
    ),
    AlertCase(
        title="ContactCenterEmailDueSoon",
        fires={mail("tickets_due_soon"): 1},
        spoken=SEEING,
        labels=SUPERVISOR,
        says=(
            "Soporte: e-mails due within the hour: 1",
            "Soporte: correos que vencen en menos de una hora: 1",
            "An answer now keeps the promise; in an hour it is broken.",
            "Una respuesta ahora cumple lo prometido; dentro de una hora ya no.",
        ),
        below=({mail("tickets_due_soon"): 0}, NOT_SEEING),
        well={mail("tickets_due_soon"): 0},
        quiet={mail("tickets_due_soon"): 0},
        closed=MAIL_CLOSED,
        why_not=ONE_IS_ENOUGH,
    ),
    AlertCase(
        title="ContactCenterTicketsDueSoon",
        fires={mail("tickets_due_soon", medium="web"): 3, mail("tickets_due_soon", medium="social"): 2},
        spoken=SEEING,
        labels={**SUPERVISOR, "severity": "info"},
        says=(
            "Soporte: 5 tickets are due within the hour",
            "Soporte: 5 tickets vencen en menos de una hora",
            "Sorted by due time, the first of them come first.",
            "Ordenados por vencimiento, primero van los primeros.",
        ),
        below=({mail("tickets_due_soon", medium="web"): 2}, NOT_SEEING),
        well={mail("tickets_due_soon", medium="web"): 0},
        quiet={mail("tickets_due_soon", medium="web"): 0, mail("tickets_due_soon", medium="social"): 0},
        few=({mail("tickets_due_soon", medium="web"): 0, mail("tickets_due_soon"): 9},),
        closed=MAIL_CLOSED,
    ),
    AlertCase(
        title="ContactCenterTicketsOverdue",
        fires={mail("tickets_overdue"): 6, mail("tickets_overdue", medium="web"): 4},
        spoken=SEEING,
        labels=SUPERVISOR,
        says=(
            "Soporte: 10 tickets are overdue",
            "Soporte: 10 tickets están vencidos",
            "They are past their first answer or their solution. A backlog of this size does not go by itself: set"
            " people aside for it.",
            "Han pasado el plazo de la primera respuesta o de la solución. Una cartera así no se vacía sola: reserve"
            " gente para ella.",
        ),
        below=({mail("tickets_overdue"): 5}, NOT_SEEING),
        well={mail("tickets_overdue"): 0},
        quiet={mail("tickets_overdue"): 0, mail("tickets_overdue", medium="web"): 0},
        few=({mail("tickets_overdue"): 1, mail("tickets_overdue", medium="web"): 1},),
        closed=MAIL_CLOSED,
    ),
    AlertCase(
        title="ContactCenterRepeatsSurge",
        fires={**repeated("24h", 10, 30), **repeated("28d", 138, 1380)},
        spoken={s("veinte_repeats_blind"): 0},
        labels={"severity": "info", "audience": "planner", "topic": "factura", **CALLS},
        says=(
            "Ventas (calls): 10 customers had to come back about “factura” in 24 hours",
            "Ventas (llamadas): 10 clientes han tenido que volver por «factura» en 24 horas",
            "That is more than twice the daily mean of four weeks, and a greater share. What is answered about this"
            " topic does not settle it.",
            "Es más del doble de la media diaria de cuatro semanas, y una proporción mayor. Lo que se responde sobre"
            " este tema no lo resuelve.",
        ),
        below=(repeated("28d", 140, 1380), repeated("24h", 10, 100), {s("veinte_repeats_blind"): 1}),
        well=repeated("24h", 5, 30),
        quiet={**repeated("24h", 0, 0), **repeated("28d", 0, 0)},
        few=({**repeated("24h", 9, 9), **repeated("28d", 9, 900)},),
        closed=CALLS_CLOSED,
    ),
)
