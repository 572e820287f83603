"""Data of drawn events: names in several spellings, persons and nobody, times that like the edges of the limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

Fields = dict[str, st.SearchStrategy[Any]]

LIVE_QUEUES = ("sales", "support", "desk", "unknown")
TICKET_QUEUES = ("billing", "repairs", "unknown")
CUSTOMERS = (
    "k-1", "k-1", "k-2", " k-2 ", "", None, "+34 600 111 222", "0034600111222", "(34) 600.111-222", "anonymous",
    " Withheld ", "0",
)  # fmt: skip
"""Customers with an identifier, by telephone number in three spellings, and nobody in several."""
AGENTS = ("a-1", "a-1", "a-2", " a-2", "", None)
TOPICS = ("bill", "fault", " bill\u200b", "aver\u00eda", "averi\u0301a", "", " ", None)
"""Topics in composed and decomposed letters, with blanks and invisible characters, and none."""

STEPS_MS = (
    0, 1, 1_000, 4_999, 5_000, 5_001, 9_999, 10_000, 10_001, 19_999, 20_000, 20_001, 30_000, 45_000, 60_000, 60_001,
    599_999, 600_000, 600_001, 3_600_000, 14_400_000,
)  # fmt: skip
"""Durations at, just within and just past the limits of calls and chats."""
SMALL_STEPS_MS = (0, 0, 0, 1, 5_000, 5_001, 20_000)
"""A few of them, so that events often share an instant."""
SKEWS_MS = (-6_000, -5_001, -5_000, -4_999, -1, 0, 0, 0)
TICKET_STEPS_MS = (
    0, 1, 5_000, 60_000, 900_000, 900_001, 3_600_000, 28_800_000, 86_400_000, 86_400_001, 171_000_000, 259_200_000,
    259_200_001,
)  # fmt: skip
"""The same for tickets, which may come at a weekend and be answered on Monday at 9:30 in Madrid."""


def _payload(verb: str, queues: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """The ``data`` of a type, without its leg: what is required always, the rest sometimes."""
    queue = st.sampled_from((*queues, *queues, f" {queues[0]}", f"{queues[1]}\ufeff\u200b"))
    via = st.sampled_from(("inbound", "callback", "transfer", "overflow", "outbound"))
    agent, customer = st.sampled_from(AGENTS), st.sampled_from(CUSTOMERS)
    topic = st.sampled_from(TOPICS)
    by_agent = {"agent": agent}
    note = {
        "resolved": st.sampled_from((True, False, None)),
        "fcr_eligible": st.booleans(),
        "customer": customer,
        "topic": topic,
    }
    priority = st.sampled_from(("low", "normal", "high", "urgent"))
    fields: dict[str, tuple[Fields, Fields]] = {
        "offered": ({"queue": queue}, {"via": via, "customer": customer, "topic": topic, "priority": st.just(3)}),
        "refused": ({"queue": queue, "reason": st.sampled_from(("closed", "busy", "full"))}, {"customer": customer}),
        "answered": ({}, by_agent),
        "callback_requested": ({}, {"queue": queue}),
        "callback_cancelled": ({}, {"reason": st.sampled_from(("reached elsewhere", "", None))}),
        "left_queue": ({"reason": st.sampled_from(("timeout", "empty", "overflow", "key"))}, {}),
        "transferred": ({"to": queue}, by_agent),
        "escalated": ({"kind": st.sampled_from(("functional", "boss", "boss "))}, {"topic": topic}),
        "classified": ({}, {**note, "outcome": topic, "agent": agent}),
        "message": ({"from": st.sampled_from(("customer", "agent", "agent", "bot"))}, {}),
        "opened": (
            {},
            {
                "queue": queue,
                "channel": st.sampled_from(("email", "web")),
                "priority": priority,
                "customer": customer,
                "topic": topic,
            },
        ),
        "assigned": ({}, {"agent": agent, "team": st.sampled_from(("north", "south", "north ", "", None))}),
        "replied": ({}, {"agent": agent, "public": st.booleans(), "automated": st.booleans()}),
        "moved": ({"queue": queue}, {}),
        "removed": ({"reason": st.sampled_from(("spam", "test", "duplicate"))}, {}),
        "noted": ({}, {**note, "priority": priority}),
    }
    required, optional = fields.get(verb, ({}, {}))
    return st.fixed_dictionaries(required, optional=optional)


LIVE_VERBS = (
    "offered", "offered", "offered", "refused", "answered", "answered", "abandoned", "callback_requested", "left_queue",
    "transferred", "escalated", "held", "resumed", "ended", "wrapped_up", "classified", "callback_requested",
    "callback_cancelled", "corrected", "corrected", "removed",
)  # fmt: skip
TICKET_VERBS = (
    "opened", "opened", "assigned", "replied", "replied", "customer_replied", "held", "held", "resumed", "transferred",
    "escalated", "solved", "solved", "reopened", "reopened", "closed", "removed", "removed", "restored", "classified",
)  # fmt: skip
PAYLOADS = {verb: _payload(verb, LIVE_QUEUES) for verb in (*LIVE_VERBS, "message") if verb != "corrected"}
TICKET_PAYLOADS = {
    verb: _payload({"transferred": "moved", "classified": "noted", "solved": "assigned"}.get(verb, verb), TICKET_QUEUES)
    for verb in TICKET_VERBS
}

_OUTCOMES = ("answered", "answered", "abandoned", "callback_requested", "left_queue", "none", "none")


def correction(draw: st.DrawFn, time_ms: int, steps: Sequence[int]) -> dict[str, Any]:
    """Some fields of a correction; the times in it, in ms, are not after its own."""
    before = st.sampled_from(steps).map(lambda step: time_ms - step)
    found: dict[str, Any] = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "ended_at": st.none() | before,
                "transferred": st.just(False),
                "to": st.sampled_from(("sales", "agent:a-2", "+34 900 1")),
                "via": st.sampled_from(("inbound", "callback", "transfer")),
            },
        )
    )
    if not found or draw(st.booleans()):
        found["outcome"] = draw(st.sampled_from(_OUTCOMES))
        if found["outcome"] == "left_queue":
            found["reason"] = draw(st.sampled_from(("timeout", "overflow")))
        if draw(st.booleans()):
            found["outcome_at"] = draw(before)
        if draw(st.booleans()):
            found["agent"] = draw(st.sampled_from(AGENTS))
    return found
