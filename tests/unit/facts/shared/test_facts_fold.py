"""Facts are a merge: commutative, associative and idempotent, for every channel."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from streams.contract.topics import INPUTS, Topic
from streams.facts.conversations.facts import LEG_LIMIT, Conversation, customers, names_customer
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Stage
from streams.facts.shared.marks import FORMER_LIMIT, SET_LIMIT
from streams.facts.shared.states import (
    ContactState,
    encode_state,
    pack_amounts,
    unpack_amounts,
)
from streams.facts.tickets.facts import Ticket
from tests.support.strategies import Event, contact, contradicted, deliveries, short
from tests.support.words import PlainNames, book, decoded, log_of, pseudonym, topic_of

CHANNELS = ("call", "chat", "ticket")
DECODE = {topic: DOMAIN_OF[topic].state_decoder() for topic in INPUTS}


def folded(*batches: list[Event]) -> Any:
    """Facts of the batches, one after the other."""
    facts = None
    for batch in batches:
        facts, _ = DOMAIN_OF[topic_of(batch)].fold(facts, decoded(batch), pseudonym)
    return facts


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=200)
@given(drawn=st.data())
def test_order_repetition_and_batches_do_not_matter(channel: str, drawn: st.DataObject) -> None:
    """Any permutation with duplicates, in any batches, gives equal facts, even where a system contradicts itself."""
    log = drawn.draw(contradicted(channel, "c-1"))
    batches = drawn.draw(deliveries(log))
    note("\n-- next batch\n".join(short(batch) for batch in batches))
    assert folded(log) == folded(*batches)


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=100)
@given(drawn=st.data())
def test_the_facts_given_are_not_changed(channel: str, drawn: st.DataObject) -> None:
    """Facts are values: folding more events into them leaves them as they were."""
    first, second = drawn.draw(contact(channel, "c-1")), drawn.draw(contact(channel, "c-1"))
    facts = folded(first)
    before = msgspec.msgpack.encode(facts)
    DOMAIN_OF[topic_of(second)].fold(facts, decoded(second), pseudonym)
    assert before == msgspec.msgpack.encode(facts)


@pytest.mark.parametrize("channel", CHANNELS)
@settings(max_examples=100)
@given(drawn=st.data())
def test_a_state_survives_redis(channel: str, drawn: st.DataObject) -> None:
    """Facts and amounts come back equal from the bytes that Redis keeps, and give the same contributions."""
    log = drawn.draw(contact(channel, "c-1"))
    topic, names = topic_of(log), PlainNames()
    facts = folded(log)
    contributed = DOMAIN_OF[topic].contributions(facts, book(topic), names, Stage.KEPT)
    state = ContactState(facts, pack_amounts(contributed.amounts), list(contributed.live), 3, 2**40)
    again = DECODE[topic](encode_state(state))
    assert state == again
    assert contributed.amounts == unpack_amounts(again.amounts)
    assert contributed.amounts == DOMAIN_OF[topic].contributions(again.facts, book(topic), names, Stage.KEPT).amounts


def many(verb: str, count: int) -> list[Event]:
    """``count`` events of one type, a second apart, on one call."""
    return log_of("call", *((verb, second) for second in range(count)))


@pytest.mark.parametrize("verb", ["held", "resumed"])
def test_a_set_keeps_its_100_least(verb: str) -> None:
    """Of 130 marks the 100 least stay, whichever came first."""
    log = many(verb, SET_LIMIT + 30)
    facts = folded(log[60:], log[:90][::-1])
    assert folded(log[:SET_LIMIT]).legs == facts.legs
    assert SET_LIMIT == len(getattr(facts.legs["0"], verb))


@pytest.mark.parametrize(
    "prefix,verb,field", [("chat", "message", "agent_messages"), ("call", "escalated", "escalated")]
)
def test_messages_and_escalations_are_bounded_too(prefix: str, verb: str, field: str) -> None:
    """Whatever repeats is a set of at most 100."""
    data = {"from": "agent", "kind": "functional"}
    log = log_of(prefix, *((verb, second, data) for second in range(SET_LIMIT + 1)))
    facts = folded(log[::-1])
    kept = facts.escalated if field == "escalated" else facts.legs["0"].agent_messages
    assert [f"c-1.{number}" for number in range(SET_LIMIT)] == [mark.id for mark in kept]


TICKET_SETS = ("assigned", "replied", "customer_replied", "held", "resumed", "transferred", "escalated", "solved",
               "reopened", "closed")  # fmt: skip


@pytest.mark.parametrize("verb", TICKET_SETS)
def test_sets_of_tickets_keep_their_100_least(verb: str) -> None:
    """Every repeating fact of a ticket is cut to its 100 least, in any order."""
    log = log_of("ticket", *((verb, s, {"queue": "q", "kind": "k"}) for s in range(SET_LIMIT + 1)))
    assert [f"c-1.{number}" for number in range(SET_LIMIT)] == [mark.id for mark in getattr(folded(log[::-1]), verb)]


def test_legs_are_bounded_by_name_not_by_arrival() -> None:
    """A contact keeps so many legs, the same ones whatever the order."""
    log = log_of("call", *(("offered", number, {"leg": number}) for number in range(LEG_LIMIT + 20)))
    forwards, backwards = folded(log), folded(log[50:][::-1], log[:80])
    assert forwards == backwards
    assert sorted(str(number) for number in range(LEG_LIMIT + 20))[:LEG_LIMIT] == sorted(forwards.legs)


def test_one_leg_whatever_its_spelling() -> None:
    """1, 1.0 and "1" are one leg; none at all is leg 0."""
    log = log_of("call", ("offered", 0, {"leg": 1}), ("answered", 1, {"leg": 1.0}), ("ended", 2, {"leg": "1"}))
    legs = folded([*log, *log_of("call", ("offered", 3))]).legs
    assert {"0", "1"} == set(legs)
    assert None is not legs["1"].ended


@pytest.mark.parametrize("prefix,verb", [("call", "offered"), ("ticket", "opened")])
def test_an_offer_wins_whole(prefix: str, verb: str) -> None:
    """The least offer gives queue, customer and topic together: nothing is filled in from a later one."""
    log = log_of(
        prefix,
        (verb, 5, {"queue": "late", "customer": "k-1", "topic": "bill", "priority": "high"}),
        (verb, 4, {"queue": "early"}),
    )
    for order in (log, log[::-1]):
        facts = folded(order)
        offer = facts.opened if prefix == "ticket" else facts.legs["0"].offered
        assert ("early", None, None, None) == (offer.queue, offer.customer, offer.topic, offer.priority)


@pytest.mark.parametrize("prefix,verb", [("chat", "offered"), ("ticket", "opened")])
def test_another_queue_for_the_same_leg_is_a_conflict(prefix: str, verb: str) -> None:
    """A second offer or opening with another queue is counted; with the same queue it is none."""
    log = log_of(prefix, (verb, 0), (verb, 1), (verb, 2, {"queue": "other"}))
    kind = DOMAIN_OF[topic_of(log)]
    facts, same = kind.fold(None, decoded(log[:2]), pseudonym)
    _, conflicts = kind.fold(facts, decoded(log[2:]), pseudonym)
    assert (0, 1) == (same, conflicts)


def test_two_legs_may_have_two_queues() -> None:
    """A new leg in another queue is no conflict."""
    log = log_of("call", ("offered", 0), ("offered", 9, {"leg": 1, "queue": "support"}))
    assert 0 == DOMAIN_OF[Topic.CALLS].fold(None, decoded(log), pseudonym)[1]


def test_sequence_orders_the_same_instant() -> None:
    """Of two answers at one instant the one with the lower sequence wins, and none counts as -1."""
    log = log_of("call", ("answered", 1, {"agent": "a-1"}), ("answered", 1, {"agent": "a-2"}))
    log[0]["sequence"], log[1]["sequence"] = "10", 9
    assert pseudonym("a-2") == folded(log).legs["0"].answered.agent
    del log[0]["sequence"]
    assert pseudonym("a-1") == folded(log).legs["0"].answered.agent


def test_nobody_is_kept_by_name() -> None:
    """Customers and agents are keyed hashes in the facts; nothing of their names is left in the bytes."""
    log = log_of(
        "call",
        ("offered", 0, {"customer": "Ada Lovelace"}),
        ("refused", 0, {"reason": "busy", "customer": "Ada Lovelace"}),
        ("answered", 1, {"agent": "Grace Hopper"}),
        ("transferred", 2, {"to": "support", "agent": "Grace Hopper"}),
        ("classified", 3, {"agent": "Grace Hopper", "customer": "Ada Lovelace"}),
    )
    packed = msgspec.msgpack.encode(folded(log))
    assert (False, False) == (b"Lovelace" in packed, b"Hopper" in packed)
    assert 3 == packed.count(pseudonym("Ada Lovelace"))


@pytest.mark.parametrize("nobody", ["", None])
def test_an_empty_name_is_nobody(nobody: str | None) -> None:
    """An empty customer, agent or topic is none, and is not hashed."""
    data = {"customer": nobody, "agent": nobody, "topic": nobody}
    leg = folded(log_of("call", ("offered", 0, data), ("answered", 1, data))).legs["0"]
    assert (None, None, None) == (leg.offered.customer, leg.offered.topic, leg.answered.agent)
    facts = folded(log_of("ticket", ("opened", 0, data), ("assigned", 1, {**data, "team": nobody})))
    assert (None, None, None) == (facts.opened.customer, facts.assigned[0].agent, facts.assigned[0].team)


def test_the_newest_time_is_kept() -> None:
    """The newest event time counts every event, also one that changes no other fact."""
    log = log_of("call", ("offered", 0), ("held", 7), ("offered", 3))
    assert decoded(log)[1][1] == folded(log).newest_ms


CUSTOMERS: dict[str, tuple[list[tuple[Any, ...]], str | None, tuple[str, ...]]] = {
    "nobody": ([("offered", 0)], None, ()),
    "whose call it is": ([("offered", 0, {"customer": "k"})], "k", ()),
    "who was refused": ([("refused", 0, {"reason": "busy", "customer": "k"})], "k", ()),
    "the offer before the refusal": (
        [("refused", 0, {"reason": "busy", "customer": "r"}), ("offered", 9, {"customer": "k"})],
        "k",
        ("r",),
    ),
    "the first leg that names one": (
        [("offered", 0), ("offered", 9, {"leg": 2, "customer": "k"}), ("offered", 10, {"leg": 1, "customer": "l"})],
        "k",
        ("l",),
    ),
    "who was noted": ([("offered", 0, {"customer": "k"}), ("classified", 9, {"customer": "n"})], "n", ("k",)),
    "who was noted last": ([("classified", 9, {"customer": "n"}), ("classified", 8, {"customer": "m"})], "n", ("m",)),
    "noted as nobody": ([("offered", 0, {"customer": "k"}), ("classified", 9, {"customer": None})], None, ("k",)),
    "noted as no name": ([("offered", 0, {"customer": "k"}), ("classified", 9, {"customer": ""})], None, ("k",)),
    "noted without a customer": ([("offered", 0, {"customer": "k"}), ("classified", 9, {"topic": "x"})], "k", ()),
    "noted, then nobody, then somebody": (
        [("classified", 7, {"customer": "m"}), ("classified", 8, {"customer": None}),
         ("classified", 9, {"customer": "n"})],
        "n",
        ("m",),
    ),
    "an earlier offer of the leg": (
        [("offered", 0, {"customer": "k"}), ("offered", -1, {"customer": "l"})],
        "l",
        ("k",),
    ),
    "an earlier offer to nobody": ([("offered", 0, {"customer": "k"}), ("offered", -1)], None, ("k",)),
    "an earlier refusal": (
        [("refused", 0, {"reason": "busy", "customer": "k"}), ("refused", -1, {"reason": "busy", "customer": "l"})],
        "l",
        ("k",),
    ),
    "the same again": ([("offered", 0, {"customer": "k"}), ("classified", 9, {"customer": "k"})], "k", ()),
}  # fmt: skip


@pytest.mark.parametrize("case", CUSTOMERS)
def test_the_customer_in_force_and_all_others(case: str) -> None:
    """The customer noted last is in force, even if it is nobody; else that of the first offer, else of the refusal."""
    steps, current, others = CUSTOMERS[case]
    log = log_of("call", *steps)
    expected = (None if current is None else pseudonym(current), sorted(pseudonym(other) for other in others))
    for order in (log, log[::-1]):
        facts = folded(*([event] for event in order))
        assert expected == customers(facts)
        assert (current is not None or bool(others)) == names_customer(facts)


def test_customers_of_legs_that_are_left_out_are_remembered() -> None:
    """A customer that only a leg past the limit named is a former one."""
    legs = [(f"{leg:03}", "late" if leg == LEG_LIMIT else "k") for leg in range(LEG_LIMIT + 1)]
    log = log_of("call", *(("offered", 0, {"leg": leg, "customer": customer}) for leg, customer in legs))
    facts = folded(log)
    assert facts == folded(*([event] for event in log[::-1]))
    assert [pseudonym("late")] == facts.former


@given(st.lists(st.sampled_from(range(40)), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_former_customers_do_not_depend_on_the_order(named: list[int], chance: Any) -> None:
    """However many customers a contact was said to be with, in any order and batches the same ones are remembered."""
    log = log_of("call", *(("classified", at, {"customer": f"k-{number}"}) for at, number in enumerate(named)))
    expected = folded(log)
    chance.shuffle(log)
    assert expected == folded(*([event] for event in log))
    everybody = sorted({pseudonym(f"k-{number}") for number in named})[:FORMER_LIMIT]
    assert [each for each in everybody if each != pseudonym(f"k-{named[-1]}")] == expected.former


def test_empty_facts() -> None:
    """A contact nothing is known of has no legs, and a ticket no opening."""
    assert ({}, None) == (Conversation().legs, Ticket().opened)
