"""Calls and chats in their queues: outcomes, waits, service level, callbacks; each formula at its edges."""

from __future__ import annotations

from typing import Any

import pytest

from streams.common.vocabulary import Channel
from streams.config.policy_book import policy_book
from streams.config.settings import Settings
from streams.numbers.sketches import bucket_of
from streams.numbers.tiers import SLICE_MS
from tests.support.covers import covers
from tests.support.strategies import START_MS
from tests.support.words import in_words, log_of, nonzero, queue_settings, told

OUTCOMES = ("OFFERED", "ANSWERED", "ABANDONED", "SHORT_ABANDONED", "CALLBACK_REQUESTED", "LEFT_QUEUE")
SERVICE = ("ANSWERED_WITHIN", "ABANDONED_WITHIN", "SHORT_WITHIN", "LEFT_WITHIN", "REACHED_TARGET")
CONTACT = tuple(f"CONTACT_{name}" for name in SERVICE)
WAITS = ("WAIT_MS", "ABANDON_WAIT_MS")
OFFERED = ("offered", 0)


def adds(
    *steps: tuple[Any, ...], only: tuple[str, ...], channel: str = "call", expired: bool = False
) -> dict[str, int]:
    """Contributions of a contact to some measures."""
    return told(nonzero(in_words(log_of(channel, *steps), expired=expired).amounts), *only)


def live(*steps: tuple[Any, ...], channel: str = "call") -> set[tuple[str, str]]:
    """The sets a contact is in, with the leg."""
    return set(in_words(log_of(channel, *steps)).live)


def left(seconds: float, reason: str, **data: Any) -> tuple[Any, ...]:
    """Taken out of the queue."""
    return ("left_queue", seconds, {"reason": reason, **data})


SERVICE_LEVEL: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "nobody yet": ([OFFERED], {}),
    "answered at once": ([OFFERED, ("answered", 0)], {"ANSWERED_WITHIN@0": 1}),
    "answered at 20.000 s": ([OFFERED, ("answered", 20)], {"ANSWERED_WITHIN@20": 1}),
    "answered at 20.001 s": ([OFFERED, ("answered", 20.001)], {"REACHED_TARGET@20": 1}),
    "answered at 45 s": ([OFFERED, ("answered", 45)], {"REACHED_TARGET@20": 1}),
    "short abandon at 5.000 s": ([OFFERED, ("abandoned", 5)], {"ABANDONED_WITHIN@0": 1, "SHORT_WITHIN@0": 1}),
    "no short abandon at 5.001 s": ([OFFERED, ("abandoned", 5.001)], {"ABANDONED_WITHIN@0": 1}),
    "abandoned at 20.000 s": ([OFFERED, ("abandoned", 20)], {"ABANDONED_WITHIN@20": 1}),
    "abandoned at 20.001 s": ([OFFERED, ("abandoned", 20.001)], {"REACHED_TARGET@20": 1}),
    "timeout at 20.000 s": ([OFFERED, left(20, "timeout")], {"LEFT_WITHIN@20": 1}),
    "timeout at 20.001 s": ([OFFERED, left(20.001, "timeout")], {"REACHED_TARGET@20": 1}),
    "empty within": ([OFFERED, left(3, "empty")], {"LEFT_WITHIN@0": 1}),
    "overflow within": ([OFFERED, left(3, "overflow")], {}),
    "overflow past": ([OFFERED, left(30, "overflow")], {"REACHED_TARGET@20": 1}),
    "key within": ([OFFERED, left(20, "key")], {}),
    "key past": ([OFFERED, left(20.001, "key")], {"REACHED_TARGET@20": 1}),
    "callback within": ([OFFERED, ("callback_requested", 20)], {}),
    "callback past": ([OFFERED, ("callback_requested", 20.001)], {"REACHED_TARGET@20": 1}),
    "answered 5.000 s before": ([OFFERED, ("answered", -5)], {"ANSWERED_WITHIN@-10": 1}),
    "answered 5.001 s before": ([OFFERED, ("answered", -5.001)], {}),
    "an outcome without offer": ([("answered", 0)], {}),
    "called back": ([("offered", 0, {"via": "callback"}), ("answered", 45)], {}),
    "called out": ([("offered", 0, {"via": "outbound"}), ("abandoned", 3)], {}),
    "transferred in": ([("offered", 0, {"via": "transfer"}), ("answered", 20)], {"ANSWERED_WITHIN@20": 1}),
    "overflowed in": ([("offered", 0, {"via": "overflow"}), ("answered", 21)], {"REACHED_TARGET@20": 1}),
    "another target": ([("offered", 0, {"queue": "support"}), ("answered", 60)], {"ANSWERED_WITHIN support@60": 1}),
}


@covers(
    "contact_center_contacts_offered_total",
    "contact_center_service_level_events_total",
    "contact_center_service_level_met_total",
)
@pytest.mark.parametrize("case", SERVICE_LEVEL)
def test_service_level(case: str) -> None:
    """A leg is one service-level event at most, in the slice of its event or of its deadline."""
    steps, expected = SERVICE_LEVEL[case]
    assert expected == adds(*steps, only=SERVICE)


def test_a_limit_that_was_reached_stays_reached() -> None:
    """The miss of who waits past the target lands where it lands when she is answered, abandons or is given up."""
    for end in ([("answered", 45)], [("abandoned", 45)], [left(45, "key")], [("callback_requested", 45)]):
        assert {"REACHED_TARGET@20": 1} == adds(OFFERED, *end, only=SERVICE)
    assert {"REACHED_TARGET@20": 1} == adds(OFFERED, only=SERVICE, expired=True)


WAIT_CASES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "answered": ([OFFERED, ("answered", 12.345)], {"WAIT_MS@10": 12_345}),
    "abandoned": ([OFFERED, ("abandoned", 12.345)], {"ABANDON_WAIT_MS@10": 12_345}),
    "answered a little before": ([OFFERED, ("answered", -5)], {}),
    "taken out": ([OFFERED, left(12, "timeout")], {}),
    "a callback's wait": ([("offered", 0, {"via": "callback"}), ("answered", 9)], {}),
}


@covers("contact_center_contacts_answered_total", "contact_center_contacts_abandoned_total")
@pytest.mark.parametrize("case", WAIT_CASES)
def test_waits(case: str) -> None:
    """Waits are offered to outcome in milliseconds, in the outcome's slice; a small step back is zero."""
    steps, expected = WAIT_CASES[case]
    assert expected == adds(*steps, only=WAITS)


SKETCH_CASES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "waits": ([OFFERED], {}),
    "answered": ([OFFERED, ("answered", 12.345)], {f"WAIT_SKETCH {bucket_of(12_345)}@10": 1}),
    "answered at once": ([OFFERED, ("answered", 0)], {}),
    "answered a little before": ([OFFERED, ("answered", -5)], {}),
    "answered long before": ([OFFERED, ("answered", -5.001)], {}),
    "abandoned": ([OFFERED, ("abandoned", 12.345)], {f"ABANDON_WAIT_SKETCH {bucket_of(12_345)}@10": 1}),
    "abandoned at once": ([OFFERED, ("abandoned", 0)], {}),
    "taken out": ([OFFERED, left(12, "timeout")], {}),
    "a callback's wait": ([("offered", 0, {"via": "callback"}), ("answered", 9)], {}),
}


@covers("contact_center_speed_of_answer_seconds", "contact_center_time_to_abandon_seconds")
@pytest.mark.parametrize("case", SKETCH_CASES)
def test_waits_are_in_their_sketches(case: str) -> None:
    """Each wait in the sums is in a sketch of the same slice too; a wait of 0 is in no bucket."""
    steps, expected = SKETCH_CASES[case]
    assert expected == adds(*steps, only=("WAIT_SKETCH", "ABANDON_WAIT_SKETCH"))


SAME_INSTANT = ("answered", "abandoned", "callback_requested", "left_queue")


@covers("contact_center_contacts_callback_requested_total")
@pytest.mark.parametrize("winner", range(len(SAME_INSTANT)))
def test_the_order_of_outcomes_at_one_instant(winner: int) -> None:
    """At the same instant answered wins over abandoned, that over callback_requested, that over left_queue."""
    steps = [(verb, 7, {"reason": "timeout"}) for verb in SAME_INSTANT[winner:]]
    names = {"answered": "ANSWERED@0", "abandoned": "ABANDONED@0", "callback_requested": "CALLBACK_REQUESTED@0"}
    expected = {"OFFERED@0": 1, names.get(SAME_INSTANT[winner], "LEFT_QUEUE timeout@0"): 1}
    assert expected == adds(*steps[::-1], OFFERED, only=OUTCOMES)


@pytest.mark.parametrize("first,second", [(a, b) for a in SAME_INSTANT for b in SAME_INSTANT if a != b])
def test_the_earliest_outcome_counts(first: str, second: str) -> None:
    """One outcome a leg: of two a millisecond apart, the first; the other adds nothing."""
    reason = {"reason": "key"}
    alone = adds(OFFERED, (first, 7, reason), only=OUTCOMES)
    assert alone == adds(OFFERED, (second, 7.001, reason), (first, 7, reason), only=OUTCOMES)


@covers("contact_center_contacts_left_queue_total")
@pytest.mark.parametrize("reason", ["timeout", "empty", "overflow", "key"])
def test_who_was_taken_out_is_counted_by_reason(reason: str) -> None:
    """left_queue is counted under its reason."""
    assert {"OFFERED@0": 1, f"LEFT_QUEUE {reason}@10": 1} == adds(OFFERED, left(10, reason), only=OUTCOMES)


@covers("contact_center_contacts_refused_total")
@pytest.mark.parametrize("reason", ["closed", "busy", "full"])
def test_who_was_refused_is_counted_by_reason_and_nowhere_else(reason: str) -> None:
    """Demand that never queued is in no other number."""
    assert {f"REFUSED {reason}@10": 1} == told(in_words(log_of("call", ("refused", 10, {"reason": reason}))).amounts)
    assert set() == live(("refused", 10, {"reason": reason}))


LATER_LEG = [OFFERED, left(2, "overflow"), ("offered", 2, {"leg": 1, "via": "overflow", "queue": "support"})]


@covers("contact_center_contacts_short_abandoned_total")
def test_only_the_first_leg_can_be_a_short_abandon() -> None:
    """Who hangs up 3 s after an overflow has waited before: no short abandon, but within the target."""
    found = adds(*LATER_LEG, ("abandoned", 5, {"leg": 1}), only=(*OUTCOMES, *SERVICE))
    assert {
        "OFFERED@0": 1,
        "LEFT_QUEUE overflow@0": 1,
        "OFFERED support@0": 1,
        "ABANDONED support@0": 1,
        "ABANDONED_WITHIN support@0": 1,
    } == found


CONTACTS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "waits": ([OFFERED], {}),
    "answered at 20.000 s": ([OFFERED, ("answered", 20)], {"CONTACT_ANSWERED_WITHIN@20": 1}),
    "answered at 20.001 s": ([OFFERED, ("answered", 20.001)], {"CONTACT_REACHED_TARGET@20": 1}),
    "answered in time on its second leg": (
        [*LATER_LEG, ("answered", 20, {"leg": 1})],
        {"CONTACT_ANSWERED_WITHIN@20": 1},
    ),
    "answered too late on its second leg": (
        [*LATER_LEG, ("answered", 20.001, {"leg": 1})],
        {"CONTACT_REACHED_TARGET@20": 1},
    ),
    "the first of two answers": (
        [OFFERED, ("answered", 9), ("transferred", 60, {"to": "x"}), ("offered", 60, {"leg": 1, "via": "transfer"}),
         ("answered", 99, {"leg": 1})],
        {"CONTACT_ANSWERED_WITHIN@0": 1},
    ),
    "hung up on its second leg": ([*LATER_LEG, ("abandoned", 5, {"leg": 1})], {"CONTACT_ABANDONED_WITHIN@0": 1}),
    "hung up late on its second leg": ([*LATER_LEG, ("abandoned", 21, {"leg": 1})], {"CONTACT_REACHED_TARGET@20": 1}),
    "hung up shortly": (
        [OFFERED, ("abandoned", 5)],
        {"CONTACT_ABANDONED_WITHIN@0": 1, "CONTACT_SHORT_WITHIN@0": 1},
    ),
    "timeout": ([OFFERED, left(20, "timeout")], {"CONTACT_LEFT_WITHIN@20": 1}),
    "key": ([OFFERED, left(20, "key")], {}),
    "callback in time": ([OFFERED, ("callback_requested", 20)], {}),
    "callback too late": ([OFFERED, ("callback_requested", 21)], {"CONTACT_REACHED_TARGET@20": 1}),
    "answered when called back": (
        [OFFERED, ("callback_requested", 9), ("offered", 15, {"leg": 1, "via": "callback"}),
         ("answered", 16, {"leg": 1})],
        {},
    ),
    "called out": ([("offered", 0, {"via": "outbound"}), ("answered", 3)], {}),
    "no leg of its own": ([("offered", 0, {"via": "transfer"}), ("answered", 3)], {}),
    "clocks apart": ([OFFERED, ("answered", -5.001)], {}),
    "answered a little before": ([OFFERED, ("answered", -1)], {"CONTACT_ANSWERED_WITHIN@-10": 1}),
}  # fmt: skip


@covers("contact_center_contact_service_level_ratio")
@pytest.mark.parametrize("case", CONTACTS)
def test_service_level_of_a_contact(case: str) -> None:
    """One event a contact, first offered to first answer on any leg, in the first inbound queue by its target."""
    steps, expected = CONTACTS[case]
    assert expected == adds(*steps, only=CONTACT)


@covers("contact_center_contacts_arrived_total")
@pytest.mark.parametrize(
    "via,arrived",
    [("inbound", 1), ("callback", 0), ("outbound", 0), ("transfer", 0), ("overflow", 0)],
)
def test_arrivals(via: str, arrived: int) -> None:
    """A contact arrives once, at its first inbound leg, however many legs follow."""
    steps = [("offered", 0, {"via": via}), ("offered", 30, {"leg": 1, "via": "transfer", "queue": "support"})]
    assert ({"ARRIVED@0": 1} if arrived else {}) == adds(*steps, only=("ARRIVED",))


def test_the_arrival_is_where_the_first_inbound_leg_is() -> None:
    """An outbound leg before it does not matter."""
    steps = [("offered", 0, {"via": "outbound"}), ("offered", 30, {"leg": 1, "queue": "support"})]
    assert {"ARRIVED support@30": 1} == adds(*steps, only=("ARRIVED",))


AT_DESK = ("offered", 0, {"queue": "desk"})
SETS: dict[str, tuple[list[tuple[Any, ...]], set[tuple[str, str]]]] = {
    "waits": ([OFFERED], {("waiting", "0"), ("contact_waiting", "")}),
    "talks": ([OFFERED, ("answered", 9)], {("in_progress", "0")}),
    "is over": ([OFFERED, ("answered", 9), ("ended", 60)], set()),
    "is over, with work left": ([AT_DESK, ("answered", 9), ("ended", 60)], {("wrap_up", "0")}),
    "was handed over, with work left": (
        [AT_DESK, ("answered", 9), ("transferred", 60, {"to": "x"})],
        {("wrap_up", "0")},
    ),
    "was wrapped up": ([AT_DESK, ("answered", 9), ("ended", 60), ("wrapped_up", 61)], set()),
    "was handed over": ([OFFERED, ("answered", 9), ("transferred", 60, {"to": "x"})], set()),
    "has gone": ([OFFERED, ("abandoned", 9)], set()),
    "wants to be called": ([OFFERED, ("callback_requested", 9)], {("callback", "0")}),
    "is being called": (
        [OFFERED, ("callback_requested", 9), ("offered", 9, {"leg": 1, "via": "callback"})],
        set(),
    ),
    "was called too early": (
        [OFFERED, ("callback_requested", 9), ("offered", 8.999, {"leg": 1, "via": "callback"})],
        {("callback", "0")},
    ),
    "talks to who called back": (
        [("offered", 0, {"via": "callback"}), ("answered", 9)],
        {("in_progress", "0")},
    ),
    "an outcome without offer": ([("answered", 9)], {("incomplete", "")}),
    "its offer came": ([("answered", 9), ("offered", 0)], {("in_progress", "0")}),
    "an end without offer": ([("ended", 9)], {("incomplete", "")}),
    "an answer long before its offer": ([OFFERED, ("answered", -5.001)], {("incomplete", "")}),
    "overflowed": (LATER_LEG, {("waiting", "1"), ("contact_waiting", "")}),
    "between two queues": (LATER_LEG[:2], set()),
}


@covers("contact_center_callbacks_pending")
@pytest.mark.parametrize("case", SETS)
def test_live_sets(case: str) -> None:
    """Who waits, talks, wants to be called back or lacks an event."""
    steps, expected = SETS[case]
    assert expected == live(*steps)


def test_entries_carry_their_limits() -> None:
    """A waiting leg knows deadline and ghost time; one in progress its ghost time and the agent's hash; one whose work
    goes on after its end when that is over at the latest."""
    steps = [("offered", 0, {"queue": "desk"}), ("held", 7)]
    waiting = in_words(log_of("call", *steps)).live["waiting", "0"]
    assert ("desk", START_MS, START_MS + 20_000, START_MS + 1_800_000, START_MS + 7_000) == waiting
    talking = in_words(log_of("call", OFFERED, ("answered", 3), ("held", 4))).live["in_progress", "0"]
    assert ("sales", START_MS + 3_000, START_MS + 3_000 + 14_400_000, START_MS + 4_000, None) == talking
    steps = [AT_DESK, ("message", 3, {"from": "agent"}), ("ended", 4)]
    wrapping = in_words(log_of("chat", *steps)).live["wrap_up", "0"]
    assert ("desk", START_MS + 4_000, START_MS + 604_000, None) == wrapping


def test_a_ghost_leaves_its_sets_and_its_miss_stays() -> None:
    """When the state of a contact ends it is in no set; who waited is a miss of leg and contact for good."""
    words = in_words(log_of("call", OFFERED, ("offered", 1, {"leg": 1}), ("answered", 9, {"leg": 1})), expired=True)
    assert {"REACHED_TARGET@20": 1} == told(nonzero(words.amounts), "REACHED_TARGET", "CONTACT_REACHED_TARGET")
    assert {} == words.live
    assert {"REACHED_TARGET@20": 1, "CONTACT_REACHED_TARGET@20": 1} == adds(
        OFFERED, only=("REACHED_TARGET", "CONTACT_REACHED_TARGET"), expired=True
    )
    assert {} == in_words(log_of("call", OFFERED, ("callback_requested", 9)), expired=True).live


CALLBACK_LEGS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "rings": ([], {}),
    "reached": ([("answered", 9)], {"CALLBACK_LEGS_DECIDED@0": 1, "CALLBACK_LEGS_ANSWERED@0": 1}),
    "not reached": ([("abandoned", 9)], {"CALLBACK_LEGS_DECIDED@0": 1}),
    "clocks apart": ([("answered", -5.001)], {}),
}


@covers("contact_center_callback_reached_ratio")
@pytest.mark.parametrize("case", CALLBACK_LEGS)
def test_callbacks_reached(case: str) -> None:
    """Callback legs with an outcome, and those of them that were answered; in no other number of the queue."""
    steps, expected = CALLBACK_LEGS[case]
    log = [("offered", 0, {"via": "callback"}), *steps]
    assert expected == adds(*log, only=("CALLBACK_LEGS_DECIDED", "CALLBACK_LEGS_ANSWERED"))
    assert {} == adds(*log, only=(*OUTCOMES, *SERVICE, *CONTACT, *WAITS, "ARRIVED"))


def test_a_contact_is_judged_by_the_policy_when_it_came() -> None:
    """All legs of a contact are judged as at its first offer; one that comes a minute later by the new policy."""
    old = [("offered", 59.999, {"queue": "support"}), ("answered", 119.999)]
    assert {"ANSWERED_WITHIN support@110": 1} == adds(*old, only=SERVICE)
    new = [("offered", 60, {"queue": "support"}), ("answered", 70.001)]
    assert {"REACHED_TARGET support@70": 1} == adds(*new, only=SERVICE)
    second_leg = [("offered", 59.999), left(61, "key"), ("offered", 61, {"leg": 1, "queue": "support"})]
    assert {"ANSWERED_WITHIN support@110": 1} == adds(*second_leg, ("answered", 119, {"leg": 1}), only=SERVICE)


@covers("contact_center_service_level_ratio")
def test_the_icmi_vector() -> None:
    """1000 answered, 860 of them within; 60 abandoned, 20 of them within, 10 of those short: A, B, b and L."""
    legs = [("answered", 20)] * 860 + [("answered", 20.001)] * 140
    legs += [("abandoned", 5)] * 10 + [("abandoned", 20)] * 10 + [("abandoned", 20.001)] * 40
    totals: dict[str, int] = {}
    for verb, seconds in legs:
        for name, amount in adds(OFFERED, (verb, seconds), only=(*SERVICE, "ANSWERED")).items():
            measure = name.split("@")[0]
            totals[measure] = totals.get(measure, 0) + amount
    a, b, short, late = (
        totals[name] for name in ("ANSWERED_WITHIN", "ABANDONED_WITHIN", "SHORT_WITHIN", "REACHED_TARGET")
    )
    assert (860, 20, 10, 180, 1000) == (a, b, short, late, totals["ANSWERED"])
    ratios = (
        a / (a + b - short + late),
        a / (a + b + late),
        (a + b) / (a + b + late),
        (a + short) / (a + b + late),
        a / (a + late),
        a / totals["ANSWERED"],
    )
    assert [0.8190, 0.8113, 0.8302, 0.8208, 0.8269, 0.8600] == [round(ratio, 4) for ratio in ratios]


def test_targets_that_are_no_whole_slices() -> None:
    """A miss lands in the slice that holds its deadline, whatever the target."""
    book = policy_book(
        Channel.CALL,
        Settings(queues=queue_settings(Channel.CALL, {"sales": [{"target": 12_345}]})),
    )
    found = in_words(log_of("call", ("offered", 9), ("answered", 21.346)), policies=book)
    assert {"REACHED_TARGET@20": 1} == told(nonzero(found.amounts), *SERVICE)
    found = in_words(log_of("call", ("offered", 9), ("answered", 21.345)), policies=book)
    assert {"ANSWERED_WITHIN@20": 1} == told(nonzero(found.amounts), *SERVICE)
    assert 0 == START_MS % SLICE_MS
