"""Adapter for our own events: JSON lines, each a CloudEvent of the event contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from streams.common.errors import InvalidEvent
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.refusals import UNREADABLE
from streams.contract.topics import INPUTS, TOPIC_OF_PREFIX
from streams.sources.logs.log_files import Log, log_of, not_as_expected, numbered_lines
from streams.sources.outgoing import OutgoingEvent

UNKNOWN_TYPE = "unknown_type"


class EventLines:
    """Events of a file, validated against the contract at each iteration; empty lines are skipped.

    Raises:
        UserError: a line is not a valid event of the contract.
    """

    def __init__(self, path: Path, settings: Settings) -> None:
        self.rows = 0
        self.unknown = 0
        self._path = path
        self._decoders = {topic: EventDecoder.of(topic, settings) for topic in INPUTS}

    def __iter__(self) -> Iterator[OutgoingEvent]:
        self.rows = self.unknown = 0
        for number, line in numbered_lines(self._path):
            if not line.strip():
                continue
            self.rows += 1
            event = self._event(number, line)
            if event is None:
                self.unknown += 1
            else:
                yield event

    def _event(self, number: int, line: str) -> OutgoingEvent | None:
        try:
            body = msgspec.json.decode(line)
        except UNREADABLE as error:
            raise not_as_expected(self._path, number, f"expected a JSON object ({error})") from None
        kind = body.get("type") if isinstance(body, dict) else None
        if not isinstance(kind, str):
            raise not_as_expected(self._path, number, "expected a CloudEvent, a JSON object with a type")
        topic = TOPIC_OF_PREFIX.get(kind.partition(".")[0])
        if topic is None:
            return None
        try:
            decoded = self._decoders[topic].decode(line.encode())
        except InvalidEvent as error:
            if error.reason == UNKNOWN_TYPE:
                return None
            raise not_as_expected(
                self._path, number, f"{error} (`veinte check-events` lists every such line)"
            ) from None
        return OutgoingEvent(topic, decoded[0].subject, decoded[1], body)


def read(path: Path, settings: Settings) -> Log:
    """The events of ``path``, all validated before any is used. A file is read again for each iteration, not kept in
    memory.

    Raises:
        UserError: a line is not a valid event of the contract.
    """
    lines = EventLines(path, settings)
    if not path.is_file():  # a pipe can be read only once
        events = list(lines)
        contacts = len({(event.topic, event.key) for event in events})
        return log_of(lines.rows, contacts, events, {UNKNOWN_TYPE: lines.unknown})
    count = 0
    newest_ms: int | None = None
    subjects: set[tuple[str, str]] = set()
    for event in lines:
        count += 1
        newest_ms = event.time_ms if newest_ms is None else max(newest_ms, event.time_ms)
        subjects.add((event.topic, event.key))
    return Log(lines.rows, len(subjects), count, newest_ms, lines, {UNKNOWN_TYPE: lines.unknown})
