"""Outlook of a day: the service level still possible, and the time its objective is lost."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.planning.reachable import DayPlan, Expected, Outlook, Tally, day_plan, outlook
from metrics.planning.same_hours import utc_offset_ms
from metrics.snapshot.windows import DayRule
from tests.oracles import planning_oracle
from tests.support.covers import covers
from tests.support.slices_of_weeks import NOWS_MS, QUARTER_MS, ZONES, at, ms, quarters, weeks_before

HOUR_MS = 4 * QUARTER_MS
NOON = ms("2026-11-18T12:00:00+00:00")
DAY = ms("2026-11-18T00:00:00+00:00"), ms("2026-11-19T00:00:00+00:00")
FEW = Tally(0, 0)
"""No contact judged in the last half hour."""


def plan(*expected: tuple[int, int, int], weeks: int = 1) -> DayPlan:
    """A plan of the day of ``NOON``: quarters counted from noon, met and judged."""
    return DayPlan(*DAY, weeks, tuple(Expected(NOON + q * QUARTER_MS, met, judged) for q, met, judged in expected))


@covers("contact_center_service_level_reachable_ratio")
def test_best_and_likely_by_hand() -> None:
    """70 of 100 so far, 80 of 100 in the rest of two earlier days: at best 120, likely 110 of 150."""
    found = outlook(plan((0, 50, 60), (8, 30, 40), weeks=2), Tally(70, 100), FEW, 0.8, NOON)
    assert (Fraction(120, 150), Fraction(110, 150)) == (found.best, found.likely)
    assert (2, Fraction(50), Fraction(40)) == (found.weeks, found.expected_judged, found.expected_met)


@covers("contact_center_service_level_lost_timestamp_seconds")
@pytest.mark.parametrize(
    "half_hour,lost",
    [
        (Tally(5, 10), NOON + QUARTER_MS * 2 // 5),
        (Tally(0, 10), NOON + QUARTER_MS // 5),
        (Tally(10, 10), None),
        (Tally(0, 9), None),
    ],
    ids=["half of them missed", "all missed", "none missed", "too few: one in five, as today so far"],
)
def test_when_the_objective_is_lost_by_hand(half_hour: Tally, lost: int | None) -> None:
    """80 of 100 so far and 40 to come: 112 of 140 are needed, so 8 more misses are borne, and one in five is missed
    just now.

    The pace of the last half hour gives the time until the 8 are used up; at worst a fifth of the quarter.
    """
    found = outlook(plan((0, 40, 40)), Tally(80, 100), half_hour, 0.8, NOON)
    assert (lost, NOON + QUARTER_MS // 5) == (found.lost_at_ms, found.lost_at_worst_ms)


def test_early_in_the_day_the_pace_is_that_of_earlier_weeks() -> None:
    """With 9 judged today the pace is that of earlier weeks: every second is missed, so 5.8 misses last for 11.6
    contacts."""
    found = outlook(plan((0, 10, 20)), Tally(9, 9), Tally(9, 9), 0.8, NOON)
    assert NOON + QUARTER_MS * 58 // 100 == found.lost_at_ms


def test_what_cannot_be_reached_any_more_is_lost_already() -> None:
    """At best 60 of 100 for an objective of 0.8: lost since now, at any pace."""
    found = outlook(plan((0, 10, 10)), Tally(50, 90), Tally(10, 10), 0.8, NOON)
    assert (NOON, NOON) == (found.lost_at_ms, found.lost_at_worst_ms)


def test_an_objective_that_is_met_to_the_point_is_not_lost() -> None:
    """11 of 20 is exactly 0.55, although 0.55 × 20 is a little more than 11 in floating point."""
    found = outlook(plan((-4, 1, 1)), Tally(11, 20), FEW, 0.55, NOON)
    assert (Fraction(11, 20), None, None) == (found.best, found.lost_at_ms, found.lost_at_worst_ms)


def test_a_loss_waits_until_the_next_contacts_come() -> None:
    """With no miss to spare and nobody expected before 14:00, the objective is lost at 14:00 and not before."""
    found = outlook(plan((8, 0, 5)), Tally(16, 20), FEW, 0.8, NOON)
    late = outlook(plan((8, 0, 5)), Tally(15, 20), FEW, 0.8, NOON)
    assert NOON + 2 * HOUR_MS + QUARTER_MS // 5 == found.lost_at_worst_ms
    assert NOON + 2 * HOUR_MS == late.lost_at_worst_ms


def test_of_the_running_quarter_the_rest_is_expected() -> None:
    """Five minutes into a quarter of 30 contacts, 20 of them are still to come."""
    found = outlook(plan((0, 15, 30)), Tally(0, 0), FEW, 0.8, NOON + 300_000)
    assert (Fraction(20), Fraction(10)) == (found.expected_judged, found.expected_met)


@pytest.mark.parametrize(
    "known,now_ms",
    [(None, NOON), (plan(weeks=0), NOON), (plan((0, 1, 1)), DAY[1]), (plan((0, 1, 1)), DAY[0] - 1)],
    ids=["no plan", "no weeks", "the plan of yesterday", "the plan of tomorrow"],
)
def test_without_earlier_weeks_nobody_knows(known: DayPlan | None, now_ms: int) -> None:
    """Without history there is no outlook, whatever has happened today."""
    found = outlook(known, Tally(1, 20), Tally(1, 20), 0.8, now_ms)
    assert Outlook(1, 20) == found
    assert (None, None, None, None) == (found.best, found.likely, found.lost_at_ms, found.lost_at_worst_ms)


def test_after_the_last_contact_the_day_ends_as_it_is() -> None:
    """Without further contacts expected, best and likely are the level so far; without any contact both are missing."""
    known = plan((-8, 5, 5))
    found = outlook(known, Tally(7, 10), FEW, 0.7, NOON)
    assert (Fraction(7, 10), Fraction(7, 10), None) == (found.best, found.likely, found.lost_at_worst_ms)
    empty = outlook(known, Tally(0, 0), FEW, 0.7, NOON)
    assert (None, None, None) == (empty.best, empty.likely, empty.lost_at_worst_ms)


def test_a_week_in_which_nobody_came_is_no_data() -> None:
    """A holiday does not halve the expected number; a quarter without contacts on an open day does."""
    slices = [
        at("2026-11-11T09:00:00+00:00", offered=3, A=1),
        at("2026-11-11T12:00:00+00:00", offered=8, A=6, L=2),
        at("2026-11-04T12:00:00+00:00", A=50),  # of contacts that arrived the day before
        at("2026-10-28T09:00:00+00:00", offered=2, A=2),
    ]
    found = day_plan(quarters(slices), DayRule("UTC"), NOON)
    nine = NOON - 3 * HOUR_MS
    assert DayPlan(*DAY, 2, (Expected(nine, 3, 3, offered=5), Expected(NOON, 6, 8, offered=8))) == found


def test_weeks_are_compared_by_the_local_clock() -> None:
    """Nine in the morning before the clocks went back is compared with nine in the morning after."""
    slices = [
        at("2026-10-21T09:00:00+02:00", offered=1, A=1),
        at("2026-10-28T09:00:00+01:00", offered=1, A=2),
    ]
    now_ms = ms("2026-11-04T08:00:00+01:00")
    found = day_plan(quarters(slices), DayRule("Europe/Madrid"), now_ms)
    assert (2, (Expected(now_ms + HOUR_MS, 3, 3, offered=2),)) == (found.weeks, found.quarters)


@covers("contact_center_contacts_expected")
@pytest.mark.parametrize(
    "minutes,usual",
    [(0, 0), (5, 2), (15, 6), (20, 8), (30, 12), (40, 4), (45, 0)],
    ids=["before", "a third of one", "one", "two thirds and a third", "the other", "a third of it", "after"],
)
def test_what_is_usual_by_hand(minutes: int, usual: int) -> None:
    """12 legs in the first quarter after noon and 24 in the second, of two weeks: 6 and 12 in the mean."""
    quarters = tuple(Expected(NOON + q * QUARTER_MS, 0, 0, offered) for q, offered in enumerate((12, 24)))
    found = outlook(DayPlan(*DAY, 2, quarters), FEW, FEW, 0.8, NOON + minutes * 60_000)
    assert usual == found.usual


def test_of_a_day_that_nobody_knows_nothing_is_usual() -> None:
    """Without an earlier week the usual number of offers is missing, not zero."""
    assert (None, None) == (outlook(None, FEW, FEW, 0.8, NOON).usual, outlook(plan(weeks=0), FEW, FEW, 0.8, NOON).usual)


@covers("contact_center_queue_utc_offset_seconds")
@given(NOWS_MS, st.sampled_from(ZONES))
def test_any_clock_is_read_as_set(now_ms: int, zone: str) -> None:
    """An instant and the offset give the local time of the zone."""
    shown = datetime.fromtimestamp(now_ms // 1000, ZoneInfo(zone)).replace(tzinfo=UTC)
    assert round(shown.timestamp()) * 1000 == now_ms // 1000 * 1000 + utc_offset_ms(zone, now_ms)


TALLIES = st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda parts: Tally(parts[0], sum(parts)))
OBJECTIVES = st.sampled_from([0.5, 0.55, 0.7, 0.8, 0.9, 1.0])


@covers(
    "contact_center_service_level_reachable_ratio",
    "contact_center_service_level_lost_timestamp_seconds",
    "contact_center_contacts_expected",
)
@settings(max_examples=150)
@given(st.data(), NOWS_MS, st.sampled_from(ZONES), st.sampled_from(["00:00", "06:15"]), TALLIES, TALLIES, OBJECTIVES)
def test_any_day_equals_the_oracle(
    data: st.DataObject, now_ms: int, zone: str, starts: str, today: Tally, half_hour: Tally, objective: float
) -> None:
    """Any history gives the outlook and the time of loss of the oracle."""
    slices = data.draw(weeks_before(now_ms))
    expected = planning_oracle.outlook(slices, now_ms, zone, starts, today, half_hour, Fraction(str(objective)))
    known = day_plan(quarters(slices), DayRule(zone, starts), now_ms)
    found = outlook(known, today, half_hour, objective, now_ms)
    assert expected == {
        "weeks": found.weeks,
        "best": found.best,
        "likely": found.likely,
        "lost": found.lost_at_ms,
        "lost_worst": found.lost_at_worst_ms,
        "usual": found.usual,
    }


EXPECTED = st.lists(
    st.tuples(st.integers(0, 47), st.integers(0, 9), st.integers(0, 9)), max_size=8, unique_by=lambda one: one[0]
).map(lambda parts: plan(*((q, met, met + missed) for q, met, missed in sorted(parts) if met + missed), weeks=2))


@given(EXPECTED, TALLIES, TALLIES, OBJECTIVES, st.integers(0, 11 * HOUR_MS))
def test_best_is_best_and_worst_is_worst(
    known: DayPlan, today: Tally, half_hour: Tally, objective: float, after_ms: int
) -> None:
    """Best ≥ likely, a further miss never raises either, and at the worst pace nothing is lost later."""
    found = outlook(known, today, half_hour, objective, NOON + after_ms)
    missed = outlook(known, Tally(today.met, today.judged + 1), half_hour, objective, NOON + after_ms)
    assert (found.best is None) == (found.likely is None)
    if found.best is not None and found.likely is not None:
        assert found.best >= found.likely
        assert missed.best is not None
        assert missed.best <= found.best
    if found.lost_at_ms is not None:
        assert found.lost_at_worst_ms is not None
        assert NOON + after_ms <= found.lost_at_worst_ms <= found.lost_at_ms <= known.end_ms
    if found.best is not None and found.best < Fraction(str(objective)):
        assert (NOON + after_ms,) * 2 == (found.lost_at_ms, found.lost_at_worst_ms)
