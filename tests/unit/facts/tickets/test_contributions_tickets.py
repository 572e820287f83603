"""Tickets: openings, solves, reopenings, first response, resolution, due times; walks and edges."""

from __future__ import annotations

from typing import Any

import pytest

from streams.common.vocabulary import Channel
from streams.facts.tickets.measures import TicketMeasure
from tests.support.boards import counts
from tests.support.covers import covers
from tests.support.kpi_values import KPIS, values_after, values_of
from tests.support.strategies import START_MS
from tests.support.ticket_words import HOUR, OPENED, Open, adds, stands, to, words
from tests.support.words import book_of, in_words, log_of, nonzero, told

COUNTS = ("OPENED", "SOLVED", "SOLVES", "REOPENED")
RESPONSE = ("FIRST_RESPONSES", "FIRST_RESPONSE_MS")
RESOLUTION = ("FIRST_RESOLUTIONS", "FIRST_RESOLUTION_MS", "SOLVED", "FULL_RESOLUTION_MS")
FCR = ("HANDLED", "CLASSIFIED", "FCR_FLAGGED", "FCR_FLAGGED_BASE", "FCR_NET", "FCR_NET_BASE")


def state(*steps: tuple[Any, ...]) -> str:
    """Where an open ticket stands, "" for one that is not open."""
    entry = stands(*steps)
    if entry is None:
        return ""
    return "on_hold" if entry.on_hold else "unattended" if entry.unattended else "open"


WALKS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int], str]] = {
    "nothing": ([], {}, "unattended"),
    "assigned": ([("assigned", 5)], {}, "unattended"),
    "replied": ([("replied", 5)], {}, "open"),
    "replied internally": ([("replied", 5, {"public": False})], {}, "unattended"),
    "replied by a machine": ([("replied", 5, {"automated": True})], {}, "unattended"),
    "held": ([("held", 5)], {}, "on_hold"),
    "held and replied": ([("held", 5), ("replied", 6)], {}, "on_hold"),
    "resumed": ([("held", 5), ("resumed", 6)], {}, "unattended"),
    "resumed only": ([("resumed", 6)], {}, "unattended"),
    "held again": ([("held", 5), ("resumed", 6), ("held", 7)], {}, "on_hold"),
    "solved": ([("solved", 10)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "solved from hold": ([("held", 5), ("solved", 10)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "solved twice": ([("solved", 10), ("solved", 20)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "closed": ([("closed", 10)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "solved and closed": ([("solved", 10), ("closed", 20)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "solved and closed at one instant": ([("closed", 10), ("solved", 10)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "held while solved": ([("solved", 10), ("held", 20)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "reopened while open": ([("reopened", 10)], {}, "unattended"),
    "reopened": ([("solved", 10), ("reopened", 20)], {"SOLVES@10": 1, "REOPENED@20": 1}, "unattended"),
    "reopened at the same instant": ([("solved", 10), ("reopened", 10)], {"SOLVED@10": 1, "SOLVES@10": 1}, ""),
    "reopened and held at one instant": (
        [("solved", 10), ("reopened", 20), ("held", 20)],
        {"SOLVES@10": 1, "REOPENED@20": 1},
        "on_hold",
    ),
    "reopened twice": (
        [("solved", 10), ("reopened", 20), ("reopened", 30)],
        {"SOLVES@10": 1, "REOPENED@20": 1},
        "unattended",
    ),
    "solved again": (
        [("solved", 10), ("reopened", 20), ("solved", 30), ("solved", 40)],
        {"SOLVES@10": 1, "REOPENED@20": 1, "SOLVES@30": 1, "SOLVED@30": 1},
        "",
    ),
    "closed again": (
        [("closed", 10), ("reopened", 20), ("closed", 30)],
        {"SOLVES@10": 1, "REOPENED@20": 1, "SOLVES@30": 1, "SOLVED@30": 1},
        "",
    ),
    "solved before it was opened": ([("solved", -60)], {"SOLVED@0": 1, "SOLVES@0": 1}, ""),
}


@covers(
    "contact_center_tickets_opened_total",
    "contact_center_tickets_solved_total",
    "contact_center_tickets_reopened_total",
)
@pytest.mark.parametrize("case", WALKS)
def test_walks(case: str) -> None:
    """Solves and reopenings count where they change something; an open ticket has one state."""
    steps, expected, expected_state = WALKS[case]
    assert {"OPENED@0": 1, **expected} == adds(*steps[::-1], OPENED, only=COUNTS)
    assert expected_state == state(*steps[::-1], OPENED)


SPAM = {"reason": "spam"}


@covers("contact_center_backlog_clearance_seconds")
@pytest.mark.parametrize(
    "removed,expected",
    [
        (("removed", 5, SPAM), "REMOVED@0"),
        (("removed", 99, SPAM), "REMOVED second@90"),
        (("removed", 60, SPAM), "REMOVED second@60"),
        (("removed", -60, SPAM), "REMOVED@0"),
    ],
)
def test_a_removed_ticket_never_was(removed: tuple[Any, ...], expected: str) -> None:
    """Spam leaves every set and number but the flow that the clearance time reads, whenever it is found to be spam."""
    steps = [OPENED, ("replied", 7), ("escalated", 8, {"kind": "functional"}), ("solved", 10), ("reopened", 20)]
    found = words(*steps, ("transferred", 60, to("second")), removed)
    assert ({"REMOVED_OPENED@0": 1, expected: 1}, {}) == (told(nonzero(found.amounts)), found.live)


def test_removed_without_its_opening() -> None:
    """A ticket that was never opened adds nothing when it is removed, and leaves no live entry."""
    found = words(("removed", 5, SPAM))
    assert ({}, {}) == (found.amounts, found.live)


def test_without_its_opening_a_ticket_waits_for_it() -> None:
    """Events of a ticket that was never opened add nothing; they count when the opening comes; a ghost just goes."""
    found = words(("solved", 10))
    assert ({}, {("incomplete", ""): ()}) == (found.amounts, found.live)
    assert {} == in_words(log_of("ticket", ("solved", 10)), expired=True).live


MEDIA = ["email", "web", "social", "phone", "chat", "other"]


@pytest.mark.parametrize("medium", [None, *MEDIA])
def test_rows_of_tickets_have_a_medium(medium: str | None) -> None:
    """All of a ticket's amounts are in rows of the medium by which it came; other where none is named."""
    opening = ("opened", 0, {} if medium is None else {"channel": medium})
    found = words(opening, ("replied", 3), ("solved", 10))
    assert {("sales", medium or "other")} == {(queue, of) for _, queue, of, _, _ in found.amounts}


def test_the_queue_is_a_history() -> None:
    """The opening counts in the first queue, reply and solve where the ticket then was, the open one where it is."""
    steps = [
        OPENED, ("transferred", 10, to("second")), ("replied", 20), ("transferred", 30, to("third")), ("solved", 40),
        ("reopened", 50), ("transferred", 60, to("fourth")),
    ]  # fmt: skip
    assert {
        "OPENED@0": 1, "FIRST_RESPONSES second@20": 1, "SOLVES third@40": 1, "REOPENED third@50": 1,
    } == adds(*steps, only=(*COUNTS, "FIRST_RESPONSES"))  # fmt: skip
    assert "fourth" == words(*steps).live["open_ticket", ""][0]


def test_a_transfer_at_the_instant_of_a_solve_comes_first() -> None:
    """The rank of the types decides within an instant: transferred, then replied and solved."""
    steps = [OPENED, ("solved", 10), ("replied", 10), ("transferred", 10, to("second"))]
    assert {"FIRST_RESPONSES second@10": 1, "SOLVED second@10": 1} == adds(*steps, only=("FIRST_RESPONSES", "SOLVED"))


RESPONSES: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "none": ([], {}),
    "after 90 s": ([("replied", 90)], {"FIRST_RESPONSES@90": 1, "FIRST_RESPONSE_MS@90": 90_000}),
    "the first of two": ([("replied", 95), ("replied", 90)], {"FIRST_RESPONSES@90": 1, "FIRST_RESPONSE_MS@90": 90_000}),
    "a note first": (
        [("replied", 5, {"public": False}), ("replied", 6, {"automated": True}), ("replied", 90)],
        {"FIRST_RESPONSES@90": 1, "FIRST_RESPONSE_MS@90": 90_000},
    ),
    "at once": ([("replied", 0)], {"FIRST_RESPONSES@0": 1}),
    "5.000 s before": ([("replied", -5)], {"FIRST_RESPONSES@-10": 1}),
    "5.001 s before": ([("replied", -5.001)], {}),
    "long before and after": (
        [("replied", -60), ("replied", 90)],
        {"FIRST_RESPONSES@90": 1, "FIRST_RESPONSE_MS@90": 90_000},
    ),
    "after the solve": ([("solved", 50), ("replied", 90)], {"FIRST_RESPONSES@90": 1, "FIRST_RESPONSE_MS@90": 90_000}),
}


@covers("contact_center_first_response_seconds")
@pytest.mark.parametrize("case", RESPONSES)
def test_first_response(case: str) -> None:
    """Opened to the first public reply by a person, in the reply's slice."""
    steps, expected = RESPONSES[case]
    assert expected == adds(OPENED, *steps, only=RESPONSE)


def resolved(first: int, full: int) -> dict[str, int]:
    """First and full resolution, both in seconds and in the slice of their solve."""
    return {
        f"FIRST_RESOLUTIONS@{first}": 1, f"FIRST_RESOLUTION_MS@{first}": first * 1000, f"SOLVED@{full}": 1,
        f"FULL_RESOLUTION_MS@{full}": full * 1000,
    }  # fmt: skip


def test_first_and_full_resolution() -> None:
    """First stays with the first solve; full moves with each re-solve and is taken back by a reopening."""
    assert resolved(100, 100) == adds(OPENED, ("held", 20), ("resumed", 50), ("solved", 100), only=RESOLUTION)
    reopened = [OPENED, ("solved", 100), ("reopened", 200)]
    assert {"FIRST_RESOLUTIONS@100": 1, "FIRST_RESOLUTION_MS@100": 100_000} == adds(*reopened, only=RESOLUTION)
    assert resolved(100, 300) == adds(*reopened, ("solved", 300), only=RESOLUTION)


def flags(success: int, classified: int = 1, eligible: int = 1, at: int = 100) -> dict[str, int]:
    """A solved ticket in the slice at ``at``."""
    amounts = {
        "HANDLED": 1, "CLASSIFIED": classified, "FCR_FLAGGED_BASE": 1, "FCR_FLAGGED": success,
        "FCR_NET_BASE": eligible, "FCR_NET": eligible * success,
    }  # fmt: skip
    return {f"{name}@{at}": amount for name, amount in amounts.items() if amount}


REPLY, SOLVE, MOVE = ("replied", 20), ("solved", 100), ("transferred", 30, to("sales"))
YES, NO = ("classified", 1, {"resolved": True}), ("classified", 1, {"resolved": False})
ESCALATED = ("escalated", 30, {"kind": "functional"})
AGAIN = [("solved", 50), ("reopened", 60)]
FLAGS: dict[str, tuple[list[tuple[Any, ...]], dict[str, int]]] = {
    "open": ([YES], {}),
    "no flag, no reply": ([SOLVE], flags(1, 0)),
    "no flag, one reply": ([REPLY, SOLVE], flags(1, 0)),
    "no flag, two replies": ([REPLY, ("replied", 40), SOLVE], flags(0, 0)),
    "no flag, a reply and a note": ([REPLY, ("replied", 40, {"public": False}), SOLVE], flags(1, 0)),
    "no flag, transferred": ([MOVE, SOLVE], flags(0, 0)),
    "no flag, escalated": ([ESCALATED, SOLVE], flags(0, 0)),
    "no flag, reopened": ([*AGAIN, SOLVE], flags(0, 0)),
    "null flag": ([("classified", 1, {"resolved": None}), SOLVE], flags(1, 0)),
    "no flag, not eligible": ([("classified", 1, {"fcr_eligible": False}), SOLVE], flags(1, 0, 0)),
    "resolved": ([YES, SOLVE], flags(1)),
    "resolved with many replies": ([YES, REPLY, ("replied", 40), SOLVE], flags(1)),
    "resolved, transferred before the reply": ([YES, MOVE, ("replied", 40), SOLVE], flags(1)),
    "resolved, transferred after the reply": ([YES, REPLY, MOVE, SOLVE], flags(0)),
    "resolved, transferred without a reply": ([YES, MOVE, SOLVE], flags(1)),
    "resolved, escalated": ([YES, ESCALATED, SOLVE], flags(0)),
    "resolved, reopened": ([YES, *AGAIN, SOLVE], flags(0)),
    "not resolved": ([NO, SOLVE], flags(0)),
    "the latest flag": ([NO, ("classified", 200, {"resolved": True}), SOLVE], flags(1)),
    "not eligible": ([("classified", 1, {"resolved": True, "fcr_eligible": False}), SOLVE], flags(1, 1, 0)),
}


@covers("contact_center_classified_ratio", "contact_center_first_contact_resolution_ratio{basis=flagged|net}")
@pytest.mark.parametrize("case", FLAGS)
def test_first_contact_resolution(case: str) -> None:
    """Flagged and net of a solved ticket, at solved_at; without a flag one reply at most and nothing else."""
    steps, expected = FLAGS[case]
    assert expected == adds(OPENED, *steps, only=FCR)


def due(*steps: tuple[Any, ...], allowed_hours: float) -> float | None:
    """When an open ticket's resolution is due, in hours after its opening."""
    entry = stands(
        OPENED,
        *((verb, hours * HOUR) for verb, hours in steps),
        resolution=round(allowed_hours * HOUR * 1000),
    )
    assert entry is not None
    return None if entry.resolution_due_ms is None else (entry.resolution_due_ms - START_MS) / (HOUR * 1000)


DUES: dict[str, tuple[list[tuple[str, float]], float, float | None]] = {
    "no pause": ([], 8, 8),
    "8 h target, hold at its very end": ([("held", 8), ("resumed", 24)], 8, 8),
    "held just before": ([("held", 7.5), ("resumed", 24)], 8, 24.5),
    "still held": ([("held", 7.5)], 8, None),
    "held when due": ([("held", 8)], 8, 8),
    "held past due": ([("held", 9)], 8, 8),
    "two pauses": ([("held", 1), ("resumed", 2), ("held", 3), ("resumed", 5)], 8, 11),
    "a pause that a pause brings within reach": ([("held", 1), ("resumed", 5), ("held", 9), ("resumed", 10)], 8, 13),
    "10-13 with hold 11-12 is 2 h": ([("held", 1), ("resumed", 2)], 2, 3),
    "held at the opening": ([("held", 0), ("resumed", 4)], 8, 12),
    "held twice over": ([("held", 1), ("held", 2), ("resumed", 3)], 8, 10),
    "a solve straight from hold ends the hold": ([("held", 1), ("solved", 3), ("reopened", 5)], 8, 12),
    "a pause while solved": ([("solved", 1), ("held", 2), ("reopened", 3)], 8, 10),
    "solved when it was due": ([("solved", 8), ("reopened", 20)], 8, 8),
    "solved just before it was due": ([("solved", 7.5), ("reopened", 20)], 8, 20.5),
}


@covers("contact_center_tickets_overdue", "contact_center_tickets_due_soon")
@pytest.mark.parametrize("case", DUES)
def test_due_times(case: str) -> None:
    """The resolution is due when the allowed time has passed outside of holds and solves; later ones change nothing."""
    steps, allowed_hours, expected = DUES[case]
    assert expected == due(*steps, allowed_hours=allowed_hours)


def test_what_is_due_first_is_the_response() -> None:
    """An unattended ticket has both due times; a hold does not stop the response clock; a reply ends it."""
    hours = HOUR * 1000
    unattended = Open("sales", "other", START_MS, True, True, START_MS + 24 * hours, None, False)
    assert unattended == stands(OPENED, ("held", 60))
    replied = Open("sales", "other", START_MS, False, False, None, START_MS + 72 * hours, False)
    assert replied == stands(OPENED, ("replied", 60))


def test_limits_are_those_of_the_first_queue_when_it_was_opened() -> None:
    """A transfer changes no limit, a later policy neither."""
    hours = HOUR * 1000
    dated = [{"first_response": hours, "resolution": 2 * hours}, {"since_ms": START_MS + 60_000}]
    policies = book_of(Channel.TICKET, {"sales": dated})

    def dues(opened: float) -> tuple[int | None, int | None]:
        steps = [("opened", opened), ("transferred", 70, to("other"))]
        entry = Open(*in_words(log_of("ticket", *steps), policies=policies).live["open_ticket", ""])
        return entry.first_response_due_ms, entry.resolution_due_ms

    assert (START_MS + 59_999 + hours, START_MS + 59_999 + 2 * hours) == dues(59.999)
    assert (START_MS + 60_000 + 24 * hours, START_MS + 60_000 + 72 * hours) == dues(60)


@covers("contact_center_oldest_unattended_seconds")
def test_the_oldest_unattended_ticket() -> None:
    """The oldest ticket without a public reply by a person counts, on hold or not; replied and solved ones do not."""
    replied = log_of("ticket", ("opened", 0), ("replied", 5))
    told_nothing = log_of("ticket", ("opened", 20), ("held", 30), ("replied", 40, {"automated": True}))
    younger = log_of("ticket", ("opened", 60))
    solved = log_of("ticket", ("opened", 10), ("solved", 50))

    def oldest(*logs: list[dict[str, Any]]) -> float | None:
        return values_after("contact_center_oldest_unattended_seconds", *logs, at_s=100)[""]

    assert 80 == oldest(replied, told_nothing, younger, solved)
    assert 40 == oldest(replied, younger)
    assert oldest(replied, solved) is None


REOPENINGS: dict[str, tuple[list[tuple[Any, ...]], float | None]] = {
    "nothing": ([], None),
    "reopened while open": ([("reopened", 10)], None),
    "solved": ([("solved", 10)], 0),
    "solved twice": ([("solved", 10), ("solved", 20)], 0),
    "reopened": ([("solved", 10), ("reopened", 20)], 1),
    "reopened twice": ([("solved", 10), ("reopened", 20), ("reopened", 30)], 1),
    "reopened at the same instant": ([("solved", 10), ("reopened", 10)], 0),
    "solved again": ([("solved", 10), ("reopened", 20), ("solved", 30)], 1 / 2),
    "reopened again": ([("solved", 10), ("reopened", 20), ("solved", 30), ("reopened", 40)], 1),
    "removed": ([("solved", 10), ("reopened", 20), ("removed", 30, SPAM)], None),
}


@covers("contact_center_reopened_ratio")
@pytest.mark.parametrize("case", REOPENINGS)
def test_reopenings_of_solves(case: str) -> None:
    """Every reopening counts, and every solve, also one that a reopening took back; whatever the order of arrival."""
    steps, expected = REOPENINGS[case]
    for log in (log_of("ticket", OPENED, *steps), log_of("ticket", *steps[::-1], OPENED)):
        assert {"": expected} == values_after("contact_center_reopened_ratio", log)


@covers("contact_center_reopened_ratio")
def test_more_reopenings_than_solves() -> None:
    """Each counts at its own time: a window may have more reopenings than solves, or no solve at all."""
    happened = {
        solves: counts({TicketMeasure.REOPENED: 3, TicketMeasure.SOLVES: solves, TicketMeasure.SOLVED: 0})
        for solves in (2, 0)
    }
    kpi = KPIS["contact_center_reopened_ratio"]
    assert [{"": 1.5}, {"": None}] == [values_of(kpi, happened[solves]) for solves in (2, 0)]
