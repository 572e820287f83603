"""Expected contributions of customers' contacts: repeats, first-contact resolution by window, redials.

Standard library only, and nothing of the product: the definitions read literally and slowly, every contact against
every other. The outcomes are CloudEvents as dicts, of any customers, in any order and repeated at will; all those with
the highest revision of a contact must be equal. Times are milliseconds since 1970 UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

Event = dict[str, Any]
Contact = dict[str, Any]
Amounts = Counter[tuple[str, str, str, str, str, int]]
"""(measure, queue, medium, channel, dimension, time) → amount."""

HOUR = 3_600_000


def milliseconds(text: str) -> int:
    """An instant of an event, RFC 3339 with an offset, in milliseconds."""
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - epoch) // timedelta(milliseconds=1)


def expect(events: Iterable[Event]) -> Amounts:
    """Every contribution of the outcomes; amounts of zero are left out."""
    found: Amounts = Counter()
    by_customer: dict[str, list[Contact]] = {}
    for event in events:
        by_customer.setdefault(event["subject"], []).append(event["data"])
    for told in by_customer.values():
        contacts = in_force(told)
        for contact in contacts:
            others = [other for other in contacts if other is not contact]
            count_handled(contact, others, found)
            count_abandoned(contact, others, found)
    return Counter({key: amount for key, amount in found.items() if amount})


def in_force(told: list[Contact]) -> list[Contact]:
    """Every contact once, in its highest revision; removed contacts are in no number."""
    newest: dict[tuple[str, str], Contact] = {}
    for data in told:
        name = data["channel"], data["contact"]
        if name not in newest or data["revision"] > newest[name]["revision"]:
            newest[name] = data
    return [data for data in newest.values() if not data.get("removed", False)]


def of_customer(contact: Contact) -> bool:
    """The customer began the contact. A returned callback and an outbound call repeat nothing."""
    return contact.get("via", "") not in ("callback", "outbound")


def same_topic(one: Contact, other: Contact) -> bool:
    """The topics are equal, or one is missing."""
    return one.get("topic") is None or other.get("topic") is None or one["topic"] == other["topic"]


def count_handled(contact: Contact, others: list[Contact], found: Amounts) -> None:
    """Count a handled contact as repeated or not: at its end, and as final when its window is over."""
    if not contact.get("handled", False) or contact.get("ended") is None:
        return
    ended = milliseconds(contact["ended"])
    over = ended + contact["window_ms"]
    repeated = any(
        of_customer(other) and same_topic(contact, other) and ended <= milliseconds(other["begun"]) <= over
        for other in others
    )
    row = contact["queue"], contact.get("medium", ""), contact["channel"]
    found["REPEAT_BASE", *row, "", ended] += 1
    found["REPEATED", *row, "", ended] += repeated
    topic = contact.get("topic")
    if topic is not None:
        found["REPEAT_BASE_BY_TOPIC", *row, f"topic={topic}", ended] += 1
        found["REPEATED_BY_TOPIC", *row, f"topic={topic}", ended] += repeated
    if contact.get("fcr_eligible", True):
        found["FCR_WINDOW_BASE", *row, "", ended] += 1
        found["FCR_WINDOW", *row, "", ended] += not repeated
        found["FCR_FINAL_BASE", *row, "", over] += 1
        found["FCR_FINAL", *row, "", over] += not repeated
        if contact.get("flagged") is not None:
            found["FCR_GAP_BASE", *row, "", ended] += 1
            found["FCR_GAP", *row, "", ended] += contact["flagged"] and repeated


def count_abandoned(contact: Contact, others: list[Contact], found: Amounts) -> None:
    """Count an abandoned inbound contact as followed by another within the hour or not, on any topic."""
    if contact.get("via", "") != "inbound" or contact.get("abandoned") is None:
        return
    left = milliseconds(contact["abandoned"])
    again = any(of_customer(other) and left <= milliseconds(other["begun"]) <= left + HOUR for other in others)
    row = contact["first_queue"], contact.get("medium", ""), contact["channel"]
    found["REDIAL_BASE", *row, "", left] += 1
    found["REDIALED", *row, "", left] += again
