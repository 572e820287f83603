"""Decoder of raw records to events, which finds and names every reason to refuse a record."""

from __future__ import annotations

from typing import Any, Protocol, Union

import msgspec

from streams.common.errors import InvalidEvent
from streams.contract.events import EPOCH, EVENTS_OF, MILLISECOND, TYPES_OF, Event
from streams.contract.topics import INPUTS, Topic

MAX_SEQUENCE = 2**63 - 1
ENVELOPE_BYTES = 100
"""Smallest size of an event besides any one of its strings, so a record of at most this plus ``string_limit`` bytes
needs no check of its strings."""
OWN_RECORD_BYTES = 1 << 20
"""Limit for our own outcomes. An outcome repeats its contact, queues and topic, so it may be larger than every record
that led to it; even at the longest ``string_limit`` it is far smaller than a broker's limit."""

REASONS = (
    "no_value",
    "too_large",
    "not_utf8",
    "not_json",
    "no_offset",
    "missing_field",
    "invalid_field",
    "string_too_long",
    "wrong_topic",
    "wrong_key",
    "wrong_partition",
    "too_far_ahead",
    "too_old",
    "implausible_jump",
    "unknown_type",
)
"""Every reason to refuse a record. ``unknown_type`` is counted and skipped, all others make dead letters."""

SKIPPED = frozenset({"unknown_type"})
"""Reasons that are counted without a dead letter."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""Errors of the decoder for bytes that are not JSON, or JSON nested too deeply."""
_TYPE_ONLY = msgspec.json.Decoder(type=dict[str, Any])


Decoded = tuple[Event, int, int]
"""An event, its time in epoch ms and its sequence, each computed once. A plain tuple, because one is created per
event."""


class RecordLimits(Protocol):
    """Largest record of an input topic in bytes, longest string of an event in characters."""

    @property
    def record_limit_bytes(self) -> int:
        """Bytes of a record's value."""
        ...

    @property
    def string_limit(self) -> int:
        """Characters of one string."""
        ...


class EventDecoder:
    """Decoder of the JSON records of one topic.

    ``decode`` raises :class:`InvalidEvent` with a reason of ``REASONS``.
    """

    def __init__(self, topic: Topic, *, record_limit_bytes: int, string_limit: int) -> None:
        self.topic = topic
        self._record_limit = record_limit_bytes
        self._string_limit = string_limit
        union: Any = Union[tuple(EVENTS_OF[topic].values())]  # noqa: UP007 - built from a table
        self._decode = msgspec.json.Decoder(union).decode

    @classmethod
    def of(cls, topic: Topic, limits: RecordLimits) -> EventDecoder:
        """Decoder of a topic with ``limits``. Our own events repeat strings that were checked in the input events."""
        if topic not in INPUTS:
            return cls(topic, record_limit_bytes=OWN_RECORD_BYTES, string_limit=OWN_RECORD_BYTES)
        return cls(topic, record_limit_bytes=limits.record_limit_bytes, string_limit=limits.string_limit)

    def decode(self, value: bytes | None) -> Decoded:
        """The event in ``value``; see the class."""
        if value is None:
            raise InvalidEvent("no_value", "the record has no value (a tombstone)")
        if len(value) > self._record_limit:
            raise InvalidEvent("too_large", f"{len(value)} bytes, over the limit of {self._record_limit}")
        try:
            event: Event = self._decode(value)
        except msgspec.ValidationError as error:
            raise self._explain(value, str(error)) from None
        except UNREADABLE as error:
            raise _not_json(value, error) from None
        if len(value) > self._string_limit + ENVELOPE_BYTES:
            self._check_strings(event)
        sequence = -1 if event.sequence == -1 else _sequence(event.sequence)
        return event, (event.time - EPOCH) // MILLISECOND, sequence

    def _explain(self, value: bytes, message: str) -> InvalidEvent:
        """Translate the decoder's message into one of our reasons."""
        broken = _not_utf8(value)  # the decoder does not validate the bytes of fields that it skips
        if broken is not None:
            return broken
        if "at `$.type`" in message:
            return self._explain_type(value, message)
        if "timezone" in message:
            return InvalidEvent("no_offset", "`time` has no offset; write 2026-11-21T09:00:12.250Z or …+01:00")
        if "missing required field" in message:
            return InvalidEvent("missing_field", message)
        return InvalidEvent("invalid_field", message)

    def _explain_type(self, value: bytes, message: str) -> InvalidEvent:
        try:
            kind = _TYPE_ONLY.decode(value).get("type")
        except UNREADABLE as error:  # the first decoder stopped at the type and never saw the rest
            return _not_json(value, error)
        if not isinstance(kind, str):
            return InvalidEvent("invalid_field", message)
        if kind in TYPES_OF[self.topic]:
            return InvalidEvent("invalid_field", "`type` is given twice")
        for topic, types in TYPES_OF.items():
            if kind in types and topic not in INPUTS:
                return InvalidEvent("wrong_topic", f"{kind} is written by the streams alone, onto the topic {topic}")
            if kind in types:
                return InvalidEvent("wrong_topic", f"{kind} belongs on the topic {topic}, not on {self.topic}")
        return InvalidEvent("unknown_type", f"type {kind[:64]!r} is none of this contract")

    def _check_strings(self, event: Event) -> None:
        limit = self._string_limit
        for holder in (event, event.data):
            for name in holder.__struct_fields__:
                text = getattr(holder, name)
                if isinstance(text, str) and len(text) > limit:
                    raise InvalidEvent("string_too_long", f"`{name}` has {len(text)} characters, over {limit}")


def _not_utf8(value: bytes) -> InvalidEvent | None:
    try:
        value.decode()
    except UnicodeDecodeError as error:
        return InvalidEvent("not_utf8", f"invalid UTF-8 at byte {error.start}")
    return None


def _not_json(value: bytes, error: Exception) -> InvalidEvent:
    deep = isinstance(error, RecursionError)
    return _not_utf8(value) or InvalidEvent("not_json", "nested too deeply" if deep else str(error))


def _sequence(value: int | str) -> int:
    """CloudEvents ``sequence``: an integer or a string of digits, 0 to 2**63 − 1."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 19):
            raise InvalidEvent("invalid_field", f"`sequence` {value[:32]!r} is no string of up to 19 digits")
        value = int(value)
    if not 0 <= value <= MAX_SEQUENCE:
        raise InvalidEvent("invalid_field", f"`sequence` {value} is not between 0 and {MAX_SEQUENCE}")
    return value


def leg_name(leg: str | int | float) -> str:
    """Normalised name of a leg: 1, 1.0 and "1" are the same leg."""
    if isinstance(leg, str):
        return leg
    if isinstance(leg, float) and leg.is_integer():
        leg = int(leg)
    return str(leg)
