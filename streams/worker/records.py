"""Shape of the records that a worker takes from Kafka."""

from __future__ import annotations

from typing import Protocol


class RawRecord(Protocol):
    """Attributes used of a Kafka record; ``timestamp`` is the record's own, in epoch ms."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
