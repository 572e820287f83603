"""The catalogue: every KPI once, in both languages, with its formula."""

from __future__ import annotations

import re
from collections import Counter
from importlib import resources

import pytest

from metrics.catalog import CATALOG, PIPELINE, QUEUE_KPIS
from metrics.catalog.model import Average, Count, Kpi, Language, Now, Ratio, Setting
from metrics.catalog.pipeline import CONFLICTS
from metrics.snapshot import LiveNumbers, PipelineNumbers, RowKey, TopicNumbers
from metrics.states import View
from streams.decoding import REASONS
from streams.measures import Measure
from streams.settings import Channel, QueueSettings
from tests.unit.boards import ICMI, NOW_MS, counts, row, snapshot

A_DAY = counts(
    {
        **ICMI,
        Measure.ARRIVED: 1040,
        Measure.WAIT_MS: 12_345_000,
        Measure.ABANDON_WAIT_MS: 1_500_000,
        Measure.CALLBACK_REQUESTED: 5,
        Measure.LEFT_WITHIN: 2,
        Measure.CONTACT_ANSWERED_WITHIN: 80,
        Measure.CONTACT_ABANDONED_WITHIN: 6,
        Measure.CONTACT_SHORT_WITHIN: 4,
        Measure.CONTACT_LEFT_WITHIN: 1,
        Measure.CONTACT_REACHED_TARGET: 17,
        Measure.HANDLED_LEGS: 990,
        Measure.TALK_MS: 180_000_000,
        Measure.HOLD_MS: 9_000_000,
        Measure.WRAP_MS: 20_000_000,
        Measure.SHORT_CONTACTS: 12,
        Measure.CALLBACK_LEGS_ANSWERED: 3,
        Measure.CALLBACK_LEGS_DECIDED: 4,
        Measure.HANDLED: 900,
        Measure.CLASSIFIED: 600,
        Measure.FCR_FLAGGED: 400,
        Measure.FCR_FLAGGED_BASE: 600,
        Measure.FCR_NET: 390,
        Measure.FCR_NET_BASE: 550,
        Measure.OPENED: 70,
        Measure.SOLVED: 60,
        Measure.SOLVES: 65,
        Measure.REOPENED: 7,
        Measure.FIRST_RESPONSES: 50,
        Measure.FIRST_RESPONSE_MS: 90_000_000,
        Measure.FULL_RESOLUTION_MS: 600_000_000,
        Measure.FIRST_RESOLUTIONS: 58,
        Measure.FIRST_RESOLUTION_MS: 500_000_000,
    },
    refused={"busy": 4, "closed": 9},
    left_queue={"timeout": 2, "overflow": 1},
)
ICMI_F2 = 860 + 20 + 2 + 180
DIVIDED = {
    "contact_center_service_level_ratio": [
        (860, ICMI_F2 - 10),
        (860, ICMI_F2),
        (880, ICMI_F2),
        (870, ICMI_F2),
        (860, ICMI_F2 - 20),
        (860, 1000),
    ],
    "contact_center_contact_service_level_ratio": [(80, 80 + 6 - 4 + 1 + 17)],
    "contact_center_speed_of_answer_seconds": [(12_345_000, 1000)],
    "contact_center_time_to_abandon_seconds": [(1_500_000, 60)],
    "contact_center_abandonment_ratio": [(50, 1000 + 60 - 10 + 5 + 3)],
    "contact_center_handle_time_seconds": [
        (209_000_000, 990),
        (180_000_000, 990),
        (9_000_000, 990),
        (20_000_000, 990),
    ],
    "contact_center_callback_reached_ratio": [(3, 4)],
    "contact_center_first_response_seconds": [(90_000_000, 50)],
    "contact_center_resolution_seconds": [(500_000_000, 58), (600_000_000, 60)],
    "contact_center_classified_ratio": [(600, 900)],
    "contact_center_first_contact_resolution_ratio": [(400, 600), (390, 550)],
}
COUNTED = {
    "contact_center_contacts_arrived_total": 1040,
    "contact_center_contacts_offered_total": 1060,
    "contact_center_contacts_refused_total": 13,
    "contact_center_contacts_answered_total": 1000,
    "contact_center_contacts_abandoned_total": 60,
    "contact_center_contacts_short_abandoned_total": 10,
    "contact_center_contacts_callback_requested_total": 5,
    "contact_center_contacts_left_queue_total": 3,
    "contact_center_service_level_events_total": ICMI_F2,
    "contact_center_service_level_met_total": 860,
    "contact_center_short_contacts_total": 12,
    "contact_center_tickets_opened_total": 70,
    "contact_center_tickets_solved_total": 60,
    "contact_center_tickets_reopened_total": 7,
}
LIVE = LiveNumbers(
    waiting=1,
    waiting_past_target=2,
    longest_wait_ms=3_000,
    in_progress=4,
    ghosts=5,
    callbacks_pending=6,
    oldest_callback_ms=7_000,
    open_on_hold=8,
    open_unattended=9,
    open_open=10,
    overdue=11,
    due_soon=12,
    oldest_ticket_ms=13_000,
)
NOW = {
    "contact_center_contacts_waiting": [1],
    "contact_center_contacts_waiting_past_target": [2],
    "contact_center_longest_wait_seconds": [3_000],
    "contact_center_contacts_in_progress": [4],
    "contact_center_callbacks_pending": [6],
    "contact_center_oldest_callback_seconds": [7_000],
    "contact_center_tickets_open": [8, 9, 10],
    "contact_center_tickets_overdue": [11],
    "contact_center_tickets_due_soon": [12],
    "contact_center_oldest_ticket_seconds": [13_000],
}
PROMISED = {
    "contact_center_service_level_objective_ratio": 0.9,
    "contact_center_service_level_target_seconds": 15.0,
}
RUNNING = View(
    snapshot(
        rows={RowKey(Channel.CALL, "sales"): row(live=LIVE), RowKey(Channel.CHAT, "help"): row(live=LIVE)},
        pipeline=PipelineNumbers(
            topics={
                "calls": TopicNumbers(
                    applied=100,
                    rejected={"not_json": 2, "too_old": 1},
                    late=3,
                    lost=4,
                    conflicting=5,
                    folded={"queue": 6},
                    incomplete=7,
                    newest_ms=NOW_MS - 1_500,
                ),
                "chats": TopicNumbers(applied=10, conflicting=1, folded={"queue": 1}, incomplete=2),
            },
            lag={("calls", 1): 8, ("calls", 0): 9},
            conflicts={"owner": 10, "unheard of": 1},
        ),
    ),
    age_ms=750,
)
SAID: dict[str, list[tuple[dict[str, str], float]]] = {
    "veinte_events_applied_total": [({"topic": "calls"}, 100), ({"topic": "chats"}, 10)],
    "veinte_events_rejected_total": [
        ({"topic": topic, "reason": reason}, refused.get(reason, 0))
        for topic, refused in (("calls", {"not_json": 2, "too_old": 1}), ("chats", {}))
        for reason in sorted(REASONS)
    ],
    "veinte_events_late_total": [({"topic": "calls"}, 3), ({"topic": "chats"}, 0)],
    "veinte_events_lost_total": [({"topic": "calls"}, 4), ({"topic": "chats"}, 0)],
    "veinte_events_conflicting_total": [({}, 6)],
    "veinte_event_age_seconds": [({"topic": "calls"}, 1.5)],
    "veinte_consumer_lag_events": [
        ({"topic": "calls", "partition": "0"}, 9),
        ({"topic": "calls", "partition": "1"}, 8),
    ],
    "veinte_commit_conflicts_total": [
        ({"reason": "emptied"}, 0),
        ({"reason": "moved"}, 0),
        ({"reason": "owner"}, 10),
        ({"reason": "unheard of"}, 1),
    ],
    "veinte_snapshot_age_seconds": [({}, 0.75)],
    "veinte_blind": [({"channel": "call"}, 0), ({"channel": "chat"}, 0), ({"channel": "ticket"}, 0)],
    "veinte_labels_folded_total": [({"label": "queue"}, 7)],
    "veinte_ghost_contacts": [({}, 10)],
    "veinte_incomplete_contacts": [({}, 9)],
}


def test_names_are_unique_and_speak_of_their_kind() -> None:
    """No name comes twice, also among the names that are made from it; ratios, counters and seconds say so."""
    names = Counter(kpi.name for kpi in CATALOG)
    assert dict.fromkeys(names, 1) == dict(names)
    for kpi in CATALOG:
        assert re.fullmatch(r"(contact_center|veinte)_[a-z_]+", kpi.name)
        assert isinstance(kpi, Count) == kpi.name.endswith("_total") or kpi in PIPELINE
        assert not isinstance(kpi, Ratio) or kpi.name.endswith("_ratio")
        assert not isinstance(kpi, Average) or kpi.name.endswith("_seconds")


@pytest.mark.parametrize("kpi", CATALOG, ids=lambda kpi: kpi.name)
def test_every_kpi_has_texts_in_english_and_spanish(kpi: Kpi) -> None:
    """Title and help are there in both languages, differ between them, and help is a sentence."""
    assert set(Language) == set(kpi.text)
    for text in kpi.text.values():
        assert text.title
        assert text.help.endswith(".")
    assert kpi.text[Language.ENGLISH].help != kpi.text[Language.SPANISH].help
    assert kpi.attribution
    assert kpi.source


def test_every_kpi_has_a_vector_below() -> None:
    """A new KPI needs a line in a table of this file."""
    assert {kpi.name for kpi in CATALOG} == {*DIVIDED, *COUNTED, *NOW, *PROMISED, *SAID}


@pytest.mark.parametrize("kpi", QUEUE_KPIS, ids=lambda kpi: kpi.name)
def test_a_kpi_of_queues_follows_its_formula(kpi: Kpi) -> None:
    """Each formula gives the numerators, denominators, counts and values that were worked out by hand."""
    match kpi:
        case Ratio() | Average():
            assert DIVIDED[kpi.name] == list(kpi.division.divide(A_DAY))
            assert len(kpi.division.series) == len(DIVIDED[kpi.name])
        case Count():
            assert COUNTED[kpi.name] == kpi.amount(A_DAY)
        case Now():
            assert NOW[kpi.name] == [part.read(LIVE) for part in kpi.parts]
        case Setting():
            assert PROMISED[kpi.name] == kpi.read(QueueSettings(channel=Channel.CALL, objective=0.9, target_seconds=15))


@pytest.mark.parametrize("kpi", PIPELINE, ids=lambda kpi: kpi.name)
def test_the_pipeline_speaks_about_itself(kpi: Kpi) -> None:
    """Each number of the pipeline has the series and values of the table."""
    (known,) = (entry for entry in PIPELINE if entry is kpi)
    assert SAID[kpi.name] == [(dict(sample.labels), sample.value) for sample in known.read(RUNNING)]


@pytest.mark.parametrize("kpi", CATALOG, ids=lambda kpi: kpi.name)
def test_the_labels_of_a_kpi_are_those_it_declares(kpi: Kpi) -> None:
    """Every series has exactly the declared labels, in their order."""
    match kpi:
        case Ratio() | Average():
            found = [tuple(name for name, _ in series.labels) for series in kpi.division.series]
        case Now():
            found = [tuple(name for name, _ in part.labels) for part in kpi.parts]
        case Count():
            found = [("reason",) if kpi.reasons else ()]
        case Setting():
            found = [()]
        case _:
            found = [tuple(labels) for labels, _ in SAID[kpi.name]]
    assert {kpi.labels} == set(found)


def test_the_counter_of_solved_tickets_counts_every_solve() -> None:
    """The window counts a ticket once, the counter each time somebody solved it."""
    (kpi,) = (kpi for kpi in QUEUE_KPIS if kpi.name == "contact_center_tickets_solved_total")
    assert isinstance(kpi, Count)
    assert kpi.total is not None
    assert (60, 65) == (kpi.amount(A_DAY), kpi.total(A_DAY))


def test_what_nobody_counted_yet_has_a_zero() -> None:
    """Known reasons and labels are there before their first event: a rate would miss it otherwise."""
    quiet = View(snapshot(pipeline=PipelineNumbers(topics={"calls": TopicNumbers()})), age_ms=0)
    said = {kpi.name: [(dict(sample.labels), sample.value) for sample in kpi.read(quiet)] for kpi in PIPELINE}
    rejected = [({"topic": "calls", "reason": reason}, 0) for reason in sorted(REASONS)]
    assert rejected == said["veinte_events_rejected_total"]
    assert [({"label": "queue"}, 0)] == said["veinte_labels_folded_total"]
    assert [({"reason": reason}, 0) for reason in sorted(CONFLICTS)] == said["veinte_commit_conflicts_total"]


def test_the_reasons_of_conflicts_are_those_of_the_script() -> None:
    """A reason that the fence learns needs a zero of its own."""
    script = resources.files("streams.store").joinpath("commit.lua").read_text()
    assert sorted(CONFLICTS) == sorted(re.findall(r"reason = '(\w+)'", script))
