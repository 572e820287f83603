"""Events that break the rule of names: one id for two events, or two ids for one."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from streams.contract.decoding import Decoded

DIGEST_BYTES = 12
_pack = msgspec.msgpack.Encoder().encode


class _Seen(NamedTuple):
    """An event under a name: its line, digest of type, subject and data, and its place in time."""

    line: int
    body: bytes
    time_ms: int
    sequence: int


class EventNames:
    """Names of the events added so far; ``repeats`` counts events that came again exactly as they were."""

    def __init__(self) -> None:
        self.repeats = 0
        self._by_name: dict[bytes, _Seen] = {}
        self._by_content: dict[bytes, tuple[int, bytes]] = {}

    def add(self, line: int, decoded: Decoded) -> Iterator[tuple[str, str]]:
        """Reason and sentence for each contradiction of the event in ``line`` with an earlier one."""
        event, time_ms, sequence = decoded
        kind = event.__struct_config__.tag
        body = _digest((kind, event.subject, event.data))
        name = _digest((event.source, event.id))
        seen = _Seen(line, body, time_ms, sequence)
        before = self._by_name.setdefault(name, seen)
        if before is not seen:
            if before[1:] == seen[1:]:
                self.repeats += 1
            else:
                yield "id_reused", _reused(before, seen)
            return
        first_line, first_name = self._by_content.setdefault(
            body + time_ms.to_bytes(9, "big", signed=True), (line, name)
        )
        if first_name != name:
            yield (
                "two_ids",
                f"{event.subject}: the same {kind} as in line {first_line}, with another `id` or `source`; what can "
                "happen more than once counts twice, so a repetition must keep its name",
            )


def _digest(content: object) -> bytes:
    return blake2b(_pack(content), digest_size=DIGEST_BYTES).digest()


def _reused(before: _Seen, seen: _Seen) -> str:
    if before.body == seen.body:
        return (
            f"the `id` and `source` of line {before.line} with another time; a retry must repeat the event as it was: "
            "this one counts once"
        )
    return f"the `id` and `source` of line {before.line} with other content; give each event a name of its own"
