"""Outcomes of a contact as data, from its facts, by the policy that judged it. Pure."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from metrics.snapshot.instants import Instant, instant_text
from streams.facts.conversations.facts import Conversation
from streams.facts.conversations.judging import JudgedContact, JudgedLeg, judged_contact
from streams.facts.shared.outcomes import Outcome
from streams.facts.shared.policy import PolicyBook
from streams.facts.tickets.explanation import explain_ticket
from streams.facts.tickets.facts import Ticket

CANCELLED = "callback_cancelled"


class LegFacts(Struct, frozen=True):
    """One leg to a queue.

    ``outcome``: answered, abandoned, callback_requested, callback_cancelled, left_queue, refused; null: none.
    """

    queue: str
    leg: str
    via: str
    offered: Instant
    outcome: str | None
    at: Instant | None
    wait_seconds: float | None
    target_seconds: float | None
    ended: Instant | None
    reason: Annotated[str, Meta(description='why it left or was refused; "" otherwise')] = ""
    corrected: Annotated[bool, Meta(description="its sender corrected it later")] = False


class TicketFacts(Struct, frozen=True):
    """A ticket from its opening to its solve, with due times by the policy that judges it; null: nothing is due."""

    queue: str
    medium: str
    priority: str
    opened: Instant
    first_response_due: Instant | None
    first_reply: Instant | None
    resolution_due: Instant | None
    solved: Annotated[Instant | None, Meta(description="the first solve after the latest reopening")]
    reopenings: int
    on_hold: bool


class RepeatFacts(Struct, frozen=True):
    """A contact among those of its customer."""

    topic: str | None
    via: str
    begun: Instant
    ended: Instant | None
    abandoned: Instant | None


def _at(time_ms: int | None) -> str | None:
    return None if time_ms is None else instant_text(time_ms)


class NoNames:
    """Stands for the registry where ids are not needed."""

    def row(self, queue: str, medium: str = "", channel: str = "") -> int:
        """Always 0."""
        return 0

    def dimension(self, *labels: tuple[str, str]) -> int:
        """Always 0."""
        return 0


def judged_of(facts: Conversation, book: PolicyBook, *, chat: bool) -> JudgedContact:
    """A call or chat, judged."""
    return judged_contact(facts, book, NoNames(), chat)


def legs_of(facts: Conversation, book: PolicyBook, *, chat: bool) -> list[LegFacts]:
    """The legs of a call or chat, in order; a refusal is a leg without a wait."""
    judged = judged_of(facts, book, chat=chat)
    legs = [
        LegFacts(
            leg.queue,
            leg.name,
            leg.via,
            instant_text(leg.offered_ms),
            CANCELLED if leg.cancelled else leg.outcome,
            _outcome_at(leg),
            None if leg.outcome is None else leg.wait_ms / 1000,
            leg.policy.target_ms / 1000,
            _at(leg.end_ms),
            leg.left_reason,
            bool(leg.facts.corrected),
        )
        for leg in judged.legs
    ]
    refused = facts.refused
    if refused is not None:
        when = instant_text(refused.time_ms)
        legs.append(LegFacts(refused.queue, "", "", when, "refused", when, 0.0, None, None, refused.reason))
    return legs


def _outcome_at(leg: JudgedLeg) -> Instant | None:
    if leg.cancelled:
        return instant_text(leg.facts.callback_cancelled[0].time_ms)
    return None if leg.outcome is None else instant_text(leg.at_ms)


def ticket_of(facts: Ticket, book: PolicyBook, now_ms: int) -> TicketFacts | None:
    """A ticket's timeline and due times; ``None`` before its opening is known."""
    found = explain_ticket(facts, book, now_ms)
    if found is None:
        return None
    first, *_, resolution = found.clocks
    timeline = found.timeline
    return TicketFacts(
        timeline.queue,
        found.opened.medium,
        found.priority,
        instant_text(found.opened.time_ms),
        _at(first.due_ms),
        None if timeline.reply is None else instant_text(timeline.reply.time_ms),
        _at(resolution.due_ms),
        None if timeline.solved is None else instant_text(timeline.solved.time_ms),
        len(timeline.reopenings),
        timeline.on_hold,
    )


def repeats_of(outcome: Outcome) -> RepeatFacts:
    """Outcome of a contact as published for its customer."""
    return RepeatFacts(
        outcome.topic,
        outcome.via,
        instant_text(outcome.begun_ms),
        _at(outcome.ended_ms),
        _at(outcome.abandoned_ms),
    )
