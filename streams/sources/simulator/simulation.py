"""Simulation loop: customers arrive, shifts begin and end, events are yielded."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from random import Random
from typing import Final

from simpy.events import ProcessGenerator

from streams.common.durations import HOUR_MS, MINUTE_MS
from streams.common.vocabulary import Channel
from streams.sources.outgoing import OutgoingEvent
from streams.sources.simulator.agents import NORMAL
from streams.sources.simulator.catalogue import LINES, QUEUES, Queue
from streams.sources.simulator.centre import Centre
from streams.sources.simulator.config import SimulationConfig
from streams.sources.simulator.conversations import Conversations
from streams.sources.simulator.profile import SEGMENT_MS
from streams.sources.simulator.staffing import SLOT_MINUTES
from streams.sources.simulator.tickets import Tickets

NEW_CONTACTS: Final = 0.90
"""Share of new contacts; the rest are repeats. It keeps the busiest hour near the configured rate."""
UNKNOWN_CUSTOMER: Final = 0.07
CUSTOMERS_FOR_RATE: Final = 250
"""Customers per contact of the busiest hour: most make contact once or twice a month."""
FEWEST_CUSTOMERS: Final = 1_000


def simulate(config: SimulationConfig) -> Iterator[OutgoingEvent]:
    """Events of a contact centre in time order, generated lazily.

    The same configuration gives the same events. Memory holds open contacts only, never finished ones.
    """
    centre = Centre(config)
    conversations = Conversations(centre)
    centre.lives[Channel.CALL] = centre.lives[Channel.CHAT] = conversations.life
    centre.lives[Channel.TICKET] = Tickets(centre).life
    customers = max(FEWEST_CUSTOMERS, int(config.rate * CUSTOMERS_FOR_RATE))
    for queue in QUEUES:
        centre.env.process(_duty(centre, queue, config.clock_ahead_ms))
    for queue in QUEUES:
        centre.env.process(_arrivals(centre, queue, Random(f"{config.seed}/{queue.name}"), customers))
    env, events, end_ms = centre.env, centre.events, config.end_ms
    while end_ms is None or env.peek() < end_ms:
        env.step()
        if events:
            yield from events
            events.clear()


def _duty(centre: Centre, queue: Queue, clock_ahead_ms: int) -> ProcessGenerator:
    """Process: the agents of a queue change every half hour; when the last one leaves, waiting calls and chats end."""
    group, roster = centre.groups[queue.name], centre.rosters[queue.name]
    while True:
        local = centre.profile.local(centre.now)
        present = roster.on_duty(local.day, local.weekday, local.minute)
        group.set_duty(present)
        if not present and queue.channel is not Channel.TICKET:
            group.dismiss(NORMAL, "empty")
        into_minute_ms = (centre.now + clock_ahead_ms) % MINUTE_MS
        yield centre.env.timeout((SLOT_MINUTES - local.minute % SLOT_MINUTES) * MINUTE_MS - into_minute_ms)


def _arrivals(centre: Centre, queue: Queue, chance: Random, customers: int) -> ProcessGenerator:
    """Process: new contacts of a queue, a Poisson process with a constant rate within a segment."""
    env, effects, subjects = centre.env, centre.effects, LINES[queue.line]
    names = [subject.name for subject in subjects]
    while True:
        now = centre.now
        local = centre.profile.local(now)
        expected = centre.profile.per_hour(queue, local.weekday, local.minute) * effects.arrivals(queue, now)
        per_ms = expected * NEW_CONTACTS / HOUR_MS
        weights = list(accumulate(subject.share * effects.subject_weight(subject.name, now) for subject in subjects))
        end = (now // SEGMENT_MS + 1) * SEGMENT_MS
        end = min(end, effects.change_ms(now) or end)
        # Redrawn at the start of each segment instead of carried over: the exponential distribution has no memory, so
        # the new rate takes effect at once and the process remains Poisson.
        at = now + chance.expovariate(per_ms)
        while at < end:
            yield env.timeout(int(at) - centre.now)
            customer = None
            if chance.random() >= UNKNOWN_CUSTOMER:
                customer = f"k-{int(customers * chance.random() ** 1.2):05d}"
            centre.begin(queue, customer, chance.choices(names, cum_weights=weights)[0], 1)
            at += chance.expovariate(per_ms)
        yield env.timeout(end - centre.now)
