"""Decoder of raw records to events, which finds and names every reason to refuse a record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, Union

import msgspec
from msgspec import UNSET
from msgspec.structs import astuple, fields, force_setattr, replace

from streams.common.errors import InvalidEvent
from streams.common.renames import NO_RENAMES, Renamed, Renames
from streams.common.vocabulary import ALL_QUEUES
from streams.contract.events import (
    EPOCH,
    EVENTS_OF,
    MILLISECOND,
    TYPES_OF,
    CorrectedData,
    Data,
    Event,
    LeftReason,
    LegOutcome,
    OutcomeData,
)
from streams.contract.names import ANONYMOUS, InvalidName, clean_name, customer_identity
from streams.contract.refusals import (
    NAMES,
    UNREADABLE,
    data_type,
    did_you_mean,
    explained,
    not_json,
    not_utf8,
    shown_type,
)
from streams.contract.strict import CERTAIN_COLONS, COLON, StrictJson, defaults_of
from streams.contract.times import EARLIEST_MS, LATEST_MS, check_times, time_fields
from streams.contract.topics import CHANNEL_OF, INPUTS, Topic

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
    "too_many",
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
    "internal",
    "unknown_type",
)
"""Every reason to refuse a record. ``unknown_type`` is counted and skipped, all others make dead letters. ``internal``
says that the code of this release is at fault, not the record."""

SKIPPED = frozenset({"unknown_type"})
"""Reasons that are counted without a dead letter."""

_TYPE_ONLY = msgspec.json.Decoder(type=dict[str, Any])


Decoded = tuple[Event, int, int]
"""An event, its time in epoch ms and its sequence, each computed once. A plain tuple, because one is created per
event."""


CUSTOMERS, AGENTS = frozenset({"customer"}), frozenset({"agent"})
"""Fields of ``data`` that identify a person."""

Tidy = Callable[[str], str]
TIDY_REMEMBERED = 20_000
"""Texts of one kind that are known to need no change: names repeat, and looking one up is cheaper than reading it."""


class _Tidier:
    """Brings the texts of one kind of field into the form in which they are stored."""

    def __init__(self, tidy: Tidy) -> None:
        self.tidy = tidy
        self.known: set[Any] = {UNSET, None}
        """Values that stay as they are."""

    def remember(self, text: str) -> None:
        """Note that a text needs no change."""
        if len(self.known) > TIDY_REMEMBERED:
            self.known.clear()
            self.known.update((UNSET, None))
        self.known.add(text)


_Plan = tuple[tuple[tuple[int, set[Any], _Tidier], ...], int, tuple[tuple[int, Any], ...], bool]
"""Work on one type of ``data``: its texts to tidy by place, the number of its fields (0 where the JSON need not be
strict), its fields with another default than ``UNSET``, and if it holds times. A plain tuple, because it is unpacked
once an event."""


def _plan(data: type[Data], tidiers: Mapping[str, _Tidier], strict: StrictJson | None) -> _Plan:
    names = data.__struct_fields__
    return (
        tuple((place, tidiers[name].known, tidiers[name]) for place, name in enumerate(names) if name in tidiers),
        # A type without fields has events without `data`, and so a colon less.
        (len(names) or -1) if strict is not None else 0,
        defaults_of(data),
        bool(time_fields(data)),
    )


class RecordLimits(Protocol):
    """Largest record of an input topic in bytes, longest string of an event in characters, names of nobody, and queues
    that were renamed."""

    @property
    def renames(self) -> Renames:
        """Earlier names of queues."""
        ...

    @property
    def anonymous_words(self) -> frozenset[str]:
        """Words that a system writes for a customer that it does not know, in lower case."""
        ...

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

    def __init__(
        self,
        topic: Topic,
        *,
        record_limit_bytes: int,
        string_limit: int,
        anonymous_words: frozenset[str] = ANONYMOUS,
        renames: Renames = NO_RENAMES,
    ) -> None:
        self.topic = topic
        self._record_limit = record_limit_bytes
        self._string_limit = string_limit
        union: Any = Union[tuple(EVENTS_OF[topic].values())]  # noqa: UP007 - built from a table
        self._decode = msgspec.json.Decoder(union).decode

        def customer(text: str) -> str:
            return customer_identity(text, anonymous_words)

        tidiers = {
            **dict.fromkeys(NAMES, _Tidier(clean_name)),
            **dict.fromkeys(CUSTOMERS, _Tidier(customer)),
            **dict.fromkeys(AGENTS, _Tidier(str.strip)),
        }
        self._renames = renames
        renamed = renames.get(CHANNEL_OF[topic]) if topic in CHANNEL_OF else None
        if renamed:
            tidiers["queue"] = _Tidier(_present_name(renamed))
        strict = self._strict = StrictJson(EVENTS_OF[topic].values()) if topic in INPUTS else None
        self._short = min(string_limit + ENVELOPE_BYTES, record_limit_bytes)
        self._plans = {
            data: _plan(data, {} if data is OutcomeData else tidiers, strict)  # ours are tidy
            for data in map(data_type, EVENTS_OF[topic].values())
        }

    @classmethod
    def of(cls, topic: Topic, limits: RecordLimits) -> EventDecoder:
        """Decoder of a topic with ``limits``. Our own events repeat strings that were checked in the input events."""
        if topic not in INPUTS:
            return cls(
                topic, record_limit_bytes=OWN_RECORD_BYTES, string_limit=OWN_RECORD_BYTES, renames=limits.renames
            )
        return cls(
            topic,
            record_limit_bytes=limits.record_limit_bytes,
            string_limit=limits.string_limit,
            anonymous_words=limits.anonymous_words,
            renames=limits.renames,
        )

    def decode(self, value: bytes | None) -> Decoded:
        """The event in ``value``; see the class."""
        is_long = value is None or len(value) > self._short
        if is_long:
            self._check_size(value)
        assert value is not None
        try:
            event: Event = self._decode(value)
        except msgspec.ValidationError as error:
            event = self._read_again(value, str(error))
        except UNREADABLE as error:
            raise not_json(value, error) from None
        if is_long:
            self._check_strings(event)
        data = event.data
        tidiers, size, defaults, is_timed = self._plans[data.__class__]
        values = astuple(data)
        for place, known, tidier in tidiers:
            text = values[place]
            if text not in known and text.__class__ is str:
                name = data.__struct_fields__[place]
                tidied = _tidied(data, name, text, tidier.tidy)
                if tidied == text:
                    tidier.remember(text)
                else:
                    # Frozen for all others, but nobody has seen this event yet, and two copies cost as much as a third
                    # of its decoding.
                    force_setattr(data, name, tidied)
        sequence = -1 if event.sequence == -1 else _sequence(event.sequence)
        if size:
            # Members that are certainly there, and the colons that each of them and the time has (``StrictJson``).
            given = size - values.count(UNSET)
            for place, default in defaults:
                if values[place] is default:
                    given -= 1
            spare = value.count(COLON) - given - CERTAIN_COLONS - (sequence != -1)
            # The colon of an offset may be spare; no other colon outside of a text stands before such a number.
            # Without a field, `data` itself may be missing, and another colon stand in its place.
            if (spare and (spare != 1 or b':00"' not in value)) or (not given and b'"data":' not in value):
                assert self._strict is not None
                self._strict.check(value, event, given, spare)
        time_ms = (event.time - EPOCH) // MILLISECOND
        if is_timed or not EARLIEST_MS <= time_ms <= LATEST_MS:
            event = self._with_other_times(event)
        return event, time_ms, sequence

    def _check_size(self, value: bytes | None) -> None:
        if value is None:
            raise InvalidEvent("no_value", "the record has no value (a tombstone)")
        if len(value) > self._record_limit:
            raise InvalidEvent("too_large", f"{len(value)} bytes, over the limit of {self._record_limit}")

    def _with_other_times(self, event: Event) -> Event:
        """The event after a look at all its times, and at what only events with other times have to obey."""
        check_times(event)
        if type(event.data) is CorrectedData:
            _check_correction(event)
        if self._renames and type(event.data) is OutcomeData:
            changed = _renamed_queues(event.data, self._renames)
            if changed:
                return replace(event, data=replace(event.data, **changed))
        return event

    def _read_again(self, value: bytes, message: str) -> Event:
        """The event of a record that the decoder refused, with a second 60 read as 59.999; else the reason."""
        if "RFC3339" in message and _LEAP_SECOND.search(value):
            try:
                event: Event = self._decode(_LEAP_SECOND.sub(rb"\1:59.999", value))
            except msgspec.ValidationError as error:
                message = str(error)
            except UNREADABLE as error:  # the first decoder stopped at the time and never saw the rest
                raise not_json(value, error) from None
            else:
                return event
        raise self._explain(value, message)

    def _explain(self, value: bytes, message: str) -> InvalidEvent:
        """Translate the decoder's message into one of our reasons, and a sentence that says what to write."""
        broken = not_utf8(value)  # the decoder does not validate the bytes of fields that it skips
        if broken is not None:
            return broken
        if "at `$.type`" in message:
            return self._explain_type(value, message)
        return explained(self.topic, value, message)

    def _explain_type(self, value: bytes, message: str) -> InvalidEvent:
        try:
            kind = _TYPE_ONLY.decode(value).get("type")
        except UNREADABLE as error:  # the first decoder stopped at the type and never saw the rest
            return not_json(value, error)
        if not isinstance(kind, str):
            return InvalidEvent("invalid_field", message)
        if kind in TYPES_OF[self.topic]:
            return InvalidEvent("invalid_field", "`type` is given twice")
        for topic, types in TYPES_OF.items():
            if kind in types and topic not in INPUTS:
                return InvalidEvent("wrong_topic", f"{kind} is written by the streams alone, onto the topic {topic}")
            if kind in types:
                return InvalidEvent("wrong_topic", f"{kind} belongs on the topic {topic}, not on {self.topic}")
        return InvalidEvent(
            "unknown_type", f"type {shown_type(kind)} is none of this contract{did_you_mean(kind[:64])}"
        )

    def _check_strings(self, event: Event) -> None:
        limit = self._string_limit
        for holder in (event, event.data):
            for name in holder.__struct_fields__:
                text = getattr(holder, name)
                if isinstance(text, str) and len(text) > limit:
                    raise InvalidEvent("string_too_long", f"`{name}` has {len(text)} characters, over {limit}")


def _tidied(data: Data, name: str, text: str, tidy: Tidy) -> Any:
    """The stored form of a text; ``UNSET`` for a blank one, which is a missing field, and "" for nobody."""
    try:
        tidied = tidy(text)
    except InvalidName as error:
        raise InvalidEvent("invalid_field", f"`{name}` {error}; names hold visible characters only") from None
    if name == "queue" and tidied in ("", ALL_QUEUES):
        reason = "is blank" if not tidied else "is `*`, which stands for all queues"
        raise InvalidEvent("invalid_field", f"`queue` {reason}; write the name of the queue")
    if tidied or name in CUSTOMERS:
        return tidied
    if any(field.name == name and field.required for field in fields(type(data))):
        raise InvalidEvent("missing_field", f"`{name}` is blank, and {type(data).__name__} needs it")
    return UNSET


def _present_name(renamed: Renamed) -> Tidy:
    """The function that brings the name of a queue into its stored form, under its present name."""

    def tidy(text: str) -> str:
        name = clean_name(text)
        return renamed.get(name, name)

    return tidy


def _renamed_queues(data: OutcomeData, renames: Renames) -> dict[str, str]:
    """The queues of an outcome that have another name by now, by field."""
    renamed = renames.get(data.channel, {})
    queues = {"queue": data.queue, "first_queue": data.first_queue}
    return {field: renamed[name] for field, name in queues.items() if name in renamed}


def _check_correction(event: Event) -> None:
    """Refuse a correction that contradicts itself (events.md, "Corrections")."""
    data: CorrectedData = event.data
    if data.outcome is UNSET:
        for name in ("reason", "agent", "outcome_at"):
            if getattr(data, name) is not UNSET:
                raise InvalidEvent("invalid_field", f"`{name}` without `outcome`: it belongs to the corrected outcome")
    if data.outcome is LegOutcome.LEFT_QUEUE and data.reason not in list(LeftReason):
        raise InvalidEvent("invalid_field", f"`outcome` left_queue needs a `reason`: one of {', '.join(LeftReason)}")
    if data.transferred is True:
        raise InvalidEvent("invalid_field", "`transferred` can only be false, which undoes a transfer")
    for name in ("outcome_at", "ended_at"):
        moment = getattr(data, name)
        if isinstance(moment, datetime) and moment > event.time:
            raise InvalidEvent("invalid_field", f"`{name}` is after the `time` of the correction")


_LEAP_SECOND = re.compile(rb"""("(?:time|outcome_at|ended_at)"\s*:\s*"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d):60(?:\.\d*)?""")


def _sequence(value: int | str) -> int:
    """CloudEvents ``sequence``: an integer or a string of digits, 0 to 2**63 − 1."""
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 19):
            raise InvalidEvent(
                "invalid_field", f"`sequence` is a text of {len(value)} characters, no string of up to 19 digits"
            )
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
