"""Judged legs of a call or chat: outcome, wait and end of each leg by the policy of its queue (kpis.md)."""

from __future__ import annotations

from typing import NamedTuple

from streams.contract.events import Rank
from streams.facts.conversations.facts import Conversation, Leg
from streams.facts.shared.contributions import SKEW_MS, Names
from streams.facts.shared.policy import Policy, PolicyBook

COUNTED = frozenset({"inbound", "transfer", "overflow"})
"""Origins (``via``) of legs that count as arrival, offer, wait or service-level event."""

ANSWERED, ABANDONED, CALLBACK_REQUESTED, LEFT = "answered", "abandoned", "callback_requested", "left_queue"


class JudgedLeg(NamedTuple):
    """An offered leg with its outcome. ``outcome`` is ``None`` while it waits; ``clock_consistent`` is false where the
    outcome is more than ``SKEW_MS`` before the offer. ``at_ms``: time of the outcome; ``wait_ms`` is never negative."""

    name: str
    facts: Leg
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
    clock_consistent: bool

    @property
    def left_reason(self) -> str:
        """Why the system took the leg out of its queue."""
        return "" if self.facts.left_queue is None else self.facts.left_queue.reason

    @property
    def answered_ms(self) -> int:
        """The answer of an answered leg, never before its offer."""
        return max(self.at_ms, self.offered_ms)

    @property
    def handed_off(self) -> bool:
        """Transferred after the answer."""
        transferred = self.facts.transferred
        return self.outcome == ANSWERED and transferred is not None and transferred.time_ms >= self.at_ms - SKEW_MS


def judged_legs(facts: Conversation, book: PolicyBook, names: Names, chat: bool) -> tuple[list[JudgedLeg], bool]:
    """The offered legs in the order of their offers, and true if any leg has an outcome but no offer."""
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
    return [_judged(name, leg, first_ms, book, names, chat) for _, name, leg in offered], orphan


def _has_outcome(leg: Leg) -> bool:
    return bool(leg.agent_messages) or not (
        leg.answered is leg.abandoned is leg.callback_requested is leg.left_queue is None
    )


def _judged(name: str, leg: Leg, first_ms: int, book: PolicyBook, names: Names, chat: bool) -> JudgedLeg:
    offer = leg.offered
    assert offer is not None
    policy = book.policy(offer.queue, first_ms)
    offered_ms = offer.time_ms
    outcome: str | None = None
    at_ms = 0
    answered_ms = _answer_ms(leg, offered_ms, by_message=chat and policy.answer_by_message)
    if answered_ms is not None:
        outcome, at_ms = ANSWERED, answered_ms
    for kind, stamp in (
        (ABANDONED, leg.abandoned),
        (CALLBACK_REQUESTED, leg.callback_requested),
        (LEFT, leg.left_queue),
    ):
        if stamp is not None and (outcome is None or stamp.time_ms < at_ms):
            outcome, at_ms = kind, stamp.time_ms
    clock_consistent = outcome is None or at_ms >= offered_ms - SKEW_MS
    wait_ms = max(at_ms - offered_ms, 0)
    end_ms = _end_ms(leg, at_ms, offered_ms) if outcome == ANSWERED else None
    return JudgedLeg(
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
        clock_consistent,
    )


def _answer_ms(leg: Leg, offered_ms: int, *, by_message: bool) -> int | None:
    if not by_message:
        return None if leg.answered is None else leg.answered.time_ms
    return next((stamp.time_ms for stamp in leg.agent_messages if stamp.time_ms >= offered_ms), None)


def _end_ms(leg: Leg, at_ms: int, offered_ms: int) -> int | None:
    """The earlier of end and transfer at or after the answer at ``at_ms``, never before the offer. An end within the
    skew before the answer counts at the answer."""
    end_ms: int | None = None
    just_before = False
    for stamp in (leg.ended, leg.transferred):
        if stamp is None:
            continue
        if stamp.time_ms >= at_ms:
            if end_ms is None or stamp.time_ms < end_ms:
                end_ms = stamp.time_ms
        elif stamp.time_ms >= at_ms - SKEW_MS:
            just_before = True
    if end_ms is None and just_before:
        end_ms = at_ms
    return None if end_ms is None else max(end_ms, offered_ms)


def hold_ms_of(leg: Leg, answered_ms: int, end_ms: int) -> int:
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
