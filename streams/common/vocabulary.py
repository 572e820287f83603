"""Vocabulary that settings, events and numbers share, each word spelled in one place."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

Pseudonym = Callable[[str], bytes]
"""Keyed hash of a personal identifier."""

ALL_QUEUES = "*"
"""Name of the sum over a channel's queues in every output, so no queue may have this name."""


class Channel(StrEnum):
    """Channel of a contact; also the label ``channel``."""

    CALL = "call"
    CHAT = "chat"
    TICKET = "ticket"


class Medium(StrEnum):
    """Medium by which a customer opened a ticket."""

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
    """Origin of a leg: how the contact entered the queue."""

    INBOUND = "inbound"
    CALLBACK = "callback"
    TRANSFER = "transfer"
    OVERFLOW = "overflow"
    OUTBOUND = "outbound"


class Clock(StrEnum):
    """Source of "now": the wall clock, or the newest event (replayed logs)."""

    WALL = "wall"
    EVENT = "event"


class Partitioner(StrEnum):
    """Rule by which producers choose the partition of a contact; ``any``: all of them use one and the same."""

    MURMUR2 = "murmur2"
    CRC32 = "crc32"
    ANY = "any"
