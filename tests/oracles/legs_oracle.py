"""One leg of a call or chat, the time in one queue, judged straight from its events.

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

from itertools import pairwise

from tests.oracles.log_reading import SKEW, Event, Queues, data, limits, time_of, verb


class Leg:
    """A judged leg. ``outcome`` is ``None`` while it waits; ``sound`` is false if the clocks of its events disagree."""

    def __init__(self, name: str, ordered: list[Event], is_chat: bool, queues: Queues, first: int) -> None:
        self.name = name
        self.offer = next(event for event in ordered if verb(event) == "offered")
        self.queue = data(self.offer)["queue"]
        self.via = data(self.offer).get("via", "inbound")
        self.counted = self.via in ("inbound", "transfer", "overflow")
        self.offered = time_of(self.offer)
        self.limits = limits(queues, self.queue, first)
        self.ordered = ordered
        answer_verb = "message" if is_chat and self.limits["chat_answer"] == "message" else "answered"
        found = []
        for place, name_of_outcome in enumerate((answer_verb, "abandoned", "callback_requested", "left_queue")):
            for event in ordered:
                is_answer_message = data(event).get("from") == "agent" and time_of(event) >= self.offered
                if verb(event) == name_of_outcome and (name_of_outcome != "message" or is_answer_message):
                    found.append((time_of(event), place, event))
                    break
        self.outcome: str | None = None
        self.at, self.sound = self.offered, True
        if found:
            self.at, place, self.event = min(found, key=lambda each: each[:2])
            self.outcome = ("answered", "abandoned", "callback_requested", "left_queue")[place]
            self.sound = self.at >= self.offered - SKEW
        self.wait = max(self.at - self.offered, 0)
        self.end = self._end() if self.outcome == "answered" else None

    def times(self, name: str) -> list[int]:
        """Times of the events of a type on this leg."""
        return [time_of(event) for event in self.ordered if verb(event) == name]

    def first(self, name: str) -> int | None:
        """The first time of a type on this leg."""
        return next(iter(self.times(name)), None)

    @property
    def answered(self) -> int:
        """Beginning of the conversation; an answer dated before the offer counts as a wait of zero."""
        return max(self.at, self.offered)

    def _end(self) -> int | None:
        """The earliest of ended and transferred at or after the answer; just before it counts as with it."""
        ends = [time for time in (self.first("ended"), self.first("transferred")) if time is not None]
        after = [time for time in ends if time >= self.at]
        if after:
            return max(min(after), self.answered)
        return self.answered if any(time >= self.at - SKEW for time in ends) else None

    def hold(self, end: int) -> int:
        """Milliseconds of the union of [held, next resumed or end] inside [answered, end], counted piece by piece."""
        changes = [event for event in self.ordered if verb(event) in ("held", "resumed")]
        borders = sorted({self.answered, end, *(time_of(event) for event in changes)})
        total = 0
        for left, right in pairwise(borders):
            before = [event for event in changes if time_of(event) <= left]
            if before and verb(before[-1]) == "held" and left >= self.answered and right <= end:
                total += right - left
        return total

    def handed_off(self) -> bool:
        """The leg was transferred after the answer, within the tolerance of the clocks."""
        transferred = self.first("transferred")
        return self.outcome == "answered" and transferred is not None and transferred >= self.at - SKEW
