"""Range of the times that an event may have: every one of them can be written back, in any time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from msgspec.structs import fields

from streams.common.errors import InvalidEvent
from streams.contract.events import EPOCH, EVENTS_OF, MILLISECOND, Data, Event
from streams.contract.refusals import data_type

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC) - timedelta(milliseconds=1)
"""A day from the ends of the calendar, because a time zone is less than a day from UTC."""
EARLIEST_MS = (EARLIEST - EPOCH) // MILLISECOND
LATEST_MS = (LATEST - EPOCH) // MILLISECOND


def moment_text(time_ms: int) -> str:
    """A time of an event in UTC, for people."""
    return f"{EPOCH + min(max(time_ms, EARLIEST_MS), LATEST_MS) * MILLISECOND:%Y-%m-%dT%H:%M:%SZ}"


TimeFields = tuple[tuple[str, str], ...]
"""Fields that hold a time, each with its name in JSON."""


def time_fields(data: type[Data]) -> TimeFields:
    """The fields of a type of ``data`` that hold a time."""
    return tuple((each.name, each.encode_name) for each in fields(data) if "datetime" in str(each.type))


_TIMES = {data: time_fields(data) for events in EVENTS_OF.values() for data in map(data_type, events.values())}


def check_times(event: Event) -> None:
    """Refuse an event with a time outside of the range.

    Raises:
        InvalidEvent: ``invalid_field``.
    """
    _check("time", event.time)
    for name, written in _TIMES[type(event.data)]:
        moment = getattr(event.data, name)
        if isinstance(moment, datetime):
            _check(f"data.{written}", moment)


def _check(place: str, moment: datetime) -> None:
    # Compared in milliseconds, like all times: an instant of the year 10000 cannot be converted to UTC.
    if 1 < moment.year < 9999 or EARLIEST_MS <= (moment - EPOCH) // MILLISECOND <= LATEST_MS:
        return
    raise InvalidEvent(
        "invalid_field",
        f"`{place}` is {moment.isoformat()}, outside of {EARLIEST.date()} to {LATEST.date()} UTC, as a date that was "
        "never set is; write the time at which it happened",
    )
