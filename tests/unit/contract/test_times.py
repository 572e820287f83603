"""Times at the ends of the calendar: what can be written back is taken, the rest is refused at the door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import fields

from streams.common.errors import InvalidEvent
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.events import EVENTS_OF
from streams.contract.refusals import data_type
from streams.contract.times import EARLIEST_MS, LATEST_MS
from streams.contract.topics import TOPIC_OF_PREFIX, Topic
from streams.tools.event_check import EventCheck, Line

OUTSIDE = (
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T23:59:59.999Z",
    "0001-01-02T00:30:00+01:00",
    "9999-12-31T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-30T23:30:00-01:00",
)
INSIDE = {
    "0001-01-02T00:00:00Z": EARLIEST_MS,
    "0001-01-01T23:00:00-01:00": EARLIEST_MS,
    "9999-12-30T23:59:59.999Z": LATEST_MS,
    "9999-12-31T13:59:59.999+14:00": LATEST_MS,
}


def record(kind: str, time: str, data: dict[str, Any]) -> bytes:
    """An event of the type at the time."""
    envelope = {"specversion": "1.0", "id": "1", "source": "/pbx", "subject": "s", "type": kind, "time": time}
    return json.dumps({**envelope, "data": data}).encode()


def decoder(topic: Topic) -> EventDecoder:
    """The worker's decoder of a topic."""
    return EventDecoder.of(topic, Settings())


TIMED = [
    (topic, event.__struct_config__.tag, field.encode_name)
    for topic, events in EVENTS_OF.items()
    for event in events.values()
    for field in fields(data_type(event))
    if "datetime" in str(field.type)
]
"""Every field of ``data`` that holds a time: topic, type of the event, name."""
NEEDED: dict[str, dict[str, Any]] = {
    "corrected": {"outcome": "answered"},
    "outcome": {"contact": "c", "channel": "call", "queue": "q", "revision": 1, "window_ms": 1,
                "begun": "2026-11-21T09:00:00Z"},
}  # fmt: skip


@pytest.mark.parametrize("time", OUTSIDE)
@pytest.mark.parametrize("kind", ["call.offered", "chat.message", "ticket.opened"])
def test_a_time_outside_the_calendar_is_refused(kind: str, time: str) -> None:
    """A time that another time zone could not write is no time of an event, as an unset date is."""
    data = {"queue": "q", "from": "agent"}
    with pytest.raises(InvalidEvent, match=r"`time` is .*, outside of 0001-01-02 to 9999-12-30 UTC") as refusal:
        decoder(TOPIC_OF_PREFIX[kind.partition(".")[0]]).decode(record(kind, time, data))
    assert "invalid_field" == refusal.value.reason


@pytest.mark.parametrize("time", OUTSIDE)
@pytest.mark.parametrize("topic,kind,name", TIMED)
def test_so_is_every_other_time_of_an_event(topic: Topic, kind: str, name: str, time: str) -> None:
    """Corrections and outcomes hold times besides their own, and none of them may lie outside either."""
    data = {**NEEDED[kind.partition(".")[2]], name: time}
    with pytest.raises(InvalidEvent) as refusal:
        decoder(topic).decode(record(kind, "9999-12-30T12:00:00Z", data))
    assert "invalid_field" == refusal.value.reason
    assert f"`{name}` is" in refusal.value.detail.replace("data.", "")


@pytest.mark.parametrize("time", INSIDE)
def test_the_first_and_the_last_time_are_taken(time: str) -> None:
    """The range holds its ends, after the offset."""
    assert INSIDE[time] == decoder(Topic.CALLS).decode(record("call.offered", time, {"queue": "q"}))[1]


def test_the_check_of_events_refuses_the_same() -> None:
    """`veinte check-events` says what the worker would say."""
    lines = [record("call.offered", time, {"queue": "q"}) for time in (*OUTSIDE, *INSIDE)]
    found = EventCheck(Settings()).findings(Line(number, line, len(line)) for number, line in enumerate(lines))
    assert [(number, "invalid_field") for number in range(len(OUTSIDE))] == [each[:2] for each in found]
