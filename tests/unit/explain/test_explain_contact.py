"""One contact in words: its events in order, what judges it, what it added and to which KPIs."""

from __future__ import annotations

import unicodedata
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from metrics.explain.contact.answer import ContactExplanation, Stored, added_to, judged_by, live_facts
from metrics.explain.contact.lookup import unknown
from metrics.explain.contact.moments import moments_of
from metrics.explain.contact.text import contact_text
from metrics.explain.number.facts import legs_of
from metrics.snapshot.snapshot import RowKey
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.conversations.domain import CALLS
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, Waiting, WrapUp
from streams.facts.conversations.measures import ANSWER, ConversationMeasure, ConversationSketch
from streams.facts.domains import DOMAIN_OF
from streams.facts.tickets.domain import TICKETS
from streams.facts.tickets.live import OpenTicket
from streams.numbers.codes import code_of
from streams.numbers.live_entries import RowEntry
from streams.numbers.sketches import sketched
from tests.support.strategies import START_MS
from tests.support.words import book, decoded, log_of, pseudonym

SALES, DESK = RowKey(Channel.CALL, "sales"), RowKey(Channel.TICKET, "repairs", "email")
ROWS = {1: SALES, 2: DESK}


def facts_of(prefix: str, *steps: tuple[Any, ...]) -> Any:
    """Facts of one contact of (verb, seconds after 9:00, data)."""
    topic = {"call": Topic.CALLS, "chat": Topic.CHATS, "ticket": Topic.TICKETS}[prefix]
    return DOMAIN_OF[topic].fold(None, decoded(log_of(prefix, *steps)), pseudonym)[0]


CALL = facts_of(
    "call",
    ("offered", 0, {"topic": "bill", "customer": "ana", "leg": "a"}),
    ("answered", 30, {"agent": "eva", "leg": "a"}),
    ("transferred", 60, {"to": "support", "leg": "a"}),
    ("offered", 60, {"queue": "support", "via": "transfer", "leg": "b"}),
    ("escalated", 70, {"kind": "boss"}),
    ("left_queue", 90, {"reason": "timeout", "leg": "b"}),
    ("classified", 95, {"resolved": False, "topic": None, "customer": "ana", "agent": "eva"}),
)


def test_the_events_of_a_call_in_their_order() -> None:
    """Each with its leg and what it said; nobody is named."""
    assert [
        ("offered", "a", "queue=sales via=inbound topic=bill"),
        ("answered", "a", ""),
        ("offered", "b", "queue=support via=transfer"),
        ("transferred", "a", ""),
        ("escalated", None, "kind=boss"),
        ("left_queue", "b", "reason=timeout"),
        ("classified", None, "topic=none resolved=false"),
    ] == [(moment.what, moment.leg, moment.detail) for moment in moments_of(CALL)]


def test_the_events_of_a_ticket_in_their_order() -> None:
    """Queues, teams and reasons are told; of two at the same instant the order of the contract decides."""
    ticket = facts_of(
        "ticket",
        ("solved", 60, {"team": "two", "agent": "eva"}),
        ("replied", 60),
        ("opened", 0, {"channel": "email", "priority": "high"}),
        ("transferred", 30, {"queue": "billing"}),
        ("removed", 90, {"reason": "spam"}),
    )
    assert [
        ("opened", "queue=sales medium=email priority=high"),
        ("transferred", "queue=billing"),
        ("replied", ""),
        ("solved", "team=two"),
        ("removed", "reason=spam"),
    ] == [(moment.what, moment.detail) for moment in moments_of(ticket)]


def test_a_refused_call_is_a_visit_that_never_waited() -> None:
    """It has a queue and a reason, and no target."""
    refused = facts_of("call", ("refused", 0, {"queue": "sales", "reason": "closed"}))
    (leg,) = legs_of(refused, book(Topic.CALLS), chat=False)
    assert ("sales", "refused", "closed", 0.0, None) == (
        leg.queue,
        leg.outcome,
        leg.reason,
        leg.wait_seconds,
        leg.target_seconds,
    )


@pytest.mark.parametrize(
    "seconds,since,target",
    [(0, None, 60.0), (60, "2026-11-21T09:01:00.000Z", 10.0)],
)
def test_a_call_is_judged_by_the_policy_of_its_first_offer(seconds: int, since: str | None, target: float) -> None:
    """Of two policies the one that had begun by then."""
    judged = judged_by(facts_of("call", ("offered", seconds, {"queue": "support"})), book(Topic.CALLS), None)
    assert judged is not None
    assert ("support", since, target) == (judged.queue, judged.since, judged.limits["target_seconds"])


def test_a_ticket_is_judged_by_its_medium_and_priority() -> None:
    """The limits are those of its targets, not the queue's."""
    opened = {"queue": "repairs", "channel": "email", "priority": "high"}
    judged = judged_by(facts_of("ticket", ("opened", 0, opened)), book(Topic.TICKETS), "office")
    assert judged is not None
    assert {
        "first_response_seconds": 900.0,
        "next_response_seconds": 60.0,
        "resolution_seconds": 60.0,
    } == judged.limits


def test_what_nobody_knows_the_beginning_of_is_judged_by_nothing() -> None:
    """An outcome without its offer."""
    assert None is judged_by(facts_of("call", ("answered", 0)), book(Topic.CALLS), None)


def test_what_was_added_is_taken_apart_and_named() -> None:
    """A cell that stands for several measures is shown as these; buckets of percentiles are left out."""
    answer = ANSWER.code_of(*ANSWER.members)
    amounts = {
        (START_MS // 10_000, 1): {
            answer: 1,
            int(ConversationMeasure.WAIT_MS): 4_000,
            code_of(ConversationMeasure.LEFT_QUEUE, 7): 1,
            sketched(ConversationSketch.WAIT, 4_000)[0]: 1,
        }
    }
    added = added_to(Channel.CALL, Stored(amounts, ROWS, {7: "reason=timeout"}))
    assert [
        ("answered", 1, ""),
        ("wait_ms", 4_000, ""),
        ("answered_within", 1, ""),
        ("left_queue", 1, "reason=timeout"),
    ] == [(each.measure, each.amount, each.dimension) for each in added]
    assert "contact_center_service_level_ratio" in added[2].kpis
    assert ["contact_center_speed_of_answer_seconds"] == added[1].kpis


def test_what_is_true_now() -> None:
    """Each entry with since when and, where something is due, until when."""
    entries: list[tuple[str, RowEntry | None]] = [
        ("Wa", Waiting(1, START_MS, START_MS + 20_000, START_MS + 3_600_000, START_MS)),
        ("C", ContactWaiting(1, START_MS + 20_000)),
        ("Pb", InProgress(1, START_MS, START_MS + 14_400_000, START_MS)),
        ("Ub", WrapUp(1, START_MS, START_MS + 600_000)),
        ("Kc", Callback(1, START_MS)),
        ("O", OpenTicket(2, START_MS, False, True, START_MS + 60_000, None)),
        ("I", None),
    ]
    types = {**CALLS.live_types, **TICKETS.live_types}
    begun, target, due = "2026-11-21T09:00:00.000Z", "2026-11-21T09:00:20.000Z", "2026-11-21T09:01:00.000Z"
    assert [
        ("waiting", "a", "sales", begun, target),
        ("not answered yet", "", "sales", None, target),
        ("in progress", "b", "sales", begun, None),
        ("wrapping up", "b", "sales", begun, None),
        ("callback to be returned", "c", "sales", begun, None),
        ("open", "", "repairs", begun, due),
        ("incomplete: an event is missing", "", "", None, None),
    ] == [(each.what, each.leg, each.queue, each.since, each.due) for each in live_facts(entries, types, ROWS)]


def test_people_read_it_as_text() -> None:
    """Who it is, what judged it, what happened, and what it added where."""
    stored = Stored({(START_MS // 10_000 + 2, 1): {int(ConversationMeasure.REACHED_TARGET): 1}}, ROWS, {})
    found = ContactExplanation(
        contact="call-1",
        hash="abc",
        channel=Channel.CALL,
        partition=3,
        moments=moments_of(CALL),
        legs=legs_of(CALL, book(Topic.CALLS), chat=False),
        ticket=None,
        judged=judged_by(CALL, book(Topic.CALLS), None),
        added=added_to(Channel.CALL, stored),
        live=[],
    )
    text = contact_text([found], ZoneInfo("Europe/Madrid"))
    for words in (
        "call call-1, in lists abc; partition 3",
        "judged by the policy of sales (always): target 20 s, short abandon 5 s; calendar none, always open",
        "sales: answered after 30 s, target 20 s",
        "support (transfer): left queue (timeout) after 30 s, target 1 min",
        "2026-11-21 10:00:30 +0100   answered",
        "2026-11-21 10:00:20 +0100   sales   reached_target",
    ):
        assert words in text
    assert "service_level_ratio" in text
    nothing = contact_text([ContactExplanation(**{**_fields(found), "added": []})], ZoneInfo("UTC"))
    assert "It has added nothing to any number." in nothing


def test_what_others_wrote_gives_the_terminal_no_orders() -> None:
    """Control characters in a topic are shown as replacements, never sent to a terminal."""
    hostile = facts_of("call", ("offered", 0, {"topic": "\x1b]0;title\x07 \x9b2J bill\x7f"}))
    found = ContactExplanation(
        contact="call-1\x1b[2J",
        hash="abc",
        channel=Channel.CALL,
        partition=3,
        moments=moments_of(hostile),
        legs=[],
        ticket=None,
        judged=None,
        added=[],
        live=[],
    )
    text = contact_text([found], ZoneInfo("UTC"))
    assert "]0;title" in text
    assert set() == {letter for letter in text if unicodedata.category(letter) == "Cc"} - {"\n"}


def _fields(found: ContactExplanation) -> dict[str, Any]:
    return {name: getattr(found, name) for name in found.__struct_fields__}


def test_an_unknown_contact_is_told_how_long_they_are_known() -> None:
    """One sentence: it never came, or it has expired."""
    sentence = str(unknown("contact", "x-1", Settings(hash_key=None)))
    assert (
        "contact x-1 is unknown: it never came, or its state has expired (calls and chats are known for 8 days after "
        "their newest event, tickets for 36 days and as long as they are open); check the identifier"
    ) == sentence
