"""The business clock case by case: those that its definition names, edges, and days on which the wall clock jumps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from streams.common.business_hours import ALWAYS_OPEN, DAY_MS, WHOLE_DAY, BusinessClock, Calendar, Kind, Periods

MADRID = "Europe/Madrid"
HOUR_MS = 3_600_000
CLOSED: Periods = ()
OFFICE: Periods = ((9 * 60, 17 * 60),)
SPLIT: Periods = ((8 * 60, 12 * 60), (13 * 60 + 30, 18 * 60))
FRIDAY, SATURDAY, MONDAY, WEDNESDAY = "2026-11-20", "2026-11-21", "2026-11-23", "2026-11-25"


def ms(text: str, zone: str = MADRID, fold: int = 0) -> int:
    """Epoch milliseconds of a time on the wall, ``2026-11-20 16:30``; the second of two with ``fold`` 1."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def day_number(text: str) -> int:
    """Days from 1970-01-01 to a date."""
    return ms(text, "UTC") // DAY_MS


def weekdays(periods: Periods, zone: str = MADRID, closed: tuple[str, ...] = (), **special: Periods) -> BusinessClock:
    """A desk that is open from Monday to Friday; ``special`` dates are written ``d2026_12_24``."""
    days = tuple((day_number(name[1:].replace("_", "-")), own) for name, own in special.items())
    week = (periods, periods, periods, periods, periods, CLOSED, CLOSED)
    return BusinessClock(Calendar(zone, week, tuple(map(day_number, closed)), days))


def every_day(periods: Periods, zone: str) -> BusinessClock:
    """A desk that is open on all days."""
    return BusinessClock(Calendar(zone, (periods,) * 7))


OFFICE_CLOCK = weekdays(OFFICE)
NEVER = BusinessClock(Calendar("UTC", (CLOSED,) * 7))


@pytest.mark.parametrize(
    "opened,hours,pauses,expected",
    [
        pytest.param(f"{FRIDAY} 16:30", 1, [], f"{MONDAY} 09:30", id="over the weekend"),
        pytest.param(f"{WEDNESDAY} 07:00", 2, [], f"{WEDNESDAY} 11:00", id="opened before the desk"),
        pytest.param(
            f"{MONDAY} 09:00", 8, [(f"{MONDAY} 17:00", "2026-11-24 09:00")], f"{MONDAY} 17:00", id="hold overnight"
        ),
        pytest.param(f"{WEDNESDAY} 10:00", 2, [("11:00", "12:00")], f"{WEDNESDAY} 13:00", id="hold in open hours"),
        pytest.param(f"{FRIDAY} 16:30", 1, [("18:00", "20:00")], f"{MONDAY} 09:30", id="hold in closed hours"),
        pytest.param(f"{FRIDAY} 16:30", 1, [("16:45", "23:00")], f"{MONDAY} 09:45", id="hold across closing time"),
        pytest.param(f"{FRIDAY} 16:00", 1, [], f"{FRIDAY} 17:00", id="due at closing time, not at the next opening"),
        pytest.param(f"{SATURDAY} 12:00", 0, [], f"{SATURDAY} 12:00", id="nothing allowed is due at once"),
        pytest.param(f"{MONDAY} 09:00", 8, [("17:00", None)], f"{MONDAY} 17:00", id="due as a hold begins"),
        pytest.param(f"{MONDAY} 09:00", 8, [("16:59", None)], None, id="held before it was due"),
        pytest.param(f"{SATURDAY} 09:00", 1, [("00:00", None)], None, id="held from before the begin"),
        pytest.param(f"{MONDAY} 09:00", 40, [], "2026-11-27 17:00", id="a week's work"),
    ],
)
def test_due(opened: str, hours: int, pauses: list[tuple[str, str | None]], expected: str | None) -> None:
    """Monday to Friday, 9 to 17: when the allowed hours run out. A hold written as a time is of the day of opening."""
    day = opened[:10]

    def instant(text: str) -> int:
        return ms(text if len(text) > 5 else f"{day} {text}")

    held = [(instant(begin), None if end is None else instant(end)) for begin, end in pauses]
    due = OFFICE_CLOCK.due_ms(ms(opened), hours * HOUR_MS, held)
    assert (None if expected is None else ms(expected)) == due


@pytest.mark.parametrize(
    "clock,begin,end,pauses,expected",
    [
        pytest.param(OFFICE_CLOCK, "10:00", "13:00", [("11:00", "12:00")], 2, id="a hold inside"),
        pytest.param(weekdays(SPLIT), "08:00", "18:00", [], 8.5, id="two periods in one day"),
        pytest.param(weekdays(SPLIT), "11:00", "14:00", [], 1.5, id="over the lunch break"),
        pytest.param(weekdays(SPLIT), "11:00", "14:00", [("12:00", "13:30")], 1.5, id="a hold during the lunch break"),
        pytest.param(weekdays(SPLIT), "11:00", "14:00", [("11:30", "13:45")], 0.75, id="a hold around the lunch break"),
        pytest.param(OFFICE_CLOCK, "10:00", "13:00", [("18:00", "20:00")], 3, id="a hold outside open hours"),
        pytest.param(OFFICE_CLOCK, "10:00", "15:00", [("12:00", "15:00")], 2, id="a solve straight from hold"),
        pytest.param(OFFICE_CLOCK, "10:00", "15:00", [("12:00", None)], 2, id="still on hold"),
        pytest.param(OFFICE_CLOCK, "10:00", "15:00", [("13:00", "14:00"), ("11:00", "13:30")], 2, id="two at once"),
        pytest.param(OFFICE_CLOCK, "10:00", "15:00", [("14:00", "12:00")], 5, id="a hold that ends before it begins"),
        pytest.param(OFFICE_CLOCK, "15:00", "10:00", [("11:00", "12:00")], 0, id="an end before the begin"),
        pytest.param(ALWAYS_OPEN, "00:00", "15:00", [("11:00", "12:00")], 14, id="open at all hours"),
        pytest.param(NEVER, "00:00", "15:00", [("11:00", "12:00")], 0, id="never open"),
    ],
)
def test_elapsed(
    clock: BusinessClock, begin: str, end: str, pauses: list[tuple[str, str | None]], expected: float
) -> None:
    """Open hours on one Wednesday without the holds."""
    held = [(ms(f"{WEDNESDAY} {a}"), None if b is None else ms(f"{WEDNESDAY} {b}")) for a, b in pauses]
    elapsed = clock.elapsed_ms(ms(f"{WEDNESDAY} {begin}"), ms(f"{WEDNESDAY} {end}"), held)
    assert expected * HOUR_MS == elapsed


def test_holidays_and_special_days() -> None:
    """A closed date counts nothing, a special one its own hours, even where it is also closed."""
    clock = weekdays(OFFICE, closed=("2026-12-24", "2026-12-25"), d2026_12_24=((540, 780),), d2026_12_26=((600, 660),))
    hours = [clock.elapsed_ms(ms(f"2026-12-{day} 00:00"), ms(f"2026-12-{day + 1} 00:00")) for day in range(23, 29)]
    assert [8 * HOUR_MS, 4 * HOUR_MS, 0, HOUR_MS, 0, 8 * HOUR_MS] == hours


def test_explained() -> None:
    """Every stretch between opening and due time says what became of it; closed hours stay closed under a hold."""
    clock = weekdays(OFFICE, closed=("2026-12-25",))
    opened = ms("2026-12-24 15:00")
    held = [(ms("2026-12-24 16:00"), ms("2026-12-24 16:30")), (ms("2026-12-24 20:00"), ms("2026-12-28 10:00"))]
    due = clock.due_ms(opened, 3 * HOUR_MS, held)
    assert ms("2026-12-28 11:30") == due
    expected = [
        ("2026-12-24 15:00", "2026-12-24 16:00", Kind.COUNTED),
        ("2026-12-24 16:00", "2026-12-24 16:30", Kind.PAUSED),
        ("2026-12-24 16:30", "2026-12-24 17:00", Kind.COUNTED),
        ("2026-12-24 17:00", "2026-12-25 00:00", Kind.CLOSED),
        ("2026-12-25 00:00", "2026-12-26 00:00", Kind.HOLIDAY),
        ("2026-12-26 00:00", "2026-12-28 09:00", Kind.CLOSED),
        ("2026-12-28 09:00", "2026-12-28 10:00", Kind.PAUSED),
        ("2026-12-28 10:00", "2026-12-28 11:30", Kind.COUNTED),
    ]
    assert [(ms(begin), ms(end), kind) for begin, end, kind in expected] == clock.explain(opened, due, held)


def test_nothing_to_explain() -> None:
    """No time has no stretches; a clock without a calendar knows counted and paused time."""
    assert [] == OFFICE_CLOCK.explain(5, 5)
    assert [] == OFFICE_CLOCK.explain(5, 4)
    assert [(0, 5, Kind.COUNTED), (5, 9, Kind.PAUSED)] == ALWAYS_OPEN.explain(0, 9, [(5, None)])


@pytest.mark.parametrize(
    "time,is_open,opening",
    [
        (f"{FRIDAY} 08:59:59.999", False, f"{FRIDAY} 09:00"),
        (f"{FRIDAY} 09:00", True, f"{FRIDAY} 09:00"),
        (f"{FRIDAY} 16:59:59.999", True, f"{FRIDAY} 16:59:59.999"),
        (f"{FRIDAY} 17:00", False, f"{MONDAY} 09:00"),
        (f"{SATURDAY} 12:00", False, f"{MONDAY} 09:00"),
    ],
)
def test_open_and_next_opening(time: str, is_open: bool, opening: str) -> None:
    """A desk is open from its opening to just before closing time; while open, the next opening is now."""
    assert is_open is OFFICE_CLOCK.is_open(ms(time))
    assert ms(opening) == OFFICE_CLOCK.next_opening_ms(ms(time))


def test_never_open() -> None:
    """A desk that does not open has no next opening and nothing is due; no time at all is still due at once."""
    assert NEVER.next_opening_ms(0) is None
    assert NEVER.due_ms(0, 1) is None
    assert NEVER.due_ms(0, 0) == 0
    assert not NEVER.is_open(0)


def test_opens_once() -> None:
    """A desk with a single open hour is due within it, and never after it."""
    clock = BusinessClock(Calendar("UTC", (CLOSED,) * 7, (), ((day_number("2027-06-01"), ((600, 660),)),)))
    start, opening = ms("2026-01-01 00:00", "UTC"), ms("2027-06-01 10:00", "UTC")
    assert opening == clock.next_opening_ms(start)
    assert opening + HOUR_MS == clock.due_ms(start, HOUR_MS)
    assert clock.due_ms(start, HOUR_MS + 1) is None
    assert clock.next_opening_ms(opening + HOUR_MS) is None


@pytest.mark.parametrize("time_ms", [-(2**61), 2**61])
def test_times_out_of_reach(time_ms: int) -> None:
    """Before 1900 and after 2199 a calendar is closed, whatever the number; one of all hours has no such end."""
    assert not OFFICE_CLOCK.is_open(time_ms)
    assert OFFICE_CLOCK.elapsed_ms(time_ms, time_ms + DAY_MS) == 0
    assert OFFICE_CLOCK.due_ms(time_ms, 1) in (None, OFFICE_CLOCK.due_ms(-70 * 364 * DAY_MS, 1))
    assert [(time_ms, time_ms + 1, Kind.CLOSED)] == OFFICE_CLOCK.explain(time_ms, time_ms + 1)
    assert ALWAYS_OPEN.elapsed_ms(time_ms, time_ms + DAY_MS) == DAY_MS


@pytest.mark.parametrize(
    "zone,begin,end,hours",
    [
        pytest.param(MADRID, "2026-03-29 00:00", "2026-03-30 00:00", 23, id="Madrid, spring"),
        pytest.param(MADRID, "2026-10-25 00:00", "2026-10-26 00:00", 25, id="Madrid, autumn"),
        pytest.param("America/Santiago", "2026-04-04 00:00", "2026-04-05 00:00", 25, id="Santiago, back at midnight"),
        pytest.param("America/Santiago", "2026-09-05 00:00", "2026-09-06 01:00", 24, id="Santiago, no midnight"),
        pytest.param("Asia/Jerusalem", "2026-03-27 00:00", "2026-03-28 00:00", 23, id="Jerusalem, on a Friday"),
        pytest.param("Asia/Jerusalem", "2026-10-25 00:00", "2026-10-26 00:00", 25, id="Jerusalem, autumn"),
        pytest.param("Pacific/Chatham", "2026-04-05 00:00", "2026-04-06 00:00", 25, id="Chatham, 03:45"),
        pytest.param("Pacific/Chatham", "2026-09-27 00:00", "2026-09-28 00:00", 23, id="Chatham, 02:45"),
        pytest.param("Australia/Lord_Howe", "2026-04-05 00:00", "2026-04-06 00:00", 24.5, id="half an hour"),
        pytest.param("Pacific/Apia", "2011-12-29 00:00", "2012-01-01 00:00", 48, id="a day that never was"),
    ],
)
def test_days_on_which_the_wall_clock_jumps(zone: str, begin: str, end: str, hours: float) -> None:
    """A desk that is open all day is open for as long as the day really lasts."""
    closed = (day_number("2000-01-01"),)  # or the clock would not have to look at the calendar
    clock = BusinessClock(Calendar(zone, (WHOLE_DAY,) * 7, closed))
    elapsed = clock.elapsed_ms(ms(begin, zone), ms(end, zone))
    assert hours * HOUR_MS == elapsed
    assert ms(end, zone) - ms(begin, zone) == elapsed


@pytest.mark.parametrize(
    "periods,day,expected",
    [
        pytest.param(((90, 150),), "2026-03-29", [("01:30", 0, "03:00", 0)], id="an end that is skipped"),
        pytest.param(((150, 240),), "2026-03-29", [("03:00", 0, "04:00", 0)], id="a begin that is skipped"),
        pytest.param(((130, 170),), "2026-03-29", [], id="skipped whole"),
        pytest.param(((60, 240),), "2026-03-29", [("01:00", 0, "04:00", 0)], id="around what is skipped"),
        pytest.param(
            ((135, 165),), "2026-10-25", [("02:15", 0, "02:45", 0), ("02:15", 1, "02:45", 1)], id="shown twice"
        ),
        pytest.param(
            ((90, 150),), "2026-10-25", [("01:30", 0, "02:30", 0), ("02:00", 1, "02:30", 1)], id="an end shown twice"
        ),
    ],
)
def test_periods_where_the_wall_clock_jumps(
    periods: Periods, day: str, expected: list[tuple[str, int, str, int]]
) -> None:
    """A desk is open while the wall clock shows a time inside a period: skipped times never, repeated ones twice."""
    clock = every_day(periods, MADRID)
    stretches = clock.explain(ms(f"{day} 00:00"), ms(f"{day} 12:00"))
    counted = [(stretch.from_ms, stretch.to_ms) for stretch in stretches if stretch.kind is Kind.COUNTED]
    assert [(ms(f"{day} {a}", fold=b), ms(f"{day} {c}", fold=d)) for a, b, c, d in expected] == counted


def test_a_target_across_the_change_of_time() -> None:
    """Eight hours from Friday 15:00 end on Monday at 15:00 of the wall clock, in winter and in summer time."""
    for friday, monday in (("2026-03-27", "2026-03-30"), ("2026-10-23", "2026-10-26")):
        assert ms(f"{monday} 15:00") == OFFICE_CLOCK.due_ms(ms(f"{friday} 15:00"), 8 * HOUR_MS)


def test_a_calendar_travels() -> None:
    """Packed and unpacked, a calendar is equal, and so is its hash."""
    calendar = Calendar(MADRID, (SPLIT, OFFICE, CLOSED, SPLIT, OFFICE, CLOSED, WHOLE_DAY), (3, 5), ((7, SPLIT),))
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(calendar), type=Calendar)
    assert calendar == again
    assert hash(calendar) == hash(again)


def test_all_hours_need_no_calendar() -> None:
    """Only a calendar without any closed time is open at all hours, and it answers like the clock without one."""
    assert Calendar(MADRID, (WHOLE_DAY,) * 7).always_open
    assert not Calendar(MADRID, (WHOLE_DAY,) * 7, (3,)).always_open
    assert not Calendar(MADRID, (WHOLE_DAY,) * 7, (), ((3, OFFICE),)).always_open
    assert not Calendar(MADRID, (WHOLE_DAY,) * 6 + (CLOSED,)).always_open
    assert every_day(WHOLE_DAY, MADRID).due_ms(2**61, 5, [(2**61 + 1, 2**61 + 2)]) == 2**61 + 6
