"""Timeline of a ticket: solves, reopenings, holds and queues in the order of its events. Times are epoch ms."""

from __future__ import annotations

from typing import NamedTuple

from streams.contract.events import Rank
from streams.facts.shared.contributions import SKEW_MS
from streams.facts.shared.marks import AgentStamp, EventStamp, QueueStamp
from streams.facts.tickets.facts import Opening, TeamStamp, Ticket

Position = tuple[int, int, int, str, str]
"""Order of an event among all events of its contact: (time, sequence, rank, source, id)."""


class Solve(NamedTuple):
    """A solve of an open ticket, in its queue of that moment. ``time_ms`` is never before the opening."""

    time_ms: int
    queue: str
    position: Position
    agent: bytes | None


class TicketTimeline(NamedTuple):
    """Timeline of an opened ticket. ``solved``: the solve that counts, the first one after the latest reopening;
    ``None`` while the ticket is open. A hold in progress is the last pause and has no end. ``reply``: the first public
    reply by a person."""

    opened: Opening
    transfers: list[QueueStamp]
    solves: list[Solve]
    reopenings: list[tuple[int, str]]
    pauses: list[tuple[int, int | None]]
    solved: Solve | None
    reply: AgentStamp | None

    @property
    def on_hold(self) -> bool:
        """True while the ticket is on hold."""
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def queue(self) -> str:
        """The current queue."""
        return self.transfers[-1].queue if self.transfers else self.opened.queue

    def queue_at(self, stamp: EventStamp, rank: Rank) -> str:
        """The queue at an event of the ticket."""
        return _queue_at(self.opened, self.transfers, position_of(stamp, rank)) if self.transfers else self.opened.queue

    def queue_by(self, time_ms: int) -> str:
        """The queue after all transfers up to ``time_ms``, included."""
        queue = self.opened.queue
        for transfer in self.transfers:
            if transfer.time_ms > time_ms:
                break
            queue = transfer.queue
        return queue

    @property
    def handoffs(self) -> int:
        """Transfers at or after the first reply."""
        if self.reply is None:
            return 0
        return sum(transfer.time_ms >= self.reply.time_ms for transfer in self.transfers)


class Exchange(NamedTuple):
    """The customer's first unanswered message, and the next public reply."""

    asked: EventStamp
    answer: AgentStamp | None


def position_of(stamp: EventStamp, rank: Rank) -> Position:
    """The order of an event of a type among all events of its ticket."""
    return (stamp.time_ms, stamp.sequence, rank, stamp.source, stamp.id)


def timeline_of(facts: Ticket, opened: Opening) -> TicketTimeline:
    """The timeline of a ticket with this opening (``Ticket.opening``). Events dated before the opening count at its
    time."""
    transfers, opened_ms = facts.moves, opened.time_ms
    solves: list[Solve] = []
    reopenings: list[tuple[int, str]] = []
    pauses: list[tuple[int, int | None]] = []
    held_since: int | None = None
    solved: Solve | None = None
    for position, agent in _changes(facts):
        # The time is cut at the opening, so that no duration is negative; the order stays that of the events.
        time_ms, rank = max(position[0], opened_ms), position[2]
        # A second hold, or one of a solved ticket, changes nothing: it must not move the beginning of a pause.
        if rank == Rank.HELD:
            if solved is None and held_since is None:
                held_since = time_ms
        elif rank == Rank.REOPENED:
            if solved is not None:
                # Nobody works on a solved ticket: its net clock stands still until the reopening.
                pauses.append((solved.time_ms, time_ms))
                solved = None
                reopenings.append((time_ms, _queue_at(opened, transfers, position)))
        else:
            # A solve or closing ends a hold like a resumption; otherwise its pause would never end.
            if held_since is not None:
                pauses.append((held_since, time_ms))
                held_since = None
            # A closing without a solve before it is the solve; another solve before a reopening is a repetition.
            if rank != Rank.RESUMED and solved is None:
                solved = Solve(time_ms, _queue_at(opened, transfers, position), position, agent)
                solves.append(solved)
    if held_since is not None:
        pauses.append((held_since, None))
    # A reply just before the opening comes from another clock and answers this ticket; its response time is 0.
    earliest_ms = opened_ms - SKEW_MS
    reply = next((stamp for stamp in facts.replied if stamp.time_ms >= earliest_ms), None)
    return TicketTimeline(opened, transfers, solves, reopenings, pauses, solved, reply)


def _changes(facts: Ticket) -> list[tuple[Position, bytes | None]]:
    """Solves, closings, reopenings, holds and resumptions of the ticket, in order, each solve with its agent."""
    changes = [(position_of(stamp, Rank.SOLVED), stamp.agent) for stamp in facts.solved]
    if facts.closed:
        changes += [(position_of(stamp, Rank.CLOSED), None) for stamp in facts.closed]
    if facts.held:
        changes += [(position_of(stamp, Rank.HELD), None) for stamp in facts.held]
    if facts.resumed:
        changes += [(position_of(stamp, Rank.RESUMED), None) for stamp in facts.resumed]
    if facts.reopened:
        changes += [(position_of(stamp, Rank.REOPENED), None) for stamp in facts.reopened]
    changes.sort()  # positions are unique, so that agents are never compared
    return changes


def _queue_at(opened: Opening, transfers: list[QueueStamp], position: Position) -> str:
    queue = opened.queue
    for transfer in transfers:
        if position_of(transfer, Rank.TRANSFERRED) > position:
            break
        queue = transfer.queue
    return queue


def exchanges_of(facts: Ticket) -> list[Exchange]:
    """Customer messages sent while no earlier one was unanswered, each with its answer, in order; only the last can be
    unanswered."""
    if not facts.customer_replied:
        return []
    steps = [(position_of(stamp, Rank.CUSTOMER_REPLIED), stamp) for stamp in facts.customer_replied]
    steps += [(position_of(stamp, Rank.REPLIED), stamp) for stamp in facts.replied]
    exchanges: list[Exchange] = []
    asked: EventStamp | None = None
    for position, stamp in sorted(steps, key=lambda step: step[0]):
        if position[2] == Rank.CUSTOMER_REPLIED:
            asked = asked or stamp
        elif asked is not None:
            assert isinstance(stamp, AgentStamp)
            exchanges.append(Exchange(asked, stamp))
            asked = None
    if asked is not None:
        exchanges.append(Exchange(asked, None))
    return exchanges


def team_of(facts: Ticket) -> str | None:
    """The team of the latest assignment or solve that names one."""
    assigned, solved = _latest_with_team(facts.assigned), _latest_with_team(facts.solved)
    if assigned is None or solved is None:
        last = assigned or solved
        return None if last is None else last.team
    later = position_of(assigned, Rank.ASSIGNED) > position_of(solved, Rank.SOLVED)
    return assigned.team if later else solved.team


def _latest_with_team(stamps: list[TeamStamp]) -> TeamStamp | None:
    for stamp in reversed(stamps):
        if stamp.team is not None:
            return stamp
    return None


def solver_of(facts: Ticket, solve: Solve) -> bytes | None:
    """The agent of a solve; where it names none, that of the last assignment before it."""
    if solve.agent is not None:
        return solve.agent
    for stamp in reversed(facts.assigned):
        if stamp.agent is not None and position_of(stamp, Rank.ASSIGNED) < solve.position:
            return stamp.agent
    return None
