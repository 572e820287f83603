"""Agents of a queue and the waiting line of its customers."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from typing import Any, Final

import simpy

URGENT: Final = 0
NORMAL: Final = 1
LOW: Final = 2
CALLBACK: Final = 3
"""Priorities of the waiting line: a free agent takes the lowest number first; first in, first out within one
priority."""


class Agent:
    """An agent: the most contacts handled at once (``slots``), and the number now (``busy``)."""

    __slots__ = ("busy", "name", "on_duty", "slots")

    def __init__(self, name: str, slots: int) -> None:
        self.name = name
        self.slots = slots
        self.busy = 0
        self.on_duty = False


class AgentGroup:
    """A pool of agents with a waiting line, on simpy events.

    simpy's own stores search their waiting list at each change; here the cost at both ends does not depend on the
    length of the line. An agent who was taken must be released.
    """

    def __init__(self, env: simpy.Environment, agents: list[Agent]) -> None:
        self.agents = agents
        self.waiting = 0
        self._env = env
        self._idle: deque[Agent] = deque()
        self._line: list[tuple[int, int, simpy.Event]] = []
        self._joined = 0

    def take(self) -> Agent | None:
        """The agent who has been free longest, or ``None``; no agent is free while a contact waits."""
        if not self._idle:
            return None
        agent = self._idle.popleft()
        agent.busy += 1
        return agent

    def join(self, priority: int = NORMAL) -> simpy.Event:
        """Wait for an agent.

        Returns:
            An event that succeeds with an :class:`Agent`, or with the reason given to ``leave``.
        """
        turn = self._env.event()
        self._joined += 1
        self.waiting += 1
        heappush(self._line, (priority, self._joined, turn))
        return turn

    def leave(self, turn: simpy.Event, reason: Any) -> None:
        """End a wait that has not ended yet: its event succeeds with ``reason``."""
        if not turn.triggered:
            self.waiting -= 1
            turn.succeed(reason)

    def dismiss(self, priority: int, reason: Any) -> None:
        """End every wait of exactly this priority."""
        for rank, _, turn in self._line:
            if rank == priority:
                self.leave(turn, reason)
        self._line = sorted(entry for entry in self._line if not entry[2].triggered)

    def release(self, agent: Agent) -> None:
        """End one contact of the agent, who takes the next waiting contact unless the shift is over."""
        agent.busy -= 1
        if agent.on_duty:
            self._offer(agent)

    def set_duty(self, numbers: list[int]) -> None:
        """Put these agents on duty; the others finish their current contacts."""
        present = set(numbers)
        for number, agent in enumerate(self.agents):
            if agent.on_duty and number not in present:
                agent.on_duty = False
        self._idle = deque(agent for agent in self._idle if agent.on_duty)
        arrived = [self.agents[number] for number in numbers if not self.agents[number].on_duty]
        for agent in arrived:
            agent.on_duty = True
        free = [(slot, agent) for agent in arrived for slot in range(agent.slots - agent.busy)]
        for _, agent in sorted(free, key=lambda place: place[0]):  # spread the waiting contacts over all arrivals
            self._offer(agent)

    def _offer(self, agent: Agent) -> None:
        line = self._line
        while line:
            turn = heappop(line)[2]
            if not turn.triggered:
                self.waiting -= 1
                agent.busy += 1
                turn.succeed(agent)
                return
        self._idle.append(agent)
