"""Corrections and removals of calls and chats, sentence by sentence of the contract."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from tests.support.strategies import START_MS, iso
from tests.support.words import in_words, log_of, pseudonym, told

Steps = list[tuple[Any, ...]]
MEASURES = (
    "OFFERED", "ARRIVED", "ANSWERED", "ABANDONED", "SHORT_ABANDONED", "LEFT_QUEUE", "CALLBACK_REQUESTED",
    "REACHED_TARGET", "TALK_MS", "TRANSFERRED_LEGS", "CALLBACK_LEGS_DECIDED", "CALLBACK_LEGS_ANSWERED",
)  # fmt: skip
OFFERED = ("offered", 0)
CAME = {"OFFERED@0", "ARRIVED@0"}


def moment(seconds: float) -> str:
    """So many seconds after 9:00, as events spell it."""
    return iso(START_MS + round(seconds * 1000))


def corrected(seconds: float, **data: Any) -> tuple[Any, ...]:
    """A correction; times in it are in seconds after 9:00."""
    times = {name: moment(data[name]) for name in ("outcome_at", "ended_at") if data.get(name) is not None}
    return ("corrected", seconds, {**data, **times})


def facts(*steps: tuple[Any, ...], prefix: str = "call") -> set[str]:
    """Amounts and live entries of a contact, as ``ANSWERED@10`` and ``waiting 0``."""
    found = in_words(log_of(prefix, *steps))
    amounts = told(found.amounts, *MEASURES)
    counted = {f"{key}={value}" if "_MS" in key else key for key, value in amounts.items() if value}
    return counted | {f"{kind} {leg}".strip() for kind, leg in found.live if kind != "contact_waiting"}


CASES: dict[str, tuple[Steps, set[str]]] = {
    # The outcome of the latest correction wins over the other events.
    "abandoned, in truth answered": (
        [OFFERED, ("abandoned", 8), corrected(99, outcome="answered", outcome_at=12), ("ended", 72)],
        CAME | {"ANSWERED@10", "TALK_MS@70=60000"},
    ),
    "answered, in truth abandoned": (
        [OFFERED, ("answered", 8), ("ended", 70), corrected(99, outcome="abandoned", outcome_at=12)],
        CAME | {"ABANDONED@10"},
    ),
    "answered, in truth taken out": (
        [OFFERED, ("answered", 8), corrected(99, outcome="left_queue", reason="empty", outcome_at=12)],
        CAME | {"LEFT_QUEUE empty@10"},
    ),
    "waits, in truth asked for a callback": (
        [OFFERED, corrected(99, outcome="callback_requested", outcome_at=12)],
        CAME | {"CALLBACK_REQUESTED@10", "callback 0"},
    ),
    "asked for a callback, in truth abandoned": (
        [OFFERED, ("callback_requested", 8), corrected(99, outcome="abandoned", outcome_at=12)],
        CAME | {"ABANDONED@10"},
    ),
    "the latest of two corrections": (
        [OFFERED, corrected(99, outcome="abandoned", outcome_at=12), corrected(98, outcome="answered", outcome_at=7)],
        CAME | {"ABANDONED@10"},
    ),
    "a later event does not undo it": (
        [OFFERED, corrected(50, outcome="abandoned", outcome_at=12), ("answered", 60)],
        CAME | {"ABANDONED@10"},
    ),
    # outcome_at missing: the leg's own event of that outcome, else its own earliest outcome's time.
    "the time of its own event": (
        [OFFERED, ("abandoned", 8), ("answered", 12), corrected(99, outcome="answered")],
        CAME | {"ANSWERED@10", "in_progress 0"},
    ),
    "the time of its own earliest outcome": (
        [OFFERED, ("left_queue", 18, {"reason": "key"}), ("abandoned", 8), corrected(99, outcome="answered")],
        CAME | {"ANSWERED@0", "in_progress 0"},
    ),
    "never the time of another correction": (
        [OFFERED, corrected(98, outcome="abandoned", outcome_at=12), corrected(99, outcome="answered")],
        CAME | {"incomplete"},
    ),
    "no time at all: the offer only": ([OFFERED, corrected(99, outcome="answered")], CAME | {"incomplete"}),
    # none takes away the outcomes at or before the correction's time; later ones count.
    "none: it waits": ([OFFERED, ("abandoned", 8), corrected(9, outcome="none")], CAME | {"waiting 0"}),
    "none at the instant of the outcome": (
        [OFFERED, ("abandoned", 9), corrected(9, outcome="none")],
        CAME | {"waiting 0"},
    ),
    "none just before the outcome": (
        [OFFERED, ("abandoned", 9), corrected(8.999, outcome="none")],
        CAME | {"ABANDONED@0"},
    ),
    "none, and a later outcome": (
        [OFFERED, ("abandoned", 8), corrected(9, outcome="none"), ("answered", 19)],
        CAME | {"ANSWERED@10", "in_progress 0"},
    ),
    "none of an answer takes its conversation too": (
        [OFFERED, ("answered", 8), ("ended", 68), corrected(99, outcome="none")],
        CAME | {"waiting 0"},
    ),
    "none after an outcome that was corrected": (
        [OFFERED, ("abandoned", 8), corrected(98, outcome="answered"), corrected(99, outcome="none")],
        CAME | {"waiting 0"},
    ),
    # ended_at of ended only; null: no end; a transfer ends the leg all the same.
    "another end": (
        [OFFERED, ("answered", 8), ("ended", 68), corrected(99, ended_at=38)],
        CAME | {"ANSWERED@0", "TALK_MS@30=30000"},
    ),
    "an end that never came": (
        [OFFERED, ("answered", 8), corrected(99, ended_at=68)],
        CAME | {"ANSWERED@0", "TALK_MS@60=60000"},
    ),
    "no end": (
        [OFFERED, ("answered", 8), ("ended", 68), corrected(99, ended_at=None)],
        CAME | {"ANSWERED@0", "in_progress 0"},
    ),
    "no end, but a transfer": (
        [OFFERED, ("answered", 8), ("ended", 68), ("transferred", 88, {"to": "x"}), corrected(99, ended_at=None)],
        CAME | {"ANSWERED@0", "TALK_MS@80=80000", "TRANSFERRED_LEGS@80"},
    ),
    # transferred false: undone.
    "no transfer": (
        [OFFERED, ("answered", 8), ("transferred", 38, {"to": "x"}), ("ended", 68), corrected(99, transferred=False)],
        CAME | {"ANSWERED@0", "TALK_MS@60=60000"},
    ),
    "no transfer and no end": (
        [OFFERED, ("answered", 8), ("transferred", 38, {"to": "x"}), corrected(99, transferred=False)],
        CAME | {"ANSWERED@0", "in_progress 0"},
    ),
    # via of its offer.
    "in truth a callback": (
        [OFFERED, ("answered", 8), corrected(99, via="callback")],
        {"CALLBACK_LEGS_DECIDED@0", "CALLBACK_LEGS_ANSWERED@0", "in_progress 0"},
    ),
    "in truth a call by the customer": (
        [("offered", 0, {"via": "outbound"}), corrected(99, via="inbound")],
        CAME | {"waiting 0"},
    ),
    # Each field on its own: the latest correction that has it.
    "two corrections of two fields": (
        [OFFERED, ("abandoned", 8), ("ended", 68), corrected(98, outcome="answered"), corrected(99, ended_at=38)],
        CAME | {"ANSWERED@0", "TALK_MS@30=30000"},
    ),
    "the target of a transfer": (
        [OFFERED, ("answered", 8), ("transferred", 38, {"to": "x"}), corrected(99, to="agent:a-2")],
        CAME | {"ANSWERED@0", "TALK_MS@30=30000", "TRANSFERRED_LEGS@30"},
    ),
    # A leg that was never offered: incomplete until its offer comes.
    "without an offer": ([corrected(99, outcome="answered", outcome_at=12)], {"incomplete"}),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_corrections(case: str) -> None:
    """Later knowledge of the sender counts, field by field, in whatever order the events come."""
    steps, expected = CASES[case]
    assert expected == facts(*steps)
    assert expected == facts(*reversed(steps))


def test_a_short_abandon_that_was_a_longer_one() -> None:
    """A corrected time is judged like any other: an abandonment after 8 s is not short."""
    steps = [OFFERED, ("abandoned", 4)]
    assert CAME | {"ABANDONED@0", "SHORT_ABANDONED@0"} == facts(*steps)
    assert CAME | {"ABANDONED@0"} == facts(*steps, corrected(9, outcome="abandoned", outcome_at=8))


def test_an_outcome_and_its_agent_are_one_value() -> None:
    """The agent of the latest correction with an outcome is the one who talks; where it names none, nobody is known."""
    steps = [OFFERED, ("answered", 8, {"agent": "a-1"})]
    by_two = [*steps, corrected(98, outcome="answered", agent="a-2")]
    for log, agent in ((steps, "a-1"), (by_two, "a-2"), ([*by_two, corrected(99, outcome="answered")], None)):
        entry = in_words(log_of("call", *log)).live["in_progress", "0"]
        assert (None if agent is None else pseudonym(agent)) == entry[-1]


def test_a_correction_sent_again_with_another_time_is_one() -> None:
    """A correction is the earliest of those with its name, so a retry does not come after what corrected it since."""
    log = log_of("call", OFFERED, ("abandoned", 4), corrected(10, outcome="answered"), corrected(20, outcome="none"))
    retried = {**log[2], "time": moment(30)}
    for order in permutations([*log[2:], retried]):
        assert ("waiting", "0") in in_words([*log[:2], *order]).live


REMOVED: dict[str, Steps] = {
    "talked": [OFFERED, ("answered", 8), ("ended", 68)],
    "waits": [OFFERED],
    "refused": [("refused", 0, {"reason": "busy"})],
    "asked in the menu": [("callback_requested", 0, {"queue": "sales"})],
    "an event without its offer": [("answered", 8)],
    "noted": [OFFERED, ("classified", 5, {"resolved": True}), ("escalated", 6, {"kind": "functional"})],
    "corrected later": [OFFERED, corrected(200, outcome="abandoned", outcome_at=12)],
}


@pytest.mark.parametrize("prefix", ["call", "chat"])
@pytest.mark.parametrize("reason", ["test", "internal", "duplicate", "spam"])
@pytest.mark.parametrize("case", REMOVED)
def test_a_removed_contact_leaves_every_number(case: str, reason: str, prefix: str) -> None:
    """It is in no amount and no live set, as if it had never come, and events after it do not bring it back."""
    log = log_of(prefix, *REMOVED[case], ("removed", 99, {"reason": reason}))
    for events in (log, log[::-1]):
        found = in_words(events)
        assert ({}, {}) == (dict(found.amounts), found.live)


def test_a_removed_contact_is_taken_from_its_customer() -> None:
    """The customer's other contacts hear that it was removed: it is no repeat of theirs and repeats nothing."""
    known = ("offered", 0, {"customer": "k"})
    talked = [known, ("answered", 8), ("ended", 68)]
    outcomes = [
        in_words(log_of("call", *steps)).outcome or {}
        for steps in (talked, [*talked, ("removed", 99, {"reason": "test"})])
    ]
    assert [(False, True), (True, False)] == [(each["removed"], each["handled"]) for each in outcomes]
