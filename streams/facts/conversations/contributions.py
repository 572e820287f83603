"""Contributions of a call or chat: a pure function of its facts (kpis.md, "Calls and chats, per leg")."""

from __future__ import annotations

from streams.facts.conversations import codes
from streams.facts.conversations.callbacks import callback_requests, is_pending
from streams.facts.conversations.facts import Conversation, names_customer
from streams.facts.conversations.judging import (
    ABANDONED,
    ANSWERED,
    CALLBACK_REQUESTED,
    LEFT,
    JudgedContact,
    JudgedLeg,
    hold_ms_of,
    judged_contact,
)
from streams.facts.conversations.legless import CALLBACK
from streams.facts.conversations.live import Callback, ContactWaiting, InProgress, MenuCallback, Waiting, WrapUp
from streams.facts.conversations.measures import HANDLED_AT_ITS_END, ConversationMeasure
from streams.facts.conversations.summary import add_summary, outcome_of, summary_of
from streams.facts.shared.contributions import SKEW_MS, Contributions, Names, Stage
from streams.facts.shared.policy import PolicyBook
from streams.numbers.codes import code_of
from streams.numbers.live_entries import Incomplete
from streams.numbers.sketches import sketched

WRAP_UP_LIMIT_MS = 600_000
"""Longest wrap-up of a leg: 10 min after its end, in ms."""
SHORT_CONTACT_MS = 10_000
"""Conversations under 10 s (ms) are counted apart: such hang-ups make the handle time look better than it is."""
HANDLED_AND_ENDED = HANDLED_AT_ITS_END.code_of(ConversationMeasure.HANDLED_LEGS, ConversationMeasure.ENDED_LEGS)
GAVE_UP = frozenset({"timeout", "empty"})
"""Reasons of left_queue that count as a service-level event within the target."""


def contributions(
    facts: Conversation, book: PolicyBook, names: Names, stage: Stage = Stage.KEPT, *, chat: bool = False
) -> Contributions:
    """Amounts and live entries of a call, or of a ``chat``; a removed one adds nothing."""
    contributed = Contributions()
    expired = stage is Stage.EXPIRED
    contact = judged_contact(facts, book, names, chat)
    legs, incomplete = contact.legs, contact.incomplete
    if facts.removed is not None:
        if names_customer(facts):
            contributed.outcome = outcome_of(facts, legs, summary_of(facts, legs), book, chat=chat)
        return contributed
    if facts.refused is not None:
        _add_refused(contributed, facts, names)
    for index, leg in enumerate(legs):
        if leg.counted:
            _add_queueing(contributed, leg, names, first=index == 0, newest_ms=facts.newest_ms, expired=expired)
        if not leg.clock_consistent:
            incomplete = True
        elif leg.outcome == ANSWERED:
            _add_handling(contributed, leg, facts.newest_ms, expired)
        if leg.via == CALLBACK and leg.outcome is not None and leg.clock_consistent:
            contributed.add(
                leg.at_ms,
                leg.row,
                (codes.CALLBACK_LEGS_DECIDED, 1),
                (codes.CALLBACK_LEGS_ANSWERED, leg.outcome == ANSWERED),
            )
    summary = summary_of(facts, legs)
    if summary.first_inbound is not None:
        _add_arrival(contributed, legs, summary.first_inbound, expired)
    incomplete |= _add_callbacks(contributed, contact, names, expired)
    add_summary(contributed, facts, summary, names)
    if incomplete and not expired:
        contributed.live[Incomplete.letter] = Incomplete()
    if names_customer(facts):
        contributed.outcome = outcome_of(facts, legs, summary, book, chat=chat)
    return contributed


def _add_refused(contributed: Contributions, facts: Conversation, names: Names) -> None:
    refused = facts.refused
    assert refused is not None
    code = code_of(ConversationMeasure.REFUSED, names.dimension(("reason", refused.reason)))
    contributed.add(refused.time_ms, names.row(refused.queue), (code, 1))


def _add_queueing(
    contributed: Contributions, leg: JudgedLeg, names: Names, *, first: bool, newest_ms: int, expired: bool
) -> None:
    """Offer, outcome, wait and service level of a counted leg."""
    row, policy, offered_ms = leg.row, leg.policy, leg.offered_ms
    contributed.add(offered_ms, row, (codes.OFFERED, 1))
    if not leg.clock_consistent:
        return
    deadline_ms = offered_ms + policy.target_ms
    outcome, at_ms, wait_ms = leg.outcome, leg.at_ms, leg.wait_ms
    if outcome is None:
        if expired:
            contributed.add(deadline_ms, row, (codes.REACHED_TARGET, 1))
        else:
            contributed.live[Waiting.letter + leg.name] = Waiting(
                row, offered_ms, deadline_ms, offered_ms + policy.waiting_stale_ms, newest_ms
            )
        return
    within = wait_ms <= policy.target_ms
    if outcome == ANSWERED:
        contributed.add(
            at_ms,
            row,
            (codes.ANSWERED_IN_TIME if within else codes.ANSWERED, 1),
            (codes.WAIT_MS, wait_ms),
            sketched(codes.WAIT_SKETCH, wait_ms),
        )
    elif outcome == ABANDONED:
        short = first and wait_ms <= policy.short_abandon_ms
        contributed.add(
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
        contributed.add(at_ms, row, (codes.CALLBACK_REQUESTED, 1))
    else:
        reason = leg.left_reason
        code = code_of(ConversationMeasure.LEFT_QUEUE, names.dimension(("reason", reason)))
        contributed.add(at_ms, row, (code, 1), (codes.LEFT_WITHIN, within and reason in GAVE_UP))
    if not within:
        contributed.add(deadline_ms, row, (codes.REACHED_TARGET, 1))


def _add_handling(contributed: Contributions, leg: JudgedLeg, newest_ms: int, expired: bool) -> None:
    """Handle time of an ended leg and its open wrap-up, or the live entry of a leg in progress."""
    answered_ms, end_ms, row = leg.answered_ms, leg.end_ms, leg.row
    agent = leg.agent
    if end_ms is None:
        if not expired:
            ghost_ms = answered_ms + leg.policy.in_progress_stale_ms
            entry = InProgress(row, answered_ms, ghost_ms, newest_ms, agent)
            contributed.live[InProgress.letter + leg.name] = entry
        return
    hold_ms = hold_ms_of(leg.facts, answered_ms, end_ms)
    wrap_ms, landing_ms = 0, end_ms
    if leg.policy.wrap_up:
        landing_ms = limit_ms = end_ms + WRAP_UP_LIMIT_MS
        wrapped_ms = next((each.time_ms for each in leg.facts.wrapped_up if each.time_ms >= end_ms - SKEW_MS), None)
        if wrapped_ms is not None:
            landing_ms = min(max(wrapped_ms, end_ms), limit_ms)
            wrap_ms = landing_ms - end_ms
        elif not expired:
            contributed.live[WrapUp.letter + leg.name] = WrapUp(row, end_ms, limit_ms, agent)
    handled = codes.HANDLED_LEGS
    if leg.counted:
        if landing_ms == end_ms:
            handled = HANDLED_AND_ENDED
        else:
            contributed.add(end_ms, row, (int(ConversationMeasure.ENDED_LEGS), 1))
        if leg.handed_off:
            contributed.add(end_ms, row, (int(ConversationMeasure.TRANSFERRED_LEGS), 1))
    talk_ms = end_ms - answered_ms - hold_ms
    if hold_ms == wrap_ms == 0:
        talked = (codes.TALK_MS, talk_ms), sketched(codes.HANDLE_AND_TALK_SKETCH, talk_ms)
        contributed.add(landing_ms, row, (handled, 1), *talked)
    else:
        contributed.add(
            landing_ms,
            row,
            (handled, 1),
            (codes.TALK_MS, talk_ms),
            (codes.HOLD_MS, hold_ms),
            (codes.WRAP_MS, wrap_ms),
            sketched(codes.HANDLE_SKETCH, talk_ms + hold_ms + wrap_ms),
            sketched(codes.TALK_SKETCH, talk_ms),
            sketched(codes.HOLD_SKETCH, hold_ms),
            sketched(codes.WRAP_SKETCH, wrap_ms),
        )
    if end_ms - answered_ms < SHORT_CONTACT_MS:
        contributed.add(end_ms, row, (codes.SHORT_CONTACTS, 1))


def _add_arrival(contributed: Contributions, legs: list[JudgedLeg], first: JudgedLeg, expired: bool) -> None:
    """Arrival and service level of the contact, in the queue of ``first``, its first inbound leg."""
    contributed.add(first.offered_ms, first.row, (codes.ARRIVED, 1))
    last, answered_ms, waits = first, None, False
    for leg in legs:
        if not leg.counted:
            continue
        if not leg.clock_consistent:
            return
        last = leg
        if leg.outcome is None:
            waits = True
        elif leg.outcome == ANSWERED and (answered_ms is None or leg.at_ms < answered_ms):
            answered_ms = leg.at_ms
    deadline_ms = first.offered_ms + first.policy.target_ms
    if answered_ms is not None and answered_ms <= deadline_ms:
        contributed.add(answered_ms, first.row, (codes.CONTACT_ANSWERED_WITHIN, 1))
    elif answered_ms is None and waits and not expired:
        contributed.live[ContactWaiting.letter] = ContactWaiting(first.row, deadline_ms)
    elif answered_ms is not None or waits or last.at_ms > deadline_ms:
        contributed.add(deadline_ms, first.row, (codes.CONTACT_REACHED_TARGET, 1))
    elif last.outcome == ABANDONED:
        short = last is legs[0] and last.wait_ms <= first.policy.short_abandon_ms
        contributed.add(last.at_ms, first.row, (codes.CONTACT_ABANDONED_WITHIN, 1), (codes.CONTACT_SHORT_WITHIN, short))
    elif last.outcome == LEFT and last.left_reason in GAVE_UP:
        contributed.add(last.at_ms, first.row, (codes.CONTACT_LEFT_WITHIN, 1))


def _add_callbacks(contributed: Contributions, contact: JudgedContact, names: Names, expired: bool) -> bool:
    """Cancelled callbacks, and live entries of those to be returned; true for a cancellation without a request."""
    requests, unknown = callback_requests(contact)
    for request in requests:
        row = names.row(request.queue)
        if request.cancelled_ms is not None:
            contributed.add(request.cancelled_ms, row, (int(ConversationMeasure.CALLBACKS_CANCELLED), 1))
        elif not expired and is_pending(request, contact):
            if request.from_menu:
                contributed.live[MenuCallback.letter + request.queue] = MenuCallback(row, request.requested_ms)
            else:
                contributed.live[f"{Callback.letter}{request.leg}"] = Callback(row, request.requested_ms)
    return unknown
