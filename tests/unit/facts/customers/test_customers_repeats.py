"""Repeats, redials and first-contact resolution by window: named cases, on the edge and past it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.oracles.customers_oracle import expect
from tests.support.covers import covers
from tests.support.customer_cases import DAY, HOUR, WEEK, added, by_slice, told, totals
from tests.support.strategies import START_MS, Event

END = 600_000
"""When the call of every case was handled to its end, in ms after 9:00."""


def call(**data: Any) -> Event:
    """The handled call that is repeated or not."""
    return told("c-1", 0, END, **data)


def again(after_end_ms: int, **data: Any) -> Event:
    """A contact that begins so long after that end; nobody has answered it yet."""
    return told("c-2", END + after_end_ms, **data)


def picked(log: list[Event], *measures: str) -> dict[str, int]:
    """The totals of some measures; zeros left out."""
    return {measure: amount for measure, amount in totals(log).items() if measure in measures}


REPEATS: dict[str, tuple[list[Event], bool]] = {
    "nothing more": ([call()], False),
    "on the sixth day": ([call(), again(6 * DAY)], True),
    "on the eighth day": ([call(), again(7 * DAY + 12 * HOUR)], False),
    "exactly after 7 x 24 h": ([call(), again(WEEK)], True),
    "1 ms later": ([call(), again(WEEK + 1)], False),
    "exactly at the end": ([call(), again(0)], True),
    "begun 1 ms before the end": ([call(), again(-1)], False),
    "begun during the call and still going on": ([call(), told("c-2", 1)], False),
    "the same topic": ([call(topic="bill"), again(DAY, topic="bill")], True),
    "another topic": ([call(topic="bill"), again(DAY, topic="login")], False),
    "a topic that the first one lacks": ([call(), again(DAY, topic="login")], True),
    "a topic that the second one lacks": ([call(topic="bill"), again(DAY)], True),
    "another topic, then the same one": (
        [call(topic="bill"), again(DAY, topic="login"), told("c-3", END + 2 * DAY, topic="bill")],
        True,
    ),
    "a callback": ([call(), again(DAY, via="callback")], False),
    "a call by the desk": ([call(), again(DAY, via="outbound")], False),
    "a transferred first leg": ([call(), again(DAY, via="transfer")], True),
    "refused demand": ([call(), again(DAY, via="", first_queue="")], True),
    "an abandoned call": ([call(), again(DAY, abandoned_ms=END + DAY + 9_000)], True),
    "a chat": ([call(), again(DAY, channel="chat")], True),
    "a ticket": ([call(), again(DAY, channel="ticket")], True),
    "one that was removed": ([call(), again(DAY, channel="ticket", removed=True)], False),
    "one of another queue": ([call(), again(DAY, queue="support")], True),
    "a window of 3 days, exactly": ([call(window_ms=3 * DAY), again(3 * DAY)], True),
    "a window of 3 days, 1 ms later": ([call(window_ms=3 * DAY), again(3 * DAY + 1)], False),
    "the window of the second one does not count": ([call(window_ms=3 * DAY), again(4 * DAY, window_ms=WEEK)], False),
    "no window, at the end": ([call(window_ms=0), again(0)], True),
    "an end before its beginning, by a wrong clock": ([told("c-1", 0, -2_000)], False),
}


@covers(
    "contact_center_first_contact_resolution_ratio{basis=repeat_window}",
    "contact_center_repeat_contacts_total",
    "contact_center_repeat_contact_ratio",
)
@pytest.mark.parametrize("name", REPEATS)
def test_what_is_a_repeat(name: str) -> None:
    """A repeat is counted on the call that was repeated, and takes its success away; nothing else is."""
    log, repeated = REPEATS[name]
    bases = {"REPEAT_BASE": 1, "FCR_WINDOW_BASE": 1, "FCR_FINAL_BASE": 1}
    outcome = {"REPEATED": 1} if repeated else {"FCR_WINDOW": 1, "FCR_FINAL": 1}
    assert {**bases, **outcome} == picked(log, *bases, "REPEATED", "FCR_WINDOW", "FCR_FINAL")
    assert by_slice(expect(log)) == added(log)


def test_a_contact_that_takes_no_time_does_not_repeat_itself() -> None:
    """A contact whose end is its beginning is no repeat of its own; two at the same instant repeat each other."""
    assert {"REPEAT_BASE": 1, "FCR_WINDOW": 1} == picked([told("c-1", 0, 0)], "REPEAT_BASE", "REPEATED", "FCR_WINDOW")
    both = [told("c-1", 0, 0), told("c-2", 0, 0)]
    assert {"REPEAT_BASE": 2, "REPEATED": 2} == picked(both, "REPEAT_BASE", "REPEATED", "FCR_WINDOW")


def test_repeated_contacts_are_counted_not_pairs() -> None:
    """Five calls a day apart: four were repeated, however often."""
    log = [told(f"c-{number}", number * DAY, number * DAY + END) for number in range(5)]
    assert {"REPEAT_BASE": 5, "REPEATED": 4, "FCR_WINDOW_BASE": 5, "FCR_WINDOW": 1} == picked(
        log, "REPEAT_BASE", "REPEATED", "FCR_WINDOW_BASE", "FCR_WINDOW"
    )


@covers("contact_center_first_contact_resolution_ratio{state=final}", "contact_center_topic_repeat_contact_ratio")
def test_everything_lands_in_the_queue_and_at_the_time_of_the_contact() -> None:
    """A repeated ticket: its queue, medium and channel at its end, and again when its window is over."""
    ticket = told("t-1", 0, 2 * DAY, channel="ticket", queue="billing", medium="web", topic="bill", flagged=True)
    row, end = ("billing", "web", "ticket"), START_MS + 2 * DAY
    assert {
        ("REPEAT_BASE", *row, "", end): 1,
        ("REPEATED", *row, "", end): 1,
        ("REPEAT_BASE_BY_TOPIC", *row, "topic=bill", end): 1,
        ("REPEATED_BY_TOPIC", *row, "topic=bill", end): 1,
        ("FCR_WINDOW_BASE", *row, "", end): 1,
        ("FCR_GAP_BASE", *row, "", end): 1,
        ("FCR_GAP", *row, "", end): 1,
        ("FCR_FINAL_BASE", *row, "", end + WEEK): 1,
    } == added([ticket, again(3 * DAY, topic="bill")])


def test_what_is_not_eligible_is_in_repeats_only() -> None:
    """Without eligibility a contact is in the repeats and in no first-contact resolution."""
    assert {"REPEAT_BASE": 1} == totals([call(fcr_eligible=False, flagged=True)])


@covers("contact_center_first_contact_resolution_gap_ratio")
@pytest.mark.parametrize(
    "flagged,repeated,expected",
    [
        (None, True, {}),
        (True, False, {"FCR_GAP_BASE": 1}),
        (True, True, {"FCR_GAP_BASE": 1, "FCR_GAP": 1}),
        (False, False, {"FCR_GAP_BASE": 1}),
        (False, True, {"FCR_GAP_BASE": 1}),
    ],
)
def test_the_gap_between_flag_and_window(flagged: bool | None, repeated: bool, expected: dict[str, int]) -> None:
    """The gap is what was flagged as resolved and came again, of all that were flagged one way or the other."""
    log = [call(flagged=flagged), *([again(DAY)] if repeated else [])]
    assert expected == picked(log, "FCR_GAP_BASE", "FCR_GAP")


def test_a_removed_repeat_gives_the_success_back() -> None:
    """The ticket that repeated a call turns out to be spam: the call was resolved after all."""
    ticket = again(DAY, channel="ticket")
    spam = told("c-2", END + DAY, channel="ticket", revision=2, removed=True)
    measures = ("REPEATED", "FCR_WINDOW", "FCR_FINAL")
    assert [
        {"FCR_WINDOW": 1, "FCR_FINAL": 1},
        {"REPEATED": 1},
        {"FCR_WINDOW": 1, "FCR_FINAL": 1},
        {"FCR_WINDOW": 1, "FCR_FINAL": 1},
    ] == [
        picked(log, *measures)
        for log in ([call()], [call(), ticket], [call(), ticket, spam], [call(), spam, ticket, spam])
    ]


def test_a_reopened_ticket_leaves_and_comes_back_with_its_new_end() -> None:
    """Reopened, a ticket is not handled, yet still a repeat of an earlier call; solved again, it counts then."""
    before = told("c-0", -DAY, -DAY + END)
    solved = told("t-1", 0, DAY, channel="ticket")
    reopened = told("t-1", 0, channel="ticket", revision=2)
    solved_again = told("t-1", 0, 3 * DAY, channel="ticket", revision=3)
    bases = [
        sorted(at_ms - START_MS for (measure, *_, at_ms) in added(log) if measure == "REPEAT_BASE")
        for log in ([before, solved], [before, solved, reopened], [before, solved, reopened, solved_again])
    ]
    call_end = -DAY + END
    assert [[call_end, DAY], [call_end], [call_end, 3 * DAY]] == bases
    assert 1 == totals([before, solved, reopened])["REPEATED"]


LEFT = 9_000


def hung_up(**data: Any) -> Event:
    """A call that was abandoned 9 s after 9:00."""
    return told("c-1", 0, abandoned_ms=LEFT, **data)


def redial(after_ms: int, **data: Any) -> Event:
    """A contact that begins so long after the abandonment."""
    return told("c-2", LEFT + after_ms, **data)


REDIALS: dict[str, tuple[list[Event], dict[str, int]]] = {
    "nothing more": ([hung_up()], {"REDIAL_BASE": 1}),
    "exactly 1 h": ([hung_up(), redial(HOUR)], {"REDIAL_BASE": 1, "REDIALED": 1}),
    "1 ms later": ([hung_up(), redial(HOUR + 1)], {"REDIAL_BASE": 1}),
    "at the abandonment": ([hung_up(), redial(0)], {"REDIAL_BASE": 1, "REDIALED": 1}),
    "begun before it": ([hung_up(), redial(-1)], {"REDIAL_BASE": 1}),
    "another topic": ([hung_up(topic="bill"), redial(60_000, topic="login")], {"REDIAL_BASE": 1, "REDIALED": 1}),
    "a ticket": ([hung_up(), redial(60_000, channel="ticket")], {"REDIAL_BASE": 1, "REDIALED": 1}),
    "abandoned too": (
        [hung_up(), redial(60_000, abandoned_ms=LEFT + 90_000)],
        {"REDIAL_BASE": 2, "REDIALED": 1},
    ),
    "a callback": ([hung_up(), redial(60_000, via="callback")], {"REDIAL_BASE": 1}),
    "a call by the desk": ([hung_up(), redial(60_000, via="outbound")], {"REDIAL_BASE": 1}),
    "removed": ([hung_up(), redial(60_000, removed=True)], {"REDIAL_BASE": 1}),
    "not inbound": ([hung_up(via="outbound"), redial(60_000)], {}),
    "gone for good": ([hung_up(removed=True), redial(60_000)], {}),
}


@covers("contact_center_redial_ratio")
@pytest.mark.parametrize("name", REDIALS)
def test_what_is_a_redial(name: str) -> None:
    """Who abandoned and comes again within the hour, on any channel about anything, is a redial."""
    log, expected = REDIALS[name]
    assert expected == picked(log, "REDIAL_BASE", "REDIALED")
    assert by_slice(expect(log)) == added(log)


def test_a_redial_belongs_to_the_first_queue() -> None:
    """A contact that overflowed and was abandoned is a redial of its first queue, at the abandonment."""
    log = [hung_up(queue="support", first_queue="sales"), redial(60_000)]
    assert {
        ("REDIAL_BASE", "sales", "", "call", "", START_MS): 1,
        ("REDIALED", "sales", "", "call", "", START_MS): 1,
    } == {key: amount for key, amount in added(log).items() if key[0].startswith("REDIAL")}
