"""One line of text for a record of an event topic, persons hashed, with the reason if a worker would refuse it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from streams.clients.topic_reader import Record
from streams.common.errors import InvalidEvent
from streams.common.vocabulary import Pseudonym
from streams.config.settings import Settings
from streams.contract.decoding import EventDecoder
from streams.contract.names import printable
from streams.contract.partitions import wrong_partition
from streams.contract.redaction import Redaction
from streams.contract.refusals import UNREADABLE
from streams.contract.topics import INPUTS, Topic


class EventText:
    """Writer of lines for the records of one topic.

    ``09:00:12.250 calls 3:1204 call.answered call-000123 agent=#8a1f…``; the time is the event's, in ``time_zone``,
    with its date where that is not today's.
    """

    def __init__(self, topic: Topic, settings: Settings, pseudonym: Pseudonym | None) -> None:
        self._topic = topic
        self._settings = settings
        self._zone = ZoneInfo(settings.time_zone)
        self._decode = EventDecoder.of(topic, settings).decode
        self._redaction = Redaction(topic, pseudonym, settings.anonymous_words)

    def line(self, record: Record, today: str) -> str:
        """The line of a record; ``today`` is a date such as 2026-11-21."""
        body = _body(record.value)
        fault = self._fault(record)
        if body is None:
            return printable(f"{self._place(record)} refused: {fault}")
        shown = self._redaction.body(body)
        kind, subject = str(shown.get("type", "(no type)")), str(shown.get("subject", "(no subject)"))
        data = shown.get("data")
        fields = [f"{name}={_text(found)}" for name, found in data.items()] if isinstance(data, dict) else []
        words = [self._time(shown.get("time"), today), self._place(record), kind, subject, *fields]
        return printable(" ".join([*words, f"· refused: {fault}"] if fault else words))

    def _place(self, record: Record) -> str:
        return f"{self._topic} {record.partition}:{record.offset}"

    def _time(self, time: Any, today: str) -> str:
        try:
            moment = datetime.fromisoformat(time).astimezone(self._zone)
        except (TypeError, ValueError, OverflowError):
            return str(time)
        clock = moment.isoformat(sep=" ", timespec="milliseconds")[:-6]
        return clock.removeprefix(f"{today} ")

    def _fault(self, record: Record) -> str:
        """Reason and sentence of a record that a worker refuses, as far as the record alone shows it."""
        try:
            subject = self._decode(record.value)[0].subject.encode()
        except InvalidEvent as error:
            return str(error)
        if record.key != subject:
            return "wrong_key: the record's key is not the event's subject"
        if self._topic not in INPUTS:
            return ""
        settings = self._settings
        wrong = wrong_partition(settings.partitioner, subject, record.partition, settings.partitions)
        return f"wrong_partition: {wrong}" if wrong else ""


def subject_of(record: Record) -> str | None:
    """Subject of an event; ``None`` where the record is no event."""
    body = _body(record.value)
    return None if body is None else str(body.get("subject"))


def _body(value: bytes | None) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(value or b"")
    except UNREADABLE:
        return None
    return body if isinstance(body, dict) else None


def _text(found: Any) -> str:
    if isinstance(found, str):
        return f'"{found}"' if " " in found else found
    return msgspec.json.encode(found).decode()
