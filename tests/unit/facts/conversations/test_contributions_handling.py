"""Calls and chats after the answer: handle time, holds, wrap-up, and resolution as the agents flag it."""

from __future__ import annotations

from typing import Any

import pytest

from streams.numbers.sketches import bucket_of
from tests.support.covers import covers
from tests.support.kpi_values import values_after
from tests.support.words import in_words, log_of, nonzero, told

HANDLE = ("HANDLED_LEGS", "TALK_MS", "HOLD_MS", "WRAP_MS")
FCR = ("HANDLED", "CLASSIFIED", "FCR_FLAGGED", "FCR_FLAGGED_BASE", "FCR_NET", "FCR_NET_BASE")
ANSWERED = [("offered", 0), ("answered", 10)]
TALKED = [*ANSWERED, ("ended", 70)]


def adds(*steps: tuple[Any, ...], only: tuple[str, ...], expired: bool = False) -> dict[str, int]:
    """Contributions of a call to some measures."""
    return told(nonzero(in_words(log_of("call", *steps), expired=expired).amounts), *only)


def parts(at: int, talk: float, hold: float = 0, wrap: float = 0, queue: str = "") -> dict[str, int]:
    """One handled leg in the slice at ``at``, its parts in seconds."""
    where = f"{f' {queue}' if queue else ''}@{at}"
    amounts = {"HANDLED_LEGS": 1, "TALK_MS": talk * 1000, "HOLD_MS": hold * 1000, "WRAP_MS": wrap * 1000}
    return {f"{name}{where}": round(amount) for name, amount in amounts.items() if amount}


ENDS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "talks on": ([], {}),
    "ended": ([("ended", 70)], parts(70, 60)),
    "ended at the answer": ([("ended", 10)], parts(10, 0)),
    "ended 5.000 s before the answer": ([("ended", 5)], parts(10, 0)),
    "ended 5.001 s before the answer": ([("ended", 4.999)], {}),
    "transferred": ([("transferred", 70, {"to": "x"})], parts(70, 60)),
    "transferred, then ended": ([("transferred", 40, {"to": "x"}), ("ended", 70)], parts(40, 30)),
    "transferred before the answer": ([("transferred", 8, {"to": "x"}), ("ended", 70)], parts(70, 60)),
    "wrapped up where nobody asked": ([("ended", 70), ("wrapped_up", 90)], parts(70, 60)),
}


@pytest.mark.parametrize("case", ENDS)
def test_the_end_of_a_leg(case: str) -> None:
    """A leg ends at the earliest of ended and transferred at or after its answer; its parts land there."""
    steps, expected = ENDS[case]
    assert expected == adds(*ANSWERED, *steps, only=HANDLE)


@pytest.mark.parametrize("via", ["inbound", "callback", "outbound", "transfer", "overflow"])
def test_every_answered_leg_is_handled(via: str) -> None:
    """Legs that are in no service level have their handle time too."""
    steps = [("offered", 0, {"via": via}), ("answered", 10), ("ended", 70)]
    assert parts(70, 60) == adds(*steps, only=HANDLE)


def test_an_answer_just_before_the_offer() -> None:
    """The conversation begins at the offer at the earliest, and ends where the first end after the answer says."""
    assert parts(30, 30) == adds(("offered", 0), ("answered", -3), ("ended", 30), only=HANDLE)
    steps = [("offered", 0), ("answered", -3), ("transferred", -2, {"to": "x"}), ("ended", 30)]
    assert parts(0, 0) == adds(*steps, only=HANDLE)


def test_clocks_that_disagree_add_no_handle_time() -> None:
    """An answer more than 5 s before its offer is an incomplete outcome."""
    assert {} == adds(("offered", 0), ("answered", -5.001), ("ended", 30), only=HANDLE)


HOLDS: dict[str, tuple[list[tuple[Any, ...]], float]] = {
    "none": ([], 0),
    "one": ([("held", 20), ("resumed", 30)], 10),
    "to the end": ([("held", 20)], 50),
    "two": ([("held", 20), ("resumed", 30), ("held", 40), ("resumed", 45)], 15),
    "held twice": ([("held", 20), ("held", 25), ("resumed", 30)], 10),
    "resumed twice": ([("held", 20), ("resumed", 30), ("resumed", 40)], 10),
    "resumed only": ([("resumed", 30)], 0),
    "held and resumed at one instant": ([("held", 20), ("resumed", 20)], 50),
    "from before the answer": ([("held", 5), ("resumed", 30)], 20),
    "before the answer": ([("held", 5), ("resumed", 10)], 0),
    "past the end": ([("held", 60), ("resumed", 99)], 10),
    "after the end": ([("held", 70), ("resumed", 99)], 0),
    "all of it": ([("held", 10)], 60),
}


@covers("contact_center_handle_time_seconds")
@pytest.mark.parametrize("case", HOLDS)
def test_hold_is_a_union(case: str) -> None:
    """Hold is the union of [held, next resumed or end] inside [answered, end]; the rest is talk."""
    steps, hold = HOLDS[case]
    assert parts(70, 60 - hold, hold) == adds(*steps[::-1], *TALKED, only=HANDLE)


def test_sequence_orders_hold_and_resume_within_an_instant() -> None:
    """With sequences a hold that ended in the instant it began has no length."""
    log = log_of("call", *TALKED, ("held", 20), ("resumed", 20))
    log[-2]["sequence"], log[-1]["sequence"] = 1, 2
    assert parts(70, 60) == told(nonzero(in_words(log).amounts), *HANDLE)


WRAP_UPS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "none came": ([], parts(670, 60, queue="desk")),
    "at the end": ([("wrapped_up", 70)], parts(70, 60, queue="desk")),
    "after 30 s": ([("wrapped_up", 100)], parts(100, 60, wrap=30, queue="desk")),
    "after 10 min less 1 ms": ([("wrapped_up", 669.999)], parts(660, 60, wrap=599.999, queue="desk")),
    "after 10 min": ([("wrapped_up", 670)], parts(670, 60, wrap=600, queue="desk")),
    "after 10 min and 1 ms": ([("wrapped_up", 670.001)], parts(670, 60, wrap=600, queue="desk")),
    "5.000 s before the end": ([("wrapped_up", 65)], parts(70, 60, queue="desk")),
    "5.001 s before the end": ([("wrapped_up", 64.999)], parts(670, 60, queue="desk")),
}


@covers("contact_center_handle_time_seconds")
@pytest.mark.parametrize("case", WRAP_UPS)
def test_wrap_up(case: str) -> None:
    """Where agents report it, all parts land at the earlier of wrapped_up and end + 10 min; none came is zero."""
    steps, expected = WRAP_UPS[case]
    assert expected == adds(("offered", 0, {"queue": "desk"}), *TALKED[1:], *steps, only=HANDLE)


def lasted(**seconds: float) -> dict[str, int]:
    """One duration of each part, in its bucket."""
    return {f"{part}_SKETCH {bucket_of(round(length * 1000))}": 1 for part, length in seconds.items()}


SKETCHES = ("HANDLE_SKETCH", "TALK_SKETCH", "HOLD_SKETCH", "WRAP_SKETCH")
DURATIONS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "talks on": ([], {}),
    "talked": ([("ended", 70)], lasted(HANDLE=60, TALK=60)),
    "ended at the answer": ([("ended", 10)], {}),
    "held": ([("held", 20), ("resumed", 30), ("ended", 70)], lasted(HANDLE=60, TALK=50, HOLD=10)),
    "on hold all the time": ([("held", 10), ("ended", 70)], lasted(HANDLE=60, HOLD=60)),
    "a millisecond": ([("ended", 10.001)], lasted(HANDLE=0.001, TALK=0.001)),
    "all parts": (
        [("held", 20), ("resumed", 30), ("ended", 70), ("wrapped_up", 100)],
        lasted(HANDLE=90, TALK=50, HOLD=10, WRAP=30),
    ),
    "wrapped up only": ([("ended", 10), ("wrapped_up", 40)], lasted(HANDLE=30, WRAP=30)),
}


@covers("contact_center_handle_time_seconds")
@pytest.mark.parametrize("case", DURATIONS)
def test_every_part_is_in_its_sketch(case: str) -> None:
    """A handled leg is one duration of the whole and of each part, where they are counted; no time is in no bucket."""
    steps, expected = DURATIONS[case]
    found = adds(("offered", 0, {"queue": "desk"}), ("answered", 10), *steps, only=(*SKETCHES, "HANDLED_LEGS"))
    where = {name.rpartition("@")[2] for name in found}
    assert expected == {name.split(" desk@")[0]: n for name, n in found.items() if "_SKETCH" in name}
    assert len(where) == (1 if found else 0)


@covers("contact_center_short_contacts_total")
@pytest.mark.parametrize("seconds,expected", [(0, 1), (9.999, 1), (10, 0), (10.001, 0)])
def test_short_contacts(seconds: float, expected: int) -> None:
    """A conversation under 10 s is counted at its end, wherever its parts land."""
    steps = [("offered", 0, {"queue": "desk"}), ("answered", 10), ("ended", 10 + seconds)]
    found = adds(*steps, only=("SHORT_CONTACTS",))
    assert ({f"SHORT_CONTACTS desk@{10 + seconds // 10 * 10:g}": 1} if expected else {}) == found


def flagged(at: int = 70, success: int = 1, eligible: int = 1, queue: str = "") -> dict[str, int]:
    """A classified contact in the slice at ``at``."""
    where = f"{f' {queue}' if queue else ''}@{at}"
    amounts = {
        "HANDLED": 1, "CLASSIFIED": 1, "FCR_FLAGGED_BASE": 1, "FCR_FLAGGED": success,
        "FCR_NET_BASE": eligible, "FCR_NET": eligible * success,
    }  # fmt: skip
    return {f"{name}{where}": amount for name, amount in amounts.items() if amount}


def classified(seconds: float = 71, **data: Any) -> tuple[Any, ...]:
    """A classification by the agent, as a step."""
    return ("classified", seconds, data)


RESOLVED = classified(resolved=True)
RESOLUTIONS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "not classified": ([], {"HANDLED@70": 1}),
    "classified null": ([classified(resolved=None)], {"HANDLED@70": 1}),
    "classified without a flag": ([classified(topic="bill")], {"HANDLED@70": 1}),
    "resolved": ([RESOLVED], flagged()),
    "not resolved": ([classified(resolved=False)], flagged(success=0)),
    "not eligible": ([classified(resolved=True, fcr_eligible=False)], flagged(eligible=0)),
    "eligible after all": (
        [classified(resolved=True, fcr_eligible=False), classified(72, fcr_eligible=True)],
        flagged(),
    ),
    "the latest wins": ([classified(72, resolved=False), RESOLVED], flagged(success=0)),
    "the latest is null": ([classified(72, resolved=None), RESOLVED], {"HANDLED@70": 1}),
    "a later note without a flag": ([classified(72, topic="bill"), RESOLVED], flagged()),
    "escalated": ([RESOLVED, ("escalated", 20, {"kind": "functional"})], flagged(success=0)),
    "refused before": ([RESOLVED, ("refused", -60, {"reason": "busy"})], {}),
}


@covers("contact_center_classified_ratio", "contact_center_first_contact_resolution_ratio{basis=flagged|net}")
@pytest.mark.parametrize("case", RESOLUTIONS)
def test_first_contact_resolution(case: str) -> None:
    """Flagged and net, in the slice of the end of handling."""
    steps, expected = RESOLUTIONS[case]
    assert expected == adds(*steps, *TALKED, only=FCR)


TRANSFER = ("transferred", 40, {"to": "support"})
SECOND = ("offered", 41, {"leg": 1, "via": "transfer", "queue": "support"})
COURSES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "waits": ([("offered", 0)], {}),
    "abandoned": ([("offered", 0), ("abandoned", 9)], {}),
    "talks": (ANSWERED, {}),
    "handed off and ended": (
        [*ANSWERED, TRANSFER, SECOND, ("answered", 50, {"leg": 1}), ("ended", 90, {"leg": 1})],
        flagged(90, success=0, queue="support"),
    ),
    "handed off and abandoned": ([*ANSWERED, TRANSFER, SECOND, ("abandoned", 90, {"leg": 1})], {}),
    "handed off and waiting": ([*ANSWERED, TRANSFER, SECOND], {}),
    "handed off to nobody we see": ([*ANSWERED, TRANSFER], flagged(40, success=0)),
    "overflowed before the answer": (
        [("offered", 0), ("left_queue", 9, {"reason": "overflow"}), ("offered", 9, {"leg": 1, "via": "overflow"}),
         ("answered", 50, {"leg": 1}), ("ended", 90, {"leg": 1})],
        flagged(90),
    ),
    "called back": (
        [("offered", 0), ("callback_requested", 9), ("offered", 99, {"leg": 1, "via": "callback", "queue": "support"}),
         ("answered", 100, {"leg": 1}), ("ended", 150, {"leg": 1})],
        flagged(150, queue="support"),
    ),
    "transferred while it waited": ([("offered", 0), ("transferred", 2, {"to": "x"}), *TALKED[1:]], flagged()),
}  # fmt: skip


@pytest.mark.parametrize("case", COURSES)
def test_handled_is_what_the_last_leg_says(case: str) -> None:
    """A contact is handled when its last leg was answered and has an end, in that leg's queue; a handoff is no FCR."""
    steps, expected = COURSES[case]
    assert expected == adds(RESOLVED, *steps, only=FCR)


def test_a_later_leg_takes_the_handling_back() -> None:
    """A handled contact that comes to a queue again is handled when that leg ends, and only then."""
    again = ("offered", 200, {"leg": 1})
    assert flagged() == adds(*TALKED, RESOLVED, only=FCR)
    assert {} == adds(*TALKED, RESOLVED, again, only=FCR)
    assert flagged(300) == adds(
        *TALKED, RESOLVED, again, ("answered", 210, {"leg": 1}), ("ended", 300, {"leg": 1}), only=FCR
    )


def test_who_talks_when_the_state_ends_adds_nothing_more() -> None:
    """A conversation that never ended has no handle time."""
    assert {} == adds(*ANSWERED, only=(*HANDLE, *FCR), expired=True)


TRANSFERS: dict[str, tuple[list[tuple[Any, ...]], float | None]] = {
    "talks on": ([], None),
    "ended": ([("ended", 70)], 0),
    "transferred": ([("transferred", 70, {"to": "x"})], 1),
    "transferred, then ended": ([("transferred", 40, {"to": "x"}), ("ended", 70)], 1),
    "transferred 5.000 s before the answer": ([("transferred", 5, {"to": "x"})], 1),
    "transferred 5.001 s before the answer": ([("transferred", 4.999, {"to": "x"}), ("ended", 70)], 0),
}


@covers("contact_center_transferred_ratio")
@pytest.mark.parametrize("case", TRANSFERS)
@pytest.mark.parametrize("via", ["inbound", "callback", "outbound", "transfer", "overflow"])
@pytest.mark.parametrize("queue", ["sales", "desk"])
def test_transferred_legs_of_those_that_ended(case: str, via: str, queue: str) -> None:
    """Answered legs count at their end, wrap-up or not; callbacks, outbound legs and who talks on are in neither."""
    steps, expected = TRANSFERS[case]
    log = log_of("call", ("offered", 0, {"queue": queue, "via": via}), ("answered", 10), *steps)
    ended = log_of("call", ("offered", 0), ("answered", 10), ("ended", 20))
    name, uncounted = "contact_center_transferred_ratio", via in ("callback", "outbound")
    assert {"": None if uncounted else expected} == values_after(name, log)
    together = 0 if expected is None or uncounted else expected / 2
    assert {"": together} == values_after(name, log, ended)


def test_a_transfer_counts_at_the_end_of_its_leg() -> None:
    """Also where wrap-up ends later, and where the event of the end comes after the transfer."""
    steps = [("answered", 10), ("transferred", 40, {"to": "x"}), ("ended", 70), ("wrapped_up", 90)]
    found = adds(("offered", 0, {"queue": "desk"}), *steps, only=("ENDED_LEGS", "TRANSFERRED_LEGS"))
    assert {"ENDED_LEGS desk@40": 1, "TRANSFERRED_LEGS desk@40": 1} == found
