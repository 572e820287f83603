"""Live entries of calls and chats: waiting legs, conversations, wrap-ups and pending callbacks."""

from __future__ import annotations

from typing import ClassVar

from streams.common.durations import MINUTE_MS
from streams.facts.conversations.measures import ConversationMeasure
from streams.numbers.live_entries import Instant, LiveMeasure, RowEntry, live_age, live_count

UNCONFIRMED_AFTER_MS = 15 * MINUTE_MS
"""A leg without an event for this long is counted, and also reported as unconfirmed."""


class ConversationLive(LiveMeasure):
    """Numbers of calls and chats that are true now. Stale legs are in no other than ``STALE``."""

    WAITING = live_count("waiting", "waiting", "en espera")
    WAITING_PAST_TARGET = live_count("waiting_past_target", "waiting past the target", "en espera sobre el objetivo")
    LONGEST_WAIT = live_age("longest_wait", "the longest wait", "la espera más larga")
    UNDECIDED = live_count("undecided", "waiting and no miss yet", "en espera aún a tiempo")
    CONTACTS_UNDECIDED = live_count(
        "contacts_undecided", "contacts waiting and no miss yet", "contactos en espera aún a tiempo"
    )
    IN_PROGRESS = live_count("in_progress", "in conversation", "en conversación")
    # Each agent once in a row; rows are added, so an agent who works in two counts twice.
    BUSY_AGENTS = live_count("busy_agents", "agents talking or wrapping up", "agentes en conversación o cierre")
    STALE = live_count("stale", "legs without an outcome for too long", "tramos sin desenlace demasiado tiempo")
    UNCONFIRMED = live_count("unconfirmed", "legs without an event for 15 min", "tramos sin eventos en 15 min")
    CALLBACKS_PENDING = live_count("callbacks_pending", "callbacks pending", "devoluciones pendientes")
    OLDEST_CALLBACK = live_age("oldest_callback", "the oldest pending callback", "la devolución pendiente más antigua")


class Waiting(RowEntry, array_like=True, frozen=True, gc=False):
    """A leg in its queue without an outcome. Past ``deadline_ms`` it is a miss (REACHED_TARGET in the slice of its
    deadline); from ``stale_ms`` on it is stale: still a miss, no longer waiting."""

    letter: ClassVar[str] = "W"
    words: ClassVar[str] = "waiting"

    offered_ms: int
    deadline_ms: int
    stale_ms: int
    last_event_ms: int

    @property
    def since_ms(self) -> int:
        """The offer."""
        return self.offered_ms

    @property
    def due_ms(self) -> int:
        """The target."""
        return self.deadline_ms

    def observe(self, at: Instant) -> None:
        """Wait, miss or stale leg."""
        missed = at.missed(self.deadline_ms)
        if missed:
            at.miss(ConversationMeasure.REACHED_TARGET, self.deadline_ms)
        if at.passed(self.stale_ms):
            at.count(ConversationLive.STALE)
            return
        at.count(ConversationLive.WAITING)
        at.count(ConversationLive.UNDECIDED, not missed)
        at.count(ConversationLive.WAITING_PAST_TARGET, at.passed(self.deadline_ms + 1))
        at.count(ConversationLive.UNCONFIRMED, at.passed(self.last_event_ms + UNCONFIRMED_AFTER_MS + 1))
        at.since(ConversationLive.LONGEST_WAIT, self.offered_ms)


class ContactWaiting(RowEntry, array_like=True, frozen=True, gc=False):
    """A contact not answered yet; past ``deadline_ms`` it is a CONTACT_REACHED_TARGET of its first queue."""

    letter: ClassVar[str] = "C"
    words: ClassVar[str] = "not answered yet"

    deadline_ms: int

    @property
    def due_ms(self) -> int:
        """The target."""
        return self.deadline_ms

    def observe(self, at: Instant) -> None:
        """Miss of the contact, or undecided."""
        if at.missed(self.deadline_ms):
            at.miss(ConversationMeasure.CONTACT_REACHED_TARGET, self.deadline_ms)
        else:
            at.count(ConversationLive.CONTACTS_UNDECIDED)


class InProgress(RowEntry, array_like=True, frozen=True, gc=False):
    """An answered leg without an end; stale from ``stale_ms`` on."""

    letter: ClassVar[str] = "P"
    words: ClassVar[str] = "in progress"

    answered_ms: int
    stale_ms: int
    last_event_ms: int
    agent: bytes | None = None

    @property
    def since_ms(self) -> int:
        """The answer."""
        return self.answered_ms

    def observe(self, at: Instant) -> None:
        """Conversation with its agent, or stale leg."""
        if at.passed(self.stale_ms):
            at.count(ConversationLive.STALE)
            return
        at.count(ConversationLive.IN_PROGRESS)
        at.count_person(ConversationLive.BUSY_AGENTS, self.agent)
        at.count(ConversationLive.UNCONFIRMED, at.passed(self.last_event_ms + UNCONFIRMED_AFTER_MS + 1))


class WrapUp(RowEntry, array_like=True, frozen=True, gc=False):
    """An ended leg whose after-contact work nobody has reported done; over from ``until_ms`` on."""

    letter: ClassVar[str] = "U"
    words: ClassVar[str] = "wrapping up"

    ended_ms: int
    until_ms: int
    agent: bytes | None = None

    @property
    def since_ms(self) -> int:
        """The end of the conversation."""
        return self.ended_ms

    def observe(self, at: Instant) -> None:
        """Agent in after-contact work."""
        if not at.passed(self.until_ms):
            at.count_person(ConversationLive.BUSY_AGENTS, self.agent)


class Callback(RowEntry, array_like=True, frozen=True, gc=False):
    """A requested callback that no leg has returned yet."""

    letter: ClassVar[str] = "K"
    words: ClassVar[str] = "callback to be returned"

    requested_ms: int

    @property
    def since_ms(self) -> int:
        """The request."""
        return self.requested_ms

    def observe(self, at: Instant) -> None:
        """Pending callback and its age."""
        at.count(ConversationLive.CALLBACKS_PENDING)
        at.since(ConversationLive.OLDEST_CALLBACK, self.requested_ms)


class MenuCallback(Callback, array_like=True, frozen=True, gc=False):
    """A callback requested in the menu, before any queue."""

    letter: ClassVar[str] = "M"
    words: ClassVar[str] = "callback to be returned, requested in the menu"
