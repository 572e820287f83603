"""Simulated contact centre: its clock, its agents, its random numbers, and the events that it emits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import simpy
from simpy.events import ProcessGenerator

from streams.common.durations import DAY_MS, HOUR_MS, SECOND_MS
from streams.common.vocabulary import Channel
from streams.contract.topics import TOPIC_OF
from streams.sources.outgoing import OutgoingEvent, cloud_event
from streams.sources.simulator.agents import Agent, AgentGroup
from streams.sources.simulator.catalogue import CHAT_SLOTS, LINE_OF, QUEUE_OF, QUEUES, RESOLVED, Queue
from streams.sources.simulator.config import SimulationConfig
from streams.sources.simulator.profile import Profile
from streams.sources.simulator.scenarios import Effects
from streams.sources.simulator.staffing import Roster

SOURCE: Final = "/sim"
MOST_ATTEMPTS: Final = 5
COMES_AGAIN: Final = 0.62
"""Share of the customers with an unresolved contact who make contact again."""
COMES_AGAIN_AFTER_MS: Final = 30 * HOUR_MS
LATEST_AGAIN_MS: Final = 6 * DAY_MS
SAME_CHANNEL: Final = 0.65
AFTER_OPENING_MS: Final = 4 * HOUR_MS
"""Mean delay after opening of a customer who found the queue closed, so that they do not all arrive at opening time."""
_SIGMA: Final = 0.6
"""Standard deviation of the logarithm of working times."""

Life = Callable[["Contact", Queue], ProcessGenerator]


@dataclass(slots=True)
class Contact:
    """One contact of a customer: ``about`` is the subject's name, ``attempt`` counts contacts about the same issue."""

    topic: str
    prefix: str
    subject: str
    customer: str | None
    about: str
    attempt: int
    events: int = 0


class Centre:
    """State shared by all processes of the simulation.

    Attributes:
        env: the simpy environment; its clock is epoch milliseconds.
        events: events emitted and not taken yet.
        groups: the agents of each queue, by its name.
        rosters: the shifts of these agents.
        lives: the process of a contact, by channel; set by the simulation.
    """

    def __init__(self, config: SimulationConfig) -> None:
        self.env = simpy.Environment(initial_time=config.start_ms)
        self.profile = Profile(config.rate, ZoneInfo(config.time_zone), config.clock_ahead_ms)
        from_ms = config.start_ms if config.disturb_at_ms is None else config.disturb_at_ms
        self.effects = Effects(config.scenario, from_ms)
        self.random = Random(f"{config.seed}/contacts")
        self.events: list[OutgoingEvent] = []
        self.groups: dict[str, AgentGroup] = {}
        self.rosters: dict[str, Roster] = {}
        self.lives: dict[Channel, Life] = {}
        self._room: dict[str, int] = {}
        self._tag = config.tag()
        self._contacts = 0
        agents = 0
        for queue in QUEUES:
            roster = self.rosters[queue.name] = Roster(self.profile, queue, self.effects.staff)
            slots = CHAT_SLOTS if queue.channel is Channel.CHAT else 1
            people = [Agent(f"a-{agents + number:03d}", slots) for number in range(1, roster.size + 1)]
            agents += roster.size
            self.groups[queue.name] = AgentGroup(self.env, people)
            self._room[queue.name] = 10 + 2 * roster.most * slots
        self._call_groups = [self.groups[queue.name] for queue in QUEUES if queue.channel is Channel.CALL]
        self._trunks = sum(self._room[queue.name] for queue in QUEUES if queue.channel is Channel.CALL) * 3 // 4

    @property
    def now(self) -> int:
        """The time in epoch milliseconds."""
        return int(self.env.now)

    def emit(self, contact: Contact, what: str, data: dict[str, Any]) -> None:
        """Emit the event ``what`` of ``contact`` now; ``data`` may be shared between events and is never changed."""
        contact.events += 1
        now = int(self.env.now)
        event_id = f"{contact.subject}-{contact.events}"
        body = cloud_event(contact.prefix + what, SOURCE, event_id, now, contact.subject, data)
        self.events.append(OutgoingEvent(contact.topic, contact.subject, now, body))

    def begin(self, queue: Queue, customer: str | None, about: str, attempt: int) -> None:
        """Start a contact that arrives at ``queue`` now."""
        self._contacts += 1
        topic, prefix = TOPIC_OF[queue.channel], f"{queue.channel}."
        contact = Contact(topic, prefix, f"{self._tag}-{self._contacts}", customer, about, attempt)
        self.env.process(self.lives[queue.channel](contact, queue))

    def is_open(self, queue: Queue) -> bool:
        """True if ``queue`` accepts contacts now."""
        _, weekday, minute = self.profile.local(self.now)
        return queue.is_open(weekday, minute)

    def refusal(self, queue: Queue) -> str | None:
        """Reason why ``queue`` refuses a call or chat now; ``None`` if it accepts it."""
        if not self.is_open(queue):
            return "closed"
        if queue.channel is Channel.CALL and sum(group.waiting for group in self._call_groups) >= self._trunks:
            return "busy"
        return "full" if self.groups[queue.name].waiting >= self._room[queue.name] else None

    def work_ms(self, mean_seconds: float) -> int:
        """A random working time in ms: log-normal, longer during an outage."""
        factor = self.random.lognormvariate(-_SIGMA * _SIGMA / 2, _SIGMA) * self.effects.handle(self.now)
        return max(SECOND_MS, int(mean_seconds * SECOND_MS * factor))

    def soon_ms(self, mean_ms: float) -> int:
        """A random delay in ms: exponential with this mean, plus one second."""
        return SECOND_MS + int(self.random.expovariate(1.0) * mean_ms)

    def settled(self, contact: Contact, handed_over: bool) -> bool:
        """True if a handled contact resolves the issue for the customer (random)."""
        chance = RESOLVED[contact.about] + 0.05 * (contact.attempt - 1) - (0.15 if handed_over else 0.0)
        return self.random.random() < chance

    def noted(self, settled: bool) -> bool | None:
        """The agent's note about it: sometimes too optimistic, sometimes missing."""
        if settled:
            return True if self.random.random() < 0.97 else None
        draw = self.random.random()
        return False if draw < 0.70 else None if draw < 0.82 else True

    def left_open(self, contact: Contact, channel: Channel) -> None:
        """Let a customer with an unresolved issue make contact again within days, on any channel, or give up."""
        if self.random.random() >= COMES_AGAIN:
            return
        if self.random.random() >= SAME_CHANNEL:
            channel = self.random.choice(list(Channel))
        self.comes_again(contact, channel, min(self.soon_ms(COMES_AGAIN_AFTER_MS), LATEST_AGAIN_MS))

    def comes_again(self, contact: Contact, channel: Channel, after_ms: int) -> None:
        """Schedule another contact of the customer about the same issue, once the queue is open after ``after_ms``."""
        if contact.attempt < MOST_ATTEMPTS:
            self.env.process(self._again(contact, channel, after_ms))

    def _again(self, contact: Contact, channel: Channel, after_ms: int) -> ProcessGenerator:
        yield self.env.timeout(after_ms)
        queue = QUEUE_OF[channel, LINE_OF[contact.about]]
        if channel is not Channel.TICKET:
            while opens_ms := self.profile.opening_ms(queue, self.now) - self.now:
                yield self.env.timeout(opens_ms + self.soon_ms(AFTER_OPENING_MS))
        self.begin(queue, contact.customer, contact.about, contact.attempt + 1)
