"""History of one contact, event by event, from its facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from metrics.snapshot.instants import Instant, instant_text
from streams.contract.events import Rank
from streams.facts.conversations.facts import ENDED_AT, OUTCOME, TRANSFERRED, VIA, Conversation, Leg, Offer, Refusal
from streams.facts.conversations.judging import JudgedContact
from streams.facts.shared.marks import NOTE_KEYS, Escalation, EventStamp, Note, Order, QueueStamp, ReasonStamp
from streams.facts.tickets.facts import Opening, TeamStamp, Ticket

NAMES_OF_NOTES = {key: name for name, key in NOTE_KEYS.items()}
HIDDEN = ("customer", "agent")
"""Fields with identifiers of persons."""
CALLED = {"agent_messages": "message", "notes": "classified", "queued": "opened"}
"""Events by the fields that keep them, where the two have not one name."""
CORRECTED = "corrected"
NO_LEG = "no leg named"


class Moment(Struct, frozen=True):
    """One event kept in the facts. An event without effect, such as a second opening, is not kept."""

    at: Instant
    what: str
    leg: Annotated[
        str | None,
        Meta(description="of a call or chat, also where it was found out; null: the whole contact, or not known"),
    ]
    detail: str


class _Found(NamedTuple):
    """An event in the facts. ``legless``: it named no leg where legs have names."""

    stamp: EventStamp
    what: str
    leg: str | None = None
    legless: bool = False

    @property
    def place(self) -> tuple[int, int, int, str, str]:
        """The position of the event in its contact."""
        stamp = self.stamp
        return stamp.time_ms, stamp.sequence, Rank[self.what.upper()], stamp.source, stamp.id

    @property
    def detail(self) -> str:
        """Details of the event beside its time, without persons."""
        words = _corrections(self.stamp) if self.what == CORRECTED else _words(self.stamp)
        told = [f"{name}={_word(value)}" for name, value in words.items()]
        return " ".join([*told, f"({NO_LEG})"] if self.legless else told)


def moments_of(facts: Conversation | Ticket, judged: JudgedContact | None = None) -> list[Moment]:
    """Every event in the facts of a contact, in the order of their times.

    ``judged``: of a call or chat, which finds the leg that an event without one means.
    """
    found = list(_events(facts)) if isinstance(facts, Ticket) else list(_of_conversation(facts, judged))
    found.sort(key=lambda each: each.place)
    return [Moment(instant_text(each.stamp.time_ms), each.what, each.leg, each.detail) for each in found]


def _of_conversation(facts: Conversation, judged: JudgedContact | None) -> Iterator[_Found]:
    yield from _events(facts)
    for name, leg in facts.legs.items():
        for each in _events(leg):
            yield each._replace(leg=name)
    if facts.legless is not None:
        meant = {} if judged is None else _meant(judged)
        only = judged.legs[0].name if judged is not None and len(judged.legs) == 1 else None
        for each in _events(facts.legless):
            leg_name = only if each.what == CORRECTED else meant.get((each.what, each.stamp.order))
            yield each._replace(leg=leg_name, legless=True)


def _meant(judged: JudgedContact) -> Mapping[tuple[str, Order], str]:
    """The legs of the judged contact by their events."""
    return {(each.what, each.stamp.order): leg.name for leg in judged.legs for each in _events(leg.facts)}


def _events(facts: Conversation | Leg | Ticket) -> Iterator[_Found]:
    """The events that a struct of facts holds itself, whatever its fields."""
    for field in facts.__struct_fields__:
        value = getattr(facts, field)
        for stamp in value if isinstance(value, list) else [value]:
            if isinstance(stamp, EventStamp):
                yield _Found(stamp, CALLED.get(field, field))


def _words(stamp: EventStamp) -> dict[str, object]:
    words: dict[str, object] = {}
    match stamp:
        case Offer():
            words = {"queue": stamp.queue, "via": stamp.via, "topic": stamp.topic, "priority": stamp.priority}
        case Refusal():
            words = {"queue": stamp.queue, "reason": stamp.reason}
        case Opening():
            queue = stamp.queue or None
            words = {"queue": queue, "medium": stamp.medium, "priority": stamp.priority, "topic": stamp.topic}
        case QueueStamp():
            words = {"queue": stamp.queue or None}
        case ReasonStamp():
            words = {"reason": stamp.reason}
        case Escalation():
            words = {"kind": stamp.kind, "topic": stamp.topic}
        case TeamStamp():
            words = {"team": stamp.team}
        case Note():
            noted = {NAMES_OF_NOTES[key]: value for key, value in stamp.values.items()}
            return {name: value for name, value in noted.items() if name not in HIDDEN}
    return {name: value for name, value in words.items() if value is not None}


def _corrections(stamp: EventStamp) -> dict[str, object]:
    """The fields of its leg that a correction changes, with their new values."""
    assert isinstance(stamp, Note)
    values, words = stamp.values, {}
    if OUTCOME in values:
        outcome, reason, at_ms, _ = values[OUTCOME]
        words["outcome"] = outcome
        if reason:
            words["reason"] = reason
        if at_ms is not None:
            words["outcome_at"] = instant_text(at_ms)
    if ENDED_AT in values:
        words["ended_at"] = None if values[ENDED_AT] is None else instant_text(values[ENDED_AT])
    if TRANSFERRED in values:
        words["transferred"] = values[TRANSFERRED]
    if VIA in values:
        words["via"] = values[VIA]
    return words


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)
