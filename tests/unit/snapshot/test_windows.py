"""Windows against an oracle that scans every slice each time."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.snapshot.windows import (
    HISTORY_MS,
    SLACK_MS,
    SPANS_MS,
    TODAY,
    WINDOWS,
    Cells,
    DayRule,
    RollingSums,
    day_start_ms,
    tier_of,
)
from streams.common.durations import DAY_MS, HOUR_MS, MINUTE_MS
from streams.numbers.tiers import MINUTE, QUARTER, TEN_SECONDS, TIERS, Tier

KEPT_MS = {TEN_SECONDS: 2 * HOUR_MS, MINUTE: 26 * HOUR_MS, QUARTER: 36 * DAY_MS}
RULES = {"madrid": DayRule("Europe/Madrid"), "pune": DayRule("Asia/Kolkata", "06:15")}
Slices = dict[tuple[str, Tier, int], Cells]


def ms(text: str) -> int:
    """Epoch milliseconds of an ISO time with an offset."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


CLOCKS_GO_FORWARD_MS = ms("2026-03-29T03:00:00+02:00")


def scanned(slices: Slices, window: str, row: str, now_ms: int) -> Cells:
    """The slow way: every slice whose start lies in the window."""
    tier = tier_of(window, KEPT_MS)
    sums: Cells = {}
    for (its_row, its_tier, number), cells in slices.items():
        start_ms = number * its_tier.width_ms
        inside = now_ms - SPANS_MS[window] < start_ms <= now_ms
        if window == TODAY:
            inside = inside and start_ms >= day_start_ms(RULES[row], now_ms)
        if its_row == row and its_tier is tier and inside:
            for code, amount in cells.items():
                sums[code] = sums.get(code, 0) + amount
    return {code: amount for code, amount in sums.items() if amount}


def filled(slices: Slices, now_ms: int) -> RollingSums[str]:
    """Rolling sums that begin with these slices at ``now_ms``."""
    sums = RollingSums[str](KEPT_MS, RULES.__getitem__)
    sums.advance(now_ms)
    sums.defer()
    for (row, tier, number), cells in slices.items():
        sums.add(row, tier, number, cells)
    sums.settle()
    return sums


AGES_MS = st.one_of(
    st.integers(-20 * MINUTE_MS, 70 * MINUTE_MS),
    st.integers(0, 27 * HOUR_MS),
    st.integers(0, 30 * DAY_MS),
    st.integers(-8 * DAY_MS, 0),
)
"""Slices of the future among them: what is due then, if nothing happens before."""
CHANGES = st.tuples(
    st.sampled_from(sorted(RULES)),
    st.sampled_from(TIERS),
    AGES_MS,
    st.dictionaries(st.integers(1, 4), st.integers(1, 9), max_size=3),
)
MOVES_MS = st.one_of(
    st.integers(0, 30_000),
    st.integers(-30_000, 0),
    st.integers(-2 * HOUR_MS, 3 * HOUR_MS),
    st.integers(-40 * DAY_MS, 40 * DAY_MS),
)


@given(st.lists(st.one_of(CHANGES, MOVES_MS), max_size=40))
def test_rolling_sums_equal_a_rescan(steps: list[tuple[str, Tier, int, Cells] | int]) -> None:
    """Whatever slices change and wherever now moves, every window holds what a scan of all slices finds."""
    now_ms = CLOCKS_GO_FORWARD_MS
    slices: Slices = {}
    sums = filled(slices, now_ms)
    for step in steps:
        if isinstance(step, int):
            now_ms += step
            if not sums.advance(now_ms):
                sums = filled(slices, now_ms)
        else:
            row, tier, age_ms, cells = step
            key = row, tier, (now_ms - age_ms) // tier.width_ms
            sums.add(*key, slices.pop(key, {}), -1)
            sums.add(*key, cells)
            slices[key] = cells
        for window in WINDOWS:
            for name in RULES:
                assert scanned(slices, window, name, now_ms) == sums.sums(window, name), (window, name)


@pytest.mark.parametrize("window", [window for window in WINDOWS if window != TODAY])
def test_a_window_holds_what_begins_after_its_edge(window: str) -> None:
    """A slice that begins exactly W before now is out; the next one, and the one that begins now, are in."""
    tier = tier_of(window, KEPT_MS)
    now_ms = CLOCKS_GO_FORWARD_MS
    edge, last = (now_ms - SPANS_MS[window]) // tier.width_ms, now_ms // tier.width_ms
    slices: Slices = {
        ("madrid", tier, edge): {1: 1},
        ("madrid", tier, edge + 1): {1: 10},
        ("madrid", tier, last): {1: 100},
        ("madrid", tier, last + 1): {1: 1000},
    }
    assert {1: 110} == filled(slices, now_ms).sums(window, "madrid")


def test_a_slice_of_the_future_counts_when_its_time_comes() -> None:
    """An amount written into a due time joins the window when now reaches the slice."""
    now_ms = CLOCKS_GO_FORWARD_MS
    sums = filled({("madrid", TEN_SECONDS, now_ms // 10_000 + 1): {1: 7}}, now_ms)
    found = [dict(sums.sums("5m", "madrid"))]
    for at_ms in (now_ms + 9_999, now_ms + 10_000, now_ms + 310_000):
        sums.advance(at_ms)
        found.append(dict(sums.sums("5m", "madrid")))
    assert [{}, {}, {1: 7}, {}] == found


@pytest.mark.parametrize("window", [window for window in WINDOWS if window != TODAY])
@pytest.mark.parametrize("due_in_ms", [20 * MINUTE_MS, 25 * HOUR_MS, 7 * DAY_MS])
def test_a_due_time_far_ahead_joins_every_window_once(window: str, due_in_ms: int) -> None:
    """It is in no window before its slice begins, in each from then on, and gone as long after as the window is."""
    tier = tier_of(window, KEPT_MS)
    number = (CLOCKS_GO_FORWARD_MS + due_in_ms) // tier.width_ms
    start_ms = number * tier.width_ms
    sums = filled({("madrid", tier, number): {1: 7}}, CLOCKS_GO_FORWARD_MS)
    found = []
    for at_ms in (start_ms - 1, start_ms, start_ms + SPANS_MS[window] - 1, start_ms + SPANS_MS[window]):
        sums.advance(at_ms)
        found.append(dict(sums.sums(window, "madrid")))
    assert [{}, {1: 7}, {1: 7}, {}] == found


def test_what_was_due_can_be_taken_back() -> None:
    """An amount of the future that is retracted, one by one or with everything else, leaves nothing when now comes."""
    number = (CLOCKS_GO_FORWARD_MS + 7 * DAY_MS) // QUARTER.width_ms
    slices: Slices = {("madrid", QUARTER, number): {1: 7}, ("pune", QUARTER, number): {1: 5}}
    sums = filled(slices, CLOCKS_GO_FORWARD_MS)
    sums.add("madrid", QUARTER, number, {1: 7}, -1)
    sums.defer()
    sums.add("pune", QUARTER, number, {1: 5}, -1)
    sums.add("pune", QUARTER, number + 1, {1: 3})
    sums.settle()
    sums.advance((number + 2) * QUARTER.width_ms)
    assert ({}, {1: 3}) == (sums.sums("7d", "madrid"), sums.sums("7d", "pune"))
    assert ["pune"] == list(sums.rows())


@given(
    st.lists(CHANGES, max_size=20),
    st.integers(0, 60 * DAY_MS),
    st.integers(-31 * DAY_MS, 9 * DAY_MS),
    st.integers(0, 40 * DAY_MS),
)
def test_quarters_are_those_of_the_past_in_order(
    changes: list[tuple[str, Tier, int, Cells]], moved_ms: int, after_ms: int, span_ms: int
) -> None:
    """Of a row are given the quarters that begin in the range, none that begins after now or was let go."""
    sums = filled({}, CLOCKS_GO_FORWARD_MS)
    expected: dict[int, Counter[int]] = {}
    now_ms = CLOCKS_GO_FORWARD_MS + moved_ms
    first_ms = now_ms + after_ms
    for row, tier, age_ms, cells in changes:
        number = (CLOCKS_GO_FORWARD_MS - age_ms) // tier.width_ms
        sums.add(row, tier, number, cells)
        start_ms = number * tier.width_ms
        past = tier is QUARTER and now_ms - HISTORY_MS <= start_ms <= now_ms
        if row == "pune" and cells and past and first_ms <= start_ms < first_ms + span_ms:
            expected.setdefault(start_ms, Counter()).update(cells)
    sums.advance(now_ms)
    found = list(sums.quarters("pune", first_ms, first_ms + span_ms))
    kept = [(start_ms, cells) for start_ms, cells in found if start_ms >= now_ms - HISTORY_MS]
    assert sorted(expected.items()) == kept
    assert all(now_ms - HISTORY_MS - SLACK_MS < start_ms for start_ms, _ in found)


def test_quarters_are_kept_whatever_serves_the_windows() -> None:
    """Where the minutes are kept for weeks and serve every window, planners still find their quarters."""
    sums = RollingSums[str]({**KEPT_MS, MINUTE: 60 * DAY_MS}, RULES.__getitem__)
    number = CLOCKS_GO_FORWARD_MS // QUARTER.width_ms
    sums.advance(CLOCKS_GO_FORWARD_MS)
    sums.add("madrid", QUARTER, number, {1: 1})
    sums.advance(CLOCKS_GO_FORWARD_MS + 28 * DAY_MS)
    assert [(number * QUARTER.width_ms, {1: 1})] == list(sums.quarters("madrid", 0, CLOCKS_GO_FORWARD_MS + 1))


def test_changed_rows_are_named_once() -> None:
    """A row is reported for the windows whose sums changed, and not again until they change again."""
    sums = filled({}, CLOCKS_GO_FORWARD_MS)
    sums.add("madrid", TEN_SECONDS, CLOCKS_GO_FORWARD_MS // 10_000 - 100, {1: 1})
    assert {"30m": {"madrid"}, "1h": {"madrid"}} == dict(sums.take_changed())
    assert {} == dict(sums.take_changed())


def test_new_day_rules_apply_at_once() -> None:
    """When a policy with another beginning of the day comes into force, today is counted anew."""
    now_ms = ms("2026-05-05T08:00:00+02:00")
    slices: Slices = {("madrid", MINUTE, ms("2026-05-05T05:00:00+02:00") // MINUTE.width_ms): {1: 1}}
    sums = filled(slices, now_ms)
    before = dict(sums.sums(TODAY, "madrid"))
    sums.change_rules(lambda row: DayRule("Europe/Madrid", "06:00"))
    assert ({1: 1}, {}) == (before, sums.sums(TODAY, "madrid"))


@pytest.mark.parametrize(
    "rule,now,expected",
    [
        (DayRule("UTC"), "2026-05-05T00:00:00+00:00", "2026-05-05T00:00:00+00:00"),
        (DayRule("UTC"), "2026-05-04T23:59:59+00:00", "2026-05-04T00:00:00+00:00"),
        (DayRule("Europe/Madrid"), "2026-03-29T12:00:00+02:00", "2026-03-29T00:00:00+01:00"),
        (DayRule("Europe/Madrid"), "2026-10-25T12:00:00+01:00", "2026-10-25T00:00:00+02:00"),
        (DayRule("Europe/Madrid", "06:00"), "2026-05-05T05:59:59+02:00", "2026-05-04T06:00:00+02:00"),
        (DayRule("Europe/Madrid", "06:00"), "2026-05-05T06:00:00+02:00", "2026-05-05T06:00:00+02:00"),
        (DayRule("Europe/Madrid", "02:30"), "2026-03-29T04:00:00+02:00", "2026-03-29T03:30:00+02:00"),
        (DayRule("America/Sao_Paulo"), "2018-11-04T12:00:00-02:00", "2018-11-04T01:00:00-02:00"),
        (DayRule("Asia/Kolkata"), "2026-05-05T00:15:00+05:30", "2026-05-05T00:00:00+05:30"),
    ],
)
def test_a_day_begins_by_the_queues_own_clock(rule: DayRule, now: str, expected: str) -> None:
    """Today begins at midnight or at ``day_starts`` in the queue's zone, on days of 23 and 25 hours too."""
    assert datetime.fromisoformat(expected) == datetime.fromtimestamp(
        day_start_ms(rule, ms(now)) / 1000, ZoneInfo(rule.zone)
    )


@pytest.mark.parametrize(
    "kept_ms,window,expected",
    [
        (KEPT_MS, "1h", TEN_SECONDS),
        (KEPT_MS, TODAY, MINUTE),
        (KEPT_MS, "24h", MINUTE),
        (KEPT_MS, "7d", QUARTER),
        ({**KEPT_MS, TEN_SECONDS: HOUR_MS - 1}, "1h", MINUTE),
        ({**KEPT_MS, MINUTE: DAY_MS}, TODAY, QUARTER),
        ({**KEPT_MS, QUARTER: DAY_MS}, "28d", QUARTER),
    ],
)
def test_the_finest_tier_that_covers_a_window_serves_it(kept_ms: dict[Tier, int], window: str, expected: Tier) -> None:
    """A tier that is not kept as long as the window reaches leaves it to the next wider one."""
    assert expected == tier_of(window, kept_ms)


def test_a_slice_that_is_kept_costs_some_hundred_bytes() -> None:
    """200 queues with four weeks of slices, percentiles included, fit into a few hundred megabytes."""
    sums = RollingSums[str](KEPT_MS, lambda _: RULES["madrid"])
    slices = 2_000
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(slices):
        counts = {code: number * code for code in range(1, 26)}
        buckets = {-(1_500 + 7 * bucket): 1 + number % 3 for bucket in range(40)}
        sums.add("madrid", QUARTER, number, counts | buckets)
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (after - before) / slices < 700
