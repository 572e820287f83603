"""The table of what each KPI needs: held against the facts, the contributions and the evaluator."""

from __future__ import annotations

import re
from typing import Any

import pytest

from metrics.catalog import QUEUE_KPIS
from metrics.catalog.model import Kind
from metrics.docs.event_needs import NEEDS, Need, unlisted
from tests.support.kpi_values import values_after
from tests.support.words import log_of

WITHOUT_EVENTS = {Kind.SETTING, Kind.OPENING}
FORECASTS = {
    "contact_center_service_level_reachable_ratio",
    "contact_center_service_level_lost_timestamp_seconds",
    "contact_center_contacts_expected",
    "contact_center_queue_utc_offset_seconds",
}
OF_OUTCOMES = re.compile("repeat|redial|gap")
"""KPIs of the customers' outcomes, which one contact alone does not give (tests/unit/facts/customers)."""
CHANNELS = {kpi.name: kpi.channels for kpi in QUEUE_KPIS}
DATA: dict[str, dict[str, Any]] = {
    "refused": {"reason": "busy"},
    "left_queue": {"reason": "timeout"},
    "transferred": {"to": "tier 2"},
    "escalated": {"kind": "functional", "topic": "invoice"},
    "classified": {"resolved": True},
}
BRACKETS: dict[str, dict[str, Any]] = {
    "customer": {"customer": "anna"},
    "topic": {"topic": "invoice"},
    "via": {"via": "callback"},
    "queue": {"queue": "sales"},
    "resolved": {"resolved": True},
    "team": {"team": "first"},
    "agent": {"agent": "a-1"},
}


NOW_S = 15
"""Seconds after the first event: every target is ahead, so that who still waits is not judged yet."""
OTHER_END = {"abandoned": "answered", "answered": "abandoned"}
"""A contact has one outcome: in a row with both, one contact is answered and another one abandoned."""


def logs(need: Need, without: str = "") -> list[list[dict[str, Any]]]:
    """Contacts with the events of a row, three seconds apart, but for one."""
    verbs = {verb_of(event) for event in need.events}
    ends = [end for end in OTHER_END if verbs >= OTHER_END.keys()] or [""]
    return [log(need, without, OTHER_END.get(end, "")) for end in ends]


def verb_of(event: str) -> str:
    return event.partition(" ")[0].rpartition(".")[2].removeprefix("…")


def log(need: Need, *left_out: str) -> list[dict[str, Any]]:
    """One contact with the events of a row, but for some."""
    steps = []
    for number, event in enumerate(need.events):
        if event not in left_out and verb_of(event) not in left_out:
            brackets = {name: found for word in re.findall(r"`(\w+)", event) for name, found in BRACKETS[word].items()}
            steps.append((verb_of(event), number * 3, DATA.get(verb_of(event), {}) | brackets))
    return log_of("ticket" if need.events[0].startswith("ticket.") else "call", *steps)


def test_every_kpi_is_in_one_row() -> None:
    """Each KPI has one row; those of settings and forecasts need no events of their own."""
    listed = [name for need in NEEDS for name in need.kpis]
    assert len(set(listed)) == len(listed)
    kinds = {kpi.name: kpi.kind for kpi in QUEUE_KPIS}
    assert set() == {name for name in unlisted() if kinds[name] not in WITHOUT_EVENTS} - FORECASTS


CASES = [(need, name) for need in NEEDS for name in need.kpis if name in CHANNELS and not OF_OUTCOMES.search(name)]


@pytest.mark.parametrize("need, name", CASES, ids=[name for _, name in CASES])
def test_a_kpi_has_a_value_by_the_events_of_its_row(need: Need, name: str) -> None:
    """The events of a row give the KPI a value; without any one of them it has another one, or none."""
    whole = values_after(name, *logs(need), at_s=NOW_S)
    assert any(value is not None for value in whole.values()), whole
    for event in need.events[1:]:
        assert whole != values_after(name, *logs(need, event), at_s=NOW_S), event
