"""Expected contributions of a whole call or chat, from its events: resolution, topic, escalations, outcome.

Standard library only, and nothing of the product: see ``tests.oracles.contacts_oracle``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.oracles.legs_oracle import Leg
from tests.oracles.log_reading import REPEAT_WINDOW, Event, data, latest_note, time_of, verb

Add = Callable[..., None]


def handled(ordered: list[Event], legs: list[Leg]) -> bool:
    """The last leg was answered and has ended, and the contact was neither refused nor removed."""
    turned_away = any(verb(event) in ("refused", "removed") for event in ordered)
    return not turned_away and bool(legs) and legs[-1].end is not None and legs[-1].sound


def resolved_at_first(ordered: list[Event], legs: list[Leg]) -> bool | None:
    """Noted as resolved, with no handoff and no escalation; ``None`` without any note."""
    resolved = latest_note(ordered, "resolved")
    if resolved is None:
        return None
    escalated = any(verb(event) == "escalated" for event in ordered)
    return bool(resolved and not escalated and not any(leg.handed_off() for leg in legs))


def resolution(ordered: list[Event], legs: list[Leg], add: Add) -> None:
    """Handled, classified and first-contact resolution of a call or chat, at the end of its last leg."""
    if not handled(ordered, legs):
        return
    queue, end = legs[-1].queue, legs[-1].end
    add("HANDLED", queue, end)
    add("ESCALATED", queue, end, int(any(verb(event) == "escalated" for event in ordered)))
    success = resolved_at_first(ordered, legs)
    if success is None:
        return
    add("CLASSIFIED", queue, end)
    add("FCR_FLAGGED_BASE", queue, end)
    add("FCR_FLAGGED", queue, end, int(success))
    if latest_note(ordered, "fcr_eligible") is not False:
        add("FCR_NET_BASE", queue, end)
        add("FCR_NET", queue, end, int(success))


def topic_of(ordered: list[Event], legs: list[Leg]) -> str | None:
    """Topic of the contact: the last noted, else that of its first offer."""
    offered = data(legs[0].offer).get("topic") if legs else None
    return latest_note(ordered, "topic") or offered or None


def queue_of(legs: list[Leg]) -> str:
    """The queue of the whole contact: of its last answered leg, else of its last one."""
    answered = [leg for leg in legs if leg.outcome == "answered" and leg.sound]
    return str((answered or legs)[-1].queue)


def escalations(ordered: list[Event], legs: list[Leg], add: Add) -> None:
    """Each escalation by kind, and by its topic where that is known."""
    for event in ordered:
        if verb(event) == "escalated" and legs:
            add("ESCALATIONS", queue_of(legs), time_of(event), dimension=f"kind={data(event)['kind']}")
            about = data(event).get("topic") or topic_of(ordered, legs)
            if about:
                add("ESCALATIONS_BY_TOPIC", queue_of(legs), time_of(event), dimension=f"topic={about}")


def outcome(ordered: list[Event], legs: list[Leg], channel: str) -> dict[str, Any] | None:
    """The contact's outcome, published for the customer's other contacts; ``None`` if it was neither offered nor
    refused."""
    refusals = [event for event in ordered if verb(event) == "refused"]
    if not legs and not refusals:
        return None
    begun = legs[0].offered if legs else time_of(refusals[0])
    came_to = legs[0].queue if legs else data(refusals[0])["queue"]
    inbound = [leg.queue for leg in legs if leg.via == "inbound"]
    is_handled = handled(ordered, legs)
    came_in_and_left = (
        bool(legs)
        and legs[0].via == "inbound"
        and all(leg.sound and leg.outcome != "answered" for leg in legs)
        and legs[-1].outcome == "abandoned"
        and legs[-1].counted
    )
    told = {
        "channel": channel,
        "queue": queue_of(legs) if legs else came_to,
        "begun_ms": begun,
        "window_ms": REPEAT_WINDOW,
        "medium": "",
        "first_queue": inbound[0] if inbound else "",
        "via": legs[0].via if legs else "",
        "topic": topic_of(ordered, legs),
        "removed": False,
        "handled": is_handled,
        "ended_ms": legs[-1].end if is_handled else None,
        "abandoned_ms": legs[-1].at if came_in_and_left else None,
        "resolved": latest_note(ordered, "resolved"),
        "flagged": resolved_at_first(ordered, legs),
        "fcr_eligible": latest_note(ordered, "fcr_eligible") is not False,
        "handoffs": sum(leg.handed_off() for leg in legs),
    }
    if not any(verb(event) == "removed" for event in ordered):
        return told
    nothing = {"first_queue": "", "via": "", "topic": None, "ended_ms": None, "abandoned_ms": None, "resolved": None}
    return {**told, **nothing, "removed": True, "flagged": None, "fcr_eligible": True, "handoffs": 0}
