"""Bounds of a contact: up to them everything is exact in any order, beyond them the event is refused with a reason."""

from __future__ import annotations

import random
from typing import Any

import pytest

from streams.contract.topics import Topic
from streams.facts.shared.marks import MARK_LIMIT
from streams.worker import contact_bounds
from streams.worker import ledger as ledger_module
from tests.support.paper_books import PaperBooks
from tests.support.words import log_of, told

Event = dict[str, Any]


def going_round(visits: int) -> list[Event]:
    """A caller who is sent from queue to queue until the last visit is answered."""
    log: list[Event] = []
    steps: list[tuple[Any, ...]] = []
    for visit in range(visits):
        at, via = visit * 60, "overflow" if visit else "inbound"
        steps.append(("offered", at, {"leg": visit, "via": via, "queue": "AB"[visit % 2]}))
        if visit < visits - 1:
            steps.append(("left_queue", at + 60, {"leg": visit, "reason": "timeout"}))
    steps += [
        ("answered", (visits - 1) * 60 + 15, {"leg": visits - 1}),
        ("ended", visits * 60 + 75, {"leg": visits - 1}),
    ]
    log += log_of("call", *steps)
    return log


def applied(log: list[Event], batches: int = 1) -> PaperBooks:
    """Books of a partition after a log, in so many batches."""
    books = PaperBooks(Topic.TICKETS if log[0]["type"].startswith("ticket") else Topic.CALLS)
    size = -(-len(log) // batches)
    for start in range(0, len(log), size):
        books.apply(log[start : start + size])
    return books


@pytest.mark.parametrize("visits", [40, 1_000])
def test_a_caller_who_goes_round_is_counted_to_the_last_visit(visits: int) -> None:
    """Each of up to 1,000 visits is an offer, the last one is answered; in any order."""
    log = going_round(visits)
    random.Random(7).shuffle(log)
    books = applied(log, batches=3)
    sums = told(books.sums("q"), "OFFERED", "ANSWERED")
    offered = sum(amount for name, amount in sums.items() if name.startswith("OFFERED"))
    answered = sum(amount for name, amount in sums.items() if name.startswith("ANSWERED"))
    assert (visits, 1, {}, []) == (offered, answered, books.live(), books.refused)


def test_a_leg_past_the_bound_is_refused() -> None:
    """Of 1,001 visits one is refused as too_many, and the others stay counted."""
    log = [event for event in going_round(MARK_LIMIT + 1) if event["type"] == "call.offered"]
    books = applied(log)
    assert [("too_many", log[-1]["id"])] == books.refused
    offered = told(books.sums("q"), "OFFERED")
    assert MARK_LIMIT == sum(offered.values())
    assert [] == applied(log[:-1]).refused


def test_a_ticket_reopened_many_times_and_solved_for_good_is_solved() -> None:
    """105 reopenings are within the bounds: the last solve ends the ticket."""
    steps: list[tuple[Any, ...]] = [("opened", 0)]
    for turn in range(106):
        steps.append(("solved", 3600 * (turn + 1)))
        if turn < 105:
            steps.append(("reopened", 3600 * (turn + 1) + 60))
    books = applied(log_of("ticket", *steps))
    assert {} == books.live()
    assert 105 == sum(told(books.sums("q"), "REOPENED").values())
    assert [] == books.refused


def limit_facts(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Set the largest packed facts of one contact, in bytes."""
    for module in (contact_bounds, ledger_module):
        monkeypatch.setattr(module, "FACTS_LIMIT_BYTES", size)


def test_facts_past_256_kib_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event that makes the facts of a contact too large is refused; a smaller one still fits."""
    limit_facts(monkeypatch, 2_000)
    steps = [("offered", 0), *(("escalated", second, {"kind": f"{'k' * 200}{second}"}) for second in range(1, 21))]
    log = log_of("call", *steps)
    books = applied(log, batches=2)
    assert {"too_large"} == {reason for reason, _ in books.refused}
    kept = len(log) - 1 - len(books.refused)
    assert 0 < kept < 20
    assert kept == sum(told(books.sums("q"), "ESCALATIONS").values())
    small = log_of("call", *[("offered", 0)] * len(log), ("answered", 30))[-1]
    books.apply([small])
    assert {"ANSWERED@0": 1} == told(books.sums("q"), "ANSWERED")


def test_a_refused_event_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A contact whose first event is past a bound leaves no state, and the same event again is refused again."""
    limit_facts(monkeypatch, 10)
    books = applied(log_of("call", ("offered", 0)), batches=1)
    books.apply(log_of("call", ("offered", 0)))
    assert ["too_large", "too_large"] == [reason for reason, _ in books.refused]
    assert ({}, {}) == (books.contacts, books.live())
