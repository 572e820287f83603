"""Planning all rows, a few a turn, and the outlook of a queue from a plan and the current numbers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from metrics.planning.plan import PLAN_EVERY_MS, ROWS_A_TURN, Planner, Planning, outlook_of, plan
from metrics.planning.reachable import Outlook
from metrics.snapshot.snapshot import NO_COUNTS, Counts, RowKey, RowNumbers
from metrics.snapshot.windows import HISTORY_MS, WINDOWS
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.facts.conversations.measures import ConversationMeasure
from tests.support.boards import settings
from tests.support.covers import covers
from tests.support.slices_of_weeks import QUARTER_MS, FakeHistory, at, ms

NOW = ms("2026-11-18T12:00:00+01:00")
SALES, HELP = RowKey(Channel.CALL, "sales"), RowKey(Channel.CHAT, "help")
MAIL = RowKey(Channel.TICKET, "support", "email")
MANY = [RowKey(Channel.CALL, f"q{number}") for number in range(2 * ROWS_A_TURN + 1)]
A_WEEK_AGO = at("2026-11-11T13:00:00+01:00", offered=10, opened=4, A=6, L=4)


def test_every_row_is_planned_by_the_clock_of_its_queue(tmp_path: Path) -> None:
    """Time zone and beginning of the day are those of the queue's policy; tickets have no service level to lose."""
    queues = {"help": [QueueSettings(channel=Channel.CHAT, time_zone="Asia/Kolkata", day_starts="06:15")]}
    promised = settings(tmp_path, time_zone="Europe/Madrid", queues=queues)
    history = FakeHistory({SALES: [A_WEEK_AGO], HELP: [A_WEEK_AGO], MAIL: [at("2026-11-04T11:00:00+01:00", opened=1)]})
    rows = plan(history, NOW, promised).rows
    days = {key: row.day and (row.day.start_ms, row.day.weeks) for key, row in rows.items()}
    assert {
        SALES: (ms("2026-11-18T00:00:00+01:00"), 1),
        HELP: (ms("2026-11-18T06:15:00+05:30"), 1),
        MAIL: None,
    } == days
    assert ["Europe/Madrid", "Asia/Kolkata", "Europe/Madrid"] == [rows[key].week.zone for key in (SALES, HELP, MAIL)]
    assert (False, True, False, False) == rows[MAIL].trends.weeks


def test_the_oldest_slices_that_matter_are_kept_as_history(tmp_path: Path) -> None:
    """History still has the first quarter of the day four weeks ago on the last minute of a day of 25 hours."""
    now_ms = ms("2026-10-25T23:59:59+01:00")
    first = at("2026-09-27T00:00:00+02:00", offered=1, A=1)
    assert now_ms - first[0] * 1000 <= HISTORY_MS
    rows = plan(FakeHistory({SALES: [first]}), now_ms, settings(tmp_path, time_zone="Europe/Madrid")).rows
    day = rows[SALES].day
    assert day is not None
    assert 1 == day.weeks


def test_a_turn_plans_a_few_rows_and_shows_whole_plannings_only(tmp_path: Path) -> None:
    """A turn plans a few rows, all as of the beginning of the pass; the planning changes only after the last row."""
    history, planner = FakeHistory({key: [A_WEEK_AGO] for key in MANY}), Planner(settings(tmp_path))
    turns = [planner.turn(history, NOW + turn * 500, NOW + turn * 500) for turn in range(4)]
    whole = plan(FakeHistory(history.held), NOW, settings(tmp_path))
    assert [None, None, whole, whole] == turns
    assert sorted(MANY) == sorted(history.asked[: len(MANY)])
    later_ms = NOW + PLAN_EVERY_MS
    again = [planner.turn(history, later_ms, later_ms) for _ in range(3)]
    assert [NOW, NOW, later_ms] == [found.at_ms for found in again if found is not None]


@pytest.mark.parametrize(
    "later_ms,wall_later_ms,expected_ms",
    [
        (PLAN_EVERY_MS - 1, PLAN_EVERY_MS - 1, 0),
        (PLAN_EVERY_MS, 0, PLAN_EVERY_MS),
        (1, PLAN_EVERY_MS, 1),
        (-PLAN_EVERY_MS, 0, -PLAN_EVERY_MS),
        (-1, 0, -1),
    ],
    ids=["within a minute", "after a minute", "by the wall", "the clock went back", "another quarter of an hour"],
)
def test_when_rows_are_planned_anew(tmp_path: Path, later_ms: int, wall_later_ms: int, expected_ms: int) -> None:
    """Rows are planned anew after a minute by either clock, and at once in another quarter of an hour, when days
    begin."""
    history, planner = FakeHistory({SALES: [A_WEEK_AGO]}), Planner(settings(tmp_path))
    planner.turn(history, NOW, NOW)
    found = planner.turn(history, NOW + later_ms, NOW + wall_later_ms)
    assert found is not None
    assert NOW + expected_ms == found.at_ms


def test_without_rows_the_planning_is_empty(tmp_path: Path) -> None:
    """Without any row the planning is empty, but it exists."""
    assert Planning(NOW, {}) == Planner(settings(tmp_path)).turn(FakeHistory({}), NOW, NOW)


def numbers(**windows: tuple[int, int]) -> RowNumbers:
    """A row with met and missed legs by window; ``m30`` is the last half hour."""
    names = {"m30": "30m"}
    held = {
        names.get(name, name): Counts(
            {ConversationMeasure.ANSWERED_WITHIN: met, ConversationMeasure.REACHED_TARGET: missed}
        )
        for name, (met, missed) in windows.items()
    }
    return RowNumbers({window: held.get(window, NO_COUNTS) for window in WINDOWS})


def test_an_outlook_takes_the_numbers_of_now(tmp_path: Path) -> None:
    """Today's counts and the pace are those of the snapshot, the rest of the day of the plan, the goal of the policy.

    85 of 100 so far, 10 to come: 77 of 110 are needed for 0.7, so every further contact can be missed.
    """
    queues = {"sales": [QueueSettings(channel=Channel.CALL, objective=0.7)]}
    promised = settings(tmp_path, time_zone="Europe/Madrid", queues=queues)
    planning = plan(FakeHistory({SALES: [A_WEEK_AGO]}), NOW - 30_000, promised)
    own = numbers(today=(85, 15), m30=(0, 20))
    found = outlook_of(planning, SALES, own, NOW, promised)
    assert Outlook(85, 100, 1, Fraction(6), Fraction(10), utc_offset_ms=3_600_000) == found
    strict = settings(tmp_path, time_zone="Europe/Madrid")
    expected = ms("2026-11-18T13:00:00+01:00") + QUARTER_MS * 7 // 10
    assert expected == outlook_of(planning, SALES, own, NOW, strict).lost_at_ms


@covers("contact_center_queue_utc_offset_seconds")
def test_the_clock_of_a_queue(tmp_path: Path) -> None:
    """The time zone of a queue decides, else that of the settings: 5:30 ahead in Kolkata, 1:00 in Madrid in winter."""
    queues = {"help": [QueueSettings(channel=Channel.CHAT, time_zone="Asia/Kolkata")]}
    promised = settings(tmp_path, time_zone="Europe/Madrid", queues=queues)
    offsets = [outlook_of(None, key, numbers(), NOW, promised).utc_offset_ms for key in (HELP, SALES)]
    assert [19_800_000, 3_600_000] == offsets


@pytest.mark.parametrize("planning", [None, Planning(NOW, {})], ids=["none yet", "without the row"])
def test_without_a_plan_there_is_no_outlook(tmp_path: Path, planning: Planning | None) -> None:
    """A queue without a plan has today's counts and nothing else."""
    found = outlook_of(planning, SALES, numbers(today=(1, 2)), NOW, settings(tmp_path))
    assert Outlook(1, 3) == found
