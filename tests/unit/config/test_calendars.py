"""Opening hours as people set them: what is built of them, and what is said of those that cannot work."""

from __future__ import annotations

import re
import tomllib
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from streams.common.business_hours import Calendar
from streams.config.calendars import DAYS, CalendarSettings, build_calendar, parse_period
from streams.config.setting_errors import describe_errors
from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "calendars.md").read_text()
EPOCH = date(1970, 1, 1)
OFFICE = ((540, 1080),)


class Holder(BaseModel):
    """Calendars by name, as the settings hold them."""

    calendars: dict[str, CalendarSettings]


def built(**changes: Any) -> Calendar:
    """A calendar in Madrid, of 9 to 18 on weekdays, with some settings changed."""
    return build_calendar(
        CalendarSettings.model_validate({"time_zone": "Europe/Madrid", "weekdays": ["09:00-18:00"], **changes})
    )


def dates(calendar: Calendar) -> list[str]:
    """The dates a calendar is closed on."""
    return [str(EPOCH + timedelta(days=day)) for day in calendar.closed]


def refusals(**changes: Any) -> list[str]:
    """Sentences about a calendar with these settings."""
    whole = {"time_zone": "Europe/Madrid", "weekdays": ["09:00-18:00"], **changes}
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"calendars": {"madrid": whole}})
    return describe_errors(caught.value, (), {"calendars": CalendarSettings.model_fields})


def test_week() -> None:
    """A day's own periods win over those of weekdays; Saturday and Sunday are closed unless set."""
    calendar = built(fri=["15:30-18:00", "09:00-14:00"], wed=[], sun=["20:00-24:00"])
    split = ((540, 840), (930, 1080))
    assert calendar == Calendar("Europe/Madrid", (OFFICE, OFFICE, (), OFFICE, split, (), ((1200, 1440),)))


def test_public_holidays() -> None:
    """The holidays of the country and its region are closed, in the years asked for and no others."""
    of_country = dates(built(country="ES", holiday_years=[2026, 2026]))
    of_madrid = dates(built(country="ES", subdivision="MD", holiday_years=[2026, 2026]))
    assert {"2026-01-01", "2026-12-25"} <= set(of_country) < set(of_madrid)
    assert set(of_madrid) - set(of_country) >= {"2026-05-02"}
    assert {"2026"} == {day[:4] for day in of_madrid}
    assert of_madrid == dates(built(country="ESP", subdivision="MD", holiday_years=[2026, 2026]))
    assert [] == dates(built())


def test_every_year_has_its_holidays() -> None:
    """Christmas is closed in the first year, in the last, and in between."""
    closed = dates(built(country="IT", holiday_years=[1999, 2004]))
    assert [f"{year}-12-25" for year in range(1999, 2005)] == [day for day in closed if day.endswith("-12-25")]


def test_own_dates() -> None:
    """Dates come as text or as TOML dates; a special date is open even on a holiday, and closed without periods."""
    calendar = built(
        country="ES",
        holiday_years=[2026, 2026],
        closed=["2026-12-24", date(2027, 1, 4)],
        special={"2026-12-25": ["09:00-13:00"], "2026-12-31": []},
    )
    closed = dates(calendar)
    assert {"2026-12-24", "2026-12-31", "2027-01-04"} <= set(closed)
    assert "2026-12-25" not in closed
    assert sorted(closed) == closed
    assert (((date(2026, 12, 25) - EPOCH).days, ((540, 780),)),) == calendar.special


@pytest.mark.parametrize(
    "text,expected",
    [
        ("09:00-14:00", (540, 840)),
        ("9:05 – 9:06", (545, 546)),
        ("00:00-24:00", (0, 1440)),
        ("23:59-24:00", (1439, 1440)),
    ],
)
def test_period(text: str, expected: tuple[int, int]) -> None:
    """A period is two times of one day, in minutes; midnight at its end is 24:00."""
    assert expected == parse_period(text)


@pytest.mark.parametrize(
    "text", ["", "9-14", "09:00", "09:60-10:00", "09:00-24:01", "10:00-10:00", "18:00-09:00", "09:00-١٠:00"]
)
def test_no_period(text: str) -> None:
    """Anything else is refused."""
    with pytest.raises(ValueError, match=r"no period|ends before"):
        parse_period(text)


@pytest.mark.parametrize(
    "changes,expected",
    [
        (
            {"mon": ["13:00-18:00", "09:00-14:00"]},
            "calendars.madrid.mon: '09:00-14:00' and '13:00-18:00' overlap; write them as one period",
        ),
        (
            {"mon": ["09:00-10:00", "18:00-09:00"]},
            "calendars.madrid.mon[1] = '18:00-09:00' ends before it begins; write a night as two periods, "
            "to 24:00 and from 00:00 of the next day",
        ),
        ({"sat": ["9-18"]}, "calendars.madrid.sat = '9-18' is no period of a day, such as 09:00-14:00"),
        (
            {"sat": ["22:00-25:00"]},
            "calendars.madrid.sat = '22:00-25:00' is no period of a day: the last time of a day is 24:00",
        ),
        (
            {"sat": "09:00-18:00"},
            "calendars.madrid.sat = '09:00-18:00' is no list of periods, such as [\"09:00-14:00\"]",
        ),
        (
            {"country": "es"},
            "calendars.madrid.country = 'es' is no country whose holidays are known, such as ES; did you mean ES?",
        ),
        ({"subdivision": "MD"}, "calendars.madrid.subdivision = 'MD' needs a country: set country too"),
        ({"closed": ["2026-02-30"]}, "calendars.madrid.closed = '2026-02-30' is no date, such as 2026-12-24"),
        ({"closed": ["20261224"]}, "calendars.madrid.closed = '20261224' is no date, such as 2026-12-24"),
        ({"closed": [20261224]}, "calendars.madrid.closed = 20261224: '20261224' is no date, such as 2026-12-24"),
        ({"special": {"31.12.": []}}, "calendars.madrid.special: '31.12.' is no date, such as 2026-12-24"),
        (
            {"special": {"2026-12-31": ["9"]}},
            "calendars.madrid.special.2026-12-31 = '9' is no period of a day, such as 09:00-14:00",
        ),
        (
            {"closed": ["2026-12-31"], "special": {"2026-12-31": ["09:00-13:00"]}},
            "calendars.madrid: 2026-12-31 is in closed and has special periods: keep one of them",
        ),
        (
            {"weekdays": []},
            "calendars.madrid: it never opens: set weekdays, or the periods of a day such as mon",
        ),
        (
            {"time_zone": "Europe/Madird"},
            "calendars.madrid.time_zone = 'Europe/Madird' is no time zone of the tz database, such as Europe/Madrid",
        ),
        (
            {"holiday_years": [2030, 2020]},
            "calendars.madrid.holiday_years: [2030, 2020] must be a first and a last year from 1970 to 2100",
        ),
        (
            {"holiday_years": [2030]},
            "calendars.madrid.holiday_years: [2030] must be a first and a last year from 1970 to 2100",
        ),
        ({"weekday": []}, "calendars.madrid.weekday: there is no such setting; did you mean weekdays?"),
    ],
)
def test_refused(changes: dict[str, Any], expected: str) -> None:
    """A calendar that cannot work is refused in one sentence with its name and value."""
    assert [expected] == refusals(**changes)


def test_unknown_subdivision() -> None:
    """An unknown region is told with those that there are; a country without regions says so."""
    (of_spain,) = refusals(country="ES", subdivision="ZZ")
    (of_gibraltar,) = refusals(country="GI", subdivision="ZZ")
    assert of_spain.startswith("calendars.madrid.subdivision = 'ZZ' is no subdivision of country 'ES' whose holidays")
    assert " MD, " in of_spain
    assert of_gibraltar.endswith("'GI' whose holidays are known; none of it is known")


def test_years_without_known_holidays() -> None:
    """Asking for years whose holidays nobody wrote down is refused; by default there are those that are known."""
    expected = "calendars.madrid: holiday_years = [1999, 1999]: the holidays of ES are known from 2008 to 2100"
    assert [expected] == refusals(country="ES", holiday_years=[1999, 1999])
    assert dates(built(country="IT", holiday_years=[1999, 1999]))
    assert {"2020", "2035"} <= {day[:4] for day in dates(built(country="ES"))}
    assert max(dates(built(country="LK"))) < "2027"


def test_everything_wrong_is_told_at_once() -> None:
    """Several wrong settings are as many sentences."""
    assert len(refusals(time_zone="Mars", country="XX", subdivision="A", mon=["x"], closed=["y"])) == 4


@given(st.lists(st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=5))
def test_overlaps_are_found(pairs: list[tuple[int, int]]) -> None:
    """Periods are accepted exactly where no minute lies in two of them, and built in order."""
    periods = [(begin, end) for begin, end in pairs if begin < end]
    texts = [f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for a, b in periods]
    minutes = [minute for begin, end in periods for minute in range(begin, end)]
    if len(set(minutes)) == len(minutes):
        assert tuple(sorted(periods)) == built(mon=texts).week[0]
    else:
        assert ["overlap"] == re.findall("overlap", " ".join(refusals(mon=texts)))


def test_page_names_every_setting() -> None:
    """docs/calendars.md has every setting of a calendar, and every setting has a meaning."""
    for name, field in CalendarSettings.model_fields.items():
        assert field.description
        assert name in DAYS or f"`{name}`" in PAGE
    assert "`[2020, 2035]`" in PAGE
    assert CalendarSettings.model_fields["holiday_years"].default == (2020, 2035)


def test_example_of_the_page_works() -> None:
    """The example that people copy is a calendar, and means what its comments say."""
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    calendar = build_calendar(Holder.model_validate(tomllib.loads(example)).calendars["madrid"])
    split = ((540, 840), (930, 1080))
    assert calendar.week == (split, split, split, split, ((540, 900),), ((600, 780),), ())
    assert {"2026-05-02", "2026-12-05", "2026-12-24", "2026-12-25"} <= set(dates(calendar))
    assert (((date(2026, 12, 31) - EPOCH).days, ((540, 780),)),) == calendar.special
