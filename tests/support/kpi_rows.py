"""The rows of the KPI contract: what dashboards, alerts and tests of other people rely on.

A row is a name and the label values it must have; ``*`` is any value. A name with several meanings has a row for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

WINDOWS = "5m 10m 15m 30m 1h today 24h 7d 28d"
STAT = {"stat": "avg p50 p90 p95"}


class Row(NamedTuple):
    """``labels``: by label the values, separated by spaces, or by ``/`` where a value holds one; ``windows``: "" for
    none."""

    name: str
    labels: Mapping[str, str] = MappingProxyType({})
    windows: str = WINDOWS

    def values(self) -> dict[str, list[str]]:
        """The values of each label."""
        return {label: text.split("/" if "/" in text else None) for label, text in self.labels.items()}

    def __str__(self) -> str:
        labels = ",".join(f"{label}={'|'.join(values)}" for label, values in self.values().items())
        return f"{self.name}{{{labels}}}" if labels else self.name


def now(name: str, **labels: str) -> Row:
    """A row without windows."""
    return Row(name, labels, "")


CONTRACT = (
    Row("contact_center_contacts_arrived_total"),
    Row("contact_center_contacts_offered_total"),
    Row("contact_center_contacts_refused_total", {"reason": "closed busy full"}),
    Row("contact_center_contacts_answered_total"),
    Row("contact_center_contacts_abandoned_total"),
    Row("contact_center_contacts_short_abandoned_total"),
    Row("contact_center_contacts_callback_requested_total"),
    Row("contact_center_contacts_left_queue_total", {"reason": "timeout empty overflow key"}),
    Row("contact_center_service_level_events_total"),
    Row("contact_center_service_level_met_total"),
    Row(
        "contact_center_service_level_ratio",
        {"variant": "short_removed strict optimistic short_credited early_ignored answered_only"},
    ),
    Row("contact_center_contact_service_level_ratio"),
    now("contact_center_service_level_objective_ratio"),
    now("contact_center_service_level_target_seconds"),
    Row("contact_center_speed_of_answer_seconds", STAT),
    Row("contact_center_time_to_abandon_seconds", STAT),
    Row("contact_center_abandonment_ratio"),
    Row("contact_center_handle_time_seconds", {**STAT, "part": "total talk hold wrap"}),
    Row("contact_center_short_contacts_total"),
    now("contact_center_contacts_waiting"),
    now("contact_center_contacts_waiting_past_target"),
    now("contact_center_longest_wait_seconds"),
    now("contact_center_contacts_in_progress"),
    now("contact_center_callbacks_pending"),
    now("contact_center_oldest_callback_seconds"),
    Row("contact_center_callback_reached_ratio"),
    Row("contact_center_tickets_opened_total"),
    Row("contact_center_tickets_solved_total"),
    Row("contact_center_tickets_reopened_total"),
    Row("contact_center_first_response_seconds", {**STAT, "clock": "calendar business"}),
    Row("contact_center_first_response_within_ratio", {"limit": "15m"}),
    Row("contact_center_first_response_within_ratio", {"limit": "24h"}),
    Row("contact_center_first_response_within_ratio", {"limit": "target"}),
    Row("contact_center_next_response_seconds"),
    now("contact_center_tickets_awaiting_reply"),
    Row("contact_center_resolution_seconds", {**STAT, "clock": "calendar", "which": "first full"}),
    Row("contact_center_resolution_seconds", {**STAT, "clock": "business", "which": "first full"}),
    Row("contact_center_resolution_seconds", {**STAT, "clock": "net", "which": "first full"}),
    Row("contact_center_resolution_ratio", {"basis": "flow"}),
    Row("contact_center_resolution_ratio", {"basis": "cohort"}),
    Row("contact_center_resolved_within_24h_ratio"),
    now("contact_center_tickets_open", state="on_hold unattended open"),
    now("contact_center_tickets_overdue"),
    now("contact_center_tickets_due_soon"),
    now("contact_center_ticket_backlog", age="under 1h/1-4h/4-8h/8-24h/1-3d/3-7d/over 7d"),
    now("contact_center_oldest_ticket_seconds"),
    Row("contact_center_backlog_clearance_seconds", windows="24h 7d 28d"),
    Row("contact_center_classified_ratio"),
    Row("contact_center_first_contact_resolution_ratio", {"basis": "flagged"}),
    Row("contact_center_first_contact_resolution_ratio", {"basis": "net"}),
    Row("contact_center_first_contact_resolution_ratio", {"basis": "repeat_window", "state": "provisional"}),
    Row("contact_center_first_contact_resolution_ratio", {"basis": "repeat_window", "state": "final"}),
    Row("contact_center_repeat_contacts_total"),
    Row("contact_center_repeat_contact_ratio"),
    Row("contact_center_redial_ratio"),
    Row("contact_center_escalations_total", {"kind": "functional hierarchical"}),
    Row("contact_center_escalation_ratio"),
    now("veinte_events_applied_total", topic="*"),
    now("veinte_events_rejected_total", topic="*", reason="*"),
    now("veinte_events_late_total", topic="*"),
    now("veinte_events_lost_total", topic="*"),
    now("veinte_events_conflicting_total"),
    now("veinte_event_age_seconds", topic="*"),
    now("veinte_consumer_lag_events", topic="*", partition="*"),
    now("veinte_commit_conflicts_total", reason="*"),
    now("veinte_snapshot_age_seconds"),
    now("veinte_blind", channel="call chat ticket"),
    now("veinte_labels_folded_total", label="*"),
    now("veinte_ghost_contacts"),
    now("veinte_incomplete_contacts"),
)
"""By topic, team and agent the contract leaves the names open: those rows follow from the catalogue."""
