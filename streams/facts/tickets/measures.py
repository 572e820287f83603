"""Measures and sketches of tickets."""

from __future__ import annotations

from streams.numbers.codes import CompositeCounter, SharedSketch, SharedSum
from streams.numbers.measures import Measure, Sketch, count, duration

FORMULA = 4
"""Number of the rules that these measures are counted by. Raise it, once a release, where any of them changes."""


class TicketMeasure(Measure):
    """Counts and sums of tickets; kpis.md has the slice of each."""

    OPENED = count(40, "opened", "abiertos", column="opened")
    # once a ticket, at its solve after the latest reopening
    SOLVED = count(41, "solved", "resueltos", column="solved")
    # every solve
    SOLVES = count(42, "all solves", "todas las resoluciones")
    REOPENED = count(43, "reopenings", "reaperturas", column="reopened")
    FIRST_RESPONSES = count(44, "first responses", "primeras respuestas")
    FIRST_RESPONSE_MS = duration(
        45, "time to the first response", "tiempo hasta la primera respuesta", column="first_response_seconds_sum"
    )
    # its count is SOLVED
    FULL_RESOLUTION_MS = duration(
        46, "time to the latest solve", "tiempo hasta la última resolución", column="resolution_seconds_sum"
    )
    FIRST_RESOLUTIONS = count(47, "first solves", "primeras resoluciones")
    FIRST_RESOLUTION_MS = duration(48, "time to the first solve", "tiempo hasta la primera resolución")
    # its count is FIRST_RESPONSES
    FIRST_RESPONSE_BUSINESS_MS = duration(
        49, "open hours to the first response", "horas de atención hasta la primera respuesta"
    )
    NEXT_RESPONSES = count(50, "next responses", "siguientes respuestas")
    NEXT_RESPONSE_MS = duration(51, "time to the next response", "tiempo hasta la siguiente respuesta")
    # one event a ticket, at the earlier of reply and deadline
    RESPONSE_15M_JUDGED = count(52, "judged at 15 min", "evaluados a los 15 min")
    RESPONSE_15M_MET = count(53, "answered within 15 min", "respondidos en 15 min")
    RESPONSE_24H_JUDGED = count(54, "judged at 24 h", "evaluados a las 24 h")
    RESPONSE_24H_MET = count(55, "answered within 24 h", "respondidos en 24 h")
    RESPONSE_TARGET_JUDGED = count(
        56, "judged at the target", "evaluados en el objetivo", column="first_responses_judged"
    )
    RESPONSE_TARGET_MET = count(
        57, "answered within the target", "respondidos dentro del objetivo", column="first_responses_within_target"
    )
    RESOLVED_24H_JUDGED = count(58, "judged at 24 h", "evaluados a las 24 h")
    RESOLVED_24H_MET = count(59, "solved within 24 h", "resueltos en 24 h")
    # its count is FIRST_RESOLUTIONS
    FIRST_RESOLUTION_BUSINESS_MS = duration(
        60, "open hours to the first solve", "horas de atención hasta la primera resolución"
    )
    FIRST_RESOLUTION_NET_MS = duration(61, "net hours to the first solve", "horas netas hasta la primera resolución")
    # its count is SOLVED
    FULL_RESOLUTION_BUSINESS_MS = duration(
        62, "open hours to the latest solve", "horas de atención hasta la última resolución"
    )
    FULL_RESOLUTION_NET_MS = duration(63, "net hours to the latest solve", "horas netas hasta la última resolución")
    # solved by now, at the opening
    COHORT_SOLVED = count(64, "opened and solved by now", "abiertos y ya resueltos")
    # removed tickets, at their opening: for the clearance time only
    REMOVED_OPENED = count(65, "openings of removed tickets", "aperturas de tickets retirados")
    # the same at their removal
    REMOVED = count(66, "removals", "retiradas")
    # at the opening
    TEAM_OPENED = count(67, "opened, of the team", "abiertos, del equipo", by=("team",))
    # at the solve
    TEAM_SOLVED = count(68, "solved, of the team", "resueltos, del equipo", by=("team",))
    # at the opening
    TEAM_COHORT_SOLVED = count(
        69, "opened and solved by now, of the team", "abiertos y ya resueltos, del equipo", by=("team",)
    )
    # distinct tickets, at the first assignment to the agent
    AGENT_ASSIGNED = count(
        70, "distinct tickets assigned to the agent", "tickets distintos asignados al agente", by=("agent",)
    )
    # at the solve
    AGENT_SOLVED = count(71, "solved by the agent", "resueltos por el agente", by=("agent",))


class TicketSketch(Sketch):
    """Durations of tickets with percentiles."""

    FIRST_RESPONSE = 7
    FIRST_RESPONSE_BUSINESS = 8
    NEXT_RESPONSE = 9
    FIRST_RESOLUTION = 15
    FIRST_RESOLUTION_BUSINESS = 16
    FIRST_RESOLUTION_NET = 17
    FULL_RESOLUTION = 18
    FULL_RESOLUTION_BUSINESS = 19
    FULL_RESOLUTION_NET = 20


OPENING = CompositeCounter(2, (TicketMeasure.OPENED, TicketMeasure.COHORT_SOLVED))
REPLY = CompositeCounter(
    3,
    (
        TicketMeasure.FIRST_RESPONSES,
        TicketMeasure.RESPONSE_15M_JUDGED,
        TicketMeasure.RESPONSE_15M_MET,
        TicketMeasure.RESPONSE_24H_JUDGED,
        TicketMeasure.RESPONSE_24H_MET,
        TicketMeasure.RESPONSE_TARGET_JUDGED,
        TicketMeasure.RESPONSE_TARGET_MET,
    ),
)
SOLVE = CompositeCounter(
    4,
    (
        TicketMeasure.SOLVES,
        TicketMeasure.SOLVED,
        TicketMeasure.FIRST_RESOLUTIONS,
        TicketMeasure.RESOLVED_24H_JUDGED,
        TicketMeasure.RESOLVED_24H_MET,
    ),
)

FIRST_RESPONSE_BOTH_MS = SharedSum(120, (TicketMeasure.FIRST_RESPONSE_MS, TicketMeasure.FIRST_RESPONSE_BUSINESS_MS))
"""Time to the first response, where calendar and business clock agree."""
RESOLUTION_ALL_MS = SharedSum(
    121,
    (
        TicketMeasure.FIRST_RESOLUTION_MS,
        TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS,
        TicketMeasure.FIRST_RESOLUTION_NET_MS,
        TicketMeasure.FULL_RESOLUTION_MS,
        TicketMeasure.FULL_RESOLUTION_BUSINESS_MS,
        TicketMeasure.FULL_RESOLUTION_NET_MS,
    ),
)
"""First and full resolution of a ticket solved once, where calendar, business and net clock agree."""
RESOLUTION_MS = (
    SharedSum(122, (TicketMeasure.FIRST_RESOLUTION_MS, TicketMeasure.FULL_RESOLUTION_MS)),
    SharedSum(123, (TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS, TicketMeasure.FULL_RESOLUTION_BUSINESS_MS)),
    SharedSum(124, (TicketMeasure.FIRST_RESOLUTION_NET_MS, TicketMeasure.FULL_RESOLUTION_NET_MS)),
)
"""First and full resolution of a ticket solved once, by calendar, business and net clock in turn."""

FIRST_RESPONSE_BOTH = SharedSketch(10, (TicketSketch.FIRST_RESPONSE, TicketSketch.FIRST_RESPONSE_BUSINESS))
RESOLUTION_ALL = SharedSketch(
    11,
    (
        TicketSketch.FIRST_RESOLUTION,
        TicketSketch.FIRST_RESOLUTION_BUSINESS,
        TicketSketch.FIRST_RESOLUTION_NET,
        TicketSketch.FULL_RESOLUTION,
        TicketSketch.FULL_RESOLUTION_BUSINESS,
        TicketSketch.FULL_RESOLUTION_NET,
    ),
)
RESOLUTION = (
    SharedSketch(12, (TicketSketch.FIRST_RESOLUTION, TicketSketch.FULL_RESOLUTION)),
    SharedSketch(13, (TicketSketch.FIRST_RESOLUTION_BUSINESS, TicketSketch.FULL_RESOLUTION_BUSINESS)),
    SharedSketch(14, (TicketSketch.FIRST_RESOLUTION_NET, TicketSketch.FULL_RESOLUTION_NET)),
)

COMPOSITES = (OPENING, REPLY, SOLVE)
SHARED_SUMS = (FIRST_RESPONSE_BOTH_MS, RESOLUTION_ALL_MS, *RESOLUTION_MS)
SHARED_SKETCHES = (FIRST_RESPONSE_BOTH, RESOLUTION_ALL, *RESOLUTION)
