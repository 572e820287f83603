"""Decoders of live entries in Redis, which refuse what no worker writes. No IO."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import msgspec

from streams.contract.topics import Topic
from streams.facts.domains import DOMAIN_OF
from streams.numbers.live_entries import RowEntry
from streams.store.damage import Damaged, undecodable
from streams.store.reading import FURTHEST_MS

Decode = Callable[[bytes, bytes, Callable[[int], bool]], RowEntry]
"""An entry from its field, its bytes, and a test for ids of rows; raises ``Damaged``."""
EntryDecoders = Mapping[str, Decode]


@cache
def entry_decoders(topic: Topic) -> EntryDecoders:
    """Decoders of a topic's live entries of a row, by letter."""
    types = DOMAIN_OF[topic].live_types
    return {letter: _decoder(entry) for letter, entry in types.items() if issubclass(entry, RowEntry)}


def _decoder(entry_type: type[RowEntry]) -> Decode:
    decode_bytes = msgspec.msgpack.Decoder(entry_type).decode
    moments = [name for name in entry_type.__struct_fields__ if name.endswith("_ms")]

    def decode(field: bytes, packed: bytes, has_row: Callable[[int], bool]) -> RowEntry:
        try:
            entry = decode_bytes(packed)
        except Exception as error:
            raise Damaged("numbers", field, undecodable(error)) from error
        if not has_row(entry.row):
            raise Damaged("numbers", field, f"is an entry of row {entry.row}, which is not in the registry")
        for name in moments:
            moment = getattr(entry, name)
            if moment is not None and not -FURTHEST_MS <= moment <= FURTHEST_MS:
                raise Damaged("numbers", field, f"has {name} = {moment}, which is out of range")
        return entry

    return decode
