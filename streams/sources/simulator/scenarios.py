"""Scenarios: the disturbances of the simulated centre."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from streams.common.durations import HOUR_MS, MINUTE_MS
from streams.sources.simulator.catalogue import LINES, OUTAGE_SUBJECT, Queue

OUTAGE_ARRIVALS: Final = 3.0
OUTAGE_HANDLE: Final = 1.4
SPIKE_ARRIVALS: Final = 4.0
SPIKE_LASTS_MS: Final = 20 * MINUTE_MS
SPIKE_EVERY_MS: Final = 2 * HOUR_MS
UNDERSTAFFED: Final = 0.65
_OUTAGE_SHARE: Final = next(s.share for s in LINES["soporte"] if s.name == OUTAGE_SUBJECT)


class Scenario(StrEnum):
    """Disturbance of the normal centre."""

    NORMAL = "normal"
    OUTAGE = "outage"
    UNDERSTAFFED = "understaffed"
    SPIKE = "spike"


@dataclass(frozen=True, slots=True)
class Effects:
    """Factors of a scenario on the normal centre.

    ``from_ms`` is the start of an outage or of the first spike; an understaffed centre is so all the time.
    """

    scenario: Scenario
    from_ms: int

    def arrivals(self, queue: Queue, time_ms: int) -> float:
        """Factor on the arrivals at ``queue``."""
        if time_ms < self.from_ms:
            return 1.0
        if self.scenario is Scenario.SPIKE and (time_ms - self.from_ms) % SPIKE_EVERY_MS < SPIKE_LASTS_MS:
            return SPIKE_ARRIVALS
        if self.scenario is Scenario.OUTAGE and queue.line == "soporte":
            return 1 + (OUTAGE_ARRIVALS - 1) * _OUTAGE_SHARE
        return 1.0

    def change_ms(self, time_ms: int) -> int | None:
        """The next change of the arrivals after ``time_ms``, if there is one."""
        if self.scenario not in (Scenario.SPIKE, Scenario.OUTAGE):
            return None
        if time_ms < self.from_ms:
            return self.from_ms
        if self.scenario is Scenario.OUTAGE:
            return None
        cycles, inside = divmod(time_ms - self.from_ms, SPIKE_EVERY_MS)
        return self.from_ms + cycles * SPIKE_EVERY_MS + (SPIKE_LASTS_MS if inside < SPIKE_LASTS_MS else SPIKE_EVERY_MS)

    def subject_weight(self, subject: str, time_ms: int) -> float:
        """Factor on the frequency of ``subject``."""
        outage = self.scenario is Scenario.OUTAGE and time_ms >= self.from_ms
        return OUTAGE_ARRIVALS if outage and subject == OUTAGE_SUBJECT else 1.0

    def handle(self, time_ms: int) -> float:
        """Factor on the handle time of conversations and tickets."""
        return OUTAGE_HANDLE if self.scenario is Scenario.OUTAGE and time_ms >= self.from_ms else 1.0

    @property
    def staff(self) -> float:
        """Factor on the number of agents."""
        return UNDERSTAFFED if self.scenario is Scenario.UNDERSTAFFED else 1.0
