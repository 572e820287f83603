"""Judged legs of a call or chat: outcome, wait and end of each leg by the policy of its queue (kpis.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from streams.contract.events import LegOutcome, Rank
from streams.facts.conversations.facts import ENDED_AT, OUTCOME, TRANSFERRED, VIA, Conversation, Leg, Offer
from streams.facts.conversations.legless import CALLBACK, assigned, is_from_menu
from streams.facts.shared.contributions import SKEW_MS, Names
from streams.facts.shared.marks import AgentStamp, EventStamp, Note, QueueStamp
from streams.facts.shared.policy import Policy, PolicyBook

COUNTED = frozenset({"inbound", "transfer", "overflow"})
"""Origins (``via``) of legs that count as arrival, offer, wait or service-level event."""

ANSWERED, ABANDONED, CALLBACK_REQUESTED, LEFT = "answered", "abandoned", "callback_requested", "left_queue"


class JudgedLeg(NamedTuple):
    """An offered leg with its outcome.

    ``facts``: its events, those without a leg that mean it included. ``outcome`` is ``None`` while it waits;
    ``clock_consistent`` is false where the outcome is more than ``SKEW_MS`` before the offer, or a correction gives an
    outcome without any time. ``at_ms``: time of the outcome; ``wait_ms`` is never negative. ``handed_off``:
    transferred after the answer. ``cancelled``: a callback leg that was cancelled before it had an outcome.
    """

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
    agent: bytes | None
    left_reason: str
    handed_off: bool
    cancelled: bool

    @property
    def answered_ms(self) -> int:
        """The answer of an answered leg, never before its offer."""
        return max(self.at_ms, self.offered_ms)


class JudgedContact(NamedTuple):
    """The offered legs in the order of their offers.

    ``unoffered``: legs without an offer, by name. ``menu``: requests for a callback that mean no leg. ``incomplete``:
    true where an event means a leg that was never offered, or may mean several.
    """

    legs: list[JudgedLeg]
    unoffered: dict[str, Leg]
    menu: list[QueueStamp]
    incomplete: bool


def judged_contact(facts: Conversation, book: PolicyBook, names: Names, chat: bool) -> JudgedContact:
    """Judge the legs of a contact; see ``JudgedContact``."""
    legs, incomplete = facts.legs, False
    menu: list[QueueStamp] = []
    if facts.legless is not None:
        offers = [leg.offered for leg in legs.values() if leg.offered is not None]
        first_ms = min((offer.time_ms for offer in offers), default=0)

        def answers_by_message(offer: Offer) -> bool:
            return chat and book.policy(offer.queue, first_ms).answer_by_message

        legs, menu, incomplete = assigned(legs, facts.legless, answers_by_message)
    offered = [(leg.offered.order, name, leg) for name, leg in legs.items() if leg.offered is not None]
    unoffered = {}
    if len(offered) < len(legs):
        unoffered = {name: leg for name, leg in legs.items() if leg.offered is None}
        incomplete = incomplete or any(not _is_menu_only(leg) for leg in unoffered.values())
    if not offered:
        return JudgedContact([], unoffered, menu, incomplete)
    if len(offered) > 1:
        offered.sort(key=lambda item: (item[0], item[1]))
    first_ms = offered[0][0][0]
    judged = [_judged(name, leg, first_ms, book, names, chat) for _, name, leg in offered]
    return JudgedContact(judged, unoffered, menu, incomplete)


_MENU_ONLY = Leg().__struct_fields__
_OTHERS = tuple(name for name in _MENU_ONLY if name not in ("callback_requested", "callback_cancelled"))


def _is_menu_only(leg: Leg) -> bool:
    """True for a leg that is nothing but requests from the menu and their cancellations."""
    requests = leg.callback_requested
    return bool(requests) and all(each.queue for each in requests) and not any(getattr(leg, name) for name in _OTHERS)


def _judged(name: str, leg: Leg, first_ms: int, book: PolicyBook, names: Names, chat: bool) -> JudgedLeg:
    offer = leg.offered
    assert offer is not None
    policy = book.policy(offer.queue, first_ms)
    offered_ms = offer.time_ms
    via = offer.via
    correction: Note | None = None
    corrected: dict[str, Any] = {}
    for note in leg.corrected:
        corrected.update(note.values)
        if OUTCOME in note.values:
            correction = note
        via = corrected.get(VIA, via)
    answers: Iterable[EventStamp] = leg.answered
    if chat and policy.answer_by_message:
        answers = [stamp for stamp in leg.agent_messages if stamp.time_ms >= offered_ms]
    requests: Iterable[EventStamp] = leg.callback_requested
    if leg.callback_requested:
        requests = [stamp for stamp in leg.callback_requested if not is_from_menu(stamp, leg)]
    own = ((ANSWERED, answers), (ABANDONED, leg.abandoned), (CALLBACK_REQUESTED, requests), (LEFT, leg.left_queue))
    outcome, at_ms, agent, reason, known = None, 0, None, "", True
    if correction is None:
        outcome, at_ms = _earliest(own)
        if leg.answered:
            agent = leg.answered[0].agent
        if outcome == LEFT:
            reason = leg.left_queue[0].reason
    else:
        outcome, at_ms, agent, reason, known = _corrected(correction, own, leg)
    cancelled = False
    if via == CALLBACK and leg.callback_cancelled:
        cancelled_ms = leg.callback_cancelled[0].time_ms
        if outcome is None or at_ms > cancelled_ms:
            outcome, at_ms, cancelled = None, 0, True
    end_ms: int | None = None
    handed_off = False
    if outcome == ANSWERED:
        transfers = () if TRANSFERRED in corrected else [stamp.time_ms for stamp in leg.transferred]
        ends = [stamp.time_ms for stamp in leg.ended]
        if ENDED_AT in corrected:
            ends = [] if corrected[ENDED_AT] is None else [corrected[ENDED_AT]]
        end_ms = _end_ms((*ends, *transfers), at_ms, offered_ms)
        handed_off = bool(transfers) and max(transfers) >= at_ms - SKEW_MS
    return JudgedLeg(
        name,
        leg,
        offer.queue,
        via in COUNTED,
        via,
        offered_ms,
        policy,
        names.row(offer.queue),
        outcome,
        at_ms,
        max(at_ms - offered_ms, 0),
        end_ms,
        known and (outcome is None or at_ms >= offered_ms - SKEW_MS),
        agent,
        reason,
        handed_off,
        cancelled,
    )


Own = tuple[tuple[str, Iterable[EventStamp]], ...]
"""Outcomes of a leg by its own events, in the order that decides at the same instant."""


def _earliest(own: Own, after_ms: int | None = None) -> tuple[str | None, int]:
    """The earliest outcome after an instant, and its time; ``(None, 0)`` while the leg waits."""
    outcome, at_ms = None, 0
    for kind, stamps in own:
        for stamp in stamps:
            if after_ms is None or stamp.time_ms > after_ms:
                if outcome is None or stamp.time_ms < at_ms:
                    outcome, at_ms = kind, stamp.time_ms
                break
    return outcome, at_ms


def _corrected(correction: Note, own: Own, leg: Leg) -> tuple[str | None, int, bytes | None, str, bool]:
    """Outcome, its time, agent, reason, and false where no time is known (events.md, "Corrections")."""
    wanted, reason, at_ms, agent = correction.values[OUTCOME]
    answered: list[AgentStamp] = leg.answered
    if wanted == LegOutcome.NONE:
        after_ms = correction.time_ms
        outcome, at_ms = _earliest(own, after_ms)
        agent = next((stamp.agent for stamp in answered if stamp.time_ms > after_ms), None)
        left = next((stamp.reason for stamp in leg.left_queue if stamp.time_ms > after_ms), "")
        return outcome, at_ms, agent, left if outcome == LEFT else "", True
    if at_ms is None:
        stamps = next(stamps for kind, stamps in own if kind == wanted)
        of_kind = next((stamp.time_ms for stamp in stamps), None)
        earliest, earliest_ms = _earliest(own)
        at_ms = of_kind if of_kind is not None else None if earliest is None else earliest_ms
    if at_ms is None:
        return None, 0, agent, reason, False
    return wanted, at_ms, agent, reason if wanted == LEFT else "", True


def _end_ms(ends: Iterable[int], at_ms: int, offered_ms: int) -> int | None:
    """The earliest end or transfer at or after the answer at ``at_ms``, never before the offer. An end within the
    skew before the answer counts at the answer."""
    end_ms: int | None = None
    just_before = False
    for time_ms in ends:
        if time_ms >= at_ms:
            if end_ms is None or time_ms < end_ms:
                end_ms = time_ms
        elif time_ms >= at_ms - SKEW_MS:
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
