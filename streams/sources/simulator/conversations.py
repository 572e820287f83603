"""Simulated calls and chats: from the arrival, through the waiting line, to the end of the conversation."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from simpy.events import Event, ProcessGenerator

from streams.common.durations import MINUTE_MS, SECOND_MS
from streams.common.vocabulary import Channel
from streams.sources.simulator.agents import CALLBACK, Agent
from streams.sources.simulator.catalogue import QUEUE_NAMED, QUEUES, Queue

if TYPE_CHECKING:
    from streams.sources.simulator.centre import Centre, Contact

Onward = tuple[Queue, str] | None
"""Next queue of a contact after a leg, and the event field ``via`` of that leg."""
Steps = Generator[Event, Any, Onward]

PATIENCE_SECONDS: Final = {Channel.CALL: 240.0, Channel.CHAT: 300.0}
PATIENCE_SHAPE: Final = 1.1
LONGEST_WAIT_MS: Final = 12 * MINUTE_MS
OVERFLOW_AFTER_MS: Final = 100 * SECOND_MS
CALLBACK_AFTER_MS: Final = 60 * SECOND_MS
WANTS_CALLBACK: Final = 0.25
PRESSES_KEY: Final = 0.02
HANGS_UP_AT_ONCE: Final = 0.04
HELD: Final = 0.18
TRANSFERRED: Final = 0.07
ESCALATED: Final = 0.03
CLASSIFIED: Final = 0.9
CALLBACK_TRIES: Final = 3
CALLBACK_REACHED: Final = 0.72
MESSAGE_EVERY_MS: Final = 42 * SECOND_MS
MOST_LEGS: Final = 4
LANGUAGES: Final = ("es",) * 8 + ("ca", "en")
"""Indexed by the last digit of the customer's number."""


class Conversations:
    """Processes of calls and chats in a :class:`Centre`."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._env = centre.env
        self._random = centre.random

    def life(self, contact: Contact, queue: Queue) -> ProcessGenerator:
        """Process: one contact, leg after leg."""
        refused = self._centre.refusal(queue)
        if refused is not None:
            customer = {} if contact.customer is None else {"customer": contact.customer}
            self._centre.emit(contact, "refused", {"queue": queue.name, "reason": refused, **customer})
            if self._random.random() < 0.45:
                self._centre.comes_again(contact, queue.channel, self._centre.soon_ms(15 * MINUTE_MS))
            return
        yield from self._legs(contact, (queue, "inbound"), 0)

    def _legs(self, contact: Contact, onward: Onward, leg: int) -> ProcessGenerator:
        """Legs of a contact, until it is not passed on any more."""
        while onward is not None:
            onward = yield from self._leg(contact, onward[0], leg, onward[1])
            leg += 1

    def _leg(self, contact: Contact, queue: Queue, leg: int, via: str) -> Steps:
        """One leg of a contact.

        Returns:
            The next queue, if any.
        """
        centre = self._centre
        self._offer(contact, queue, leg, via)
        group = centre.groups[queue.name]
        taken: Agent | str | None = group.take()
        if taken is None:
            leaves_ms, reason = self._patience(queue, leg)
            turn = group.join()
            give_up = self._env.timeout(leaves_ms)
            assert give_up.callbacks is not None  # a new event has its list
            give_up.callbacks.append(lambda _: group.leave(turn, reason))
            taken = yield turn
        if isinstance(taken, Agent):
            yield self._env.timeout(SECOND_MS + int(self._random.random() * 3 * SECOND_MS))
            return (yield from self._talk(contact, queue, leg, taken))
        return (yield from self._unanswered(contact, queue, leg, str(taken)))

    def _offer(self, contact: Contact, queue: Queue, leg: int, via: str) -> None:
        data: dict[str, Any] = {"queue": queue.name, "leg": leg, "via": via}
        if contact.customer is not None:
            data["customer"] = contact.customer
            data["language"] = LANGUAGES[int(contact.customer[-1])]
        if self._random.random() < 0.8:
            data["topic"] = contact.about
        self._centre.emit(contact, "offered", data)
        if queue.channel is Channel.CHAT:
            self._centre.emit(contact, "message", {"from": "bot", "leg": leg})
            if leg == 0:
                self._centre.emit(contact, "message", {"from": "customer", "leg": leg})

    def _patience(self, queue: Queue, leg: int) -> tuple[int, str]:
        """Wait after which this contact leaves the queue, in ms, and the reason."""
        chance = self._random
        if leg == 0 and chance.random() < HANGS_UP_AT_ONCE:
            waits_seconds = chance.expovariate(1 / 4)
        else:
            waits_seconds = chance.weibullvariate(PATIENCE_SECONDS[queue.channel], PATIENCE_SHAPE)
        exits = [(300 + int(waits_seconds * SECOND_MS), "abandoned"), (LONGEST_WAIT_MS, "timeout")]
        if queue.overflow_to is not None and leg < MOST_LEGS - 1:
            exits.append((OVERFLOW_AFTER_MS, "overflow"))
        if queue.channel is Channel.CALL and chance.random() < WANTS_CALLBACK:
            exits.append((CALLBACK_AFTER_MS + int(chance.random() * 30 * SECOND_MS), "callback"))
        if chance.random() < PRESSES_KEY:
            exits.append((10 * SECOND_MS + int(chance.random() * 40 * SECOND_MS), "key"))
        return min(exits)

    def _unanswered(self, contact: Contact, queue: Queue, leg: int, reason: str) -> Steps:
        centre = self._centre
        if reason == "abandoned":
            centre.emit(contact, "abandoned", {"leg": leg})
            if self._random.random() < 0.4:
                centre.comes_again(contact, queue.channel, 30 * SECOND_MS + centre.soon_ms(12 * MINUTE_MS))
            return None
        if reason == "callback":
            centre.emit(contact, "callback_requested", {"leg": leg})
            self._env.process(self._call_back(contact, queue, leg + 1))
            return None
        centre.emit(contact, "left_queue", {"leg": leg, "reason": reason})
        target = QUEUE_NAMED.get(queue.overflow_to or "")
        if reason == "overflow" and target is not None:
            yield self._env.timeout(100 + int(self._random.random() * 400))
            return target, "overflow"
        if self._random.random() < 0.3:
            centre.comes_again(contact, queue.channel, centre.soon_ms(40 * MINUTE_MS))
        return None

    def _talk(self, contact: Contact, queue: Queue, leg: int, agent: Agent) -> Steps:
        """The conversation and the after-contact work; the agent is free at the end."""
        centre, chance = self._centre, self._random
        on_leg = {"leg": leg, "agent": agent.name}
        centre.emit(contact, "answered", on_leg)
        onward = self._transfer_target(queue, leg)
        talk_ms = centre.work_ms(queue.handle_seconds)
        if onward is not None:
            talk_ms //= 2
        escalated = chance.random() < ESCALATED
        if escalated:
            yield self._env.timeout(talk_ms // 3)
            kind = "hierarchical" if chance.random() < 0.3 else "functional"
            centre.emit(contact, "escalated", {"leg": leg, "kind": kind, "topic": contact.about})
            talk_ms -= talk_ms // 3
        if queue.channel is Channel.CHAT:
            yield from self._write(contact, leg, talk_ms)
        elif chance.random() < HELD:
            yield from self._hold(contact, on_leg, talk_ms)
        else:
            yield self._env.timeout(talk_ms)
        if onward is not None:
            centre.emit(contact, "transferred", {"leg": leg, "to": onward.name, "agent": agent.name})
            self._env.process(self._wrap_up(contact, queue, on_leg, agent))
            yield self._env.timeout(200 + int(chance.random() * 800))
            return onward, "transfer"
        centre.emit(contact, "ended", on_leg)
        settled = centre.settled(contact, escalated or leg > 0)
        yield from self._wrap_up(contact, queue, on_leg, agent, settled=settled)
        if not settled:
            centre.left_open(contact, queue.channel)
        return None

    def _transfer_target(self, queue: Queue, leg: int) -> Queue | None:
        if leg >= MOST_LEGS - 1 or self._random.random() >= TRANSFERRED:
            return None
        others = [other for other in QUEUES if other.channel is queue.channel and other is not queue]
        target = self._random.choice(others)
        return target if self._centre.is_open(target) else None

    def _hold(self, contact: Contact, on_leg: dict[str, Any], talk_ms: int) -> ProcessGenerator:
        """A conversation with one or two holds; sometimes the customer hangs up on hold."""
        chance = self._random
        holds = 2 if chance.random() < 0.15 else 1
        for hold in range(holds):
            yield self._env.timeout(talk_ms // (holds + 1))
            self._centre.emit(contact, "held", on_leg)
            yield self._env.timeout(self._centre.work_ms(45))
            if hold == holds - 1 and chance.random() < 0.05:
                return
            self._centre.emit(contact, "resumed", on_leg)
        yield self._env.timeout(talk_ms // (holds + 1))

    def _write(self, contact: Contact, leg: int, talk_ms: int) -> ProcessGenerator:
        """Messages of a chat: the agent greets, then customer and agent alternate."""
        env, emit, uniform = self._env, self._centre.emit, self._random.random
        from_agent, from_customer = ({"from": "agent", "leg": leg}, {"from": "customer", "leg": leg})
        gap_ms = min(2_000 + int(uniform() * 8_000), talk_ms)
        while talk_ms > gap_ms:
            yield env.timeout(gap_ms)
            talk_ms -= gap_ms
            emit(contact, "message", from_agent)
            from_agent, from_customer = from_customer, from_agent
            gap_ms = 3_000 + int(uniform() * 2 * (MESSAGE_EVERY_MS - 3_000))
        yield env.timeout(talk_ms)

    def _wrap_up(
        self, contact: Contact, queue: Queue, on_leg: dict[str, Any], agent: Agent, settled: bool | None = None
    ) -> ProcessGenerator:
        """After-contact work; ``settled`` is given for the last agent of the contact."""
        centre, chance = self._centre, self._random
        yield self._env.timeout(centre.soon_ms((queue.wrap_seconds - 1) * SECOND_MS))
        centre.emit(contact, "wrapped_up", on_leg)
        if settled is not None and chance.random() < CLASSIFIED:
            data: dict[str, Any] = {"topic": contact.about, "resolved": centre.noted(settled)}
            if chance.random() < 0.06:
                data["fcr_eligible"] = False
            centre.emit(contact, "classified", {**data, "agent": agent.name})
        centre.groups[queue.name].release(agent)

    def _call_back(self, contact: Contact, queue: Queue, leg: int) -> ProcessGenerator:
        """Process: agents call a customer back when no contact waits, until the customer answers or the attempts are
        used up."""
        centre, group = self._centre, self._centre.groups[queue.name]
        for attempt in range(CALLBACK_TRIES):
            yield self._env.timeout(2 * MINUTE_MS + centre.soon_ms((6 if attempt == 0 else 40) * MINUTE_MS))
            agent = group.take() or (yield group.join(CALLBACK))
            self._offer(contact, queue, leg + attempt, "callback")
            yield self._env.timeout(6 * SECOND_MS + int(self._random.random() * 20 * SECOND_MS))
            if self._random.random() < CALLBACK_REACHED:
                onward = yield from self._talk(contact, queue, leg + attempt, agent)
                yield from self._legs(contact, onward, leg + attempt + 1)
                return
            centre.emit(contact, "left_queue", {"leg": leg + attempt, "reason": "timeout"})
            yield self._env.timeout(5 * SECOND_MS)
            group.release(agent)
