"""Days of a report: each queue's own, from its ``day_starts`` in its time zone, held against a slow oracle."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.planning.reachable import day_plan
from metrics.read.history import Quarters, day_rules
from metrics.report.ranges import Bound, Grouping, Interval, Range, interval_start_ms
from metrics.report.rows import report_rows
from metrics.report.text import render
from metrics.snapshot.windows import DayRule, day_start_ms, slices_of
from streams.common.durations import DAY_MS, HOUR_MS
from streams.common.errors import UserError
from streams.common.languages import Language
from streams.common.vocabulary import Channel
from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.tiers import QUARTER

QUARTER_MS = QUARTER.width_ms
ZONES = ("UTC", "Europe/Madrid", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
STARTS = ("00:00", "02:30", "06:00", "22:15")
CHANGES = ("2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", "2026-05-05")
"""Dates with a change of the clocks in one of the zones, and one without."""
SETTING = DayRule("UTC")


def ms(text: str) -> int:
    """Epoch milliseconds of an ISO time with an offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def slow_start_ms(rule: DayRule, day: date) -> int:
    """The first quarter of an hour at which the local clock shows the start; a skipped one by the offset before."""
    zone, shown = ZoneInfo(rule.zone), datetime.fromisoformat(f"{day}T{rule.starts}")
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    for step in range(4 * 24 * 3):
        instant = begin + step * timedelta(minutes=15)
        if instant.astimezone(zone).replace(tzinfo=None) == shown:
            return round(instant.timestamp()) * 1000
    before = (shown - timedelta(hours=12)).replace(tzinfo=zone).utcoffset()
    assert before is not None
    return round((shown.replace(tzinfo=UTC) - before).timestamp()) * 1000


def slow_days(rule: DayRule, around: date) -> list[tuple[int, date]]:
    """Starts and dates of the days around a date, in order."""
    days = [around + timedelta(days=away) for away in range(-6, 7)]
    return sorted((slow_start_ms(rule, day), day) for day in days)


def slow_day(days: list[tuple[int, date]], at_ms: int) -> tuple[int, date]:
    """Start and date of the day of an instant."""
    return [day for day in days if day[0] <= at_ms][-1]


def report(
    quarters: Quarters, rules: dict[str, DayRule], first: str, last: str, interval: Interval | None
) -> list[dict[str, Any]]:
    """The rows of all queues; of ``*`` the settings say UTC."""
    span = Range(Bound("--from", first), Bound("--to", last))
    return report_rows(quarters, span, Grouping(True, interval), lambda _, queue: rules.get(queue, SETTING))


def offered(amounts: dict[int, int]) -> dict[int, dict[int, int]]:
    """Slices with so many legs offered."""
    return {at_ms: {int(ConversationMeasure.OFFERED): amount} for at_ms, amount in amounts.items()}


@given(drawn=st.data())
def test_days_are_those_of_a_slow_oracle(drawn: st.DataObject) -> None:
    """Any queues, zones, day starts and clock changes: each queue has its own days, and ``*`` is their sum by date."""
    around = date.fromisoformat(drawn.draw(st.sampled_from(CHANGES)))
    a_rule = st.builds(DayRule, st.sampled_from(ZONES), st.sampled_from(STARTS))
    rules = drawn.draw(st.dictionaries(st.sampled_from(("a", "b", "c")), a_rule, min_size=1))
    noon_ms = ms(f"{around}T12:00Z")
    numbers = st.dictionaries(st.integers(-4 * 96, 4 * 96), st.integers(1, 9), max_size=12)
    slices = {queue: {noon_ms + n * QUARTER_MS: m for n, m in drawn.draw(numbers).items()} for queue in rules}
    first, last = (around + timedelta(days=away) for away in drawn.draw(st.sampled_from([(-2, 2), (0, 1), (-1, 1)])))
    quarters: Quarters = {(Channel.CALL, queue): offered(amounts) for queue, amounts in slices.items()}
    rows = report(quarters, rules, str(first), str(last), Interval.DAY)
    own: dict[tuple[str, int], int] = defaultdict(int)
    by_date: Counter[str] = Counter()
    for queue, rule in rules.items():
        days = slow_days(rule, around)
        begins_ms, ends_ms = slow_start_ms(rule, first), slow_start_ms(rule, last)
        for at_ms, amount in slices[queue].items():
            if begins_ms <= at_ms < ends_ms:
                start_ms, day = slow_day(days, at_ms)
                own[queue, start_ms] += amount
                by_date[str(day)] += amount
    assert own == {(row["queue"], ms(row["from"])): row["offered"] for row in rows if row["queue"] != "*"}
    assert by_date == {row["from"][:10]: row["offered"] for row in rows if row["queue"] == "*"}
    local, absolute = (f"{first}T09:00", f"{last}T03:15"), (f"{first}T09:00Z", f"{last}T12:30+05:30")
    for interval in (None, *Interval):
        for bounds in ((str(first), str(last)), local, absolute):
            sums: Counter[bool] = Counter()
            for row in report(quarters, rules, *bounds, interval):
                sums[row["queue"] == "*"] += row["offered"]
            assert sums[True] == sums[False]


@given(
    rule=st.builds(DayRule, st.sampled_from(ZONES), st.sampled_from(STARTS)),
    day=st.sampled_from(CHANGES),
    quarter=st.integers(-192, 192),
)
def test_report_window_and_plan_have_the_same_day(rule: DayRule, day: str, quarter: int) -> None:
    """The day of a report, the window ``today`` and the day of the planning begin at one instant, and end at one."""
    now_ms = ms(f"{day}T12:00Z") + quarter * QUARTER_MS
    start_ms, its_date = slow_day(slow_days(rule, date.fromisoformat(day)), now_ms)
    plan = day_plan({}, rule, now_ms)
    first, _ = slices_of("today", QUARTER, rule, now_ms)
    ends_ms = slow_start_ms(rule, its_date + timedelta(days=1))
    assert [start_ms] * 4 == [
        interval_start_ms(Interval.DAY, now_ms, rule),
        day_start_ms(rule, now_ms),
        first * QUARTER_MS,
        plan.start_ms,
    ]
    assert [ends_ms, ends_ms] == [plan.end_ms, Bound("--to", str(its_date + timedelta(days=1))).at_ms(rule)]
    assert start_ms == Bound("--from", str(its_date)).at_ms(rule)


NIGHT = DayRule("Europe/Madrid", "06:00")


def test_a_day_from_six_to_six() -> None:
    """The slice at six is the next day's, the one before it the last day's; a date means the day that begins on it."""
    times = ("04T05:45", "04T06:00", "04T22:00", "05T02:00", "05T05:45", "05T06:00")
    at = {text: ms(f"2026-05-{text}+02:00") for text in times}
    quarters: Quarters = {
        (Channel.CALL, "night"): offered({at_ms: 10**n for n, at_ms in enumerate(at.values())}),
        (Channel.CALL, "sales"): offered({at["05T02:00"]: 7}),
    }
    rules = {"night": NIGHT, "sales": DayRule("Europe/Madrid")}
    for first, last in (("2026-05-04", "2026-05-05"), ("2026-05-04T06:00", "2026-05-05T06:00")):
        rows = report(quarters, rules, first, last, Interval.DAY)
        night = [(row["from"], row["offered"]) for row in rows if row["queue"] == "night"]
        assert [("2026-05-04T06:00:00+02:00", 11_110)] == night
    assert [11_110] == [row["offered"] for row in report(quarters, rules, "2026-05-04", "2026-05-05", None)[:1]]
    days = report(quarters, rules, "2026-05-03", "2026-05-06", Interval.DAY)
    fields = ("queue", "from", "day_starts", "time_zone", "offered")
    assert [
        ("*", "2026-05-03T00:00:00+02:00", None, "Europe/Madrid", 1),
        ("*", "2026-05-04T00:00:00+02:00", None, "Europe/Madrid", 11_110),
        ("*", "2026-05-05T00:00:00+02:00", None, "Europe/Madrid", 100_007),
        ("night", "2026-05-03T06:00:00+02:00", "06:00", "Europe/Madrid", 1),
        ("night", "2026-05-04T06:00:00+02:00", "06:00", "Europe/Madrid", 11_110),
        ("night", "2026-05-05T06:00:00+02:00", "06:00", "Europe/Madrid", 100_000),
        ("sales", "2026-05-05T00:00:00+02:00", "00:00", "Europe/Madrid", 7),
    ] == [tuple(row[field] for field in fields) for row in days]


@pytest.mark.parametrize("day,quarters_long", [("2026-03-28", 92), ("2026-10-24", 100), ("2026-05-04", 96)])
def test_a_night_over_a_change_of_the_clocks(day: str, quarters_long: int) -> None:
    """The day from six to six that holds the change has 23 or 25 hours."""
    start_ms = ms(f"{day}T00:00Z")
    quarters: Quarters = {(Channel.CALL, "night"): offered({start_ms + n * QUARTER_MS: 1 for n in range(-96, 3 * 96)})}
    rows = report(quarters, {"night": NIGHT}, day, str(date.fromisoformat(day) + timedelta(days=1)), Interval.DAY)
    assert [("*", quarters_long), ("night", quarters_long)] == [(row["queue"], row["offered"]) for row in rows]


def test_queues_in_several_zones_add_up() -> None:
    """``*`` of a date holds that date of each queue, whenever it was; its ``from`` is then by the settings."""
    quarters: Quarters = {
        (Channel.CALL, "pune"): offered({ms("2026-05-04T18:45Z"): 1, ms("2026-05-05T18:30Z"): 10}),
        (Channel.CALL, "york"): offered({ms("2026-05-06T03:45Z"): 100, ms("2026-05-06T04:00Z"): 1000}),
    }
    rules = {"pune": DayRule("Asia/Kolkata"), "york": DayRule("America/New_York")}
    days = report(quarters, rules, "2026-05-05", "2026-05-07", Interval.DAY)
    fields = ("queue", "from", "day_starts", "time_zone", "offered")
    assert [
        ("*", "2026-05-05T00:00:00+00:00", "00:00", None, 101),
        ("*", "2026-05-06T00:00:00+00:00", "00:00", None, 1010),
        ("pune", "2026-05-05T00:00:00+05:30", "00:00", "Asia/Kolkata", 1),
        ("pune", "2026-05-06T00:00:00+05:30", "00:00", "Asia/Kolkata", 10),
        ("york", "2026-05-05T00:00:00-04:00", "00:00", "America/New_York", 100),
        ("york", "2026-05-06T00:00:00-04:00", "00:00", "America/New_York", 1000),
    ] == [tuple(row[field] for field in fields) for row in days]


def test_hours_stay_those_of_the_clock() -> None:
    """An hour begins on the full hour wherever the day begins; the first is cut where the day begins."""
    rule = DayRule("Europe/Madrid", "06:15")
    start_ms = ms("2026-05-04T06:00+02:00")
    quarters: Quarters = {(Channel.CALL, "a"): offered({start_ms + n * QUARTER_MS: 1 for n in range(8)})}
    hours = report(quarters, {"a": rule}, "2026-05-04", "2026-05-05", Interval.HOUR)
    found = [(row["from"][11:16], row["offered"]) for row in hours if row["queue"] == "a"]
    assert [("06:15", 3), ("07:00", 4)] == found


@pytest.mark.parametrize(
    "language,sentences",
    [
        (
            Language.ENGLISH,
            ["* is the sum of its queues, each by its own days.", "Days of night begin at 06:00 (Europe/Madrid)."],
        ),
        (
            Language.SPANISH,
            [
                "* es la suma de sus colas, cada una con sus propios días.",
                "Los días de night empiezan a las 06:00 (Europe/Madrid).",
            ],
        ),
    ],
)
def test_the_table_says_where_days_begin(language: Language, sentences: list[str]) -> None:
    """People read whose day a row is; where all queues share one, a single sentence says it."""
    rules = {"night": NIGHT, "sales": DayRule("Europe/Madrid")}
    at_ms = ms("2026-05-04T12:00Z")
    quarters: Quarters = {(Channel.CALL, queue): offered({at_ms: 1}) for queue in rules}
    lines = render(report(quarters, rules, "2026-05-04", "2026-05-05", Interval.DAY), "table", language).splitlines()
    assert set(sentences) <= set(lines)
    alone = render(report(quarters, dict.fromkeys(rules, NIGHT), "2026-05-04", "2026-05-05", None), "table", language)
    one = {"en": "Days begin at 06:00 (Europe/Madrid).", "es": "Los días empiezan a las 06:00 (Europe/Madrid)."}
    assert one[language] == alone.splitlines()[-1]


def test_an_old_name_gives_the_terminal_no_orders() -> None:
    """Control characters of a queue named before they were refused are shown escaped, in rows and in sentences."""
    quarters: Quarters = {(Channel.CALL, "a\x1b[2J"): offered({ms("2026-05-04T12:00Z"): 1})}
    quarters = {**quarters, (Channel.CALL, "b"): offered({ms("2026-05-04T12:00Z"): 1})}
    text = render(report(quarters, {"b": NIGHT}, "2026-05-04", "2026-05-05", None), "table")
    assert ("\x1b" in text, text.count("a\\x1b[2J")) == (False, 2)


def test_a_range_that_is_empty_for_one_queue_says_whose_days() -> None:
    """A date and a time may be in order for one queue only: the sentence names the start of the day."""
    quarters: Quarters = {(Channel.CALL, "night"): offered({ms("2026-05-04T12:00Z"): 1})}
    with pytest.raises(UserError, match=r"--to must be later than --from; .*days begin at 06:00 in Europe/Madrid"):
        report(quarters, {"night": NIGHT}, "2026-05-04", "2026-05-04T05:00", None)


def test_rules_follow_the_policy_in_force_now() -> None:
    """As for the window ``today``: the day start and zone of the newest policy that has begun; else the settings."""
    now_ms = ms("2026-05-05T00:00Z")
    settings = Settings(
        time_zone="America/Lima",
        queues={
            "night": [
                {"channel": "call", "day_starts": "06:00"},
                {"channel": "call", "day_starts": "07:00", "since": "2026-05-04T00:00:00Z", "time_zone": "Asia/Tokyo"},
                {"channel": "call", "day_starts": "08:00", "since": "2026-05-06T00:00:00Z"},
            ]
        },
    )
    rules, lima = day_rules(settings, now_ms), DayRule("America/Lima")
    found = [rules(Channel.CALL, "night"), rules(Channel.CHAT, "night"), rules(Channel.CALL, "*")]
    assert [DayRule("Asia/Tokyo", "07:00"), lima, lima] == found
    before = day_rules(settings, now_ms - 2 * DAY_MS - HOUR_MS)
    assert DayRule("America/Lima", "06:00") == before(Channel.CALL, "night")
