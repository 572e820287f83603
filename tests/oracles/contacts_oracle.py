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

from tests.oracles.callbacks_oracle import Callbacks, is_cancellation
from tests.oracles.legless_oracle import directly, legs_meant
from tests.oracles.legs_oracle import Leg, visit_of
from tests.oracles.log_reading import Event, Expected, Queues, any_customer, bucket, data, leg_name, time_of, verb
from tests.oracles.names_oracle import as_read
from tests.oracles.tickets_oracle import ticket
from tests.oracles.whole_oracle import Add, escalations, outcome, resolution, topic_of

WRAP_UP_LIMIT = 600_000
SHORT_CONVERSATION = 10_000


def expect(
    events: Iterable[Event], queues: Queues, hashed: Callable[[str], bytes], ended: Iterable[str] = ()
) -> Expected:
    """The numbers of a whole log. Contacts in ``ended`` have been given up: in no set, and their waits are misses."""
    by_contact: dict[str, list[Event]] = {}
    for event in events:
        by_contact.setdefault(event["subject"], []).append(event)
    whole = Expected(Counter(), {}, {})
    for contact, own in by_contact.items():
        ordered = as_read(own)
        if ordered[0]["type"].startswith("ticket."):
            ticket(whole, contact, ordered, queues, hashed)
        else:
            call_or_chat(whole, contact, ordered, max(time_of(event) for event in own), queues, hashed)
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
    whole: Expected,
    contact: str,
    ordered: list[Event],
    newest: int,
    queues: Queues,
    hashed: Callable[[str], bytes],
) -> None:
    """Add the contributions of one call or chat; ``newest``: the time of its newest event, repetitions included."""
    is_chat = ordered[0]["type"].startswith("chat.")
    offers = first_offers(ordered)
    first = time_of(offers[0]) if offers else 0
    visits = [
        visit_of(
            leg_name(data(offer).get("leg", 0)), offer, corrections(offer, offers, ordered), is_chat, queues, first
        )
        for offer in offers
    ]
    meant = legs_meant([event for event in ordered if verb(event) != "offered"], visits)
    legs = [Leg(visit, meant.by_leg.get(visit.name, []), queues, first) for visit in visits]
    told = outcome(ordered, legs, "chat" if is_chat else "call")
    if told is not None and any_customer(ordered):
        whole.outcomes[contact] = told
    if any(verb(event) == "removed" for event in ordered):
        return

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
    callbacks = Callbacks(legs, meant)
    for request in callbacks.requests:
        if request.cancelled is not None:
            add("CALLBACKS_CANCELLED", request.queue, request.cancelled)
    for request in callbacks.pending():
        key = ("menu_callback", contact, request.queue) if request.menu else ("callback", contact, str(request.leg))
        whole.live[key] = (request.queue, request.time)
    contact_level(whole, contact, legs, add)
    resolution(ordered, legs, add)
    escalations(ordered, legs, add)
    topic = topic_of(ordered, legs)
    for leg in [leg for leg in legs if leg.via == "inbound"][:1]:
        add("CONTACTS_BY_TOPIC", leg.queue, leg.offered, int(topic is not None), f"topic={topic}")
    orphaned = any(
        not is_cancellation(event)
        for name, own in meant.by_leg.items()
        for event in own
        if name not in [leg.name for leg in legs]
    )
    if meant.unclear or orphaned or callbacks.unknown or not all(leg.sound for leg in legs):
        whole.live["incomplete", contact, ""] = ()


def first_offers(ordered: list[Event]) -> list[Event]:
    """The offer of each leg, of several the first."""
    found: dict[str, Event] = {}
    for event in ordered:
        if verb(event) == "offered":
            found.setdefault(leg_name(data(event).get("leg", 0)), event)
    return list(found.values())


def corrections(offer: Event, offers: list[Event], ordered: list[Event]) -> list[Event]:
    """The corrections of an offered leg, those without a leg included where they can mean no other one."""
    names = [leg_name(data(each).get("leg", 0)) for each in offers]
    mine = leg_name(data(offer).get("leg", 0))
    return [event for event in ordered if verb(event) == "corrected" and directly(event, names) == mine]


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
        add("LEFT_QUEUE", leg.queue, leg.at, dimension=f"reason={leg.reason}")
        add("LEFT_WITHIN", leg.queue, leg.at, within * int(leg.reason in ("timeout", "empty")))


def handling(whole: Expected, contact: str, leg: Leg, newest: int, add: Add, hashed: Callable[[str], bytes]) -> None:
    """Handle time of an answered leg, or its place in progress; its agent may be wrapping up after it."""
    agent = hashed(leg.agent) if leg.agent else None
    if leg.end is None:
        ghost = leg.answered + leg.limits["in_progress_ghost"]
        whole.live["in_progress", contact, leg.name] = (leg.queue, leg.answered, ghost, newest, agent)
        return
    if leg.counted:
        add("ENDED_LEGS", leg.queue, leg.end)
        add("TRANSFERRED_LEGS", leg.queue, leg.end, int(leg.handed_off()))
    landing, wrap = leg.end, 0
    if leg.limits["wrap_up"]:
        wrapped = leg.wrapped_up()
        if wrapped is None:
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
    elif last.outcome == "left_queue" and last.reason in ("timeout", "empty"):
        add("CONTACT_LEFT_WITHIN", first.queue, last.at)
