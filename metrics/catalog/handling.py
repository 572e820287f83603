"""KPIs of calls and chats: waits, handling, and who waits now."""

from __future__ import annotations

from metrics.catalog.model import (
    AVERAGE,
    CALLS_AND_CHATS,
    Average,
    Count,
    Now,
    NowPart,
    QueueKpi,
    Ratio,
    Unit,
    amount,
    division,
    texts,
)
from streams.measures import Measure

PBX = "what the telephone system counts"
OUTCOME = "the outcome"
HANDLED_LEGS = amount(Measure.HANDLED_LEGS)

WAITS_AND_HANDLING: tuple[QueueKpi, ...] = (
    Average(
        name="contact_center_speed_of_answer_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat",),
        division=division(((AVERAGE,), amount(Measure.WAIT_MS), amount(Measure.ANSWERED))),
        attribution="the answer",
        source="average speed of answer (ASA)",
        text=texts(
            "Speed of answer",
            "Time from offered to answered, of answered legs.",
            "Velocidad de respuesta",
            "Tiempo desde que se ofrece hasta que se atiende, de los tramos atendidos.",
        ),
    ),
    Average(
        name="contact_center_time_to_abandon_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat",),
        division=division(((AVERAGE,), amount(Measure.ABANDON_WAIT_MS), amount(Measure.ABANDONED))),
        attribution="the abandonment",
        source="average time to abandon (ATA)",
        text=texts(
            "Time to abandon",
            "Time from offered to abandoned, of abandoned legs.",
            "Tiempo hasta el abandono",
            "Tiempo desde que se ofrece hasta que se abandona, de los tramos abandonados.",
        ),
    ),
    Ratio(
        name="contact_center_abandonment_ratio",
        channels=CALLS_AND_CHATS,
        division=division(
            (
                (),
                amount(Measure.ABANDONED, minus=(Measure.SHORT_ABANDONED,)),
                amount(
                    Measure.ANSWERED,
                    Measure.ABANDONED,
                    Measure.CALLBACK_REQUESTED,
                    Measure.LEFT_QUEUE,
                    minus=(Measure.SHORT_ABANDONED,),
                ),
            )
        ),
        attribution=OUTCOME,
        source="abandonment rate without short abandons",
        text=texts(
            "Abandonment",
            "Abandoned legs among those with an outcome, short abandons in neither; who still waits is not in it.",
            "Abandono",
            "Tramos abandonados entre los que tienen desenlace, sin los abandonos cortos; quien aún espera no cuenta.",
        ),
    ),
    Average(
        name="contact_center_handle_time_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat", "part"),
        division=division(
            ((AVERAGE, ("part", "total")), amount(Measure.TALK_MS, Measure.HOLD_MS, Measure.WRAP_MS), HANDLED_LEGS),
            ((AVERAGE, ("part", "talk")), amount(Measure.TALK_MS), HANDLED_LEGS),
            ((AVERAGE, ("part", "hold")), amount(Measure.HOLD_MS), HANDLED_LEGS),
            ((AVERAGE, ("part", "wrap")), amount(Measure.WRAP_MS), HANDLED_LEGS),
        ),
        attribution="the leg's last part",
        source="average handle time (AHT): talk + hold + wrap-up",
        text=texts(
            "Handle time",
            "Talk, hold and wrap-up of a handled leg; for chats elapsed time, not effort.",
            "Tiempo de operación",
            "Conversación, retención y trabajo posterior de un tramo atendido; en chats es tiempo transcurrido, no"
            " esfuerzo.",
        ),
    ),
    Count(
        name="contact_center_short_contacts_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.SHORT_CONTACTS),
        attribution="the end",
        source="Veinte: an end within 10 s of the answer",
        text=texts(
            "Short contacts",
            "Answered legs that ended within 10 seconds: hang-ups that flatter the handle time.",
            "Contactos cortos",
            "Tramos atendidos que terminaron en menos de 10 segundos: cuelgues que embellecen el tiempo de operación.",
        ),
    ),
    Ratio(
        name="contact_center_callback_reached_ratio",
        channels=CALLS_AND_CHATS,
        division=division(
            ((), amount(Measure.CALLBACK_LEGS_ANSWERED), amount(Measure.CALLBACK_LEGS_DECIDED)),
            pending=lambda live: live.callbacks_pending,
        ),
        attribution=OUTCOME,
        source="Veinte: callback legs answered / callback legs with an outcome",
        text=texts(
            "Callbacks that reached the customer",
            "Share of returned callbacks that were answered.",
            "Devoluciones logradas",
            "Proporción de llamadas devueltas que fueron atendidas.",
        ),
    ),
)

NOW_WAITING: tuple[QueueKpi, ...] = (
    Now(
        name="contact_center_contacts_waiting",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.waiting),),
        source=PBX,
        text=texts(
            "Waiting",
            "Legs in the queue now, ghosts left out.",
            "En espera",
            "Tramos que están ahora en la cola, sin los fantasmas.",
        ),
    ),
    Now(
        name="contact_center_contacts_waiting_past_target",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.waiting_past_target),),
        source=PBX,
        text=texts(
            "Waiting past target",
            "Legs in the queue now that have waited longer than the target.",
            "En espera fuera de objetivo",
            "Tramos que están ahora en la cola y han esperado más que el objetivo.",
        ),
    ),
    Now(
        name="contact_center_longest_wait_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.longest_wait_ms),),
        source=PBX,
        text=texts(
            "Longest wait",
            "Age of the leg that has waited longest of those in the queue now.",
            "Espera más larga",
            "Antigüedad del tramo que más ha esperado de los que están ahora en la cola.",
        ),
    ),
    Now(
        name="contact_center_contacts_in_progress",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.in_progress),),
        source=PBX,
        text=texts(
            "In progress",
            "Answered legs without an end, ghosts left out.",
            "En curso",
            "Tramos atendidos que no han terminado, sin los fantasmas.",
        ),
    ),
    Now(
        name="contact_center_callbacks_pending",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.callbacks_pending),),
        source="Veinte: requested and not yet tried",
        text=texts(
            "Callbacks pending",
            "Callbacks that were asked for and not yet tried.",
            "Devoluciones pendientes",
            "Llamadas que se pidió devolver y aún no se han intentado.",
        ),
    ),
    Now(
        name="contact_center_oldest_callback_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.oldest_callback_ms),),
        source="Veinte: requested and not yet tried",
        text=texts(
            "Oldest callback",
            "Age of the oldest callback not yet tried.",
            "Devolución más antigua",
            "Antigüedad de la devolución más antigua aún sin intentar.",
        ),
    ),
)
