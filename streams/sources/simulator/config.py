"""Configuration of a simulation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from streams.sources.simulator.scenarios import Scenario

_BASE36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """Configuration of a simulation; the same configuration gives the same events.

    Attributes:
        start_ms: start of the (empty) centre, epoch milliseconds.
        seed: of all random numbers.
        rate: contacts an hour over all channels at the week's busiest moment.
        scenario: the disturbance.
        time_zone: of opening hours, shifts and profile (tz database name).
        end_ms: the first instant without events; ``None``: no end.
        disturb_at_ms: start of an outage or of the first spike; ``None``: ``start_ms``.
        clock_ahead_ms: lead of the centre's own clock over its time zone's.
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
        """Four characters that differ between runs with different events, so that their contacts never share an
        identifier."""
        value = crc32(repr(replace(self, end_ms=None)).encode())
        return "".join(_BASE36[value // 36**place % 36] for place in range(4))
