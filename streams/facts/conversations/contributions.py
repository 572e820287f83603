"""What a call or chat adds to the numbers: a pure function of its facts (kpis.md, "Calls and chats, per leg")."""

from __future__ import annotations

from streams.facts.conversations import codes
from streams.facts.conversations.facts import LiveContact, names_customer
from streams.facts.conversations.judging import (
    ABANDONED,
    ANSWERED,
    CALLBACK_REQUESTED,
    LEFT,
    Visit,
    hold_ms_of,
    visits_of,
)
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, Waiting, WrapUp
from streams.facts.conversations.measures import ConversationMeasure
from streams.facts.conversations.summary import add_whole, outcome_of, whole_of
from streams.facts.shared.contributions import SKEW_MS, Effects, Names, Stage
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Incomplete
from streams.numbers.sketches import sketched

WRAP_UP_LIMIT_MS = 600_000
"""After-contact work is cut here, 10 min after the end."""
SHORT_CONTACT_MS = 10_000
"""A conversation under 10 s is a hang-up that flatters the handle time."""
GAVE_UP = frozenset({"timeout", "empty"})
"""Reasons of left_queue that count as a service-level event within the target."""


def contributions(
    facts: LiveContact, book: PolicyBook, names: Names, stage: Stage = Stage.KEPT, *, chat: bool = False
) -> Effects:
    """Amounts and live entries of a call, or of a ``chat``."""
    effects = Effects()
    expired = stage is Stage.EXPIRED
    visits, incomplete = visits_of(facts, book, names, chat)
    if facts.refused is not None:
        _add_refused(effects, facts, names)
    for index, visit in enumerate(visits):
        if visit.counted:
            _add_queueing(effects, visit, names, first=index == 0, newest_ms=facts.newest_ms, expired=expired)
        if not visit.sound:
            incomplete = True
        elif visit.outcome == ANSWERED:
            _add_handling(effects, visit, facts.newest_ms, expired)
        if visit.via == "callback" and visit.outcome is not None and visit.sound:
            effects.add(
                visit.at_ms,
                visit.row,
                (codes.CALLBACK_LEGS_DECIDED, 1),
                (codes.CALLBACK_LEGS_ANSWERED, visit.outcome == ANSWERED),
            )
    whole = whole_of(facts, visits)
    if whole.first_inbound is not None:
        _add_arrival(effects, visits, whole.first_inbound, expired)
    if not expired:
        _add_callbacks(effects, visits)
    add_whole(effects, facts, whole, names)
    if incomplete and not expired:
        effects.live[Incomplete.letter] = Incomplete()
    if names_customer(facts):
        effects.outcome = outcome_of(facts, visits, whole, book, chat=chat)
    return effects


def _add_refused(effects: Effects, facts: LiveContact, names: Names) -> None:
    refused = facts.refused
    assert refused is not None
    code = code_of(ConversationMeasure.REFUSED, names.dimension(("reason", refused.reason)))
    effects.add(refused.time_ms, names.row(refused.queue), (code, 1))


def _add_queueing(effects: Effects, visit: Visit, names: Names, *, first: bool, newest_ms: int, expired: bool) -> None:
    """Offer, outcome, wait and service level of a counted leg."""
    row, policy, offered_ms = visit.row, visit.policy, visit.offered_ms
    effects.add(offered_ms, row, (codes.OFFERED, 1))
    if not visit.sound:
        return
    deadline_ms = offered_ms + policy.target_ms
    outcome, at_ms, wait_ms = visit.outcome, visit.at_ms, visit.wait_ms
    if outcome is None:
        if expired:
            effects.add(deadline_ms, row, (codes.REACHED_TARGET, 1))
        else:
            effects.live[Waiting.letter + visit.name] = Waiting(
                row, offered_ms, deadline_ms, offered_ms + policy.waiting_ghost_ms, newest_ms
            )
        return
    within = wait_ms <= policy.target_ms
    if outcome == ANSWERED:
        effects.add(
            at_ms,
            row,
            (codes.ANSWERED_IN_TIME if within else codes.ANSWERED, 1),
            (codes.WAIT_MS, wait_ms),
            sketched(codes.WAIT_SKETCH, wait_ms),
        )
    elif outcome == ABANDONED:
        short = first and wait_ms <= policy.short_abandon_ms
        effects.add(
            at_ms,
            row,
            (codes.ABANDONED, 1),
            (codes.ABANDON_WAIT_MS, wait_ms),
            (codes.SHORT_ABANDONED, short),
            (codes.ABANDONED_WITHIN, within),
            (codes.SHORT_WITHIN, short and within),
            sketched(codes.ABANDON_WAIT_SKETCH, wait_ms),
        )
    elif outcome == CALLBACK_REQUESTED:
        effects.add(at_ms, row, (codes.CALLBACK_REQUESTED, 1))
    else:
        reason = visit.left_reason
        code = code_of(ConversationMeasure.LEFT_QUEUE, names.dimension(("reason", reason)))
        effects.add(at_ms, row, (code, 1), (codes.LEFT_WITHIN, within and reason in GAVE_UP))
    if not within:
        effects.add(deadline_ms, row, (codes.REACHED_TARGET, 1))


def _add_handling(effects: Effects, visit: Visit, newest_ms: int, expired: bool) -> None:
    """Handle time of an answered leg, or its place among those in progress; and who may be wrapping up after it."""
    answered_ms, end_ms, row = visit.answered_ms, visit.end_ms, visit.row
    agent = None if visit.leg.answered is None else visit.leg.answered.agent
    if end_ms is None:
        if not expired:
            ghost_ms = answered_ms + visit.policy.in_progress_ghost_ms
            entry = InProgress(row, answered_ms, ghost_ms, newest_ms, agent)
            effects.live[InProgress.letter + visit.name] = entry
        return
    hold_ms = hold_ms_of(visit.leg, answered_ms, end_ms)
    wrap_ms, landing_ms = 0, end_ms
    if visit.policy.wrap_up:
        landing_ms = limit_ms = end_ms + WRAP_UP_LIMIT_MS
        wrapped = visit.leg.wrapped_up
        if wrapped is not None and wrapped.time_ms >= end_ms - SKEW_MS:
            landing_ms = min(max(wrapped.time_ms, end_ms), limit_ms)
            wrap_ms = landing_ms - end_ms
        elif not expired:
            effects.live[WrapUp.letter + visit.name] = WrapUp(row, end_ms, limit_ms, agent)
    talk_ms = end_ms - answered_ms - hold_ms
    if hold_ms == wrap_ms == 0:
        handled = (codes.HANDLED_LEGS, 1), (codes.TALK_MS, talk_ms), sketched(codes.HANDLE_AND_TALK_SKETCH, talk_ms)
        effects.add(landing_ms, row, *handled)
    else:
        effects.add(
            landing_ms,
            row,
            (codes.HANDLED_LEGS, 1),
            (codes.TALK_MS, talk_ms),
            (codes.HOLD_MS, hold_ms),
            (codes.WRAP_MS, wrap_ms),
            sketched(codes.HANDLE_SKETCH, talk_ms + hold_ms + wrap_ms),
            sketched(codes.TALK_SKETCH, talk_ms),
            sketched(codes.HOLD_SKETCH, hold_ms),
            sketched(codes.WRAP_SKETCH, wrap_ms),
        )
    if end_ms - answered_ms < SHORT_CONTACT_MS:
        effects.add(end_ms, row, (codes.SHORT_CONTACTS, 1))


def _add_arrival(effects: Effects, visits: list[Visit], first: Visit, expired: bool) -> None:
    """Arrival and service level of the whole contact, in the queue of ``first``, its first inbound leg."""
    effects.add(first.offered_ms, first.row, (codes.ARRIVED, 1))
    last, answered_ms, waits = first, None, False
    for visit in visits:
        if not visit.counted:
            continue
        if not visit.sound:
            return
        last = visit
        if visit.outcome is None:
            waits = True
        elif visit.outcome == ANSWERED and (answered_ms is None or visit.at_ms < answered_ms):
            answered_ms = visit.at_ms
    deadline_ms = first.offered_ms + first.policy.target_ms
    if answered_ms is not None and answered_ms <= deadline_ms:
        effects.add(answered_ms, first.row, (codes.CONTACT_ANSWERED_WITHIN, 1))
    elif answered_ms is None and waits and not expired:
        effects.live[ContactWaiting.letter] = ContactWaiting(first.row, deadline_ms)
    elif answered_ms is not None or waits or last.at_ms > deadline_ms:
        effects.add(deadline_ms, first.row, (codes.CONTACT_REACHED_TARGET, 1))
    elif last.outcome == ABANDONED:
        short = last is visits[0] and last.wait_ms <= first.policy.short_abandon_ms
        effects.add(last.at_ms, first.row, (codes.CONTACT_ABANDONED_WITHIN, 1), (codes.CONTACT_SHORT_WITHIN, short))
    elif last.outcome == LEFT and last.left_reason in GAVE_UP:
        effects.add(last.at_ms, first.row, (codes.CONTACT_LEFT_WITHIN, 1))


def _add_callbacks(effects: Effects, visits: list[Visit]) -> None:
    """Requests to be called back that no callback leg has answered to yet."""
    for visit in visits:
        if visit.outcome == CALLBACK_REQUESTED and visit.counted and visit.sound:
            returned = (other.via == "callback" and other.offered_ms >= visit.at_ms for other in visits)
            if not any(returned):
                effects.live[Callback.letter + visit.name] = Callback(visit.row, visit.at_ms)
