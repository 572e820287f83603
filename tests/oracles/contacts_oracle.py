"""Expected contributions of a log of calls, chats or tickets, counted straight from its events.

Standard library only, and nothing of the product: the definitions of the KPIs read literally and slowly. Events are
CloudEvents as dicts, in any order and repeated at will. Every question is answered by looking through the whole list of
a contact's events. Times are milliseconds since 1970 UTC.

``queues`` holds the limits of queues: name → policies, oldest first, each a dict of its differences from ``LIMITS``,
with ``since_ms`` where it was not always in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from tests.oracles.legs_oracle import Leg
from tests.oracles.log_reading import (
    SKEW,
    Event,
    Expected,
    Queues,
    any_customer,
    bucket,
    data,
    leg_name,
    position,
    time_of,
    verb,
)
from tests.oracles.tickets_oracle import ticket
from tests.oracles.whole_oracle import Add, escalations, outcome, resolution, topic_of

WRAP_UP_LIMIT = 600_000
SHORT_CONVERSATION = 10_000


def expect(
    events: Iterable[Event], queues: Queues, hashed: Callable[[str], bytes], ended: Iterable[str] = ()
) -> Expected:
    """The numbers of a whole log. Contacts in ``ended`` have been given up: in no set, and their waits are misses."""
    by_contact: dict[str, dict[tuple[str, str], Event]] = {}
    for event in events:
        by_contact.setdefault(event["subject"], {})[event["source"], event["id"]] = event
    whole = Expected(Counter(), {}, {})
    for contact, own in by_contact.items():
        ordered = sorted(own.values(), key=position)
        is_ticket = ordered[0]["type"].startswith("ticket.")
        (ticket if is_ticket else call_or_chat)(whole, contact, ordered, queues, hashed)
        if contact in ended:
            for key in [key for key in whole.live if key[1] == contact]:
                _give_up(whole, key)
    return whole


def _give_up(whole: Expected, key: tuple[str, str, str]) -> None:
    entry = whole.live.pop(key)
    if key[0] == "waiting":
        whole.amounts["REACHED_TARGET", entry[0], "", "", entry[2]] += 1
    elif key[0] == "contact_waiting":
        whole.amounts["CONTACT_REACHED_TARGET", entry[0], "", "", entry[1]] += 1


def call_or_chat(
    whole: Expected, contact: str, ordered: list[Event], queues: Queues, hashed: Callable[[str], bytes]
) -> None:
    """Add the contributions of one call or chat."""
    newest = max(time_of(event) for event in ordered)
    is_chat = ordered[0]["type"].startswith("chat.")
    by_leg: dict[str, list[Event]] = {}
    for event in ordered:
        if verb(event) not in ("refused", "escalated", "classified"):
            by_leg.setdefault(leg_name(data(event).get("leg", 0)), []).append(event)
    offers = sorted(
        (position(next(event for event in own if verb(event) == "offered")), name)
        for name, own in by_leg.items()
        if any(verb(event) == "offered" for event in own)
    )
    legs = [Leg(name, by_leg[name], is_chat, queues, offers[0][0][0]) for _, name in offers]

    def add(measure: str, queue: str, time: int, amount: int = 1, dimension: str = "") -> None:
        whole.amounts[measure, queue, "", dimension, time] += amount

    for event in [event for event in ordered if verb(event) == "refused"][:1]:
        add("REFUSED", data(event)["queue"], time_of(event), dimension=f"reason={data(event)['reason']}")
    for leg in legs:
        if leg.counted:
            queueing(whole, contact, leg, leg is legs[0], newest, add)
        if leg.outcome == "answered" and leg.sound:
            handling(whole, contact, leg, newest, add, hashed)
        if leg.via == "callback" and leg.outcome is not None and leg.sound:
            add("CALLBACK_LEGS_DECIDED", leg.queue, leg.at)
            add("CALLBACK_LEGS_ANSWERED", leg.queue, leg.at, int(leg.outcome == "answered"))
        returned = any(other.via == "callback" and other.offered >= leg.at for other in legs)
        if leg.counted and leg.outcome == "callback_requested" and leg.sound and not returned:
            whole.live["callback", contact, leg.name] = (leg.queue, leg.at)
    contact_level(whole, contact, legs, add)
    resolution(ordered, legs, add)
    escalations(ordered, legs, add)
    topic = topic_of(ordered, legs)
    for leg in [leg for leg in legs if leg.via == "inbound"][:1]:
        add("CONTACTS_BY_TOPIC", leg.queue, leg.offered, int(topic is not None), f"topic={topic}")
    told = outcome(ordered, legs, "chat" if is_chat else "call")
    if told is not None and any_customer(ordered):
        whole.outcomes[contact] = told
    outcomes = ("answered", "abandoned", "callback_requested", "left_queue")
    orphaned = [
        name
        for name, own in by_leg.items()
        if name not in [leg.name for leg in legs]
        and any(
            verb(event) in outcomes or (verb(event) == "message" and event["data"]["from"] == "agent") for event in own
        )
    ]
    if orphaned or not all(leg.sound for leg in legs):
        whole.live["incomplete", contact, ""] = ()


def lasted(add: Add, sketch: str, queue: str, time: int, duration: int) -> None:
    """Count a duration in its bucket; a duration of zero has none."""
    if duration:
        add(f"{sketch}_SKETCH", queue, time, dimension=str(bucket(duration)))


def queueing(whole: Expected, contact: str, leg: Leg, is_first: bool, newest: int, add: Add) -> None:
    """Offer, outcome, wait and service level of a leg that counts."""
    add("OFFERED", leg.queue, leg.offered)
    target, short_limit = leg.limits["target"], leg.limits["short_abandon"]
    deadline = leg.offered + target
    if not leg.sound:
        return
    if leg.outcome is None:
        ghost = leg.offered + leg.limits["waiting_ghost"]
        whole.live["waiting", contact, leg.name] = (leg.queue, leg.offered, deadline, ghost, newest)
        return
    if leg.wait > target:
        add("REACHED_TARGET", leg.queue, deadline)
    within = int(leg.wait <= target)
    if leg.outcome == "answered":
        add("ANSWERED", leg.queue, leg.at)
        add("WAIT_MS", leg.queue, leg.at, leg.wait)
        lasted(add, "WAIT", leg.queue, leg.at, leg.wait)
        add("ANSWERED_WITHIN", leg.queue, leg.at, within)
    if leg.outcome == "abandoned":
        short = int(is_first and leg.wait <= short_limit)
        add("ABANDONED", leg.queue, leg.at)
        add("ABANDON_WAIT_MS", leg.queue, leg.at, leg.wait)
        lasted(add, "ABANDON_WAIT", leg.queue, leg.at, leg.wait)
        add("ABANDONED_WITHIN", leg.queue, leg.at, within)
        add("SHORT_ABANDONED", leg.queue, leg.at, short)
        add("SHORT_WITHIN", leg.queue, leg.at, short * within)
    if leg.outcome == "callback_requested":
        add("CALLBACK_REQUESTED", leg.queue, leg.at)
    if leg.outcome == "left_queue":
        reason = data(leg.event)["reason"]
        add("LEFT_QUEUE", leg.queue, leg.at, dimension=f"reason={reason}")
        add("LEFT_WITHIN", leg.queue, leg.at, within * int(reason in ("timeout", "empty")))


def handling(whole: Expected, contact: str, leg: Leg, newest: int, add: Add, hashed: Callable[[str], bytes]) -> None:
    """Handle time of an answered leg, or its place in progress; its agent may be wrapping up after it."""
    agents = [data(event).get("agent") for event in leg.ordered if verb(event) == "answered"]
    agent = hashed(agents[0]) if agents and agents[0] else None
    if leg.end is None:
        ghost = leg.answered + leg.limits["in_progress_ghost"]
        whole.live["in_progress", contact, leg.name] = (leg.queue, leg.answered, ghost, newest, agent)
        return
    landing, wrap = leg.end, 0
    if leg.limits["wrap_up"]:
        wrapped = leg.first("wrapped_up")
        if wrapped is None or wrapped < leg.end - SKEW:
            landing = leg.end + WRAP_UP_LIMIT
            whole.live["wrap_up", contact, leg.name] = (leg.queue, leg.end, landing, agent)
        else:
            landing = min(max(wrapped, leg.end), leg.end + WRAP_UP_LIMIT)
            wrap = landing - leg.end
    hold = leg.hold(leg.end)
    add("HANDLED_LEGS", leg.queue, landing)
    add("TALK_MS", leg.queue, landing, leg.end - leg.answered - hold)
    add("HOLD_MS", leg.queue, landing, hold)
    add("WRAP_MS", leg.queue, landing, wrap)
    lasted(add, "HANDLE", leg.queue, landing, leg.end - leg.answered + wrap)
    lasted(add, "TALK", leg.queue, landing, leg.end - leg.answered - hold)
    lasted(add, "HOLD", leg.queue, landing, hold)
    lasted(add, "WRAP", leg.queue, landing, wrap)
    if leg.end - leg.answered < SHORT_CONVERSATION:
        add("SHORT_CONTACTS", leg.queue, leg.end)


def contact_level(whole: Expected, contact: str, legs: list[Leg], add: Add) -> None:
    """Arrival and service level of the whole contact, both in the queue of its first inbound leg."""
    inbound = [leg for leg in legs if leg.via == "inbound"]
    if not inbound:
        return
    first = inbound[0]
    add("ARRIVED", first.queue, first.offered)
    counted = [leg for leg in legs if leg.counted]
    if not all(leg.sound for leg in counted):
        return
    deadline = first.offered + first.limits["target"]
    answers = [leg.at for leg in counted if leg.outcome == "answered"]
    last = counted[-1]
    if answers and min(answers) <= deadline:
        add("CONTACT_ANSWERED_WITHIN", first.queue, min(answers))
    elif answers:
        add("CONTACT_REACHED_TARGET", first.queue, deadline)
    elif any(leg.outcome is None for leg in counted):
        whole.live["contact_waiting", contact, ""] = (first.queue, deadline)
    elif last.at > deadline:
        add("CONTACT_REACHED_TARGET", first.queue, deadline)
    elif last.outcome == "abandoned":
        add("CONTACT_ABANDONED_WITHIN", first.queue, last.at)
        is_short = last is legs[0] and last.wait <= first.limits["short_abandon"]
        add("CONTACT_SHORT_WITHIN", first.queue, last.at, int(is_short))
    elif last.outcome == "left_queue" and data(last.event)["reason"] in ("timeout", "empty"):
        add("CONTACT_LEFT_WITHIN", first.queue, last.at)
