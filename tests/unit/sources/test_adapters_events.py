"""The adapter for our own events: what it routes, counts and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.common.errors import UserError
from streams.config.settings import Settings
from streams.sources.logs import event_lines
from streams.sources.outgoing import cloud_event, outgoing, rfc3339

Line = dict[str, Any] | bytes


def event(kind: str = "call.offered", subject: str = "c-1", **changes: Any) -> dict[str, Any]:
    """An event of the contract."""
    data = {"queue": "sales"} if kind.endswith(("offered", "opened")) else {}
    return cloud_event(kind, "/pbx", f"{subject}/{kind}", 1_000_000, subject, data) | changes


def write(folder: Path, *lines: Line) -> Path:
    """A file of these lines."""
    path = folder / "events.jsonl"
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines))
    return path


def test_topic_key_and_time_come_from_the_event(tmp_path: Path) -> None:
    """The type's prefix names the topic, the subject is the key, and the body stays as it was."""
    lines = [
        event("call.offered", "c-1"),
        event("chat.answered", "h-1", time="1970-01-01T01:00:02.5+01:00", more={"x": 1}),
        event("ticket.opened", "t-1", sequence="7"),
    ]
    log = event_lines.read(write(tmp_path, *lines), Settings())
    assert [("calls", "c-1", 1_000_000), ("chats", "h-1", 2_500), ("tickets", "t-1", 1_000_000)] == [
        (event.topic, event.key, event.time_ms) for event in log.events
    ]
    assert lines == [event.body for event in log.events]
    assert (3, 3, 3, 1_000_000, {"unknown_type": 0}) == (log.rows, log.contacts, log.count, log.newest_ms, log.left_out)


def test_unknown_types_are_counted_and_empty_lines_skipped(tmp_path: Path) -> None:
    """A type that the contract does not have is left out, not an error."""
    lines: list[Line] = [event(), b"", event("agent.state_changed"), event("call.sang"), b"  "]
    log = event_lines.read(write(tmp_path, *lines), Settings())
    assert (3, 1, {"unknown_type": 2}) == (log.rows, log.count, log.left_out)


def test_the_same_events_however_often_they_are_read(tmp_path: Path) -> None:
    """A log can be iterated again: the file is read again."""
    log = event_lines.read(write(tmp_path, event(), event(subject="c-2")), Settings())
    assert list(log.events) == list(log.events)


BAD_LINES: dict[str, tuple[Line, str]] = {
    "not_utf8": (b'{"type": "\xff"}', "line 2: byte 11 is not UTF-8"),
    "not JSON": (b"oops", "line 2: expected a JSON object"),
    "a list": (b"[1]", "line 2: expected a CloudEvent, a JSON object with a type"),
    "no type": (b'{"id": "1"}', "line 2: expected a CloudEvent, a JSON object with a type"),
    "no offset": (event(time="2026-11-21T09:00:12"), "line 2: no_offset"),
    "no queue": (event(data={}), "line 2: missing_field"),
    "a number as subject": (event() | {"subject": 7}, "line 2: invalid_field"),
    "a record over the limit": (event(more="x" * 70_000), "line 2: too_large"),
}


@pytest.mark.parametrize("name", BAD_LINES)
def test_a_line_that_is_no_event(name: str, tmp_path: Path) -> None:
    """The error names the file, the line and what is wrong there."""
    line, message = BAD_LINES[name]
    path = write(tmp_path, event(), line)
    with pytest.raises(UserError) as error:
        event_lines.read(path, Settings())
    assert f"{path}, {message}" in str(error.value)


def test_a_line_over_the_limit_of_a_line(tmp_path: Path) -> None:
    """A file without line ends is refused before it fills the memory."""
    with pytest.raises(UserError, match=r"line 1: longer than 2097152 bytes"):
        event_lines.read(write(tmp_path, b"x" * (2 * 1024 * 1024 + 1)), Settings())


@pytest.mark.parametrize(
    "time_ms, text",
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (917_845_375_001, "1999-02-01T05:02:55.001Z"),
    ],
)
def test_times_are_rfc3339_to_the_millisecond(time_ms: int, text: str) -> None:
    """Milliseconds are exact, also before 1970."""
    assert text == rfc3339(time_ms)


def test_outgoing_routes_by_type() -> None:
    """An event goes to its channel's topic with its subject as key."""
    assert ("tickets", "t-1", 5) == outgoing(event("ticket.opened", "t-1"), 5)[:3]
