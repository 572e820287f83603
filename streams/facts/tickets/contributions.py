"""Contributions of a ticket: a pure function of its facts (kpis.md, "Tickets")."""

from __future__ import annotations

from streams.contract.events import Rank
from streams.facts.shared.contributions import Contributions, Names, Stage
from streams.facts.shared.marks import noted
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.policy import Policy, PolicyBook
from streams.facts.tickets.clocks import Rows, add_resolutions, add_responses, open_entry, sla_targets_of
from streams.facts.tickets.facts import Ticket, names_customer
from streams.facts.tickets.live import OpenTicket
from streams.facts.tickets.measures import OPENING, TicketMeasure
from streams.facts.tickets.timeline import Solve, TicketTimeline, exchanges_of, solver_of, team_of, timeline_of
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Incomplete

OPENED = OPENING.code_of(TicketMeasure.OPENED)
OPENED_AND_SOLVED = OPENING.code_of(TicketMeasure.OPENED, TicketMeasure.COHORT_SOLVED)
HANDLED = HANDLING.bit(HandlingMeasure.HANDLED) | HANDLING.bit(HandlingMeasure.FCR_FLAGGED_BASE)
CLASSIFIED, ESCALATED = HANDLING.bit(HandlingMeasure.CLASSIFIED), HANDLING.bit(HandlingMeasure.ESCALATED)
FCR_FLAGGED, FCR_NET_BASE, FCR_NET = (
    HANDLING.bit(HandlingMeasure.FCR_FLAGGED),
    HANDLING.bit(HandlingMeasure.FCR_NET_BASE),
    HANDLING.bit(HandlingMeasure.FCR_NET),
)


def contributions(facts: Ticket, book: PolicyBook, names: Names, stage: Stage = Stage.KEPT) -> Contributions:
    """Amounts and live entries of a ticket. Without an opening it is incomplete; a removed ticket counts in the
    clearance time only. An open ticket keeps its state, so ``stage`` is ``EXPIRED`` only for one without an opening."""
    contributed = Contributions()
    opened = facts.opening
    if opened is None:
        if not facts.is_removed and stage is Stage.KEPT:
            contributed.live[Incomplete.letter] = Incomplete()
        return contributed
    policy = book.policy(opened.queue, opened.time_ms)
    timeline = timeline_of(facts, opened)
    topic = noted(facts.notes, "topic") or opened.topic or None
    if names_customer(facts):
        contributed.outcome = _outcome(facts, timeline, topic, policy)
    rows = Rows(names, opened.medium)
    if facts.removed is not None and facts.is_removed:
        contributed.add(opened.time_ms, rows[opened.queue], (int(TicketMeasure.REMOVED_OPENED), 1))
        removed_ms = max(facts.removed.time_ms, opened.time_ms)
        contributed.add(
            removed_ms, rows[timeline.queue_at(facts.removed, Rank.REMOVED)], (int(TicketMeasure.REMOVED), 1)
        )
        return contributed
    targets = sla_targets_of(facts, timeline, policy)
    exchanges = exchanges_of(facts)
    _add_flow(contributed, facts, timeline, topic, rows, names)
    add_responses(contributed, timeline, exchanges, targets, rows)
    add_resolutions(contributed, timeline, targets.clock, rows)
    if facts.assigned:
        _add_assigned(contributed, facts, timeline, rows, names)
    if facts.escalated:
        _add_escalations(contributed, facts, timeline, topic, rows, names)
    if timeline.solved is not None:
        _add_solved(contributed, facts, timeline, timeline.solved, rows, names)
    elif stage is Stage.KEPT:
        contributed.live[OpenTicket.letter] = open_entry(timeline, exchanges, targets, rows)
    return contributed


def _add_flow(
    contributed: Contributions, facts: Ticket, timeline: TicketTimeline, topic: str | None, rows: Rows, names: Names
) -> None:
    """Openings, reopenings, and solved tickets by the slice of their opening; by team too."""
    solved = timeline.solved
    cells = [(OPENED if solved is None else OPENED_AND_SOLVED, 1)]
    if topic is not None:
        cells.append((code_of(HandlingMeasure.CONTACTS_BY_TOPIC, names.dimension(("topic", topic))), 1))
    team = team_of(facts)
    if team is not None:
        identity = names.dimension(("team", team))
        cells.append((code_of(TicketMeasure.TEAM_OPENED, identity), 1))
        if solved is not None:
            cells.append((code_of(TicketMeasure.TEAM_COHORT_SOLVED, identity), 1))
            contributed.add(solved.time_ms, rows[solved.queue], (code_of(TicketMeasure.TEAM_SOLVED, identity), 1))
    contributed.add(timeline.opened.time_ms, rows[timeline.opened.queue], *cells)
    for time_ms, queue in timeline.reopenings:
        contributed.add(time_ms, rows[queue], (int(TicketMeasure.REOPENED), 1))


def _add_assigned(
    contributed: Contributions, facts: Ticket, timeline: TicketTimeline, rows: Rows, names: Names
) -> None:
    """Assignments to agents: each agent once, at the first one."""
    seen: set[bytes] = set()
    for stamp in facts.assigned:
        if stamp.agent is not None and stamp.agent not in seen:
            seen.add(stamp.agent)
            code = code_of(TicketMeasure.AGENT_ASSIGNED, names.dimension(("agent", stamp.agent.hex())))
            time_ms = max(stamp.time_ms, timeline.opened.time_ms)
            contributed.add(time_ms, rows[timeline.queue_at(stamp, Rank.ASSIGNED)], (code, 1))


def _add_escalations(
    contributed: Contributions, facts: Ticket, timeline: TicketTimeline, topic: str | None, rows: Rows, names: Names
) -> None:
    """Each escalation at its time, by kind and, where one is known, by its own topic, else the ticket's."""
    for stamp in facts.escalated:
        cells = [(code_of(HandlingMeasure.ESCALATIONS, names.dimension(("kind", stamp.kind))), 1)]
        about = stamp.topic or topic
        if about is not None:
            cells.append((code_of(HandlingMeasure.ESCALATIONS_BY_TOPIC, names.dimension(("topic", about))), 1))
        contributed.add(stamp.time_ms, rows[timeline.queue_at(stamp, Rank.ESCALATED)], *cells)


def _add_solved(
    contributed: Contributions, facts: Ticket, timeline: TicketTimeline, solved: Solve, rows: Rows, names: Names
) -> None:
    """Handled ticket with escalation, agent and first-contact resolution, at the solve that counts."""
    success = _resolved_at_first_contact(facts, timeline)
    mask = HANDLED | FCR_FLAGGED * success
    if facts.escalated:
        mask |= ESCALATED
    if _resolved(facts) is not None:
        mask |= CLASSIFIED
    if _is_eligible(facts):
        mask |= FCR_NET_BASE | FCR_NET * success
    cells = [(HANDLING.code(mask), 1)]
    agent = solver_of(facts, solved)
    if agent is not None:
        cells.append((code_of(TicketMeasure.AGENT_SOLVED, names.dimension(("agent", agent.hex()))), 1))
    contributed.add(solved.time_ms, rows[solved.queue], *cells)


def _resolved(facts: Ticket) -> bool | None:
    """The resolution noted last; ``None`` where none was noted."""
    resolved = noted(facts.notes, "resolved")
    return resolved if isinstance(resolved, bool) else None


def _is_eligible(facts: Ticket) -> bool:
    return noted(facts.notes, "fcr_eligible") is not False


def _resolved_at_first_contact(facts: Ticket, timeline: TicketTimeline) -> bool:
    """True if one contact was enough for a solved ticket: by the note of the agent, else by its timeline."""
    if timeline.reopenings or facts.escalated:
        return False
    resolved = _resolved(facts)
    if resolved is None:
        return len(facts.replied) <= 1 and not timeline.transfers
    return resolved and timeline.handoffs == 0


def _outcome(facts: Ticket, timeline: TicketTimeline, topic: str | None, policy: Policy) -> Outcome:
    """Outcome for the repeat-contact fold of the customer; a removal for a removed ticket."""
    opened, solved = timeline.opened, timeline.solved
    if facts.is_removed:
        return Outcome(
            "ticket",
            opened.queue,
            opened.time_ms,
            policy.repeat_window_ms,
            opened.medium,
            first_queue=opened.queue,
            topic=topic,
            removed=True,
        )
    return Outcome(
        "ticket",
        timeline.queue if solved is None else solved.queue,
        opened.time_ms,
        policy.repeat_window_ms,
        opened.medium,
        first_queue=opened.queue,
        topic=topic,
        handled=solved is not None,
        ended_ms=None if solved is None else solved.time_ms,
        resolved=_resolved(facts),
        flagged=None if solved is None else _resolved_at_first_contact(facts, timeline),
        fcr_eligible=_is_eligible(facts),
        handoffs=timeline.handoffs,
    )
