"""The event contract: CloudEvents 1.0 in structured JSON, one typed struct an event type.

The types decode JSON in one pass (``msgspec``); JSON Schema and AsyncAPI are generated from them
(``streams.tools.schemas``). Fields that were not sent stay ``UNSET``: unset is neither null nor a default.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct
from msgspec.structs import fields

from streams.common.vocabulary import Medium, Priority, Via
from streams.contract.topics import Topic

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)

Name = Annotated[str, Meta(min_length=1)]
QueueName = Annotated[
    str, Meta(min_length=1, pattern=r"^(?!\*$)[^\x00-\x1f]+$", description="a queue; `*` stands for all queues")
]
LegName = Annotated[str | int | float, Meta(description="names one visit of the contact to a queue")]
Instant = Annotated[datetime, Meta(tz=True, description="RFC 3339 with an offset")]
Optional = str | None | UnsetType


class RefusedReason(StrEnum):
    """Reason why a contact was refused before it entered a queue."""

    CLOSED = "closed"
    BUSY = "busy"
    FULL = "full"
    NO_AGENTS = "no_agents"
    EXPECTED_WAIT = "expected_wait"
    OTHER = "other"


class LeftReason(StrEnum):
    """Reason why the system removed a leg from its queue."""

    TIMEOUT = "timeout"
    EMPTY = "empty"
    OVERFLOW = "overflow"
    KEY = "key"


class LegOutcome(StrEnum):
    """Outcome of a leg as a correction gives it; ``none``: the outcome reported so far did not happen."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"
    CALLBACK_REQUESTED = "callback_requested"
    LEFT_QUEUE = "left_queue"
    NONE = "none"


class ContactRemovedReason(StrEnum):
    """Reason why a call or chat is removed from all numbers."""

    TEST = "test"
    INTERNAL = "internal"
    DUPLICATE = "duplicate"
    SPAM = "spam"


class RemovedReason(StrEnum):
    """Reason why a ticket is removed from all numbers."""

    SPAM = "spam"
    DUPLICATE = "duplicate"
    MERGED = "merged"
    TEST = "test"


class MessageFrom(StrEnum):
    """Author of a chat message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"


class Rank(IntEnum):
    """Order of event types within one instant (events.md, "Order within an instant")."""

    OPENED = 0
    OFFERED = 0
    REFUSED = 0
    TRANSFERRED = 1
    RESUMED = 2
    REOPENED = 3
    ASSIGNED = 4
    CUSTOMER_REPLIED = 5
    MESSAGE = 6
    ANSWERED = 7
    REPLIED = 7
    HELD = 8
    ESCALATED = 9
    ABANDONED = 10
    CALLBACK_REQUESTED = 11
    LEFT_QUEUE = 12
    CALLBACK_CANCELLED = 13
    SOLVED = 14
    ENDED = 14
    CLOSED = 15
    WRAPPED_UP = 15
    CLASSIFIED = 16
    CORRECTED = 17
    REMOVED = 18
    RESTORED = 19


class Data(Struct, frozen=True, gc=False):
    """Base class of every ``data``; unknown fields are ignored."""


class LegData(Data, frozen=True, gc=False):
    """The leg, and the agent if there is one. Without a leg, the one that the event can only mean."""

    leg: LegName | UnsetType = UNSET
    agent: Optional = UNSET


class OfferedData(Data, frozen=True, gc=False):
    """A leg entered a queue; leg 0 where none is named."""

    queue: QueueName
    leg: LegName = 0
    via: Via = Via.INBOUND
    customer: Optional = UNSET
    topic: Optional = UNSET
    priority: str | int | None | UnsetType = UNSET
    site: Optional = UNSET
    language: Optional = UNSET


class RefusedData(Data, frozen=True, gc=False):
    """A contact refused before it entered a queue."""

    queue: QueueName
    reason: RefusedReason
    customer: Optional = UNSET


class CallbackData(Data, frozen=True, gc=False):
    """A customer asked to be called back: from the queue, or with ``queue`` from the menu."""

    leg: LegName | UnsetType = UNSET
    queue: QueueName | UnsetType = UNSET
    agent: Optional = UNSET


class CallbackCancelledData(Data, frozen=True, gc=False):
    """A requested callback is no longer wanted."""

    leg: LegName | UnsetType = UNSET
    reason: Optional = UNSET


class LeftData(Data, frozen=True, gc=False):
    """A leg removed from its queue by the system."""

    reason: LeftReason
    leg: LegName | UnsetType = UNSET


class TransferredData(Data, frozen=True, gc=False):
    """A leg transferred to another queue, to an agent (`agent:` and the id) or to a number: the leg ends."""

    to: Name
    leg: LegName | UnsetType = UNSET
    agent: Optional = UNSET


class EscalatedData(Data, frozen=True, gc=False):
    """An escalation: functional, hierarchical or another kind."""

    kind: Name
    leg: LegName | UnsetType = UNSET
    topic: Optional = UNSET


class CorrectedData(Data, frozen=True, gc=False):
    """Later knowledge about a leg; of each field the latest correction that has it wins over the other events."""

    leg: LegName | UnsetType = UNSET
    outcome: LegOutcome | UnsetType = UNSET
    reason: Optional = UNSET
    outcome_at: Instant | UnsetType = UNSET
    agent: Optional = UNSET
    ended_at: Instant | None | UnsetType = UNSET
    transferred: bool | UnsetType = UNSET
    to: Optional = UNSET
    via: Via | UnsetType = UNSET


class ContactRemovedData(Data, frozen=True, gc=False):
    """A call or chat removed from all numbers for good, as if it had never been offered."""

    reason: ContactRemovedReason


class ClassifiedData(Data, frozen=True, gc=False):
    """An agent's note on a contact; the latest value of each field counts."""

    topic: Optional = UNSET
    resolved: bool | None | UnsetType = UNSET
    fcr_eligible: bool | UnsetType = UNSET
    outcome: Optional = UNSET
    customer: Optional = UNSET
    agent: Optional = UNSET


class MessageData(Data, frozen=True, gc=False, rename={"sender": "from"}):
    """A chat message."""

    sender: MessageFrom
    leg: LegName | UnsetType = UNSET


class OpenedData(Data, frozen=True, gc=False):
    """A ticket was opened. Without a queue, it is that of the first transfer within 60 s, else `unassigned`."""

    queue: QueueName | UnsetType = UNSET
    channel: Medium | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    customer: Optional = UNSET
    topic: Optional = UNSET


class AssignedData(Data, frozen=True, gc=False):
    """A ticket assigned to an agent or team."""

    agent: Optional = UNSET
    team: Optional = UNSET


class RepliedData(Data, frozen=True, gc=False):
    """A reply; only a public one by a person stops the first-response clock."""

    agent: Optional = UNSET
    public: bool = True
    automated: bool = False


class EmptyData(Data, frozen=True, gc=False):
    """No data besides the event itself."""


class HoldData(Data, frozen=True, gc=False):
    """The begin or end of a hold, in which a ticket waits for another party."""

    reason: Optional = UNSET


class QueueData(Data, frozen=True, gc=False):
    """A ticket moved to another queue."""

    queue: QueueName


class TicketEscalatedData(Data, frozen=True, gc=False):
    """An escalation: functional, hierarchical or another kind."""

    kind: Name
    topic: Optional = UNSET


class RemovedData(Data, frozen=True, gc=False):
    """A ticket removed from all numbers, as if it had never been opened, unless it is restored later."""

    reason: RemovedReason


class TicketClassifiedData(Data, frozen=True, gc=False):
    """An agent's note on a ticket; the latest value of each field counts."""

    topic: Optional = UNSET
    resolved: bool | None | UnsetType = UNSET
    fcr_eligible: bool | UnsetType = UNSET
    priority: Priority | UnsetType = UNSET
    customer: Optional = UNSET


class OutcomeData(Data, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Outcome of one contact for the repeat-contact fold of its customer; written by the streams."""

    contact: Name
    channel: Literal["call", "chat", "ticket"]
    queue: QueueName
    begun: Instant
    revision: Annotated[int, Meta(ge=0, le=2**62, description="the highest one of a contact counts")]
    window_ms: Annotated[int, Meta(ge=0, le=2**62, description="the repeat window in force when the contact came")]
    medium: str = ""
    first_queue: str = ""
    via: str = ""
    topic: str | None = None
    removed: bool = False
    handled: bool = False
    ended: Instant | None = None
    abandoned: Instant | None = None
    resolved: bool | None = None
    flagged: bool | None = None
    fcr_eligible: bool = True
    handoffs: Annotated[int, Meta(ge=0, le=2**31)] = 0


class ForgottenData(Data, frozen=True, gc=False):
    """Tombstone of a customer, written by `veinte forget`: contacts that began before its time count for nobody."""


class Event(Struct, frozen=True, gc=False, kw_only=True, tag_field="type"):
    """CloudEvents envelope of every event."""

    specversion: Literal["1.0"]
    id: Name
    source: Name
    subject: Name
    time: Instant
    sequence: int | str = -1
    if TYPE_CHECKING:
        data: Any  # every event type declares its own


_LIVE: dict[str, type[Data]] = {
    "offered": OfferedData,
    "refused": RefusedData,
    "answered": LegData,
    "abandoned": LegData,
    "callback_requested": CallbackData,
    "callback_cancelled": CallbackCancelledData,
    "left_queue": LeftData,
    "transferred": TransferredData,
    "escalated": EscalatedData,
    "held": LegData,
    "resumed": LegData,
    "ended": LegData,
    "wrapped_up": LegData,
    "classified": ClassifiedData,
    "corrected": CorrectedData,
    "removed": ContactRemovedData,
}
_TICKET: dict[str, type[Data]] = {
    "opened": OpenedData,
    "assigned": AssignedData,
    "replied": RepliedData,
    "customer_replied": EmptyData,
    "held": HoldData,
    "resumed": HoldData,
    "transferred": QueueData,
    "escalated": TicketEscalatedData,
    "solved": AssignedData,
    "reopened": EmptyData,
    "closed": EmptyData,
    "removed": RemovedData,
    "restored": EmptyData,
    "classified": TicketClassifiedData,
}


def _required(data: type[Data]) -> bool:
    return any(field.required for field in fields(data))


def _event_types(prefix: str, data_types: dict[str, type[Data]]) -> dict[str, type[Event]]:
    """Event struct by verb: ``answered`` → ``CallAnswered`` with the tag ``call.answered``."""
    types: dict[str, type[Event]] = {}
    for verb, data in data_types.items():
        field: tuple[str, Any] | tuple[str, Any, Any] = ("data", data) if _required(data) else ("data", data, data())
        types[verb] = defstruct(  # type: ignore[assignment]  # its bases make it an Event
            "".join(part.capitalize() for part in (prefix, *verb.split("_"))),
            [field],
            bases=(Event,),
            frozen=True,
            gc=False,
            kw_only=True,
            tag_field="type",
            tag=f"{prefix}.{verb}",
            module=__name__,
        )
        types[verb].__doc__ = data.__doc__
    return types


CALL_EVENTS = _event_types("call", _LIVE)
CHAT_EVENTS = _event_types("chat", {**_LIVE, "message": MessageData})
TICKET_EVENTS = _event_types("ticket", _TICKET)
OUTCOME_EVENTS = _event_types("contact", {"outcome": OutcomeData, "forgotten": ForgottenData})
EVENTS_OF: dict[Topic, dict[str, type[Event]]] = {
    Topic.CALLS: CALL_EVENTS,
    Topic.CHATS: CHAT_EVENTS,
    Topic.TICKETS: TICKET_EVENTS,
    Topic.CONTACTS: OUTCOME_EVENTS,
}
"""Event structs by topic and verb."""
VERB_OF: dict[type[Event], str] = {struct: verb for types in EVENTS_OF.values() for verb, struct in types.items()}
"""Verb (``answered``) of an event struct."""
TYPES_OF: dict[Topic, frozenset[str]] = {
    topic: frozenset(struct.__struct_config__.tag for struct in types.values())  # type: ignore[misc]  # tags are text
    for topic, types in EVENTS_OF.items()
}
"""CloudEvents types of a topic."""
