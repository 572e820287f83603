"""Load of the fault tests: calls with numbers from a few lines of arithmetic, and the bank's log in portions."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from streams.config.settings import Settings
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.measures import Measure
from streams.sources.logs import anonymous_bank
from streams.sources.outgoing import OutgoingEvent, cloud_event, outgoing
from streams.sources.publisher import Publisher
from tests.oracles.logs import BANK, research_log

FIRST_MS = 1_767_225_600_000
"""Midnight of 1 January 2026, UTC: time of the first made-up call."""
TALK_MS = 60_000


def call_events(count: int, *, first: int = 0, first_ms: int = FIRST_MS, queue: str = "support") -> list[OutgoingEvent]:
    """Calls number ``first`` to ``first + count - 1``, one a second: one waits 0 to 39 s and is answered; every fifth
    hangs up instead."""
    events: list[OutgoingEvent] = []
    for number in range(first, first + count):
        offered_ms = first_ms + number * 1000
        outcome_ms = offered_ms + wait_ms(number)
        events.append(_event(number, "offered", offered_ms, {"queue": queue}))
        if number % 5 == 0:
            events.append(_event(number, "abandoned", outcome_ms, {}))
        else:
            events.append(_event(number, "answered", outcome_ms, {"agent": f"a-{number % 7}"}))
            events.append(_event(number, "ended", outcome_ms + TALK_MS, {}))
    return events


def call_numbers(count: int, *, first: int = 0) -> Counter[Measure]:
    """Expected counts of ``call_events`` with the same arguments; measures that they do not touch are left out."""
    numbers: Counter[Measure] = Counter()
    for number in range(first, first + count):
        wait = wait_ms(number)
        numbers[ConversationMeasure.OFFERED] += 1
        if wait > 20_000:
            numbers[ConversationMeasure.REACHED_TARGET] += 1
        if number % 5 == 0:
            numbers[ConversationMeasure.ABANDONED] += 1
            numbers[ConversationMeasure.ABANDON_WAIT_MS] += wait
            numbers[ConversationMeasure.SHORT_ABANDONED] += wait <= 5_000
        else:
            numbers[ConversationMeasure.ANSWERED] += 1
            numbers[ConversationMeasure.WAIT_MS] += wait
            numbers[ConversationMeasure.ANSWERED_WITHIN] += wait <= 20_000
            numbers[ConversationMeasure.TALK_MS] += TALK_MS
    return numbers


def counted(totals: Counter[Measure]) -> Counter[Measure]:
    """``totals`` cut to the measures of ``call_numbers``."""
    kept = set(call_numbers(40))
    return Counter({measure: amount for measure, amount in totals.items() if measure in kept})


def wait_ms(number: int) -> int:
    """Waiting time of a call: 0 to 39 s."""
    return number * 7 % 40 * 1000


def publish(settings: Settings, events: Sequence[OutgoingEvent]) -> int:
    """Publish events and wait until the broker has them; returns their number."""
    with Publisher(settings) as publisher:
        for event in events:
            publisher.send(event)
    return len(events)


def bank_portions(count: int) -> list[list[OutgoingEvent]]:
    """The bank's log in file order, in ``count`` portions of about the same size."""
    events = list(anonymous_bank.read(research_log(BANK), topic_from_type=False).events)
    size = -(-len(events) // count)
    return [list(portion) for portion in _cut(events, size)]


def _cut(events: Sequence[OutgoingEvent], size: int) -> Iterator[tuple[OutgoingEvent, ...]]:
    iterator = iter(events)
    while portion := tuple(itertools.islice(iterator, size)):
        yield portion


def _event(number: int, kind: str, time_ms: int, data: dict[str, object]) -> OutgoingEvent:
    body = cloud_event(f"call.{kind}", "/test", f"{number}-{kind}", time_ms, f"call-{number}", data)
    return outgoing(body, time_ms)
