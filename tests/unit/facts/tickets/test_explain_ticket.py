"""Why a ticket is due when it is: stretches that were counted and skipped, with sums that add up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, note, settings

from metrics.explain.contact.lookup import FoundTicket
from metrics.explain.contact.text import ticket_data, ticket_text
from streams.common.business_hours import Kind
from streams.common.vocabulary import Channel
from streams.contract.topics import Topic
from streams.facts.shared.policy import PolicyBook
from streams.facts.tickets import facts as tickets
from streams.facts.tickets.explanation import SlaTarget, TicketExplanation, Verdict, explain_ticket
from streams.facts.tickets.facts import Ticket
from tests.support.strategies import START_MS, contact, event, iso, short
from tests.support.words import OFFICE, book, book_of, decoded, pseudonym

HOUR_MS = 3_600_000
FRIDAY_MS = START_MS - 24 * HOUR_MS
"""2026-11-20T09:00:00Z, a Friday; 10:00 in Madrid."""
BOOK = book_of(
    Channel.TICKET, {"repairs": [{"calendar": OFFICE, "first_response": HOUR_MS, "resolution": 8 * HOUR_MS}]}
)
"""Mon–Fri 9:00–13:30 and 15:00–18:00 in Madrid, closed on Wednesday 2026-11-25."""


def facts_of(*steps: tuple[Any, ...]) -> Ticket:
    """A ticket of (verb, hours after Friday 10:00 in Madrid, data); it is opened in the queue ``repairs``."""
    log = []
    for number, (verb, hours, *rest) in enumerate(steps):
        data = {"queue": "repairs"} if verb == "opened" else {}
        data |= rest[0] if rest else {}
        log.append(event(f"ticket.{verb}", "t-1", number, FRIDAY_MS + round(hours * HOUR_MS), **data))
    return tickets.fold(None, decoded(log), pseudonym)[0]


def explained(*steps: tuple[Any, ...], now_hours: float = 1000.0, policies: PolicyBook = BOOK) -> TicketExplanation:
    """The clocks of such a ticket."""
    found = explain_ticket(facts_of(*steps), policies, FRIDAY_MS + round(now_hours * HOUR_MS))
    assert found is not None
    return found


def hours(at_ms: int | None) -> float | None:
    """Hours after Friday 10:00 in Madrid."""
    return None if at_ms is None else (at_ms - FRIDAY_MS) / HOUR_MS


def test_closing_time_and_a_weekend_are_skipped() -> None:
    """One hour from Friday 17:30 is half an hour on Friday and half an hour on Monday, to the minute."""
    (first, _) = explained(("opened", 7.5)).clocks
    assert (SlaTarget.FIRST_RESPONSE, 71.5) == (first.promise, hours(first.due_ms))
    assert [(7.5, 8.0, Kind.COUNTED), (8.0, 71.0, Kind.CLOSED), (71.0, 71.5, Kind.COUNTED)] == [
        (hours(begin), hours(end), kind) for begin, end, kind in first.stretches
    ]
    assert (HOUR_MS, 63 * HOUR_MS) == (first.total_ms(Kind.COUNTED), first.total_ms(Kind.CLOSED))


def test_a_hold_stops_the_resolution_and_not_the_first_response() -> None:
    """Two hours on hold, of which one and a half were open, move the resolution by these."""
    first, resolution = explained(("opened", 0), ("held", 2), ("resumed", 4)).clocks
    assert 1.0 == hours(first.due_ms)
    assert 0 == first.total_ms(Kind.PAUSED)
    assert 1.5 * HOUR_MS == resolution.total_ms(Kind.PAUSED)
    assert 8 * HOUR_MS == resolution.total_ms(Kind.COUNTED)
    assert 74.0 == hours(resolution.due_ms)


def test_a_holiday_is_told_from_a_closed_night() -> None:
    """The Wednesday on which the desk stays closed is a holiday from midnight to midnight."""
    opened = ("opened", 4 * 24 + 7)  # Tuesday 17:00
    *_, resolution = explained(opened).clocks
    holidays = [(hours(begin), hours(end)) for begin, end, kind in resolution.stretches if kind is Kind.HOLIDAY]
    assert [(4 * 24 + 14.0, 5 * 24 + 14.0)] == holidays


@pytest.mark.parametrize(
    "steps,now_hours,verdict",
    [
        ([("replied", 1)], 9.0, Verdict.MET),
        ([("replied", 1.0003)], 9.0, Verdict.MISSED),
        ([], 1.0, Verdict.OPEN),
        ([], 1.1, Verdict.OVERDUE),
        ([("solved", 0.5)], 9.0, Verdict.NO_EVENT),
        ([("solved", 0.5), ("replied", 0.7)], 9.0, Verdict.NO_EVENT),
        ([("replied", 0.5), ("solved", 0.7)], 9.0, Verdict.MET),
        ([("solved", 2)], 9.0, Verdict.OVERDUE),
        ([("replied", 0.5, {"public": False})], 9.0, Verdict.OVERDUE),
    ],
)
def test_what_became_of_the_first_response(steps: list[Any], now_hours: float, verdict: Verdict) -> None:
    """Met up to the due time, missed from the next millisecond on; a solve in time before any reply is no event."""
    assert verdict is explained(("opened", 0), *steps, now_hours=now_hours).clocks[0].verdict


def test_each_message_of_the_customer_waits_for_a_reply() -> None:
    """The first unanswered message begins a clock, the next public reply ends it; the last one may have none."""
    steps = [("opened", 0), ("customer_replied", 1), ("customer_replied", 2), ("replied", 3), ("customer_replied", 7)]
    _, one, two, _ = explained(*steps, now_hours=8).clocks
    assert [(1.0, 3.0), (7.0, None)] == [(hours(clock.start_ms), hours(clock.done_ms)) for clock in (one, two)]
    assert [Verdict.MET, Verdict.OPEN] == [one.verdict, two.verdict]
    assert 2 * HOUR_MS == one.took_ms


def test_a_hold_without_an_end_is_never_due() -> None:
    """The stretches lead to now instead, and nothing of the hold is counted."""
    *_, resolution = explained(("opened", 0), ("held", 1), now_hours=3).clocks
    assert (None, Verdict.OPEN) == (resolution.due_ms, resolution.verdict)
    assert [(0.0, 1.0, Kind.COUNTED), (1.0, 3.0, Kind.PAUSED)] == [
        (hours(begin), hours(end), kind) for begin, end, kind in resolution.stretches
    ]


def test_a_ticket_without_its_opening_has_no_clock() -> None:
    """Nothing is due before it is known when it came."""
    assert None is explain_ticket(facts_of(("replied", 1)), BOOK, FRIDAY_MS)


@settings(max_examples=200)
@given(log=contact("ticket", "t-1"))
def test_the_stretches_add_up(log: list[Any]) -> None:
    """From start to due time without a gap, and what is counted is exactly what was allowed."""
    note(short(log))
    facts, _ = tickets.fold(None, decoded(log), pseudonym)
    found = explain_ticket(facts, book(Topic.TICKETS), START_MS + 30 * 24 * HOUR_MS)
    for clock in () if found is None else found.clocks:
        borders = [clock.start_ms, *(end for _, end, _ in clock.stretches)]
        assert borders[:-1] == [begin for begin, _, _ in clock.stretches]
        if clock.due_ms is not None:
            assert clock.due_ms == borders[-1]
            assert clock.allowed_ms == clock.total_ms(Kind.COUNTED)
        assert borders[-1] - clock.start_ms == sum(clock.total_ms(kind) for kind in Kind)


def found_ticket(*steps: tuple[Any, ...], removed: str = "") -> FoundTicket:
    """A ticket as the command finds it."""
    return FoundTicket("t-1", removed, explained(*steps), "office", "Europe/Madrid")


def test_people_read_the_clocks_in_local_time() -> None:
    """Each promise says its limit, its clock, its due time, what became of it, and sums that can be checked."""
    text = ticket_text(found_ticket(("opened", 7.5), ("replied", 72)))
    for words in (
        "ticket t-1: opened 2026-11-20 17:30:00 +0100 in repairs (other, priority normal); open",
        "calendar office; times in Europe/Madrid",
        "First response within 1 h (open hours, whether on hold or not): missed",
        "from 2026-11-20 17:30:00 +0100, due 2026-11-23 09:30:00 +0100; done 2026-11-23 10:00:00 +0100 after 1 h 30",
        "1 h counted + 2 d 15 h closed = 2 d 16 h",
        "Resolution within 8 h (open hours without what it was on hold): overdue",
    ):
        assert words in text
    assert "removed (spam): it is in no number but the clearance time" in ticket_text(
        found_ticket(("opened", 0), removed="spam")
    )


def test_programs_read_the_clocks_in_utc() -> None:
    """Instants in UTC, durations in seconds, and the same stretches."""
    found = ticket_data(found_ticket(("opened", 7.5)))
    first = found["clocks"][0]
    assert ("2026-11-20T16:30:00.000Z", 3600.0, "2026-11-23T08:30:00.000Z", None) == (
        first["begins"],
        first["allowed_seconds"],
        first["due"],
        first["done"],
    )
    assert {"counted": 3600.0, "closed": 63 * 3600.0, "holiday": 0.0, "paused": 0.0} == first["seconds"]
    assert ["counted", "closed", "counted"] == [each["kind"] for each in first["stretches"]]
    assert iso(FRIDAY_MS)[:10] == found["opened"][:10]
