"""What a ticket adds to the numbers: a pure function of its facts (kpis.md, "Tickets")."""

from __future__ import annotations

from typing import NamedTuple

from streams.business_hours import due_ms
from streams.events import Rank
from streams.facts.effects import SKEW_MS, Effects, Names
from streams.facts.marks import AgentMark, Mark, noted
from streams.facts.tickets import Opening, Ticket
from streams.measures import Incomplete, Live, Measure, OpenTicket
from streams.policy import PolicyBook

Position = tuple[int, int, int, str, str]
"""Where an event stands among all events of its contact: (time, sequence, rank, source, id)."""


class Course(NamedTuple):
    """A ticket's life as read off its events in order. Times are epoch milliseconds, none before the opening;
    each solve and reopening comes with the queue it happened in."""

    solves: list[tuple[int, str]]
    reopenings: list[tuple[int, str]]
    pauses: list[tuple[int, int]]
    held_since_ms: int | None
    solved: bool
    solved_at: int
    """Index in ``solves`` of the first solve after the latest reopening; meaningless while not solved."""


def contributions(facts: Ticket, book: PolicyBook, names: Names) -> Effects:
    """Amounts and live entries of a ticket. A removed ticket has none; one without an opening waits for it."""
    effects = Effects()
    opened = facts.opened
    if facts.removed is not None:
        return effects
    if opened is None:
        effects.live[Live.INCOMPLETE] = Incomplete()
        return effects
    medium = opened.medium
    effects.add(opened.time_ms, names.row(opened.queue, medium), (Measure.OPENED, 1))
    course = _course(facts, opened)
    for time_ms, queue in course.solves:
        effects.add(time_ms, names.row(queue, medium), (Measure.SOLVES, 1))
    for time_ms, queue in course.reopenings:
        effects.add(time_ms, names.row(queue, medium), (Measure.REOPENED, 1))
    if course.solves:
        time_ms, queue = course.solves[0]
        took_ms = time_ms - opened.time_ms
        effects.add(
            time_ms, names.row(queue, medium), (Measure.FIRST_RESOLUTIONS, 1), (Measure.FIRST_RESOLUTION_MS, took_ms)
        )
    reply = next((mark for mark in facts.replied if mark.time_ms >= opened.time_ms - SKEW_MS), None)
    if reply is not None:
        queue = _queue_at(facts, opened, _position(reply, Rank.REPLIED))
        took_ms = max(reply.time_ms - opened.time_ms, 0)
        effects.add(
            reply.time_ms, names.row(queue, medium), (Measure.FIRST_RESPONSES, 1), (Measure.FIRST_RESPONSE_MS, took_ms)
        )
    if course.solved:
        _add_solved(effects, facts, opened, course, reply, names)
    else:
        row = names.row(_queue_at(facts, opened, None), medium)
        effects.live[Live.OPEN_TICKET] = _open_entry(row, opened, course, reply, book)
    return effects


def _position(mark: Mark, rank: Rank) -> Position:
    return (mark.time_ms, mark.sequence, rank, mark.source, mark.id)


def _queue_at(facts: Ticket, opened: Opening, position: Position | None) -> str:
    """The ticket's queue at a position among its events; ``None`` is now."""
    queue = opened.queue
    for transfer in facts.transferred:
        if position is not None and _position(transfer, Rank.TRANSFERRED) > position:
            break
        queue = transfer.queue
    return queue


def _course(facts: Ticket, opened: Opening) -> Course:
    changes: list[tuple[Position, Rank]] = []
    for rank, marks in (
        (Rank.RESUMED, facts.resumed),
        (Rank.REOPENED, facts.reopened),
        (Rank.HELD, facts.held),
        (Rank.SOLVED, facts.solved),
        (Rank.CLOSED, facts.closed),
    ):
        changes += [(_position(mark, rank), rank) for mark in marks]
    changes.sort()
    solves: list[tuple[int, str]] = []
    reopenings: list[tuple[int, str]] = []
    pauses: list[tuple[int, int]] = []
    held_since: int | None = None
    solved = False
    solved_at = 0
    for position, rank in changes:
        time_ms = max(position[0], opened.time_ms)
        if rank is Rank.HELD:
            if not solved and held_since is None:
                held_since = time_ms
        elif rank is Rank.REOPENED:
            if solved:
                solved = False
                reopenings.append((time_ms, _queue_at(facts, opened, position)))
        else:
            if held_since is not None:
                pauses.append((held_since, time_ms))
                held_since = None
            if rank is not Rank.RESUMED and not solved:
                solved, solved_at = True, len(solves)
                solves.append((time_ms, _queue_at(facts, opened, position)))
    return Course(solves, reopenings, pauses, held_since, solved, solved_at)


def _add_solved(
    effects: Effects, facts: Ticket, opened: Opening, course: Course, reply: AgentMark | None, names: Names
) -> None:
    """Full resolution and first-contact resolution of a solved ticket, at ``solved_at``."""
    time_ms, queue = course.solves[course.solved_at]
    cells = [
        (int(Measure.SOLVED), 1),
        (Measure.FULL_RESOLUTION_MS, time_ms - opened.time_ms),
        (Measure.HANDLED, 1),
        (Measure.FCR_FLAGGED_BASE, 1),
    ]
    resolved = noted(facts.notes, "resolved")
    if resolved is True or resolved is False:
        handed_off = reply is not None and any(mark.time_ms >= reply.time_ms for mark in facts.transferred)
        success = resolved and not handed_off
        cells.append((Measure.CLASSIFIED, 1))
    else:
        success = len(facts.replied) <= 1 and not facts.transferred
    success = success and not course.reopenings and not facts.escalated
    cells.append((Measure.FCR_FLAGGED, success))
    if noted(facts.notes, "fcr_eligible") is not False:
        cells += [(Measure.FCR_NET_BASE, 1), (Measure.FCR_NET, success)]
    effects.add(time_ms, names.row(queue, opened.medium), *cells)


def _open_entry(row: int, opened: Opening, course: Course, reply: AgentMark | None, book: PolicyBook) -> OpenTicket:
    """The entry of an unsolved ticket; its limits are those of its first queue."""
    policy = book.policy(opened.queue, opened.time_ms)
    resolution_due = due_ms(opened.time_ms, policy.resolution_ms, course.pauses)
    held = course.held_since_ms
    stopped = held is not None and held < resolution_due
    return OpenTicket(
        row,
        opened.time_ms,
        held is not None,
        reply is None,
        opened.time_ms + policy.first_response_ms if reply is None else None,
        None if stopped else resolution_due,
    )
