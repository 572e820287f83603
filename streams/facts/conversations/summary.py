"""Summary of a call or chat over all its legs: topic, handling, escalations, resolution (kpis.md)."""

from __future__ import annotations

from typing import NamedTuple

from streams.facts.conversations import codes
from streams.facts.conversations.facts import Conversation
from streams.facts.conversations.judging import ABANDONED, ANSWERED, JudgedLeg
from streams.facts.shared.contributions import Contributions, Names
from streams.facts.shared.marks import noted
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import code_of


class ContactSummary(NamedTuple):
    """Summary of a contact over all its legs. Times are epoch ms.

    ``main``: the leg whose queue the contact counts in: the last answered one, else the last; ``None`` without legs.
    ``topic``: noted last, else of the first offer. ``ended_ms``: end of handling, if handled. ``abandoned_ms``: time of
    the abandonment of an inbound contact that was never answered; ``None`` where clocks are inconsistent. ``flagged``:
    noted as resolved, without handoff and escalation; ``None``, like ``resolved``, where no note says true or false.
    """

    main: JudgedLeg | None
    first_inbound: JudgedLeg | None
    topic: str | None
    handoffs: int
    ended_ms: int | None
    abandoned_ms: int | None
    resolved: bool | None
    flagged: bool | None
    fcr_eligible: bool


def summary_of(facts: Conversation, legs: list[JudgedLeg]) -> ContactSummary:
    """The summary of a contact; ``legs`` in the order of their offers."""
    topic, resolved, eligible = _noted(facts)
    main = first_inbound = ended_ms = abandoned_ms = None
    handoffs = 0
    if legs:
        clock_consistent = True
        for leg in legs:
            if first_inbound is None and leg.via == "inbound":
                first_inbound = leg
            if not leg.clock_consistent:
                clock_consistent = False
            elif leg.outcome == ANSWERED:
                main = leg
            handoffs += leg.handed_off
        first, last = legs[0], legs[-1]
        if topic is None and first.facts.offered is not None:
            topic = first.facts.offered.topic
        if last.clock_consistent and facts.refused is None:
            ended_ms = last.end_ms
        if last.outcome == ABANDONED and last.counted and main is None and clock_consistent and first is first_inbound:
            abandoned_ms = last.at_ms
        main = main or last
    flagged = None if resolved is None else resolved and not facts.escalated and not handoffs
    return ContactSummary(main, first_inbound, topic, handoffs, ended_ms, abandoned_ms, resolved, flagged, eligible)


def _noted(facts: Conversation) -> tuple[str | None, bool | None, bool]:
    """Topic, resolved and eligible as they were noted last."""
    notes = facts.notes
    if not notes:
        return None, None, True
    resolved = noted(notes, "resolved")
    eligible = noted(notes, "fcr_eligible") is not False
    return noted(notes, "topic") or None, resolved if isinstance(resolved, bool) else None, eligible


def add_summary(contributed: Contributions, facts: Conversation, summary: ContactSummary, names: Names) -> None:
    """Amounts of a contact: its topic, escalations, and first-contact resolution as the agents flag it."""
    main, first, topic = summary.main, summary.first_inbound, summary.topic
    if main is None:
        return
    if first is not None and topic is not None:
        code = code_of(HandlingMeasure.CONTACTS_BY_TOPIC, names.dimension(("topic", topic)))
        contributed.add(first.offered_ms, first.row, (code, 1))
    for escalation in facts.escalated:
        code = code_of(HandlingMeasure.ESCALATIONS, names.dimension(("kind", escalation.kind)))
        contributed.add(escalation.time_ms, main.row, (code, 1))
        about = escalation.topic or topic
        if about is not None:
            code = code_of(HandlingMeasure.ESCALATIONS_BY_TOPIC, names.dimension(("topic", about)))
            contributed.add(escalation.time_ms, main.row, (code, 1))
    if summary.ended_ms is None:
        return
    mask = codes.HANDLED | codes.ESCALATED if facts.escalated else codes.HANDLED
    if summary.flagged is not None:
        mask |= codes.CLASSIFIED | codes.FCR_FLAGGED_BASE | codes.FCR_FLAGGED * summary.flagged
        if summary.fcr_eligible:
            mask |= codes.FCR_NET_BASE | codes.FCR_NET * summary.flagged
    contributed.add(summary.ended_ms, main.row, (HANDLING.code(mask), 1))


def outcome_of(
    facts: Conversation, legs: list[JudgedLeg], summary: ContactSummary, book: PolicyBook, *, chat: bool
) -> Outcome | None:
    """Outcome for the repeat-contact fold of the customer, a removal for a removed contact; ``None`` before the contact
    has begun."""
    if summary.main is not None:
        first = legs[0]
        queue, begun_ms, policy, via = summary.main.queue, first.offered_ms, first.policy, first.via
    elif facts.refused is not None:
        queue, begun_ms, via = facts.refused.queue, facts.refused.time_ms, ""
        policy = book.policy(queue, begun_ms)
    else:
        return None
    channel = "chat" if chat else "call"
    if facts.removed is not None:
        return Outcome(channel, queue, begun_ms, policy.repeat_window_ms, removed=True)
    return Outcome(
        channel,
        queue,
        begun_ms,
        policy.repeat_window_ms,
        "",
        "" if summary.first_inbound is None else summary.first_inbound.queue,
        via,
        summary.topic,
        False,
        summary.ended_ms is not None,
        summary.ended_ms,
        summary.abandoned_ms,
        summary.resolved,
        summary.flagged,
        summary.fcr_eligible,
        summary.handoffs,
    )
