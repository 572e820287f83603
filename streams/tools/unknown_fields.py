"""Fields of ``data`` that the contract does not know: ignored by the worker, and often a known one written in another
way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import fields

from streams.contract.events import Event
from streams.contract.names import printable

NAMED = 10
"""Most unknown fields that the summary names."""
LONGEST_NAME = 40
NEAR = 0.75


class _Raw(msgspec.Struct, frozen=True, gc=False):
    data: dict[str, Any] = {}


_raw = msgspec.json.Decoder(_Raw).decode


@cache
def _known(kind: type[Event]) -> frozenset[str]:
    data = next(field.type for field in fields(kind) if field.name == "data")
    return frozenset(field.encode_name for field in fields(data))


def probably(name: str, known: frozenset[str]) -> str:
    """The known field that was probably meant; empty if none is near."""
    wanted = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
    near = get_close_matches(wanted.replace("-", "_").replace(" ", "_"), known, n=1, cutoff=NEAR)
    return near[0] if near else ""


class UnknownFields:
    """Counts of unknown fields by name, with the known one that was probably meant."""

    def __init__(self) -> None:
        self._found: Counter[tuple[str, str]] = Counter()

    def add(self, event: Event, line: bytes) -> None:
        """Count the fields in a line whose event was decoded."""
        known = _known(type(event))
        for name in _raw(line).data:
            if name not in known:
                self._found[name, probably(name, known)] += 1

    def summary(self) -> Iterator[str]:
        """A line for each field, those that are probably a mistake first."""
        found = sorted(self._found.items(), key=lambda item: (not item[0][1], -item[1]))
        for (name, meant), count in found[:NAMED]:
            guess = f"; did you mean `{meant}`?" if meant else ""
            yield f"{count:,} × unknown field `{printable(name[:LONGEST_NAME])}`, which is ignored{guess}"
        if len(found) > NAMED:
            yield f"{len(found) - NAMED:,} more unknown fields"


def hint(event_type: type[Event] | None, line: bytes, missing: str) -> str:
    """For a missing field, the one in the line that probably was to be it, such as `Queue` for `queue`; else empty."""
    if event_type is None:
        return ""
    try:
        names = _raw(line).data
    except msgspec.MsgspecError:
        return ""
    meant = next((name for name in names if probably(name, _known(event_type) & {missing})), "")
    return f"; there is `{printable(meant[:LONGEST_NAME])}`, and names are written exactly so" if meant else ""
