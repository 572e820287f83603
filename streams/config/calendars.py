"""Settings of opening hours (``[calendars.NAME]``), and the calendars built from them.

Public holidays of a region, the only input besides the settings, are resolved here: a built calendar contains plain
numbers only, so it can be stored with a policy and never changes its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from streams.common.business_hours import DAY_MINUTES, Calendar, Periods
from streams.config.setting_errors import suggestion
from streams.config.setting_types import TimeZoneName

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Range of the years for ``holiday_years``."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKING_DAYS = DAYS[:5]

_PERIOD = re.compile(r"([0-9]{1,2}):([0-5][0-9]) *[-–] *([0-9]{1,2}):([0-5][0-9])")
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def parse_period(text: str) -> tuple[int, int]:
    """Minutes of the day of ``09:00-14:00``: (540, 840).

    Raises:
        ValueError: the text is no period of a day, or its end is not after its begin.
    """
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no period of a day, such as 09:00-14:00")
    begin, end = int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])
    if end > DAY_MINUTES:
        raise ValueError(f"{text!r} is no period of a day: the last time of a day is 24:00")
    if end <= begin:
        raise ValueError(
            f"{text!r} ends before it begins; write a night as two periods, to 24:00 and from 00:00 of the next day"
        )
    return begin, end


def _period(text: str) -> str:
    parse_period(text)
    return text


def _apart(texts: tuple[str, ...]) -> tuple[str, ...]:
    in_order = sorted(texts, key=parse_period)
    for earlier, later in pairwise(in_order):
        if parse_period(later)[0] < parse_period(earlier)[1]:
            raise ValueError(f"{earlier!r} and {later!r} overlap; write them as one period")
    return tuple(in_order)


def _listed(value: object) -> object:
    if not isinstance(value, list | tuple):
        raise ValueError(f'{value!r} is no list of periods, such as ["09:00-14:00"]')
    return value


def _day(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif type(value) is date:
        return value
    raise ValueError(f"{str(value)!r} is no date, such as 2026-12-24")


def _days_of_keys(value: object) -> object:
    # Parsed here and not by the type of the key, so that a message names the setting and not a place inside of it.
    return {_day(day).isoformat(): periods for day, periods in value.items()} if isinstance(value, dict) else value


Day = Annotated[date, BeforeValidator(_day)]
DayPeriods = Annotated[
    tuple[Annotated[str, AfterValidator(_period)], ...], BeforeValidator(_listed), AfterValidator(_apart)
]
"""Periods of one day that do not overlap; empty: closed."""


class CalendarSettings(BaseModel):
    """The opening hours of the queues that name this calendar."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    time_zone: TimeZoneName = Field(description="whose wall clock the periods are read on")
    weekdays: DayPeriods = Field((), description='periods of each day from Monday to Friday, such as `["09:00-18:00"]`')
    mon: DayPeriods | None = Field(None, description="periods of Mondays; unset: those of `weekdays`")
    tue: DayPeriods | None = Field(None, description="of Tuesdays")
    wed: DayPeriods | None = Field(None, description="of Wednesdays")
    thu: DayPeriods | None = Field(None, description="of Thursdays")
    fri: DayPeriods | None = Field(None, description="of Fridays")
    sat: DayPeriods | None = Field(None, description="of Saturdays; unset: closed")
    sun: DayPeriods | None = Field(None, description="of Sundays; unset: closed")
    country: str | None = Field(None, description="closed on its public holidays; a code such as `ES`")
    subdivision: str | None = Field(None, description="and on those of this part of the country, such as `MD`")
    holiday_years: tuple[int, int] = Field(
        (2020, 2035), description="first and last year whose public holidays are closed; other years have none"
    )
    closed: tuple[Day, ...] = Field((), description="further dates on which it is closed")
    special: Annotated[dict[str, DayPeriods], BeforeValidator(_days_of_keys)] = Field(
        {}, description="dates with periods of their own, whether a holiday or not; `[]` is closed"
    )

    @field_validator("holiday_years", mode="before")
    @classmethod
    def _years_in_order(cls, years: object) -> object:
        match years:
            case [int(first), int(last)] if FIRST_YEAR <= first <= last <= LAST_YEAR:
                return years
        raise ValueError(f"{years!r} must be a first and a last year from {FIRST_YEAR} to {LAST_YEAR}")

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str | None) -> str | None:
        if country is not None and country not in (known := _subdivisions()):
            raise ValueError(
                f"{country!r} is no country whose holidays are known, such as ES{suggestion(country.upper(), known)}"
            )
        return country

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, subdivision: str | None, info: ValidationInfo) -> str | None:
        if subdivision is None or "country" not in info.data:
            return subdivision
        country = info.data["country"]
        if country is None:
            raise ValueError(f"{subdivision!r} needs a country: set country too")
        known = _subdivisions()[country]
        if subdivision not in known:
            listed = f"; it has {', '.join(known)}" if known else "; none of it is known"
            raise ValueError(
                f"{subdivision!r} is no subdivision of country {country!r} whose holidays are known{listed}"
            )
        return subdivision

    @model_validator(mode="after")
    def _whole(self) -> CalendarSettings:
        for day in self.closed:
            if self.special.get(day.isoformat()):
                raise ValueError(f"{day} is in closed and has special periods: keep one of them")
        if self.country is not None and "holiday_years" in self.model_fields_set:
            first, last = _known_years(self.country)
            if not first <= self.holiday_years[0] <= self.holiday_years[1] <= last:
                raise ValueError(
                    f"holiday_years = {list(self.holiday_years)}: the holidays of {self.country} are known "
                    f"from {first} to {last}"
                )
        if not any((*self.week(), *self.special.values())):
            raise ValueError("it never opens: set weekdays, or the periods of a day such as mon")
        return self

    def week(self) -> tuple[tuple[str, ...], ...]:
        """Periods of each weekday as text, from Monday to Sunday."""
        periods = []
        for day in DAYS:
            own: tuple[str, ...] | None = getattr(self, day)
            periods.append(own if own is not None else self.weekdays if day in WORKING_DAYS else ())
        return tuple(periods)

    @cached_property
    def built(self) -> Calendar:
        """The calendar built from these settings; cached, because holidays are slow to compute."""
        return build_calendar(self)


def build_calendar(settings: CalendarSettings) -> Calendar:
    """Build the calendar of ``settings``, with the holidays of its years as dates."""
    dates = {date.fromisoformat(day): _minutes(periods) for day, periods in settings.special.items()}
    special = {day: periods for day, periods in dates.items() if periods}
    closed = {*settings.closed, *_public_holidays(settings), *dates}
    monday, tuesday, wednesday, thursday, friday, saturday, sunday = map(_minutes, settings.week())
    return Calendar(
        settings.time_zone,
        (monday, tuesday, wednesday, thursday, friday, saturday, sunday),
        tuple(sorted(_number(day) for day in closed - special.keys())),
        tuple(sorted((_number(day), periods) for day, periods in special.items())),
    )


def _minutes(periods: Iterable[str]) -> Periods:
    return tuple(sorted(parse_period(text) for text in periods))


def _number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - _EPOCH_ORDINAL


def _public_holidays(settings: CalendarSettings) -> Collection[date]:
    if settings.country is None:
        return ()
    import holidays

    first, last = settings.holiday_years
    found = holidays.country_holidays(settings.country, subdiv=settings.subdivision, years=range(first, last + 1))
    return [day for day in found if first <= day.year <= last]


def _known_years(country: str) -> tuple[int, int]:
    """First and last year whose holidays the library has."""
    import holidays

    known = holidays.country_holidays(country)
    return known.start_year, known.end_year


def _subdivisions() -> dict[str, list[str]]:
    """Every country whose holidays the library has, with its subdivisions."""
    import holidays

    return holidays.list_supported_countries(include_aliases=True)
