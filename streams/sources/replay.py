"""Transformations of a log before it is sent: pure functions over events, the same for every format."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence

from streams.sources.outgoing import OutgoingEvent, rfc3339


def shuffled(events: Iterable[OutgoingEvent], seed: int) -> list[OutgoingEvent]:
    """A permutation of ``events``, determined by the seed."""
    order = list(events)
    random.Random(f"order {seed}").shuffle(order)
    return order


def with_duplicates(events: Sequence[OutgoingEvent], ratio: float, seed: int) -> list[OutgoingEvent]:
    """``events`` in their order, each repeated with probability ``ratio`` (0 to 1) once at a random later position."""
    chance = random.Random(f"duplicates {seed}")
    placed: list[tuple[float, OutgoingEvent]] = []
    for place, event in enumerate(events):
        placed.append((place, event))
        if chance.random() < ratio:
            placed.append((chance.uniform(place, len(events)), event))
    placed.sort(key=lambda item: item[0])  # stable: at the same place the first one stays first
    return [event for _, event in placed]


def moved(events: Iterable[OutgoingEvent], shift_ms: int) -> Iterator[OutgoingEvent]:
    """``events`` shifted by ``shift_ms`` (negative: earlier), their distances kept."""
    for event in events:
        time_ms = event.time_ms + shift_ms
        yield event._replace(time_ms=time_ms, body={**event.body, "time": rfc3339(time_ms)})


def in_time_order(events: Iterable[OutgoingEvent]) -> list[OutgoingEvent]:
    """``events`` sorted by time; events of the same instant keep their order."""
    return sorted(events, key=lambda event: event.time_ms)


def due_seconds(events: Iterable[OutgoingEvent], speed: float) -> Iterator[tuple[float, OutgoingEvent]]:
    """Each event with its due time in seconds after the first one, when played at ``speed``.

    A speed of 1 is real time, 60 an hour in a minute. An event older than the first one is due at once.
    """
    first_ms: int | None = None
    for event in events:
        if first_ms is None:
            first_ms = event.time_ms
        yield max(0, event.time_ms - first_ms) / 1000 / speed, event
