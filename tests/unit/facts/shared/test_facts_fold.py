"""Facts are a merge: commutative, associative and idempotent, for every channel."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from streams.common.errors import InvalidEvent
from streams.contract.events import TYPES_OF
from streams.contract.topics import INPUTS, Topic
from streams.facts.conversations.facts import Conversation, customers, names_customer
from streams.facts.domains import DOMAIN_OF
from streams.facts.shared.contributions import Stage
from streams.facts.shared.marks import MARK_LIMIT
from streams.facts.shared.states import (
    ContactState,
    encode_state,
    pack_amounts,
    unpack_amounts,
)
from streams.facts.tickets.facts import Ticket
from tests.support.covers import covers
from tests.support.strategies import Event, contact, contradicted, deliveries, of_any_type, short
from tests.support.words import TOPIC_OF, PlainNames, book, decoded, in_words, log_of, pseudonym, told, topic_of

CHANNELS = ("call", "chat", "ticket")
DECODE = {topic: DOMAIN_OF[topic].state_decoder() for topic in INPUTS}


def folded(*batches: list[Event]) -> Any:
    """Facts of the batches, one after the other."""
    facts = None
    for batch in batches:
        facts, _ = DOMAIN_OF[topic_of(batch)].fold(facts, decoded(batch), pseudonym)
    return facts


@pytest.mark.parametrize("channel", CHANNELS)
def test_any_order_of_every_event_type_gives_the_same_facts(channel: str) -> None:
    """Events of every type of the contract, in any order, duplicates and batches, give the same facts."""
    drawn: set[str] = set()

    @settings(max_examples=300)
    @given(data=st.data())
    def same_facts(data: st.DataObject) -> None:
        log = [*data.draw(contradicted(channel, "c-1")), data.draw(of_any_type(channel, "c-1"))]
        batches = data.draw(deliveries(log))
        note("\n-- next batch\n".join(short(batch) for batch in batches))
        drawn.update(each["type"] for each in log)
        assert folded(log) == folded(*batches)

    same_facts()
    assert TYPES_OF[TOPIC_OF[channel]] == drawn


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


LEG_SETS = ("answered", "abandoned", "callback_requested", "callback_cancelled", "left_queue", "transferred", "held",
            "resumed", "ended", "wrapped_up", "corrected")  # fmt: skip
TICKET_SETS = ("assigned", "replied", "customer_replied", "held", "resumed", "transferred", "escalated", "solved",
               "reopened", "closed")  # fmt: skip
DATA: dict[str, dict[str, Any]] = {
    "left_queue": {"reason": "key"},
    "transferred": {"to": "x", "queue": "q"},
    "escalated": {"kind": "functional"},
    "message": {"from": "agent"},
    "corrected": {"via": "inbound"},
}
SETS = (
    *(("call", verb) for verb in (*LEG_SETS, "escalated")),
    ("chat", "message"),
    *(("ticket", verb) for verb in TICKET_SETS),
)


def kept(facts: Any, verb: str, leg: str | None = None) -> list[Any]:
    """The set of a type in the facts: of a leg, of the events without one, or of the whole contact."""
    holder = facts if hasattr(facts, verb) else facts.legs[leg] if leg else facts.legless
    found: list[Any] = getattr(holder, "agent_messages" if verb == "message" else verb)
    return found


def many(prefix: str, verb: str, count: int, **data: Any) -> list[Event]:
    """``count`` events of one type, a second apart, of one contact."""
    return log_of(prefix, *((verb, second, {**DATA.get(verb, {}), **data}) for second in range(count)))


@pytest.mark.parametrize("prefix,verb", SETS)
@pytest.mark.parametrize("leg", [{}, {"leg": "a"}])
def test_a_set_is_exact_up_to_its_bound(prefix: str, verb: str, leg: dict[str, str]) -> None:
    """A thousand events of a type are kept in any order; one more is refused as too_many, and nothing is cut."""
    log = many(prefix, verb, MARK_LIMIT + 1, **leg)
    facts = folded(log[500:MARK_LIMIT], log[:600][::-1])
    assert folded(log[:MARK_LIMIT]) == facts
    assert MARK_LIMIT == len(kept(facts, verb, leg.get("leg")))
    with pytest.raises(InvalidEvent) as refused:
        DOMAIN_OF[topic_of(log)].fold(facts, decoded(log[-1:]), pseudonym)
    assert "too_many" == refused.value.reason


@pytest.mark.parametrize("prefix,verb", SETS)
def test_an_event_stamped_anew_at_each_retry_counts_once(prefix: str, verb: str) -> None:
    """Of five events with one name the earliest is kept, in any order, and the four others are conflicting."""
    first, *_ = log = many(prefix, verb, 5)
    retries = [{**each, "id": first["id"]} for each in log]
    facts, conflicts = DOMAIN_OF[topic_of(log)].fold(None, decoded(retries), pseudonym)
    assert ([decoded([first])[0][1]], 4) == ([stamp.time_ms for stamp in kept(facts, verb)], conflicts)
    assert folded(retries[::-1], retries) == facts
    assert 0 == DOMAIN_OF[topic_of(log)].fold(facts, decoded([first, first]), pseudonym)[1]


@covers("contact_center_escalations_total")
@pytest.mark.parametrize("prefix,opening", [("call", "offered"), ("chat", "offered"), ("ticket", "opened")])
def test_one_escalation_sent_five_times(prefix: str, opening: str) -> None:
    """One escalation sent five times, each with another time: 1 escalation, 4 conflicting."""
    log = log_of(prefix, (opening, 0), *(("escalated", second, {"kind": "functional"}) for second in range(1, 6)))
    log = [log[0], *({**each, "id": "the-one"} for each in log[1:])]
    assert {"ESCALATIONS functional@0": 1} == told(in_words(log).amounts, "ESCALATIONS")
    assert 4 == DOMAIN_OF[topic_of(log)].fold(None, decoded(log), pseudonym)[1]


def test_the_legs_of_a_contact_are_exact_up_to_their_bound() -> None:
    """A caller who went round 1,000 queues has all legs, in any order; one more leg is refused as too_many."""
    log = log_of("call", *(("offered", number, {"leg": number}) for number in range(MARK_LIMIT + 1)))
    facts = folded(log[500:MARK_LIMIT], log[:600][::-1])
    assert folded(log[:MARK_LIMIT]) == facts
    assert MARK_LIMIT == len(facts.legs)
    with pytest.raises(InvalidEvent) as refused:
        DOMAIN_OF[topic_of(log)].fold(facts, decoded(log[-1:]), pseudonym)
    assert "too_many" == refused.value.reason


def test_a_caller_who_goes_round_forty_times() -> None:
    """Forty legs, taken out 39 times and answered at last: every one of them counts."""
    steps = [
        step
        for leg in range(40)
        for step in (
            ("offered", leg * 60, {"leg": leg}),
            ("left_queue", leg * 60 + 59, {"leg": leg, "reason": "timeout"}),
        )
    ]
    steps[-1] = ("answered", 39 * 60 + 15, {"leg": 39})
    amounts = in_words(log_of("call", *steps)).amounts
    totals = {name: sum(amount for key, amount in amounts.items() if key[0] == name) for name in ROUND}
    assert ROUND == totals


ROUND = {"OFFERED": 40, "ANSWERED": 1, "LEFT_QUEUE": 39}


def test_a_ticket_reopened_105_times_and_solved_for_good() -> None:
    """Every solve and reopening counts, and the ticket is not open."""
    turns = [step for turn in range(105) for step in (("solved", 20 * turn + 10), ("reopened", 20 * turn + 20))]
    found = in_words(log_of("ticket", ("opened", 0), *turns, ("solved", 9_000)))
    totals = {name: sum(amount for key, amount in found.amounts.items() if key[0] == name) for name in REOPENED}
    assert (REOPENED, {}) == (totals, found.live)


REOPENED = {"SOLVES": 106, "REOPENED": 105, "SOLVED": 1}


def test_one_leg_whatever_its_spelling() -> None:
    """1, 1.0 and "1" are one leg; none at all is leg 0."""
    log = log_of("call", ("offered", 0, {"leg": 1}), ("answered", 1, {"leg": 1.0}), ("ended", 2, {"leg": "1"}))
    legs = folded([*log, *log_of("call", ("offered", 3))]).legs
    assert {"0", "1"} == set(legs)
    assert 1 == len(legs["1"].ended)


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
    agents = [stamp.agent for stamp in folded(log).legless.answered]
    assert [pseudonym("a-2"), pseudonym("a-1")] == agents
    del log[0]["sequence"]
    assert agents[::-1] == [stamp.agent for stamp in folded(log).legless.answered]


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
    assert (None, None, None) == (leg.offered.customer, leg.offered.topic, leg.answered[0].agent)
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


@given(st.lists(st.sampled_from(range(40)), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_former_customers_do_not_depend_on_the_order(named: list[int], chance: Any) -> None:
    """However many customers a contact was said to be with, in any order and batches the same ones are remembered."""
    log = log_of("call", *(("classified", at, {"customer": f"k-{number}"}) for at, number in enumerate(named)))
    expected = folded(log)
    chance.shuffle(log)
    assert expected == folded(*([event] for event in log))
    everybody = sorted({pseudonym(f"k-{number}") for number in named})
    assert [each for each in everybody if each != pseudonym(f"k-{named[-1]}")] == expected.former


def test_empty_facts() -> None:
    """A contact nothing is known of has no legs, and a ticket no opening."""
    assert ({}, None) == (Conversation().legs, Ticket().opened)
