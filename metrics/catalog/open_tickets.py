"""KPIs of tickets that are open now, and how long it would take to work them off."""

from __future__ import annotations

from metrics.catalog.model import TICKETS_ONLY, Clearance, Now, NowPart, QueueKpi, Unit
from metrics.catalog.quotients import amount
from metrics.catalog.words import CALENDAR, CLOCK_OF_DUE_TIMES, CLOSINGS, DESK, VEINTE
from streams.numbers.measures import Measure

OPEN_TICKETS: tuple[QueueKpi, ...] = (
    Now(
        name="contact_center_tickets_awaiting_reply",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.awaiting_reply),),
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_open",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        labels=("state",),
        parts=(
            NowPart((("state", "on_hold"),), lambda live: live.open_on_hold),
            NowPart((("state", "unattended"),), lambda live: live.open_unattended),
            NowPart((("state", "open"),), lambda live: live.open_open),
        ),
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_overdue",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.overdue),),
        clock=CLOCK_OF_DUE_TIMES,
        source=DESK,
    ),
    Now(
        name="contact_center_tickets_due_soon",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.due_soon),),
        clock=CLOCK_OF_DUE_TIMES,
        source=VEINTE,
    ),
    Now(
        name="contact_center_ticket_backlog",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        labels=("age",),
        parts=(
            NowPart((("age", "under 1h"),), lambda live: live.age_under_1h),
            NowPart((("age", "1-4h"),), lambda live: live.age_1h_4h),
            NowPart((("age", "4-8h"),), lambda live: live.age_4h_8h),
            NowPart((("age", "8-24h"),), lambda live: live.age_8h_24h),
            NowPart((("age", "1-3d"),), lambda live: live.age_1d_3d),
            NowPart((("age", "3-7d"),), lambda live: live.age_3d_7d),
            NowPart((("age", "over 7d"),), lambda live: live.age_over_7d),
        ),
        clock=CALENDAR,
        source=DESK,
    ),
    Now(
        name="contact_center_oldest_ticket_seconds",
        unit=Unit.SECONDS,
        channels=TICKETS_ONLY,
        parts=(NowPart((), lambda live: live.oldest_ticket_ms),),
        clock=CALENDAR,
        source=DESK,
    ),
    Clearance(
        name="contact_center_backlog_clearance_seconds",
        channels=TICKETS_ONLY,
        open_now=lambda live: live.open_on_hold + live.open_unattended + live.open_open,
        net_closings=amount(
            Measure.SOLVES,
            Measure.REMOVED,
            minus=(Measure.REOPENED, Measure.OPENED, Measure.REMOVED_OPENED),
        ),
        windows=("24h", "7d", "28d"),
        clock=CALENDAR,
        attribution=CLOSINGS,
        source=VEINTE,
    ),
)
