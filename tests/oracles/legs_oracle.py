"""One leg of a call or chat, the time in one queue, judged straight from its events.

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.oracles.legless_oracle import Outcome, Visit, end_of, outcomes
from tests.oracles.log_reading import SKEW, Event, Queues, data, instant, limits, time_of, verb


def corrected(own: list[Event], field: str) -> Event | None:
    """The latest correction of a leg that has a field."""
    found = [event for event in own if verb(event) == "corrected" and field in data(event)]
    return found[-1] if found else None


def visit_of(name: str, offer: Event, own: list[Event], is_chat: bool, queues: Queues, first: int) -> Visit:
    """A leg as it was offered; how it came may have been corrected."""
    correction = corrected(own, "via")
    via = data(correction)["via"] if correction else data(offer).get("via", "inbound")
    by_message = is_chat and limits(queues, data(offer)["queue"], first)["chat_answer"] == "message"
    return Visit(name, offer, via, by_message)


class Leg:
    """A judged leg. ``outcome`` is ``None`` while it waits; ``sound`` is false if the clocks of its events disagree, or
    a corrected outcome has no time at all."""

    outcome: str | None
    reason: str | None
    agent: str | None

    def __init__(self, visit: Visit, own: list[Event], queues: Queues, first: int) -> None:
        self.name, self.offer, self.via = visit.name, visit.offer, visit.via
        self.queue = data(self.offer)["queue"]
        self.counted = self.via in ("inbound", "transfer", "overflow")
        self.offered = time_of(self.offer)
        self.limits = limits(queues, self.queue, first)
        self.ordered = own
        self._judge(outcomes(visit, own))
        self._cancel([time_of(event) for event in own if verb(event) == "callback_cancelled"])
        self.wait = max(self.at - self.offered, 0)
        self.end = self._end() if self.outcome == "answered" else None

    def _judge(self, found: list[Outcome]) -> None:
        """Outcome, time, reason and agent: of the latest correction that has an outcome, else of the least event."""
        self.outcome = self.reason = self.agent = None
        self.at, self.sound = self.offered, True
        correction = corrected(self.ordered, "outcome")
        if correction is None or data(correction)["outcome"] == "none":
            after = -1 if correction is None else time_of(correction)
            later = [each for each in found if each.time > after]
            answers = [event for event in self.ordered if verb(event) == "answered" and time_of(event) > after]
            self.agent = next((data(event).get("agent") for event in answers), None) or None
            if later:
                self.outcome, self.at = later[0].kind, later[0].time
                self.reason = data(later[0].event).get("reason")
        else:
            value = data(correction)
            self.outcome, self.reason, self.agent = value["outcome"], value.get("reason"), value.get("agent") or None
            times = [each.time for each in found if each.kind == self.outcome] + [each.time for each in found]
            if "outcome_at" in value:
                times = [instant(value["outcome_at"])]
            if not times:
                self.outcome, self.sound = None, False
                return
            self.at = times[0]
        if self.outcome is not None:
            self.sound = self.at >= self.offered - SKEW

    def _cancel(self, cancellations: list[int]) -> None:
        """A callback that was called off before it had an outcome never gets one."""
        if self.via == "callback" and any(self.outcome is None or self.at > time for time in cancellations):
            self.sound = self.sound or self.outcome is not None
            self.outcome, self.at = None, self.offered

    def times(self, name: str) -> list[int]:
        """Times of the events of a type on this leg, as corrected."""
        found = [time_of(event) for event in self.ordered if verb(event) == name]
        moved, undone = corrected(self.ordered, "ended_at"), corrected(self.ordered, "transferred")
        if name == "ended" and moved:
            value: Any = data(moved)["ended_at"]
            return [] if value is None else [instant(value)]
        return [] if name == "transferred" and undone else found

    @property
    def answered(self) -> int:
        """Beginning of the conversation; an answer dated before the offer counts as a wait of zero."""
        return max(self.at, self.offered)

    def _end(self) -> int | None:
        """The earliest of ended and transferred at or after the answer; just before it counts as with it."""
        end = end_of(self.at, [*self.times("ended"), *self.times("transferred")])
        return None if end is None else max(end, self.answered)

    def wrapped_up(self) -> int | None:
        """The first end of after-contact work that belongs to the end of this leg."""
        assert self.end is not None
        return next((time for time in self.times("wrapped_up") if time >= self.end - SKEW), None)

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
        return self.outcome == "answered" and any(time >= self.at - SKEW for time in self.times("transferred"))
