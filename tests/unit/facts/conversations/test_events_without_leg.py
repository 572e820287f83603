"""Events without a leg in contacts whose legs have names, sentence by sentence of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.strategies import START_MS, iso
from tests.support.words import in_words, log_of, told

Steps = list[tuple[Any, ...]]


def offer(seconds: float, leg: str, **data: Any) -> tuple[Any, ...]:
    """A leg entered a queue."""
    return ("offered", seconds, {"leg": leg, **data})


def of(leg: str, verb: str, seconds: float, **data: Any) -> tuple[Any, ...]:
    """An event that names its leg."""
    return (verb, seconds, {"leg": leg, **data})


def left(seconds: float) -> tuple[Any, ...]:
    """Taken out of the queue; without a leg."""
    return ("left_queue", seconds, {"reason": "timeout"})


def outcomes(prefix: str, *steps: tuple[Any, ...]) -> set[str]:
    """Outcomes, handled legs and live entries of a contact, as ``ANSWERED sales@10`` and ``waiting b``."""
    found = in_words(log_of(prefix, *steps))
    measures = ("ANSWERED", "ABANDONED", "LEFT_QUEUE", "CALLBACK_REQUESTED", "TALK_MS", "HOLD_MS", "WRAP_MS")
    amounts = told(found.amounts, *measures)
    counted = {f"{key}={value}" if "_MS" in key else key for key, value in amounts.items() if value}
    return counted | {f"{kind} {leg}".strip() for kind, leg in found.live if kind != "contact_waiting"}


A, B = offer(0, "a", queue="support"), offer(10, "b")
"""Leg a in the queue support, then leg b in sales."""
A_GONE = of("a", "abandoned", 5)
A_TALKS, B_TALKS = of("a", "answered", 5), of("b", "answered", 15)
B_ALONE: set[str] = {"ABANDONED support@0"}

CASES: dict[str, tuple[Steps, set[str]]] = {
    # One leg: it is meant.
    "one leg": ([offer(0, "a"), ("answered", 5), ("ended", 65)], {"ANSWERED@0", "TALK_MS@60=60000"}),
    "one leg, answered a little before its offer": ([offer(4, "a"), ("answered", 0)], {"ANSWERED@0", "in_progress a"}),
    "one leg, asked for a callback": (
        [offer(0, "a"), ("callback_requested", 5)],
        {"CALLBACK_REQUESTED@0", "callback a"},
    ),
    "a leg 0 was offered too: it is meant": (
        [offer(0, "a", queue="support"), ("offered", 0), ("answered", 5)],
        {"ANSWERED@0", "in_progress 0", "waiting a"},
    ),
    # Several: answered, abandoned, left_queue, callback_requested mean the one that waits then.
    "answered: who waits": ([A, A_GONE, B, ("answered", 20)], B_ALONE | {"ANSWERED@20", "in_progress b"}),
    "abandoned: who waits": ([A, A_GONE, B, ("abandoned", 20)], B_ALONE | {"ABANDONED@20"}),
    "left: who waits": ([A, A_GONE, B, left(20)], B_ALONE | {"LEFT_QUEUE timeout@20"}),
    "a callback: who waits": (
        [A, A_GONE, B, ("callback_requested", 20)],
        B_ALONE | {"CALLBACK_REQUESTED@20", "callback b"},
    ),
    "answered: who waits though offered first": (
        [A, B, of("b", "abandoned", 12), ("answered", 20)],
        {"ABANDONED@10", "ANSWERED support@20", "in_progress a"},
    ),
    "looked at in their order": (
        [A, B, of("b", "abandoned", 30), ("answered", 5)],
        {"ANSWERED support@0", "in_progress a", "ABANDONED@30"},
    ),
    # Held, resumed, transferred and ended mean the one in conversation, else the one that waits.
    "ended: who talks": (
        [A, A_TALKS, B, ("ended", 65)],
        {"ANSWERED support@0", "TALK_MS support@60=60000", "waiting b"},
    ),
    "transferred: who talks": (
        [A, A_TALKS, ("transferred", 65, {"to": "sales"}), offer(65, "b")],
        {"ANSWERED support@0", "TALK_MS support@60=60000", "waiting b"},
    ),
    "held and resumed: who talks": (
        [A, A_TALKS, B, ("held", 15), ("resumed", 25), of("a", "ended", 65)],
        {"ANSWERED support@0", "TALK_MS support@60=50000", "HOLD_MS support@60=10000", "waiting b"},
    ),
    "ended: nobody talks, so who waits, whom no end changes": ([A, A_GONE, B, ("ended", 20)], B_ALONE | {"waiting b"}),
    # Wrapped up means the one that ended last.
    "wrapped up: who ended last": (
        [offer(0, "a", queue="desk"), of("a", "answered", 5), of("a", "ended", 65), B, B_TALKS, ("wrapped_up", 80)],
        {"ANSWERED desk@0", "TALK_MS desk@80=60000", "WRAP_MS desk@80=15000", "ANSWERED@10", "in_progress b"},
    ),
    "wrapped up: not who ended before": (
        [offer(0, "a", queue="desk"), of("a", "answered", 5), of("a", "ended", 65), of("a", "wrapped_up", 66),
         offer(10, "b", queue="desk"), B_TALKS, of("b", "ended", 75), ("wrapped_up", 80)],
        {"ANSWERED desk@0", "TALK_MS desk@60=60000", "WRAP_MS desk@60=1000", "ANSWERED desk@10",
         "TALK_MS desk@80=60000", "WRAP_MS desk@80=5000"},
    ),
    # None fits: the leg offered last; where an outcome or end stands already it changes nothing.
    "answered: nobody waits": (
        [A, A_GONE, B, of("b", "abandoned", 12), ("answered", 13)],
        B_ALONE | {"ABANDONED@10"},
    ),
    "ended: nobody talks or waits": (
        [A, A_GONE, B, B_TALKS, of("b", "ended", 75), ("ended", 80)],
        B_ALONE | {"ANSWERED@10", "TALK_MS@70=60000"},
    ),
    "wrapped up before any end: the leg offered last": (
        [A, A_GONE, offer(10, "b", queue="desk"), B_TALKS, ("wrapped_up", 72), of("b", "ended", 75)],
        B_ALONE | {"ANSWERED desk@10", "TALK_MS desk@70=60000"},
    ),
    # Before any offer: the first leg, if its offer follows within 5 s.
    "5.000 s before the first offer": (
        [("answered", -5), A, B, of("b", "abandoned", 12)],
        {"ANSWERED support@-10", "in_progress a", "ABANDONED@10"},
    ),
    "5.001 s before the first offer": (
        [("answered", -5.001), A, B, of("b", "abandoned", 12)],
        {"waiting a", "ABANDONED@10", "incomplete"},
    ),
    # Several fit: incomplete.
    "answered: two wait": ([A, B, ("answered", 20)], {"waiting a", "waiting b", "incomplete"}),
    "ended: two talk": (
        [A, B, A_TALKS, B_TALKS, ("ended", 20)],
        {"ANSWERED support@0", "ANSWERED@10", "in_progress a", "in_progress b", "incomplete"},
    ),
    "a callback with its queue: two wait": (
        [A, B, ("callback_requested", 20, {"queue": "sales"})],
        {"waiting a", "waiting b", "incomplete"},
    ),
    # Corrected and callback_cancelled mean the only leg, else the contact is incomplete; escalated is the contact's.
    "a correction of the only leg": (
        [offer(0, "a"), ("corrected", 9, {"outcome": "abandoned", "outcome_at": iso(START_MS + 8_000)})],
        {"ABANDONED@0"},
    ),
    "a correction of one of two": (
        [A, A_GONE, B, ("corrected", 19, {"outcome": "abandoned"})],
        B_ALONE | {"waiting b", "incomplete"},
    ),
    "a cancellation by one of two": (
        [A, of("a", "callback_requested", 5), B, ("callback_cancelled", 19)],
        {"CALLBACK_REQUESTED support@0", "callback a", "waiting b", "incomplete"},
    ),
    "an escalation": ([A, A_GONE, B, ("escalated", 19, {"kind": "functional"})], B_ALONE | {"waiting b"}),
    "a request from the menu": (
        [A, A_GONE, B, of("x", "callback_requested", 20, queue="desk")],
        B_ALONE | {"waiting b", "menu_callback desk"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_leg_that_is_meant(case: str) -> None:
    """An event without a leg changes the one leg that it can mean, in whatever order the events come."""
    steps, expected = CASES[case]
    assert expected == outcomes("call", *steps)
    assert expected == outcomes("call", *reversed(steps))


MESSAGE = {"from": "agent"}
MESSAGES: dict[str, tuple[Steps, set[str]]] = {
    "by an agent, to who waits": (
        [offer(0, "a", queue="desk"), of("a", "abandoned", 5), offer(10, "b", queue="desk"), ("message", 20, MESSAGE)],
        {"ABANDONED desk@0", "ANSWERED desk@20", "in_progress b"},
    ),
    "by an agent, where messages are no answer": (
        [A, A_GONE, B, ("message", 20, MESSAGE)],
        B_ALONE | {"waiting b"},
    ),
    "by an agent, long before: no answer, where messages are none": ([("message", -60, MESSAGE), A, A_GONE, B],
                                                                     B_ALONE | {"waiting b"}),
    "by an agent, to the one that is answered by messages": (
        [offer(0, "a", queue="desk"), B, ("message", 20, MESSAGE)],
        {"ANSWERED desk@20", "in_progress a", "waiting b"},
    ),
    "by the customer": ([A, B, ("message", 20, {"from": "customer"})], {"waiting a", "waiting b"}),
    "by a bot, and nothing else": ([("message", 20, {"from": "bot"})], set()),
    "by a bot, of a leg that was never offered": ([of("x", "message", 20, **{"from": "bot"})], {"incomplete"}),
}  # fmt: skip


@pytest.mark.parametrize("case", MESSAGES)
def test_the_leg_that_a_message_means(case: str) -> None:
    """A message by an agent answers the leg that waits for one; customers and bots answer nobody."""
    steps, expected = MESSAGES[case]
    assert expected == outcomes("chat", *steps)


NEVER = ("answered", "abandoned", "callback_requested", "callback_cancelled", "left_queue", "transferred", "held",
         "resumed", "ended", "wrapped_up", "corrected")  # fmt: skip


@pytest.mark.parametrize("verb", NEVER)
@pytest.mark.parametrize("leg", [{}, {"leg": "x"}])
def test_an_event_of_a_leg_that_was_never_offered(verb: str, leg: dict[str, str]) -> None:
    """The contact is incomplete until the offer comes, whichever event it was."""
    step = (verb, 5, {"reason": "key", "to": "x", **leg} if verb != "corrected" else {"via": "inbound", **leg})
    assert {"incomplete"} == outcomes("call", step)
    with_offer = outcomes("call", step, ("offered", 0, leg))
    assert (verb == "callback_cancelled") == ("incomplete" in with_offer)


def test_a_later_offer_changes_what_an_event_means() -> None:
    """Events without a leg are kept as they came: a second leg, offered before them, takes them over."""
    steps = [offer(0, "a", queue="support"), of("a", "abandoned", 5), ("answered", 20)]
    assert {"ABANDONED support@0"} == outcomes("call", *steps)
    assert {"ABANDONED support@0", "ANSWERED@20", "in_progress b"} == outcomes("call", *steps, offer(10, "b"))


def test_a_hang_up_of_the_whole_call() -> None:
    """One call with two visits: the answer and the end come without a leg, and each finds its visit."""
    steps = [offer(0, "1", queue="support"), of("1", "left_queue", 20, reason="overflow"),
             offer(20, "2", via="overflow"), ("answered", 30), ("ended", 90)]  # fmt: skip
    expected = {"LEFT_QUEUE overflow support@20", "ANSWERED@30", "TALK_MS@90=60000"}
    assert expected == outcomes("call", *steps)
