"""Calls and chats as a whole: escalations, topics, and what a contact tells its customer's other contacts."""

from __future__ import annotations

from typing import Any

import pytest

from streams.common.durations import DAY_MS
from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from tests.support.covers import covers
from tests.support.strategies import START_MS
from tests.support.words import in_words, log_of, nonzero, told

ESCALATIONS = ("ESCALATIONS", "ESCALATIONS_BY_TOPIC", "ESCALATED")
TALKED = [("offered", 0), ("answered", 10), ("ended", 70)]
TRANSFERRED = [
    ("offered", 0), ("answered", 10), ("transferred", 40, {"to": "support"}),
    ("offered", 41, {"leg": 1, "via": "transfer", "queue": "support"}),
]  # fmt: skip


def adds(*steps: tuple[Any, ...], only: tuple[str, ...], expired: bool = False) -> dict[str, int]:
    """Contributions of a call to some measures."""
    return told(nonzero(in_words(log_of("call", *steps), expired=expired).amounts), *only)


def escalated(seconds: float, kind: str = "functional", **data: Any) -> tuple[Any, ...]:
    """Escalated."""
    return ("escalated", seconds, {"kind": kind, **data})


ESCALATION_CASES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "none": (TALKED, {}),
    "before anything is known of it": ([escalated(20)], {}),
    "refused only": ([("refused", 0, {"reason": "busy"}), escalated(20)], {}),
    "while it waits": ([("offered", 0), escalated(20)], {"ESCALATIONS functional@20": 1}),
    "abandoned": ([("offered", 0), ("abandoned", 9), escalated(20)], {"ESCALATIONS functional@20": 1}),
    "still talking": ([*TALKED[:2], escalated(20)], {"ESCALATIONS functional@20": 1}),
    "handled": ([*TALKED, escalated(20)], {"ESCALATIONS functional@20": 1, "ESCALATED@70": 1}),
    "handled and refused": (
        [*TALKED, escalated(20), ("refused", -60, {"reason": "busy"})],
        {"ESCALATIONS functional@20": 1},
    ),
    "after the end": ([*TALKED, escalated(99)], {"ESCALATIONS functional@90": 1, "ESCALATED@70": 1}),
    "twice": (
        [*TALKED, escalated(20), escalated(29.999)],
        {"ESCALATIONS functional@20": 2, "ESCALATED@70": 1},
    ),
    "of two kinds": (
        [*TALKED, escalated(20), escalated(30, "hierarchical")],
        {"ESCALATIONS functional@20": 1, "ESCALATIONS hierarchical@30": 1, "ESCALATED@70": 1},
    ),
    "about its own topic": (
        [("offered", 0, {"topic": "bill"}), *TALKED[1:], escalated(20, topic="fault"), escalated(30)],
        {"ESCALATIONS functional@20": 1, "ESCALATIONS_BY_TOPIC fault@20": 1, "ESCALATIONS functional@30": 1,
         "ESCALATIONS_BY_TOPIC bill@30": 1, "ESCALATED@70": 1},
    ),
    "about what was noted": (
        [("offered", 0, {"topic": "bill"}), *TALKED[1:], escalated(20), ("classified", 80, {"topic": "card"})],
        {"ESCALATIONS functional@20": 1, "ESCALATIONS_BY_TOPIC card@20": 1, "ESCALATED@70": 1},
    ),
    "in the queue that answered last": (
        [*TRANSFERRED, ("answered", 50, {"leg": 1}), escalated(20)],
        {"ESCALATIONS functional support@20": 1},
    ),
    "not in the queue that did not answer": (
        [*TRANSFERRED, ("abandoned", 50, {"leg": 1}), escalated(20)],
        {"ESCALATIONS functional@20": 1},
    ),
    "in the last queue, where none answered": (
        [("offered", 0), ("left_queue", 9, {"reason": "overflow"}), escalated(20),
         ("offered", 9, {"leg": 1, "via": "overflow", "queue": "support"})],
        {"ESCALATIONS functional support@20": 1},
    ),
    "an answer long before its offer is none": (
        [("offered", 0), ("answered", 9), ("offered", 60, {"leg": 1, "queue": "support"}),
         ("answered", 54.999, {"leg": 1}), escalated(20)],
        {"ESCALATIONS functional@20": 1},
    ),
}  # fmt: skip


@covers("contact_center_escalations_total", "contact_center_escalation_ratio", "contact_center_topic_escalations")
@pytest.mark.parametrize("case", ESCALATION_CASES)
def test_escalations(case: str) -> None:
    """Each at its own time by kind and topic, the escalated contact at its end, in the queue that answered last."""
    steps, expected = ESCALATION_CASES[case]
    assert expected == adds(*steps, only=ESCALATIONS)


def test_an_escalation_counts_once() -> None:
    """The same event twice is one escalation."""
    log = log_of("call", *TALKED, escalated(20))
    assert {"ESCALATIONS functional@20": 1, "ESCALATED@70": 1} == told(in_words([*log, log[-1]]).amounts, *ESCALATIONS)


BILL = {"topic": "bill"}
TOPICS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "unknown": ([("offered", 0)], {}),
    "empty": ([("offered", 0, {"topic": ""})], {}),
    "offered with": ([("offered", 0, BILL)], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "noted": ([("offered", 0), ("classified", 99, BILL)], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "noted otherwise": (
        [("offered", 0, BILL), ("classified", 99, {"topic": "card"})],
        {"CONTACTS_BY_TOPIC card@0": 1},
    ),
    "noted twice": (
        [("offered", 0), ("classified", 99, BILL), ("classified", 98, {"topic": "card"})],
        {"CONTACTS_BY_TOPIC bill@0": 1},
    ),
    "noted as nothing": ([("offered", 0, BILL), ("classified", 99, {"topic": None})], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "noted as empty": ([("offered", 0, BILL), ("classified", 99, {"topic": ""})], {"CONTACTS_BY_TOPIC bill@0": 1}),
    "noted, then nothing": (
        [("offered", 0), ("classified", 98, BILL), ("classified", 99, {"topic": None})],
        {},
    ),
    "only a later leg has one": ([("offered", 0), ("offered", 20, {"leg": 1, **BILL})], {}),
    "called out first": (
        [("offered", 0, {"via": "outbound", **BILL}), ("offered", 30, {"leg": 1, "queue": "support"})],
        {"CONTACTS_BY_TOPIC bill support@30": 1},
    ),
    "called out": ([("offered", 0, {"via": "outbound", **BILL})], {}),
    "refused": ([("refused", 0, {"reason": "busy"}), ("classified", 9, BILL)], {}),
}


@covers("contact_center_topic_contacts")
@pytest.mark.parametrize("case", TOPICS)
def test_arrivals_by_topic(case: str) -> None:
    """A contact arrives under the topic noted last, else that of its first offer; where none is known, under none."""
    steps, expected = TOPICS[case]
    assert expected == adds(*steps, only=("CONTACTS_BY_TOPIC",))


KNOWN = {"customer": "k"}
BEGUN: dict[str, Any] = {
    "channel": "call", "queue": "sales", "begun_ms": START_MS, "window_ms": 7 * DAY_MS, "medium": "",
    "first_queue": "sales", "via": "inbound", "topic": None, "removed": False, "handled": False, "ended_ms": None,
    "abandoned_ms": None, "resolved": None, "flagged": None, "fcr_eligible": True, "handoffs": 0,
}  # fmt: skip


def seconds(number: float) -> int:
    """Epoch ms of ``number`` seconds after 9:00."""
    return START_MS + round(number * 1000)


HANDLED = {"handled": True, "ended_ms": seconds(70)}
NOTED = {"resolved": True, "flagged": True}
CALL = ("offered", 0, KNOWN)
WHO = ("classified", 99, KNOWN)
OUTCOMES: dict[str, tuple[list[tuple[Any, ...]], dict[str, Any] | None]] = {
    "nobody knows the customer": (TALKED, None),
    "the customer has no name": ([("offered", 0, {"customer": ""})], None),
    "not begun": ([("answered", 9), WHO], None),
    "waits": ([CALL], {}),
    "talks": ([CALL, ("answered", 9)], {}),
    "handled": ([CALL, *TALKED[1:]], HANDLED),
    "with a topic": ([("offered", 0, {**KNOWN, "topic": "bill"})], {"topic": "bill"}),
    "the customer noted later": ([*TALKED, WHO], HANDLED),
    "whose it was": ([CALL, *TALKED[1:], ("classified", 99, {"customer": None})], HANDLED),
    "resolved": ([CALL, *TALKED[1:], ("classified", 80, {"resolved": True})], {**HANDLED, **NOTED}),
    "resolved, not at the end yet": ([CALL, ("answered", 9), ("classified", 80, {"resolved": True})], NOTED),
    "not resolved": (
        [CALL, *TALKED[1:], ("classified", 80, {"resolved": False})],
        {**HANDLED, "resolved": False, "flagged": False},
    ),
    "resolved, but escalated": (
        [CALL, *TALKED[1:], escalated(20), ("classified", 80, {"resolved": True})],
        {**HANDLED, "resolved": True, "flagged": False},
    ),
    "not eligible": ([CALL, ("classified", 80, {"fcr_eligible": False})], {"fcr_eligible": False}),
    "resolved, but handed off": (
        [CALL, *TRANSFERRED[1:], ("answered", 50, {"leg": 1}), ("ended", 90, {"leg": 1}),
         ("classified", 99, {"resolved": True})],
        {"handled": True, "ended_ms": seconds(90), "queue": "support", "resolved": True, "flagged": False,
         "handoffs": 1},
    ),
    "handed off twice": (
        [CALL, *TRANSFERRED[1:], ("answered", 50, {"leg": 1}), ("transferred", 60, {"leg": 1, "to": "x"})],
        {"handled": True, "ended_ms": seconds(60), "queue": "support", "handoffs": 2},
    ),
    "transferred while it waited": ([CALL, ("transferred", 2, {"to": "x"}), *TALKED[1:]], HANDLED),
    "handed off and abandoned": ([CALL, *TRANSFERRED[1:], ("abandoned", 50, {"leg": 1})], {"handoffs": 1}),
    "abandoned": ([CALL, ("abandoned", 9)], {"abandoned_ms": seconds(9)}),
    "abandoned shortly": ([CALL, ("abandoned", 1)], {"abandoned_ms": seconds(1)}),
    "abandoned in the second queue": (
        [CALL, ("left_queue", 9, {"reason": "overflow"}), ("abandoned", 30, {"leg": 1}),
         ("offered", 9, {"leg": 1, "via": "overflow", "queue": "support"})],
        {"queue": "support", "abandoned_ms": seconds(30)},
    ),
    "abandoned, then called again": ([CALL, ("abandoned", 9), ("offered", 30, {"leg": 1})], {}),
    "abandoned when called back": (
        [CALL, ("callback_requested", 9), ("offered", 60, {"leg": 1, "via": "callback", "queue": "support"}),
         ("abandoned", 70, {"leg": 1})],
        {"queue": "support"},
    ),
    "abandoned when called out": ([("offered", 0, {**KNOWN, "via": "outbound"}), ("abandoned", 9)],
                                  {"via": "outbound", "first_queue": ""}),
    "abandoned, clocks apart": ([CALL, ("abandoned", -5.001)], {}),
    "called out, then in": (
        [("offered", 0, {**KNOWN, "via": "outbound"}), ("offered", 30, {"leg": 1, "queue": "support"})],
        {"via": "outbound", "queue": "support", "first_queue": "support"},
    ),
    "called back": ([("offered", 0, {**KNOWN, "via": "callback"})], {"via": "callback", "first_queue": ""}),
    "refused": (
        [("refused", 30, {**KNOWN, "reason": "closed"})],
        {"begun_ms": seconds(30), "via": "", "first_queue": ""},
    ),
    "refused, then noted": (
        [("refused", 30, {**KNOWN, "reason": "busy"}), ("classified", 40, {"topic": "bill", "resolved": True})],
        {"begun_ms": seconds(30), "via": "", "first_queue": "", "topic": "bill", **NOTED},
    ),
    "refused, then let in": ([("refused", -30, {**KNOWN, "reason": "busy"}), *TALKED], {}),
}  # fmt: skip


@pytest.mark.parametrize("case", OUTCOMES)
def test_what_a_call_tells(case: str) -> None:
    """Once a call has begun and anybody has named its customer, its outcome says what the definitions say."""
    steps, changes = OUTCOMES[case]
    found = in_words(log_of("call", *steps)).outcome
    assert (None if changes is None else {**BEGUN, **changes}) == found


def test_a_chat_tells_its_channel() -> None:
    """A chat's outcome is a chat's."""
    found = in_words(log_of("chat", CALL)).outcome
    assert {**BEGUN, "channel": "chat"} == found


def test_the_outcome_stays_when_the_state_ends() -> None:
    """A contact that is given up tells nothing new."""
    assert BEGUN == in_words(log_of("call", CALL), expired=True).outcome


@pytest.mark.parametrize("steps", [[CALL], [("refused", 0, {**KNOWN, "reason": "full"})]])
def test_the_repeat_window_is_the_one_in_force_when_it_came(steps: list[tuple[Any, ...]]) -> None:
    """An outcome carries the window of its own policies, so that a later setting changes new contacts only."""
    book = policy_book(Channel.CALL, Settings(repeat_window=3 * DAY_MS))
    found = in_words(log_of("call", *steps), policies=book).outcome
    assert found is not None
    assert 3 * DAY_MS == found["window_ms"]
