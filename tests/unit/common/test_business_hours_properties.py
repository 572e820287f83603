"""The business clock on any calendar: its laws, and a minute-by-minute oracle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from streams.common.business_hours import DAY_MS, MINUTE_MS, BusinessClock, Calendar, Kind, Periods
from tests.oracles import business_hours_oracle as oracle
from tests.support.covers import covers

WEEK_MS = 7 * DAY_MS
EPOCH = date(1970, 1, 1)
JUMPS = (
    ("Europe/Madrid", "2026-03-29"), ("Europe/Madrid", "2026-10-25"), ("America/Santiago", "2026-04-05"),
    ("America/Santiago", "2026-09-06"), ("Asia/Jerusalem", "2026-03-27"), ("Asia/Jerusalem", "2026-10-25"),
    ("Pacific/Chatham", "2026-04-05"), ("Pacific/Chatham", "2026-09-27"), ("Australia/Lord_Howe", "2026-10-04"),
    ("America/St_Johns", "2010-11-07"), ("Africa/Casablanca", "2026-02-15"), ("Pacific/Apia", "2011-12-30"),
    ("UTC", "2026-12-31"), ("Asia/Kathmandu", "2026-12-31"), ("UTC", "2026-10-22"), ("Europe/Madrid", "1976-03-28"),
)  # fmt: skip
"""Days around which a wall clock jumps, a year ends, or (2026-10-22) the sums of open time begin anew."""


class Scene(NamedTuple):
    """The same desk for the clock and for the oracle, with the minute (since 1970) in the middle of what is asked."""

    clock: BusinessClock
    desk: oracle.Desk
    middle: int


def text(minutes: int) -> str:
    """Minutes of the day as people write them."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


@st.composite
def periods(draw: st.DrawFn) -> Periods:
    """Up to three periods of a day; some touch, some end at midnight."""
    whole_day = st.just([0, 1440])
    some = st.lists(st.integers(0, 96).map(lambda quarter: quarter * 15), max_size=6, unique=True).map(sorted)
    borders = draw(st.one_of(some, some, whole_day))
    return tuple(zip(borders[::2], borders[1::2], strict=False))


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """Any week, in a zone about to change its time, with dates closed and special around that day."""
    zone, day = draw(st.sampled_from(JUMPS))
    middle = date.fromisoformat(day)
    week = draw(st.tuples(*[periods()] * 7))
    near = st.integers(-3, 3).map(lambda days: middle + timedelta(days=days))
    closed = sorted(draw(st.sets(near, max_size=2)))
    special = draw(st.dictionaries(near, periods(), max_size=2))
    calendar = Calendar(
        zone,
        week,
        tuple((each - EPOCH).days for each in closed),
        tuple(((each - EPOCH).days, own) for each, own in sorted(special.items())),
    )
    desk = oracle.Desk(
        zone,
        [written(own) for own in week],
        [str(each) for each in closed],
        {str(each): written(own) for each, own in special.items()},
    )
    return Scene(BusinessClock(calendar), desk, (middle - EPOCH).days * 1440)


def written(own: Periods) -> list[tuple[str, str]]:
    """Periods for the oracle."""
    return [(text(begin), text(end)) for begin, end in own]


def near(hours: int, unit: int = 1) -> st.SearchStrategy[int]:
    """Steps of ``unit`` up to some hours before and after the middle."""
    return st.integers(-hours * 60 * unit, hours * 60 * unit)


def to_ms(scene: Scene, offset: int, unit: int = MINUTE_MS) -> int:
    return scene.middle * MINUTE_MS + offset * unit


Held = list[tuple[int, int | None]]


def pauses(hours: int, unit: int = 1, open_ended: bool = True) -> st.SearchStrategy[Held]:
    """Pauses in any order that may overlap; at times one without an end."""
    end: st.SearchStrategy[int | None] = near(hours, unit)
    return st.lists(st.tuples(near(hours, unit), st.one_of(end, end, st.none()) if open_ended else end), max_size=4)


def held(scene: Scene, offsets: Held, unit: int = MINUTE_MS) -> Held:
    return [(to_ms(scene, begin, unit), None if end is None else to_ms(scene, end, unit)) for begin, end in offsets]


@covers(
    "contact_center_first_response_seconds{clock=business}",
    "contact_center_resolution_seconds{clock=business|net}",
    "contact_center_queue_open",
)
@given(scenes(), st.tuples(near(40), near(40)), pauses(40))
def test_like_the_oracle(scene: Scene, ends: tuple[int, int], offsets: Held) -> None:
    """Elapsed time and its explanation are what looking at the wall clock each minute finds."""
    start, until = (scene.middle + offset for offset in sorted(ends))
    stopped = held(scene, offsets)
    minutes = oracle.kinds(scene.desk, start, until, [(a // MINUTE_MS, b and b // MINUTE_MS) for a, b in stopped])
    elapsed = scene.clock.elapsed_ms(start * MINUTE_MS, until * MINUTE_MS, stopped)
    stretches = scene.clock.explain(start * MINUTE_MS, until * MINUTE_MS, stopped)
    assert minutes.count("counted") * MINUTE_MS == elapsed
    assert minutes == [str(kind) for begin, end, kind in stretches for _ in range(begin // MINUTE_MS, end // MINUTE_MS)]


@covers(
    "contact_center_first_response_within_ratio{limit=target}",
    "contact_center_tickets_overdue",
    "contact_center_tickets_due_soon",
)
@given(scenes(), near(30), st.integers(0, 40 * 60), pauses(30))
def test_due_like_the_oracle(scene: Scene, offset: int, allowed: int, offsets: Held) -> None:
    """The due time, the next opening and whether the desk is open are what the oracle finds within four days."""
    start = scene.middle + offset
    horizon = start + 4 * 1440
    stopped = held(scene, offsets)
    in_minutes = [(a // MINUTE_MS, b and b // MINUTE_MS) for a, b in stopped]
    due = scene.clock.due_ms(start * MINUTE_MS, allowed * MINUTE_MS, stopped)
    opening = scene.clock.next_opening_ms(start * MINUTE_MS)

    def seen(time_ms: int | None) -> int | None:
        return None if time_ms is None or time_ms > horizon * MINUTE_MS else time_ms

    def found(minute: int | None) -> int | None:
        return None if minute is None else minute * MINUTE_MS

    assert found(oracle.due(scene.desk, start, allowed, horizon, in_minutes)) == seen(due)
    assert found(oracle.next_opening(scene.desk, start, horizon + 1)) == seen(opening)
    assert scene.clock.is_open(start * MINUTE_MS) is (oracle.kind(scene.desk, start) == "counted")


@given(scenes(), st.tuples(*[near(2000, 1000)] * 3).map(sorted), pauses(2000, 1000))
def test_additive_and_monotone(scene: Scene, offsets: Sequence[int], stops: Held) -> None:
    """Two stretches in a row elapse like the whole; a longer one never elapses less, nor more than all time."""
    first, second, third = (to_ms(scene, offset, 60) for offset in offsets)
    stopped = held(scene, stops, 60)
    whole = scene.clock.elapsed_ms(first, third, stopped)
    begin, end = scene.clock.elapsed_ms(first, second, stopped), scene.clock.elapsed_ms(second, third, stopped)
    assert whole == begin + end
    assert 0 <= begin <= whole <= third - first


@given(scenes(), near(200, 1000), st.integers(1, 500 * 3_600_000), pauses(200, 1000))
def test_due_is_the_inverse(scene: Scene, offset: int, allowed_ms: int, stops: Held) -> None:
    """By the due time exactly the allowed time has elapsed, and a millisecond earlier not; never due, it never does."""
    start, stopped = to_ms(scene, offset, 60), held(scene, stops, 60)
    due = scene.clock.due_ms(start, allowed_ms, stopped)
    if due is None:
        assert scene.clock.elapsed_ms(start, start + 3650 * DAY_MS, stopped) < allowed_ms
    else:
        assert allowed_ms == scene.clock.elapsed_ms(start, due, stopped)
        assert allowed_ms - 1 == scene.clock.elapsed_ms(start, due - 1, stopped)


@given(scenes(), st.tuples(near(2000, 1000), near(2000, 1000)).map(sorted), pauses(2000, 1000))
def test_due_after_what_elapsed(scene: Scene, offsets: Sequence[int], stops: Held) -> None:
    """Elapsed time is due at the instant itself, or at the last counted instant before it."""
    first, second = (to_ms(scene, offset, 60) for offset in offsets)
    stopped = held(scene, stops, 60)
    elapsed = scene.clock.elapsed_ms(first, second, stopped)
    due = scene.clock.due_ms(first, elapsed, stopped)
    assert due is not None
    assert due <= second
    assert scene.clock.elapsed_ms(due, second, stopped) == 0


@given(scenes(), st.tuples(near(300, 1000), near(300, 1000)).map(sorted), pauses(300, 1000))
def test_explanations_add_up(scene: Scene, offsets: Sequence[int], stops: Held) -> None:
    """Stretches follow each other without a gap from begin to end, change their kind, and the counted sum up."""
    first, second = (to_ms(scene, offset, 60) for offset in offsets)
    stopped = held(scene, stops, 60)
    stretches = scene.clock.explain(first, second, stopped)
    counted = sum(end - begin for begin, end, kind in stretches if kind is Kind.COUNTED)
    assert scene.clock.elapsed_ms(first, second, stopped) == counted
    if first < second:
        assert (first, second) == (stretches[0].from_ms, stretches[-1].to_ms)
    for one, following in pairwise(stretches):
        assert one.to_ms == following.from_ms
        assert one.kind is not following.kind


@given(scenes(), st.tuples(near(300), near(300)).map(sorted), pauses(300), st.integers(0, 3))
def test_pauses_are_a_set(scene: Scene, offsets: Sequence[int], stops: Held, cut: int) -> None:
    """Order, overlap, repetition and cutting pauses in two change nothing."""
    first, second = (to_ms(scene, offset) for offset in offsets)
    stopped = held(scene, stops)
    pieces: Held = []
    for begin, end in reversed(stopped):
        if end is not None and begin < end:
            border = begin + (end - begin) * cut // 3
            pieces += [(border, end), (begin, border)]
        else:
            pieces.append((begin, end))
    assert scene.clock.elapsed_ms(first, second, stopped) == scene.clock.elapsed_ms(first, second, pieces + stopped)
    assert scene.clock.due_ms(first, DAY_MS, stopped) == scene.clock.due_ms(first, DAY_MS, pieces + stopped)


@given(scenes(), st.tuples(near(300), near(300)).map(sorted), pauses(300, open_ended=False), st.integers(0, WEEK_MS))
def test_pauses_outside_open_hours(scene: Scene, offsets: Sequence[int], stops: Held, allowed_ms: int) -> None:
    """A pause of closed hours, added to any others, changes neither what elapsed nor what is due."""
    first, second = (to_ms(scene, offset) for offset in offsets)
    stopped = held(scene, stops)
    night: Held = [
        (begin, end)
        for begin, end, kind in scene.clock.explain(first - WEEK_MS, second + WEEK_MS)
        if kind in (Kind.CLOSED, Kind.HOLIDAY)
    ]
    assert scene.clock.elapsed_ms(first, second, stopped) == scene.clock.elapsed_ms(first, second, stopped + night)
    assert scene.clock.due_ms(first, allowed_ms, stopped) == scene.clock.due_ms(first, allowed_ms, stopped + night)


@given(
    st.tuples(*[periods()] * 7),
    st.sampled_from(("UTC", "Europe/Madrid", "Asia/Kathmandu")),
    st.tuples(st.integers(0, 30 * DAY_MS), st.integers(0, 30 * DAY_MS)).map(sorted),
    st.integers(1, 12),
)
def test_shift_by_weeks(week: tuple[Periods, ...], zone: str, times: Sequence[int], weeks: int) -> None:
    """Where no wall clock changes and nothing is closed out of turn, every week is like every other."""
    clock = BusinessClock(Calendar(zone, week))  # type: ignore[arg-type]  # hypothesis types tuples of unknown length
    spring = round(datetime(2026, 4, 10, tzinfo=UTC).timestamp() * 1000)
    first, second = (spring + time for time in times)
    shift = weeks * WEEK_MS
    due, shifted = clock.due_ms(first, WEEK_MS // 7), clock.due_ms(first + shift, WEEK_MS // 7)
    assert clock.elapsed_ms(first, second) == clock.elapsed_ms(first + shift, second + shift)
    if due is not None and due < spring + 60 * DAY_MS:
        assert due + shift == shifted
