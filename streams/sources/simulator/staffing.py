"""Staffing: the number of agents of a queue, and their shifts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from streams.common.vocabulary import Channel
from streams.sources.simulator.catalogue import CHAT_SLOTS, Queue
from streams.sources.simulator.profile import MINUTES_A_DAY, Profile

SLOT_MINUTES: Final = 30
SLOTS: Final = MINUTES_A_DAY // SLOT_MINUTES
LONGEST_SHIFT: Final = 18
SHORTEST_SHIFT: Final = 4
LONGEST_BREAK: Final = 3
"""All in slots: a shift has 2 to 9 hours, and a lull of up to 90 minutes does not end it."""
ANSWER_SECONDS: Final = 16.0
"""The service-level target of 20 s minus the ringing time."""
PLANNED_LEVEL: Final = 0.80
TICKET_TOUCHES: Final = 2.1
"""Mean number of times an agent works on a ticket."""
TICKET_OCCUPANCY: Final = 0.80


@dataclass(frozen=True, slots=True)
class Shift:
    """Presence of an agent from the slot ``start`` up to but not including ``end``."""

    start: int
    end: int


def agents_needed(load: float, handle_seconds: float, within_seconds: float, level: float) -> int:
    """Servers that meet the service level, by the square-root rule with its delay probability (Halfin and Whitt, 1981).

    Args:
        load: offered load in Erlang.
        handle_seconds: mean time that one contact occupies a server.
        within_seconds: target wait.
        level: share of contacts to be answered within it.
    """
    if load <= 0:
        return 1
    servers = math.floor(load) + 1
    while True:
        beta = (servers - load) / math.sqrt(load)
        density = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi)
        below = (1 + math.erf(beta / math.sqrt(2))) / 2
        waits = 1 / (1 + beta * below / density) if density > 0 else 0.0
        if waits * math.exp(-(servers - load) * within_seconds / handle_seconds) <= 1 - level:
            return servers
        servers += 1


def requirement(profile: Profile, queue: Queue, weekday: int, staff: float) -> list[int]:
    """Agents needed in each slot of a day; the slot after closing keeps half of them for the contacts still waiting."""
    need: list[int] = []
    for slot in range(SLOTS):
        if not queue.is_open(weekday, slot * SLOT_MINUTES):
            closing = slot > 0 and queue.is_open(weekday, (slot - 1) * SLOT_MINUTES)
            need.append(math.ceil(need[-1] / 2) if closing and queue.channel is not Channel.TICKET else 0)
        else:
            need.append(max(1, round(_agents(profile, queue, weekday, slot) * staff)))
    return need


def _agents(profile: Profile, queue: Queue, weekday: int, slot: int) -> int:
    if queue.channel is Channel.TICKET:
        return _ticket_agents(profile, queue)
    handle_seconds = queue.handle_seconds + queue.wrap_seconds
    load = profile.per_hour(queue, weekday, (slot + 0.5) * SLOT_MINUTES) * handle_seconds / 3600
    servers = agents_needed(load, handle_seconds, ANSWER_SECONDS, PLANNED_LEVEL)
    return math.ceil(servers / CHAT_SLOTS) if queue.channel is Channel.CHAT else servers


def _ticket_agents(profile: Profile, queue: Queue) -> int:
    """Agents for tickets, the same number in every open slot: tickets can wait, so only the week's work counts."""
    week = sum(profile.per_hour(queue, day, hour * 60 + 30) for day in range(7) for hour in range(24))
    open_hours = sum(hours[1] - hours[0] for hours in queue.hours if hours is not None)
    work_hours = week * TICKET_TOUCHES * queue.handle_seconds / 3600
    return max(1, math.ceil(work_hours / open_hours / TICKET_OCCUPANCY))


def shifts(need: list[int]) -> list[Shift]:
    """Shifts that cover ``need``: agent k is on duty while more than k agents are needed; a long day is split between
    two."""
    found: list[Shift] = []
    for layer in range(max(need)):
        for start, end in _runs([slots > layer for slots in need]):
            parts = -(-(end - start) // LONGEST_SHIFT)
            edges = [start + (end - start) * part // parts for part in range(parts + 1)]
            found += [Shift(*pair) for pair in pairwise(edges)]
    return found


def _runs(wanted: list[bool]) -> list[tuple[int, int]]:
    """Intervals of true slots, merged over lulls, none shorter than the shortest shift."""
    runs: list[tuple[int, int]] = []
    for slot, on in enumerate(wanted):
        if not on:
            continue
        if runs and slot - runs[-1][1] <= LONGEST_BREAK:
            runs[-1] = (runs[-1][0], slot + 1)
        else:
            runs.append((slot, slot + 1))
    return [(max(0, min(start, end - SHORTEST_SHIFT)), max(end, SHORTEST_SHIFT)) for start, end in runs]


class Roster:
    """Roster of a queue's agents, who rotate from day to day."""

    def __init__(self, profile: Profile, queue: Queue, staff: float) -> None:
        self._week = [shifts(requirement(profile, queue, weekday, staff)) for weekday in range(7)]
        self.size = max(len(day) for day in self._week)

    def on_duty(self, day: int, weekday: int, minute: int) -> list[int]:
        """Numbers (0 to ``size`` − 1) of the agents on duty at a local time, in ascending order."""
        slot = minute // SLOT_MINUTES
        return sorted(
            (number + day) % self.size
            for number, shift in enumerate(self._week[weekday])
            if shift.start <= slot < shift.end
        )

    @property
    def most(self) -> int:
        """The largest number of agents at one time."""
        return max(sum(shift.start <= slot < shift.end for shift in day) for day in self._week for slot in range(SLOTS))
