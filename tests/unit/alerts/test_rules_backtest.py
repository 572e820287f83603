"""Backtest of the alerts on a history made by hand, and the alerts that no history can answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from metrics.alerts.backtest import Backtest, NeverMet, PastQuarters, backtest
from metrics.alerts.backtest_text import backtest_text, never_met_text
from metrics.alerts.model import Past
from metrics.alerts.rule_file import alerts
from metrics.snapshot.windows import Cells
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.tickets.measures import TicketMeasure
from streams.numbers.measures import Measure
from tests.support.boards import settings
from tests.support.slices_of_weeks import QUARTER_MS, ms

DAY_MS, HOUR_MS = 96 * QUARTER_MS, 4 * QUARTER_MS
NINE = ms("2026-11-18T09:00:00+00:00")
"""A Wednesday."""
NOON = NINE + 3 * HOUR_MS
CALLS = (Channel.CALL, "sales")
OFFICE = {"day": {"time_zone": "UTC", "weekdays": ["09:00-12:00"]}}


def slices(*counts: Mapping[Measure, int], from_ms: int = NINE) -> dict[int, Cells]:
    """One slice after the other."""
    return {from_ms + number * QUARTER_MS: {int(m): n for m, n in own.items()} for number, own in enumerate(counts)}


def judged(met: int, missed: int) -> dict[Measure, int]:
    """Legs of a quarter, judged."""
    return {
        ConversationMeasure.OFFERED: met + missed,
        ConversationMeasure.ANSWERED_WITHIN: met,
        ConversationMeasure.REACHED_TARGET: missed,
    }


def fired(past: PastQuarters, asked: Settings, from_ms: int = NINE, to_ms: int = NOON) -> dict[str, tuple[int, float]]:
    """By title of what fired: how often, and for how many hours."""
    found = backtest(past, asked, from_ms, to_ms)
    return {t.alert.title: (f.times, f.firing_ms / HOUR_MS) for t in found.tested for f in t.fired}


ALL_WELL, BAD = judged(20, 0), judged(7, 13)
BURN = "ContactCenterServiceLevelBurn"


def test_a_bad_quarter_of_an_hour(tmp_path: Path) -> None:
    """65 % late in one of six quarters pages once, for the quarter and the 30 minutes it is held; the day is saved."""
    past = {CALLS: slices(*[ALL_WELL] * 4, BAD, ALL_WELL)}
    assert {f"{BURN} (15m)": (1, 0.75)} == fired(past, settings(tmp_path))


def test_what_is_held_is_one_alert_and_what_is_not_two(tmp_path: Path) -> None:
    """Two bad quarters 45 minutes apart are one page; an hour apart they are two."""
    close = {CALLS: slices(BAD, ALL_WELL, ALL_WELL, BAD)}
    apart = {CALLS: slices(BAD, ALL_WELL, ALL_WELL, ALL_WELL, BAD)}
    title = f"{BURN} (15m)"
    assert ((1, 1.5), (2, 1.5)) == tuple(fired(past, settings(tmp_path))[title] for past in (close, apart))


@pytest.mark.parametrize(
    "quarter,titles",
    [
        (judged(8, 12), {"15m": False}),
        (judged(7, 13), {"15m": True}),
        (judged(0, 19), {"15m": False}),
        ({ConversationMeasure.ANSWERED: 18, ConversationMeasure.ABANDONED: 2}, {"ContactCenterAbandonment": False}),
        ({ConversationMeasure.ANSWERED: 17, ConversationMeasure.ABANDONED: 3}, {"ContactCenterAbandonment": True}),
        (
            {
                ConversationMeasure.ANSWERED: 17,
                ConversationMeasure.ABANDONED: 3,
                ConversationMeasure.SHORT_ABANDONED: 1,
            },
            {"ContactCenterAbandonment": False},
        ),
        ({ConversationMeasure.ABANDONED: 19}, {"ContactCenterAbandonment": False}),
        ({ConversationMeasure.REFUSED: 2}, {"ContactCenterTurnedAway": False}),
        ({ConversationMeasure.REFUSED: 3}, {"ContactCenterTurnedAway": True}),
    ],
    ids=str,
)
def test_limits_and_minimum_volumes(tmp_path: Path, quarter: Mapping[Measure, int], titles: dict[str, bool]) -> None:
    """On the edge nothing fires, one past it it does, and of a few contacts it does not."""
    found = fired({CALLS: slices(quarter)}, settings(tmp_path), to_ms=NINE + QUARTER_MS)
    for title, expected in titles.items():
        assert expected == (title in found or f"{BURN} ({title})" in found)


def test_demand_is_held_against_earlier_weeks(tmp_path: Path) -> None:
    """Where last week brought ten, none is silence and 21 are a surge; where it brought four, none is nothing."""
    before = slices(judged(10, 0), judged(10, 0), judged(4, 0), from_ms=NINE - 7 * DAY_MS)
    past = {CALLS: {**before, **slices({}, judged(21, 0), {})}}
    found = fired(past, settings(tmp_path), to_ms=NINE + 3 * QUARTER_MS)
    assert {"ContactCenterSilence": (1, 0.25), "ContactCenterSurge": (1, 0.25)} == found


def test_the_end_of_the_day_is_foreseen(tmp_path: Path) -> None:
    """With 40 to come as last week, ten missed of 20 leave 50 of 60 at best; 20 of 40 then are lost for the day."""
    before = slices(*[judged(20, 0)] * 4, from_ms=NINE - 7 * DAY_MS)
    past = {CALLS: {**before, **slices(judged(10, 10), judged(10, 10), judged(20, 0), judged(20, 0))}}
    found = fired(past, settings(tmp_path), to_ms=NINE + HOUR_MS)
    assert (1, 0.25) == found["ContactCenterServiceLevelMarginEnds"]
    assert (1, 0.75) == found["ContactCenterServiceLevelUnreachable"]


def test_closed_hours_are_left_out(tmp_path: Path) -> None:
    """After noon the same quarter is nobody's alarm."""
    asked = settings(
        tmp_path, calendars=OFFICE, queues={"sales": [QueueSettings(channel=Channel.CALL, calendar="day")]}
    )
    open_, closed = {CALLS: slices(BAD, from_ms=NOON - QUARTER_MS)}, {CALLS: slices(BAD, from_ms=NOON)}
    found = tuple(f"{BURN} (15m)" in fired(past, asked, to_ms=NOON + HOUR_MS) for past in (open_, closed))
    assert (True, False) == found


def test_an_objective_of_all_counts_each_miss(tmp_path: Path) -> None:
    """With an objective of 1 there is no burn rate, and one miss is an alert."""
    asked = settings(tmp_path, queues={"sales": [QueueSettings(channel=Channel.CALL, objective=1.0)]})
    found = fired({CALLS: slices(judged(99, 1), judged(99, 0))}, asked)
    assert {"ContactCenterServiceLevelMissed": (1, 0.25)} == found


def test_an_objective_that_is_never_met_is_named(tmp_path: Path) -> None:
    """Five days below it are no accident, four are; a day with few contacts is no day of a busy queue."""
    days = [slices(judged(60 + back, 40 - back), from_ms=NINE - back * DAY_MS) for back in range(5)]
    few = slices(judged(19, 0), from_ms=NINE - 5 * DAY_MS)
    five = {CALLS: {start: cells for day in (*days, few) for start, cells in day.items()}}
    four = {CALLS: {start: cells for day in (*days[:4], few) for start, cells in day.items()}}
    found = [backtest(past, settings(tmp_path), NINE - 20 * DAY_MS, NOON).never_met for past in (five, four)]
    assert [(NeverMet(Channel.CALL, "sales", 0.8, 5, 0.64),), ()] == found
    assert (
        "sales (call): its objective of 0.8 was met on no day of 5, 0.64 at best; alerts on it would fire every day"
        " and be ignored: set an objective that can be reached, or put more people on the queue"
    ) == never_met_text(found[0][0])


def test_the_span_begins_where_something_is_kept(tmp_path: Path) -> None:
    """28 days are asked for, three hours are kept; of nothing there is nothing to say."""
    found = backtest({CALLS: slices(ALL_WELL)}, settings(tmp_path), NOON - 28 * DAY_MS, NOON)
    assert (NINE, NOON) == (found.from_ms, found.to_ms)
    empty = backtest({}, settings(tmp_path), NOON - 28 * DAY_MS, NOON)
    assert (NOON, NOON, ()) == (empty.from_ms, empty.to_ms, empty.never_met)


def test_the_text_names_every_alert(tmp_path: Path) -> None:
    """The text has each fired alert with its queue, a zero for each other, and a reason for those not tested."""
    asked = settings(tmp_path)
    found: Backtest = backtest({CALLS: slices(BAD)}, asked, NINE, NOON)
    lines = backtest_text(found).splitlines()
    rows = [line.split() for line in lines]
    assert ["ContactCenterServiceLevelBurn", "(15m)", "page", "sales", "(call)", "1", "0.8"] in rows
    assert ["ContactCenterTurnedAway", "ticket", "0", "0.0"] in rows
    for rule in alerts(asked):
        told = rule.past is Past.SLICES
        assert told == any(line.startswith(rule.title) for line in lines)
        assert told != (f"  {rule.name}: {rule.past.value}" in lines)


MINUTE_MS = 60_000
MAILS = (Channel.TICKET, "soporte")
MISSED = "ContactCenterEmailMissed"
MONTH_MS = 28 * DAY_MS


def promised(met: int, judged: int) -> dict[Measure, int]:
    """E-mails whose 24 hours ended, by an answer or without one."""
    return {TicketMeasure.RESPONSE_24H_MET: met, TicketMeasure.RESPONSE_24H_JUDGED: judged}


def test_an_email_past_its_day_is_an_alert_until_the_next(tmp_path: Path) -> None:
    """One of forty is enough, for 24 hours from the end of its quarter; all forty answered are nothing."""
    for met, expected in ((39, {MISSED: (1, 24.0)}), (40, {})):
        mails = {MAILS: slices(promised(met, 40))}
        tested = backtest({}, settings(tmp_path), NINE, NINE + 2 * DAY_MS, emails=mails).tested
        assert expected == {t.alert.title: (f.times, f.firing_ms / HOUR_MS) for t in tested for f in t.fired}


def test_what_ran_out_at_night_is_told_in_the_morning(tmp_path: Path) -> None:
    """Six hours after closing time an e-mail is missed: the next day it is told from opening to closing time."""
    asked = settings(
        tmp_path, calendars=OFFICE, queues={"soporte": [QueueSettings(channel=Channel.TICKET, calendar="day")]}
    )
    mails = {MAILS: slices(promised(0, 1), from_ms=NOON + 6 * HOUR_MS)}
    (fired_once,) = (f for t in backtest({}, asked, NOON, NOON + 2 * DAY_MS, emails=mails).tested for f in t.fired)
    assert (Channel.TICKET, "soporte", 1, 3 * HOUR_MS) == fired_once


def test_a_promise_that_no_day_kept_is_named(tmp_path: Path) -> None:
    """Five days with an e-mail too late are no accident; four and a good one are."""
    days = [slices(promised(8, 10), from_ms=NINE - back * DAY_MS) for back in range(5)]
    good = slices(promised(10, 10), from_ms=NINE)
    found = []
    for kept in (days, [*days[1:], good]):
        mails = {MAILS: {start: cells for day in kept for start, cells in day.items()}}
        found.append(backtest({}, settings(tmp_path), NINE - MONTH_MS, NOON, emails=mails).never_met)
    assert [(NeverMet(Channel.TICKET, "soporte", 1.0, 5, 0.8),), ()] == found
    assert never_met_text(found[0][0]).startswith(
        "soporte (ticket): its promise to answer each e-mail within 24 hours was met on no day of 5, 0.80 in time at"
        " best; "
    )


@pytest.mark.parametrize(
    "wait_ms,offered,hours",
    [
        (2 * MINUTE_MS, 20, 0.25),
        (2 * MINUTE_MS - 1, 20, 0),
        (2 * MINUTE_MS, 2, 0),
        (15 * MINUTE_MS, 20, 0.25),
        (17 * MINUTE_MS, 20, 0.5),
    ],
)
def test_a_wait_over_three_targets_for_a_minute(tmp_path: Path, wait_ms: int, offered: int, hours: float) -> None:
    """At 20 s it takes two minutes, five offered in the hour; of 17 minutes two were in the quarter before."""
    past = {CALLS: slices(judged(offered, 0), judged(offered, 0), {})}
    waits = {CALLS: {NINE + QUARTER_MS: float(wait_ms)}}
    found = backtest(past, settings(tmp_path), NINE, NINE + 2 * QUARTER_MS, waits=waits)
    fired_ms = sum(f.firing_ms for t in found.tested if t.alert.name == "ContactCenterLongestWait" for f in t.fired)
    assert hours == fired_ms / HOUR_MS


LEVELS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=12)


@hypothesis_settings(max_examples=60)
@given(LEVELS, st.floats(0.5, 4.5))
def test_a_lower_factor_never_fires_less(levels: list[tuple[int, int]], factor: float) -> None:
    """Whatever happened, an alert that waits for less burns for at least as long."""
    past = {CALLS: slices(*(judged(*level) for level in levels))}

    def hours(fast: float) -> float:
        asked = Settings.model_construct(alert_fast_burn=fast)
        return fired(past, asked).get(f"{BURN} (15m)", (0, 0.0))[1]

    assert hours(factor) <= hours(factor / 2)
