"""Strict reading of JSON: refuses what the decoder accepts silently, a member given twice and bytes of unknown fields
that are not UTF-8.

A full second parse costs more than the decoding itself, so a record is proved instead. Each member has one colon
outside of texts. A record therefore has at most as many members as colons outside of texts; if so many different
members are certainly there, none is given twice. Only a record without this proof is parsed again.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from msgspec import NODEFAULT, UNSET
from msgspec.structs import astuple, fields

from streams.common.errors import InvalidEvent
from streams.contract.events import Data, Event
from streams.contract.refusals import data_type, not_json, not_utf8

TIME_COLONS = 2
"""Colons of a time, without that of its offset."""
LEARNED_NAMES = 32
"""Names of unknown members that one decoder remembers: a producer that sends them sends them with every event."""
LONGEST_LEARNED = 64

_COLON = ord(":")
_TIME_WITH_OFFSET = re.compile(rb'"time"\s*:\s*"[^"]*[+-]\d\d:\d\d"')
_ENVELOPE = 1 + sum(field.required for field in fields(Event))
"""Members of every event besides `data`: `type`, and the required fields of the envelope."""
_TOP_LEVEL = frozenset({*(field.encode_name for field in fields(Event)), "type", "data"})


class _Shape:
    """Members of one type of ``data``: the number of its fields, its names in JSON, and the fields with a default
    besides ``UNSET``, each with that default and with its name as it is written."""

    def __init__(self, data: type[Data]) -> None:
        found = fields(data)
        self.fields = len(found)
        self.names = frozenset(each.encode_name for each in found)
        self.defaults = tuple(
            (each.name, each.default, f'"{each.encode_name}":'.encode())
            for each in found
            if each.default is not NODEFAULT and each.default is not UNSET
        )


class StrictJson:
    """Proof for the records of one topic that no member is given twice and that all bytes are UTF-8."""

    def __init__(self, events: Iterable[type[Event]]) -> None:
        self._shapes = {data: _Shape(data) for data in map(data_type, events)}
        self._known = _TOP_LEVEL.union(*(shape.names for shape in self._shapes.values()))
        self._learned: list[bytes] = []

    def check(self, value: bytes, event: Event) -> None:
        """Refuse a record that is not strict JSON.

        Args:
            value: the record, which the decoder accepted.
            event: the event that the decoder made of it.

        Raises:
            InvalidEvent: ``not_utf8``, or ``invalid_field`` for a member that is given twice.
        """
        data = event.data
        shape = self._shapes[type(data)]
        # Only what cannot have been left out is certain: a field with its default value may be missing, and `data`
        # itself if none of its fields is there.
        given = shape.fields - astuple(data).count(UNSET)
        for name, default, _ in shape.defaults:
            if getattr(data, name) is default:
                given -= 1
        members = _ENVELOPE + 1 + given if given else _ENVELOPE
        if event.sequence != -1:
            members += 1
        spare = value.count(_COLON) - members - TIME_COLONS
        # Without spare colons all members are known fields, whose texts the decoder has validated as UTF-8.
        if spare == 0 or (spare == 1 and (b':00"' in value or b':30"' in value or b':45"' in value)):
            return  # such an end of a text is an offset, or a colon of another text: a third one besides the time's two
        if not value.isascii() and (broken := not_utf8(value)) is not None:
            raise broken
        if not self._is_accounted_for(value, event, shape, spare):
            self._parse(value, shape)

    def _is_accounted_for(self, value: bytes, event: Event, shape: _Shape, spare: int) -> bool:
        """True if the spare colons belong to texts, or to different members that the event does not show."""
        if b"\\" in value:  # a name with an escape is not found by its bytes
            return False
        data = event.data
        # A quoted text before a colon is the name of a member, and none of the names that follow was counted before.
        for name in self._learned:
            if name in value:
                spare -= 1
        if spare > 0:
            spare -= event.id.count(":") + event.source.count(":") + event.subject.count(":")
        if spare > 0:
            given = shape.fields
            for value_of, default, name in shape.defaults:
                if getattr(data, value_of) is default:
                    given -= 1
                    spare -= name in value
            spare -= given == astuple(data).count(UNSET) and b'"data":' in value
        if spare > 0:
            spare -= sum(text.count(":") for text in astuple(data) if isinstance(text, str))
            spare -= _TIME_WITH_OFFSET.search(value) is not None
        return spare <= 0

    def _parse(self, value: bytes, shape: _Shape) -> None:
        """Parse a record again with every member, and learn the names of those that are unknown."""
        unknown: list[str] = []

        def read(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
            unknown.extend(name for name, _ in pairs if name not in self._known)
            return pairs

        try:
            # Numbers stay texts: Python refuses to read one of thousands of digits.
            record = json.loads(value, object_pairs_hook=read, parse_int=str, parse_float=str)
        except (ValueError, RecursionError) as error:
            raise not_json(value, error) from None
        _refuse_twice(record, _TOP_LEVEL, "")
        data = dict(record).get("data")
        if isinstance(data, list):
            _refuse_twice(data, shape.names, "data.")
        for name in unknown:
            written = f'"{name}":'.encode()
            if len(self._learned) < LEARNED_NAMES and len(written) <= LONGEST_LEARNED and written not in self._learned:
                self._learned.append(written)


def _refuse_twice(pairs: list[tuple[str, Any]], names: frozenset[str], holder: str) -> None:
    """Refuse a known member that is given twice: readers of JSON disagree about which of the two holds.

    Raises:
        InvalidEvent: ``invalid_field``.
    """
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1 and name in names:
            raise InvalidEvent(
                "invalid_field",
                f"`{holder}{name}` is given {'twice' if times == 2 else f'{times} times'}; write it once",
            )
