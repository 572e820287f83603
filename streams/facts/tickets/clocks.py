"""Durations of a ticket by each clock, and its met and missed limits (kpis.md, "Tickets").

Instants are epoch milliseconds, durations milliseconds. The calendar clock always runs; the business clock stops while
the desk is closed; the net clock stops also while the ticket is on hold.
"""

from __future__ import annotations

from typing import NamedTuple

from streams.common.business_hours import FOREVER_MS, BusinessClock
from streams.common.durations import DAY_MS, MINUTE_MS
from streams.contract.events import Rank
from streams.facts.shared.contributions import Contributions, Names
from streams.facts.shared.marks import noted
from streams.facts.shared.policy import Limits, Policy
from streams.facts.tickets.facts import Opening, Ticket
from streams.facts.tickets.live import OpenTicket
from streams.facts.tickets.measures import (
    FIRST_RESPONSE_BOTH,
    FIRST_RESPONSE_BOTH_MS,
    REPLY,
    RESOLUTION,
    RESOLUTION_ALL,
    RESOLUTION_ALL_MS,
    RESOLUTION_MS,
    SOLVE,
    TicketMeasure,
    TicketSketch,
)
from streams.facts.tickets.timeline import Exchange, Solve, TicketTimeline
from streams.numbers.sketches import sketched

QUARTER_HOUR_MS = 15 * MINUTE_MS
USUAL_PRIORITY = "normal"
"""Priority of a ticket that names none."""


class Rows(dict[str, int]):
    """Rows of a ticket's queues for its medium."""

    def __init__(self, names: Names, medium: str) -> None:
        self._names = names
        self._medium = medium

    def __missing__(self, queue: str) -> int:
        row = self[queue] = self._names.row(queue, self._medium)
        return row


FIRST = tuple(
    (int(measure), int(sketch))
    for measure, sketch in (
        (TicketMeasure.FIRST_RESOLUTION_MS, TicketSketch.FIRST_RESOLUTION),
        (TicketMeasure.FIRST_RESOLUTION_BUSINESS_MS, TicketSketch.FIRST_RESOLUTION_BUSINESS),
        (TicketMeasure.FIRST_RESOLUTION_NET_MS, TicketSketch.FIRST_RESOLUTION_NET),
    )
)
FULL = tuple(
    (int(measure), int(sketch))
    for measure, sketch in (
        (TicketMeasure.FULL_RESOLUTION_MS, TicketSketch.FULL_RESOLUTION),
        (TicketMeasure.FULL_RESOLUTION_BUSINESS_MS, TicketSketch.FULL_RESOLUTION_BUSINESS),
        (TicketMeasure.FULL_RESOLUTION_NET_MS, TicketSketch.FULL_RESOLUTION_NET),
    )
)
BOTH = tuple((shared.code, sketch.number) for shared, sketch in zip(RESOLUTION_MS, RESOLUTION, strict=True))
"""Sum and sketch of first, full, and first and full resolution by clock: calendar, business, net."""
RESPONSE_15M, RESPONSE_24H, RESPONSE_TARGET = (
    (int(judged), REPLY.bit(judged) | REPLY.bit(met))
    for judged, met in (
        (TicketMeasure.RESPONSE_15M_JUDGED, TicketMeasure.RESPONSE_15M_MET),
        (TicketMeasure.RESPONSE_24H_JUDGED, TicketMeasure.RESPONSE_24H_MET),
        (TicketMeasure.RESPONSE_TARGET_JUDGED, TicketMeasure.RESPONSE_TARGET_MET),
    )
)
"""Counter code of a missed limit, and the bits of a met one in the composite counter REPLY."""
FIRST_RESPONSES = REPLY.bit(TicketMeasure.FIRST_RESPONSES)
SOLVES, SOLVED = SOLVE.bit(TicketMeasure.SOLVES), SOLVE.bit(TicketMeasure.SOLVED)
FIRST_RESOLUTIONS = SOLVE.bit(TicketMeasure.FIRST_RESOLUTIONS)
RESOLVED_24H_JUDGED = int(TicketMeasure.RESOLVED_24H_JUDGED)
RESOLVED_24H = SOLVE.bit(TicketMeasure.RESOLVED_24H_JUDGED) | SOLVE.bit(TicketMeasure.RESOLVED_24H_MET)
NEXT_RESPONSES, NEXT_RESPONSE_MS = int(TicketMeasure.NEXT_RESPONSES), int(TicketMeasure.NEXT_RESPONSE_MS)


class SlaTargets(NamedTuple):
    """SLA targets of a ticket, by the policy of its first queue in force at its opening.

    ``first_response_due_ms`` (epoch ms) is ``None`` where the desk never opens again.
    """

    clock: BusinessClock
    limits: Limits
    first_response_due_ms: int | None


def priority_of(facts: Ticket, opened: Opening) -> str:
    """The priority noted last, else that of the opening, else ``USUAL_PRIORITY``."""
    priority: str | None = noted(facts.notes, "priority") or opened.priority
    return priority or USUAL_PRIORITY


def sla_targets_of(facts: Ticket, timeline: TicketTimeline, policy: Policy) -> SlaTargets:
    """SLA targets of a ticket, by its medium and its current priority."""
    opened = timeline.opened
    limits = policy.limits(opened.medium, priority_of(facts, opened))
    clock = policy.clock
    return SlaTargets(clock, limits, clock.due_ms(opened.time_ms, limits.first_response_ms))


def add_responses(
    contributed: Contributions, timeline: TicketTimeline, exchanges: list[Exchange], targets: SlaTargets, rows: Rows
) -> None:
    """Add first and next responses at the reply, and one judgement for each limit of the first response: at the reply
    if it was met, else in the slice of its deadline; none for a ticket solved before both."""
    opened_ms, reply = timeline.opened.time_ms, timeline.reply
    solved_ms = timeline.solves[0].time_ms if timeline.solves else FOREVER_MS
    replied_ms = FOREVER_MS if reply is None else reply.time_ms
    mask = FIRST_RESPONSES
    for (judged, kept), due_ms in (
        (RESPONSE_15M, opened_ms + QUARTER_HOUR_MS),
        (RESPONSE_24H, opened_ms + DAY_MS),
        (RESPONSE_TARGET, targets.first_response_due_ms),
    ):
        if reply is not None and (due_ms is None or replied_ms <= due_ms):
            if replied_ms <= solved_ms:
                mask |= kept
        elif due_ms is not None and due_ms <= solved_ms:
            # At the deadline, and not at a late reply: the miss is certain there, and a reply that never arrives must
            # not hide it. Added even before the deadline has passed: a reply or solve in time takes it back, and no
            # timer is needed.
            contributed.add(due_ms, rows[timeline.queue_by(due_ms)], (judged, 1))
    if reply is not None:
        cells = [(REPLY.code(mask), 1)]
        took_ms = max(replied_ms - opened_ms, 0)
        business_ms = targets.clock.elapsed_ms(opened_ms, replied_ms)
        # The clocks agree if the desk was open all the time: one shared sum and sketch instead of two of each.
        if business_ms == took_ms:
            cells += (FIRST_RESPONSE_BOTH_MS.code, took_ms), sketched(FIRST_RESPONSE_BOTH.number, took_ms)
        else:
            cells += (
                (int(TicketMeasure.FIRST_RESPONSE_MS), took_ms),
                (int(TicketMeasure.FIRST_RESPONSE_BUSINESS_MS), business_ms),
                sketched(TicketSketch.FIRST_RESPONSE, took_ms),
                sketched(TicketSketch.FIRST_RESPONSE_BUSINESS, business_ms),
            )
        contributed.add(replied_ms, rows[timeline.queue_at(reply, Rank.REPLIED)], *cells)
    for asked, answer in exchanges:
        if answer is not None:
            took_ms = answer.time_ms - asked.time_ms
            contributed.add(
                answer.time_ms,
                rows[timeline.queue_at(answer, Rank.REPLIED)],
                (NEXT_RESPONSES, 1),
                (NEXT_RESPONSE_MS, took_ms),
                sketched(TicketSketch.NEXT_RESPONSE, took_ms),
            )


def add_resolutions(contributed: Contributions, timeline: TicketTimeline, clock: BusinessClock, rows: Rows) -> None:
    """Add solves, first and full resolution, and one judgement of the resolution within 24 h."""
    solved = timeline.solved
    limit_ms = timeline.opened.time_ms + DAY_MS
    in_time = solved is not None and solved.time_ms <= limit_ms
    if not in_time:
        contributed.add(limit_ms, rows[timeline.queue_by(limit_ms)], (RESOLVED_24H_JUDGED, 1))
    for index, solve in enumerate(timeline.solves):
        # A reopened ticket has several solves, and only the one after the latest reopening counts as solved: a later
        # reopening takes it back from its slice.
        counts, first = solve is solved, index == 0
        mask = SOLVES
        if counts:
            mask |= SOLVED | RESOLVED_24H if in_time else SOLVED
        if first:
            mask |= FIRST_RESOLUTIONS
        cells = [(SOLVE.code(mask), 1)]
        if first or counts:
            cells += _times(timeline, clock, solve, BOTH if first and counts else FIRST if first else FULL)
        contributed.add(solve.time_ms, rows[solve.queue], *cells)


def _times(
    timeline: TicketTimeline, clock: BusinessClock, solve: Solve, by_clock: tuple[tuple[int, int], ...]
) -> list[tuple[int, int]]:
    """Sum and sketch of a resolution by each clock, or one of each for all clocks if they agree."""
    took_ms, business_ms, net_ms = _resolution(timeline, clock, solve)
    if by_clock is BOTH and took_ms == business_ms == net_ms:
        return [(RESOLUTION_ALL_MS.code, took_ms), sketched(RESOLUTION_ALL.number, took_ms)]
    cells: list[tuple[int, int]] = []
    for (measure, sketch), time_ms in zip(by_clock, (took_ms, business_ms, net_ms), strict=True):
        cells += (measure, time_ms), sketched(sketch, time_ms)
    return cells


def _resolution(timeline: TicketTimeline, clock: BusinessClock, solve: Solve) -> tuple[int, int, int]:
    """Milliseconds from the opening to a solve by calendar, business and net clock, as in ``FIRST`` and ``FULL``."""
    opened_ms = timeline.opened.time_ms
    business_ms = clock.elapsed_ms(opened_ms, solve.time_ms)
    net_ms = clock.elapsed_ms(opened_ms, solve.time_ms, timeline.pauses) if timeline.pauses else business_ms
    return solve.time_ms - opened_ms, business_ms, net_ms


def resolution_due_ms(timeline: TicketTimeline, targets: SlaTargets) -> int | None:
    """Due time of the resolution (epoch ms); ``None`` while a hold stops its clock or the desk never opens again."""
    return targets.clock.due_ms(timeline.opened.time_ms, targets.limits.resolution_ms, timeline.pauses)


def open_entry(timeline: TicketTimeline, exchanges: list[Exchange], targets: SlaTargets, rows: Rows) -> OpenTicket:
    """The live entry of an unsolved ticket."""
    unattended = timeline.reply is None
    return OpenTicket(
        rows[timeline.queue],
        timeline.opened.time_ms,
        timeline.on_hold,
        unattended,
        targets.first_response_due_ms if unattended else None,
        resolution_due_ms(timeline, targets),
        bool(exchanges) and exchanges[-1].answer is None,
    )
