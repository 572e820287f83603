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

COLON = ord(":")
_TIME_WITH_OFFSET = re.compile(rb'"time"\s*:\s*"[^"]*[+-]\d\d:\d\d"')
_ENVELOPE = 1 + sum(field.required for field in fields(Event))
"""Members of every event besides `data`: `type`, and the required fields of the envelope."""
CERTAIN_COLONS = _ENVELOPE + 1 + TIME_COLONS
"""Colons of an event with ``data``, besides those of its fields."""
_TOP_LEVEL = frozenset({*(field.encode_name for field in fields(Event)), "type", "data"})


def defaults_of(data: type[Data]) -> tuple[tuple[int, Any], ...]:
    """The fields of a type of ``data`` with another default than ``UNSET``: place and default."""
    return tuple(
        (place, each.default)
        for place, each in enumerate(fields(data))
        if each.default is not NODEFAULT and each.default is not UNSET
    )


class _Shape:
    """Members of one type of ``data``: its names in JSON, and the fields with another default than ``UNSET``, each with
    that default and with its name as it is written."""

    def __init__(self, data: type[Data]) -> None:
        found = fields(data)
        self.names = frozenset(each.encode_name for each in found)
        self.defaults = tuple(
            (place, default, f'"{found[place].encode_name}":'.encode()) for place, default in defaults_of(data)
        )


class StrictJson:
    """Proof for the records of one topic that no member is given twice and that all bytes are UTF-8.

    The decoder itself proves the usual record: a record with as many colons as ``CERTAIN_COLONS`` and its fields of
    ``data`` together has known members only, whose texts were validated as UTF-8.
    """

    def __init__(self, events: Iterable[type[Event]]) -> None:
        self._shapes = {data: _Shape(data) for data in map(data_type, events)}
        self._known = _TOP_LEVEL.union(*(shape.names for shape in self._shapes.values()))
        self._learned: list[bytes] = []

    def check(self, value: bytes, event: Event, given: int, spare: int) -> None:
        """Refuse a record that is not strict JSON.

        Args:
            value: the record, which the decoder accepted.
            event: the event that the decoder made of it.
            given: fields of ``data`` that are certainly there. A field with its default value may be missing, and
                `data` itself if it has none of its fields.
            spare: colons beyond the certain ones, those of these fields and that of a sequence.

        Raises:
            InvalidEvent: ``not_utf8``, or ``invalid_field`` for a member that is given twice.
        """
        spare += not given
        if spare == 0:
            return
        if not value.isascii() and (broken := not_utf8(value)) is not None:
            raise broken
        shape = self._shapes[type(event.data)]
        if not self._is_accounted_for(value, event, shape, spare, is_bare=given <= 0):
            self._parse(value, shape)

    def _is_accounted_for(self, value: bytes, event: Event, shape: _Shape, spare: int, *, is_bare: bool) -> bool:
        """True if the spare colons belong to texts, or to different members that the event does not show."""
        if b"\\" in value:  # a name with an escape is not found by its bytes
            return False
        # A quoted text before a colon is the name of a member, and none of the names that follow was counted before.
        for name in self._learned:
            if name in value:
                spare -= 1
        if spare > 0:
            spare -= event.id.count(":") + event.source.count(":") + event.subject.count(":")
        if spare > 0:
            values = astuple(event.data)
            spare -= is_bare and b'"data":' in value
            for place, default, name in shape.defaults:
                if values[place] is default:
                    spare -= name in value
            if spare > 0:
                spare -= sum(text.count(":") for text in values if isinstance(text, str))
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
