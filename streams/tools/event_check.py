"""Validation of JSON lines of events by the worker's rules, with the reason for each line that the worker would
refuse, and on request of whole contacts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

import msgspec

from streams.common.errors import InvalidEvent
from streams.config.settings import Settings
from streams.contract.decoding import Decoded, EventDecoder
from streams.contract.events import EVENTS_OF
from streams.contract.refusals import UNREADABLE
from streams.contract.topics import TOPIC_OF_PREFIX, Topic
from streams.tools.contact_check import ContactCheck, Problem
from streams.tools.customer_count import CustomerCount
from streams.tools.unknown_fields import UnknownFields, hint

PIECE_BYTES = 64 * 1024
"""Bytes read at a time from a line that is too long to keep."""
_MISSING = re.compile(r"`data\.(\w+)` is missing")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """One line of the input without its line end; ``value`` is cut if ``size``, in bytes, is over the limit."""

    number: int
    value: bytes
    size: int


class Finding(NamedTuple):
    """An error in a line: a reason of ``streams.contract.decoding.REASONS``, or one of a whole contact, and a
    sentence."""

    line: int
    reason: str
    detail: str


class _TypeOnly(msgspec.Struct, frozen=True, gc=False):
    type: str = ""


def lines_of(file: BinaryIO, longest: int) -> Iterator[Line]:
    """Lines of ``file``; at most ``longest`` bytes and a few of each are kept in memory."""
    number = 0
    while head := file.readline(longest + len(b"\r\n")):
        number += 1
        size, last, end = len(head), head, head[-2:]
        while not last.endswith(b"\n") and (last := file.readline(PIECE_BYTES)):
            size += len(last)
            end = (end + last)[-2:]
        size -= len(end) - len(end.removesuffix(b"\n").removesuffix(b"\r"))
        yield Line(number, head[:size], size)


class EventCheck:
    """Validator of lines that counts ``valid`` and ``empty`` ones, ``wrong`` ones and what is ``wrong_contacts`` by
    reason.

    Args:
        settings: limits of the worker, and the policies that judge contacts.
        contacts: check contacts from offer to end too; all of them stay in memory.
    """

    def __init__(self, settings: Settings, *, contacts: bool = False) -> None:
        self.contacts = ContactCheck(settings) if contacts else None
        self.customers = CustomerCount()
        self.unknown_fields = UnknownFields()
        self.valid = 0
        self.empty = 0
        self.wrong: Counter[str] = Counter()
        self.wrong_contacts: Counter[str] = Counter()
        self._limit = settings.record_limit_bytes
        self._decoders = {topic: EventDecoder.of(topic, settings) for topic in TOPIC_OF_PREFIX.values()}
        self._type_of = msgspec.json.Decoder(_TypeOnly).decode

    def findings(self, lines: Iterable[Line]) -> Iterator[Finding]:
        """The errors, in the order of the lines; those of whole contacts at the end."""
        for line in lines:
            if line.size <= self._limit and not line.value.strip():
                self.empty += 1
                continue
            try:
                topic, decoded = self._check(line)
            except InvalidEvent as error:
                self.wrong[error.reason] += 1
                yield Finding(line.number, error.reason, error.detail + self._hint(error, line))
                continue
            self.valid += 1
            self.customers.add(decoded[0], line.value)
            self.unknown_fields.add(decoded[0], line.value)
            if self.contacts is not None:
                yield from self._of_contacts(self.contacts.add(line.number, topic, decoded))
        if self.contacts is not None:
            yield from self._of_contacts(self.contacts.problems())

    def _of_contacts(self, problems: Iterable[Problem]) -> Iterator[Finding]:
        for line, reason, sentence in problems:
            self.wrong_contacts[reason] += 1
            yield Finding(line, reason, sentence)

    def _check(self, line: Line) -> tuple[Topic, Decoded]:
        if line.size > self._limit:
            raise InvalidEvent("too_large", f"{line.size} bytes, over the limit of {self._limit}")
        if line.value.startswith(BYTE_ORDER_MARK):
            raise InvalidEvent("not_json", "begins with a byte order mark; save it as UTF-8 without one")
        try:
            line.value.decode()
        except UnicodeDecodeError as error:
            raise InvalidEvent("not_utf8", f"invalid UTF-8 at byte {error.start}") from None
        topic = self._topic(line.value)
        return topic, self._decoders[topic].decode(line.value)

    def _hint(self, error: InvalidEvent, line: Line) -> str:
        missing = _MISSING.match(error.detail)
        if error.reason != "missing_field" or missing is None:
            return ""
        kind = self._type_of(line.value).type
        events = EVENTS_OF[self._topic(line.value)]
        return hint(events.get(kind.partition(".")[2]), line.value, missing[1])

    def _topic(self, value: bytes) -> Topic:
        """Topic of the event; an event without one of our types is left to the decoder of any topic, which explains the
        error."""
        try:
            prefix = self._type_of(value).type.partition(".")[0]
        except (*UNREADABLE, msgspec.ValidationError):
            prefix = ""
        return TOPIC_OF_PREFIX.get(prefix, Topic.CALLS)
