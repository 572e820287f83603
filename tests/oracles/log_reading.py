"""Log reading for the oracles of contacts, and the shape of their expected results.

Standard library only, and nothing of the product. Events are CloudEvents as dicts; times are milliseconds since 1970
UTC.

``queues`` holds the limits of queues: name → policies, oldest first, each a dict of its differences from ``LIMITS``,
with ``since_ms`` where it was not always in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

Event = dict[str, Any]
Queues = Mapping[str, list[dict[str, Any]]]
Entries = dict[tuple[str, str, str], tuple[Any, ...]]
"""(set, contact, leg) → fields of the entry."""
Amounts = Counter[tuple[str, str, str, str, int]]
"""By (measure, queue, medium, dimension, time). A duration is also counted in its bucket, as the measure
``WAIT_SKETCH`` with the bucket as its dimension."""

HOUR = 3_600_000
LIMITS: dict[str, Any] = {
    "target": 20_000,
    "short_abandon": 5_000,
    "wrap_up": False,
    "chat_answer": "event",
    "waiting_ghost": HOUR,
    "in_progress_ghost": 4 * HOUR,
    "first_response": 24 * HOUR,
    "next_response": 24 * HOUR,
    "resolution": 72 * HOUR,
    "calendar": None,
    "targets": [],
}
REPEAT_WINDOW = 7 * 24 * HOUR
SKEW = 5_000
GROWTH = (1 + 0.0099) / (1 - 0.0099)
"""Bucket i of a sketch holds durations of more than GROWTH ** (i − 1) ms and up to GROWTH ** i."""
LAST_BUCKET = 1_499
RANKS = (
    ("opened", "offered", "refused"),
    ("transferred",),
    ("resumed",),
    ("reopened",),
    ("assigned",),
    ("customer_replied",),
    ("message",),
    ("answered", "replied"),
    ("held",),
    ("escalated",),
    ("abandoned",),
    ("callback_requested",),
    ("left_queue",),
    ("callback_cancelled",),
    ("solved", "ended"),
    ("closed", "wrapped_up"),
    ("classified",),
    ("corrected",),
    ("removed",),
    ("restored",),
)


class Expected(NamedTuple):
    """Contributions, members of each live set, and the published outcome of each contact."""

    amounts: Amounts
    live: Entries
    outcomes: dict[str, dict[str, Any]]


def verb(event: Event) -> str:
    """``answered`` of ``call.answered``."""
    return str(event["type"]).split(".", 1)[1]


def time_of(event: Event) -> int:
    """Time of the event, in ms."""
    return instant(event["time"])


def instant(text: str) -> int:
    """An RFC 3339 time in ms."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def position(event: Event) -> tuple[int, int, int, str, str]:
    """Sort key of all events of a contact: (time, sequence, rank of the type, source, id)."""
    rank = next(rank for rank, verbs in enumerate(RANKS) if verb(event) in verbs)
    return time_of(event), int(event.get("sequence", -1)), rank, event["source"], event["id"]


def data(event: Event) -> dict[str, Any]:
    """The event's own fields."""
    return event.get("data") or {}


def limits(queues: Queues, queue: str, first: int) -> dict[str, Any]:
    """The policy of ``queue`` in force at ``first``."""
    in_force = [policy for policy in queues.get(queue, []) if policy.get("since_ms", first) <= first]
    return {**LIMITS, **(in_force[-1] if in_force else {})}


def latest_note(ordered: list[Event], field: str) -> Any:
    """The newest value of a classified field, ``None`` where it was never sent."""
    values = [data(event)[field] for event in ordered if verb(event) == "classified" and field in data(event)]
    return values[-1] if values else None


def any_customer(ordered: list[Event]) -> bool:
    """Any of the events names a customer, in force or not."""
    return any(data(event).get("customer") for event in ordered)


def customers(ordered: list[Event], hashed: Callable[[str], bytes]) -> tuple[bytes | None, list[bytes]]:
    """The customer of a contact, and all others named by its events, in order.

    The last classification has precedence, even one that names nobody; then the first offer with a customer, then the
    refused contact's customer; of a ticket the opening's.
    """
    notes = [event for event in ordered if verb(event) == "classified" and "customer" in data(event)]
    if notes:
        name = data(notes[-1])["customer"]
    else:
        name = None
        for found in (_first_offers(ordered), [each for each in ordered if verb(each) == "refused"][:1]):
            name = name or next((data(each)["customer"] for each in found if data(each).get("customer")), None)
    named = {data(event)["customer"] for event in ordered if data(event).get("customer")}
    return hashed(name) if name else None, sorted(hashed(other) for other in named if other != name)


def _first_offers(ordered: list[Event]) -> list[Event]:
    """The offer of each leg, or the opening of a ticket: of several the first."""
    found: dict[str, Event] = {}
    for event in ordered:
        if verb(event) in ("offered", "opened"):
            found.setdefault(leg_name(data(event).get("leg", 0)), event)
    return list(found.values())


def leg_name(leg: str | int | float) -> str:
    """Canonical name of a leg: 1, 1.0 and "1" are the same."""
    return str(int(leg)) if isinstance(leg, float) and leg == int(leg) else str(leg)


@cache
def bucket(duration: int) -> int:
    """The bucket of a duration of at least 1 ms, found by trying."""
    return next((place for place in range(LAST_BUCKET) if GROWTH**place >= duration), LAST_BUCKET)
