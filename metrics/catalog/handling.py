"""KPIs of calls and chats: waits, handling, and who waits now."""

from __future__ import annotations

from metrics.catalog.model import CALLS_AND_CHATS, Average, Count, Now, NowPart, QueueKpi, Ratio, Unit
from metrics.catalog.quotients import amount, division, part
from metrics.catalog.words import (
    ABANDONMENT,
    ABANDONMENT_RATE,
    AHT,
    ANSWER,
    ASA,
    ATA,
    CALENDAR,
    LAST_PART,
    LEG_END,
    OUTCOME,
    PBX,
    VEINTE,
)
from streams.numbers.measures import Measure, Sketch

HANDLED_LEGS = Measure.HANDLED_LEGS

WAITS_AND_HANDLING: tuple[QueueKpi, ...] = (
    Average(
        name="contact_center_speed_of_answer_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat",),
        division=division(part(Measure.WAIT_MS, Measure.ANSWERED, sketch=Sketch.WAIT)),
        clock=CALENDAR,
        attribution=ANSWER,
        source=ASA,
    ),
    Average(
        name="contact_center_time_to_abandon_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat",),
        division=division(part(Measure.ABANDON_WAIT_MS, Measure.ABANDONED, sketch=Sketch.ABANDON_WAIT)),
        clock=CALENDAR,
        attribution=ABANDONMENT,
        source=ATA,
    ),
    Ratio(
        name="contact_center_abandonment_ratio",
        channels=CALLS_AND_CHATS,
        division=division(
            part(
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
        source=ABANDONMENT_RATE,
    ),
    Average(
        name="contact_center_handle_time_seconds",
        channels=CALLS_AND_CHATS,
        labels=("stat", "part"),
        division=division(
            part(
                amount(Measure.TALK_MS, Measure.HOLD_MS, Measure.WRAP_MS),
                HANDLED_LEGS,
                sketch=Sketch.HANDLE,
                part="total",
            ),
            part(Measure.TALK_MS, HANDLED_LEGS, sketch=Sketch.TALK, part="talk"),
            part(Measure.HOLD_MS, HANDLED_LEGS, sketch=Sketch.HOLD, part="hold"),
            part(Measure.WRAP_MS, HANDLED_LEGS, sketch=Sketch.WRAP, part="wrap"),
        ),
        clock=CALENDAR,
        attribution=LAST_PART,
        source=AHT,
    ),
    Count(
        name="contact_center_short_contacts_total",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        amount=amount(Measure.SHORT_CONTACTS),
        attribution=LEG_END,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_callback_reached_ratio",
        channels=CALLS_AND_CHATS,
        division=division(
            part(
                Measure.CALLBACK_LEGS_ANSWERED,
                Measure.CALLBACK_LEGS_DECIDED,
                pending=lambda live: live.callbacks_pending,
            )
        ),
        attribution=OUTCOME,
        source=VEINTE,
    ),
    Ratio(
        name="contact_center_redial_ratio",
        channels=CALLS_AND_CHATS,
        division=division(part(Measure.REDIALED, Measure.REDIAL_BASE, across_channels=True)),
        attribution=ABANDONMENT,
        source=VEINTE,
    ),
)

NOW_WAITING: tuple[QueueKpi, ...] = (
    Now(
        name="contact_center_contacts_waiting",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.waiting),),
        source=PBX,
    ),
    Now(
        name="contact_center_contacts_waiting_past_target",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.waiting_past_target),),
        source=PBX,
    ),
    Now(
        name="contact_center_longest_wait_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.longest_wait_ms),),
        clock=CALENDAR,
        source=PBX,
    ),
    Now(
        name="contact_center_contacts_in_progress",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.in_progress),),
        source=PBX,
    ),
    Now(
        name="contact_center_callbacks_pending",
        unit=Unit.LEGS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.callbacks_pending),),
        source=VEINTE,
    ),
    Now(
        name="contact_center_oldest_callback_seconds",
        unit=Unit.SECONDS,
        channels=CALLS_AND_CHATS,
        parts=(NowPart((), lambda live: live.oldest_callback_ms),),
        clock=CALENDAR,
        source=VEINTE,
    ),
)
