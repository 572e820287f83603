"""Tiers of slices, and the fields of slices in Redis."""

from __future__ import annotations

from typing import NamedTuple

SLICE_MS = 10_000
"""Width of the finest slice; the wider tiers are sums of these."""


class Tier(NamedTuple):
    """A width of slices; ``letter`` begins the field of each of its slices."""

    letter: str
    width_ms: int


TEN_SECONDS = Tier("s", SLICE_MS)
MINUTE = Tier("m", 60_000)
QUARTER = Tier("q", 900_000)
TIERS = (TEN_SECONDS, MINUTE, QUARTER)
TIER_OF = {tier.letter: tier for tier in TIERS}
TOTALS = "t"
"""Letter of the field of a row's counters: sums since the keys began that only increase."""


def slice_field(tier: Tier, start_ms: int, row: int) -> str:
    """The field of one slice in the ``numbers`` hash."""
    return f"{tier.letter}{start_ms // tier.width_ms}:{row}"


def parse_slice_field(field: str) -> tuple[Tier, int, int]:
    """``(tier, start_ms, row)`` of a slice's field."""
    units, _, row = field[1:].partition(":")
    tier = TIER_OF[field[0]]
    return tier, int(units) * tier.width_ms, int(row)
