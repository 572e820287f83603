"""Simulated tickets: opened at any hour, worked on in office hours, replied to, held, transferred, solved, reopened."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from simpy.events import Event, ProcessGenerator

from streams.common.durations import DAY_MS, HOUR_MS, SECOND_MS
from streams.common.vocabulary import Channel
from streams.sources.simulator.agents import LOW, NORMAL, URGENT, Agent
from streams.sources.simulator.catalogue import MEDIA, QUEUES, Queue

if TYPE_CHECKING:
    from streams.sources.simulator.centre import Centre, Contact

PRIORITIES: Final = (("low", "normal", "high", "urgent"), (0.15, 0.80, 0.95, 1.0))
RANK_OF: Final = {"low": LOW, "normal": NORMAL, "high": NORMAL, "urgent": URGENT}
AUTO_REPLY: Final = 0.7
REMOVED: Final = 0.04
REMOVED_REASONS: Final = ("spam", "spam", "duplicate", "duplicate", "merged", "test")
FATES: Final = ("transfer", "escalate", "ask", "solve")
FATE_SUMS: Final = (0.08, 0.13, 0.42, 1.0)
"""Ends of a round of work, with cumulative probabilities."""
CUSTOMER_ANSWERS: Final = 0.85
CUSTOMER_ANSWERS_AFTER_MS: Final = 7 * HOUR_MS
NO_ANSWER_MS: Final = 2 * DAY_MS
"""A ticket whose customer does not reply for this long is solved without a reply."""
MOST_ROUNDS: Final = 4
REOPENED: Final = 0.07
REOPENED_AFTER_MS: Final = 16 * HOUR_MS
CLOSED_AFTER_MS: Final = 3 * DAY_MS
CLASSIFIED: Final = 0.75

_TICKET_QUEUES: Final = [queue for queue in QUEUES if queue.channel is Channel.TICKET]


class Tickets:
    """Processes of tickets in a :class:`Centre`."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._env = centre.env
        self._random = centre.random

    def life(self, contact: Contact, queue: Queue) -> ProcessGenerator:
        """Process: one ticket, from its opening until it is closed or removed."""
        centre, chance = self._centre, self._random
        priority = self._open(contact, queue)
        if chance.random() < AUTO_REPLY:
            yield self._env.timeout(centre.soon_ms(SECOND_MS))
            centre.emit(contact, "replied", {"automated": True})
        if chance.random() < REMOVED:
            yield from self._remove(contact, queue)
            return
        queue = yield from self._work(contact, queue, RANK_OF[priority])
        self._note(contact, priority)
        while chance.random() < REOPENED:
            yield self._env.timeout(min(centre.soon_ms(REOPENED_AFTER_MS), CLOSED_AFTER_MS - HOUR_MS))
            centre.emit(contact, "customer_replied", {})
            centre.emit(contact, "reopened", {})
            queue = yield from self._work(contact, queue, URGENT)
            self._note(contact, priority)
        yield self._env.timeout(CLOSED_AFTER_MS)
        centre.emit(contact, "closed", {})

    def _open(self, contact: Contact, queue: Queue) -> str:
        """Emit the opening.

        Returns:
            The priority.
        """
        chance = self._random
        media, media_sums = MEDIA[queue.name]
        names, sums = PRIORITIES
        priority = chance.choices(names, cum_weights=sums)[0]
        medium = chance.choices(media, cum_weights=media_sums)[0]
        data = {"queue": queue.name, "channel": medium, "priority": priority}
        if contact.customer is not None:
            data["customer"] = contact.customer
        if chance.random() < 0.6:
            data["topic"] = contact.about
        self._centre.emit(contact, "opened", data)
        return priority

    def _remove(self, contact: Contact, queue: Queue) -> ProcessGenerator:
        """An agent finds that the ticket should not exist, such as spam or a duplicate, and removes it."""
        agent = yield from self._agent(queue, LOW)
        yield self._env.timeout(self._centre.work_ms(60))
        self._centre.emit(contact, "removed", {"reason": self._random.choice(REMOVED_REASONS)})
        self._centre.groups[queue.name].release(agent)

    def _work(self, contact: Contact, queue: Queue, rank: int) -> Generator[Event, Any, Queue]:
        """Rounds of work until the ticket is solved.

        Returns:
            The queue in which it was solved.
        """
        centre = self._centre
        for round_ in range(MOST_ROUNDS):
            agent = yield from self._agent(queue, rank)
            centre.emit(contact, "assigned", {"agent": agent.name, "team": queue.team})
            yield self._env.timeout(centre.work_ms(queue.handle_seconds))
            fate = "solve" if round_ == MOST_ROUNDS - 1 else self._random.choices(FATES, cum_weights=FATE_SUMS)[0]
            centre.groups[queue.name].release(agent)
            if fate == "transfer":
                queue = self._random.choice([other for other in _TICKET_QUEUES if other is not queue])
                centre.emit(contact, "transferred", {"queue": queue.name})
            elif fate == "escalate":
                yield from self._escalate(contact, agent)
            else:
                centre.emit(contact, "replied", {"agent": agent.name})
                if fate == "solve" or not (yield from self._ask(contact)):
                    break
        centre.emit(contact, "solved", {"agent": agent.name, "team": queue.team})
        return queue

    def _agent(self, queue: Queue, rank: int) -> Generator[Event, Any, Agent]:
        """Wait until an agent of the queue's group is free."""
        group = self._centre.groups[queue.name]
        agent: Agent = group.take() or (yield group.join(rank))
        return agent

    def _escalate(self, contact: Contact, agent: Agent) -> Generator[Event, Any, None]:
        """An internal note, and a hold until the third party has done its part."""
        centre, chance = self._centre, self._random
        centre.emit(contact, "replied", {"agent": agent.name, "public": False})
        kind = "hierarchical" if chance.random() < 0.25 else "functional"
        centre.emit(contact, "escalated", {"kind": kind, "topic": contact.about})
        centre.emit(contact, "held", {"reason": "third_party"})
        yield self._env.timeout(centre.soon_ms(3 * HOUR_MS))
        centre.emit(contact, "resumed", {"reason": "third_party"})

    def _ask(self, contact: Contact) -> Generator[Event, Any, bool]:
        """A hold until the customer replies.

        Returns:
            False if the customer did not reply.
        """
        centre = self._centre
        centre.emit(contact, "held", {"reason": "customer"})
        if self._random.random() >= CUSTOMER_ANSWERS:
            yield self._env.timeout(NO_ANSWER_MS)
            return False
        yield self._env.timeout(min(centre.soon_ms(CUSTOMER_ANSWERS_AFTER_MS), NO_ANSWER_MS))
        centre.emit(contact, "customer_replied", {})
        centre.emit(contact, "resumed", {"reason": "customer"})
        return True

    def _note(self, contact: Contact, priority: str) -> None:
        """Emit the agent's note at a solve, and schedule another contact if the issue is not resolved."""
        centre = self._centre
        settled = centre.settled(contact, handed_over=False)
        if self._random.random() < CLASSIFIED:
            note = {"topic": contact.about, "resolved": centre.noted(settled), "priority": priority}
            centre.emit(contact, "classified", note)
        if not settled:
            centre.left_open(contact, Channel.TICKET)
