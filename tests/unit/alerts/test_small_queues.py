"""Alerts and warnings of queues with few contacts, on a history made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from metrics.alerts.backtest import NeverMet, backtest
from metrics.alerts.backtest_text import never_met_text
from metrics.alerts.model import Severity
from metrics.alerts.rule_file import alerts
from metrics.snapshot.windows import Cells
from streams.common.vocabulary import Channel
from streams.config.queue_settings import QueueSettings
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.measures import Measure
from tests.support.boards import settings
from tests.support.slices_of_weeks import QUARTER_MS, ms

HOUR_MS, DAY_MS = 4 * QUARTER_MS, 96 * QUARTER_MS
NINE = ms("2026-11-02T09:00:00+00:00")
"""A Monday."""
BURN, NONE_MET, EARLY = (
    "ContactCenterServiceLevelBurn",
    "ContactCenterServiceLevelNoneMet",
    "ContactCenterAbandonedEarly",
)
OFFICE = {"day": {"time_zone": "UTC", "weekdays": ["09:00-18:00"]}}
IN_OFFICE = {"sales": [QueueSettings(channel=Channel.CALL, calendar="day")]}
LOST, IN_TIME = (0, 1), (1, 0)


def calls(*days: tuple[tuple[int, int], ...]) -> dict[int, Cells]:
    """Each day's calls, one an hour from 09:00, as (met, missed)."""
    return {
        NINE + day * DAY_MS + hour * HOUR_MS: legs(*call)
        for day, of_day in enumerate(days)
        for hour, call in enumerate(of_day)
    }


def legs(met: int, missed: int, short: int = 0) -> Cells:
    """Legs of a quarter of an hour, judged; ``short`` hung up at once."""
    amounts: Mapping[Measure, int] = {
        ConversationMeasure.OFFERED: met + missed + short,
        ConversationMeasure.ANSWERED_WITHIN: met,
        ConversationMeasure.REACHED_TARGET: missed,
        ConversationMeasure.ABANDONED_WITHIN: short,
        ConversationMeasure.SHORT_WITHIN: short,
        ConversationMeasure.ABANDONED: short,
        ConversationMeasure.SHORT_ABANDONED: short,
    }
    return {int(measure): amount for measure, amount in amounts.items()}


def fired(past: Mapping[int, Cells], asked: Settings, days: float = 14) -> dict[str, tuple[int, float]]:
    """By title of what fired: how often, and for how many hours."""
    found = backtest({(Channel.CALL, "sales"): past}, asked, NINE, NINE + round(days * DAY_MS))
    return {t.alert.title: (f.times, f.firing_ms / HOUR_MS) for t in found.tested for f in t.fired}


def test_eight_calls_a_day_all_lost_are_heard_of(tmp_path: Path) -> None:
    """From the first afternoon nobody of five was met, from the third day the week and the month are below; each once,
    none of them a page."""
    found = fired(calls(*[(LOST,) * 8] * 11), settings(tmp_path), days=11)
    assert {NONE_MET, f"{BURN} (7d)", f"{BURN} (28d)"} == set(found)
    assert {1} == {times for times, _ in found.values()}
    # The fifth call is known at 13:15 and a quarter of an hour old at 13:30, the twentieth at 12:15 on the third day.
    # Each goes on for a quarter of an hour after the last moment asked; a burn for the half hour that it is held, too.
    silent_hours = {title: 11 * 24 + 0.25 - hours for title, (_, hours) in found.items()}
    assert {NONE_MET: 4.5, f"{BURN} (7d)": 51.25 - 0.5, f"{BURN} (28d)": 51.25 - 0.5} == silent_hours
    severities = {rule.title: rule.severity for rule in alerts(settings(tmp_path))}
    assert {Severity.TICKET} == {severities[title] for title in found}


def test_small_queues_are_silent_while_closed(tmp_path: Path) -> None:
    """With opening hours from 9 to 18, eleven days of lost calls fire by day only, held for half an hour after."""
    asked = settings(tmp_path, calendars=OFFICE, queues=IN_OFFICE)
    found = fired(calls(*[(LOST,) * 8] * 5), asked, days=7)
    # From 13:30 of the first day and 09:15 of four others; asked for the last time at 18:00, for a quarter of an hour.
    assert (5, 4.75 + 4 * 9) == found[NONE_MET]
    assert found[f"{BURN} (7d)"][0] == 3


@pytest.mark.parametrize(
    "day",
    [(IN_TIME,) * 7 + (LOST,), (IN_TIME,) * 4 + (LOST,), (IN_TIME,) * 2, ()],
    ids=["seven of eight", "four of five", "two of two", "nobody"],
)
def test_healthy_small_queues_are_quiet(tmp_path: Path, day: tuple[tuple[int, int], ...]) -> None:
    """At or above an objective of 80 % nothing fires and nothing is warned of, however few call."""
    found = backtest({(Channel.CALL, "sales"): calls(*[day] * 14)}, settings(tmp_path), NINE, NINE + 14 * DAY_MS)
    assert [] == [(tested.alert.title, tested.fired) for tested in found.tested if tested.fired]
    assert () == found.never_met


def test_the_limits_of_none_met(tmp_path: Path) -> None:
    """Four lost are too few, five are not, one in time ends it, and twenty are for the burn rates."""
    cases = {4: (LOST,) * 4, 5: (LOST,) * 5, 6: (*(LOST,) * 5, IN_TIME), 20: ((0, 20),)}
    found = {
        number: fired(calls(of_day), settings(tmp_path), days=1).get(NONE_MET, (0, 0.0))
        for number, of_day in cases.items()
    }
    # Five from 13:30 to 09:15, when the first call is a day old; six until 14:15, when the last one is known.
    assert {4: (0, 0), 5: (1, 19.75), 6: (1, 0.75), 20: (0, 0)} == found


def test_one_call_a_day_is_judged_by_the_month(tmp_path: Path) -> None:
    """Seven lost calls a week are too few for the week; from the twentieth day the month says it."""
    found = fired(calls(*[(LOST,)] * 22), settings(tmp_path), days=22)
    assert {f"{BURN} (28d)": (1, 72.0)} == {title: (times, round(hours)) for title, (times, hours) in found.items()}


def test_a_week_that_has_recovered_is_over(tmp_path: Path) -> None:
    """After four lost days a good one ends the alert of the week: the last 24 hours burn no more."""
    found = fired(calls(*[(LOST,) * 8] * 4, *[(IN_TIME,) * 8] * 3), settings(tmp_path), days=7)
    assert found[f"{BURN} (7d)"][1] < 72


def test_a_busy_queue_is_judged_by_its_hours(tmp_path: Path) -> None:
    """An hour in which all are late pages once, and is no bad week of a queue that is well else."""
    days = [((40, 0),) * 8] * 6
    past = calls(*days, (*((40, 0),) * 4, (0, 40), *((40, 0),) * 3))
    assert {f"{BURN} (15m)": 1, f"{BURN} (1h)": 1} == {
        title: times for title, (times, _) in fired(past, settings(tmp_path), 7).items()
    }


@pytest.mark.parametrize(
    "quarter,expected",
    [(legs(0, 0, 5), 1), (legs(0, 0, 4), 0), (legs(1, 0, 5), 0), (legs(0, 1, 11), 0), (legs(0, 0, 11), 1)],
    ids=["five", "four", "one answered", "one waited", "eleven"],
)
def test_callers_who_all_hang_up_at_once_page(tmp_path: Path, quarter: Cells, expected: int) -> None:
    """From five in half an hour, where nobody else came."""
    assert expected == fired({NINE: quarter}, settings(tmp_path), days=1).get(EARLY, (0, 0))[0]


def _days(number: int, *calls_of_day: tuple[int, int]) -> Iterator[tuple[tuple[int, int], ...]]:
    yield from [calls_of_day] * number


@pytest.mark.parametrize(
    "days,expected",
    [
        ([*_days(11, *(LOST,) * 8)], [NeverMet(Channel.CALL, "sales", 0.8, 11, 0.0, small=True)]),
        ([*_days(5, LOST)], [NeverMet(Channel.CALL, "sales", 0.8, 5, 0.0, small=True)]),
        ([*_days(4, LOST)], []),
        ([*_days(5, LOST), *_days(3)], [NeverMet(Channel.CALL, "sales", 0.8, 5, 0.0, small=True)]),
        ([*_days(5, LOST), *_days(1, IN_TIME)], []),
        ([*_days(5, (60, 40)), *_days(1, IN_TIME)], [NeverMet(Channel.CALL, "sales", 0.8, 5, 0.6)]),
    ],
    ids=["eight a day", "one a day", "four days", "days without", "one day met", "a busy queue and a small day"],
)
def test_an_objective_met_on_no_day_is_named_at_any_volume(
    tmp_path: Path, days: list[tuple[tuple[int, int], ...]], expected: list[Any]
) -> None:
    """Five days with contacts and none that met the objective; of a busy queue only its busy days count."""
    past = {(Channel.CALL, "sales"): calls(*days)}
    assert expected == list(backtest(past, settings(tmp_path), NINE, NINE + 14 * DAY_MS).never_met)


def test_the_warning_of_a_small_queue_says_why_no_alert_does() -> None:
    """It names the queue, its objective and its best day, and does not promise alerts that cannot fire."""
    assert (
        "sales (call): its objective of 0.8 was met on no day of 11, 0.00 at best; it has few contacts, so no alert of"
        " an hour or of today can see it: put people on the queue, let it overflow, or set an objective that can be"
        " reached"
    ) == never_met_text(NeverMet(Channel.CALL, "sales", 0.8, 11, 0.0, small=True))
