"""What a log of calls, chats or tickets must add to the numbers, counted straight from its events.

Standard library only, and nothing of the product: the definitions of the KPIs read literally and slowly. Events are
CloudEvents as dicts, in any order, as often as they like. Every question is answered by looking through the whole
list of a contact's events. Times are milliseconds since 1970 UTC.

``queues`` says the limits of queues: name → policies, oldest first, each a dict of what differs from ``LIMITS``, with
``since_ms`` where it was not always in force.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple

Event = dict[str, Any]
Queues = Mapping[str, list[dict[str, Any]]]
Entries = dict[tuple[str, str, str], tuple[Any, ...]]
"""(set, contact, leg) → what the set says of it."""

HOUR = 3_600_000
LIMITS: dict[str, Any] = {
    "target": 20_000,
    "short_abandon": 5_000,
    "wrap_up": False,
    "chat_answer": "event",
    "waiting_ghost": HOUR,
    "in_progress_ghost": 4 * HOUR,
    "first_response": 24 * HOUR,
    "resolution": 72 * HOUR,
}
SKEW = 5_000
WRAP_UP_LIMIT = 600_000
SHORT_CONVERSATION = 10_000
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
    ("solved", "ended"),
    ("closed", "wrapped_up"),
    ("classified",),
    ("removed",),
)


class Expected(NamedTuple):
    """What must have been added, by (measure, queue, medium, dimension, time), and who is in which live set."""

    amounts: Counter[tuple[str, str, str, str, int]]
    live: Entries


def expect(
    events: Iterable[Event], queues: Queues, hashed: Callable[[str], bytes], ended: Iterable[str] = ()
) -> Expected:
    """The numbers of a whole log. Contacts in ``ended`` have been given up: in no set, and their waits are misses."""
    by_contact: dict[str, dict[tuple[str, str], Event]] = {}
    for event in events:
        by_contact.setdefault(event["subject"], {})[event["source"], event["id"]] = event
    whole = Expected(Counter(), {})
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


def verb(event: Event) -> str:
    """``answered`` of ``call.answered``."""
    return str(event["type"]).split(".", 1)[1]


def time_of(event: Event) -> int:
    """When it happened, in ms."""
    return round(datetime.fromisoformat(event["time"]).timestamp() * 1000)


def position(event: Event) -> tuple[int, int, int, str, str]:
    """What orders all events of a contact: (time, sequence, rank of the type, source, id)."""
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


class Leg:
    """One visit to a queue, judged. ``outcome`` is ``None`` while it waits, ``sound`` is false if clocks disagree."""

    def __init__(self, name: str, ordered: list[Event], is_chat: bool, queues: Queues, first: int) -> None:
        self.name = name
        self.offer = next(event for event in ordered if verb(event) == "offered")
        self.queue = data(self.offer)["queue"]
        self.via = data(self.offer).get("via", "inbound")
        self.counted = self.via in ("inbound", "transfer", "overflow")
        self.offered = time_of(self.offer)
        self.limits = limits(queues, self.queue, first)
        self.ordered = ordered
        answer_verb = "message" if is_chat and self.limits["chat_answer"] == "message" else "answered"
        found = []
        for place, name_of_outcome in enumerate((answer_verb, "abandoned", "callback_requested", "left_queue")):
            for event in ordered:
                is_answer_message = data(event).get("from") == "agent" and time_of(event) >= self.offered
                if verb(event) == name_of_outcome and (name_of_outcome != "message" or is_answer_message):
                    found.append((time_of(event), place, event))
                    break
        self.outcome: str | None = None
        self.at, self.sound = self.offered, True
        if found:
            self.at, place, self.event = min(found, key=lambda each: each[:2])
            self.outcome = ("answered", "abandoned", "callback_requested", "left_queue")[place]
            self.sound = self.at >= self.offered - SKEW
        self.wait = max(self.at - self.offered, 0)
        self.end = self._end() if self.outcome == "answered" else None

    def times(self, name: str) -> list[int]:
        """When events of a type happened on this leg."""
        return [time_of(event) for event in self.ordered if verb(event) == name]

    def first(self, name: str) -> int | None:
        """The first time of a type on this leg."""
        return next(iter(self.times(name)), None)

    @property
    def answered(self) -> int:
        """Where the conversation begins: a step back of the clock is a wait of zero."""
        return max(self.at, self.offered)

    def _end(self) -> int | None:
        """The earliest of ended and transferred at or after the answer; just before it counts as with it."""
        ends = [time for time in (self.first("ended"), self.first("transferred")) if time is not None]
        after = [time for time in ends if time >= self.at]
        if after:
            return max(min(after), self.answered)
        return self.answered if any(time >= self.at - SKEW for time in ends) else None

    def hold(self, end: int) -> int:
        """Milliseconds of the union of [held, next resumed or end] inside [answered, end], counted piece by piece."""
        changes = [event for event in self.ordered if verb(event) in ("held", "resumed")]
        borders = sorted({self.answered, end, *(time_of(event) for event in changes)})
        total = 0
        for left, right in pairwise(borders):
            before = [event for event in changes if time_of(event) <= left]
            if before and verb(before[-1]) == "held" and left >= self.answered and right <= end:
                total += right - left
        return total

    def handed_off(self) -> bool:
        """Transferred after the answer, within what clocks may disagree."""
        transferred = self.first("transferred")
        return self.outcome == "answered" and transferred is not None and transferred >= self.at - SKEW


def call_or_chat(
    whole: Expected, contact: str, ordered: list[Event], queues: Queues, hashed: Callable[[str], bytes]
) -> None:
    """Add what one call or chat adds."""
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


Add = Callable[..., None]


def leg_name(leg: str | int | float) -> str:
    """1, 1.0 and "1" are the same visit."""
    return str(int(leg)) if isinstance(leg, float) and leg == int(leg) else str(leg)


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
        add("ANSWERED_WITHIN", leg.queue, leg.at, within)
    if leg.outcome == "abandoned":
        short = int(is_first and leg.wait <= short_limit)
        add("ABANDONED", leg.queue, leg.at)
        add("ABANDON_WAIT_MS", leg.queue, leg.at, leg.wait)
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
    """Handle time of an answered leg, or its place in progress."""
    if leg.end is None:
        agents = [data(event).get("agent") for event in leg.ordered if verb(event) == "answered"]
        agent = hashed(agents[0]) if agents and agents[0] else None
        ghost = leg.answered + leg.limits["in_progress_ghost"]
        whole.live["in_progress", contact, leg.name] = (leg.queue, leg.answered, ghost, newest, agent)
        return
    landing, wrap = leg.end, 0
    if leg.limits["wrap_up"]:
        wrapped = leg.first("wrapped_up")
        if wrapped is None or wrapped < leg.end - SKEW:
            landing = leg.end + WRAP_UP_LIMIT
        else:
            landing = min(max(wrapped, leg.end), leg.end + WRAP_UP_LIMIT)
            wrap = landing - leg.end
    hold = leg.hold(leg.end)
    add("HANDLED_LEGS", leg.queue, landing)
    add("TALK_MS", leg.queue, landing, leg.end - leg.answered - hold)
    add("HOLD_MS", leg.queue, landing, hold)
    add("WRAP_MS", leg.queue, landing, wrap)
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


def resolution(ordered: list[Event], legs: list[Leg], add: Add) -> None:
    """Handled, classified and first-contact resolution of a call or chat, at the end of its last leg."""
    refused = any(verb(event) == "refused" for event in ordered)
    if refused or not legs or legs[-1].end is None or not legs[-1].sound:
        return
    queue, end = legs[-1].queue, legs[-1].end
    add("HANDLED", queue, end)
    resolved = latest_note(ordered, "resolved")
    if resolved is None:
        return
    escalated = any(verb(event) == "escalated" for event in ordered)
    success = int(resolved and not escalated and not any(leg.handed_off() for leg in legs))
    add("CLASSIFIED", queue, end)
    add("FCR_FLAGGED_BASE", queue, end)
    add("FCR_FLAGGED", queue, end, success)
    if latest_note(ordered, "fcr_eligible") is not False:
        add("FCR_NET_BASE", queue, end)
        add("FCR_NET", queue, end, success)


def ticket(
    whole: Expected, contact: str, ordered: list[Event], queues: Queues, _hashed: Callable[[str], bytes]
) -> None:
    """Add what one ticket adds."""
    if any(verb(event) == "removed" for event in ordered):
        return
    openings = [event for event in ordered if verb(event) == "opened"]
    if not openings:
        whole.live["incomplete", contact, ""] = ()
        return
    opening = openings[0]
    opened, medium = time_of(opening), data(opening).get("channel", "other")

    def add(measure: str, queue: str, time: int, amount: int = 1) -> None:
        whole.amounts[measure, queue, medium, "", time] += amount

    def queue_after(some: list[Event]) -> str:
        moves = [data(event)["queue"] for event in some if verb(event) == "transferred"]
        return str(moves[-1] if moves else data(opening)["queue"])

    add("OPENED", data(opening)["queue"], opened)
    status, held_since, pauses, solves, reopenings = "open", None, [], [], 0
    replies = []
    for index, event in enumerate(ordered):
        time, queue = max(time_of(event), opened), queue_after(ordered[: index + 1])
        if verb(event) == "held" and status == "open":
            status, held_since = "held", time
        elif verb(event) == "reopened" and status == "solved":
            status, reopenings = "open", reopenings + 1
            add("REOPENED", queue, time)
        elif verb(event) in ("resumed", "solved", "closed") and status != "solved":
            if held_since is not None:
                pauses.append((held_since, time))
            status, held_since = "open", None
            if verb(event) != "resumed":
                status = "solved"
                solves.append((time, queue))
                add("SOLVES", queue, time)
        elif verb(event) == "replied" and data(event).get("public", True) and not data(event).get("automated"):
            replies.append((time_of(event), queue))
    responses = [(time, queue) for time, queue in replies if time >= opened - SKEW]
    for time, queue in responses[:1]:
        add("FIRST_RESPONSES", queue, time)
        add("FIRST_RESPONSE_MS", queue, time, max(time - opened, 0))
    for time, queue in solves[:1]:
        add("FIRST_RESOLUTIONS", queue, time)
        add("FIRST_RESOLUTION_MS", queue, time, time - opened)
    if status == "solved":
        time, queue = solves[-1]  # solves that changed nothing are not in the list
        add("SOLVED", queue, time)
        add("FULL_RESOLUTION_MS", queue, time, time - opened)
        add("HANDLED", queue, time)
        add("FCR_FLAGGED_BASE", queue, time)
        success = ticket_success(ordered, replies, responses, reopenings)
        resolved = latest_note(ordered, "resolved")
        add("CLASSIFIED", queue, time, int(resolved is not None))
        add("FCR_FLAGGED", queue, time, success)
        if latest_note(ordered, "fcr_eligible") is not False:
            add("FCR_NET_BASE", queue, time)
            add("FCR_NET", queue, time, success)
        return
    policy = limits(queues, data(opening)["queue"], opened)
    due: int | None = due_time(opened, policy["resolution"], pauses)
    if held_since is not None and due is not None and held_since < due:
        due = None
    response_due = None if responses else opened + policy["first_response"]
    whole.live["open_ticket", contact, ""] = (
        queue_after(ordered), medium, opened, status == "held", not responses, response_due, due
    )  # fmt: skip


def ticket_success(
    ordered: list[Event], replies: list[tuple[int, str]], responses: list[tuple[int, str]], reopenings: int
) -> int:
    """Whether a solved ticket was resolved at first contact."""
    transfers = [time_of(event) for event in ordered if verb(event) == "transferred"]
    if reopenings or any(verb(event) == "escalated" for event in ordered):
        return 0
    resolved = latest_note(ordered, "resolved")
    if resolved is None:
        return int(len(replies) <= 1 and not transfers)
    handed_off = bool(responses) and any(time >= responses[0][0] for time in transfers)
    return int(resolved and not handed_off)


def due_time(start: int, allowed: int, pauses: list[tuple[int, int]]) -> int:
    """When ``allowed`` ms have run since ``start`` on a clock that stands still in the pauses."""
    left, now = allowed, start
    for begin, end in pauses:
        if begin - now >= left:
            break
        left -= begin - now
        now = end
    return now + left
