"""Topics that grow against the same hours of earlier weeks."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.planning.trends import About, Trend, row_trends, trends_of, weeks_seen
from streams.common.vocabulary import Channel
from tests.oracles import planning_oracle
from tests.oracles.planning_oracle import Slices
from tests.support.slices_of_weeks import NOWS_MS, ZONES, at, ms, quarters, weeks_before

NOW = ms("2026-11-18T12:05:00+00:00")
TODAY = "2026-11-18T11:45:00+00:00"
RUNNING = "2026-11-18T12:00:00+00:00"
A_WEEK_AGO, TWO_WEEKS_AGO = "2026-11-11T11:45:00+00:00", "2026-11-04T11:45:00+00:00"


def trends(*rows: Slices, span: str = "24h", about: About = About.CONTACTS) -> list[Trend]:
    """The trends of call queues in UTC."""
    return trends_of([row_trends(Channel.CALL, quarters(slices), "UTC", NOW) for slices in rows], span, about)


def test_a_topic_that_grows_by_hand() -> None:
    """12 now for a mean of 4 over two weeks with traffic: three times as many, 8 more than expected."""
    found = trends(
        [
            at(TODAY, offered=12, contacts={"fibre": 12, "bill": 6}),
            at(A_WEEK_AGO, offered=9, contacts={"fibre": 2, "bill": 7}),
            at(TWO_WEEKS_AGO, offered=12, contacts={"fibre": 6, "bill": 5}),
        ]
    )
    assert [Trend("fibre", 12, Fraction(4))] == found
    assert [(Fraction(3), Fraction(8))] == [(trend.growth, trend.excess) for trend in found]


def test_a_topic_that_nobody_asked_about_before_is_new() -> None:
    """A topic without any expected contact is new: it has no quotient, and trends."""
    (trend,) = trends([at(TODAY, offered=5, contacts={"flood": 5}), at(A_WEEK_AGO, offered=1)])
    assert (Trend("flood", 5, Fraction(0)), None) == (trend, trend.growth)


@pytest.mark.parametrize(
    "topic,amount,before",
    [("flood", 4, 0), ("other", 50, 0), ("flood", 7, 7), ("flood", 7, 8)],
    ids=["fewer than five", "what was folded", "as many as ever", "fewer than ever"],
)
def test_what_does_not_trend(topic: str, amount: int, before: int) -> None:
    """Noise, the topics past the bound, and a usual number of contacts are no trends."""
    was = {"contacts": {topic: before}} if before else {}
    assert [] == trends([at(TODAY, offered=50, contacts={topic: amount}), at(A_WEEK_AGO, offered=1, **was)])


def test_without_an_earlier_week_nothing_trends() -> None:
    """Without an earlier week nothing trends: every topic would look new."""
    assert [] == trends([at(TODAY, offered=50, contacts={"flood": 50})])


def test_of_the_running_quarter_of_earlier_weeks_only_what_is_over_counts() -> None:
    """Five minutes into the quarter, a third of last week's 30 is expected by now."""
    found = trends(
        [
            at(RUNNING, offered=20, contacts={"fibre": 20}),
            at("2026-11-11T12:00:00+00:00", offered=30, contacts={"fibre": 30}),
        ]
    )
    assert [Trend("fibre", 20, Fraction(10))] == found


def test_the_last_hour_is_its_four_quarters() -> None:
    """A slice that began an hour ago or earlier is in the 24 hours only; a quiet hour of a day with traffic is data."""
    rows: Slices = [
        at("2026-11-18T11:00:00+00:00", offered=9, contacts={"fibre": 9}),
        at("2026-11-18T11:15:00+00:00", offered=6, contacts={"fibre": 6}),
        at("2026-11-11T09:00:00+00:00", offered=1, contacts={"fibre": 1}),
    ]
    assert [Trend("fibre", 6, Fraction(0))] == trends(rows, span="1h")
    assert [Trend("fibre", 15, Fraction(1))] == trends(rows)


def test_a_span_begins_after_its_edge() -> None:
    """A slice that began exactly an hour ago is out of the last hour, the one that begins now is in."""
    slices = [
        at("2026-11-18T11:00:00+00:00", offered=50, contacts={"fibre": 50}),
        at(RUNNING, offered=7, contacts={"fibre": 7}),
        at("2026-11-11T09:00:00+00:00", offered=1),
    ]
    row = row_trends(Channel.CALL, quarters(slices), "UTC", ms(RUNNING))
    assert [Trend("fibre", 7, Fraction(0))] == trends_of([row], "1h", About.CONTACTS)


def test_a_week_in_which_nobody_came_is_no_data() -> None:
    """Repeats counted on a holiday neither raise the mean nor thin it."""
    rows: Slices = [
        at(TODAY, offered=9, repeats={"bill": 9}),
        at(A_WEEK_AGO, repeats={"bill": 40}),
        at(TWO_WEEKS_AGO, offered=9, repeats={"bill": 6}),
    ]
    assert [Trend("bill", 9, Fraction(6))] == trends(rows, about=About.REPEATS)


def test_queues_are_added_up_before_they_are_compared() -> None:
    """Queues are summed before the comparison: 3 and 4 make the 7 that are listed; a week counts if any queue had
    traffic."""
    rows: list[Slices] = [
        [at(TODAY, offered=3, contacts={"fibre": 3}), at(TWO_WEEKS_AGO, offered=2, contacts={"fibre": 2})],
        [at(TODAY, offered=4, contacts={"fibre": 4}), at(A_WEEK_AGO, offered=4, contacts={"fibre": 4})],
    ]
    assert [Trend("fibre", 7, Fraction(3))] == trends(*rows)
    seen = weeks_seen(row_trends(Channel.CALL, quarters(slices), "UTC", NOW) for slices in rows)
    assert (True, True, False, False) == seen
    assert (False,) * 4 == weeks_seen([])


def test_repeats_trend_by_themselves() -> None:
    """Repeated contacts are compared with repeated contacts."""
    rows: Slices = [
        at(TODAY, offered=9, contacts={"fibre": 9}, repeats={"bill": 6}),
        at(A_WEEK_AGO, offered=9, contacts={"fibre": 9}, repeats={"bill": 2}),
    ]
    assert [Trend("bill", 6, Fraction(2))] == trends(rows, about=About.REPEATS)


def test_twenty_topics_are_listed_by_their_excess() -> None:
    """Twenty topics are listed, the greatest excess first, equals by name."""
    now = {f"t{number:02}": 5 + number // 2 for number in range(30)} | {"usual": 100}
    found = trends([at(TODAY, offered=9, contacts=now), at(A_WEEK_AGO, offered=1, contacts={"usual": 89})])
    expected = ["t28", "t29", "t26", "t27", "t24", "t25", "t22", "t23", "t20", "t21", "t18", "t19", "t16", "t17"]
    expected += ["t14", "t15", "t12", "t13", "usual", "t10"]
    assert expected == [trend.topic for trend in found]


@settings(max_examples=60)
@given(st.data(), NOWS_MS, st.lists(st.sampled_from(ZONES), min_size=1, max_size=2))
def test_any_weeks_equal_the_oracle(data: st.DataObject, now_ms: int, zones: list[str]) -> None:
    """Any history of queues in any time zones gives the trends of the oracle, for both spans."""
    rows = [(data.draw(weeks_before(now_ms)), zone) for zone in zones]
    channel, arrivals = data.draw(st.sampled_from([(Channel.CHAT, "offered"), (Channel.TICKET, "opened")]))
    parts = [row_trends(channel, quarters(slices), zone, now_ms) for slices, zone in rows]
    for about in About:
        for span, hours in (("24h", 24), ("1h", 1)):
            expected = planning_oracle.trends(rows, now_ms, hours, about.value, arrivals)
            assert expected == [tuple(trend) for trend in trends_of(parts, span, about)], (span, about)
