"""Names, customers and repeated events, read literally from "Names and people" and "The same event twice".

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from tests.oracles.log_reading import Event, data, leg_name, position, verb

NAMES = ("queue", "team", "topic", "kind", "reason", "to")
ANONYMOUS = (
    "anonymous", "unknown", "private", "unavailable", "restricted", "withheld", "none", "null", "0",
)  # fmt: skip
GREATEST_WINS = ("classified", "removed", "restored")
"""Types of which the latest counts: there the tuple alone decides between two events of one name."""


def name(text: str) -> str:
    """A name in NFC and trimmed, without U+200B and U+FEFF."""
    visible = "".join(letter for letter in text if letter not in "\u200b\ufeff")
    return unicodedata.normalize("NFC", visible.strip())


def customer(text: str | None) -> str:
    """The identifier of a customer, the same for all spellings of a telephone number; "" for nobody."""
    trimmed = (text or "").strip()
    if trimmed.lower() in ANONYMOUS:
        return ""
    digits = "".join(letter for letter in trimmed if letter in "0123456789")
    if len(digits) < 7 or any(letter not in "+0123456789().-/" and not letter.isspace() for letter in trimmed):
        return trimmed
    return digits[2:] if digits.startswith("00") else digits


def tidied(event: Event) -> Event:
    """The event with its names and persons as they count; a blank name is a missing field."""
    fields: dict[str, Any] = {}
    for field, value in data(event).items():
        if field in NAMES and isinstance(value, str):
            if name(value):
                fields[field] = name(value)
        elif field == "agent" and isinstance(value, str):
            fields[field] = value.strip()
        elif field == "customer":
            fields[field] = customer(value)
        else:
            fields[field] = value
    return {**event, "data": fields}


def as_read(events: Iterable[Event]) -> list[Event]:
    """The events of a contact in their order, each of one name once: in its least tuple, or in all that can win."""
    kept: dict[tuple[Any, ...], Event] = {}
    for each in events:
        event = tidied(each)
        leg = data(event).get("leg")
        named: tuple[Any, ...] = (event["source"], event["id"], event["type"], None if leg is None else leg_name(leg))
        if verb(event) in GREATEST_WINS:
            named += (position(event),)
        if named not in kept or position(event) < position(kept[named]):
            kept[named] = event
    return sorted(kept.values(), key=position)
