"""KPIs of tickets: opened and solved, and how long it took."""

from __future__ import annotations

from metrics.catalog.model import TICKETS_ONLY, Average, Count, QueueKpi, Ratio, TopRatio, Unit
from metrics.catalog.quotients import amount, division, part
from metrics.catalog.words import (
    ASSIGNMENT_AND_SOLVE,
    CALENDAR,
    CALENDAR_BUSINESS_OR_NET,
    CALENDAR_OR_BUSINESS,
    CLOCK_OF_LIMIT,
    DESK,
    EACH_ITS_OWN,
    FRT,
    NRT,
    REPLY,
    REPLY_OR_LIMIT,
    SOLVE,
    SOLVE_OR_DAY,
    SOLVED_AT,
    TICKET_EVENT,
    TTR,
    VEINTE,
)
from streams.numbers.measures import Measure, Sketch

TEAMS_SHOWN = 50
AGENTS_SHOWN = 50

FIRST = Measure.FIRST_RESOLUTIONS
"""How many first resolutions there are, by whichever clock."""
FULL = Measure.SOLVED

TICKETS: tuple[QueueKpi, ...] = (
    Count(
        name="contact_center_tickets_opened_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.OPENED),
        attribution=TICKET_EVENT,
        source=DESK,
    ),
    Count(
        name="contact_center_tickets_solved_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.SOLVED),
        total=amount(Measure.SOLVES),
        attribution=SOLVED_AT,
        source=DESK,
    ),
    Count(
        name="contact_center_tickets_reopened_total",
        unit=Unit.TICKETS,
        channels=TICKETS_ONLY,
        amount=amount(Measure.REOPENED),
        attribution=TICKET_EVENT,
        source=DESK,
    ),
    Average(
        name="contact_center_first_response_seconds",
        channels=TICKETS_ONLY,
        labels=("clock", "stat"),
        division=division(
            part(
                Measure.FIRST_RESPONSE_MS,
                Measure.FIRST_RESPONSES,
                sketch=Sketch.FIRST_RESPONSE,
                clock="calendar",
            ),
            part(
                Measure.FIRST_RESPONSE_BUSINESS_MS,
                Measure.FIRST_RESPONSES,
                sketch=Sketch.FIRST_RESPONSE_BUSINESS,
                clock="business",
            ),
        ),
        clock=CALENDAR_OR_BUSINESS,
        attribution=REPLY,
        source=FRT,
    ),
    Ratio(
        name="contact_center_first_response_within_ratio",
        channels=TICKETS_ONLY,
        labels=("limit",),
        division=division(
            part(Measure.RESPONSE_15M_MET, Measure.RESPONSE_15M_JUDGED, limit="15m"),
            part(Measure.RESPONSE_24H_MET, Measure.RESPONSE_24H_JUDGED, limit="24h"),
            part(Measure.RESPONSE_TARGET_MET, Measure.RESPONSE_TARGET_JUDGED, limit="target"),
        ),
        clock=CLOCK_OF_LIMIT,
        attribution=REPLY_OR_LIMIT,
        source=FRT,
    ),
    Average(
        name="contact_center_next_response_seconds",
        channels=TICKETS_ONLY,
        labels=("stat",),
        division=division(
            part(
                Measure.NEXT_RESPONSE_MS,
                Measure.NEXT_RESPONSES,
                sketch=Sketch.NEXT_RESPONSE,
                pending=lambda live: live.awaiting_reply,
            )
        ),
        clock=CALENDAR,
        attribution=REPLY,
        source=NRT,
    ),
    Average(
        name="contact_center_resolution_seconds",
        channels=TICKETS_ONLY,
        labels=("clock", "stat", "which"),
        division=division(
            *(
                part(time_ms, solves, sketch=sketch, clock=clock, which=which)
                for which, solves, clock, time_ms, sketch in (
                    ("first", FIRST, "calendar", Measure.FIRST_RESOLUTION_MS, Sketch.FIRST_RESOLUTION),
                    (
                        "first",
                        FIRST,
                        "business",
                        Measure.FIRST_RESOLUTION_BUSINESS_MS,
                        Sketch.FIRST_RESOLUTION_BUSINESS,
                    ),
                    ("first", FIRST, "net", Measure.FIRST_RESOLUTION_NET_MS, Sketch.FIRST_RESOLUTION_NET),
                    ("full", FULL, "calendar", Measure.FULL_RESOLUTION_MS, Sketch.FULL_RESOLUTION),
                    ("full", FULL, "business", Measure.FULL_RESOLUTION_BUSINESS_MS, Sketch.FULL_RESOLUTION_BUSINESS),
                    ("full", FULL, "net", Measure.FULL_RESOLUTION_NET_MS, Sketch.FULL_RESOLUTION_NET),
                )
            )
        ),
        clock=CALENDAR_BUSINESS_OR_NET,
        attribution=SOLVE,
        source=TTR,
    ),
    Ratio(
        name="contact_center_resolution_ratio",
        channels=TICKETS_ONLY,
        labels=("basis",),
        division=division(
            part(Measure.SOLVED, Measure.OPENED, basis="flow"),
            part(Measure.COHORT_SOLVED, Measure.OPENED, basis="cohort"),
        ),
        attribution=EACH_ITS_OWN,
        source=DESK,
    ),
    TopRatio(
        name="contact_center_team_resolution_ratio",
        channels=TICKETS_ONLY,
        labels=("basis", "team"),
        label="team",
        limit=TEAMS_SHOWN,
        parts=(
            part(Measure.TEAM_SOLVED, Measure.TEAM_OPENED, basis="flow"),
            part(Measure.TEAM_COHORT_SOLVED, Measure.TEAM_OPENED, basis="cohort"),
        ),
        attribution=EACH_ITS_OWN,
        source=DESK,
    ),
    TopRatio(
        name="contact_center_agent_resolution_ratio",
        channels=TICKETS_ONLY,
        labels=("agent",),
        label="agent",
        limit=AGENTS_SHOWN,
        api_only=True,
        parts=(part(Measure.AGENT_SOLVED, Measure.AGENT_ASSIGNED),),
        attribution=ASSIGNMENT_AND_SOLVE,
        source=DESK,
    ),
    Ratio(
        name="contact_center_resolved_within_24h_ratio",
        channels=TICKETS_ONLY,
        division=division(part(Measure.RESOLVED_24H_MET, Measure.RESOLVED_24H_JUDGED)),
        clock=CALENDAR,
        attribution=SOLVE_OR_DAY,
        source=VEINTE,
    ),
)
