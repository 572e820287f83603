"""Tickets opened without a queue, restored after a removal, and solved more than once, as the contract has them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.covers import covers
from tests.support.ticket_words import adds, stands, to, words
from tests.support.words import in_words, log_of, nonzero, told

Steps = list[tuple[Any, ...]]
NOWHERE = ("opened", 0, {"queue": None})

QUEUES: dict[str, tuple[Steps, str, str]] = {
    # Events, the queue that the ticket was opened in, and the queue that it is in now.
    "never transferred": ([NOWHERE], "unassigned", "unassigned"),
    "transferred at once": ([NOWHERE, ("transferred", 0, to("repairs"))], "repairs", "repairs"),
    "transferred 60.000 s later": ([NOWHERE, ("transferred", 60, to("repairs"))], "repairs", "repairs"),
    "transferred 60.001 s later": ([NOWHERE, ("transferred", 60.001, to("repairs"))], "unassigned", "repairs"),
    "transferred by a clock behind": ([NOWHERE, ("transferred", -2, to("repairs"))], "repairs", "repairs"),
    "transferred twice": (
        [NOWHERE, ("transferred", 5, to("repairs")), ("transferred", 9, to("billing"))],
        "repairs",
        "billing",
    ),
    "transferred late, then again": (
        [NOWHERE, ("transferred", 90, to("repairs")), ("transferred", 99, to("billing"))],
        "unassigned",
        "billing",
    ),
    "another opening has a queue": (
        [NOWHERE, ("opened", 300, {"queue": "billing"}), ("transferred", 5, to("repairs"))],
        "billing",
        "repairs",
    ),
    "two openings have a queue": (
        [NOWHERE, ("opened", 300, {"queue": "billing"}), ("opened", 200, {"queue": "repairs"})],
        "repairs",
        "repairs",
    ),
}


@pytest.mark.parametrize("case", QUEUES)
def test_the_queue_of_a_ticket_opened_without_one(case: str) -> None:
    """It is that of the least opening with a queue, else of the first transfer within a minute, else unassigned."""
    steps, opened, now = QUEUES[case]
    for order in (steps, steps[::-1]):
        found = in_words(log_of("ticket", *order))
        assert {(opened, 1)} == {(key[1], amount) for key, amount in found.amounts.items() if key[0] == "OPENED"}
        assert now == found.live["open_ticket", ""][0]


SOLVED = [("replied", 100), ("solved", 200)]
ROUTING: dict[str, tuple[Steps, int]] = {
    "routed": ([NOWHERE, ("transferred", 5, to("repairs")), *SOLVED], 1),
    "routed and transferred": (
        [NOWHERE, ("transferred", 5, to("repairs")), ("transferred", 9, to("billing")), *SOLVED],
        0,
    ),
    "transferred too late": ([NOWHERE, ("transferred", 61, to("repairs")), *SOLVED], 0),
    "opened in a queue and transferred": ([("opened", 0), ("transferred", 5, to("repairs")), *SOLVED], 0),
}


@covers("contact_center_first_contact_resolution_ratio{basis=flagged|net}")
@pytest.mark.parametrize("case", ROUTING)
def test_routing_is_no_transfer(case: str) -> None:
    """A ticket that was only routed to its queue and solved with one reply was resolved at first contact."""
    steps, resolved = ROUTING[case]
    amounts = in_words(log_of("ticket", *steps)).amounts
    assert resolved == sum(amount for key, amount in amounts.items() if key[0] == "FCR_FLAGGED")


def test_routing_is_no_handoff() -> None:
    """A transfer within the minute that came after the first reply is routing still."""
    steps = [("opened", 0, {"queue": None, "customer": "k"}), ("replied", 5), ("transferred", 9, to("repairs"))]
    later = [*steps, ("transferred", 99, to("billing"))]
    outcomes = [in_words(log_of("ticket", *each)).outcome or {} for each in (steps, later)]
    assert [0, 1] == [each["handoffs"] for each in outcomes]


def test_the_policy_is_that_of_the_queue_it_was_routed_to() -> None:
    """The limits of the queue of the first transfer hold from the opening on."""
    steps = [("opened", 0, {"queue": None}), ("transferred", 5, to("sales"))]
    found = stands(*steps, resolution=60_000)
    assert found is not None
    assert (found.opened_ms + 60_000, "sales") == (found.resolution_due_ms, found.queue)


SPAM = {"reason": "spam"}
RESTORED: dict[str, tuple[Steps, dict[str, int]]] = {
    "removed": ([("removed", 5, SPAM)], {"REMOVED_OPENED@0": 1, "REMOVED@0": 1}),
    "restored": ([("removed", 5, SPAM), ("restored", 15)], {"OPENED@0": 1}),
    "restored at the same instant": ([("removed", 5, SPAM), ("restored", 5)], {"OPENED@0": 1}),
    "restored just before": (
        [("removed", 5, SPAM), ("restored", 4.999)],
        {"REMOVED_OPENED@0": 1, "REMOVED@0": 1},
    ),
    "removed again": (
        [("removed", 5, SPAM), ("restored", 15), ("removed", 25, SPAM)],
        {"REMOVED_OPENED@0": 1, "REMOVED@20": 1},
    ),
    "removed twice: the latest": (
        [("removed", 5, SPAM), ("removed", 25, SPAM)],
        {"REMOVED_OPENED@0": 1, "REMOVED@20": 1},
    ),
    "restored without a removal": ([("restored", 5)], {"OPENED@0": 1}),
}


@covers("contact_center_backlog_clearance_seconds")
@pytest.mark.parametrize("case", RESTORED)
def test_removals_and_restorations(case: str) -> None:
    """The latest of the two wins, whatever order they come in; a restored ticket counts as if never removed."""
    steps, expected = RESTORED[case]
    for order in ([("opened", 0), *steps], [*steps[::-1], ("opened", 0)]):
        found = words(*order)
        assert expected == told(nonzero(found.amounts), "OPENED", "REMOVED_OPENED", "REMOVED")
        assert ("OPENED@0" in expected) == (("open_ticket", "") in found.live)


def test_the_sequence_decides_within_an_instant() -> None:
    """A removal with a greater sequence than the restoration of its instant is later than it."""
    log = log_of("ticket", ("opened", 0), ("removed", 5, SPAM), ("restored", 5))
    log[1]["sequence"], log[2]["sequence"] = 2, 1
    assert {} == in_words(log).live


def test_a_removal_sent_again_with_another_time() -> None:
    """The greatest of removals and restorations wins by its place alone, so a retry of the removal removes again."""
    log = log_of("ticket", ("opened", 0), ("removed", 5, SPAM), ("restored", 15))
    retried = {**log[1], "time": log_of("ticket", ("removed", 25, SPAM))[0]["time"]}
    for order in ([*log, retried], [retried, *log]):
        assert {} == in_words(order).live


def test_an_outcome_is_restored_too() -> None:
    """The customer's other contacts hear of a restored ticket as of any other."""
    steps = [("opened", 0, {"customer": "k"}), ("removed", 5, SPAM)]
    outcomes = [in_words(log_of("ticket", *each)).outcome or {} for each in (steps, [*steps, ("restored", 15)])]
    assert [True, False] == [each["removed"] for each in outcomes]


NET: dict[str, tuple[Steps, int]] = {
    "solved": ([("solved", 100)], 100),
    "reopened for a while": ([("solved", 100), ("reopened", 1000), ("solved", 1030)], 130),
    "reopened twice": (
        [("solved", 100), ("reopened", 1000), ("solved", 1030), ("reopened", 5000), ("solved", 5003)],
        133,
    ),
    "held and reopened": (
        [("held", 50), ("solved", 100), ("reopened", 1000), ("held", 1010), ("resumed", 1020), ("solved", 1030)],
        70,
    ),
    "solved again while solved": ([("solved", 100), ("solved", 500), ("reopened", 1000), ("solved", 1030)], 130),
    "closed": ([("solved", 100), ("closed", 500), ("reopened", 1000), ("solved", 1030)], 130),
}


@covers("contact_center_resolution_seconds")
@pytest.mark.parametrize("case", NET)
def test_the_net_clock_stands_still_while_solved(case: str) -> None:
    """The time between a solve and the reopening after it is no time of the net clock; the business clock has it."""
    steps, net_s = NET[case]
    last_s = steps[-1][1]
    found = adds(("opened", 0), *steps, only=("FULL_RESOLUTION_NET_MS", "FULL_RESOLUTION_BUSINESS_MS"))
    at = last_s // 10 * 10
    expected = {f"FULL_RESOLUTION_NET_MS@{at}": net_s * 1000, f"FULL_RESOLUTION_BUSINESS_MS@{at}": last_s * 1000}
    assert expected == found


@covers("contact_center_tickets_overdue", "contact_center_tickets_due_soon")
def test_a_reopened_ticket_has_the_rest_of_its_limit() -> None:
    """The due time moves by the time that the ticket was solved."""
    before, after = stands(("opened", 0)), stands(("opened", 0), ("solved", 100), ("reopened", 1000))
    assert before is not None
    assert after is not None
    assert 900_000 == (after.resolution_due_ms or 0) - (before.resolution_due_ms or 0)
