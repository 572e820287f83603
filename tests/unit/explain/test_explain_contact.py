"""One contact in words: its events in order, what judges it, what it added and to which KPIs."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct, structs

from metrics.explain.contact.answer import ContactExplanation, Stored, added_to, judged_by, live_facts, removal
from metrics.explain.contact.lookup import unknown
from metrics.explain.contact.moments import moments_of
from metrics.explain.contact.text import contact_text
from metrics.explain.number.facts import judged_of, legs_of
from metrics.explain.number.text import leg_story
from metrics.snapshot.instants import instant_text
from metrics.snapshot.snapshot import RowKey
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.contract.topics import Topic
from streams.facts.conversations.domain import CALLS
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, Waiting, WrapUp
from streams.facts.conversations.measures import ANSWER, ConversationMeasure, ConversationSketch
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.marks import EventStamp
from streams.facts.tickets.domain import TICKETS
from streams.facts.tickets.live import OpenTicket
from streams.numbers.codes import code_of
from streams.numbers.live_entries import RowEntry
from streams.numbers.sketches import sketched
from tests.support.strategies import START_MS, contact
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


def told(facts: Any, chat: bool = False) -> list[tuple[str, str | None, str]]:
    """Events with their legs and details, those without a leg given to the leg that they mean."""
    judged = judged_of(facts, book(Topic.CHATS if chat else Topic.CALLS), chat=chat)
    return [(moment.what, moment.leg, moment.detail) for moment in moments_of(facts, judged)]


def test_events_without_a_leg_are_told_with_the_leg_that_they_mean() -> None:
    """They say that they named none; a request from the menu belongs to no leg."""
    facts = facts_of(
        "call",
        ("callback_requested", 0, {"queue": "sales"}),
        ("offered", 60, {"leg": "a"}),
        ("answered", 70, {"leg": "a"}),
        ("transferred", 80, {"leg": "a", "to": "support"}),
        ("offered", 80, {"queue": "support", "via": "transfer", "leg": "b"}),
        ("answered", 90),
        ("ended", 95),
    )
    assert [
        ("callback_requested", None, "queue=sales (no leg named)"),
        ("offered", "a", "queue=sales via=inbound"),
        ("answered", "a", ""),
        ("offered", "b", "queue=support via=transfer"),
        ("transferred", "a", ""),
        ("answered", "b", "(no leg named)"),
        ("ended", "b", "(no leg named)"),
    ] == told(facts)


def test_a_correction_tells_what_it_changed() -> None:
    """The outcome with its reason and time, the end, the transfer and the origin, and nobody's name."""
    facts = facts_of(
        "call",
        ("offered", 0, {"leg": "a"}),
        ("abandoned", 30, {"leg": "a"}),
        (
            "corrected",
            60,
            {
                "leg": "a",
                "outcome": "answered",
                "outcome_at": "2026-11-21T09:00:12Z",
                "agent": "eva",
                "ended_at": None,
                "transferred": False,
                "via": "overflow",
            },
        ),
    )
    corrected = "outcome=answered outcome_at=2026-11-21T09:00:12.000Z ended_at=none transferred=false via=overflow"
    assert ("corrected", "a", corrected) == told(facts)[-1]
    (leg,) = legs_of(facts, book(Topic.CALLS), chat=False)
    assert ("answered", 12.0, True) == (leg.outcome, leg.wait_seconds, leg.corrected)
    assert "sales (overflow): answered after 12 s, target 20 s, corrected later" == leg_story(leg)


def test_a_correction_without_a_leg_means_the_only_one() -> None:
    """With its reason; in a contact of several legs it is told without any."""
    step = ("corrected", 60, {"outcome": "left_queue", "reason": "timeout", "outcome_at": "2026-11-21T09:00:12Z"})
    details = "outcome=left_queue reason=timeout outcome_at=2026-11-21T09:00:12.000Z (no leg named)"
    assert ("corrected", "a", details) == told(facts_of("call", ("offered", 0, {"leg": "a"}), step))[-1]
    two = facts_of("call", ("offered", 0, {"leg": "a"}), ("offered", 5, {"leg": "b"}), step)
    assert ("corrected", None, details) == told(two)[-1]


def test_a_callback_that_was_cancelled_waits_no_more() -> None:
    """Its leg has no outcome, and says why."""
    facts = facts_of(
        "call", ("offered", 0, {"leg": "a", "via": "callback"}), ("callback_cancelled", 20, {"leg": "a", "reason": "x"})
    )
    assert ("callback_cancelled", "a", "") == told(facts)[-1]
    (leg,) = legs_of(facts, book(Topic.CALLS), chat=False)
    assert ("callback_cancelled", "2026-11-21T09:00:20.000Z", None) == (leg.outcome, leg.at, leg.wait_seconds)
    assert "sales (callback): callback cancelled" == leg_story(leg)


def test_a_removed_call_says_so() -> None:
    """Its events are all there, with the reason of the removal."""
    facts = facts_of("call", ("offered", 0), ("answered", 10), ("removed", 90, {"reason": "test"}))
    assert ("removed", None, "reason=test") == told(facts)[-1]
    assert "test" == removal(facts)
    assert None is removal(CALL)


def test_a_ticket_that_was_restored_is_not_removed() -> None:
    """The later of the two counts; an opening without a queue and the one that named it are both told."""
    log = log_of(
        "ticket",
        ("opened", 0, {"channel": "email"}),
        ("opened", 30, {"queue": "billing", "channel": "email"}),
        ("removed", 60, {"reason": "spam"}),
        ("restored", 90),
    )
    del log[0]["data"]["queue"]
    removed, _ = DOMAIN_OF[Topic.TICKETS].fold(None, decoded(log[:-1]), pseudonym)
    restored, _ = DOMAIN_OF[Topic.TICKETS].fold(None, decoded(log), pseudonym)
    assert ("spam", None) == (removal(removed), removal(restored))
    assert [
        ("opened", "medium=email"),
        ("opened", "queue=billing"),
        ("removed", "reason=spam"),
        ("restored", ""),
    ] == [(moment.what, moment.detail) for moment in moments_of(restored)]


@pytest.mark.parametrize("prefix", ["call", "chat", "ticket"])
@given(data=st.data())
def test_every_event_in_the_facts_is_told_in_order(prefix: str, data: st.DataObject) -> None:
    """No event of the facts is left out, whatever was sent, and they are sorted by time."""
    log = data.draw(contact(prefix, f"{prefix}-1"))
    topic = {"call": Topic.CALLS, "chat": Topic.CHATS, "ticket": Topic.TICKETS}[prefix]
    facts = DOMAIN_OF[topic].fold(None, decoded(log), pseudonym)[0]
    judged = None if prefix == "ticket" else judged_of(facts, book(topic), chat=prefix == "chat")
    found = moments_of(facts, judged)
    assert sorted(moment.at for moment in found) == [moment.at for moment in found]
    assert sorted(stamps_in(facts)) == sorted(moment.at for moment in found)


def stamps_in(packed: object) -> list[str]:
    """Times of every event anywhere in some facts."""
    if isinstance(packed, EventStamp):
        return [instant_text(packed.time_ms)]
    if isinstance(packed, dict):
        return [found for value in packed.values() for found in stamps_in(value)]
    if isinstance(packed, list | tuple):
        return [found for value in packed for found in stamps_in(value)]
    return stamps_in(structs.asdict(packed)) if isinstance(packed, Struct) else []


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
        time_zone="Europe/Madrid",
    )
    text = contact_text([found])
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
    nothing = contact_text([ContactExplanation(**{**_fields(found), "added": []})])
    assert "It has added nothing to any number." in nothing


def test_what_others_wrote_gives_the_terminal_no_orders() -> None:
    """Invisible characters in a topic, of an earlier release, are shown escaped and never sent to a terminal."""
    hostile = facts_of("call", ("offered", 0, {"topic": "bill"}))
    offered = structs.replace(hostile.legs["0"].offered, topic="\x1b]0;title\x07 \x9b2J bill\x7f")
    hostile.legs["0"].offered = offered
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
        time_zone="UTC",
    )
    text = contact_text([found])
    assert r"topic=\x1b]0;title\x07 \x9b2J bill\x7f" in text
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
