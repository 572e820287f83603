"""Tickets by the clock: limits of the first response, next responses, resolution by three clocks, 24 h, due times."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.covers import covers
from tests.support.strategies import START_MS
from tests.support.ticket_words import DAY, HOUR, MONDAY, OPENED, adds, stands, to
from tests.support.words import OFFICE

LIMITS = {"15M": 900, "24H": DAY, "TARGET": 2 * HOUR}
"""Limits of the first response in seconds; the policy's is set to two hours."""
NOTE = {"public": False}
MISSED, KEPT, NONE = "missed", "kept", "none"

JUDGED: dict[str, tuple[list[tuple[Any, ...]], str, float, str]] = {
    # steps as (type, limits after the opening, seconds after that, data); judgement, and where it lands
    "never answered": ([], MISSED, 1, ""),
    "answered at once": ([("replied", 0, 0)], KEPT, 0, ""),
    "answered at the limit": ([("replied", 1, 0)], KEPT, 1, ""),
    "answered a millisecond past it": ([("replied", 1, 0.001)], MISSED, 1, ""),
    "answered internally": ([("replied", 0, 1, NOTE)], MISSED, 1, ""),
    "answered in time and late": ([("replied", 0, 0), ("replied", 2, 0)], KEPT, 0, ""),
    "solved without an answer": ([("solved", 1, -0.001)], NONE, 0, ""),
    "solved at the limit": ([("solved", 1, 0)], MISSED, 1, ""),
    "solved past it": ([("solved", 2, 0)], MISSED, 1, ""),
    "solved, then answered": ([("solved", 0, 0), ("replied", 0, 1)], NONE, 0, ""),
    "solved, reopened, never answered": ([("solved", 0, 0), ("reopened", 0, 1)], NONE, 0, ""),
    "answered as it is solved": ([("solved", 1, 0), ("replied", 1, 0)], KEPT, 1, ""),
    "answered, then solved": ([("replied", 0, 0), ("solved", 0, 1)], KEPT, 0, ""),
    "removed": ([("replied", 0, 0), ("removed", 2, 0, {"reason": "test"})], NONE, 0, ""),
    "closed without an answer": ([("closed", 1, -0.001)], NONE, 0, ""),
    "transferred at the limit": ([("transferred", 1, 0, to("second"))], MISSED, 1, " second"),
    "transferred past it": ([("transferred", 1, 0.001, to("second"))], MISSED, 1, ""),
    "transferred, then answered": ([("transferred", 0, 0, to("second")), ("replied", 0, 0)], KEPT, 0, " second"),
    "held": ([("held", 0, 1), ("resumed", 1, -1)], MISSED, 1, ""),
}


@covers("contact_center_first_response_within_ratio")
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("case", JUDGED)
def test_first_response_within_its_limit(case: str, limit: str) -> None:
    """One event a ticket at the earlier of reply and deadline; a solve before both, or a removal, leaves none."""
    steps, verdict, place, queue = JUDGED[case]
    length = LIMITS[limit]
    log = [(verb, limits * length + seconds, *data) for verb, limits, seconds, *data in steps]
    measures = (f"RESPONSE_{limit}_JUDGED", f"RESPONSE_{limit}_MET")
    expected = {MISSED: measures[:1], KEPT: measures, NONE: ()}[verdict]
    found = adds(OPENED, *log, only=measures, first_response=LIMITS["TARGET"] * 1000)
    assert {f"{measure}{queue}@{round(place * length)}": 1 for measure in expected} == found


@covers("contact_center_first_response_within_ratio{limit=target}")
def test_the_target_runs_by_the_desks_clock() -> None:
    """An hour from a Saturday on ends on Monday at 10:00; that of 24 h ends on Sunday, whoever works."""
    steps = [OPENED, ("replied", MONDAY + HOUR)]
    limits = ("RESPONSE_TARGET_JUDGED", "RESPONSE_TARGET_MET", "RESPONSE_24H_JUDGED", "RESPONSE_24H_MET")
    office = {"calendar": OFFICE, "first_response": HOUR * 1000}
    kept = {f"RESPONSE_24H_JUDGED@{DAY}": 1, f"RESPONSE_TARGET_JUDGED@{MONDAY + HOUR}": 1,
            f"RESPONSE_TARGET_MET@{MONDAY + HOUR}": 1}  # fmt: skip
    assert kept == adds(*steps, only=limits, **office)
    late = [OPENED, ("replied", MONDAY + HOUR + 0.001)]
    missed = {f"RESPONSE_24H_JUDGED@{DAY}": 1, f"RESPONSE_TARGET_JUDGED@{MONDAY + HOUR}": 1}
    assert missed == adds(*late, only=limits, **office)


@covers("contact_center_first_response_seconds")
@pytest.mark.parametrize(
    "replied,calendar_s,business_s",
    [(0, 0, 0), (60, 60, 0), (MONDAY, MONDAY, 0), (MONDAY + 90, MONDAY + 90, 90), (-3, 0, 0)],
)
def test_first_response_by_both_clocks(replied: int, calendar_s: int, business_s: int) -> None:
    """From a Saturday on the calendar's clock runs, the desk's one waits for Monday."""
    expected = {"FIRST_RESPONSES": 1, "FIRST_RESPONSE_MS": calendar_s, "FIRST_RESPONSE_BUSINESS_MS": business_s}
    measures = tuple(expected)
    found = adds(OPENED, ("replied", replied), only=measures, calendar=OFFICE)
    place = replied // 10 * 10
    wanted = {f"{name}@{place}": amount * (1000 if name.endswith("_MS") else 1) for name, amount in expected.items()}
    assert {key: amount for key, amount in wanted.items() if amount} == found


ASKED = ("customer_replied", 100)
NEXT: dict[str, tuple[list[tuple[Any, ...]], dict[str, int], bool]] = {
    "never asked": ([("replied", 200)], {}, False),
    "asked": ([ASKED], {}, True),
    "asked and answered": ([ASKED, ("replied", 130)], {"@130": 30}, False),
    "asked twice": ([ASKED, ("customer_replied", 120), ("replied", 130)], {"@130": 30}, False),
    "answered twice": ([ASKED, ("replied", 130), ("replied", 140)], {"@130": 30}, False),
    "asked again": ([ASKED, ("replied", 130), ("customer_replied", 150)], {"@130": 30}, True),
    "asked and answered again": (
        [ASKED, ("replied", 130), ("customer_replied", 150), ("replied", 190)], {"@130": 30, "@190": 40}, False
    ),
    "answered internally": ([ASKED, ("replied", 130, NOTE)], {}, True),
    "answered by a machine": ([ASKED, ("replied", 130, {"automated": True})], {}, True),
    "asked and answered at one instant": ([("replied", 100), ASKED], {"@100": 0}, False),
    "answered before it was asked": ([("replied", 99), ASKED], {}, True),
    "in the queue of the reply": (
        [ASKED, ("transferred", 110, to("second")), ("replied", 130)], {" second@130": 30}, False
    ),
    "reopened without an answer": ([ASKED, ("solved", 110), ("reopened", 120)], {}, True),
}  # fmt: skip


@covers("contact_center_next_response_seconds", "contact_center_tickets_awaiting_reply")
@pytest.mark.parametrize("case", NEXT)
def test_next_response(case: str) -> None:
    """From the customer's first unanswered message to the next public reply; who waits for one is said of open ones."""
    steps, expected, awaiting = NEXT[case]
    counts = {f"NEXT_RESPONSES{place}": 1 for place in expected}
    sums = {f"NEXT_RESPONSE_MS{place}": seconds * 1000 for place, seconds in expected.items() if seconds}
    assert {**counts, **sums} == adds(OPENED, *steps, only=("NEXT_RESPONSES", "NEXT_RESPONSE_MS"))
    entry = stands(OPENED, *steps)
    assert entry is not None
    assert awaiting is entry.awaiting_reply


def at(hours: float) -> float:
    """Seconds from the beginning to a time on Monday in Madrid."""
    return MONDAY + (hours - 9) * HOUR


CLOCKS: dict[str, tuple[list[tuple[str, float]], tuple[float, float, float]]] = {
    # steps by the hour of that Monday; hours by the calendar, the desk and the net clock
    "no hold": ([("opened", 10), ("solved", 13)], (3, 3, 3)),
    "at once": ([("opened", 10), ("solved", 10)], (0, 0, 0)),
    "a hold inside": ([("opened", 10), ("held", 11), ("resumed", 12), ("solved", 13)], (3, 3, 2)),
    "two holds": (
        [("opened", 9), ("held", 10), ("resumed", 11), ("held", 12), ("resumed", 12.5), ("solved", 13)],
        (4, 4, 2.5),
    ),
    "over the lunch break": ([("opened", 10), ("solved", 16)], (6, 4.5, 4.5)),
    "a hold in the lunch break": ([("opened", 10), ("held", 13.5), ("resumed", 15), ("solved", 16)], (6, 4.5, 4.5)),
    "a hold around the lunch break": ([("opened", 10), ("held", 13), ("resumed", 15.5), ("solved", 16)], (6, 4.5, 3.5)),
    "straight from hold": ([("opened", 10), ("held", 11), ("solved", 13)], (3, 3, 1)),
    "closed straight from hold": ([("opened", 10), ("held", 11), ("closed", 13)], (3, 3, 1)),
    "opened before the desk": ([("opened", 7), ("solved", 11)], (4, 2, 2)),
    "opened at night and solved at night": ([("opened", 20), ("solved", 23)], (3, 0, 0)),
    "a hold over night": ([("opened", 17), ("held", 17.5), ("resumed", 34), ("solved", 35)], (18, 3, 1.5)),
}


@covers("contact_center_resolution_seconds")
@pytest.mark.parametrize("case", CLOCKS)
def test_resolution_by_three_clocks(case: str) -> None:
    """Calendar, business and net time to the only solve, first and full alike."""
    steps, hours = CLOCKS[case]
    expected = {
        f"{which}_RESOLUTION{clock}_MS": round(amount * HOUR * 1000)
        for which in ("FIRST", "FULL")
        for clock, amount in zip(("", "_BUSINESS", "_NET"), hours, strict=True)
        if amount
    }
    solved = round(at(steps[-1][1]))
    names = [f"{which}_RESOLUTION{clock}_MS" for which in ("FIRST", "FULL") for clock in ("", "_BUSINESS", "_NET")]
    found = adds(*((verb, at(hour)) for verb, hour in steps), only=tuple(names), calendar=OFFICE)
    assert {f"{name}@{solved}": amount for name, amount in expected.items()} == found


def test_a_hold_after_the_first_solve_is_in_the_full_resolution_only() -> None:
    """First resolution keeps its clocks; the full one is without the time that it was solved and the later hold."""
    steps = [("opened", 9), ("solved", 10), ("reopened", 11), ("held", 11), ("resumed", 12), ("solved", 13)]
    names = ("FIRST_RESOLUTION_NET_MS", "FULL_RESOLUTION_BUSINESS_MS", "FULL_RESOLUTION_NET_MS")
    found = adds(*((verb, at(hour)) for verb, hour in steps), only=names, calendar=OFFICE)
    hour_ms, last = HOUR * 1000, round(at(13))
    assert {
        f"FIRST_RESOLUTION_NET_MS@{round(at(10))}": hour_ms,
        f"FULL_RESOLUTION_BUSINESS_MS@{last}": 4 * hour_ms,
        f"FULL_RESOLUTION_NET_MS@{last}": 2 * hour_ms,
    } == found


def test_every_duration_is_in_its_sketch() -> None:
    """A duration is counted once in a bucket of its sketch; what took no time is in none."""
    sketches = (
        "FIRST_RESPONSE_SKETCH", "FIRST_RESPONSE_BUSINESS_SKETCH", "NEXT_RESPONSE_SKETCH", "FIRST_RESOLUTION_SKETCH",
        "FIRST_RESOLUTION_BUSINESS_SKETCH", "FIRST_RESOLUTION_NET_SKETCH", "FULL_RESOLUTION_SKETCH",
        "FULL_RESOLUTION_BUSINESS_SKETCH", "FULL_RESOLUTION_NET_SKETCH",
    )  # fmt: skip
    steps = [OPENED, ("customer_replied", 1), ("replied", 60), ("solved", 60)]
    found = adds(*steps, only=sketches)
    assert sorted(sketches) == sorted(name.split(" ")[0] for name in found)
    assert {1} == set(found.values())
    closed = {name.split(" ")[0] for name in adds(*steps, only=sketches, calendar=OFFICE)}
    assert {"FIRST_RESPONSE_SKETCH", "NEXT_RESPONSE_SKETCH", "FIRST_RESOLUTION_SKETCH", "FULL_RESOLUTION_SKETCH"} == (
        closed
    )


RESOLVED: dict[str, tuple[list[tuple[Any, ...]], str, bool]] = {
    "never": ([], f"@{DAY}", False),
    "at once": ([("solved", 0)], "@0", True),
    "at the limit": ([("solved", DAY)], f"@{DAY}", True),
    "a millisecond past it": ([("solved", DAY + 0.001)], f"@{DAY}", False),
    "reopened": ([("solved", HOUR), ("reopened", 2 * HOUR)], f"@{DAY}", False),
    "solved again in time": ([("solved", 10), ("reopened", 20), ("solved", 30)], "@30", True),
    "solved again too late": ([("solved", 10), ("reopened", 20), ("solved", 2 * DAY)], f"@{DAY}", False),
    "reopened after two days": ([("solved", 10), ("reopened", 2 * DAY), ("solved", 3 * DAY)], f"@{DAY}", False),
    "solved twice": ([("solved", 10), ("solved", 20)], "@10", True),
    "in the queue of the solve": ([("transferred", 5, to("second")), ("solved", 10)], " second@10", True),
    "in the queue of the limit": ([("transferred", DAY, to("second"))], f" second@{DAY}", False),
    "in the queue before": ([("transferred", DAY + 0.001, to("second"))], f"@{DAY}", False),
}


@covers("contact_center_resolved_within_24h_ratio")
@pytest.mark.parametrize("case", RESOLVED)
def test_resolved_within_24_hours(case: str) -> None:
    """One event a ticket at the earlier of solve and opened + 24 h, by the calendar; a reopening takes it back."""
    steps, place, met = RESOLVED[case]
    names = ("RESOLVED_24H_JUDGED", "RESOLVED_24H_MET")
    expected = {f"{name}{place}": 1 for name in (names if met else names[:1])}
    assert expected == adds(OPENED, *steps, only=names, calendar=OFFICE)


@covers("contact_center_tickets_overdue")
@pytest.mark.parametrize(
    "steps,expected",
    [
        ([OPENED], (MONDAY + HOUR, MONDAY + 2 * HOUR)),
        ([OPENED, ("held", 60), ("resumed", MONDAY)], (MONDAY + HOUR, MONDAY + 2 * HOUR)),
        ([OPENED, ("held", MONDAY), ("resumed", MONDAY + 60)], (MONDAY + HOUR, MONDAY + 2 * HOUR + 60)),
        ([OPENED, ("held", 60)], (MONDAY + HOUR, None)),
        ([OPENED, ("held", MONDAY + 2 * HOUR)], (MONDAY + HOUR, MONDAY + 2 * HOUR)),
        ([OPENED, ("replied", 60)], (None, MONDAY + 2 * HOUR)),
        ([("opened", MONDAY + 8.5 * HOUR)], (MONDAY + 24.5 * HOUR, MONDAY + 25.5 * HOUR)),
    ],
)
def test_due_times_by_the_desks_clock(
    steps: list[tuple[Any, ...]], expected: tuple[float | None, float | None]
) -> None:
    """An hour to answer and two to resolve, of open hours; a hold stops the resolution only, and only in open hours."""
    entry = stands(*steps, calendar=OFFICE, first_response=HOUR * 1000, resolution=2 * HOUR * 1000)
    assert entry is not None
    found = (entry.first_response_due_ms, entry.resolution_due_ms)
    assert expected == tuple(None if due is None else (due - START_MS) / 1000 for due in found)


TARGETS = [
    {"medium": "email", "first_response": 3 * HOUR * 1000, "resolution": 30 * HOUR * 1000},
    {"priority": "high", "first_response": 2 * HOUR * 1000},
    {"medium": "email", "priority": "high", "resolution": 10 * HOUR * 1000},
    {"priority": "normal", "resolution": 50 * HOUR * 1000},
]


@pytest.mark.parametrize(
    "opening,noted,expected",
    [
        ({}, None, (24, 50)),
        ({"priority": "low"}, None, (24, 72)),
        ({"channel": "email", "priority": "low"}, None, (3, 30)),
        ({"channel": "email"}, None, (3, 50)),
        ({"channel": "email", "priority": "high"}, None, (2, 10)),
        ({"channel": "web", "priority": "high"}, None, (2, 72)),
        ({"channel": "email", "priority": "low"}, "high", (2, 10)),
        ({"priority": "high"}, "urgent", (24, 72)),
    ],
)
def test_limits_by_medium_and_priority(opening: dict[str, str], noted: str | None, expected: tuple[int, int]) -> None:
    """The most precise target wins limit by limit: both, then the priority, then the medium, then the queue's own."""
    steps: list[tuple[Any, ...]] = [("opened", 0, opening)]
    if noted is not None:
        steps.append(("classified", 5, {"priority": noted}))
    entry = stands(*steps, targets=TARGETS)
    assert entry is not None
    assert entry.first_response_due_ms is not None
    assert entry.resolution_due_ms is not None
    hours = [(due - START_MS) / HOUR / 1000 for due in (entry.first_response_due_ms, entry.resolution_due_ms)]
    assert list(expected) == hours
