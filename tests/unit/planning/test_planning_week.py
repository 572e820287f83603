"""Contacts by hour of the week, and the peak hour."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.planning.peak_hours import HOURS_OF_WEEK, HourCounts, HourOfWeek, peak_hour, row_week, week_of
from streams.common.vocabulary import Channel
from tests.oracles import planning_oracle
from tests.oracles.planning_oracle import Slices
from tests.support.slices_of_weeks import NOWS_MS, ZONES, at, ms, quarters, weeks_before

NOW = ms("2026-11-18T12:34:56+01:00")
"""A Wednesday in Madrid."""
MONDAY_NINE, WEDNESDAY_ELEVEN, WEDNESDAY_NOON = 9, 2 * 24 + 11, 2 * 24 + 12


def table(slices: Slices, zone: str = "Europe/Madrid", now_ms: int = NOW) -> tuple[HourOfWeek, ...]:
    """The week of one call queue."""
    return week_of([row_week(Channel.CALL, quarters(slices), zone, now_ms)])


def test_an_hour_of_the_week_by_hand() -> None:
    """Two Mondays from nine to ten, in summer time and after it, are one hour of the week seen twice."""
    found = table(
        [
            at("2026-10-26T09:45:00+01:00", offered=4, A=3, L=1, handled=3, handle_ms=540_000),
            at("2026-11-09T09:00:00+01:00", offered=5, A=2, L=3, handled=2, handle_ms=60_000),
        ]
    )
    nine = found[MONDAY_NINE]
    assert HourOfWeek(HourCounts(contacts=9, handled=5, handle_ms=600_000, met=5, judged=9), 2) == nine
    assert Fraction(9, 2) == nine.contacts_per_hour
    assert MONDAY_NINE == peak_hour(found)
    assert {MONDAY_NINE} == {number for number, hour in enumerate(found) if hour.counts.contacts}
    assert HOURS_OF_WEEK == len(found)


def test_the_hours_follow_the_local_clock_when_it_changes() -> None:
    """Nine in the morning before and after the clocks went back is the same hour of the week."""
    found = table(
        [at("2026-10-21T11:00:00+02:00", offered=1), at("2026-10-28T11:00:00+01:00", offered=2)],
        now_ms=ms("2026-11-04T11:30:00+01:00"),
    )
    assert (3, 2) == (found[WEDNESDAY_ELEVEN].counts.contacts, found[WEDNESDAY_ELEVEN].seen)


def test_the_four_weeks_end_before_the_running_hour() -> None:
    """Contacts since twelve are left out until the hour is over; of noon four weeks ago the whole hour is in."""
    found = table(
        [
            at("2026-10-21T11:45:00+02:00", offered=100),
            at("2026-10-21T12:00:00+02:00", offered=1),
            at("2026-11-18T11:45:00+01:00", offered=10),
            at("2026-11-18T12:00:00+01:00", offered=1000),
        ]
    )
    assert (10, 1) == (found[WEDNESDAY_ELEVEN].counts.contacts, found[WEDNESDAY_ELEVEN].seen)
    assert (1, 1) == (found[WEDNESDAY_NOON].counts.contacts, found[WEDNESDAY_NOON].seen)


def test_a_day_on_which_nobody_came_is_not_seen() -> None:
    """The quiet hours of an open day count as seen, those of a holiday do not, whatever was judged on it."""
    found = table([at("2026-11-04T10:00:00+01:00", offered=3), at("2026-11-11T00:00:00+01:00", L=1)])
    quiet = found[WEDNESDAY_ELEVEN]
    assert (1, Fraction(0)) == (quiet.seen, quiet.contacts_per_hour)
    assert (HourCounts(judged=1), 1) == found[2 * 24]
    assert (0, None) == (found[MONDAY_NINE].seen, found[MONDAY_NINE].contacts_per_hour)


def test_an_hour_that_comes_twice_counts_as_two() -> None:
    """Ten contacts in each of the two hours from two to three are ten an hour."""
    found = table(
        [at("2026-10-25T02:00:00+02:00", offered=10), at("2026-10-25T02:00:00+01:00", offered=10)],
    )
    twice = found[6 * 24 + 2]
    assert (2, Fraction(10)) == (twice.seen, twice.contacts_per_hour)


def test_many_queues_share_the_hours_that_they_saw() -> None:
    """Two queues on the same Monday are one hour with the contacts of both; another Monday of one is another."""
    rows = [
        row_week(Channel.CALL, quarters(slices), zone, NOW)
        for zone, slices in {
            "Europe/Madrid": [
                at("2026-11-09T09:00:00+01:00", offered=6),
                at("2026-11-16T09:00:00+01:00", offered=2),
            ],
            "UTC": [at("2026-11-09T09:00:00+00:00", offered=4)],
        }.items()
    ]
    assert (12, 2) == (week_of(rows)[MONDAY_NINE].counts.contacts, week_of(rows)[MONDAY_NINE].seen)


def test_without_contacts_there_is_no_peak() -> None:
    """The peak is the hour with the greatest mean, not the greatest sum; the first of equals, and none without
    contacts."""
    assert None is peak_hour(table([]))
    hours = [HourOfWeek(HourCounts(contacts=n), seen) for n, seen in [(0, 0), (9, 3), (8, 2), (4, 1), (1, 1)]]
    assert 2 == peak_hour(hours)


def test_of_tickets_openings_are_counted() -> None:
    """Tickets have openings by hour, and neither handle time nor service level."""
    slices = [at("2026-11-09T09:00:00+01:00", opened=3, offered=9, A=1, handled=5, handle_ms=5)]
    found = week_of([row_week(Channel.TICKET, quarters(slices), "Europe/Madrid", NOW)])
    assert HourOfWeek(HourCounts(contacts=3), 1) == found[MONDAY_NINE]


@settings(max_examples=40)
@given(st.data(), NOWS_MS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=2))
def test_any_weeks_equal_the_oracle(data: st.DataObject, now_ms: int, zones: list[str]) -> None:
    """Any history of queues in any time zones gives the hours of the week of the oracle."""
    rows = [(data.draw(weeks_before(now_ms)), zone) for zone in zones]
    channel, arrivals = data.draw(st.sampled_from([(Channel.CHAT, "offered"), (Channel.TICKET, "opened")]))
    found = week_of([row_week(channel, quarters(slices), zone, now_ms) for slices, zone in rows])
    expected = planning_oracle.week(rows, now_ms // 1000, arrivals)
    assert expected == [(hour.counts._asdict(), hour.seen) for hour in found]
