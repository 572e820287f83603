"""Lines of `veinte tail`: readable, one a record, without a person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.clients.topic_reader import Record
from streams.config.settings import Settings
from streams.contract.partitions import murmur2_partition
from streams.contract.topics import Topic
from streams.tools.event_text import EventText, subject_of

HOME = murmur2_partition(b"call-1", 8)


def line(value: bytes | None = None, *, key: bytes = b"call-1", partition: int = HOME, **changes: Any) -> str:
    """The line of an answered call on the day of the event, in Madrid."""
    event = {
        "specversion": "1.0",
        "id": "1",
        "source": "/pbx",
        "type": "call.answered",
        "time": "2026-11-21T08:00:12.250Z",
        "subject": "call-1",
        "data": {"agent": "ana", "leg": 2},
    }
    body = json.dumps({**event, **changes}).encode() if value is None else value
    text = EventText(Topic.CALLS, Settings(time_zone="Europe/Madrid"), str.encode)
    return text.line(Record("calls", partition, 1204, 0, key, body, ()), "2026-11-21")


def test_an_event_of_today() -> None:
    """Time in the zone of the settings, place, type, contact and fields; the agent as a hash."""
    assert f"09:00:12.250 calls {HOME}:1204 call.answered call-1 agent=#616e61 leg=2" == line()


@pytest.mark.parametrize(
    "given, expected",
    [
        ({"time": "2026-11-20T08:00:12Z"}, f"2026-11-20 09:00:12.000 calls {HOME}:1204 call.answered"),
        ({"data": {"queue": "tier 2"}}, 'queue="tier 2"'),
        ({"time": 5}, f"5 calls {HOME}:1204 call.answered call-1"),
        (
            {"type": "call.offered", "data": {"queue": "a\u202eb"}},
            "refused: invalid_field: `queue` holds the invisible",
        ),
        ({"type": "call.ofered"}, "· refused: unknown_type: type 'call.ofered' is none of this contract; did you mean"),
        ({"key": b"call-2"}, "· refused: wrong_key: the record's key is not the event's subject"),
        ({"partition": (HOME + 1) % 8}, f"· refused: wrong_partition: the subject belongs on partition {HOME} of 8"),
        ({"value": b"{"}, f"calls {HOME}:1204 refused: not_json: "),
    ],
)
def test_lines(given: dict[str, Any], expected: str) -> None:
    """Other days have their date, and what a worker refuses is marked with the reason; a line stays one line."""
    found = line(**given)
    assert expected in found
    assert found.isprintable()


def test_the_subject_of_a_record() -> None:
    """A record that is no event has no subject to be found by."""
    records = [Record("calls", 0, 0, 0, None, value, ()) for value in (b'{"subject":"c"}', b"[]", b"{", None)]
    assert ["c", None, None, None] == [subject_of(each) for each in records]
