"""Which tests hold a row of the KPI contract: one with numbers worked out by hand, one of a property.

Tests are named by node id. Every KPI of queues also has vectors in ``tests/support/kpi_vectors.py`` (its formula), and
is held by ``ADDS_UP`` or ``NOW_ADDS_UP`` (sums over queues); named here is what holds the way from its events.
"""

from __future__ import annotations

from typing import NamedTuple

SERVICE = "tests/unit/facts/conversations/test_contributions_service.py"
HANDLING = "tests/unit/facts/conversations/test_contributions_handling.py"
WHOLE = "tests/unit/facts/conversations/test_contributions_whole.py"
TICKETS = "tests/unit/facts/tickets/test_contributions_tickets.py"
CLOCKS = "tests/unit/facts/tickets/test_contributions_ticket_clocks.py"
PEOPLE = "tests/unit/facts/tickets/test_contributions_ticket_people.py"
REPEATS = "tests/unit/facts/customers/test_customers_repeats.py"
LIVE = "tests/unit/snapshot/test_snapshot.py"
VECTORS = "tests/unit/catalog/test_kpi_vectors.py"
CATALOG = "tests/unit/catalog/test_catalog.py"
REACHABLE = "tests/unit/planning/test_planning_reachable.py"

ORACLE = "tests/unit/facts/conversations/test_contributions_oracle.py::test_amounts_and_live_sets_are_the_oracles"
"""Any events of a call, chat or ticket: every amount and live entry equals an oracle that shares no code."""
CUSTOMERS = "tests/unit/facts/customers/test_customers_fold.py::test_amounts_are_the_oracles"
"""Any contacts of a customer: every amount equals an oracle that shares no code."""
SKETCHES = "tests/unit/numbers/test_sketches.py::test_percentiles_are_within_1_percent"
ADDS_UP = f"{VECTORS}::test_what_is_counted_in_two_queues_adds_up"
NOW_ADDS_UP = f"{VECTORS}::test_what_is_true_now_in_two_queues_adds_up"
CLEARS = f"{VECTORS}::test_clearance_is_open_tickets_at_the_pace_of_the_window"
PROMISED = f"{VECTORS}::test_any_promise_is_shown_as_it_is_set"
BUSINESS = "tests/unit/common/test_business_hours_properties.py::test_like_the_oracle"
DUE = "tests/unit/common/test_business_hours_properties.py::test_due_like_the_oracle"
SAID = f"{CATALOG}::test_the_pipeline_speaks_about_itself"
TOPICS_ADD_UP = f"{CATALOG}::test_what_two_topics_say_adds_up"
SEEN = f"{CATALOG}::test_blindness_and_age_are_those_of_the_view"


class Held(NamedTuple):
    """Node ids; several where it takes several to hold the row."""

    vectors: tuple[str, ...]
    properties: tuple[str, ...]


def held(vector: str, *properties: str) -> Held:
    """One vector, one or more properties."""
    return Held((vector,), properties)


_RESOLVED_FIRST = Held(
    (f"{HANDLING}::test_first_contact_resolution", f"{TICKETS}::test_first_contact_resolution"), (ORACLE, ADDS_UP)
)
_RESOLUTION = held(f"{CLOCKS}::test_resolution_by_three_clocks", ORACLE, SKETCHES)
_RESPONSE_WITHIN = held(f"{CLOCKS}::test_first_response_within_its_limit", ORACLE, ADDS_UP)
_REPEAT = held(f"{REPEATS}::test_what_is_a_repeat", CUSTOMERS, ADDS_UP)
_ESCALATIONS = Held((f"{WHOLE}::test_escalations", f"{PEOPLE}::test_topics_and_escalations"), (ORACLE, ADDS_UP))
_PIPELINE = held(SAID, TOPICS_ADD_UP)

KPI_TESTS: dict[str, Held] = {
    "contact_center_contacts_arrived_total": held(f"{SERVICE}::test_arrivals", ORACLE, ADDS_UP),
    "contact_center_contacts_offered_total": held(f"{SERVICE}::test_service_level", ORACLE, ADDS_UP),
    "contact_center_contacts_refused_total{reason=closed|busy|full}": held(
        f"{SERVICE}::test_who_was_refused_is_counted_by_reason_and_nowhere_else", ORACLE, ADDS_UP
    ),
    "contact_center_contacts_answered_total": held(f"{SERVICE}::test_waits", ORACLE, ADDS_UP),
    "contact_center_contacts_abandoned_total": held(f"{SERVICE}::test_waits", ORACLE, ADDS_UP),
    "contact_center_contacts_short_abandoned_total": held(
        f"{SERVICE}::test_only_the_first_leg_can_be_a_short_abandon", ORACLE, ADDS_UP
    ),
    "contact_center_contacts_callback_requested_total": held(
        f"{SERVICE}::test_the_order_of_outcomes_at_one_instant", ORACLE, ADDS_UP
    ),
    "contact_center_contacts_left_queue_total{reason=timeout|empty|overflow|key}": held(
        f"{SERVICE}::test_who_was_taken_out_is_counted_by_reason", ORACLE, ADDS_UP
    ),
    "contact_center_service_level_events_total": held(f"{SERVICE}::test_service_level", ORACLE, ADDS_UP),
    "contact_center_service_level_met_total": held(f"{SERVICE}::test_service_level", ORACLE, ADDS_UP),
    "contact_center_service_level_ratio{variant=short_removed|strict|optimistic|short_credited|early_ignored|"
    "answered_only}": held(f"{SERVICE}::test_the_icmi_vector", ORACLE, ADDS_UP),
    "contact_center_contact_service_level_ratio": held(f"{SERVICE}::test_service_level_of_a_contact", ORACLE, ADDS_UP),
    "contact_center_service_level_objective_ratio": held(
        f"{VECTORS}::test_the_promises_are_those_of_the_policy", PROMISED
    ),
    "contact_center_service_level_target_seconds": held(
        f"{VECTORS}::test_the_promises_are_those_of_the_policy", PROMISED
    ),
    "contact_center_speed_of_answer_seconds{stat=avg|p50|p90|p95}": held(
        f"{SERVICE}::test_waits_are_in_their_sketches", ORACLE, SKETCHES
    ),
    "contact_center_time_to_abandon_seconds{stat=avg|p50|p90|p95}": held(
        f"{SERVICE}::test_waits_are_in_their_sketches", ORACLE, SKETCHES
    ),
    "contact_center_abandonment_ratio": held(
        f"{VECTORS}::test_a_kpi_gives_what_was_worked_out_by_hand", ORACLE, ADDS_UP
    ),
    "contact_center_handle_time_seconds{stat=avg|p50|p90|p95,part=total|talk|hold|wrap}": Held(
        (
            f"{HANDLING}::test_hold_is_a_union",
            f"{HANDLING}::test_wrap_up",
            f"{HANDLING}::test_every_part_is_in_its_sketch",
        ),
        (ORACLE, SKETCHES),
    ),
    "contact_center_short_contacts_total": held(f"{HANDLING}::test_short_contacts", ORACLE, ADDS_UP),
    "contact_center_contacts_waiting": held(f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP),
    "contact_center_contacts_waiting_past_target": held(
        f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP
    ),
    "contact_center_longest_wait_seconds": held(f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP),
    "contact_center_contacts_in_progress": held(f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP),
    "contact_center_callbacks_pending": held(f"{SERVICE}::test_live_sets", ORACLE, NOW_ADDS_UP),
    "contact_center_oldest_callback_seconds": held(f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP),
    "contact_center_callback_reached_ratio": held(f"{SERVICE}::test_callbacks_reached", ORACLE, ADDS_UP),
    "contact_center_tickets_opened_total": held(f"{TICKETS}::test_walks", ORACLE, ADDS_UP),
    "contact_center_tickets_solved_total": held(f"{TICKETS}::test_walks", ORACLE, ADDS_UP),
    "contact_center_tickets_reopened_total": held(f"{TICKETS}::test_walks", ORACLE, ADDS_UP),
    "contact_center_first_response_seconds{stat=avg|p50|p90|p95,clock=calendar|business}": Held(
        (f"{TICKETS}::test_first_response", f"{CLOCKS}::test_first_response_by_both_clocks"),
        (ORACLE, BUSINESS, SKETCHES),
    ),
    "contact_center_first_response_within_ratio{limit=15m}": _RESPONSE_WITHIN,
    "contact_center_first_response_within_ratio{limit=24h}": _RESPONSE_WITHIN,
    "contact_center_first_response_within_ratio{limit=target}": Held(
        (*_RESPONSE_WITHIN.vectors, f"{CLOCKS}::test_the_target_runs_by_the_desks_clock"), (ORACLE, DUE)
    ),
    "contact_center_next_response_seconds": held(f"{CLOCKS}::test_next_response", ORACLE, SKETCHES),
    "contact_center_tickets_awaiting_reply": held(f"{CLOCKS}::test_next_response", ORACLE, NOW_ADDS_UP),
    "contact_center_resolution_seconds{stat=avg|p50|p90|p95,clock=calendar,which=first|full}": _RESOLUTION,
    "contact_center_resolution_seconds{stat=avg|p50|p90|p95,clock=business,which=first|full}": Held(
        _RESOLUTION.vectors, (*_RESOLUTION.properties, BUSINESS)
    ),
    "contact_center_resolution_seconds{stat=avg|p50|p90|p95,clock=net,which=first|full}": Held(
        _RESOLUTION.vectors, (*_RESOLUTION.properties, BUSINESS)
    ),
    "contact_center_resolution_ratio{basis=flow}": held(f"{PEOPLE}::test_solved_of_what_was_opened", ORACLE, ADDS_UP),
    "contact_center_resolution_ratio{basis=cohort}": held(f"{PEOPLE}::test_solved_of_what_was_opened", ORACLE, ADDS_UP),
    "contact_center_team_resolution_ratio{basis=flow|cohort,team=*}": held(f"{PEOPLE}::test_teams", ORACLE, ADDS_UP),
    "contact_center_agent_resolution_ratio{agent=*}": held(f"{PEOPLE}::test_agents", ORACLE, ADDS_UP),
    "contact_center_resolved_within_24h_ratio": held(f"{CLOCKS}::test_resolved_within_24_hours", ORACLE, ADDS_UP),
    "contact_center_tickets_open{state=on_hold|unattended|open}": held(
        f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP
    ),
    "contact_center_tickets_overdue": Held(
        (f"{TICKETS}::test_due_times", f"{CLOCKS}::test_due_times_by_the_desks_clock"), (ORACLE, DUE, NOW_ADDS_UP)
    ),
    "contact_center_tickets_due_soon": Held(
        (f"{TICKETS}::test_due_times", f"{LIVE}::test_live_entries_at_their_edges"), (ORACLE, DUE, NOW_ADDS_UP)
    ),
    "contact_center_ticket_backlog{age=under 1h|1-4h|4-8h|8-24h|1-3d|3-7d|over 7d}": held(
        f"{LIVE}::test_open_tickets_by_age", ORACLE, NOW_ADDS_UP
    ),
    "contact_center_oldest_ticket_seconds": held(f"{LIVE}::test_live_entries_at_their_edges", ORACLE, NOW_ADDS_UP),
    "contact_center_backlog_clearance_seconds": Held(
        (f"{VECTORS}::test_a_kpi_gives_what_was_worked_out_by_hand", f"{TICKETS}::test_a_removed_ticket_never_was"),
        (ORACLE, ADDS_UP, CLEARS),
    ),
    "contact_center_classified_ratio": _RESOLVED_FIRST,
    "contact_center_first_contact_resolution_ratio{basis=flagged}": _RESOLVED_FIRST,
    "contact_center_first_contact_resolution_ratio{basis=net}": _RESOLVED_FIRST,
    "contact_center_first_contact_resolution_ratio{basis=repeat_window,state=provisional}": _REPEAT,
    "contact_center_first_contact_resolution_ratio{basis=repeat_window,state=final}": Held(
        (
            f"{REPEATS}::test_what_is_a_repeat",
            f"{REPEATS}::test_everything_lands_in_the_queue_and_at_the_time_of_the_contact",
        ),
        (CUSTOMERS, ADDS_UP),
    ),
    "contact_center_first_contact_resolution_gap_ratio": held(
        f"{REPEATS}::test_the_gap_between_flag_and_window", CUSTOMERS, ADDS_UP
    ),
    "contact_center_repeat_contacts_total": _REPEAT,
    "contact_center_repeat_contact_ratio": _REPEAT,
    "contact_center_topic_repeat_contact_ratio{topic=*}": held(
        f"{REPEATS}::test_everything_lands_in_the_queue_and_at_the_time_of_the_contact", CUSTOMERS, ADDS_UP
    ),
    "contact_center_redial_ratio": held(f"{REPEATS}::test_what_is_a_redial", CUSTOMERS, ADDS_UP),
    "contact_center_escalations_total{kind=functional|hierarchical}": _ESCALATIONS,
    "contact_center_escalation_ratio": _ESCALATIONS,
    "contact_center_topic_escalations{topic=*}": _ESCALATIONS,
    "contact_center_topic_contacts{topic=*}": held(f"{WHOLE}::test_arrivals_by_topic", ORACLE, ADDS_UP),
    "contact_center_queue_open": held(
        "tests/unit/exporter/test_exporter.py::test_configured_queues_say_whether_they_are_open", BUSINESS
    ),
    "contact_center_service_level_reachable_ratio{outlook=best|likely}": held(
        f"{REACHABLE}::test_best_and_likely_by_hand", f"{REACHABLE}::test_any_day_equals_the_oracle"
    ),
    "contact_center_service_level_lost_timestamp_seconds{pace=current|worst}": held(
        f"{REACHABLE}::test_when_the_objective_is_lost_by_hand", f"{REACHABLE}::test_any_day_equals_the_oracle"
    ),
    "contact_center_contacts_expected{window=15m}": held(
        f"{REACHABLE}::test_what_is_usual_by_hand", f"{REACHABLE}::test_any_day_equals_the_oracle"
    ),
    "contact_center_queue_utc_offset_seconds": held(
        "tests/unit/planning/test_planning_turns.py::test_the_clock_of_a_queue",
        f"{REACHABLE}::test_any_clock_is_read_as_set",
    ),
    "veinte_events_applied_total{topic=*}": _PIPELINE,
    "veinte_events_rejected_total{topic=*,reason=*}": _PIPELINE,
    "veinte_events_late_total{topic=*}": _PIPELINE,
    "veinte_events_lost_total{topic=*}": _PIPELINE,
    "veinte_events_conflicting_total": _PIPELINE,
    "veinte_event_age_seconds{topic=*}": _PIPELINE,
    "veinte_consumer_lag_events{topic=*,partition=*}": _PIPELINE,
    "veinte_commit_conflicts_total{reason=*}": _PIPELINE,
    "veinte_snapshot_age_seconds": held(SAID, SEEN),
    "veinte_blind{channel=call|chat|ticket}": held(SAID, SEEN),
    "veinte_repeats_blind": held(SAID, SEEN),
    "veinte_labels_folded_total{label=*}": _PIPELINE,
    "veinte_ghost_contacts": _PIPELINE,
    "veinte_incomplete_contacts": _PIPELINE,
}
