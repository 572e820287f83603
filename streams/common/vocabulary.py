"""Words that settings, events and numbers share, each spelled in one place."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Pseudonym = Callable[[str], bytes]
"""Keyed hash of a personal identifier."""

ALL_QUEUES = "*"
"""Stands for the sum over a channel's queues wherever numbers are shown, so no queue may have this name."""


class Channel(StrEnum):
    """Where a contact comes in; also the label ``channel``."""

    CALL = "call"
    CHAT = "chat"
    TICKET = "ticket"


class Medium(StrEnum):
    """The channel by which a ticket came."""

    EMAIL = "email"
    WEB = "web"
    SOCIAL = "social"
    PHONE = "phone"
    CHAT = "chat"
    OTHER = "other"


class Priority(StrEnum):
    """A ticket's priority."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Via(StrEnum):
    """How a leg came to its queue."""

    INBOUND = "inbound"
    CALLBACK = "callback"
    TRANSFER = "transfer"
    OVERFLOW = "overflow"
    OUTBOUND = "outbound"


class Clock(StrEnum):
    """Where "now" comes from: the wall, or the newest event (replayed logs)."""

    WALL = "wall"
    EVENT = "event"
