"""Text form of an instant, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta

from streams.contract.times import EARLIEST_MS, LATEST_MS

Instant = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]


def writable_ms(at_ms: int) -> int:
    """The instant nearest to epoch milliseconds that can be written in every time zone.

    Times of events are checked at the door, but a due time may lie beyond the last of them.
    """
    return min(max(at_ms, EARLIEST_MS), LATEST_MS)


def instant_text(at_ms: int) -> str:
    """Epoch milliseconds as RFC 3339, UTC."""
    text = datetime.fromtimestamp(writable_ms(at_ms) / 1000, tz=UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
