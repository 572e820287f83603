"""Explanation of a ticket's due times: its clocks, stretch by stretch (kpis.md, "The business clock"). Pure.

Times are epoch milliseconds, durations milliseconds. The clock is that of the policy that judges the ticket.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from streams.common.business_hours import BusinessClock, Kind, Pauses, Stretch
from streams.facts.shared.policy import Policy, PolicyBook
from streams.facts.tickets.clocks import priority_of, sla_targets_of
from streams.facts.tickets.facts import Opening, Ticket
from streams.facts.tickets.timeline import TicketTimeline, exchanges_of, timeline_of


class SlaTarget(StrEnum):
    """Kind of an SLA target of a ticket."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class Verdict(StrEnum):
    """Verdict on an SLA target."""

    MET = "met"
    MISSED = "missed"
    OVERDUE = "overdue"  # not done, and past its due time
    OPEN = "open"  # not done, and in time
    NO_EVENT = "no_event"  # solved in time before any reply: nobody had to answer


class ClockExplanation(NamedTuple):
    """One SLA target and its clock.

    ``due_ms``: ``None`` where it never falls due, because a hold has no end or the desk does not open. ``stretches``
    cover the time from ``start_ms`` to the due time, or to now without one; with a due time their counted part is
    ``allowed_ms``. ``took_ms``: milliseconds counted by the clock until it was done.
    """

    promise: SlaTarget
    start_ms: int
    allowed_ms: int
    due_ms: int | None
    done_ms: int | None
    took_ms: int | None
    verdict: Verdict
    stretches: list[Stretch]

    def total_ms(self, kind: Kind) -> int:
        """Milliseconds in stretches of one kind; all kinds together cover the time from the start to the due time."""
        return sum(stretch.to_ms - stretch.from_ms for stretch in self.stretches if stretch.kind is kind)


class TicketExplanation(NamedTuple):
    """SLA targets of a ticket: first response, next response to each customer message, resolution."""

    opened: Opening
    timeline: TicketTimeline
    priority: str
    policy: Policy
    clocks: list[ClockExplanation]


def explain_ticket(facts: Ticket, book: PolicyBook, now_ms: int) -> TicketExplanation | None:
    """SLA targets of a ticket as of ``now_ms``; ``None`` before its opening is known."""
    opened = facts.opening
    if opened is None:
        return None
    timeline = timeline_of(facts, opened)
    policy = book.policy(opened.queue, opened.time_ms)
    clock, limits, _ = sla_targets_of(facts, timeline, policy)
    replied_ms = None if timeline.reply is None else max(timeline.reply.time_ms, opened.time_ms)
    first = _explained(SlaTarget.FIRST_RESPONSE, clock, opened.time_ms, limits.first_response_ms, replied_ms, now_ms)
    decided_ms = replied_ms if first.verdict is Verdict.MET else first.due_ms
    if decided_ms is not None and timeline.solves and timeline.solves[0].time_ms < decided_ms:
        first = first._replace(verdict=Verdict.NO_EVENT)
    following = (
        _explained(
            SlaTarget.NEXT_RESPONSE,
            clock,
            asked.time_ms,
            limits.next_response_ms,
            None if answer is None else answer.time_ms,
            now_ms,
        )
        for asked, answer in exchanges_of(facts)
    )
    solved_ms = None if timeline.solved is None else timeline.solved.time_ms
    resolution = _explained(
        SlaTarget.RESOLUTION, clock, opened.time_ms, limits.resolution_ms, solved_ms, now_ms, timeline.pauses
    )
    return TicketExplanation(opened, timeline, priority_of(facts, opened), policy, [first, *following, resolution])


def _explained(
    promise: SlaTarget,
    clock: BusinessClock,
    start_ms: int,
    allowed_ms: int,
    done_ms: int | None,
    now_ms: int,
    pauses: Iterable[tuple[int, int | None]] = (),
) -> ClockExplanation:
    held: Pauses = list(pauses)
    due_ms = clock.due_ms(start_ms, allowed_ms, held)
    if done_ms is not None:
        verdict = Verdict.MET if due_ms is None or done_ms <= due_ms else Verdict.MISSED
    else:
        verdict = Verdict.OPEN if due_ms is None or now_ms <= due_ms else Verdict.OVERDUE
    until_ms = max(start_ms, done_ms or now_ms) if due_ms is None else due_ms
    return ClockExplanation(
        promise,
        start_ms,
        allowed_ms,
        due_ms,
        done_ms,
        None if done_ms is None else clock.elapsed_ms(start_ms, done_ms, held),
        verdict,
        clock.explain(start_ms, until_ms, held),
    )
