"""What is said of a whole call or chat: its topic, whether it was handled, escalated, resolved (kpis.md)."""

from __future__ import annotations

from typing import NamedTuple

from streams.facts.conversations import codes
from streams.facts.conversations.facts import LiveContact
from streams.facts.conversations.judging import ABANDONED, ANSWERED, Visit
from streams.facts.shared.contributions import Effects, Names
from streams.facts.shared.marks import noted
from streams.facts.shared.measures import HANDLING, HandlingMeasure
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import code_of


class Whole(NamedTuple):
    """A contact as a whole; the visits are ``None`` where there is none such.

    ``main``: the visit whose queue the contact belongs to, the last answered one, else the last. ``topic``: what was
    noted last, else what the first offer said. ``ended_ms``: the end of handling, where it was handled.
    ``abandoned_ms``: when it left, where it came in by itself and was never answered; not said where clocks disagree.
    ``flagged``: noted as resolved, with no handoff and no escalation; ``None``, like ``resolved``, where neither true
    nor false was noted.
    """

    main: Visit | None
    first_inbound: Visit | None
    topic: str | None
    handoffs: int
    ended_ms: int | None
    abandoned_ms: int | None
    resolved: bool | None
    flagged: bool | None
    fcr_eligible: bool


def whole_of(facts: LiveContact, visits: list[Visit]) -> Whole:
    """The whole of a contact; ``visits`` in the order of their offers."""
    topic, resolved, eligible = _noted(facts)
    main = first_inbound = ended_ms = abandoned_ms = None
    handoffs = 0
    if visits:
        sound = True
        for visit in visits:
            if first_inbound is None and visit.via == "inbound":
                first_inbound = visit
            if not visit.sound:
                sound = False
            elif visit.outcome == ANSWERED:
                main = visit
            handoffs += visit.handed_off
        first, last = visits[0], visits[-1]
        if topic is None and first.leg.offered is not None:
            topic = first.leg.offered.topic
        if last.sound and facts.refused is None:
            ended_ms = last.end_ms
        if last.outcome == ABANDONED and last.counted and main is None and sound and first is first_inbound:
            abandoned_ms = last.at_ms
        main = main or last
    flagged = None if resolved is None else resolved and not facts.escalated and not handoffs
    return Whole(main, first_inbound, topic, handoffs, ended_ms, abandoned_ms, resolved, flagged, eligible)


def _noted(facts: LiveContact) -> tuple[str | None, bool | None, bool]:
    """Topic, resolved and eligible as they were noted last."""
    notes = facts.notes
    if not notes:
        return None, None, True
    resolved = noted(notes, "resolved")
    eligible = noted(notes, "fcr_eligible") is not False
    return noted(notes, "topic") or None, resolved if isinstance(resolved, bool) else None, eligible


def add_whole(effects: Effects, facts: LiveContact, whole: Whole, names: Names) -> None:
    """Amounts of a contact: its topic, escalations, and first-contact resolution as the agents flag it."""
    main, first, topic = whole.main, whole.first_inbound, whole.topic
    if main is None:
        return
    if first is not None and topic is not None:
        code = code_of(HandlingMeasure.CONTACTS_BY_TOPIC, names.dimension(("topic", topic)))
        effects.add(first.offered_ms, first.row, (code, 1))
    for escalation in facts.escalated:
        code = code_of(HandlingMeasure.ESCALATIONS, names.dimension(("kind", escalation.kind)))
        effects.add(escalation.time_ms, main.row, (code, 1))
        about = escalation.topic or topic
        if about is not None:
            code = code_of(HandlingMeasure.ESCALATIONS_BY_TOPIC, names.dimension(("topic", about)))
            effects.add(escalation.time_ms, main.row, (code, 1))
    if whole.ended_ms is None:
        return
    mask = codes.HANDLED | codes.ESCALATED if facts.escalated else codes.HANDLED
    if whole.flagged is not None:
        mask |= codes.CLASSIFIED | codes.FCR_FLAGGED_BASE | codes.FCR_FLAGGED * whole.flagged
        if whole.fcr_eligible:
            mask |= codes.FCR_NET_BASE | codes.FCR_NET * whole.flagged
    effects.add(whole.ended_ms, main.row, (HANDLING.code(mask), 1))


def outcome_of(
    facts: LiveContact, visits: list[Visit], whole: Whole, book: PolicyBook, *, chat: bool
) -> Outcome | None:
    """What the contact tells its customer's other contacts; ``None`` while it has not begun."""
    if whole.main is not None:
        first = visits[0]
        queue, begun_ms, policy, via = whole.main.queue, first.offered_ms, first.policy, first.via
    elif facts.refused is not None:
        queue, begun_ms, via = facts.refused.queue, facts.refused.time_ms, ""
        policy = book.policy(queue, begun_ms)
    else:
        return None
    return Outcome(
        "chat" if chat else "call",
        queue,
        begun_ms,
        policy.repeat_window_ms,
        "",
        "" if whole.first_inbound is None else whole.first_inbound.queue,
        via,
        whole.topic,
        False,
        whole.ended_ms is not None,
        whole.ended_ms,
        whole.abandoned_ms,
        whole.resolved,
        whole.flagged,
        whole.fcr_eligible,
        whole.handoffs,
    )
