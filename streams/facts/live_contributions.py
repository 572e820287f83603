"""What a call or chat adds to the numbers: a pure function of its facts (kpis.md, "Calls and chats, per leg")."""

from __future__ import annotations

from typing import NamedTuple

from streams.events import Rank
from streams.facts.effects import SKEW_MS, Effects, Names
from streams.facts.live_contacts import Leg, LiveContact
from streams.facts.marks import noted
from streams.measures import Callback, ContactWaiting, Incomplete, InProgress, Live, Measure, Waiting, cell
from streams.policy import Policy, PolicyBook

WRAP_UP_LIMIT_MS = 600_000
"""After-contact work is cut here, 10 min after the end."""
SHORT_CONTACT_MS = 10_000
"""A conversation under 10 s is a hang-up that flatters the handle time."""
COUNTED = frozenset({"inbound", "transfer", "overflow"})
"""How a leg must have come to be an arrival, offer, wait or service-level event."""

GAVE_UP = frozenset({"timeout", "empty"})
"""Reasons of left_queue that count as a service-level event within the target."""

ANSWERED, ABANDONED, CALLBACK_REQUESTED, LEFT = "answered", "abandoned", "callback_requested", "left_queue"


class Visit(NamedTuple):
    """An offered leg, judged. ``outcome`` is ``None`` while it waits; ``sound`` is false where its outcome came more
    than ``SKEW_MS`` before its offer. ``at_ms`` is the outcome's own time, ``wait_ms`` never negative."""

    name: str
    leg: Leg
    queue: str
    counted: bool
    via: str
    offered_ms: int
    policy: Policy
    row: int
    outcome: str | None
    at_ms: int
    wait_ms: int
    end_ms: int | None
    sound: bool

    @property
    def left_reason(self) -> str:
        """Why the system took the leg out of its queue."""
        return "" if self.leg.left_queue is None else self.leg.left_queue.reason

    @property
    def answered_ms(self) -> int:
        """The answer of an answered leg, never before its offer."""
        return max(self.at_ms, self.offered_ms)

    @property
    def handed_off(self) -> bool:
        """Transferred after the answer."""
        transferred = self.leg.transferred
        return self.outcome == ANSWERED and transferred is not None and transferred.time_ms >= self.at_ms - SKEW_MS


def contributions(
    facts: LiveContact, book: PolicyBook, names: Names, *, chat: bool = False, expired: bool = False
) -> Effects:
    """Amounts and live entries of a contact.

    ``expired`` is for a contact whose state ends: it leaves every live set, and what waited becomes a miss for good.
    """
    effects = Effects()
    visits, incomplete = _visits(facts, book, names, chat)
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
                (Measure.CALLBACK_LEGS_DECIDED, 1),
                (Measure.CALLBACK_LEGS_ANSWERED, visit.outcome == ANSWERED),
            )
    if visits:
        _add_contact(effects, visits, expired)
        _add_callbacks(effects, visits, expired)
        _add_resolution(effects, facts, visits)
    if incomplete and not expired:
        effects.live[Live.INCOMPLETE] = Incomplete()
    return effects


def _visits(facts: LiveContact, book: PolicyBook, names: Names, chat: bool) -> tuple[list[Visit], bool]:
    """The offered legs in the order of their offers, and whether some leg has an outcome but no offer."""
    offered = [(leg.offered.order, name, leg) for name, leg in facts.legs.items() if leg.offered is not None]
    if not offered:
        orphan = any(_has_outcome(leg) for leg in facts.legs.values())
        return [], orphan
    orphan = len(offered) < len(facts.legs) and any(
        leg.offered is None and _has_outcome(leg) for leg in facts.legs.values()
    )
    if len(offered) > 1:
        offered.sort(key=lambda item: (item[0], item[1]))
    first_ms = offered[0][0][0]
    return [_visit(name, leg, first_ms, book, names, chat) for _, name, leg in offered], orphan


def _has_outcome(leg: Leg) -> bool:
    return bool(leg.agent_messages) or not (
        leg.answered is leg.abandoned is leg.callback_requested is leg.left_queue is None
    )


def _visit(name: str, leg: Leg, first_ms: int, book: PolicyBook, names: Names, chat: bool) -> Visit:
    offer = leg.offered
    assert offer is not None
    policy = book.policy(offer.queue, first_ms)
    offered_ms = offer.time_ms
    outcome: str | None = None
    at_ms = 0
    answered_ms = _answer_ms(leg, offered_ms, by_message=chat and policy.answer_by_message)
    if answered_ms is not None:
        outcome, at_ms = ANSWERED, answered_ms
    for kind, mark in (
        (ABANDONED, leg.abandoned),
        (CALLBACK_REQUESTED, leg.callback_requested),
        (LEFT, leg.left_queue),
    ):
        if mark is not None and (outcome is None or mark.time_ms < at_ms):
            outcome, at_ms = kind, mark.time_ms
    sound = outcome is None or at_ms >= offered_ms - SKEW_MS
    wait_ms = max(at_ms - offered_ms, 0)
    end_ms = _end_ms(leg, at_ms, offered_ms) if outcome == ANSWERED else None
    return Visit(
        name,
        leg,
        offer.queue,
        offer.via in COUNTED,
        offer.via,
        offered_ms,
        policy,
        names.row(offer.queue),
        outcome,
        at_ms,
        wait_ms,
        end_ms,
        sound,
    )


def _answer_ms(leg: Leg, offered_ms: int, *, by_message: bool) -> int | None:
    if not by_message:
        return None if leg.answered is None else leg.answered.time_ms
    return next((mark.time_ms for mark in leg.agent_messages if mark.time_ms >= offered_ms), None)


def _end_ms(leg: Leg, at_ms: int, offered_ms: int) -> int | None:
    """The earliest of ended and transferred at or after the answer at ``at_ms``, but never before the offer; one
    within the skew before the answer ends at once."""
    times = [mark.time_ms for mark in (leg.ended, leg.transferred) if mark is not None]
    after = [time_ms for time_ms in times if time_ms >= at_ms]
    if after:
        return max(min(after), offered_ms)
    if any(time_ms >= at_ms - SKEW_MS for time_ms in times):
        return max(at_ms, offered_ms)
    return None


def _add_refused(effects: Effects, facts: LiveContact, names: Names) -> None:
    refused = facts.refused
    assert refused is not None
    code = cell(Measure.REFUSED, names.dimension("reason", refused.reason))
    effects.add(refused.time_ms, names.row(refused.queue), (code, 1))


def _add_queueing(effects: Effects, visit: Visit, names: Names, *, first: bool, newest_ms: int, expired: bool) -> None:
    """Offer, outcome, wait and service level of a counted leg."""
    row, policy, offered_ms = visit.row, visit.policy, visit.offered_ms
    effects.add(offered_ms, row, (Measure.OFFERED, 1))
    if not visit.sound:
        return
    deadline_ms = offered_ms + policy.target_ms
    outcome, at_ms, wait_ms = visit.outcome, visit.at_ms, visit.wait_ms
    if outcome is None:
        if expired:
            effects.add(deadline_ms, row, (Measure.REACHED_TARGET, 1))
        else:
            effects.live[Live.WAITING + visit.name] = Waiting(
                row, offered_ms, deadline_ms, offered_ms + policy.waiting_ghost_ms, newest_ms
            )
        return
    within = wait_ms <= policy.target_ms
    if outcome == ANSWERED:
        effects.add(at_ms, row, (Measure.ANSWERED, 1), (Measure.WAIT_MS, wait_ms), (Measure.ANSWERED_WITHIN, within))
    elif outcome == ABANDONED:
        short = first and wait_ms <= policy.short_abandon_ms
        effects.add(
            at_ms,
            row,
            (Measure.ABANDONED, 1),
            (Measure.ABANDON_WAIT_MS, wait_ms),
            (Measure.SHORT_ABANDONED, short),
            (Measure.ABANDONED_WITHIN, within),
            (Measure.SHORT_WITHIN, short and within),
        )
    elif outcome == CALLBACK_REQUESTED:
        effects.add(at_ms, row, (Measure.CALLBACK_REQUESTED, 1))
    else:
        reason = visit.left_reason
        code = cell(Measure.LEFT_QUEUE, names.dimension("reason", reason))
        effects.add(at_ms, row, (code, 1), (Measure.LEFT_WITHIN, within and reason in GAVE_UP))
    if not within:
        effects.add(deadline_ms, row, (Measure.REACHED_TARGET, 1))


def _add_handling(effects: Effects, visit: Visit, newest_ms: int, expired: bool) -> None:
    """Handle time of an answered leg, or its place among those in progress."""
    answered_ms, end_ms, row = visit.answered_ms, visit.end_ms, visit.row
    if end_ms is None:
        if not expired:
            agent = None if visit.leg.answered is None else visit.leg.answered.agent
            ghost_ms = answered_ms + visit.policy.in_progress_ghost_ms
            entry = InProgress(row, answered_ms, ghost_ms, newest_ms, agent)
            effects.live[Live.IN_PROGRESS + visit.name] = entry
        return
    hold_ms = _hold_ms(visit.leg, answered_ms, end_ms)
    wrap_ms, landing_ms = 0, end_ms
    if visit.policy.wrap_up:
        landing_ms = limit_ms = end_ms + WRAP_UP_LIMIT_MS
        wrapped = visit.leg.wrapped_up
        if wrapped is not None and wrapped.time_ms >= end_ms - SKEW_MS:
            landing_ms = min(max(wrapped.time_ms, end_ms), limit_ms)
            wrap_ms = landing_ms - end_ms
    talk_ms = end_ms - answered_ms - hold_ms
    effects.add(
        landing_ms,
        row,
        (Measure.HANDLED_LEGS, 1),
        (Measure.TALK_MS, talk_ms),
        (Measure.HOLD_MS, hold_ms),
        (Measure.WRAP_MS, wrap_ms),
    )
    if end_ms - answered_ms < SHORT_CONTACT_MS:
        effects.add(end_ms, row, (Measure.SHORT_CONTACTS, 1))


def _hold_ms(leg: Leg, answered_ms: int, end_ms: int) -> int:
    """Length of the union of [held, next resumed or end] inside [answered, end]."""
    if not leg.held:
        return 0
    changes = sorted(
        [(m.time_ms, m.sequence, Rank.HELD, m.source, m.id) for m in leg.held]
        + [(m.time_ms, m.sequence, Rank.RESUMED, m.source, m.id) for m in leg.resumed]
    )
    total = 0
    since: int | None = None
    for time_ms, _, rank, _, _ in changes:
        inside = min(max(time_ms, answered_ms), end_ms)
        if rank == Rank.HELD:
            since = inside if since is None else since
        elif since is not None:
            total += inside - since
            since = None
    return total if since is None else total + end_ms - since


def _add_contact(effects: Effects, visits: list[Visit], expired: bool) -> None:
    """Arrival and service level of the whole contact, in the queue of its first inbound leg."""
    first = next((visit for visit in visits if visit.via == "inbound"), None)
    if first is None:
        return
    effects.add(first.offered_ms, first.row, (Measure.ARRIVED, 1))
    counted = [visit for visit in visits if visit.counted]
    if not all(visit.sound for visit in counted):
        return
    deadline_ms = first.offered_ms + first.policy.target_ms
    answers = [visit.at_ms for visit in counted if visit.outcome == ANSWERED]
    if answers:
        answered_ms = min(answers)
        if answered_ms <= deadline_ms:
            effects.add(answered_ms, first.row, (Measure.CONTACT_ANSWERED_WITHIN, 1))
        else:
            effects.add(deadline_ms, first.row, (Measure.CONTACT_REACHED_TARGET, 1))
        return
    last = counted[-1]
    if any(visit.outcome is None for visit in counted):
        if expired:
            effects.add(deadline_ms, first.row, (Measure.CONTACT_REACHED_TARGET, 1))
        else:
            effects.live[Live.CONTACT_WAITING] = ContactWaiting(first.row, deadline_ms)
    elif last.at_ms > deadline_ms:
        effects.add(deadline_ms, first.row, (Measure.CONTACT_REACHED_TARGET, 1))
    elif last.outcome == ABANDONED:
        short = last is visits[0] and last.wait_ms <= first.policy.short_abandon_ms
        effects.add(last.at_ms, first.row, (Measure.CONTACT_ABANDONED_WITHIN, 1), (Measure.CONTACT_SHORT_WITHIN, short))
    elif last.outcome == LEFT and last.left_reason in GAVE_UP:
        effects.add(last.at_ms, first.row, (Measure.CONTACT_LEFT_WITHIN, 1))


def _add_callbacks(effects: Effects, visits: list[Visit], expired: bool) -> None:
    """Requests to be called back that no callback leg has answered to yet."""
    if expired:
        return
    returned = [visit.offered_ms for visit in visits if visit.via == "callback"]
    for visit in visits:
        asked = visit.counted and visit.sound and visit.outcome == CALLBACK_REQUESTED
        if asked and not any(offered_ms >= visit.at_ms for offered_ms in returned):
            effects.live[Live.CALLBACK + visit.name] = Callback(visit.row, visit.at_ms)


def _add_resolution(effects: Effects, facts: LiveContact, visits: list[Visit]) -> None:
    """Handled, classified and first-contact resolution as the agents flag it."""
    last = visits[-1]
    if last.end_ms is None or not last.sound or facts.refused is not None:
        return
    cells = [(int(Measure.HANDLED), 1)]
    resolved = noted(facts.notes, "resolved") if facts.notes else None
    if resolved is True or resolved is False:
        first_contact = resolved and not facts.escalated and not any(visit.handed_off for visit in visits)
        cells += [(Measure.CLASSIFIED, 1), (Measure.FCR_FLAGGED_BASE, 1), (Measure.FCR_FLAGGED, first_contact)]
        if noted(facts.notes, "fcr_eligible") is not False:
            cells += [(Measure.FCR_NET_BASE, 1), (Measure.FCR_NET, first_contact)]
    effects.add(last.end_ms, last.row, *cells)
