"""Outcomes that a ledger publishes to the repeat-contact fold, and when it repeats them."""

from __future__ import annotations

import pytest

from streams.contract.topics import Topic
from tests.support.paper_books import PaperBooks
from tests.support.strategies import Event
from tests.support.words import log_of


def call() -> list[Event]:
    """A call of a known customer whose topic is noted as x, as y and as x again."""
    return log_of(
        "call",
        ("offered", 0, {"customer": "ana", "topic": "a"}),
        ("answered", 5),
        ("ended", 60),
        ("classified", 70, {"topic": "x"}),
        ("classified", 80, {"topic": "y"}),
        ("classified", 90, {"topic": "x"}),
    )


def test_what_did_not_change_is_told_once() -> None:
    """An event that leaves the outcome as it was tells nothing."""
    books, log = PaperBooks(Topic.CALLS), call()
    books.apply(log[:4])
    told = books.ledger.take_outbox()
    assert ["x"] == [each.outcome.topic for each in told]
    books.apply(log[4:])
    assert [] == books.ledger.take_outbox()


@pytest.mark.parametrize("republish_below, topics", [(0, []), (100, ["x"])])
def test_what_a_dead_owner_may_have_told_is_told_again(republish_below: int, topics: list[str]) -> None:
    """An owner that told y and died before its commit would be believed for good, unless the next one speaks up."""
    books, log = PaperBooks(Topic.CALLS), call()
    books.apply(log[:4])
    books.republish_below = republish_below
    books.restart()
    books.apply(log[4:])
    assert topics == [each.outcome.topic for each in books.ledger.take_outbox()]


def test_a_contact_of_nobody_tells_nothing() -> None:
    """Without a customer there is nobody whose contacts could repeat."""
    books = PaperBooks(Topic.CALLS)
    books.apply(log_of("call", ("offered", 0), ("answered", 5), ("ended", 60)))
    assert [] == books.ledger.take_outbox()


def test_of_two_outcomes_the_newer_one_has_the_higher_revision() -> None:
    """Even where both were told at one offset, as after an event that had waited aside."""
    books, log = PaperBooks(Topic.CALLS), call()
    told = []
    for batch in (log[:4], log[4:5], log[5:]):
        books.apply(batch)
        told += books.ledger.take_outbox()
    assert [("x", 1), ("y", 2), ("x", 3)] == [(each.outcome.topic, each.revision) for each in told]
