"""How long a ticket took, by each clock, and which of its limits it kept (kpis.md, "Tickets").

Instants are epoch milliseconds, durations milliseconds. The calendar's clock always runs; the business clock stops
while the desk is closed; the net one also while the ticket is on hold.
"""

from __future__ import annotations

from typing import NamedTuple

from streams.common.business_hours import FOREVER_MS, BusinessClock
from streams.common.durations import DAY_MS, MINUTE_MS
from streams.contract.events import Rank
from streams.facts.shared.contributions import Effects, Names
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
from streams.facts.tickets.timeline import Course, Exchange, Solve
from streams.numbers.sketches import sketched

QUARTER_HOUR_MS = 15 * MINUTE_MS
USUAL_PRIORITY = "normal"
"""Of a ticket that names none."""


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
"""The counter code of a missed limit, and the bits of a kept one in the composite counter REPLY."""
FIRST_RESPONSES = REPLY.bit(TicketMeasure.FIRST_RESPONSES)
SOLVES, SOLVED = SOLVE.bit(TicketMeasure.SOLVES), SOLVE.bit(TicketMeasure.SOLVED)
FIRST_RESOLUTIONS = SOLVE.bit(TicketMeasure.FIRST_RESOLUTIONS)
RESOLVED_24H_JUDGED = int(TicketMeasure.RESOLVED_24H_JUDGED)
RESOLVED_24H = SOLVE.bit(TicketMeasure.RESOLVED_24H_JUDGED) | SOLVE.bit(TicketMeasure.RESOLVED_24H_MET)
NEXT_RESPONSES, NEXT_RESPONSE_MS = int(TicketMeasure.NEXT_RESPONSES), int(TicketMeasure.NEXT_RESPONSE_MS)


class Promise(NamedTuple):
    """What a ticket is judged by: the policy of its first queue in force when it was opened.

    ``first_response_due_ms`` is ``None`` where the desk never opens again.
    """

    clock: BusinessClock
    limits: Limits
    first_response_due_ms: int | None


def priority_of(facts: Ticket, opened: Opening) -> str:
    """What was noted last, else what the opening said."""
    priority: str | None = noted(facts.notes, "priority") or opened.priority
    return priority or USUAL_PRIORITY


def promise_of(facts: Ticket, course: Course, policy: Policy) -> Promise:
    """The promise made for a ticket, by its medium and the priority that it has now."""
    opened = course.opened
    limits = policy.limits(opened.medium, priority_of(facts, opened))
    clock = policy.clock
    return Promise(clock, limits, clock.due_ms(opened.time_ms, limits.first_response_ms))


def add_responses(effects: Effects, course: Course, exchanges: list[Exchange], promise: Promise, rows: Rows) -> None:
    """First and next responses at the reply, and one event for each limit of the first one: at the reply where it was
    kept, else in the slice of its deadline. None for a ticket that was solved before both."""
    opened_ms, reply = course.opened.time_ms, course.reply
    solved_ms = course.solves[0].time_ms if course.solves else FOREVER_MS
    replied_ms = FOREVER_MS if reply is None else reply.time_ms
    mask = FIRST_RESPONSES
    for (judged, kept), due_ms in (
        (RESPONSE_15M, opened_ms + QUARTER_HOUR_MS),
        (RESPONSE_24H, opened_ms + DAY_MS),
        (RESPONSE_TARGET, promise.first_response_due_ms),
    ):
        if reply is not None and (due_ms is None or replied_ms <= due_ms):
            if replied_ms <= solved_ms:
                mask |= kept
        elif due_ms is not None and due_ms <= solved_ms:
            effects.add(due_ms, rows[course.queue_by(due_ms)], (judged, 1))
    if reply is not None:
        cells = [(REPLY.code(mask), 1)]
        took_ms = max(replied_ms - opened_ms, 0)
        business_ms = promise.clock.elapsed_ms(opened_ms, replied_ms)
        if business_ms == took_ms:
            cells += (FIRST_RESPONSE_BOTH_MS.code, took_ms), sketched(FIRST_RESPONSE_BOTH.number, took_ms)
        else:
            cells += (
                (int(TicketMeasure.FIRST_RESPONSE_MS), took_ms),
                (int(TicketMeasure.FIRST_RESPONSE_BUSINESS_MS), business_ms),
                sketched(TicketSketch.FIRST_RESPONSE, took_ms),
                sketched(TicketSketch.FIRST_RESPONSE_BUSINESS, business_ms),
            )
        effects.add(replied_ms, rows[course.queue_at(reply, Rank.REPLIED)], *cells)
    for asked, answer in exchanges:
        if answer is not None:
            took_ms = answer.time_ms - asked.time_ms
            effects.add(
                answer.time_ms,
                rows[course.queue_at(answer, Rank.REPLIED)],
                (NEXT_RESPONSES, 1),
                (NEXT_RESPONSE_MS, took_ms),
                sketched(TicketSketch.NEXT_RESPONSE, took_ms),
            )


def add_resolutions(effects: Effects, course: Course, clock: BusinessClock, rows: Rows) -> None:
    """Solves, first and full resolution, and one event for what was resolved within 24 h."""
    solved = course.solved
    limit_ms = course.opened.time_ms + DAY_MS
    in_time = solved is not None and solved.time_ms <= limit_ms
    if not in_time:
        effects.add(limit_ms, rows[course.queue_by(limit_ms)], (RESOLVED_24H_JUDGED, 1))
    for index, solve in enumerate(course.solves):
        counts, first = solve is solved, index == 0
        mask = SOLVES
        if counts:
            mask |= SOLVED | RESOLVED_24H if in_time else SOLVED
        if first:
            mask |= FIRST_RESOLUTIONS
        cells = [(SOLVE.code(mask), 1)]
        if first or counts:
            cells += _times(course, clock, solve, BOTH if first and counts else FIRST if first else FULL)
        effects.add(solve.time_ms, rows[solve.queue], *cells)


def _times(
    course: Course, clock: BusinessClock, solve: Solve, by_clock: tuple[tuple[int, int], ...]
) -> list[tuple[int, int]]:
    """Sum and sketch of a resolution by each clock, or one of each for all where they agree."""
    took_ms, business_ms, net_ms = _resolution(course, clock, solve)
    if by_clock is BOTH and took_ms == business_ms == net_ms:
        return [(RESOLUTION_ALL_MS.code, took_ms), sketched(RESOLUTION_ALL.number, took_ms)]
    cells: list[tuple[int, int]] = []
    for (measure, sketch), time_ms in zip(by_clock, (took_ms, business_ms, net_ms), strict=True):
        cells += (measure, time_ms), sketched(sketch, time_ms)
    return cells


def _resolution(course: Course, clock: BusinessClock, solve: Solve) -> tuple[int, int, int]:
    """From the opening to a solve by the clocks of ``FIRST`` and ``FULL``."""
    opened_ms = course.opened.time_ms
    business_ms = clock.elapsed_ms(opened_ms, solve.time_ms)
    net_ms = clock.elapsed_ms(opened_ms, solve.time_ms, course.pauses) if course.pauses else business_ms
    return solve.time_ms - opened_ms, business_ms, net_ms


def resolution_due_ms(course: Course, promise: Promise) -> int | None:
    """When the resolution is due; ``None`` while a hold stops its clock, or where the desk never opens again."""
    return promise.clock.due_ms(course.opened.time_ms, promise.limits.resolution_ms, course.pauses)


def open_entry(course: Course, exchanges: list[Exchange], promise: Promise, rows: Rows) -> OpenTicket:
    """The live entry of an unsolved ticket."""
    unattended = course.reply is None
    return OpenTicket(
        rows[course.queue],
        course.opened.time_ms,
        course.on_hold,
        unattended,
        promise.first_response_due_ms if unattended else None,
        resolution_due_ms(course, promise),
        bool(exchanges) and exchanges[-1].answer is None,
    )
