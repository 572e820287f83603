"""Counts in, numbers out, worked out by hand: the vectors of every KPI of queues.

A vector is what happened in a window, what is true now, and the value of each series by its labels; ``None`` is no
number. Empty rows and the pipeline's own numbers are tested for all KPIs at once, beside these.
"""

from __future__ import annotations

from typing import NamedTuple

from metrics.snapshot.snapshot import NO_COUNTS, Counts, LiveNumbers
from streams.facts.conversations.measures import ConversationMeasure, ConversationSketch
from streams.facts.customers.measures import CustomerMeasure
from streams.facts.shared.measures import HandlingMeasure
from streams.facts.tickets.measures import TicketMeasure, TicketSketch
from streams.numbers.measures import Measure, Sketch
from tests.support.boards import ICMI, counts, durations, live_of

DAY_S = 86_400


class Vector(NamedTuple):
    """``values``: by ``label=value,label=value``, "" without labels."""

    given: Counts
    values: dict[str, float | None]
    live: LiveNumbers = live_of()


def live(**numbers: int) -> LiveNumbers:
    """Live numbers with these values."""
    return live_of(**numbers)


def only(value: float | None) -> dict[str, float | None]:
    """The one series of a KPI without labels."""
    return {"": value}


def ratio_vectors(above: Measure, below: Measure, labels: str = "") -> list[Vector]:
    """Of one: all and nothing; of seven: two."""
    return [
        Vector(counts({above: 1, below: 1}), {labels: 1.0}),
        Vector(counts({above: 0, below: 1}), {labels: 0.0}),
        Vector(counts({above: 2, below: 7}), {labels: 2 / 7}),
    ]


def count_vectors(measure: Measure) -> list[Vector]:
    """One, and a day's worth."""
    return [Vector(counts({measure: 1}), only(1)), Vector(counts({measure: 1040}), only(1040))]


def time_vectors(total_ms: Measure, how_many: Measure, sketch: Sketch, labels: str = "") -> list[Vector]:
    """One of 12.345 s; ten of 1 to 10 s, of which the fifth, ninth and tenth are the percentiles; four of no time."""
    ten = range(1_000, 11_000, 1_000)
    return [
        Vector(
            counts({total_ms: 12_345, how_many: 1}) + durations(sketch, 12_345),
            _by_stat(labels, avg=12.345, p50=12.345, p90=12.345, p95=12.345),
        ),
        Vector(
            counts({total_ms: sum(ten), how_many: 10}) + durations(sketch, *ten),
            _by_stat(labels, avg=5.5, p50=5, p90=9, p95=10),
        ),
        Vector(counts({total_ms: 0, how_many: 4}), _by_stat(labels, avg=0, p50=0, p90=0, p95=0)),
        Vector(
            counts({total_ms: 8_000, how_many: 10}) + durations(sketch, 8_000), _by_stat(labels, avg=0.8, p90=0, p95=8)
        ),
    ]


def _by_stat(labels: str, **values: float) -> dict[str, float | None]:
    """The values of an average's series; label names are in order."""
    named = {
        ",".join(sorted([*filter(None, labels.split(",")), f"stat={stat}"])): value for stat, value in values.items()
    }
    return dict(named)


ICMI_AND_LEFT = {**ICMI, ConversationMeasure.LEFT_WITHIN: 10}
TICKET_TIMES = {
    ("calendar", "first"): (
        TicketMeasure.FIRST_RESOLUTION_MS,
        TicketMeasure.FIRST_RESOLUTIONS,
        TicketSketch.FIRST_RESOLUTION,
    ),
    ("business", "first"): (
        TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS,
        TicketMeasure.FIRST_RESOLUTIONS,
        TicketSketch.FIRST_RESOLUTION_BUSINESS,
    ),
    ("net", "first"): (
        TicketMeasure.FIRST_RESOLUTION_NET_MS,
        TicketMeasure.FIRST_RESOLUTIONS,
        TicketSketch.FIRST_RESOLUTION_NET,
    ),
    ("calendar", "full"): (TicketMeasure.FULL_RESOLUTION_MS, TicketMeasure.SOLVED, TicketSketch.FULL_RESOLUTION),
    ("business", "full"): (
        TicketMeasure.FULL_RESOLUTION_BUSINESS_MS,
        TicketMeasure.SOLVED,
        TicketSketch.FULL_RESOLUTION_BUSINESS,
    ),
    ("net", "full"): (TicketMeasure.FULL_RESOLUTION_NET_MS, TicketMeasure.SOLVED, TicketSketch.FULL_RESOLUTION_NET),
}
TWENTY_ONE = {f"topic {number:02}": number for number in range(1, 22)}
"""One more than a board shows."""
A_WEEK_OF_TICKETS = {
    TicketMeasure.SOLVES: 30,
    TicketMeasure.REMOVED: 4,
    TicketMeasure.REOPENED: 5,
    TicketMeasure.OPENED: 14,
    TicketMeasure.REMOVED_OPENED: 3,
}
"""12 net closings."""

CALLS: dict[str, list[Vector]] = {
    "contact_center_contacts_arrived_total": count_vectors(ConversationMeasure.ARRIVED),
    "contact_center_contacts_offered_total": count_vectors(ConversationMeasure.OFFERED),
    "contact_center_contacts_refused_total": [
        Vector(
            counts(refused={"busy": 1, "no_agents": 2}),
            {
                "reason=closed": 0,
                "reason=busy": 1,
                "reason=full": 0,
                "reason=no_agents": 2,
                "reason=expected_wait": 0,
                "reason=other": 0,
            },
        ),
        Vector(counts(refused={"closed": 9, "solar flare": 2}), {"reason=closed": 9, "reason=solar flare": 2}),
    ],
    "contact_center_contacts_answered_total": count_vectors(ConversationMeasure.ANSWERED),
    "contact_center_contacts_abandoned_total": count_vectors(ConversationMeasure.ABANDONED),
    "contact_center_contacts_short_abandoned_total": count_vectors(ConversationMeasure.SHORT_ABANDONED),
    "contact_center_contacts_callback_requested_total": count_vectors(ConversationMeasure.CALLBACK_REQUESTED),
    "contact_center_contacts_left_queue_total": [
        Vector(
            counts(left_queue={"timeout": 1, "key": 3}),
            {"reason=timeout": 1, "reason=empty": 0, "reason=overflow": 0, "reason=key": 3},
        )
    ],
    "contact_center_service_level_events_total": [
        Vector(counts(ICMI_AND_LEFT), only(860 + 20 + 10 + 180)),
        Vector(counts({ConversationMeasure.REACHED_TARGET: 1}), only(1)),
    ],
    "contact_center_service_level_met_total": count_vectors(ConversationMeasure.ANSWERED_WITHIN),
    "contact_center_service_level_ratio": [
        Vector(
            counts(ICMI),
            {
                "variant=short_removed": 860 / 1050,
                "variant=strict": 860 / 1060,
                "variant=optimistic": 880 / 1060,
                "variant=short_credited": 870 / 1060,
                "variant=early_ignored": 860 / 1040,
                "variant=answered_only": 860 / 1000,
            },
        ),
        Vector(
            counts(ICMI_AND_LEFT),
            {
                "variant=short_removed": 860 / 1060,
                "variant=strict": 860 / 1070,
                "variant=optimistic": 880 / 1070,
                "variant=short_credited": 870 / 1070,
                "variant=early_ignored": 860 / 1050,
                "variant=answered_only": 860 / 1000,
            },
        ),
        Vector(
            counts(
                {
                    ConversationMeasure.ABANDONED_WITHIN: 1,
                    ConversationMeasure.SHORT_WITHIN: 1,
                    ConversationMeasure.ABANDONED: 1,
                    ConversationMeasure.SHORT_ABANDONED: 1,
                }
            ),
            {"variant=short_removed": None, "variant=strict": 0.0, "variant=optimistic": 1.0},
        ),
    ],
    "contact_center_contact_service_level_ratio": [
        Vector(
            counts(
                {
                    ConversationMeasure.CONTACT_ANSWERED_WITHIN: 80,
                    ConversationMeasure.CONTACT_ABANDONED_WITHIN: 6,
                    ConversationMeasure.CONTACT_SHORT_WITHIN: 4,
                    ConversationMeasure.CONTACT_LEFT_WITHIN: 1,
                    ConversationMeasure.CONTACT_REACHED_TARGET: 17,
                }
            ),
            only(80 / (80 + 6 - 4 + 1 + 17)),
        ),
        Vector(
            counts({ConversationMeasure.CONTACT_ABANDONED_WITHIN: 1, ConversationMeasure.CONTACT_SHORT_WITHIN: 1}),
            only(None),
        ),
    ],
    "contact_center_speed_of_answer_seconds": time_vectors(
        ConversationMeasure.WAIT_MS, ConversationMeasure.ANSWERED, ConversationSketch.WAIT
    ),
    "contact_center_time_to_abandon_seconds": time_vectors(
        ConversationMeasure.ABANDON_WAIT_MS, ConversationMeasure.ABANDONED, ConversationSketch.ABANDON_WAIT
    ),
    "contact_center_abandonment_ratio": [
        Vector(
            counts(
                {
                    ConversationMeasure.ANSWERED: 90,
                    ConversationMeasure.ABANDONED: 12,
                    ConversationMeasure.SHORT_ABANDONED: 2,
                    ConversationMeasure.CALLBACK_REQUESTED: 5,
                },
                left_queue={"timeout": 2, "overflow": 1},
            ),
            only(10 / 108),
        ),
        Vector(counts({ConversationMeasure.ABANDONED: 1}), only(1.0)),
        Vector(counts({ConversationMeasure.ABANDONED: 1, ConversationMeasure.SHORT_ABANDONED: 1}), only(None)),
    ],
    "contact_center_handle_time_seconds": [
        *time_vectors(
            ConversationMeasure.TALK_MS, ConversationMeasure.HANDLED_LEGS, ConversationSketch.TALK, "part=talk"
        ),
        *time_vectors(
            ConversationMeasure.HOLD_MS, ConversationMeasure.HANDLED_LEGS, ConversationSketch.HOLD, "part=hold"
        ),
        *time_vectors(
            ConversationMeasure.WRAP_MS, ConversationMeasure.HANDLED_LEGS, ConversationSketch.WRAP, "part=wrap"
        ),
        Vector(
            counts(
                {
                    ConversationMeasure.TALK_MS: 180_000,
                    ConversationMeasure.HOLD_MS: 30_000,
                    ConversationMeasure.WRAP_MS: 60_000,
                    ConversationMeasure.HANDLED_LEGS: 2,
                }
            )
            + durations(ConversationSketch.HANDLE, 90_000, 180_000),
            {
                "part=total,stat=avg": 135.0,
                "part=total,stat=p50": 90.0,
                "part=total,stat=p90": 180.0,
                "part=total,stat=p95": 180.0,
            },
        ),
    ],
    "contact_center_short_contacts_total": count_vectors(ConversationMeasure.SHORT_CONTACTS),
    "contact_center_callback_reached_ratio": ratio_vectors(
        ConversationMeasure.CALLBACK_LEGS_ANSWERED, ConversationMeasure.CALLBACK_LEGS_DECIDED
    ),
    "contact_center_contacts_waiting": [Vector(NO_COUNTS, only(3), live(waiting=3))],
    "contact_center_contacts_waiting_past_target": [Vector(NO_COUNTS, only(2), live(waiting_past_target=2))],
    "contact_center_longest_wait_seconds": [
        Vector(NO_COUNTS, only(20.001), live(longest_wait=20_001)),
        Vector(NO_COUNTS, only(0.0), live(longest_wait=0)),
    ],
    "contact_center_contacts_in_progress": [Vector(NO_COUNTS, only(4), live(in_progress=4))],
    "contact_center_callbacks_pending": [Vector(NO_COUNTS, only(6), live(callbacks_pending=6))],
    "contact_center_oldest_callback_seconds": [Vector(NO_COUNTS, only(7.5), live(oldest_callback=7_500))],
}
TICKETS: dict[str, list[Vector]] = {
    "contact_center_tickets_opened_total": count_vectors(TicketMeasure.OPENED),
    "contact_center_tickets_solved_total": [
        Vector(counts({TicketMeasure.SOLVED: 60, TicketMeasure.SOLVES: 65}), only(60))
    ],
    "contact_center_tickets_reopened_total": count_vectors(TicketMeasure.REOPENED),
    "contact_center_first_response_seconds": [
        *time_vectors(
            TicketMeasure.FIRST_RESPONSE_MS,
            TicketMeasure.FIRST_RESPONSES,
            TicketSketch.FIRST_RESPONSE,
            "clock=calendar",
        ),
        *time_vectors(
            TicketMeasure.FIRST_RESPONSE_BUSINESS_MS,
            TicketMeasure.FIRST_RESPONSES,
            TicketSketch.FIRST_RESPONSE_BUSINESS,
            "clock=business",
        ),
    ],
    "contact_center_first_response_within_ratio": [
        *ratio_vectors(TicketMeasure.RESPONSE_15M_MET, TicketMeasure.RESPONSE_15M_JUDGED, "limit=15m"),
        *ratio_vectors(TicketMeasure.RESPONSE_24H_MET, TicketMeasure.RESPONSE_24H_JUDGED, "limit=24h"),
        *ratio_vectors(TicketMeasure.RESPONSE_TARGET_MET, TicketMeasure.RESPONSE_TARGET_JUDGED, "limit=target"),
    ],
    "contact_center_next_response_seconds": time_vectors(
        TicketMeasure.NEXT_RESPONSE_MS, TicketMeasure.NEXT_RESPONSES, TicketSketch.NEXT_RESPONSE
    ),
    "contact_center_resolution_seconds": [
        vector
        for (clock, which), measures in TICKET_TIMES.items()
        for vector in time_vectors(*measures, f"clock={clock},which={which}")
    ],
    "contact_center_resolution_ratio": [
        *ratio_vectors(TicketMeasure.SOLVED, TicketMeasure.OPENED, "basis=flow"),
        *ratio_vectors(TicketMeasure.COHORT_SOLVED, TicketMeasure.OPENED, "basis=cohort"),
        Vector(
            counts({TicketMeasure.OPENED: 4, TicketMeasure.SOLVED: 6, TicketMeasure.COHORT_SOLVED: 4}),
            {"basis=flow": 1.5, "basis=cohort": 1.0},
        ),
    ],
    "contact_center_team_resolution_ratio": [
        Vector(
            counts(team_opened={"red": 4}, team_solved={"red": 3, "blue": 1}, team_cohort_solved={"red": 2}),
            {
                "basis=flow,team=red": 0.75,
                "basis=cohort,team=red": 0.5,
                "basis=flow,team=blue": None,
                "basis=cohort,team=blue": None,
            },
        )
    ],
    "contact_center_agent_resolution_ratio": [
        Vector(
            counts(agent_assigned={"a1b2": 8, "c3d4": 1}, agent_solved={"a1b2": 6}),
            {"agent=a1b2": 0.75, "agent=c3d4": 0.0},
        )
    ],
    "contact_center_resolved_within_24h_ratio": ratio_vectors(
        TicketMeasure.RESOLVED_24H_MET, TicketMeasure.RESOLVED_24H_JUDGED
    ),
    "contact_center_tickets_awaiting_reply": [Vector(NO_COUNTS, only(5), live(awaiting_reply=5))],
    "contact_center_tickets_open": [
        Vector(
            NO_COUNTS,
            {"state=on_hold": 8, "state=unattended": 9, "state=open": 10},
            live(open_on_hold=8, open_unattended=9, open_open=10),
        )
    ],
    "contact_center_tickets_overdue": [Vector(NO_COUNTS, only(11), live(overdue=11))],
    "contact_center_tickets_due_soon": [Vector(NO_COUNTS, only(12), live(due_soon=12))],
    "contact_center_ticket_backlog": [
        Vector(
            NO_COUNTS,
            {
                "age=under 1h": 1,
                "age=1-4h": 2,
                "age=4-8h": 3,
                "age=8-24h": 4,
                "age=1-3d": 5,
                "age=3-7d": 6,
                "age=over 7d": 7,
            },
            live(
                age_under_1h=1,
                age_1h_4h=2,
                age_4h_8h=3,
                age_8h_24h=4,
                age_1d_3d=5,
                age_3d_7d=6,
                age_over_7d=7,
            ),
        )
    ],
    "contact_center_oldest_ticket_seconds": [Vector(NO_COUNTS, only(13.0), live(oldest_ticket=13_000))],
    "contact_center_backlog_clearance_seconds": [
        Vector(counts(A_WEEK_OF_TICKETS), only(2 * DAY_S), live(open_open=10, open_on_hold=8, open_unattended=6)),
        Vector(counts({TicketMeasure.SOLVES: 1}), only(DAY_S), live(open_open=1)),
        Vector(counts({TicketMeasure.SOLVES: 1, TicketMeasure.OPENED: 1}), only(None), live(open_open=1)),
        Vector(counts({TicketMeasure.SOLVES: 1, TicketMeasure.REOPENED: 2}), only(None), live(open_unattended=1)),
        Vector(counts({TicketMeasure.OPENED: 3, TicketMeasure.SOLVES: 1}), only(0.0), live()),
    ],
}
CONTACTS: dict[str, list[Vector]] = {
    "contact_center_classified_ratio": ratio_vectors(HandlingMeasure.CLASSIFIED, HandlingMeasure.HANDLED),
    "contact_center_escalations_total": [
        Vector(
            counts(escalations={"functional": 1, "to the press": 2}),
            {"kind=functional": 1, "kind=hierarchical": 0, "kind=to the press": 2},
        )
    ],
    "contact_center_escalation_ratio": ratio_vectors(HandlingMeasure.ESCALATED, HandlingMeasure.HANDLED),
    "contact_center_topic_escalations": [
        Vector(counts(escalations_by_topic={"bill": 1, "other": 4}), {"topic=bill": 1, "topic=other": 4})
    ],
    "contact_center_topic_contacts": [
        Vector(counts(contacts_by_topic={"bill": 3}), {"topic=bill": 3}),
        Vector(counts(contacts_by_topic=TWENTY_ONE), {"topic=topic 02": 2, "topic=topic 21": 21}),
    ],
}
CUSTOMERS: dict[str, list[Vector]] = {
    "contact_center_first_contact_resolution_gap_ratio": ratio_vectors(
        CustomerMeasure.FCR_GAP, CustomerMeasure.FCR_GAP_BASE
    ),
    "contact_center_repeat_contacts_total": count_vectors(CustomerMeasure.REPEATED),
    "contact_center_repeat_contact_ratio": ratio_vectors(CustomerMeasure.REPEATED, CustomerMeasure.REPEAT_BASE),
    "contact_center_topic_repeat_contact_ratio": [
        Vector(
            counts(repeat_base_by_topic={"bill": 5, "other": 2}, repeated_by_topic={"bill": 2}),
            {"topic=bill": 0.4, "topic=other": 0.0},
        ),
        Vector(
            counts(repeat_base_by_topic=TWENTY_ONE, repeated_by_topic={"topic 01": 1, "topic 02": 1}),
            {"topic=topic 02": 0.5, "topic=topic 21": 0.0},
        ),
    ],
    "contact_center_redial_ratio": ratio_vectors(CustomerMeasure.REDIALED, CustomerMeasure.REDIAL_BASE),
}
FCR = "contact_center_first_contact_resolution_ratio"
"""By what was said of a contact and by repeats of its customer."""
RESOLVED_FIRST: dict[str, list[Vector]] = {
    FCR: [
        *ratio_vectors(HandlingMeasure.FCR_FLAGGED, HandlingMeasure.FCR_FLAGGED_BASE, "basis=flagged"),
        *ratio_vectors(HandlingMeasure.FCR_NET, HandlingMeasure.FCR_NET_BASE, "basis=net"),
        *ratio_vectors(
            CustomerMeasure.FCR_WINDOW, CustomerMeasure.FCR_WINDOW_BASE, "basis=repeat_window,state=provisional"
        ),
        *ratio_vectors(CustomerMeasure.FCR_FINAL, CustomerMeasure.FCR_FINAL_BASE, "basis=repeat_window,state=final"),
    ],
}
VECTORS = {**CALLS, **TICKETS, **CONTACTS, **CUSTOMERS, **RESOLVED_FIRST}
