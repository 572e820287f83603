"""Bytes of what a worker keeps in Redis: the packed states of contacts, and the slices of their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from redis import Redis

from tests.bench.sides import Side

STATES = "states"
FIELDS_A_CALL = 2_000
EVERYTHING = "all topics"


class Kept(NamedTuple):
    """Bytes of one topic's values. ``slices``: by the letter of the tier, the counters since the beginning included."""

    states: int
    slices: Counter[str]


def packed_bytes(redis: Redis, side: Side) -> dict[str, Kept]:
    """Bytes by topic, summed over its partitions; live entries are left out."""
    found = {}
    for topic, partitions in side.keys.items():
        states, slices = 0, Counter[str]()
        for keys in partitions:
            states += sum(len(value) for _, value in _entries(redis, keys["contacts"]))
            for field, value in _entries(redis, keys["numbers"]):
                letter = chr(field[0])
                if not letter.isupper():
                    slices[letter] += len(value)
        found[topic] = Kept(states, slices)
    return found


def table(theirs: Mapping[str, Kept], ours: Mapping[str, Kept]) -> list[str]:
    """Lines of the comparison: theirs, ours and the ratio. Tiers that only one side has stand apart."""
    both = {letter for kept in theirs.values() for letter in kept.slices} & {
        letter for kept in ours.values() for letter in kept.slices
    }
    lines = [f"{'packed bytes':<48} {'theirs':>13} {'ours':>13} {'ours/theirs':>12}"]
    before, after = _sums(theirs, both), _sums(ours, both)
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name), after.get(name)
        ratio = f"{new / old:.3f}" if old and new else "–"
        lines.append(f"{name:<48} {_bytes(old)} {_bytes(new)} {ratio:>12}")
    return lines


def _bytes(count: int | None) -> str:
    return f"{'–':>13}" if count is None else f"{count:>13,}"


def _sums(kept: Mapping[str, Kept], both: set[str]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    apart: Counter[str] = Counter()
    for topic, (states, slices) in kept.items():
        common = sum(count for letter, count in slices.items() if letter in both)
        for name, count in ((STATES, states), ("slices", common), ("states and slices", states + common)):
            sums[f"{topic}: {name}"] += count
            apart[f"{EVERYTHING}: {name}"] += count
        for letter, count in slices.items():
            if letter not in both:
                apart[f"{EVERYTHING}: slices of tier {letter!r}, not in the sums"] += count
    return {**sums, **apart}


def _entries(redis: Redis, key: str) -> Any:
    return redis.hscan_iter(key, count=FIELDS_A_CALL)
