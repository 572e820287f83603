"""What decides which events a simulation gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from streams.sources.simulator.scenarios import Scenario

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """Everything that decides which events come out; the same configuration gives the same events.

    Attributes:
        start_ms: when the (empty) centre opens its doors, epoch milliseconds.
        seed: of all chance.
        rate: contacts an hour over all channels at the week's busiest moment.
        scenario: what goes wrong.
        time_zone: of opening hours, shifts and profile (tz database name).
        end_ms: the first instant without events; None goes on for ever.
        disturb_at_ms: when an outage or the first spike begins; None is ``start_ms``.
        clock_ahead_ms: how far the centre's own clock is ahead of its time zone's.
    """

    start_ms: int
    seed: int = 1
    rate: float = 600.0
    scenario: Scenario = Scenario.NORMAL
    time_zone: str = "UTC"
    end_ms: int | None = None
    disturb_at_ms: int | None = None
    clock_ahead_ms: int = 0

    def tag(self) -> str:
        """Four characters that differ between runs with different events, so that their contacts never mix."""
        value = crc32(repr(replace(self, end_ms=None)).encode())
        return "".join(_BASE36[value // 36**place % 36] for place in range(4))
