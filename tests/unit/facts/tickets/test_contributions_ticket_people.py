"""Tickets by team, agent, topic and kind; the share of openings solved; what is told to the customer's contacts."""

from __future__ import annotations

from typing import Any

import pytest

from streams.common.vocabulary import Channel
from tests.support.covers import covers
from tests.support.strategies import START_MS
from tests.support.ticket_words import DAY, OPENED, adds, to, words
from tests.support.words import book_of, in_words, log_of, pseudonym

SOLVED, REOPENED = ("solved", 100), ("reopened", 200)
MOVED = ("transferred", 50, to("second"))
ADA, BOB = pseudonym("ada").hex(), pseudonym("bob").hex()


def assigned(at: float, agent: str | None = None, team: str | None = None) -> tuple[str, float, dict[str, str | None]]:
    """An assignment."""
    return ("assigned", at, {"agent": agent, "team": team})


@covers("contact_center_resolution_ratio")
@pytest.mark.parametrize(
    "steps,expected",
    [
        ([], {}),
        ([SOLVED], {"COHORT_SOLVED@0": 1}),
        ([("closed", 100)], {"COHORT_SOLVED@0": 1}),
        ([SOLVED, REOPENED], {}),
        ([SOLVED, REOPENED, ("solved", DAY)], {"COHORT_SOLVED@0": 1}),
        ([MOVED, SOLVED], {"COHORT_SOLVED@0": 1}),
    ],
)
def test_solved_of_what_was_opened(steps: list[tuple[Any, ...]], expected: dict[str, int]) -> None:
    """A ticket that is solved by now counts at its opening, in its first queue, whenever that was."""
    assert expected == adds(OPENED, *steps, only=("COHORT_SOLVED",))


TEAMS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "no team": ([assigned(5, "ada"), SOLVED], {}),
    "assigned": ([assigned(5, team="north")], {"TEAM_OPENED north@0": 1}),
    "assigned and solved": (
        [assigned(5, team="north"), SOLVED],
        {"TEAM_OPENED north@0": 1, "TEAM_SOLVED north@100": 1, "TEAM_COHORT_SOLVED north@0": 1},
    ),
    "the latest one": ([assigned(5, team="north"), assigned(6, team="south")], {"TEAM_OPENED south@0": 1}),
    "the latest that is named": ([assigned(5, team="north"), assigned(6, team="")], {"TEAM_OPENED north@0": 1}),
    "the solve's": (
        [assigned(5, team="north"), ("solved", 100, {"team": "south"}), REOPENED],
        {"TEAM_OPENED south@0": 1},
    ),
    "assigned after the solve": (
        [("solved", 100, {"team": "south"}), assigned(300, team="north")],
        {"TEAM_OPENED north@0": 1, "TEAM_SOLVED north@100": 1, "TEAM_COHORT_SOLVED north@0": 1},
    ),
    "at one instant the solve comes later": (
        [("solved", 100, {"team": "south"}), assigned(100, team="north")],
        {"TEAM_OPENED south@0": 1, "TEAM_SOLVED south@100": 1, "TEAM_COHORT_SOLVED south@0": 1},
    ),
    "in another queue": (
        [assigned(5, team="north"), MOVED, SOLVED],
        {"TEAM_OPENED north@0": 1, "TEAM_SOLVED north second@100": 1, "TEAM_COHORT_SOLVED north@0": 1},
    ),
}


@covers("contact_center_team_resolution_ratio")
@pytest.mark.parametrize("case", TEAMS)
def test_teams(case: str) -> None:
    """A ticket is its latest team's: opened at the opening, solved at the solve that counts."""
    steps, expected = TEAMS[case]
    assert expected == adds(OPENED, *steps, only=("TEAM_OPENED", "TEAM_SOLVED", "TEAM_COHORT_SOLVED"))


AGENTS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "nobody": ([assigned(5, team="north"), SOLVED], {}),
    "assigned": ([assigned(5, "ada")], {f"AGENT_ASSIGNED {ADA}@0": 1}),
    "assigned before the opening": ([assigned(-15, "ada")], {f"AGENT_ASSIGNED {ADA}@0": 1}),
    "assigned twice": ([assigned(25, "ada"), assigned(35, "ada")], {f"AGENT_ASSIGNED {ADA}@20": 1}),
    "assigned to two": (
        [assigned(25, "ada"), assigned(60, "bob"), MOVED],
        {f"AGENT_ASSIGNED {ADA}@20": 1, f"AGENT_ASSIGNED {BOB} second@60": 1},
    ),
    "solved by who is assigned": (
        [assigned(5, "ada"), assigned(6, None), SOLVED],
        {f"AGENT_ASSIGNED {ADA}@0": 1, f"AGENT_SOLVED {ADA}@100": 1},
    ),
    "solved by another": (
        [assigned(5, "ada"), ("solved", 100, {"agent": "bob"})],
        {f"AGENT_ASSIGNED {ADA}@0": 1, f"AGENT_SOLVED {BOB}@100": 1},
    ),
    "assigned after the solve": ([SOLVED, assigned(300, "ada")], {f"AGENT_ASSIGNED {ADA}@300": 1}),
    "closed by who is assigned": (
        [assigned(5, "ada"), ("closed", 100)], {f"AGENT_ASSIGNED {ADA}@0": 1, f"AGENT_SOLVED {ADA}@100": 1}
    ),
    "reopened": (
        [("solved", 100, {"agent": "bob"}), REOPENED, ("solved", 300, {"agent": "ada"})], {f"AGENT_SOLVED {ADA}@300": 1}
    ),
    "solved again while solved": (
        [("solved", 100, {"agent": "bob"}), ("solved", 300, {"agent": "ada"})], {f"AGENT_SOLVED {BOB}@100": 1}
    ),
}  # fmt: skip


@covers("contact_center_agent_resolution_ratio")
@pytest.mark.parametrize("case", AGENTS)
def test_agents(case: str) -> None:
    """Each agent once, at the first assignment; the solve is its agent's, else of whom it was last assigned to."""
    steps, expected = AGENTS[case]
    assert expected == adds(OPENED, *steps, only=("AGENT_ASSIGNED", "AGENT_SOLVED"))


BILL = ("opened", 0, {"topic": "bill"})
ONCE = ("escalated", 60, {"kind": "functional"})
TOPICS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "unknown": ([OPENED, ONCE], {"ESCALATIONS functional@60": 1}),
    "of the opening": ([BILL], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "classified": ([BILL, ("classified", 5, {"topic": "fault"})], {"CONTACTS_BY_TOPIC fault@0": 1}),
    "classified as nothing": ([BILL, ("classified", 5, {"topic": None})], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "classified as empty": ([OPENED, ("classified", 5, {"topic": ""})], {}),
    "an escalation without its own": (
        [BILL, ONCE],
        {"CONTACTS_BY_TOPIC bill@0": 1, "ESCALATIONS functional@60": 1, "ESCALATIONS_BY_TOPIC bill@60": 1},
    ),
    "an escalation with its own": (
        [OPENED, MOVED, ("escalated", 60, {"kind": "boss", "topic": "fault"})],
        {"ESCALATIONS boss second@60": 1, "ESCALATIONS_BY_TOPIC fault second@60": 1},
    ),
    "escalated twice and solved": (
        [OPENED, ONCE, ("escalated", 70, {"kind": "functional"}), SOLVED],
        {"ESCALATIONS functional@60": 1, "ESCALATIONS functional@70": 1, "ESCALATED@100": 1},
    ),
    "escalated, solved and reopened": ([OPENED, ONCE, SOLVED, REOPENED], {"ESCALATIONS functional@60": 1}),
    "escalated after the solve": ([OPENED, SOLVED, ("escalated", 110, {"kind": "boss"})],
                                  {"ESCALATIONS boss@110": 1, "ESCALATED@100": 1}),
}  # fmt: skip


@covers("contact_center_escalations_total", "contact_center_escalation_ratio", "contact_center_topic_escalations")
@pytest.mark.parametrize("case", TOPICS)
def test_topics_and_escalations(case: str) -> None:
    """Openings by topic, escalations by kind and topic in the queue of their time, and who was ever escalated."""
    steps, expected = TOPICS[case]
    only = ("CONTACTS_BY_TOPIC", "ESCALATIONS", "ESCALATIONS_BY_TOPIC", "ESCALATED")
    assert expected == adds(*steps, only=only)


KNOWN = ("opened", 0, {"customer": "k-1", "channel": "email"})
BEGUN: dict[str, Any] = {
    "channel": "ticket", "queue": "sales", "begun_ms": START_MS, "window_ms": 7 * DAY * 1000, "medium": "email",
    "first_queue": "sales", "via": "", "topic": None, "removed": False, "handled": False, "ended_ms": None,
    "abandoned_ms": None, "resolved": None, "flagged": None, "fcr_eligible": True, "handoffs": 0,
}  # fmt: skip
ENDED = {"handled": True, "ended_ms": START_MS + 100_000, "flagged": True}
OUTCOMES: dict[str, tuple[list[tuple[Any, ...]], dict[str, Any]]] = {
    "open": ([], {}),
    "moved": ([MOVED], {"queue": "second"}),
    "solved": ([SOLVED], ENDED),
    "solved elsewhere": ([MOVED, SOLVED, ("transferred", 150, to("third"))],
                         {**ENDED, "queue": "second", "flagged": False}),
    "reopened": ([SOLVED, REOPENED], {}),
    "solved again": ([SOLVED, REOPENED, ("solved", 300)], {**ENDED, "ended_ms": START_MS + 300_000, "flagged": False}),
    "classified": (
        [SOLVED, ("classified", 5, {"topic": "bill", "resolved": False, "fcr_eligible": False})],
        {**ENDED, "topic": "bill", "resolved": False, "flagged": False, "fcr_eligible": False},
    ),
    "classified while open": ([("classified", 5, {"resolved": True})], {"resolved": True}),
    "handed over": (
        [("replied", 20), MOVED, ("transferred", 60, to("third")), SOLVED],
        {**ENDED, "queue": "third", "flagged": False, "handoffs": 2},
    ),
    "moved before the reply": ([MOVED, ("replied", 60)], {"queue": "second"}),
    "removed": ([SOLVED, ("classified", 5, {"resolved": True}), ("removed", 500, {"reason": "spam"})],
                {"removed": True}),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_the_customers_other_contacts_hear(case: str) -> None:
    """An outcome says how the ticket stands: handled once it is solved, by the queue and instant of the solve."""
    steps, expected = OUTCOMES[case]
    assert {**BEGUN, **expected} == words(KNOWN, *steps).outcome


def test_nobody_hears_of_a_ticket_without_customer_or_opening() -> None:
    """There is nothing to tell before the opening, and nobody to tell it to where none was ever named."""
    assert None is words(OPENED, SOLVED).outcome
    assert None is words(("classified", 5, {"customer": "k-1"}), SOLVED).outcome
    assert BEGUN == words(KNOWN, ("classified", 5, {"customer": None})).outcome


def test_the_repeat_window_is_the_settings_one() -> None:
    """Other contacts hear the window in force when the ticket came."""
    book = book_of(Channel.TICKET, {}, repeat_window=3 * DAY * 1000)
    outcome = in_words(log_of("ticket", KNOWN), policies=book).outcome
    assert outcome is not None
    assert 3 * DAY * 1000 == outcome["window_ms"]


CUSTOMERS: dict[str, tuple[list[tuple[Any, ...]], str | None, list[str]]] = {
    "nobody": ([OPENED], None, []),
    "the opening's": ([KNOWN], "k-1", []),
    "classified": ([KNOWN, ("classified", 5, {"customer": "k-2"})], "k-2", ["k-1"]),
    "the latest": (
        [KNOWN, ("classified", 6, {"customer": "k-3"}), ("classified", 5, {"customer": "k-2"})], "k-3", ["k-1", "k-2"],
    ),
    "nobody after all": ([KNOWN, ("classified", 5, {"customer": None})], None, ["k-1"]),
    "an empty name": ([KNOWN, ("classified", 5, {"customer": ""})], None, ["k-1"]),
    "classified without": ([KNOWN, ("classified", 5, {"topic": "bill"})], "k-1", []),
    "an earlier opening": ([KNOWN, ("opened", -5, {"customer": "k-2"})], "k-2", ["k-1"]),
    "an earlier opening of nobody": ([KNOWN, ("opened", -5)], None, ["k-1"]),
    "before the opening": ([("classified", 5, {"customer": "k-2"})], "k-2", []),
    "back again": (
        [KNOWN, ("classified", 5, {"customer": "k-2"}), ("classified", 6, {"customer": "k-1"})], "k-1", ["k-2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("case", CUSTOMERS)
def test_whose_ticket_it_is(case: str, backwards: bool) -> None:
    """The customer classified last precedes the opening's; all others are remembered, in any order of events."""
    steps, customer, others = CUSTOMERS[case]
    found = words(*(reversed(steps) if backwards else steps)).customers
    expected = (None if customer is None else pseudonym(customer), sorted(map(pseudonym, others)))
    assert expected == found
